"""What is known of a person: their bookings, what happened to each, and what was sent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from queue_app.domain.appointments import Appointment
from queue_app.domain.contacts import hidden_contact
from queue_app.domain.directory import Directory
from queue_app.domain.mails import hidden_mail
from queue_app.domain.phones import hidden_phone
from queue_app.queries import appointments, refused, wishes
from queue_app.store import db


class KnownEvent(Struct, frozen=True):
    """Something that happened to a booking, and which kind of actor did it."""

    at: datetime
    verb: str
    by: str


class KnownMessage(Struct, frozen=True):
    """Something that was sent, or waits to be."""

    kind: str
    channel: str
    recipient: str
    state: str
    created_at: datetime
    sent_at: datetime | None


class KnownBooking(Struct, frozen=True):
    """All that is known of one booking. After `kept_until` nobody's name or contact is in it.

    `email_refused_at`, `phone_refused_at`: since when our messages do not arrive there.
    """

    code: str
    state: str
    branch: str
    channel: str
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    language: str
    name: str | None
    phone: str | None
    email: str | None
    reminders: bool
    """Whether they are reminded, or wish not to be."""
    kept_until: datetime
    events: tuple[KnownEvent, ...]
    messages: tuple[KnownMessage, ...]
    email_refused_at: datetime | None = None
    phone_refused_at: datetime | None = None

    def hidden(self) -> "KnownBooking":
        """The same with its contacts in part, for whoever holds no more than its link."""
        return msgspec.structs.replace(
            self,
            phone=hidden_phone(self.phone) if self.phone else None,
            email=hidden_mail(self.email) if self.email else None,
            messages=tuple(
                one
                if one.channel == "push"
                else msgspec.structs.replace(one, recipient=hidden_contact(one.recipient))
                for one in self.messages
            ),
        )


async def of_booking(directory: Directory, one: Appointment) -> KnownBooking:
    events = await appointments.history(one.branch_id, one.id)
    refusals = await refused.of(one.email, one.phone)
    return KnownBooking(
        code=one.code,
        state=one.state,
        branch=directory.branch_of(one.branch_id).slug,
        channel=one.channel,
        services=one.services,
        starts_at=directory.local(one.starts_at),
        ends_at=directory.local(one.ends_at),
        language=one.language,
        name=one.name,
        phone=one.phone,
        email=one.email,
        reminders=await wishes.wants_reminders(one.email or one.phone),
        kept_until=kept_until(directory, one),
        events=tuple(
            KnownEvent(directory.local(event.at), event.verb, event.actor.partition(":")[0])
            for event in events
        ),
        messages=tuple(await _messages(directory, one)),
        email_refused_at=_local(directory, refusals.email),
        phone_refused_at=_local(directory, refusals.phone),
    )


def _local(directory: Directory, refusal: refused.Refusal | None) -> datetime | None:
    return directory.local(refusal.refused_at) if refusal else None


async def of_contact(
    directory: Directory, phone: str | None, email: str | None
) -> list[KnownBooking]:
    """Whatever was ever booked with this phone or e-mail and is not forgotten yet."""
    return [
        await of_booking(directory, one)
        for branch_id in await appointments.branches_of(phone, email)
        for one in await appointments.all_with(branch_id, phone, email, lock=False)
    ]


def kept_until(directory: Directory, one: Appointment) -> datetime:
    """When name, contact and messages are deleted by themselves, as retention has it."""
    over = one.changed_at if one.state in ("cancelled", "expired") else one.ends_at
    return directory.local(over + timedelta(days=directory.rules.retention_days))


async def _messages(directory: Directory, one: Appointment) -> Iterable[KnownMessage]:
    rows = await db.fetch(
        "SELECT kind, channel, recipient, state, created_at, sent_at FROM message"
        " WHERE branch_id = $1 AND appointment_id = $2 ORDER BY id",
        one.branch_id,
        one.id,
    )
    return [
        KnownMessage(
            **dict(row)
            | {
                "created_at": directory.local(row["created_at"]),
                "sent_at": directory.local(row["sent_at"]) if row["sent_at"] else None,
            }
        )
        for row in rows
    ]
