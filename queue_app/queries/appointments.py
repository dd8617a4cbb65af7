"""Appointments as frozen structs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from queue_app.domain.appointments import Appointment, AppointmentEvent, Ending, ending
from queue_app.domain.errors import NotFound
from queue_app.domain.numbering import branch_of_token
from queue_app.domain.tickets import CLOCKS_APART
from queue_app.store import db

SELECT = """
SELECT a.*, lower(period) AS starts_at, upper(period) AS ends_at, given.*
FROM appointment a LEFT JOIN LATERAL (
    SELECT token AS ticket_token, state AS ticket_state, started_at AS ticket_started_at,
        ended_at AS ticket_ended_at, expected_at AS ticket_expected_at
    FROM ticket t
    WHERE t.branch_id = a.branch_id AND t.appointment_id = a.id ORDER BY t.id DESC LIMIT 1
) given ON true
"""
LAPSED = (
    f"(held_until <= {{now}} OR changed_at > {{now}} + {CLOCKS_APART.seconds} * interval '1 s')"
)
"""SQL of `domain.appointments.lapsed`, of what is held."""
LOCKED = " FOR NO KEY UPDATE OF a"
"""Beside `SELECT`. Not against the references of events and tickets."""


def from_row(row: Mapping[str, Any]) -> Appointment:
    return msgspec.convert(dict(row), type=Appointment)


async def by_token(token: str, lock: bool = False) -> Appointment:
    """The appointment behind a link; NotFound `unknown_link`.

    A hold whose time has run out is still `held` here until it is swept: see `lapsed`.
    With `lock`, what happens to it happens one after the other; what is known of its ticket may
    then be of before the lock, `checked_in_at` is not.
    """
    row = await db.fetch_row(
        SELECT + "WHERE branch_id = $1 AND token = $2" + (LOCKED if lock else ""),
        branch_of_token(token),
        token,
    )
    if row is None:
        raise NotFound("unknown_link")
    return from_row(row)


async def by_id(branch_id: int, appointment_id: int) -> Appointment | None:
    row = await db.fetch_row(SELECT + "WHERE branch_id = $1 AND id = $2", branch_id, appointment_id)
    return from_row(row) if row else None


async def booked_with(branch_id: int, code: str) -> Appointment | None:
    """The booking of that code in this branch, locked."""
    row = await db.fetch_row(
        SELECT + "WHERE branch_id = $1 AND code = $2 AND state = 'booked'" + LOCKED,
        branch_id,
        code,
    )
    return from_row(row) if row else None


async def to_come_with(phone: str | None, email: str | None, now: datetime) -> list[Appointment]:
    """The bookings with this phone or e-mail, in whatever case, that are not over; as they come."""
    rows = await db.fetch(
        SELECT + "WHERE (phone = $1 OR lower(email) = lower($2)) AND state = 'booked'"
        " AND upper(period) > $3 ORDER BY lower(period), id",
        phone,
        email,
        now,
    )
    return [from_row(row) for row in rows]


async def branches_of(phone: str | None, email: str | None) -> list[int]:
    """Those in which this phone or e-mail has ever booked, as far as that is still known."""
    rows = await db.fetch(
        "SELECT DISTINCT branch_id FROM appointment WHERE phone = $1 OR lower(email) = lower($2)"
        " ORDER BY branch_id",
        phone,
        email,
    )
    return [row["branch_id"] for row in rows]


async def all_with(
    branch_id: int, phone: str | None, email: str | None, lock: bool = True
) -> list[Appointment]:
    """The branch's bookings with this phone or e-mail in whatever state, locked in their order."""
    rows = await db.fetch(
        SELECT
        + "WHERE branch_id = $1 AND (phone = $2 OR lower(email) = lower($3)) ORDER BY id"
        + (LOCKED if lock else ""),
        branch_id,
        phone,
        email,
    )
    return [from_row(row) for row in rows]


async def booked_elsewhere(branch_ids: list[int], code: str) -> Appointment | None:
    """The next booking of that code in any of these branches; a visit before a call."""
    row = await db.fetch_row(
        SELECT + "WHERE branch_id = ANY($1) AND code = $2 AND state = 'booked'"
        " ORDER BY channel = 'visit' DESC, lower(period) LIMIT 1",
        branch_ids,
        code,
    )
    return from_row(row) if row else None


async def lapsed_holds(branch_id: int, now: datetime) -> list[Appointment]:
    """The branch's holds whose time has run out, locked in the order of their ids."""
    rows = await db.fetch(
        SELECT
        + f"WHERE branch_id = $1 AND state = 'held' AND {LAPSED.format(now='$2')} ORDER BY id"
        + LOCKED,
        branch_id,
        now,
    )
    return [from_row(row) for row in rows]


async def to_come(now: datetime) -> list[Appointment]:
    """Whatever occupies a lane and is not over, in every branch."""
    rows = await db.fetch(
        SELECT + "WHERE state IN ('held', 'booked') AND upper(period) > $1"
        " AND branch_id IN (SELECT id FROM branch)",
        now,
    )
    return [from_row(row) for row in rows]


async def locked(keys: list[tuple[int, int]]) -> list[Appointment]:
    """Those of these branches and ids, locked in the order of both."""
    rows = await db.fetch(
        SELECT + "JOIN unnest($1::integer[], $2::bigint[]) AS wanted (branch, number)"
        " ON a.branch_id = branch AND a.id = number ORDER BY a.branch_id, a.id" + LOCKED,
        [branch_id for branch_id, _ in keys],
        [number for _, number in keys],
    )
    return [from_row(row) for row in rows]


async def branches_with_lapsed_holds(now: datetime) -> list[int]:
    rows = await db.fetch(
        "SELECT DISTINCT branch_id FROM appointment"
        f" WHERE state = 'held' AND {LAPSED.format(now='$1')} ORDER BY branch_id",
        now,
    )
    return [row["branch_id"] for row in rows]


async def calls_due(branch_ids: list[int], now: datetime, soon: datetime) -> list[Appointment]:
    """Booked phone calls that begin until `soon`, are not over, and have no ticket."""
    rows = await db.fetch(
        SELECT + "WHERE state = 'booked' AND channel = 'phone'"
        " AND branch_id = ANY($1) AND lower(period) <= $2 AND upper(period) > $3"
        " AND checked_in_at IS NULL ORDER BY lower(period)",
        branch_ids,
        soon,
        now,
    )
    return [from_row(row) for row in rows]


async def beside(call: Appointment, now: datetime) -> list[Appointment]:
    """The other bookings with the phone of this call, calls or visits, that are not over: their
    time is not, or their ticket is not."""
    rows = await db.fetch(
        SELECT + "WHERE phone = $1 AND (branch_id, id) <> ($2, $3) AND state = 'booked'"
        " AND (ticket_state IS NULL AND upper(period) > $4"
        " OR ticket_state IN ('waiting', 'called', 'serving', 'parked'))",
        call.phone,
        call.branch_id,
        call.id,
        now,
    )
    return [from_row(row) for row in rows]


async def branches_with_past_bookings(until: Mapping[int, datetime]) -> list[int]:
    """Those with a booking whose time was over by the branch's moment."""
    rows = await db.fetch(
        "SELECT DISTINCT branch_id FROM appointment"
        " JOIN unnest($1::int[], $2::timestamptz[]) AS past (branch_id, at) USING (branch_id)"
        " WHERE state = 'booked' AND lower(period) < at AND upper(period) <= at"
        " ORDER BY branch_id",
        list(until),
        list(until.values()),
    )
    return [row["branch_id"] for row in rows]


async def past_bookings(branch_id: int, until: datetime, most: int) -> list[Appointment]:
    """Bookings whose time was over by then, the oldest of them, locked."""
    rows = await db.fetch(
        SELECT
        + "WHERE branch_id = $1 AND state = 'booked' AND lower(period) < $2"
        + " AND upper(period) <= $2"
        + " ORDER BY id LIMIT $3"
        + LOCKED,
        branch_id,
        until,
        most,
    )
    return [from_row(row) for row in rows]


async def lane_is_busy(
    branch_id: int, lane_id: int, starts_at: datetime, ends_at: datetime
) -> bool:
    """Whether something is held or booked in any part of that stretch of the lane."""
    busy = await db.fetch_value(
        "SELECT true FROM appointment WHERE branch_id = $1 AND lane_id = $2"
        " AND state IN ('held', 'booked') AND period && tstzrange($3, $4) LIMIT 1",
        branch_id,
        lane_id,
        starts_at,
        ends_at,
    )
    return busy is not None


async def history(branch_id: int, appointment_id: int) -> list[AppointmentEvent]:
    """The appointment's events in order."""
    rows = await db.fetch(
        "SELECT seq, at, verb, actor, data FROM appointment_event"
        " WHERE branch_id = $1 AND appointment_id = $2 ORDER BY seq",
        branch_id,
        appointment_id,
    )
    return [event_from_row(row) for row in rows]


async def ending_of(appointment: Appointment, now: datetime) -> Ending | None:
    """Who ended a cancelled or expired one, and when; None of any other."""
    if appointment.state not in ("cancelled", "expired"):
        return None
    return ending(await history(appointment.branch_id, appointment.id), now)


async def extensions(held: Appointment) -> int:
    """How often this hold was extended."""
    events = await history(held.branch_id, held.id)
    return sum(one.verb == "extend" for one in events)


async def changes(appointment: Appointment) -> int:
    """How often it had been moved, changed or cancelled when it stood as it is given here."""
    count: int = await db.fetch_value(
        "SELECT count(*) FROM appointment_event WHERE branch_id = $1 AND appointment_id = $2"
        " AND seq <= $3 AND verb IN ('move', 'change', 'cancel')",
        appointment.branch_id,
        appointment.id,
        appointment.revision,
    )
    return count


async def timed_at(appointment: Appointment) -> datetime:
    """When it got its time; a silent move from lane to lane gave it none."""
    found: datetime | None = await db.fetch_value(
        "SELECT max(at) FROM appointment_event WHERE branch_id = $1 AND appointment_id = $2"
        " AND (verb = 'confirm' OR verb = 'move' AND data->>'why' IS NULL"
        " OR verb = 'change' AND data ? 'starts_at')",
        appointment.branch_id,
        appointment.id,
    )
    return found or appointment.changed_at


def event_from_row(row: Mapping[str, Any]) -> AppointmentEvent:
    return msgspec.convert(
        dict(row) | msgspec.json.decode(row["data"]), type=AppointmentEvent, strict=False
    )
