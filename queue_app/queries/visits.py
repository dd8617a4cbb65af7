"""What was done in visits: of the person at a desk, now and before, and what staff noted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from queue_app.domain.at_desk import VisitNoted
from queue_app.domain.catalogue import Channel
from queue_app.domain.tickets import State
from queue_app.queries.tickets import history
from queue_app.store import db

PAST_SHOWN = 20
"""So many earlier visits are shown, the last ones."""

_NOTES = """
SELECT n.ticket_id, n.seq, n.at, coalesce(s.login, n.actor) AS author, n.text
FROM visit_note n LEFT JOIN staff s ON n.actor = 'staff:' || s.id
WHERE n.branch_id = $1 AND n.ticket_id = ANY($2) ORDER BY n.ticket_id, n.seq
"""


async def notes_of(branch_id: int, ticket_ids: list[int]) -> dict[int, tuple[VisitNoted, ...]]:
    """By ticket, in the order in which they were written."""
    found: dict[int, tuple[VisitNoted, ...]] = {}
    for row in await db.fetch(_NOTES, branch_id, ticket_ids):
        note = VisitNoted(row["seq"], row["at"], row["author"], row["text"])
        found[row["ticket_id"]] = (*found.get(row["ticket_id"], ()), note)
    return found


class VisitStep(Struct, frozen=True):
    """One thing that happened in a visit, by whom and at which desk. `why`: of somebody picked."""

    at: datetime
    verb: str
    clerk: str | None
    desk: str | None
    services: tuple[str, ...] | None = None
    given: tuple[str, ...] | None = None
    outcome: str | None = None
    why: str | None = None


async def steps_of(branch_id: int, ticket_id: int) -> list[VisitStep]:
    """All that happened, also what was taken back, in order."""
    events = await history(branch_id, ticket_id)
    clerks = await _logins({one.actor for one in events})
    desks = await _desks(branch_id)
    return [
        VisitStep(
            one.at,
            one.verb,
            clerks.get(one.actor),
            desks.get(one.desk_id) if one.desk_id else None,
            one.services,
            one.given,
            one.outcome,
            one.why,
        )
        for one in events
    ]


async def _logins(actors: set[str]) -> dict[str, str]:
    rows = await db.fetch(
        "SELECT 'staff:' || id AS actor, login FROM staff WHERE 'staff:' || id = ANY($1)",
        list(actors),
    )
    return {row["actor"]: row["login"] for row in rows}


async def _desks(branch_id: int) -> dict[int, str]:
    rows = await db.fetch("SELECT id, number FROM desk WHERE branch_id = $1", branch_id)
    return {row["id"]: row["number"] for row in rows}


class PastVisit(Struct, frozen=True):
    """An earlier visit, or one to come, booked with the same contact. `state`: of its ticket, None
    where nobody came; `services`: what was given, else what was asked for."""

    branch_id: int
    appointment_id: int
    ticket_id: int | None
    starts_at: datetime
    channel: Channel
    booking: str
    state: State | None
    services: tuple[str, ...]
    outcome: str | None
    notes: tuple[VisitNoted, ...] = ()


_PAST = """
WITH own AS (SELECT phone, lower(email) AS email FROM appointment
    WHERE branch_id = $1 AND id = $2)
SELECT a.branch_id, a.id AS appointment_id, t.id AS ticket_id, lower(a.period) AS starts_at,
    a.channel, a.state AS booking, t.state, t.outcome,
    CASE WHEN cardinality(t.given) > 0 THEN t.given ELSE coalesce(t.services, a.services) END
        AS services
FROM own JOIN appointment a ON (a.phone = own.phone OR lower(a.email) = own.email)
LEFT JOIN LATERAL (SELECT id, state, services, given, outcome FROM ticket
    WHERE ticket.branch_id = a.branch_id AND ticket.appointment_id = a.id
    ORDER BY ticket.id DESC LIMIT 1) t ON true
WHERE (a.branch_id, a.id) <> ($1, $2) AND a.state IN ('booked', 'fulfilled', 'missed')
ORDER BY lower(a.period) DESC LIMIT $3
"""


async def past_of(branch_id: int, appointment_id: int) -> list[PastVisit]:
    """The visits of whoever has this booking, the last first, as far as anybody still knows whose
    they were: retention takes the contact, and with it this."""
    rows = await db.fetch(_PAST, branch_id, appointment_id, PAST_SHOWN)
    return [await _with_notes(row) for row in rows]


async def _with_notes(row: Mapping[str, Any]) -> PastVisit:
    visit = msgspec.convert(dict(row), type=PastVisit)
    if visit.ticket_id is None:
        return visit
    notes = await notes_of(visit.branch_id, [visit.ticket_id])
    return msgspec.structs.replace(visit, notes=notes.get(visit.ticket_id, ()))
