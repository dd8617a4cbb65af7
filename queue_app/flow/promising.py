"""Promised waits are kept when they are shown, and judged by what comes true."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Literal

import msgspec

from queue_app.domain.hall import Hall
from queue_app.domain.people import SYSTEM
from queue_app.domain.promises import Promise
from queue_app.queries.epochs import EPOCH
from queue_app.store import db
from queue_app.tasks import wait_for

EVERY_SECONDS = 1.0
"""How long a range that was shown may be known to its process alone."""
MOST_NOTED = 20_000
"""Promises that a process has in mind: beyond that, it forgets which it has seen, or drops new
ones while the database is away."""
KEPT_DAYS = 30
"""How long promises are kept."""

Shown = Literal["ticket", "later"]
"""Given with the ticket, or shown since: on a phone, by the API, at a second check-in."""

_log = logging.getLogger(__name__)


class Promises:
    """What this process has shown, written down every second off the path of the screens.

    Several processes may show the same range: `keep_later` writes it once. A process that is
    killed takes the last second with it, which statistics bear; one that is stopped writes it.
    What was shown of another epoch of the database was shown to other people: it is forgotten.
    """

    def __init__(self) -> None:
        self._epoch = ""
        self._last: dict[tuple[int, int], Promise] = {}
        self._fresh: list[Promise] = []

    def note(self, seen: Hall, ticket_id: int) -> None:
        """The holder of this ticket is shown the range that this hall gives it, if any."""
        ticket = seen.by_id.get(ticket_id)
        wait = seen.waits.get(ticket_id) if ticket and ticket.state == "waiting" else None
        if ticket is None or wait is None:
            return
        if seen.epoch != self._epoch:
            self._begin(seen.epoch)
        branch_id = seen.branch.id
        shown = Promise(
            branch_id, ticket_id, ticket.revision, seen.at, wait.low_minutes, wait.high_minutes
        )
        last = self._last.get((branch_id, ticket_id))
        if len(self._fresh) >= MOST_NOTED or (last and shown.repeats(last)):
            return
        if len(self._last) >= MOST_NOTED:
            self._last.clear()
        self._last[branch_id, ticket_id] = shown
        self._fresh.append(shown)

    def _begin(self, epoch: str) -> None:
        self._epoch = epoch
        self._last.clear()
        self._fresh.clear()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write down what is noted until the block ends, and the rest then; forget it after."""
        over = asyncio.Event()
        task = asyncio.create_task(self._forever(over))
        try:
            yield
        finally:
            over.set()
            await task
            self._last.clear()

    async def _forever(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await wait_for(over, EVERY_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Keep what was noted; while the database is away, try again at the next turn."""
        epoch = self._epoch
        fresh, self._fresh = sorted(self._fresh, key=lambda one: one.branch_id), []
        for branch_id, of_branch in groupby(fresh, key=lambda one: one.branch_id):
            batch = list(of_branch)
            try:
                await db.transact(partial(_keep_in, epoch, branch_id, batch))
            except db.OUTAGES:
                if epoch == self._epoch:
                    self._fresh += batch
            except Exception:
                _log.exception("%d promised waits of branch %s are lost", len(batch), branch_id)


async def _keep_in(epoch: str, branch_id: int, promises: Sequence[Promise]) -> None:
    """Write these down if it is their epoch still; it lasts until the transaction ends, as whoever
    ends it waits for those who have asked for it."""
    await _one_at_a_time(branch_id)  # first: it begins the transaction
    now = await db.fetch_value(
        f"SELECT {EPOCH} FROM branch_version WHERE branch_id = $1", branch_id
    )
    if now == epoch:
        await _keep_new(branch_id, promises)


_LAST = """
SELECT DISTINCT ON (ticket_id) branch_id, ticket_id, revision, promised_at AS at, low_minutes,
    high_minutes
FROM promise WHERE branch_id = $1 AND ticket_id = ANY($2) AND outcome IS NULL
ORDER BY ticket_id, promised_at DESC
"""


async def keep_later(branch_id: int, promises: Sequence[Promise]) -> None:
    """Write down those that do not repeat the last one of their ticket, which is open still.

    In the caller's transaction, with a lock that only the writers of this branch share: whatever
    another process keeps at this moment is seen first, so nothing is counted twice.
    """
    await _one_at_a_time(branch_id)
    await _keep_new(branch_id, promises)


async def _one_at_a_time(branch_id: int) -> None:
    await db.fetch("SELECT pg_advisory_xact_lock(hashtext('promise'), $1)", branch_id)


async def _keep_new(branch_id: int, promises: Sequence[Promise]) -> None:
    rows = await db.fetch(_LAST, branch_id, list({one.ticket_id for one in promises}))
    last = {row["ticket_id"]: msgspec.convert(dict(row), type=Promise) for row in rows}
    fresh: list[Promise] = []
    for one in promises:
        before = last.get(one.ticket_id)
        if before is None or not one.repeats(before):
            last[one.ticket_id] = one
            fresh.append(one)
    if fresh:
        await _keep(branch_id, fresh, "later")


_KEEP = """
INSERT INTO promise (branch_id, ticket_id, revision, promised_at, low_minutes, high_minutes, shown,
    people_ahead, low_forecast, high_forecast)
SELECT $1, ticket_id, shown.revision, at, low, high, $7, ahead, low_forecast, high_forecast
FROM unnest($2::bigint[], $3::integer[], $4::timestamptz[], $5::integer[], $6::integer[],
        $8::integer[], $9::real[], $10::real[])
    AS shown (ticket_id, revision, at, low, high, ahead, low_forecast, high_forecast)
JOIN ticket ON ticket.branch_id = $1 AND ticket.id = ticket_id
ON CONFLICT DO NOTHING
"""


async def _keep(branch_id: int, promises: Sequence[Promise], shown: Shown) -> None:
    await db.fetch(
        _KEEP,
        branch_id,
        [one.ticket_id for one in promises],
        [one.revision for one in promises],
        [one.at for one in promises],
        [one.low_minutes for one in promises],
        [one.high_minutes for one in promises],
        shown,
        [one.people_ahead for one in promises],
        [one.low_forecast for one in promises],
        [one.high_forecast for one in promises],
    )


_JUDGE = """
UPDATE promise SET outcome = found.outcome,
    waited_minutes = greatest(0, extract(epoch FROM found.until - found.promised_at) / 60)
FROM (
    SELECT open.branch_id, open.ticket_id, open.promised_at,
        coalesce(called.at, ticket.ended_at) AS until,
        CASE WHEN called.at IS NOT NULL THEN 'called'
            WHEN last.actor = $1 THEN 'closed' ELSE 'left' END AS outcome
    FROM promise AS open
    JOIN ticket ON ticket.branch_id = open.branch_id AND ticket.id = open.ticket_id
        AND ticket.revision > open.revision
    JOIN ticket_event AS last ON last.branch_id = ticket.branch_id
        AND last.ticket_id = ticket.id AND last.seq = ticket.revision
    LEFT JOIN LATERAL (
        SELECT at FROM ticket_event AS e
        WHERE e.branch_id = open.branch_id AND e.ticket_id = open.ticket_id
            AND e.seq > open.revision AND verb = 'call'
        ORDER BY e.seq LIMIT 1
    ) AS called ON true
    WHERE open.outcome IS NULL AND (called.at IS NOT NULL OR ticket.ended_at IS NOT NULL)
) AS found
WHERE promise.branch_id = found.branch_id AND promise.ticket_id = found.ticket_id
    AND promise.promised_at = found.promised_at
RETURNING promise.ticket_id
"""


async def judge() -> int:
    """Hold every promise that is still open against the first call after it; how many were.

    That call is what came true, whatever became of it. Without one, the person left, or the day
    was closed while they waited: `left` and `closed`, which no share of ranges that held counts.
    """
    return len(await db.fetch(_JUDGE, SYSTEM.actor))


async def drop_old(now: datetime) -> int:
    """Promises go `KEPT_DAYS` after they were made; how many went."""
    rows = await db.fetch(
        "DELETE FROM promise WHERE branch_id IN (SELECT id FROM branch) AND promised_at < $1"
        " RETURNING ticket_id",
        now - timedelta(days=KEPT_DAYS),
    )
    return len(rows)
