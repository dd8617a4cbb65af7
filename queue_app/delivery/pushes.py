"""What a push says: number and desk, or when. It is read on a locked screen, by whoever is near."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from queue_app.delivery.adapter import Letter, Needless, PushPart
from queue_app.domain.directory import Directory
from queue_app.domain.messages import Message
from queue_app.domain.pushes import URGENCY, WORTH
from queue_app.domain.tickets import Ticket
from queue_app.flow import pushing
from queue_app.queries import appointments, tickets
from queue_app.texts.speaker import speaker_of
from queue_app.texts.words import words

TOPIC_CHARACTERS = 32
"""More, RFC 8030 does not take."""


class _Said(NamedTuple):
    """`tag`: of the same, the phone shows the newest alone."""

    title: str
    body: str
    url: str
    tag: str


async def push_of(directory: Directory, message: Message, now: datetime) -> Letter:
    """As the visit stands now. Needless where it is told too late, or where nothing is to be told
    any more: nobody goes to a desk for a call that is over."""
    number = int(message.recipient.removeprefix("browser "))
    to = await pushing.subscription(message.branch_id, number)
    if to is None:
        raise Needless("this browser is to be told no more")
    left = WORTH[message.kind] - (now - message.created_at)
    if left <= timedelta():
        raise Needless("it comes too late")
    said = await _said(directory, message, now)
    return Letter(
        identity=message.identity,
        outbox=message.outbox,
        channel="push",
        recipient=message.recipient,
        language=message.language,
        subject=said.title,
        text=msgspec.json.encode(said._asdict()).decode(),
        created_at=message.created_at,
        push=PushPart(
            branch_id=message.branch_id,
            subscription_id=number,
            to=to,
            ttl_seconds=int(left.total_seconds()),
            urgency=URGENCY[message.kind],
            topic=_topic(said.url),
        ),
    )


def _topic(link: str) -> str:
    """Of a visit, without telling the push service which."""
    digest = hashlib.sha256(link.encode()).digest()
    return urlsafe_b64encode(digest).decode()[:TOPIC_CHARACTERS]


async def _said(directory: Directory, message: Message, now: datetime) -> _Said:
    if message.kind == "reminder":
        return await _reminder(directory, message, now)
    assert message.ticket_id is not None
    ticket = await tickets.by_id([message.branch_id], message.ticket_id)
    spoken = words(message.language)
    if message.kind == "call":
        if ticket.progress.state != "called":
            raise Needless("the call is over")
        desk = await tickets.desk_number(ticket)
        title = spoken.gettext("Ticket %(number)s: go to desk %(desk)s") % {
            "number": ticket.number,
            "desk": desk,
        }
        again = ticket.progress.calls > 1
        body = (
            spoken.gettext("You are called again.") if again else spoken.gettext("It is your turn.")
        )
        return _told(ticket, title, body)
    if ticket.progress.state != "waiting":
        raise Needless("they wait no more")
    title = spoken.gettext("Ticket %(number)s: you are next") % {"number": ticket.number}
    return _told(ticket, title, spoken.gettext("Stay close to the hall."))


def _told(ticket: Ticket, title: str, body: str) -> _Said:
    return _Said(title, body, f"/t/{ticket.token}", f"ticket {ticket.number}")


async def _reminder(directory: Directory, message: Message, now: datetime) -> _Said:
    assert message.appointment_id is not None
    booking = await appointments.by_id(message.branch_id, message.appointment_id)
    if booking is None or booking.state != "booked" or booking.starts_at <= now:
        raise Needless("nothing of it is to come")
    spoken = words(message.language)
    when = speaker_of(directory.centre).formats(message.language).when(booking.starts_at)
    if booking.channel == "phone":
        title = spoken.gettext("We will call you: %(when)s") % {"when": when}
        body = spoken.gettext("Keep your phone near. There is no need to come.")
    else:
        title = spoken.gettext("Your booking: %(when)s") % {"when": when}
        body = directory.branch_of(booking.branch_id).title[message.language]
    return _Said(title, body, f"/visit/{booking.token}", "booking")
