"""Learning from the visits of a branch, once an hour: service times, its visitors' habits, and
what its ranges have to be moved by."""

from datetime import date, datetime, timedelta

import msgspec
from msgspec.structs import replace

from queue_app import db
from queue_app.domain.correction import Correction, corrected
from queue_app.domain.habits import Habits, habits_of
from queue_app.domain.service_times import ServiceTime, learned, published
from queue_app.flow.promising import KEPT_DAYS
from queue_app.queries import habits
from queue_app.queries.accuracy import places
from queue_app.queries.reference import Directory

MEMORY_DAYS = 90
"""Visits older than this no longer speak for how long a service takes, or how people behave."""
LEARN_EVERY = timedelta(hours=1)


async def learn(directory: Directory, now: datetime) -> int:
    """Bring the learned times up to date where they are an hour old, or the clock was set back;
    how many were written.

    Only visits for one service teach: of several it is not known which took how long. A visit
    that an alert cut in two teaches nothing.
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
        "SELECT branch_id, services[1] AS service,"
        " array_agg(extract(epoch FROM ended_at - started_at)::float8 / 60) AS minutes"
        " FROM ticket WHERE state = 'finished' AND day >= $1 AND cardinality(services) = 1"
        f" AND NOT {habits.stopped('ticket.branch_id', 'ticket.started_at', 'ticket.ended_at')}"
        " GROUP BY branch_id, services[1]",
        directory.local(now).date() - timedelta(days=MEMORY_DAYS),
    )
    known = directory.services_ever
    open_minutes = directory.rules.open_service_minutes
    found = [
        (
            row["branch_id"],
            row["service"],
            learned(published(known[row["service"]], open_minutes), row["minutes"]),
        )
        for row in rows
        if row["service"] in known
    ]

    async def work() -> None:
        for branch_id, service, time in found:
            await _keep(branch_id, service, time, now)

    await db.transact(work)
    return len(found)


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


async def learn_habits(directory: Directory, now: datetime) -> int:
    """Bring the habits of every branch up to date where they are an hour old; how many were.

    Whole days teach, up to yesterday: who is still expected today has not stayed away.
    """
    rows = await db.fetch(
        "SELECT branch_id FROM branch_habits WHERE learned_at > $1 AND learned_at <= $2",
        now - LEARN_EVERY,
        now,
    )
    fresh = {row["branch_id"] for row in rows}
    today = directory.local(now).date()
    due = [branch for branch in directory.branches.values() if branch.id not in fresh]
    for branch in due:
        seen = await habits.seen(directory, branch, today - timedelta(days=MEMORY_DAYS), today)
        correction = await _correction(directory, branch.id, today)
        await _keep_habits(branch.id, habits_of(seen, correction), now)
    return len(due)


async def _correction(directory: Directory, branch_id: int, today: date) -> Correction:
    """The branch's correction with the days since it was last moved, each heard once."""
    before = (await habits.learned(branch_id)).habits.correction
    if before.until is not None and before.until >= today:
        return replace(before, until=today)
    first = before.until or today - timedelta(days=KEPT_DAYS)
    return corrected(before, await places(directory, branch_id, first, today), today)


async def _keep_habits(branch_id: int, learned: Habits, now: datetime) -> None:
    async def work() -> None:
        await db.fetch(
            "INSERT INTO branch_habits (branch_id, document, learned_at) VALUES ($1, $2, $3)"
            " ON CONFLICT (branch_id) DO UPDATE SET"
            " document = excluded.document, learned_at = excluded.learned_at",
            branch_id,
            msgspec.json.encode(learned).decode(),
            now,
        )

    await db.transact(work)
