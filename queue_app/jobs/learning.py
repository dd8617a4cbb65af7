"""Learning from the visits of a branch, once an hour: service times, its visitors' habits, and
what its ranges have to be moved by."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import asyncpg
import msgspec

from queue_app.clock import Clock
from queue_app.domain.correction import FITTED_ON, EndLine, Miss, corrected, ends_of, paced
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.habits import Habits, habits_of
from queue_app.domain.service_times import ServiceTime, learned, published
from queue_app.jobs.each import each
from queue_app.queries import desk_days, habits, reference
from queue_app.scribe import computing
from queue_app.store import db

MEMORY_DAYS = 90
"""Visits older than this no longer speak for how long a service takes, or how people behave."""
_GIVEN = "(CASE WHEN cardinality(given) > 0 THEN given ELSE services END)"
"""SQL: what was done in a visit, which may be other than what was asked for."""
LEARN_EVERY = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


async def learn_times(clock: Clock) -> int:
    return await learn(await reference.directory(), clock.now())


async def learn_anew(directory: Directory, branch: Branch, now: datetime) -> None:
    """What there is to be learned of a branch whose past has changed, though it is not due."""
    await learn(directory, now, due=True)
    await _learn_of(directory, now, branch)


async def learn(directory: Directory, now: datetime, due: bool = False) -> int:
    """Bring the learned times up to date where they are an hour old, or the clock was set back, or
    `due`; how many were written.

    What was given teaches, not what was asked for, and only where it is one service: of several it
    is not known which took how long. A visit that an alert cut in two teaches nothing.
    """
    due = due or await db.fetch_value(
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
        f" AND state = 'finished' AND people = 1 AND cardinality({_GIVEN}) = 1"
        f" AND NOT {habits.stopped('branch.id', 'ticket.started_at', 'ticket.ended_at')}"
        " GROUP BY 1) AS taught",
        directory.local(now).date() - timedelta(days=MEMORY_DAYS),
    )
    found = await computing.do(partial(_learned_of, directory, rows))

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
    await _correct(directory, now, branch, learns=True)


async def _keep_habits(branch_id: int, learned: Habits, now: datetime) -> None:
    await db.fetch(
        "INSERT INTO branch_habits (branch_id, document, learned_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (branch_id) DO UPDATE SET"
        " document = excluded.document, learned_at = excluded.learned_at",
        branch_id,
        msgspec.json.encode(learned).decode(),
        now,
    )


_MISSES = """
SELECT people_ahead, low_forecast, waited_minutes - low_forecast AS after_low,
    waited_minutes - high_forecast AS after_high,
    CASE WHEN cardinality(ticket.services) = 1 THEN ticket.services[1] END AS service,
    promised_at, promised_at + make_interval(secs => 60 * waited_minutes) AS called_at, day,
    extract(epoch FROM (promised_at AT TIME ZONE $4)::time)::float8 / 60 AS clock
FROM (
    SELECT * FROM promise
    WHERE branch_id = $1 AND shown = 'ticket' AND outcome = 'called' AND low_forecast IS NOT NULL
        AND promised_at < $2
    ORDER BY promised_at DESC LIMIT $3
) AS called
JOIN ticket ON ticket.branch_id = called.branch_id AND ticket.id = called.ticket_id
ORDER BY promised_at
"""
_STOPS = """
SELECT started_at FROM interruption
WHERE branch_id = $1 AND coalesce(resumes_at, 'infinity'::timestamptz) > $2 ORDER BY started_at
"""
"""Whose wait an interruption cut says nothing, as nobody could have foreseen it."""


async def correct_all_ranges(clock: Clock) -> int:
    return await correct_ranges(await reference.directory(), clock.now())


async def correct_ranges(directory: Directory, now: datetime) -> int:
    """Move the ends of every branch's ranges by what came true of the last ones that were given
    with tickets; how many branches were looked at. What is wrong with one keeps no other back."""
    by_name = {f"branch {one.slug}": one for one in directory.branches.values()}
    return len(await each(by_name, partial(_correct, directory, now)))


async def _correct(
    directory: Directory, now: datetime, branch: Branch, learns: bool = False
) -> None:
    """Made anew out of what is kept, so nothing is counted twice, however often it runs; the lines
    of the ends only where it `learns`, once an hour. Beside it, what desks do not give today."""
    rows = await db.fetch(_MISSES, branch.id, now, FITTED_ON, directory.zone.key)
    stops = await db.fetch(_STOPS, branch.id, rows[0]["promised_at"]) if rows else []
    starts = [row["started_at"] for row in stops]
    told = [
        Miss(
            row["people_ahead"],
            row["after_low"],
            row["after_high"],
            row["service"],
            row["low_forecast"],
            (row["promised_at"] - now) / _MINUTE,
            day=row["day"].toordinal(),
            clock=row["clock"],
        )
        for row in rows
        if bisect_right(starts, row["promised_at"]) == bisect_left(starts, row["called_at"])
    ]
    misses, late = paced(told, 0.0)
    ends = await computing.do(partial(ends_of, misses)) if learns else await _ends(branch)
    local = directory.local(now)
    found = corrected(misses, ends, late, 60.0 * local.hour + local.minute)
    passed_over = await desk_days.passed_over_today(directory, branch, now)
    await db.fetch(
        "UPDATE branch_habits SET correction = $2,"
        " document = jsonb_set(document, '{passed_over}', $3::jsonb) WHERE branch_id = $1",
        branch.id,
        msgspec.json.encode(found).decode(),
        msgspec.json.encode(passed_over).decode(),
    )


async def _ends(branch: Branch) -> tuple[EndLine, ...]:
    return (await habits.correction(branch.id)).ends
