"""One process at a job, for as long as it may take, and each ends its own run alone."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queue_app.clock import Clock, FixedClock, ShiftedClock
from queue_app.jobs import runner
from queue_app.jobs.runner import Job, run_here, run_if_due, running
from queue_app.store import db
from queue_app.store.outages import Outage
from tests.conftest import MONDAY

pytestmark = pytest.mark.usefixtures("database")
MINUTE = timedelta(minutes=1)
WITHIN = 30.0
"""Seconds; generous, for a machine that does much else."""


class Work:
    """A run that begins, and goes on until it is told how to end."""

    def __init__(self) -> None:
        self.begun, self.over = asyncio.Event(), asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self, _: Clock) -> int:
        self.begun.set()
        await self.over.wait()
        if self.error:
            raise self.error
        return 1


async def at_once(_: Clock) -> int:
    return 1


@asynccontextmanager
async def at_work(clock: FixedClock, work: Work) -> AsyncIterator[asyncio.Task[bool]]:
    """A process that is at the job by now."""
    task = asyncio.create_task(run_if_due(clock, Job("it", 10, work)))
    async with asyncio.timeout(WITHIN):
        await work.begun.wait()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def row() -> dict[str, Any]:
    [found] = await db.fetch("SELECT * FROM job")
    return dict(found)


async def test_a_run_over_its_limit_is_ended_and_counted_and_the_next_turn_runs(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()
    assert await run_if_due(clock, Job("it", 10, work, limit_seconds=0.05)) is True
    found = await row()
    assert (found["error"], found["failures"], found["runs"]) == ("RunTooLong", 1, 0)
    assert found["failed_at"] == clock.now()
    assert found["leased_until"] is None
    assert "job it failed" in caplog.text and "more than 0.05 s" in caplog.text
    clock.advance(seconds=10)
    assert await run_if_due(clock, Job("it", 10, at_once)) is True
    found = await row()
    assert (found["error"], found["failures"], found["runs"]) == (None, 1, 1)


async def test_claims_that_cross_are_one_run(clock: FixedClock) -> None:
    """Whoever asked a moment earlier and is heard a moment later does not take it for a row from
    before the clock was set back."""
    before = FixedClock(clock.now() - timedelta(seconds=2))
    async with at_work(clock, Work()):
        assert await run_if_due(before, Job("it", 10, at_once)) is False
    assert (await row())["runs"] == 0


async def test_a_row_from_before_the_clock_was_set_back_keeps_nobody_from_the_job(
    clock: FixedClock,
) -> None:
    before = FixedClock(clock.now() - timedelta(hours=1))
    async with at_work(clock, Work()):
        assert await run_if_due(before, Job("it", 10, at_once)) is True


async def test_what_the_database_cannot_do_now_is_no_failure_that_the_log_tells_again(
    clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()
    work.error = Outage("ConnectionDoesNotExistError", passing=True, unsure=False)
    work.over.set()
    await run_if_due(clock, Job("it", 10, work))
    assert (await row())["error"] == "Outage"
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []


async def test_a_timeout_within_a_run_is_told_from_a_run_that_is_over_its_limit(
    clock: FixedClock,
) -> None:
    work = Work()
    work.error = TimeoutError()
    work.over.set()
    await run_if_due(clock, Job("it", 10, work))
    assert (await row())["error"] == "TimeoutError"


async def test_a_job_that_is_not_shared_has_its_limit_too_and_no_row(clock: FixedClock) -> None:
    with pytest.raises(runner.RunTooLong):
        await run_here(clock, Job("it", 10, Work(), shared=False, limit_seconds=0.05))
    await run_here(clock, Job("it", 10, at_once, shared=False))
    assert await db.fetch("SELECT FROM job") == []


async def test_a_run_over_its_limit_ends_no_rhythm(clock: FixedClock) -> None:
    runs = 0

    async def hang(_: Clock) -> int:
        nonlocal runs
        runs += 1
        await asyncio.Event().wait()
        return 0

    job = Job("it", 0.02, hang, shared=False, limit_seconds=0.02)
    async with running(clock, [job]), asyncio.timeout(WITHIN):
        while runs < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_job_ends_though_a_library_keeps_a_cancelling_to_itself(clock: FixedClock) -> None:
    """As a mail server's answer that comes at the moment when the process is to end."""
    answered = asyncio.Event()
    waiting = asyncio.Event()

    async def send(_: Clock) -> int:
        waiting.set()
        await asyncio.wait_for(answered.wait(), WITHIN)  # of Python 3.11 keeps it
        await asyncio.sleep(WITHIN)
        return 1

    async with asyncio.timeout(WITHIN / 2):
        async with running(clock, [Job("it", 10, send, shared=False)]):
            await waiting.wait()
            await asyncio.sleep(0)
            answered.set()


def finish(work: Work, task: asyncio.Task[bool]) -> None:
    work.over.set()


def fail(work: Work, task: asyncio.Task[bool]) -> None:
    work.error = ValueError()
    work.over.set()


def stop(work: Work, task: asyncio.Task[bool]) -> None:
    task.cancel()


@pytest.mark.parametrize("end", [finish, fail, stop])
async def test_a_process_whose_lease_ran_out_does_not_end_the_run_of_another(
    clock: FixedClock,
    caplog: pytest.LogCaptureFixture,
    end: Callable[[Work, asyncio.Task[bool]], None],
) -> None:
    first, second = Work(), Work()
    async with at_work(clock, first) as stale:
        clock.advance(seconds=runner.LEASE_SECONDS)
        async with at_work(clock, second) as fresh:
            before = await row()
            end(first, stale)
            await asyncio.gather(stale, return_exceptions=True)
            assert await row() == before
            assert before["leased_until"] == clock.now() + timedelta(seconds=60)
            clock.advance(seconds=10)
            assert await run_if_due(clock, Job("it", 10, at_once)) is False, "somebody is at it"
            second.over.set()
            assert await fresh is True
    after = await row()
    assert (after["runs"], after["failures"], after["leased_until"]) == (1, 0, None)
    assert ("another process went on" in caplog.text) == (end is not stop)


async def test_a_process_whose_lease_ran_out_does_not_renew_that_of_another(
    clock: FixedClock,
) -> None:
    first, second = Work(), Work()
    async with at_work(clock, first):
        clock.advance(seconds=runner.LEASE_SECONDS)
        async with at_work(clock, second):
            before = await row()
            clock.advance(seconds=30)
            stale = runner._Turn(clock, Job("it", 10, first), before["started_at"] - MINUTE)
            fresh = runner._Turn(clock, Job("it", 10, second), before["started_at"])
            assert await runner._write(stale, "leased_until = $3", clock.now() + MINUTE) is False
            assert await row() == before
            assert await runner._write(fresh, "leased_until = $3", clock.now() + MINUTE) is True


async def test_a_lease_is_renewed_whatever_went_wrong_with_the_renewal_before(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write, errors = runner._write, [ValueError(), ConnectionError()]
    renewed = asyncio.Event()

    async def stumble(turn: runner._Turn, change: str, *values: object) -> bool:
        if change == "leased_until = $3":
            if errors:
                raise errors.pop()
            renewed.set()
        return await write(turn, change, *values)

    monkeypatch.setattr(runner, "_write", stumble)
    monkeypatch.setattr(runner, "LEASE_SECONDS", 0.06)
    work = Work()
    with caplog.at_level(logging.WARNING):
        async with at_work(clock, work), asyncio.timeout(WITHIN):
            await renewed.wait()
    assert "did not renew its lease: ValueError" in caplog.text
    assert "did not renew its lease: ConnectionError" in caplog.text


async def test_no_renewal_is_under_way_when_a_run_is_ended(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = runner._write
    under_way: set[str] = set()
    seen: list[set[str]] = []
    renewing = asyncio.Event()

    async def watch(turn: runner._Turn, change: str, *values: object) -> bool:
        seen.append(set(under_way))
        under_way.add(change)
        try:
            if change == "leased_until = $3":
                renewing.set()
                await asyncio.Event().wait()
            return await write(turn, change, *values)
        finally:
            under_way.remove(change)

    monkeypatch.setattr(runner, "_write", watch)
    monkeypatch.setattr(runner, "LEASE_SECONDS", 0.06)
    work = Work()
    async with at_work(clock, work) as task, asyncio.timeout(WITHIN):
        await renewing.wait()
        work.over.set()
        assert await task is True
    assert seen == [set(), set()]
    assert (await row())["leased_until"] is None


async def test_a_run_that_cannot_even_be_ended_keeps_its_lease_no_longer_than_its_limit(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewals = 0

    async def count(turn: runner._Turn, change: str, *values: object) -> bool:
        nonlocal renewals
        renewals += change == "leased_until = $3"
        return True

    monkeypatch.setattr(runner, "_write", count)
    monkeypatch.setattr(runner, "LEASE_SECONDS", 0.06)
    turn = runner._Turn(clock, Job("it", 10, at_once, limit_seconds=0.1), clock.now())
    async with asyncio.timeout(WITHIN):
        await runner._renew(turn)
    assert renewals > 0


@pytest.mark.parametrize(
    ("rate", "of_the_hall", "seconds"),
    [
        (1.0, True, 10.0),
        (1.0, False, 10.0),
        (5.0, True, 2.0),
        (5.0, False, 10.0),
        (300.0, True, runner.LEAST_SECONDS),
        (0.5, True, 10.0),
    ],
)
def test_what_people_of_a_fast_hall_wait_for_is_done_more_often(
    rate: float, of_the_hall: bool, seconds: float
) -> None:
    fast = ShiftedClock(MONDAY, rate, MONDAY)
    assert Job("it", 10, at_once, of_the_hall=of_the_hall).rhythm(fast) == seconds


async def test_a_job_of_the_hall_is_due_again_by_the_clock_of_the_hall() -> None:
    """Every ten seconds of the machine, a fast hall would wait for it for most of an hour."""
    job = Job("admit_calls", 10, at_once, of_the_hall=True)
    fast = ShiftedClock(MONDAY, 300, datetime.now(UTC))
    assert await run_if_due(fast, job) is True
    await asyncio.sleep(runner.LEAST_SECONDS)
    assert await run_if_due(fast, job) is True
