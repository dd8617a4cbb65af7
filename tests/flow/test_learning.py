"""What a branch learns of its visitors from its own records."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain import forecast, hours
from queue_app.domain import habits as habits_rules
from queue_app.domain.correction import (
    AHEAD,
    STRETCH,
    AddedMinutes,
    Correction,
    corrected,
)
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.habits import Habits, Seen
from queue_app.domain.people import OPERATOR
from queue_app.domain.readiness import StoodFree, readiness_of
from queue_app.domain.told_range import Wait
from queue_app.flow import accounts, interrupting, promising
from queue_app.flow.act import By
from queue_app.jobs import learning
from queue_app.queries import doctor, habits, halls, reference
from queue_app.simulation.knowledge import learn as learn_simulated
from queue_app.simulation.past import days_before, write_past
from queue_app.simulation.run import Outcome, run_day
from queue_app.simulation.synthetic_branch import DayKind, SyntheticBranch, synthetic_branch
from queue_app.simulation.synthetic_day import draw
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import open_desk, take_ticket
from tests.support.jobs import sweep
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("database")
CONFIG = Path(__file__).parents[2] / "config" / "kyiv-cks"
CENTRE = load_centre(CONFIG)


def truth(kind: DayKind = "rush", **manner: float) -> SyntheticBranch:
    drawn = synthetic_branch(CENTRE, CENTRE.branches[0], kind, Random(1))
    return msgspec.structs.replace(drawn, manner=msgspec.structs.replace(drawn.manner, **manner))


def past(of: SyntheticBranch, days: int) -> list[Outcome]:
    chance = Random(2)
    dates = days_before(of, MONDAY.date(), days)
    return [run_day(draw(of, day, chance), of.policy) for day in dates]


async def learned(days: Sequence[Outcome]) -> Habits:
    """What the forecast of this Monday goes by after these days."""
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    await write_past(directory, branch, days)
    await learning.learn_habits(directory, MONDAY)
    seen = await halls.load(directory, branch, MONDAY)
    return forecast.scene_of(seen._now).habits


@pytest.mark.slow
async def test_the_records_teach_what_the_simulator_learns_of_the_same_days() -> None:
    days = past(truth(), 12)
    found = await learned(days)
    simulated = learn_simulated(CENTRE, days, Random(1)).habits
    assert found.comes == simulated.comes
    assert found.early_minutes == pytest.approx(simulated.early_minutes, abs=0.01)
    assert found.early_spread == pytest.approx(simulated.early_spread, abs=0.01)
    assert found.change_over == pytest.approx(simulated.change_over, abs=0.05)
    assert found.priority_per_minute == pytest.approx(simulated.priority_per_minute, rel=0.15)
    assert dict(found.asked) == dict(simulated.asked)
    assert [minutes for minutes, _ in found.gone_by] == [one for one, _ in simulated.gone_by]
    for (_, ours), (_, theirs) in zip(found.gone_by, simulated.gone_by, strict=True):
        assert ours == pytest.approx(theirs, abs=0.005)
    assert await doctor.check(MONDAY) == []


async def test_without_a_past_the_defaults_hold_and_one_booking_moves_them_little() -> None:
    nothing = await learned([])
    assert nothing == msgspec.structs.replace(
        Habits(),
        gone_by=nothing.gone_by,
        readiness=readiness_of(StoodFree()),
        correction=corrected(()),
    )
    await missed(1)
    one = await learned([])
    assert 0.75 < one.comes < nothing.comes
    assert one.early_minutes == nothing.early_minutes


async def test_a_clock_that_is_set_back_does_not_stop_the_learning() -> None:
    directory = await reference.directory()
    await write_past(directory, directory.branch(BRANCH), past(truth(), 1))
    later, hour = MONDAY + timedelta(days=3), timedelta(hours=1)
    for at, anew in ((later, True), (later + hour / 2, False), (MONDAY, True), (MONDAY, False)):
        times, branches = (
            await learning.learn(directory, at),
            await learning.learn_habits(directory, at),
        )
        assert (times > 0, branches > 0) == (anew, anew)


async def test_holders_who_all_come_at_the_same_minute_leave_room_for_others() -> None:
    found = await learned(past(truth("calm", early=5.0, early_spread=0.0, delayed=0.0), 4))
    assert found.early_spread == habits_rules.SPREAD_LEAST


async def missed(bookings: int, forget: bool = True) -> None:
    """So many bookings of last Friday whose holders stayed away."""
    await db.fetch(
        "INSERT INTO appointment (branch_id, lane_id, token, code, channel, services, period,"
        " state, language, created_at, changed_at)"
        " SELECT branch_id, id, 'missed-' || n, lpad(n::text, 6, '0'), 'visit', '{debt-amount}',"
        " tstzrange($2::timestamptz, $2 + interval '10 minutes'), 'missed', 'uk', $2, $2"
        " FROM lane, generate_series(1, $1) AS n"
        " WHERE id = (SELECT min(id) FROM lane WHERE branch_id = (SELECT id FROM branch"
        " WHERE slug = $3))",
        bookings,
        MONDAY - timedelta(days=3),
        BRANCH,
    )
    if forget:
        await db.fetch("DELETE FROM branch_habits")


async def test_many_who_stay_away_and_who_come_late_are_learned() -> None:
    found = await learned(past(truth("calm", no_shows=0.5, early=-5.0), 8))
    assert found.comes == pytest.approx(0.5, abs=0.08)
    assert found.early_minutes < -3


@pytest.mark.slow
async def test_impatience_is_learned_and_its_share_only_rises() -> None:
    patient = await learned(past(truth(patience=400.0), 8))
    await db.fetch("TRUNCATE ticket, appointment, counter, branch_habits CASCADE")
    hasty = await learned(past(truth(patience=25.0), 8))
    assert gone(hasty, 30.0) > gone(patient, 30.0) + 0.2
    shares = [share for _, share in hasty.gone_by]
    assert shares == sorted(shares)


def gone(habits: Habits, minutes: float) -> float:
    return dict(habits.gone_by)[minutes]


@pytest.mark.parametrize(("actor", "counts"), [("resident", True), ("system", False)])
async def test_a_ticket_taken_back_speaks_and_one_left_over_does_not(
    actor: str, counts: bool
) -> None:
    await db.fetch(
        "WITH branch AS (SELECT id AS branch_id FROM branch WHERE slug = $1), left_early AS ("
        "INSERT INTO ticket (branch_id, day, number, token, channel, language, issued_at,"
        " queued_at, revision, state, services, ended_at)"
        " SELECT branch_id, ($2::timestamptz)::date, 'A' || n, 'left-' || n, 'visit', 'uk', $2, $2,"
        " 2, 'left', '{debt-amount}', $2 + interval '30 minutes'"
        " FROM branch, generate_series(1, 40) AS n RETURNING branch_id, id, ended_at)"
        " INSERT INTO ticket_event (branch_id, ticket_id, seq, at, verb, actor)"
        " SELECT branch_id, id, 2, ended_at, 'leave', $3 FROM left_early",
        BRANCH,
        MONDAY - timedelta(days=3),
        actor,
    )
    found = await learned([])
    assert (gone(found, 30.0) > 0.5) is counts


@pytest.mark.slow
async def test_what_an_alert_cut_in_two_teaches_nothing() -> None:
    """As if all that happened on the last day had happened in one alert."""
    days = past(truth("calm"), 8)
    plain = await learned(days[:7])
    await db.fetch("TRUNCATE ticket, appointment, counter, branch_habits CASCADE")
    await learned(days)
    last = days[-1].day.date
    await db.fetch(
        "UPDATE ticket SET queued_at = queued_at - interval '1 hour',"
        " issued_at = issued_at - interval '1 hour', ended_at = ended_at + interval '90 minutes'"
        " WHERE day = $1",
        last,
    )
    directory = await reference.directory()
    await learning.learn(directory, MONDAY)
    slowed = await times()
    begins, ends = hours.day_window(last, directory.zone)
    clerk = await accounts.add_staff(By(OPERATOR, MONDAY), "chief", "supervisor", BRANCH, PASSWORD)
    begun = await interrupting.interrupt(By(clerk, begins), BRANCH, "alert", None, "")
    await interrupting.resume(By(clerk, ends), begun.id, 0)
    await db.fetch("DELETE FROM branch_habits")
    found = await learned([])
    assert found.gone_by == plain.gone_by
    assert found.early_minutes == pytest.approx(plain.early_minutes)
    assert found.comes != plain.comes, "who came all the same has come"
    await learning.learn(directory, MONDAY + timedelta(hours=1))
    assert sum((await times()).values()) < sum(slowed.values())


async def times() -> dict[str, int]:
    """Visits that taught, by service."""
    rows = await db.fetch("SELECT service, visits FROM service_time")
    return {row["service"]: row["visits"] for row in rows}


@pytest.mark.slow
async def test_forgotten_finishes_and_breaks_are_no_change_over() -> None:
    plain = await learned(past(truth(), 8))
    await db.fetch("UPDATE ticket SET ended_at = ended_at + interval '1 hour' WHERE id % 20 = 0")
    await db.fetch(
        "UPDATE ticket SET started_at = started_at + interval '40 minutes',"
        " ended_at = ended_at + interval '40 minutes' WHERE id % 20 = 1"
    )
    await db.fetch("DELETE FROM branch_habits")
    again = await learned([])
    assert again.change_over == pytest.approx(plain.change_over, abs=0.1)
    assert plain.change_over == pytest.approx(1.0, abs=0.1)


async def test_the_upkeep_learns_once_an_hour_for_every_branch() -> None:
    await sweep(FixedClock(MONDAY))
    assert await db.fetch_value("SELECT count(*) FROM branch_habits") == len(CENTRE.branches)
    await missed(5, forget=False)
    await sweep(FixedClock(MONDAY + timedelta(minutes=59)))
    before = await least_comes()
    await sweep(FixedClock(MONDAY + timedelta(minutes=60)))
    assert await least_comes() < before


async def least_comes() -> float:
    found = await db.fetch_value("SELECT min((document ->> 'comes')::float8) FROM branch_habits")
    return float(found)


async def told_too_short(day: date) -> None:
    """Ranges that ended when three quarters of the wait were over, with that day's tickets."""
    await db.fetch(
        "INSERT INTO promise (branch_id, ticket_id, promised_at, low_minutes, high_minutes,"
        " revision, shown, outcome, waited_minutes, people_ahead, low_forecast, high_forecast)"
        " SELECT branch_id, id, issued_at, (waited / 2)::int, (waited * 3 / 4)::int, 1, 'ticket',"
        " 'called', waited, 3, waited / 2, waited * 3 / 4 FROM ("
        "  SELECT *, extract(epoch FROM called_at - issued_at) / 60 AS waited FROM ticket"
        "  WHERE day = $1 AND called_at > issued_at + interval '8 minutes'"
        " ) AS waits",
        day,
    )


async def corrected_at(now: datetime) -> Correction:
    directory = await reference.directory()
    await learning.learn_habits(directory, now)
    await learning.correct_ranges(directory, now)
    return (await habits.learned(directory.branch(BRANCH).id)).habits.correction


@pytest.fixture
async def days() -> tuple[date, date]:
    """Two days of which the branch has records."""
    directory = await reference.directory()
    outcomes = past(truth(), 2)
    await write_past(directory, directory.branch(BRANCH), outcomes)
    first, last = (one.day.date for one in outcomes)
    return first, last


def longer(found: Correction) -> float:
    """By how many minutes the high end of somebody with three ahead is told later."""
    return found.applied(20.0, 30.0, 3)[1] - corrected(()).applied(20.0, 30.0, 3)[1]


async def test_ranges_that_ended_too_soon_are_told_longer_and_each_counts_once(
    days: tuple[date, date],
) -> None:
    assert await corrected_at(MONDAY) == corrected(())
    await told_too_short(days[0])
    once = await corrected_at(MONDAY + timedelta(hours=2))
    assert longer(once) > 1.0
    for moment in (26, -22, 98):
        assert await corrected_at(MONDAY + timedelta(hours=moment)) == once
    await told_too_short(days[1])
    assert await corrected_at(MONDAY + timedelta(hours=98)) != once


async def test_the_clock_of_the_hall_says_which_calls_speak_for_this_time_of_the_day(
    days: tuple[date, date],
) -> None:
    """All that were told too short were told between nine and ten."""
    await told_too_short(days[0])
    await db.fetch(
        "UPDATE promise SET promised_at = $1::timestamptz + (random() * interval '1 hour')"
        " WHERE low_forecast IS NOT NULL",
        datetime.combine(days[0], time(9), (await reference.directory()).zone),
    )
    at = {
        hour: (await corrected_at(MONDAY.replace(hour=hour, minute=30))).by_clock
        for hour in (9, 12)
    }
    assert at[9] != AddedMinutes()
    assert at[12] == AddedMinutes()


async def test_what_came_true_today_corrects_the_next_ranges_and_what_is_open_nothing(
    days: tuple[date, date],
) -> None:
    await told_too_short(days[1])
    closes = hours.day_window(days[1], (await reference.directory()).zone).closes
    assert longer(await corrected_at(closes)) > 1.0
    await db.fetch("UPDATE promise SET outcome = NULL, waited_minutes = NULL")
    assert await corrected_at(MONDAY) == corrected(()), "whoever judges them had no turn yet"
    await promising.judge()
    assert longer(await corrected_at(MONDAY + timedelta(hours=2))) > 1.0


async def test_what_an_interruption_cut_corrects_nothing(days: tuple[date, date]) -> None:
    await told_too_short(days[1])
    clerk = await accounts.add_staff(By(OPERATOR, MONDAY), "clerk", "clerk", BRANCH, PASSWORD)
    await db.fetch(
        "INSERT INTO interruption (branch_id, kind, started_at, ended_at, resumes_at, staff_id,"
        " ended_by) SELECT branch_id, 'other', begun, begun, begun, $1, $1 FROM promise,"
        " LATERAL (SELECT promised_at + make_interval(secs => 30 * waited_minutes)) AS at (begun)",
        clerk.id,
    )
    assert await corrected_at(MONDAY) == corrected(())


async def test_a_branch_that_cannot_learn_keeps_no_other_from_it(
    days: tuple[date, date], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = await reference.directory()
    real = habits.seen

    async def seen(directory: Directory, branch: Branch, first: date, until: date) -> Seen:
        if branch.slug == BRANCH:
            raise ValueError("a row that nobody thought of")
        return await real(directory, branch, first, until)

    monkeypatch.setattr(habits, "seen", seen)
    with pytest.raises(ExceptionGroup, match="1 of 11"):
        await learning.learn_habits(directory, MONDAY)
    found = await habits.corrections()
    assert found.keys() == directory.branches.keys() - {BRANCH}


async def test_the_next_ranges_are_told_with_the_correction() -> None:
    await open_desk("1", MONDAY)
    tickets = [await take_ticket(MONDAY) for _ in range(8)]
    directory = await reference.directory()
    branch = directory.branch(BRANCH)

    async def told() -> Wait:
        return (await halls.load(directory, branch, MONDAY)).waits[tickets[-1].id]

    await learning.learn_habits(directory, MONDAY)
    usual = await told()
    later = Correction(tuple(AddedMinutes(high=15.0, stretch=STRETCH) for _ in AHEAD))
    await db.fetch(
        "UPDATE branch_habits SET correction = $2 WHERE branch_id = $1",
        branch.id,
        msgspec.json.encode(later).decode(),
    )
    longer = await told()
    assert longer.low_minutes == usual.low_minutes
    assert longer.high_minutes > usual.high_minutes


async def test_what_a_desk_passes_over_all_day_is_not_expected_of_it() -> None:
    """Its clerk calls who came later from the list, twice; the other desk is left to the first."""
    directory = await reference.directory()
    desk, other = await open_desk("5", MONDAY), await open_desk("1", MONDAY)
    early = await take_ticket(MONDAY, service="bill-duplicate")
    for minute in (1, 2):
        at = MONDAY + timedelta(minutes=minute)
        later = await take_ticket(at, service="tariffs")
        await replace(desk, now=at + timedelta(seconds=5)).call(later.id)
        await replace(desk, now=at + timedelta(seconds=10)).start(later.id)
        await replace(desk, now=at + timedelta(seconds=30)).finish(later.id)
    await learning.learn_habits(directory, MONDAY + timedelta(minutes=3))
    hall = await halls.load(directory, directory.branch(BRANCH), MONDAY + timedelta(minutes=3))
    assert hall.habits.passed_over == {desk.id: frozenset(["bill-duplicate"])}
    given = {one.desk.id: one.desk.services for one in forecast.scene_of(hall.snapshot).desks}
    assert "bill-duplicate" not in given[desk.id]
    assert "bill-duplicate" in given[other.id]
    await replace(desk, now=MONDAY + timedelta(minutes=4)).call(early.id)
    await learning.correct_ranges(directory, MONDAY + timedelta(minutes=5))
    hall = await halls.load(directory, directory.branch(BRANCH), MONDAY + timedelta(minutes=5))
    assert hall.habits.passed_over == {}
