"""How many desks: by a branch's own bookings, history, learned times and roster."""

from datetime import date, timedelta

import pytest

from queue_app.cli.simulation_tables import made_from
from queue_app.domain.demand import Basis
from queue_app.jobs import learning
from queue_app.queries import reference
from queue_app.simulation.foreseen import Foreseen, foresee
from queue_app.simulation.roster_search import parse_target, propose
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("database")
NEXT = MONDAY.date() + timedelta(days=7)
PHONES = "contact-centre"
SERVICE = frozenset({"debt-amount"})


async def foreseen(day: date = NEXT, slug: str = BRANCH) -> Foreseen:
    directory = await reference.directory()
    branch = directory.branch(slug)
    return await foresee(
        directory, branch, directory.day(branch, day), parse_target("90% within 15 min"), MONDAY
    )


async def walk_in(days_ago: list[int], clock: str, count: int) -> None:
    """So many walk-ins at that local time, so many days before next Monday."""
    await db.fetch(
        "INSERT INTO ticket (branch_id, day, number, token, channel, language, issued_at,"
        " queued_at, revision, state, services, ended_at)"
        " SELECT branch.id, day, $4 || n, day || $4 || n, 'visit', 'uk', at, at, 1, 'left', $5, at"
        " FROM branch, unnest($2::date[]) AS day, generate_series(1, $3) AS n,"
        " LATERAL (SELECT (day + $4::text::time) AT TIME ZONE 'Europe/Kyiv' AS at) clock"
        " WHERE slug = $1",
        BRANCH,
        [NEXT - timedelta(days=ago) for ago in days_ago],
        count,
        clock,
        sorted(SERVICE),
    )


async def book(states: list[str], at: str = "10:05", slug: str = BRANCH) -> None:
    """A booking of next Monday in each of these states, and of each channel."""
    await db.fetch(
        "INSERT INTO appointment (branch_id, lane_id, token, code, channel, services, period,"
        " state, held_until, language, created_at, changed_at)"
        " SELECT branch_id, id, id || state, lpad((id * 10 + place)::text, 6, '0'), channel, $3,"
        " tstzrange(at, at + interval '10 minutes'), state,"
        " CASE WHEN state IN ('held', 'expired') THEN at END, 'uk', $4, $4"
        " FROM unnest($2::text[]) WITH ORDINALITY AS state (state, place),"
        " (SELECT DISTINCT ON (channel) * FROM lane WHERE branch_id ="
        " (SELECT id FROM branch WHERE slug = $1) ORDER BY channel, id) lane,"
        " LATERAL (SELECT ($5::date + $6::text::time) AT TIME ZONE 'Europe/Kyiv' AS at) clock",
        slug,
        states,
        sorted(SERVICE),
        MONDAY,
        NEXT,
        at,
    )


async def test_a_crowd_at_ten_gets_desks_at_ten() -> None:
    mondays = [7 * ago for ago in range(2, 13)]
    await walk_in(mondays, "14:00", 3)
    before = {one.begins: one for one in propose((await foreseen()).task)}
    await walk_in(mondays, "10:00", 12)
    await walk_in(mondays, "10:15", 12)
    found = {one.begins: one for one in propose((await foreseen()).task)}
    assert len(found[600].proposed) >= len(before[600].proposed) + 2
    assert len(found[600].proposed) > len(found[840].proposed)
    assert found[600].present_waits
    assert found[600].proposed_waits
    assert found[600].proposed_waits.within > found[600].present_waits.within
    assert len(found[600].present) == 6


async def test_days_that_count_are_open_ones_of_the_last_months_before_today() -> None:
    sunday, today, friday, long_ago = 8, 7, 10, 140
    await walk_in([sunday, today, friday, 14, 21, long_ago], "10:00", 1)
    found = await foreseen()
    assert found.basis == Basis(same=2, others=1)
    assert "2 Mondays and 1 other day of history" in made_from(found, NEXT)[0]
    assert "Too little history of Mondays" in made_from(found, NEXT)[1]
    assert (await foreseen(NEXT - timedelta(days=21))).basis == Basis(same=0, others=0)


async def test_bookings_count_as_recorded_by_the_share_that_comes() -> None:
    empty = (await foreseen()).task.demand[600][SERVICE]
    await book(["booked", "missed", "cancelled", "expired"])
    found = await foreseen()
    comes = found.learned.habits.comes
    assert found.bookings == 2
    assert found.task.demand[600][SERVICE] == pytest.approx(empty + 2 * comes)


async def test_whoever_is_phoned_need_not_come() -> None:
    empty = (await foreseen(slug=PHONES)).task.demand.get(600, {}).get(SERVICE, 0.0)
    await book(["booked", "missed", "cancelled", "expired"], slug=PHONES)
    found = await foreseen(slug=PHONES)
    assert found.bookings == 2
    assert found.task.demand[600][SERVICE] == pytest.approx(empty + 2)


async def test_what_was_learned_is_used_and_what_no_desk_gives_is_left_out() -> None:
    assumed = await foreseen()
    assert "nothing was learned yet" in made_from(assumed, NEXT)[-1]
    await db.fetch(
        "INSERT INTO service_time SELECT id, 'debt-amount', ln(50), 0.3, 100, $2 FROM branch"
        " WHERE slug = $1",
        BRANCH,
        MONDAY,
    )
    await learning.learn_habits(await reference.directory(), MONDAY)
    await walk_in([14], "10:00", 3)
    await db.fetch("UPDATE ticket SET services = '{gone}'")
    found = await foreseen()
    assert (
        found.task.time_of(SERVICE).mean_minutes > 50 > assumed.task.time_of(SERVICE).mean_minutes
    )
    assert "as learned" in made_from(found, NEXT)[-2]
    assert made_from(found, NEXT)[-1] == "Left out, as no desk offers it now: 3 visits."
