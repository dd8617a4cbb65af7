"""Contacts at which nothing arrives: marked until they are corrected, or confirmed anew.

A server refuses an address, a gateway a number, or a mail comes back days later. What was to be
said goes once by the booking's other contact; staff and the resident see that it did not arrive.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from queue_app.domain.appointments import Appointment
from queue_app.domain.messages import Medium, Outgoing
from queue_app.domain.quiet import leaves_at
from queue_app.flow.act import Act, verb
from queue_app.flow.reactions import LATELY
from queue_app.queries import appointments
from queue_app.queries.refused import canonical
from queue_app.store import db

_FAIL = """
UPDATE message SET state = 'failed', error = $2, sent_at = NULL, leased_until = NULL
WHERE identity = $1 AND state IN ('waiting', 'sent')
RETURNING *
"""
_MARK = """
INSERT INTO refused_contact (contact, refused_at, reason)
SELECT $1, $2, $3 WHERE EXISTS (SELECT FROM appointment WHERE phone = $1 OR lower(email) = $1)
ON CONFLICT (contact) DO NOTHING
"""
_UNKNOWN = (
    "NOT EXISTS (SELECT FROM appointment WHERE phone = contact)"
    " AND NOT EXISTS (SELECT FROM appointment WHERE lower(email) = contact)"
)


@verb
async def refuse(
    act: Act,
    identity: str,
    reason: str,
    ways: Collection[Medium] = (),
    of_recipient: bool = True,
) -> bool:
    """This message has not arrived and never will; whether that is news.

    `ways`: those by which messages leave the house; by one of them it goes to the other contact.
    `of_recipient`: nothing will ever arrive there; False: this message alone was refused.
    """
    message = await db.fetch_row(_FAIL, UUID(identity), reason)
    if message is None:
        return False
    if not of_recipient:
        return True
    await db.fetch(_MARK, canonical(message["recipient"]), act.now, reason)
    if message["appointment_id"] is None:
        return True
    booking = await appointments.by_id(message["branch_id"], message["appointment_id"])
    if booking:
        act.touch(booking.branch_id)
        _tell_otherwise(act, booking, message, ways)
    return True


def _tell_otherwise(
    act: Act, booking: Appointment, message: Mapping[str, Any], ways: Collection[Medium]
) -> None:
    """By the other contact, where that says anything new: once, as it is the same event."""
    other = _other_way(booking, message)
    if other is None or other[0] not in ways or booking.ends_at + LATELY < act.now:
        return
    medium, recipient = other
    quiet = act.directory.quiet
    act.tell(
        Outgoing(
            branch_id=booking.branch_id,
            event=message["event"],
            kind=message["kind"],
            channel=medium,
            recipient=recipient,
            language=message["language"],
            due_at=leaves_at(message["kind"], medium, act.now, quiet, booking.starts_at),
            appointment_id=booking.id,
        )
    )


def _other_way(booking: Appointment, message: Mapping[str, Any]) -> tuple[Medium, str] | None:
    """None where it went to a contact that the booking has no more: the new one was told."""
    recipient = canonical(message["recipient"])
    if message["channel"] == "mail" and canonical(booking.email or "") == recipient:
        return ("sms", booking.phone) if booking.phone else None
    if message["channel"] == "sms" and booking.phone == recipient:
        return ("mail", booking.email) if booking.email else None
    return None


async def trust(*contacts: str | None) -> None:
    """They were entered, or proven, just now: what is to be said is tried there again."""
    known = [canonical(one) for one in contacts if one]
    await db.fetch("DELETE FROM refused_contact WHERE contact = ANY($1)", known)


async def drop_unknown() -> int:
    """Those that no booking names any more."""
    rows = await db.fetch(f"DELETE FROM refused_contact WHERE {_UNKNOWN} RETURNING refused_at")
    return len(rows)


async def drop_of(*contacts: str | None) -> None:
    """Of these, those that no booking names any more."""
    known = [canonical(one) for one in contacts if one]
    await db.fetch(
        f"DELETE FROM refused_contact WHERE contact = ANY($1) AND {_UNKNOWN}",
        known,
    )
