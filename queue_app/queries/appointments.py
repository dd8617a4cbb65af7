"""Appointments as frozen structs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from queue_app import db
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.errors import NotFound
from queue_app.domain.numbering import branch_of_token
from queue_app.domain.tickets import State

AppointmentState = Literal["held", "booked", "cancelled", "expired", "fulfilled", "missed"]


class Appointment(Struct, frozen=True):
    """A visit's place in time. `ends_at` is the end of what is planned for it."""

    branch_id: int
    id: int
    lane_id: int
    token: str
    code: str
    channel: Channel
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState
    held_until: datetime | None
    name: str | None
    phone: str | None
    email: str | None
    language: Language
    ticket_token: str | None = None
    """The link of the ticket that this appointment got at check-in, if any."""
    ticket_state: State | None = None


SELECT = """
SELECT a.*, lower(period) AS starts_at, upper(period) AS ends_at,
    (SELECT token FROM ticket t WHERE t.branch_id = a.branch_id AND t.appointment_id = a.id
     ORDER BY id DESC LIMIT 1) AS ticket_token,
    (SELECT state FROM ticket t WHERE t.branch_id = a.branch_id AND t.appointment_id = a.id
     ORDER BY id DESC LIMIT 1) AS ticket_state
FROM appointment a
"""


def from_row(row: Mapping[str, Any]) -> Appointment:
    return msgspec.convert(dict(row), type=Appointment)


async def by_token(token: str) -> Appointment:
    """The appointment behind a link; NotFound `unknown_link`.

    A hold whose time has run out is still `held` here until it is swept: see `lapsed`.
    """
    row = await db.fetch_row(
        SELECT + "WHERE branch_id = $1 AND token = $2", branch_of_token(token), token
    )
    if row is None:
        raise NotFound("unknown_link")
    return from_row(row)


def lapsed(appointment: Appointment, now: datetime) -> bool:
    """Whether this is a hold whose time has run out."""
    return (
        appointment.state == "held"
        and appointment.held_until is not None
        and appointment.held_until <= now
    )
