"""What follows from which event: one table; no verb mentions it, and nothing hides elsewhere.

A new message is one row here and its text in `delivery/letters.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from queue_app.domain.appointments import Appointment, AppointmentEvent
from queue_app.domain.messages import Medium, MessageKind, Outgoing
from queue_app.domain.quiet import Quiet, leaves_at
from queue_app.domain.tickets import Event, Ticket

Thing = Ticket | Appointment
AnyEvent = Event | AppointmentEvent


class Happened(Struct, frozen=True):
    """An event, and the ticket or the appointment as it stands after it."""

    thing: Thing
    event: AnyEvent

    @property
    def subject(self) -> str:
        return "ticket" if isinstance(self.thing, Ticket) else "appointment"

    @property
    def is_silent(self) -> bool:
        """Whether only the lane is another, of which nobody knows, or only the name, which whoever
        corrected it has just read."""
        event = self.event
        return (
            isinstance(event, AppointmentEvent)
            and event.verb in ("move", "correct")
            and bool(event.why)
        )


class Reaction(Struct, frozen=True):
    """A message, and how and where whom it is for can be reached."""

    kind: MessageKind
    to: Callable[[Happened], Iterable[tuple[Medium, str]]]


def resident(one: Happened) -> Iterator[tuple[Medium, str]]:
    """Whoever booked."""
    if isinstance(one.thing, Appointment):
        yield from contacts(one.thing)


def contacts(booking: Appointment) -> Iterator[tuple[Medium, str]]:
    """By mail where there is an address, else by SMS. Nobody for a mere hold."""
    if booking.email:
        yield "mail", booking.email
    elif booking.phone:
        yield "sms", booking.phone


def of_a_move(one: Happened) -> Iterator[tuple[Medium, str]]:
    """Whoever booked, where other services came with another time."""
    if isinstance(one.event, AppointmentEvent) and one.event.starts_at:
        yield from resident(one)


def of_a_change(one: Happened) -> Iterator[tuple[Medium, str]]:
    """Whoever booked, where other services kept their time."""
    if isinstance(one.event, AppointmentEvent) and not one.event.starts_at:
        yield from resident(one)


LATELY = timedelta(days=2)
"""Where the server was away for longer, nobody is told any more of a visit that they missed."""


def lately_missed(one: Happened) -> Iterator[tuple[Medium, str]]:
    """Whoever booked, while the visit is fresh."""
    thing = one.thing
    if isinstance(thing, Appointment) and thing.changed_at - thing.ends_at <= LATELY:
        yield from resident(one)


def browsers(one: Happened) -> Iterator[tuple[Medium, str]]:
    """Whichever are to be told of this visit; by a phone call nobody is called to a desk."""
    if isinstance(one.thing, Ticket) and one.thing.channel == "visit":
        yield "push", ""


def printer(one: Happened) -> Iterator[tuple[Medium, str]]:
    """The printer of the kiosk at which somebody stands, if it has one; the outbox knows which."""
    if isinstance(one.thing, Ticket) and one.thing.channel == "visit":
        yield "print", one.event.actor


REACTIONS: Mapping[tuple[str, str], tuple[Reaction, ...]] = {
    ("appointment", "confirm"): (Reaction("booked", resident),),
    ("appointment", "correct"): (Reaction("booked", resident),),
    ("appointment", "move"): (Reaction("moved", resident),),
    ("appointment", "change"): (Reaction("moved", of_a_move), Reaction("booked", of_a_change)),
    ("appointment", "cancel"): (Reaction("cancelled", resident),),
    ("appointment", "miss"): (Reaction("missed", lately_missed),),
    ("appointment", "unsettle"): (Reaction("plans", resident),),
    ("appointment", "restore"): (Reaction("booked", resident),),
    ("ticket", "issue"): (Reaction("ticket", printer),),
    ("ticket", "call"): (Reaction("call", browsers),),
    ("ticket", "recall"): (Reaction("call", browsers),),
}


def only_on_paper(subject: str, verb: str) -> bool:
    """Whether of such an event nobody hears but a printer."""
    return all(one.to is printer for one in REACTIONS.get((subject, verb), ()))


def messages(happened: Iterable[Happened], now: datetime, quiet: Quiet | None) -> list[Outgoing]:
    """The messages that these events call for; at most one for an event, a way and a recipient.
    `quiet`: when nobody is to be woken, None while no centre says so."""
    return [
        _message(one, reaction.kind, medium, recipient, now, quiet)
        for one in happened
        if not one.is_silent
        for reaction in REACTIONS.get((one.subject, one.event.verb), ())
        for medium, recipient in reaction.to(one)
    ]


def _message(
    one: Happened,
    kind: MessageKind,
    medium: Medium,
    recipient: str,
    now: datetime,
    quiet: Quiet | None,
) -> Outgoing:
    thing = one.thing
    begins_at = thing.starts_at if isinstance(thing, Appointment) else None
    return Outgoing(
        branch_id=thing.branch_id,
        event=f"{one.subject} {thing.id} {one.event.seq}",
        kind=kind,
        channel=medium,
        recipient=recipient,
        language=thing.language,
        due_at=leaves_at(kind, medium, now, quiet, begins_at) if quiet else now,
        appointment_id=thing.id if isinstance(thing, Appointment) else thing.appointment_id,
        ticket_id=thing.id if isinstance(thing, Ticket) else None,
    )
