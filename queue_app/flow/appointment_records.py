"""How a change of an appointment is written: its event and its row in one statement."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from queue_app.domain.appointments import Appointment, AppointmentEvent, AppointmentVerb
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.errors import Conflict
from queue_app.flow.records import data_of
from queue_app.queries import appointments
from queue_app.store import db


class Slot(Struct, frozen=True):
    """What makes an appointment: a stretch of a lane, and the ways to it."""

    branch_id: int
    lane_id: int
    token: str
    code: str
    channel: Channel
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    held_until: datetime
    language: Language
    wish_id: int | None = None


def next_appointment_event(
    appointment: Appointment, verb: AppointmentVerb, actor: str, now: datetime, **facts: Any
) -> AppointmentEvent:
    """The appointment's next event; never before the last one, whatever the clocks."""
    return AppointmentEvent(
        seq=appointment.revision + 1,
        at=max(now, appointment.changed_at),
        verb=verb,
        actor=actor,
        **facts,
    )


_HOLD = """
WITH held AS (
    INSERT INTO appointment (branch_id, lane_id, token, code, channel, services, period, state,
        held_until, language, created_at, changed_at, revision, wish_id)
    VALUES ($1, $2, $3, $4, $5, $6, tstzrange($7, $8), 'held', $9, $10, $11, $11, 1, $14)
    ON CONFLICT DO NOTHING
    RETURNING *
), happened AS (
    INSERT INTO appointment_event (branch_id, appointment_id, seq, at, verb, actor, data)
    SELECT branch_id, id, 1, created_at, 'hold', $12, $13::jsonb FROM held
)
SELECT *, lower(period) AS starts_at, upper(period) AS ends_at FROM held
"""
_APPOINTMENT_FACTS = (
    "lane_id", "starts_at", "ends_at", "held_until", "language", "services", "why",
)  # fmt: skip


async def insert_appointment(
    slot: Slot, actor: str, now: datetime
) -> tuple[Appointment, AppointmentEvent] | None:
    """None where the lane or the code is taken, or where the wish has an offer: the constraints
    have the last word."""
    first = AppointmentEvent(
        seq=1,
        at=now,
        verb="hold",
        actor=actor,
        lane_id=slot.lane_id,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        held_until=slot.held_until,
        language=slot.language,
        services=slot.services,
    )
    row = await db.fetch_row(
        _HOLD,
        slot.branch_id,
        slot.lane_id,
        slot.token,
        slot.code,
        slot.channel,
        list(slot.services),
        slot.starts_at,
        slot.ends_at,
        slot.held_until,
        slot.language,
        now,
        actor,
        data_of(first, _APPOINTMENT_FACTS),
        slot.wish_id,
    )
    return (appointments.from_row(row), first) if row else None


_CHANGE_APPOINTMENT = """
WITH changed AS (
    UPDATE appointment SET revision = $4, state = $5, lane_id = $6, period = tstzrange($7, $8),
        held_until = $9, language = $10, checked_in_at = $11, changed_at = $12,
        name = $13, phone = $14, email = $15, services = $20
    WHERE branch_id = $1 AND id = $2 AND revision = $3
    RETURNING branch_id, id, revision
), settled AS (
    UPDATE unsettled SET settled_at = greatest($12, since), how = $19 FROM changed
    WHERE $19::text IS NOT NULL AND unsettled.branch_id = $1 AND appointment_id = changed.id
        AND settled_at IS NULL
)
INSERT INTO appointment_event (branch_id, appointment_id, seq, at, verb, actor, data)
SELECT branch_id, id, revision, $12, $16, $17, $18::jsonb FROM changed
RETURNING seq
"""


async def write_appointment(changed: Appointment, happened: AppointmentEvent) -> None:
    """Conflict `appointment_changed` where the revision is another by now.

    ExclusionViolationError where the lane is taken.
    """
    row = await db.fetch_row(
        _CHANGE_APPOINTMENT,
        changed.branch_id,
        changed.id,
        changed.revision - 1,
        changed.revision,
        changed.state,
        changed.lane_id,
        changed.starts_at,
        changed.ends_at,
        changed.held_until,
        changed.language,
        changed.checked_in_at,
        changed.changed_at,
        changed.name,
        changed.phone,
        changed.email,
        happened.verb,
        happened.actor,
        data_of(happened, _APPOINTMENT_FACTS),
        happened.settles,
        list(changed.services),
    )
    if row is None:
        raise Conflict("appointment_changed", appointment=changed.id)


async def insert_unsettled(appointment: Appointment, why: str) -> None:
    """As of the event that was just recorded."""
    await db.fetch(
        "INSERT INTO unsettled (branch_id, appointment_id, since, why) VALUES ($1, $2, $3, $4)",
        appointment.branch_id,
        appointment.id,
        appointment.changed_at,
        why,
    )
