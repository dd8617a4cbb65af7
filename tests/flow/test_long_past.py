"""A branch with a long past: no job keeps the screens of its server waiting."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from random import Random

import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.delivery.folder import MessageFolder
from queue_app.flow import history
from queue_app.flow.history import WrittenDay
from queue_app.jobs import upkeep
from queue_app.jobs.runner import Job
from queue_app.jobs.sending import Sender
from queue_app.queries import reference
from queue_app.simulation.past import day_that_was, days_before
from queue_app.simulation.run import run_day
from queue_app.simulation.synthetic_branch import synthetic_branch
from queue_app.simulation.synthetic_day import draw
from tests.conftest import MONDAY
from tests.support.hall import take_ticket
from tests.support.loop import MOST_SECONDS, longest_stretch
from tests.support.people import BRANCH

CENTRE = load_centre(Path(__file__).parents[2] / "config" / "kyiv-cks")


def moved(day: WrittenDay, to: date) -> WrittenDay:
    """The same day at another date, at the same hours in UTC."""
    by = to - day.day
    return WrittenDay(
        to,
        [
            msgspec.structs.replace(one, begins=one.begins + by, ends=one.ends + by)
            for one in day.bookings
        ],
        [
            msgspec.structs.replace(
                one,
                due_at=one.due_at and one.due_at + by,
                issued_at=one.issued_at + by,
                called_at=one.called_at + by,
                started_at=one.started_at and one.started_at + by,
                ended_at=one.ended_at + by,
            )
            for one in day.visits
        ],
    )


async def write_year() -> int:
    """One drawn day on every open day of the year before Monday; how many visits."""
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    truth = synthetic_branch(CENTRE, CENTRE.branches[0], "rush", Random(1))
    dates = days_before(truth, MONDAY.date(), 366)
    was = run_day(draw(truth, dates[-1], Random(2)), truth.policy)
    day = day_that_was(directory, branch, was)
    for _ in range(10):  # from now on its connection knows by heart how to look at a small table
        await take_ticket(MONDAY)
    await history.write(directory, branch, [moved(day, one) for one in dates])
    return len(dates) * len(day.visits)


def jobs(folder: Path) -> Sequence[Job]:
    letters = MessageFolder(folder)
    return upkeep.with_delivery(Sender({"mail": letters, "sms": letters}), letters)


@pytest.mark.slow
async def test_no_job_keeps_the_screens_waiting_though_the_past_is_a_year(
    database: str, tmp_path: Path
) -> None:
    assert await write_year() > 40_000
    clock = FixedClock(MONDAY)
    took: dict[str, float] = {}
    for job in jobs(tmp_path):
        with longest_stretch() as longest:
            await job.run(clock)
            took[job.name] = longest()
    assert {name: seconds for name, seconds in took.items() if seconds > MOST_SECONDS} == {}


def compute() -> None:
    until = time.thread_time() + 2 * MOST_SECONDS
    while time.thread_time() < until:
        pass


async def at_once() -> None:
    compute()


async def later_on() -> None:
    asyncio.get_running_loop().call_soon(compute)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def before_waiting() -> None:
    compute()
    await asyncio.sleep(0)


async def after_waiting() -> None:
    await asyncio.sleep(0)
    compute()


@pytest.mark.parametrize("work", [at_once, later_on, before_waiting, after_waiting])
async def test_a_stretch_that_is_too_long_is_found(work: Callable[[], Awaitable[None]]) -> None:
    with longest_stretch() as longest:
        await work()
        assert longest() > MOST_SECONDS


async def test_what_a_thread_computes_beside_the_loop_is_no_stretch_of_it() -> None:
    with longest_stretch() as longest:
        await asyncio.to_thread(compute)
        assert longest() < MOST_SECONDS
