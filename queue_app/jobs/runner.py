"""What happens by itself: each job with its own lease, rhythm, log line and figures.

A job is a row. Whoever claims it runs it and renews the lease meanwhile; a process that dies lets
it run out, and another goes on. So several processes share the work, and a slow job delays no
other. A run that hangs is ended at its limit. A process whose lease ran out although it lives, as
on a machine that slept, knows by `started_at` that the row is another's, and leaves it alone.

What concerns the machine alone is not shared: each process does it, and no row tells of it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from queue_app.clock import Clock
from queue_app.store import db
from queue_app.store.outages import Outage
from queue_app.tasks import cancelled

LEASE_SECONDS = 60.0
"""How long a process that does not say so any more is taken to be at work."""
SLOW_SECONDS = 5.0
"""A run that takes longer is worth a line in the log, whatever it did."""
LIMIT_SECONDS = 300.0
"""A run that takes longer hangs, if its job does not say otherwise."""
CROSSING_SECONDS = 30.0
"""How much later than it was made a claim may reach the database: the hall's time of one that
crosses another's, or waited for a connection, is a little behind that of the row."""
LEAST_SECONDS = 0.5
"""So often, of the machine's time, a job is at work at most, however fast the hall's clock."""

_log = logging.getLogger(__name__)


class Job(Struct, frozen=True):
    """`run` takes the hall's clock and says how many things it did.

    `every_seconds` of the machine's time lie between the beginning of a run and the next, and a run
    that takes more than `limit_seconds` of it is ended; what it has committed stays. Not `shared`:
    another process, perhaps on another machine, cannot do it for this one. `of_the_hall`: people
    of the hall wait for it, so under a clock that runs faster it is at work more often.
    """

    name: str
    every_seconds: float
    run: Callable[[Clock], Awaitable[int]]
    shared: bool = True
    limit_seconds: float = LIMIT_SECONDS
    of_the_hall: bool = False

    def rhythm(self, clock: Clock) -> float:
        """The machine's seconds between the beginning of a run and the next."""
        if not self.of_the_hall:
            return self.every_seconds
        wished = clock.real_seconds(self.every_seconds)
        return min(self.every_seconds, max(wished, LEAST_SECONDS))


class RunTooLong(Exception):
    """A run was ended at its job's limit."""


class _Turn(Struct, frozen=True):
    """A run of a job: the row is this process' own while its `started_at` stands there."""

    clock: Clock
    job: Job
    started_at: datetime


@contextlib.asynccontextmanager
async def running(
    clock: Clock, jobs: Sequence[Job], source: db.Source | None = None
) -> AsyncIterator[None]:
    """Run these jobs, each in its own rhythm, until the block ends.

    `source`: connections beside those of requests, so that neither waits for the other.
    """
    tasks = [asyncio.create_task(_forever(clock, job, source), name=job.name) for job in jobs]
    try:
        yield
    finally:
        await cancelled(tasks)


async def _forever(clock: Clock, job: Job, source: db.Source | None) -> None:
    if source:
        db.work_on(source)
    while True:
        try:
            if job.shared:
                await run_if_due(clock, job)
            else:
                await run_here(clock, job)
        except db.OUTAGES as error:
            _log.debug("job %s waits for the database: %s", job.name, error)
        except Exception:  # nothing may end it: holds and personal data would stay for ever
            _log.exception("job %s is lost for this turn; it tries again", job.name)
        await asyncio.sleep(job.rhythm(clock))


async def run_here(clock: Clock, job: Job) -> None:
    """One run, whatever other processes do. One that fails raises."""
    began = time.perf_counter()
    done = await _within_limit(clock, job)
    _note(job, time.perf_counter() - began, done)


async def run_if_due(clock: Clock, job: Job) -> bool:
    """One run, unless another process is at it or was just now; whether it ran here.

    A run that fails or hangs is logged and counted, and has its next turn.
    """
    turn = await _claim(clock, job)
    if turn is None:
        return False
    began = time.perf_counter()
    try:
        async with _leased(turn):
            done = await _within_limit(clock, job)
    except asyncio.CancelledError:
        await _release(turn)
        raise
    except Exception as error:
        await _failed(turn, time.perf_counter() - began, error)
    else:
        await _finished(turn, time.perf_counter() - began, done)
    return True


async def _within_limit(clock: Clock, job: Job) -> int:
    try:
        async with asyncio.timeout(job.limit_seconds) as limit:
            return await job.run(clock)
    except TimeoutError as error:
        if limit.expired():
            raise RunTooLong(f"more than {job.limit_seconds:g} s") from error
        raise


_CLAIM = """
INSERT INTO job (name, due_at, leased_until, started_at) VALUES ($1, $3, $4, $2)
ON CONFLICT (name) DO UPDATE
    SET due_at = excluded.due_at, leased_until = excluded.leased_until,
        started_at = excluded.started_at
    WHERE (job.due_at <= $2 OR job.due_at > $5::timestamptz + ($3 - $2))
        AND (job.leased_until IS NULL OR job.leased_until <= $2
            OR job.leased_until > $5::timestamptz + ($4 - $2))
RETURNING started_at
"""
"""What lies farther ahead than it could by now is from before the clock was set back."""


async def _claim(clock: Clock, job: Job) -> _Turn | None:
    now = clock.now()
    started_at = await db.fetch_value(
        _CLAIM,
        job.name,
        now,
        # Half a turn early is in time: two processes' turns do not fall together.
        now + _span(clock, job.rhythm(clock) / 2),
        now + _span(clock, LEASE_SECONDS),
        now + _span(clock, CROSSING_SECONDS),
    )
    return _Turn(clock, job, started_at) if started_at else None


def _span(clock: Clock, real_seconds: float) -> timedelta:
    """That much of the machine's time, in the hall's."""
    return timedelta(seconds=clock.hall_seconds(real_seconds))


@contextlib.asynccontextmanager
async def _leased(turn: _Turn) -> AsyncIterator[None]:
    """The lease is renewed until the block ends, and no renewal is under way afterwards."""
    renewing = asyncio.create_task(_renew(turn))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def _renew(turn: _Turn) -> None:
    """No longer than the run may take: one that cannot even be ended is another process' then."""
    over = time.perf_counter() + turn.job.limit_seconds
    while time.perf_counter() < over:
        await asyncio.sleep(LEASE_SECONDS / 3)
        try:
            leased_until = turn.clock.now() + _span(turn.clock, LEASE_SECONDS)
            await _write(turn, "leased_until = $3", leased_until)
        except Exception as error:  # whatever it is, the next renewal may still be in time
            _log.log(
                _level(error, logging.WARNING),
                "job %s did not renew its lease: %s",
                turn.job.name,
                type(error).__name__,
                exc_info=None if isinstance(error, db.OUTAGES) else error,
            )


def _level(error: Exception, usual: int) -> int:
    """What the database cannot do now is in the log already, for whatever job meets it."""
    return logging.DEBUG if isinstance(error, Outage) else usual


async def _release(turn: _Turn) -> None:
    """Whoever stops politely lets the next process begin at once."""
    with contextlib.suppress(Exception):
        await _write(turn, "leased_until = NULL, due_at = started_at")


async def _end(turn: _Turn, change: str, *values: object) -> None:
    if not await _write(turn, f"leased_until = NULL, {change}", *values):
        _log.warning("job %s took so long that another process went on", turn.job.name)


async def _write(turn: _Turn, change: str, *values: object) -> bool:
    """Change the job's row, its `values` from $3 on; False: it is another's by now."""
    rows = await db.fetch(
        f"UPDATE job SET {change} WHERE name = $1 AND started_at = $2 RETURNING name",
        turn.job.name,
        turn.started_at,
        *values,
    )
    return bool(rows)


def _note(job: Job, seconds: float, done: int) -> None:
    level = logging.INFO if done or seconds > SLOW_SECONDS else logging.DEBUG
    _log.log(level, "job %s: %d done in %.3f s", job.name, done, seconds)


async def _finished(turn: _Turn, seconds: float, done: int) -> None:
    _note(turn.job, seconds, done)
    await _end(
        turn,
        "finished_at = $3, seconds = $4, runs = runs + 1, error = NULL",
        turn.clock.now(),
        seconds,
    )


async def _failed(turn: _Turn, seconds: float, error: Exception) -> None:
    _log.log(
        _level(error, logging.ERROR),
        "job %s failed after %.3f s; its next turn tries again",
        turn.job.name,
        seconds,
        exc_info=None if isinstance(error, db.OUTAGES) else error,
    )
    await _end(
        turn,
        "failed_at = $3, seconds = $4, error = $5, failures = failures + 1",
        turn.clock.now(),
        seconds,
        type(error).__name__,
    )
