"""One guarded change of a ticket: the row and its event, in one statement."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from queue_app.domain import tickets
from queue_app.domain.errors import Conflict
from queue_app.domain.tickets import Event, Progress, Ticket, Verb
from queue_app.store import db

_CHANGE = """
WITH changed AS (
    UPDATE ticket SET revision = $4, state = $5, services = $6, queued_at = $7,
        for_desk_id = $8, desk_id = $9, called_at = $10, calls = $11, started_at = $12,
        ended_at = $13
    WHERE branch_id = $1 AND id = {pick} AND revision = $3
    RETURNING branch_id, id, revision
)
INSERT INTO ticket_event (branch_id, ticket_id, seq, at, verb, actor, desk_id, data)
SELECT branch_id, id, revision, $14, $15, $16, $17, $18::jsonb FROM changed
RETURNING seq
"""
_WAIT_FOR_IT = _CHANGE.format(pick="$2")
_UNLESS_TAKEN = _CHANGE.format(
    pick="(SELECT id FROM ticket WHERE branch_id = $1 AND id = $2 FOR UPDATE SKIP LOCKED)"
)


def event(
    ticket: Ticket,
    verb: Verb,
    actor: str,
    now: datetime,
    desk_id: int | None = None,
    services: tuple[str, ...] | None = None,
    for_desk_id: int | None = None,
) -> Event:
    """The ticket's next event; never before what already happened to it, whatever the clocks."""
    progress = ticket.progress
    known = [progress.called_at, progress.started_at, progress.ended_at, ticket.issued_at]
    return Event(
        seq=progress.revision + 1,
        at=max(now, *(at for at in known if at)),
        verb=verb,
        actor=actor,
        desk_id=desk_id,
        services=services,
        for_desk_id=for_desk_id,
    )


async def change(ticket: Ticket, happened: Event) -> Ticket:
    """Write what `happened`. Conflict `ticket_changed` if somebody else was first."""
    changed = await write(ticket, tickets.apply(ticket.progress, happened), happened)
    if changed is None:
        raise Conflict("ticket_changed", ticket=ticket.id)
    return changed


async def claim(ticket: Ticket, happened: Event) -> Ticket | None:
    """Like `change`, but None at once where another desk is taking this person."""
    return await write(
        ticket, tickets.apply(ticket.progress, happened), happened, sql=_UNLESS_TAKEN
    )


async def write(
    ticket: Ticket, progress: Progress, happened: Event, sql: str = _WAIT_FOR_IT
) -> Ticket | None:
    """Guarded by the revision. Conflict `desk_busy` where the desk has somebody already."""
    try:
        row = await db.fetch_row(
            sql,
            ticket.branch_id,
            ticket.id,
            ticket.progress.revision,
            progress.revision,
            progress.state,
            list(progress.services),
            progress.queued_at,
            progress.for_desk_id,
            progress.desk_id,
            progress.called_at,
            progress.calls,
            progress.started_at,
            progress.ended_at,
            happened.at,
            happened.verb,
            happened.actor,
            happened.desk_id,
            event_data(happened),
        )
    except asyncpg.UniqueViolationError as error:
        raise _taken(error) from error
    return msgspec.structs.replace(ticket, progress=progress) if row else None


def _taken(error: asyncpg.UniqueViolationError) -> Conflict:
    if error.constraint_name == "ticket_one_per_appointment":
        return Conflict("already_checked_in")
    return Conflict("desk_busy")


def event_data(happened: Event) -> str:
    """The parts of an event that have no column of their own, as JSON."""
    data: dict[str, Any] = {}
    if happened.services is not None:
        data["services"] = happened.services
    if happened.for_desk_id is not None:
        data["for_desk_id"] = happened.for_desk_id
    return msgspec.json.encode(data).decode()
