"""Contacts at which nothing arrives, as far as bookings name them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec import Struct

from queue_app.domain.appointments import Appointment
from queue_app.store import db


class Refusal(Struct, frozen=True):
    """Since when nothing arrives at a contact, and what whoever refused it said."""

    refused_at: datetime
    reason: str


class Refusals(Struct, frozen=True):
    """Of the two contacts of a booking, those at which nothing arrives."""

    email: Refusal | None = None
    phone: Refusal | None = None

    def __bool__(self) -> bool:
        return bool(self.email or self.phone)


def canonical(contact: str) -> str:
    """As contacts are compared: an e-mail in whatever case is the same."""
    return contact.lower()


async def among(contacts: Collection[str | None]) -> Mapping[str, Refusal]:
    """Of these contacts, those at which nothing arrives, in their canonical form."""
    wanted = [canonical(one) for one in contacts if one]
    if not wanted:
        return {}
    rows = await db.fetch("SELECT * FROM refused_contact WHERE contact = ANY($1)", wanted)
    return {row["contact"]: Refusal(row["refused_at"], row["reason"]) for row in rows}


async def of_bookings(bookings: Collection[Appointment]) -> Mapping[tuple[int, int], Refusals]:
    """By branch and id, of those bookings of which a contact is refused."""
    known = await among([one for each in bookings for one in (each.email, each.phone)])
    found = {(one.branch_id, one.id): _of(one.email, one.phone, known) for one in bookings}
    return {key: refusals for key, refusals in found.items() if refusals}


async def of(email: str | None, phone: str | None) -> Refusals:
    return _of(email, phone, await among([email, phone]))


def _of(email: str | None, phone: str | None, known: Mapping[str, Refusal]) -> Refusals:
    return Refusals(
        known.get(canonical(email)) if email else None, known.get(phone) if phone else None
    )
