"""What is known of a person: their bookings, what happened to each, and what was sent."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from queue_app.domain.appointments import Appointment
from queue_app.domain.centre import WEEKDAYS
from queue_app.domain.contacts import hidden_contact
from queue_app.domain.directory import Directory
from queue_app.domain.mails import hidden_mail
from queue_app.domain.phones import hidden_phone
from queue_app.domain.wish import Wish
from queue_app.queries import appointments, refused, waiting_list, wishes
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
    notes: tuple[str, ...] = ()
    """What staff wrote of the visit."""
    email_refused_at: datetime | None = None
    phone_refused_at: datetime | None = None

    def hidden(self) -> "KnownBooking":
        """The same with its contacts in part and without notes, for whoever holds no more than its
        link."""
        return msgspec.structs.replace(_hidden(self), notes=())


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
        notes=tuple(await _notes(one)),
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


class KnownWish(Struct, frozen=True):
    """All that is known of a place on the waiting list. `kept_until`: None while it is open."""

    state: str
    services: tuple[str, ...]
    channel: str
    branches: tuple[str, ...]
    first_day: date
    last_day: date
    weekdays: tuple[str, ...]
    from_hour: int
    until_hour: int
    language: str
    name: str | None
    phone: str | None
    email: str | None
    made_at: datetime
    kept_until: datetime | None
    messages: tuple[KnownMessage, ...]

    def hidden(self) -> "KnownWish":
        """The same with its contacts in part, for whoever holds no more than its link."""
        return _hidden(self)


async def of_wish(directory: Directory, wish: Wish) -> KnownWish:
    wanted = wish.wanted
    over = wish.changed_at + timedelta(days=directory.rules.retention_days)
    return KnownWish(
        state=wish.state,
        services=wanted.services,
        channel=wanted.channel,
        branches=tuple(directory.branch_of(one).slug for one in wanted.branches),
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        weekdays=tuple(WEEKDAYS[one] for one in wanted.weekdays),
        from_hour=wanted.from_hour,
        until_hour=wanted.until_hour,
        language=wish.language,
        name=wish.name,
        phone=wish.phone,
        email=wish.email,
        made_at=directory.local(wish.made_at),
        kept_until=None if wish.state == "open" else directory.local(over),
        messages=tuple(_as_known(directory, await waiting_list.messages(wish))),
    )


async def wishes_of(directory: Directory, phone: str | None, email: str | None) -> list[KnownWish]:
    """Whatever this phone or e-mail ever waited for and is not forgotten yet."""
    found = await waiting_list.with_contact(phone, email, only_open=False)
    return [await of_wish(directory, one) for one in found]


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
    return _as_known(directory, rows)


async def _notes(one: Appointment) -> list[str]:
    rows = await db.fetch(
        "SELECT n.text FROM visit_note n JOIN ticket t"
        " ON t.branch_id = n.branch_id AND t.id = n.ticket_id"
        " WHERE t.branch_id = $1 AND t.appointment_id = $2 ORDER BY n.ticket_id, n.seq",
        one.branch_id,
        one.id,
    )
    return [row["text"] for row in rows]


def _as_known(directory: Directory, rows: Iterable[Mapping[str, Any]]) -> list[KnownMessage]:
    return [
        KnownMessage(
            kind=row["kind"],
            channel=row["channel"],
            recipient=row["recipient"],
            state=row["state"],
            created_at=directory.local(row["created_at"]),
            sent_at=directory.local(row["sent_at"]) if row["sent_at"] else None,
        )
        for row in rows
    ]


Known = TypeVar("Known", KnownBooking, KnownWish)


def _hidden(one: Known) -> Known:
    return msgspec.structs.replace(
        one,
        phone=hidden_phone(one.phone) if one.phone else None,
        email=hidden_mail(one.email) if one.email else None,
        messages=tuple(
            each
            if each.channel == "push"
            else msgspec.structs.replace(each, recipient=hidden_contact(each.recipient))
            for each in one.messages
        ),
    )
