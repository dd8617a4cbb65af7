"""A visit's place in time."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from queue_app.domain.catalogue import Channel, Language
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


def lapsed(appointment: Appointment, now: datetime) -> bool:
    """Whether this is a hold whose time has run out."""
    return (
        appointment.state == "held"
        and appointment.held_until is not None
        and appointment.held_until <= now
    )
