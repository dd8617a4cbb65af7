"""Learning from the visits of a branch, once an hour: service times, its visitors' habits, and
what its ranges have to be moved by."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import asyncpg
import msgspec

from queue_app.clock import Clock
from queue_app.domain.correction import NARROWEST, Correction, End, corrected
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.habits import Habits, habits_of
from queue_app.domain.service_times import ServiceTime, learned, published
from queue_app.jobs.each import each
from queue_app.queries import habits, reference
from queue_app.store import db

MEMORY_DAYS = 90
"""Visits older than this no longer speak for how long a service takes, or how people behave."""
_GIVEN = "(CASE WHEN cardinality(given) > 0 THEN given ELSE services END)"
"""SQL: what was done in a visit, which may be other than what was asked for."""
LEARN_EVERY = timedelta(hours=1)


async def learn_times(clock: Clock) -> int:
    return await learn(await reference.directory(), clock.now())


async def learn(directory: Directory, now: datetime) -> int:
    """Bring the learned times up to date where they are an hour old, or the clock was set back;
    how many were written.

    What was given teaches, not what was asked for, and only where it is one service: of several it
    is not known which took how long. A visit that an alert cut in two teaches nothing.
    """
    due = await db.fetch_value(
        "SELECT coalesce(NOT (max(learned_at) > $1 AND max(learned_at) <= $2), true)"
        " FROM service_time",
        now - LEARN_EVERY,
        now,
    )
    if not due:
        return 0
    rows = await db.fetch(
        "SELECT branch.id AS branch_id, taught.* FROM branch CROSS JOIN LATERAL ("
        f"SELECT {_GIVEN}[1] AS service,"
        " array_agg(extract(epoch FROM ended_at - started_at)::float8 / 60) AS minutes"
        " FROM ticket WHERE branch_id = branch.id AND day >= $1"
        f" AND state = 'finished' AND cardinality({_GIVEN}) = 1"
        f" AND NOT {habits.stopped('branch.id', 'ticket.started_at', 'ticket.ended_at')}"
        " GROUP BY 1) AS taught",
        directory.local(now).date() - timedelta(days=MEMORY_DAYS),
    )
    found = await asyncio.to_thread(_learned_of, directory, rows)

    async def work() -> None:
        for branch_id, service, time in found:
            await _keep(branch_id, service, time, now)

    await db.transact(work)
    return len(found)


def _learned_of(
    directory: Directory, rows: Sequence[asyncpg.Record]
) -> list[tuple[int, str, ServiceTime]]:
    """In a thread: a year of a city's visits takes seconds, and the loop has screens to serve."""
    known = directory.services_ever
    open_minutes = directory.rules.open_service_minutes
    return [
        (
            row["branch_id"],
            row["service"],
            learned(published(known[row["service"]], open_minutes), row["minutes"]),
        )
        for row in rows
        if row["service"] in known
    ]


async def _keep(branch_id: int, service: str, time: ServiceTime, now: datetime) -> None:
    await db.fetch(
        "INSERT INTO service_time (branch_id, service, mu, sigma, visits, learned_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (branch_id, service) DO UPDATE SET"
        " mu = excluded.mu, sigma = excluded.sigma, visits = excluded.visits,"
        " learned_at = excluded.learned_at",
        branch_id,
        service,
        time.mu,
        time.sigma,
        time.visits,
        now,
    )


async def learn_all_habits(clock: Clock) -> int:
    return await learn_habits(await reference.directory(), clock.now())


async def learn_habits(directory: Directory, now: datetime) -> int:
    """Bring the habits of every branch up to date where they are an hour old; how many were.

    Whole days teach, up to yesterday: who is still expected today has not stayed away. Where the
    branch did not close since, yesterday goes on. What is wrong with one branch keeps no other
    from learning.
    """
    rows = await db.fetch(
        "SELECT branch_id FROM branch_habits WHERE learned_at > $1 AND learned_at <= $2",
        now - LEARN_EVERY,
        now,
    )
    fresh = {row["branch_id"] for row in rows}
    due = [branch for branch in directory.branches.values() if branch.id not in fresh]
    by_name = {f"branch {one.slug}": one for one in due}
    return len(await each(by_name, partial(_learn_of, directory, now)))


async def _learn_of(directory: Directory, now: datetime, branch: Branch) -> None:
    until = directory.today(branch, now).oldest
    first = until.date - timedelta(days=MEMORY_DAYS)
    seen = await habits.seen(directory, branch, first, until.date)
    await db.transact(partial(_keep_habits, branch.id, habits_of(seen), now))
    await db.transact(partial(_correct, branch.id, until.begins))


async def _keep_habits(branch_id: int, learned: Habits, now: datetime) -> None:
    await db.fetch(
        "INSERT INTO branch_habits (branch_id, document, learned_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (branch_id) DO UPDATE SET"
        " document = excluded.document, learned_at = excluded.learned_at",
        branch_id,
        msgspec.json.encode(learned).decode(),
        now,
    )


_HEAR = """
WITH heard AS (
    UPDATE promise SET heard = true
    WHERE branch_id = $1 AND shown = 'ticket' AND outcome = 'called' AND NOT heard
        AND promised_at < $2
    RETURNING promised_at, low_minutes, high_minutes, waited_minutes
), stops AS (
    SELECT array_agg(started_at ORDER BY started_at) AS starts FROM interruption
    WHERE branch_id = $1 AND started_at > (SELECT min(promised_at) FROM heard)
        AND coalesce(resumes_at, 'infinity'::timestamptz) > (SELECT min(promised_at) FROM heard)
), told AS (
    SELECT low_minutes > 0 AS later,
        (2 * waited_minutes - low_minutes - high_minutes) / (high_minutes - low_minutes) AS place
    FROM heard CROSS JOIN stops
    WHERE high_minutes - low_minutes >= $3 AND NOT coalesce(
        starts[width_bucket(promised_at, starts) + 1]
            < promised_at + make_interval(secs => 60 * waited_minutes), false)
)
SELECT count(*) FILTER (WHERE later)::int AS low_count, count(*)::int AS high_count,
    coalesce(percentile_cont(0.1) WITHIN GROUP (ORDER BY place) FILTER (WHERE later), -1) AS low,
    coalesce(percentile_cont(0.9) WITHIN GROUP (ORDER BY place), 1) AS high
FROM told
"""
"""Whose wait an interruption cut is heard and says nothing, as nobody could have foreseen it."""


async def _correct(branch_id: int, until: datetime) -> None:
    """Move the ends of the branch's ranges by what came true of those given with tickets.

    Each is heard once: whoever marks it takes what it says into the same transaction. Of a day that
    goes on, only short waits would be known.
    """
    kept = await db.fetch_row(
        "SELECT low_end, high_end FROM branch_habits WHERE branch_id = $1 FOR UPDATE", branch_id
    )
    found = await db.fetch_row(_HEAR, branch_id, until, NARROWEST)
    assert kept
    assert found
    after = corrected(
        Correction(kept["low_end"], kept["high_end"]),
        End(found["low_count"], found["low"]),
        End(found["high_count"], found["high"]),
    )
    await db.fetch(
        "UPDATE branch_habits SET low_end = $2, high_end = $3 WHERE branch_id = $1",
        branch_id,
        after.low,
        after.high,
    )
