"""Bookings that changed plans left without a place, until each is settled."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from queue_app.domain.appointments import Appointment
from queue_app.domain.plans import Why
from queue_app.queries import appointments
from queue_app.store import db


class Unsettled(Struct, frozen=True):
    """A booking that waits to be settled: since when, and why it does not fit."""

    since: datetime
    why: Why
    appointment: Appointment


_OPEN = f"""
SELECT booked.*, u.since, u.why
FROM unsettled u JOIN ({appointments.SELECT}) booked
    ON booked.branch_id = u.branch_id AND booked.id = u.appointment_id
WHERE u.settled_at IS NULL
"""


async def still_open(branch_ids: list[int] | None = None) -> list[Unsettled]:
    """Those of these branches, or of all, the next to come first."""
    rows = await db.fetch(
        _OPEN + " AND ($1::integer[] IS NULL OR u.branch_id = ANY($1))"
        " ORDER BY booked.starts_at, booked.branch_id, booked.id",
        branch_ids,
    )
    return [_from_row(row) for row in rows]


def _from_row(row: Mapping[str, Any]) -> Unsettled:
    return Unsettled(row["since"], row["why"], appointments.from_row(row))


async def known() -> set[tuple[int, int]]:
    """By branch and id, the bookings that wait to be settled, and those that staff have settled as
    they stand."""
    rows = await db.fetch(
        "SELECT u.branch_id, a.id FROM unsettled u JOIN appointment a"
        " ON a.branch_id = u.branch_id AND a.id = u.appointment_id"
        " WHERE u.settled_at IS NULL OR (u.how = 'staff' AND NOT EXISTS ("
        "SELECT FROM appointment_event e WHERE e.branch_id = a.branch_id"
        " AND e.appointment_id = a.id AND e.verb IN ('move', 'change') AND e.at > u.settled_at))"
    )
    return {(row["branch_id"], row["id"]) for row in rows}


async def reason(branch_id: int, appointment_id: int) -> Why | None:
    """Why that booking waits to be settled; None: it does not."""
    why: Why | None = await db.fetch_value(
        "SELECT why FROM unsettled"
        " WHERE branch_id = $1 AND appointment_id = $2 AND settled_at IS NULL",
        branch_id,
        appointment_id,
    )
    return why


async def count(branch_ids: list[int]) -> int:
    number: int = await db.fetch_value(
        "SELECT count(*) FROM unsettled WHERE branch_id = ANY($1) AND settled_at IS NULL",
        branch_ids,
    )
    return number
