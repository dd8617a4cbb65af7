"""Tickets on paper: asked for, claimed, begun once, and given up where nobody waits any more.

A ticket that a printer has not begun is tried again. From its first byte on it is not: the paper
may lie in the tray, and whoever wants another asks for it.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct

from queue_app.domain.catalogue import Language
from queue_app.domain.errors import Conflict
from queue_app.domain.messages import Outgoing
from queue_app.domain.paper import MOST_REPRINTS, PRINT_PAUSE, PrinterState
from queue_app.domain.people import Staff
from queue_app.domain.tickets import LIVE
from queue_app.flow.act import Act, verb
from queue_app.queries import printers
from queue_app.queries.printers import PaperOfTicket
from queue_app.store import db

PRINT_LEASE = timedelta(seconds=75)
"""How long a claim holds, in the machine's time: longer than a ticket takes at worst."""


class PrintJob(Struct, frozen=True):
    """A ticket that was claimed to be printed; `begun_at`: by whoever claimed it before."""

    branch_id: int
    id: int
    kind: Literal["ticket", "reprint"]
    language: Language
    ticket_id: int
    created_at: datetime
    attempts: int
    begun_at: datetime | None


@verb
async def reprint(act: Act, ticket_id: int) -> PaperOfTicket:
    """The ticket once more on paper, which says so; no further one while one is on its way.

    NotFound `unknown_ticket`; NotAllowed `other_branch`; Conflict `ticket_state` where its visit is
    over, `no_printer`, `too_many_reprints`.
    """
    ticket = await act.any_ticket(ticket_id)
    if ticket.progress.state not in LIVE:
        raise Conflict("ticket_state", state=ticket.progress.state, verb="reprint")
    before = await printers.paper_of(ticket.branch_id, ticket.id)
    if before and before.paper == "waiting":
        return before
    done = before.reprints if before else 0
    if done >= MOST_REPRINTS:
        raise Conflict("too_many_reprints", limit=MOST_REPRINTS)
    recipient = act.who.actor
    if isinstance(act.who, Staff):
        recipient = await _nearest(ticket.branch_id, ticket.id) or ""
    else:
        own = await printers.of_kiosk(ticket.branch_id, recipient)
        if own is None or own.by_browser:
            recipient = ""
    if not recipient:
        raise Conflict("no_printer")
    act.tell(
        Outgoing(
            branch_id=ticket.branch_id,
            event=f"reprint {ticket.id} {done + 1}",
            kind="reprint",
            channel="print",
            recipient=recipient,
            language=ticket.language,
            due_at=act.now,
            ticket_id=ticket.id,
        )
    )
    act.touch(ticket.branch_id)
    return PaperOfTicket("waiting", before.printer if before else "unknown", done + 1)


async def _nearest(branch_id: int, ticket_id: int) -> str | None:
    """For staff, who stand at none: the printer that should have given the ticket, else that of the
    hall."""
    found: str | None = await db.fetch_value(
        "SELECT 'printer ' || p.id FROM printer p WHERE branch_id = $1 AND retired_at IS NULL"
        " AND address <> 'browser'"
        " ORDER BY EXISTS (SELECT FROM message m WHERE m.branch_id = $1 AND m.ticket_id = $2"
        " AND m.channel = 'print' AND m.recipient = 'printer ' || p.id) DESC,"
        " kiosk IS NOT NULL, position, id LIMIT 1",
        branch_id,
        ticket_id,
    )
    return found


@verb
async def note_printer(act: Act, branch_id: int, printer_id: int, state: PrinterState) -> bool:
    """How the printer stands; whether that is news, which the branch's screens are told."""
    changed = await db.fetch(
        "UPDATE printer SET state = $3, state_at = $4"
        " WHERE branch_id = $1 AND id = $2 AND state <> $3 RETURNING id",
        branch_id,
        printer_id,
        state,
        act.now,
    )
    if changed:
        act.touch(branch_id)
    return bool(changed)


_CLAIM = """
WITH due AS (
    SELECT branch_id, id FROM message
    WHERE branch_id = $1 AND channel = 'print' AND recipient = $2 AND state = 'waiting'
        AND due_at <= $3 AND (leased_until IS NULL OR leased_until <= $3 OR leased_until > $5)
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE message SET leased_until = $4, attempts = attempts + 1
FROM due WHERE message.branch_id = due.branch_id AND message.id = due.id
RETURNING message.*
"""


async def claim(
    branch_id: int, printer_id: int, now: datetime, lease: timedelta = PRINT_LEASE
) -> PrintJob | None:
    """The ticket that is due first at this printer; nobody else takes it until the lease, in the
    hall's time, ends. One whose lease ends later than any could is from before the clock was set
    back."""
    row = await db.transact(
        lambda: db.fetch_row(
            _CLAIM, branch_id, f"printer {printer_id}", now, now + lease, now + 2 * lease
        )
    )
    return msgspec.convert(dict(row), type=PrintJob) if row else None


async def begin(job: PrintJob, now: datetime) -> bool:
    """From now on it may lie on paper. False: somebody else has begun or ended it."""
    return await _write(job, "begun_at = $4", now)


async def put_off(job: PrintJob, now: datetime, pause: timedelta = PRINT_PAUSE) -> None:
    """The printer could not begin it: again in a moment."""
    await _write(job, "attempts = attempts - 1, leased_until = NULL, due_at = $4", now + pause)


async def mark_printed(job: PrintJob, now: datetime) -> None:
    await db.fetch(
        "UPDATE message SET state = 'sent', sent_at = $3, leased_until = NULL, error = NULL"
        " WHERE branch_id = $1 AND id = $2 AND state = 'waiting'",
        job.branch_id,
        job.id,
        now,
    )


async def _write(job: PrintJob, change: str, *values: object) -> bool:
    rows = await db.fetch(
        f"UPDATE message SET {change} WHERE branch_id = $1 AND id = $2 AND attempts = $3"
        " AND state = 'waiting' AND begun_at IS NULL RETURNING id",
        job.branch_id,
        job.id,
        job.attempts,
        *values,
    )
    return bool(rows)


@verb
async def give_up_print(
    act: Act, job: PrintJob, reason: str, state: Literal["failed", "dropped"] = "failed"
) -> None:
    """No paper comes of it by itself any more; staff see that. `dropped`: nobody misses it."""
    await db.fetch(
        "UPDATE message SET state = $4, error = $5, leased_until = NULL"
        " WHERE branch_id = $1 AND id = $2 AND attempts = $3 AND state = 'waiting'",
        job.branch_id,
        job.id,
        job.attempts,
        state,
        reason,
    )
    act.touch(job.branch_id)
