"""What time itself does: holds run out, phone calls fall due, days end, personal data goes.

One process does it, whoever holds the lock; the others try again at the next turn.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial

import msgspec

from queue_app.clock import Clock
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict
from queue_app.domain.people import Staff
from queue_app.flow.arrival import admit_phone_call, close_out
from queue_app.flow.learning import learn, learn_habits
from queue_app.flow.promising import drop_old, judge
from queue_app.flow.staffing import close_desk
from queue_app.flow.unit import announce
from queue_app.queries import appointments, reference
from queue_app.store import db

EVERY_SECONDS = 10.0
REQUEST_HOURS = 24
"""How long an idempotency key is remembered."""

_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def running(clock: Clock) -> AsyncIterator[None]:
    """Do the upkeep every few seconds until the block ends."""
    task = asyncio.create_task(_forever(clock))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _forever(clock: Clock) -> None:
    while True:
        try:
            await once_for_all(clock.now())
        except Exception:  # nothing may end it: holds and personal data would stay for ever
            _log.exception("the upkeep failed; it tries again")
        await asyncio.sleep(EVERY_SECONDS)


async def once_for_all(now: datetime) -> bool:
    """One round of upkeep, unless another process is at it; whether it was done here."""
    connection = await db.engine.get_new_connection()
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext('upkeep'))"):
            return False
        await sweep(now)
        return True
    finally:
        await connection.close()


async def sweep(now: datetime) -> None:
    """Every step, whatever becomes of the others; a step that failed has its next round."""
    directory = await reference.directory()
    for step in (
        partial(expire_holds, now),
        partial(admit_phone_calls, directory, now),
        partial(end_days, directory, now),
        partial(leave_desks, directory, now),
        partial(settle_appointments, directory, now),
        partial(forget_people, directory, now),
        partial(drop_leftovers, now),
        partial(judge),
        partial(drop_old, now),
        partial(learn, directory, now),
        partial(learn_habits, directory, now),
    ):
        try:
            await step()
        except Exception:
            _log.exception("%s failed; the next round tries again", step.func.__name__)


async def expire_holds(now: datetime) -> None:
    async def work() -> None:
        rows = await db.fetch(
            "UPDATE appointment SET state = 'expired', changed_at = $1"
            " WHERE state = 'held' AND held_until <= $1 RETURNING branch_id",
            now,
        )
        for branch_id in sorted({row["branch_id"] for row in rows}):
            await announce(branch_id)

    await db.transact(work)


async def admit_phone_calls(directory: Directory, now: datetime) -> None:
    """A booked phone call joins the queue by itself shortly before its time."""
    soon = now + timedelta(minutes=directory.rules.early_minutes)
    rows = await db.fetch(
        "SELECT branch_id, token FROM appointment a WHERE state = 'booked' AND channel = 'phone'"
        " AND branch_id = ANY($1) AND lower(period) <= $2 AND upper(period) > $3"
        " AND NOT EXISTS (SELECT FROM ticket t"
        " WHERE t.branch_id = a.branch_id AND t.appointment_id = a.id) ORDER BY lower(period)",
        [branch.id for branch in directory.branches.values()],
        soon,
        now,
    )
    for branch_id, token in rows:
        await db.transact(partial(_admit, directory, branch_id, token, soon, now))


async def _admit(
    directory: Directory, branch_id: int, token: str, soon: datetime, now: datetime
) -> None:
    """Locked first: it may have been moved or cancelled a moment ago."""
    await db.fetch(
        "SELECT id FROM appointment WHERE branch_id = $1 AND token = $2 FOR UPDATE",
        branch_id,
        token,
    )
    due = await appointments.by_token(token)
    if due.state == "booked" and due.ticket_token is None and due.starts_at <= soon:
        await admit_phone_call(directory, directory.branch_of(branch_id), due, now)


async def end_days(directory: Directory, now: datetime) -> None:
    """Whoever is still in the house on paper when the local day is over has left."""
    today = directory.local(now).date()
    rows = await db.fetch(
        "SELECT branch_id, id FROM ticket WHERE day < $1"
        " AND state IN ('waiting', 'called', 'serving', 'parked')",
        today,
    )
    for row in rows:
        await close_out(row["branch_id"], row["id"], now)


async def leave_desks(directory: Directory, now: datetime) -> None:
    """A desk that its clerk forgot to leave yesterday is empty today.

    Its clerk leaves it as one of its branch, be that retired or the clerk an administrator.
    """
    rows = await db.fetch(
        "SELECT desk.id AS desk_id, staff.id, login, role, desk.branch_id FROM desk"
        " JOIN staff ON staff.id = staff_id WHERE state <> 'closed' AND since < $1",
        directory.midnight(now),
    )
    for row in rows:
        staff = msgspec.convert(dict(row), type=Staff)
        with contextlib.suppress(Conflict):
            await close_desk(row["desk_id"], staff, now)


async def settle_appointments(directory: Directory, now: datetime) -> None:
    """A past booking was fulfilled if its visitor was served, else missed; its day is over."""
    midnight = directory.midnight(now)

    async def work() -> None:
        await db.fetch(
            "UPDATE appointment a SET changed_at = $2, state = CASE WHEN EXISTS ("
            "SELECT FROM ticket t WHERE t.branch_id = a.branch_id AND t.appointment_id = a.id"
            " AND t.state = 'finished') THEN 'fulfilled' ELSE 'missed' END"
            " WHERE state = 'booked' AND upper(period) <= $1",
            midnight,
            now,
        )

    await db.transact(work)


async def forget_people(directory: Directory, now: datetime) -> None:
    """Names and contacts go `retention_days` after the visit, or after it was given up."""

    async def work() -> None:
        await db.fetch(
            "UPDATE appointment SET name = NULL, phone = NULL, email = NULL"
            " WHERE num_nonnulls(name, phone, email) > 0 AND state NOT IN ('held', 'booked')"
            " AND CASE WHEN state IN ('cancelled', 'expired') THEN changed_at"
            " ELSE upper(period) END < $1",
            now - timedelta(days=directory.rules.retention_days),
        )

    await db.transact(work)


async def drop_leftovers(now: datetime) -> None:
    """Sessions that ended and idempotency keys that nobody will repeat."""

    async def work() -> None:
        await db.fetch("DELETE FROM session WHERE expires_at <= $1", now)
        await db.fetch(
            "DELETE FROM request WHERE created_at < $1", now - timedelta(hours=REQUEST_HOURS)
        )

    await db.transact(work)
