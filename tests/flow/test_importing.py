"""A centre's past from a log of its former system: written once, learned from, and taken back."""

import math
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from queue_app.domain.desk_log import LoggedState
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.visit_log import LoggedAbsence, LoggedVisit
from queue_app.flow import importing
from queue_app.flow.importing import Import, ImportRefused, LoggedPast
from queue_app.jobs import learning
from queue_app.queries import doctor, habits, reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("database")
FRIDAY = MONDAY - timedelta(days=3)
SERVICE = "debt-amount"


def visits(day: datetime = FRIDAY, count: int = 30, desks: int = 2) -> list[LoggedVisit]:
    """One every six minutes, of four minutes each, which begins two minutes after they came; every
    tenth leaves after three."""
    found = []
    for number in range(count):
        came = day + timedelta(minutes=6 * number)
        begins = came + timedelta(minutes=2)
        leaves = number % 10 == 9
        found.append(
            LoggedVisit(
                line=number + 2,
                arrival=came,
                service=SERVICE,
                start=None if leaves else begins,
                end=None if leaves else begins + timedelta(minutes=4),
                left_at=came + timedelta(minutes=3) if leaves else None,
                desk=None if leaves else number % desks + 1,
                priority=number % 7 == 0,
            )
        )
    return found


async def place() -> tuple[Directory, Branch]:
    directory = await reference.directory()
    return directory, directory.branch(BRANCH)


async def counted(table: str) -> int:
    return int(await db.fetch_value(f"SELECT count(*) FROM {table}"))


async def test_a_log_becomes_days_that_are_over_and_doctor_finds_nothing() -> None:
    directory, branch = await place()
    done = await importing.write_log(directory, branch, LoggedPast(visits()), MONDAY)
    assert done == Import(days=1, written=30, known=0)
    assert await doctor.check(MONDAY) == []
    rows = await db.fetch("SELECT state, count(*) AS count FROM ticket GROUP BY state ORDER BY 1")
    assert [(row["state"], row["count"]) for row in rows] == [("finished", 27), ("left", 3)]


async def test_a_row_is_written_once_however_often_it_is_run() -> None:
    directory, branch = await place()
    await importing.write_log(directory, branch, LoggedPast(visits(count=20)), MONDAY)
    again = await importing.write_log(directory, branch, LoggedPast(visits(count=30)), MONDAY)
    assert (again.written, again.known) == (10, 20)
    assert await counted("ticket") == 30
    assert await doctor.check(MONDAY) == []


async def test_two_rows_that_say_the_same_are_two_visits_each_time() -> None:
    directory, branch = await place()
    twice = [one for one in visits(count=3) for _ in range(2)]
    await importing.write_log(directory, branch, LoggedPast(twice), MONDAY)
    assert (await importing.write_log(directory, branch, LoggedPast(twice), MONDAY)).written == 0
    assert await counted("ticket") == 6


async def test_what_was_imported_is_learned_from() -> None:
    directory, branch = await place()
    await importing.write_log(directory, branch, LoggedPast(visits(count=60)), MONDAY)
    await learning.learn_anew(directory, branch, MONDAY)
    learned = await habits.learned(branch.id)
    assert learned.times[SERVICE].mean_minutes == pytest.approx(4.0, rel=0.3)
    assert learned.habits.leaves_seen > 0.3
    assert learned.habits.priority_per_minute > 0


async def test_a_day_in_the_hall_after_an_import_is_kept_when_the_import_is_taken_back() -> None:
    directory, branch = await place()
    before = await habits.learned(branch.id)
    await importing.write_log(directory, branch, LoggedPast(visits()), MONDAY)
    await learning.learn_anew(directory, branch, MONDAY)
    desk = await open_desk("1", MONDAY)
    mine, _ = await take_ticket(MONDAY), await take_ticket(MONDAY)
    await desk.call(mine.id)
    assert await doctor.check(MONDAY) == []
    assert await importing.forget_log(branch) == 30
    await learning.learn_anew(directory, branch, MONDAY)
    assert await counted("ticket") == 2
    assert await counted("imported") == 0
    assert await doctor.check(MONDAY) == []
    assert (await habits.learned(branch.id)).times == before.times
    assert await importing.forget_log(branch) == 0
    assert (
        await importing.write_log(directory, branch, LoggedPast(visits()), MONDAY)
    ).written == 30


async def test_days_that_have_tickets_of_their_own_are_never_written_into() -> None:
    directory, branch = await place()
    await open_desk("1", FRIDAY)
    await take_ticket(FRIDAY)
    with pytest.raises(ImportRefused, match=r"line 2: .* has tickets of its own on"):
        await importing.write_log(directory, branch, LoggedPast(visits()), MONDAY)
    assert await counted("imported") == 0


def booked(day: datetime = FRIDAY, missed: int = 5) -> LoggedPast:
    """Everybody of `visits` was booked for five minutes after they came; so were a few who did not
    come."""
    came = [replace(one, due=one.arrival + timedelta(minutes=5)) for one in visits(day)]
    away = [
        LoggedAbsence(100 + number, SERVICE, day + timedelta(minutes=7 * number), f"B{number}")
        for number in range(missed)
    ]
    return LoggedPast(came, away)


async def test_bookings_of_the_log_are_written_with_who_came_and_who_did_not() -> None:
    directory, branch = await place()
    done = await importing.write_log(directory, branch, booked(), MONDAY)
    assert done == Import(days=1, written=35, known=0, bookings=35)
    rows = await db.fetch(
        "SELECT state, count(*) AS count, count(checked_in_at) AS came FROM appointment"
        " GROUP BY state ORDER BY 1"
    )
    assert [tuple(row.values()) for row in rows] == [("fulfilled", 27, 27), ("missed", 8, 3)]
    assert await db.fetch_value("SELECT count(*) FROM ticket WHERE due_at IS NOT NULL") == 30
    assert await doctor.check(MONDAY) == []
    await learning.learn_anew(directory, branch, MONDAY)
    learned = (await habits.learned(branch.id)).habits
    assert learned.comes == pytest.approx((30 + 8.5) / (35 + 10))
    assert learned.early_minutes == pytest.approx(5.0)


async def test_bookings_are_written_once_and_taken_back_with_the_rest() -> None:
    directory, branch = await place()
    await importing.write_log(directory, branch, booked(), MONDAY)
    again = await importing.write_log(directory, branch, booked(), MONDAY)
    assert (again.written, again.known, again.bookings) == (0, 35, 0)
    with pytest.raises(Exception, match="append-only"):
        await db.fetch("UPDATE appointment_event SET actor = 'x'")
    assert await importing.forget_log(branch) == 35
    for table in ("ticket", "ticket_event", "appointment", "appointment_event", "imported"):
        assert await counted(table) == 0
    assert await counted("counter") == 0
    assert await doctor.check(MONDAY) == []


async def test_where_no_lane_takes_bookings_they_are_counted_and_the_visits_are_walk_ins() -> None:
    directory, branch = await place()
    phone_only = tuple(lane for lane in branch.lanes if lane.channel != "visit")
    without = replace(branch, lanes=phone_only)
    done = await importing.write_log(directory, without, booked(), MONDAY)
    assert (done.written, done.bookings, done.unbooked) == (30, 0, 35)
    assert await counted("appointment") == 0
    assert await doctor.check(MONDAY) == []


def stood(told: bool, pause: int = 40) -> LoggedPast:
    """Both desks pause for so long after their first hour, as they do each day of five."""
    found, states = list[LoggedVisit](), list[LoggedState]()
    for number in range(5):
        day = FRIDAY - timedelta(days=number)
        found += [replace(one, line=one.line + 100 * number) for one in visits(day, 20)]
        for desk in (1, 2):
            begins, ends = (day + timedelta(hours=1, minutes=one) for one in (0, pause))
            states += [
                LoggedState(0, desk, "open", day - timedelta(minutes=10), begins),
                LoggedState(0, desk, "paused", begins, ends),
                LoggedState(0, desk, "open", ends, day + timedelta(hours=3)),
            ]
    return LoggedPast(found, states=states, told=told)


async def test_how_the_desks_stood_is_learned_from_and_taken_back() -> None:
    directory, branch = await place()
    await importing.write_log(directory, branch, stood(told=True), MONDAY)
    marks = await db.fetch(
        "SELECT verb, count(*) AS count FROM imported_mark GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row.values()) for row in marks] == [
        ("close", 10), ("open", 10), ("pause", 10), ("resume", 10),
    ]  # fmt: skip
    await learning.learn_anew(directory, branch, MONDAY)
    assert math.exp((await habits.learned(branch.id)).habits.pause.mu) == pytest.approx(20, rel=0.1)
    assert await doctor.check(MONDAY) == []
    await importing.forget_log(branch)
    await learning.learn_anew(directory, branch, MONDAY)
    assert math.exp((await habits.learned(branch.id)).habits.pause.mu) == pytest.approx(10.0)
    assert await counted("imported_mark") == 0


async def test_what_the_log_says_of_desks_takes_the_place_of_what_was_supposed() -> None:
    directory, branch = await place()
    await importing.write_log(directory, branch, stood(told=False, pause=20), MONDAY)
    await importing.write_log(directory, branch, stood(told=False, pause=30), MONDAY)
    spans = "SELECT DISTINCT extract(minute FROM at)::int FROM imported_mark WHERE verb = 'resume'"
    assert await db.fetch_value(spans) == 20
    done = await importing.write_log(directory, branch, stood(told=True, pause=40), MONDAY)
    assert (done.written, await db.fetch_value(spans)) == (0, 40)
    assert await counted("imported_mark") == 40


async def test_what_is_not_over_is_refused_with_its_line() -> None:
    directory, branch = await place()
    with pytest.raises(ImportRefused, match="line 2: this is not over"):
        await importing.write_log(directory, branch, LoggedPast(visits(MONDAY)), MONDAY)


async def test_more_desks_than_the_branch_has_are_refused_with_the_line() -> None:
    directory, branch = await place()
    many = len(branch.desks) + 1
    with pytest.raises(ImportRefused, match=rf"line \d+: .*{many} desks served"):
        await importing.write_log(directory, branch, LoggedPast(visits(desks=many)), MONDAY)


async def test_the_events_of_a_ticket_of_the_hall_cannot_be_deleted_and_those_imported_can() -> (
    None
):
    directory, branch = await place()
    await importing.write_log(directory, branch, LoggedPast(visits(count=1)), MONDAY)
    await open_desk("1", MONDAY)
    mine = await take_ticket(MONDAY)
    with pytest.raises(Exception, match="append-only"):
        await db.fetch("DELETE FROM ticket_event WHERE ticket_id = $1", mine.id)
    with pytest.raises(Exception, match="append-only"):
        await db.fetch("UPDATE ticket_event SET actor = 'x' WHERE ticket_id <> $1", mine.id)
    assert await importing.forget_log(branch) == 1
