"""A centre's past from a log of its former system: written once, learned from, and taken back."""

from datetime import datetime, timedelta

import pytest

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.visit_log import LoggedVisit
from queue_app.flow import importing
from queue_app.flow.importing import Import, ImportRefused
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
    done = await importing.write_log(directory, branch, visits(), MONDAY)
    assert done == Import(days=1, written=30, known=0)
    assert await doctor.check(MONDAY) == []
    rows = await db.fetch("SELECT state, count(*) AS count FROM ticket GROUP BY state ORDER BY 1")
    assert [(row["state"], row["count"]) for row in rows] == [("finished", 27), ("left", 3)]


async def test_a_row_is_written_once_however_often_it_is_run() -> None:
    directory, branch = await place()
    await importing.write_log(directory, branch, visits(count=20), MONDAY)
    again = await importing.write_log(directory, branch, visits(count=30), MONDAY)
    assert (again.written, again.known) == (10, 20)
    assert await counted("ticket") == 30
    assert await doctor.check(MONDAY) == []


async def test_two_rows_that_say_the_same_are_two_visits_each_time() -> None:
    directory, branch = await place()
    twice = [one for one in visits(count=3) for _ in range(2)]
    await importing.write_log(directory, branch, twice, MONDAY)
    assert (await importing.write_log(directory, branch, twice, MONDAY)).written == 0
    assert await counted("ticket") == 6


async def test_what_was_imported_is_learned_from() -> None:
    directory, branch = await place()
    await importing.write_log(directory, branch, visits(count=60), MONDAY)
    await learning.learn_anew(directory, branch, MONDAY)
    learned = await habits.learned(branch.id)
    assert learned.times[SERVICE].mean_minutes == pytest.approx(4.0, rel=0.3)
    assert learned.habits.leaves_seen > 0.3
    assert learned.habits.priority_per_minute > 0


async def test_a_day_in_the_hall_after_an_import_is_kept_when_the_import_is_taken_back() -> None:
    directory, branch = await place()
    before = await habits.learned(branch.id)
    await importing.write_log(directory, branch, visits(), MONDAY)
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
    assert (await importing.write_log(directory, branch, visits(), MONDAY)).written == 30


async def test_days_that_have_tickets_of_their_own_are_never_written_into() -> None:
    directory, branch = await place()
    await open_desk("1", FRIDAY)
    await take_ticket(FRIDAY)
    with pytest.raises(ImportRefused, match=r"line 2: .* has tickets of its own on"):
        await importing.write_log(directory, branch, visits(), MONDAY)
    assert await counted("imported") == 0


async def test_what_is_not_over_is_refused_with_its_line() -> None:
    directory, branch = await place()
    with pytest.raises(ImportRefused, match="line 2: this is not over"):
        await importing.write_log(directory, branch, visits(MONDAY), MONDAY)


async def test_more_desks_than_the_branch_has_are_refused_with_the_line() -> None:
    directory, branch = await place()
    many = len(branch.desks) + 1
    with pytest.raises(ImportRefused, match=rf"line \d+: .*{many} desks served"):
        await importing.write_log(directory, branch, visits(desks=many), MONDAY)


async def test_the_events_of_a_ticket_of_the_hall_cannot_be_deleted_and_those_imported_can() -> (
    None
):
    directory, branch = await place()
    await importing.write_log(directory, branch, visits(count=1), MONDAY)
    await open_desk("1", MONDAY)
    mine = await take_ticket(MONDAY)
    with pytest.raises(Exception, match="append-only"):
        await db.fetch("DELETE FROM ticket_event WHERE ticket_id = $1", mine.id)
    with pytest.raises(Exception, match="append-only"):
        await db.fetch("UPDATE ticket_event SET actor = 'x' WHERE ticket_id <> $1", mine.id)
    assert await importing.forget_log(branch) == 1
