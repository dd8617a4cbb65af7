"""What happens by itself: each job with its own lease, rhythm, log line and figures.

A job is a row. Whoever claims it runs it and renews the lease meanwhile; a process that dies lets
it run out, and another goes on. So several processes share the work, and a slow job delays no
other. What concerns the machine alone is not shared: each process does it, and no row tells of it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

from msgspec import Struct

from queue_app.clock import Clock
from queue_app.store import db

LEASE_SECONDS = 60.0
"""How long a process that does not say so any more is taken to be at work."""
SLOW_SECONDS = 5.0
"""A run that takes longer is worth a line in the log, whatever it did."""

_log = logging.getLogger(__name__)


class Job(Struct, frozen=True):
    """`run` takes the hall's clock and says how many things it did.

    `every_seconds` of the machine's time lie between the beginning of a run and the next. Not
    `shared`: another process, perhaps on another machine, cannot do it for this one.
    """

    name: str
    every_seconds: float
    run: Callable[[Clock], Awaitable[int]]
    shared: bool = True


@contextlib.asynccontextmanager
async def running(clock: Clock, jobs: Sequence[Job]) -> AsyncIterator[None]:
    """Run these jobs, each in its own rhythm, until the block ends."""
    tasks = [asyncio.create_task(_forever(clock, job), name=job.name) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _forever(clock: Clock, job: Job) -> None:
    while True:
        try:
            if job.shared:
                await run_if_due(clock, job)
            else:
                await run_here(clock, job)
        except db.OUTAGES as error:
            _log.warning("job %s waits for the database: %s", job.name, type(error).__name__)
        except Exception:  # nothing may end it: holds and personal data would stay for ever
            _log.exception("job %s is lost for this turn; it tries again", job.name)
        await asyncio.sleep(job.every_seconds)


async def run_here(clock: Clock, job: Job) -> None:
    """One run, whatever other processes do. One that fails raises."""
    began = time.perf_counter()
    done = await job.run(clock)
    _note(job, time.perf_counter() - began, done)


async def run_if_due(clock: Clock, job: Job) -> bool:
    """One run, unless another process is at it or was just now; whether it ran here.

    A run that fails is logged and counted, and has its next turn.
    """
    if not await _claim(clock, job):
        return False
    renewing = asyncio.create_task(_renew(clock, job))
    began = time.perf_counter()
    try:
        done = await job.run(clock)
    except asyncio.CancelledError:
        await _release(job)
        raise
    except Exception as error:
        await _failed(clock, job, time.perf_counter() - began, error)
    else:
        await _finished(clock, job, time.perf_counter() - began, done)
    finally:
        renewing.cancel()
    return True


_CLAIM = """
INSERT INTO job (name, due_at, leased_until, started_at) VALUES ($1, $3, $4, $2)
ON CONFLICT (name) DO UPDATE
    SET due_at = excluded.due_at, leased_until = excluded.leased_until,
        started_at = excluded.started_at
    WHERE (job.due_at <= $2 OR job.due_at > $3)
        AND (job.leased_until IS NULL OR job.leased_until <= $2 OR job.leased_until > $4)
RETURNING name
"""
"""What lies farther ahead than it could by now is from before the clock was set back."""


async def _claim(clock: Clock, job: Job) -> bool:
    now = clock.now()
    row = await db.fetch_row(
        _CLAIM,
        job.name,
        now,
        # Half a turn early is in time: two processes' turns do not fall together.
        now + _span(clock, job.every_seconds / 2),
        now + _span(clock, LEASE_SECONDS),
    )
    return row is not None


def _span(clock: Clock, real_seconds: float) -> timedelta:
    """That much of the machine's time, in the hall's."""
    return timedelta(seconds=clock.hall_seconds(real_seconds))


async def _renew(clock: Clock, job: Job) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        with contextlib.suppress(*db.OUTAGES):
            await db.fetch(
                "UPDATE job SET leased_until = $2 WHERE name = $1",
                job.name,
                clock.now() + _span(clock, LEASE_SECONDS),
            )


async def _release(job: Job) -> None:
    """Whoever stops politely lets the next process begin at once."""
    with contextlib.suppress(Exception):
        await db.fetch(
            "UPDATE job SET leased_until = NULL, due_at = started_at WHERE name = $1", job.name
        )


def _note(job: Job, seconds: float, done: int) -> None:
    level = logging.INFO if done or seconds > SLOW_SECONDS else logging.DEBUG
    _log.log(level, "job %s: %d done in %.3f s", job.name, done, seconds)


async def _finished(clock: Clock, job: Job, seconds: float, done: int) -> None:
    _note(job, seconds, done)
    await db.fetch(
        "UPDATE job SET leased_until = NULL, finished_at = $2, seconds = $3, runs = runs + 1,"
        " error = NULL WHERE name = $1",
        job.name,
        clock.now(),
        seconds,
    )


async def _failed(clock: Clock, job: Job, seconds: float, error: Exception) -> None:
    _log.error(
        "job %s failed after %.3f s; its next turn tries again", job.name, seconds, exc_info=error
    )
    await db.fetch(
        "UPDATE job SET leased_until = NULL, failed_at = $2, seconds = $3, error = $4,"
        " failures = failures + 1 WHERE name = $1",
        job.name,
        clock.now(),
        seconds,
        type(error).__name__,
    )
