"""A branch's day by person: who is booked, came, waits, is late, was missed, was served.

One line for each person, be it a booking, a ticket or both; the stage says what staff may do.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from queue_app.domain.appointments import AppointmentState
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.company import CompanyKind
from queue_app.domain.numbering import digits_in, plain_digits
from queue_app.domain.people import one_line
from queue_app.domain.tickets import State

Stage = Literal["late", "parked", "waiting", "at_desk", "booked", "missed", "served", "gone"]
STAGES: tuple[Stage, ...] = (
    "late",
    "parked",
    "waiting",
    "at_desk",
    "booked",
    "missed",
    "served",
    "gone",
)
"""In the order in which staff look after them. `late`: the booked time has passed and nobody has
checked in; `missed`: called in vain, or never came; `gone`: left, or the booking was cancelled."""

_OF_TICKETS: dict[State, Stage] = {
    "waiting": "waiting",
    "called": "at_desk",
    "serving": "at_desk",
    "parked": "parked",
    "finished": "served",
    "no_show": "missed",
    "left": "gone",
}
_OF_BOOKINGS: dict[AppointmentState, Stage] = {
    "cancelled": "gone",
    "missed": "missed",
    "fulfilled": "served",
}
LEAST_DIGITS = 4
"""So many digits of a telephone number are looked for; fewer are in everybody's."""


class Attendee(Struct, frozen=True):
    """Somebody of the day: a booking, a ticket, or a booking that became one.

    `due_at`: the booked time; `code`: of the booking; `link`: of the ticket; `desk`: the number of
    the desk where they are or were last.
    """

    appointment_id: int | None
    ticket_id: int | None
    channel: Channel
    services: tuple[str, ...]
    language: Language
    due_at: datetime | None = None
    booking: AppointmentState | None = None
    code: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    number: str | None = None
    link: str | None = None
    state: State | None = None
    priority: str | None = None
    desk: str | None = None
    issued_at: datetime | None = None
    called_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expected_at: datetime | None = None
    people: int = 1
    company: CompanyKind | None = None

    @property
    def since(self) -> datetime:
        """By what the list is ordered: the booked time, else when the ticket was given."""
        at = self.due_at or self.issued_at
        assert at
        return at


def stage(person: Attendee, now: datetime) -> Stage:
    """What has become of this person by now."""
    if person.state is not None:
        return _OF_TICKETS[person.state]
    if person.booking in _OF_BOOKINGS:
        return _OF_BOOKINGS[person.booking]
    return "late" if person.due_at and person.due_at <= now else "booked"


def sorted_out(people: Iterable[Attendee], now: datetime) -> dict[Stage, list[Attendee]]:
    """By stage, in the order of `STAGES`, in each by time; those that nobody is in, too."""
    found: dict[Stage, list[Attendee]] = {one: [] for one in STAGES}
    for person in sorted(people, key=lambda one: (one.since, one.number or "", one.code or "")):
        found[stage(person, now)].append(person)
    return found


def looked_for(people: Iterable[Attendee], question: str) -> list[Attendee]:
    """Whom a number, a code, a name or a telephone number means; everybody for an empty question.

    Words may be begun, in any order; of a telephone number some digits are enough.
    """
    words = plain_digits(one_line(question)).casefold().split()
    digits = digits_in(question)
    return [one for one in people if not words or _is_meant(one, words, digits)]


def _is_meant(person: Attendee, words: list[str], digits: str) -> bool:
    joined = "".join(words)
    if person.number and person.number.casefold() == joined:
        return True
    if digits and digits == joined.lstrip("+"):
        return _has_digits(person, digits)
    names = one_line(person.name or "").casefold().replace("-", " ").split()
    mail = (person.email or "").casefold()
    return all(any(name.startswith(word) for name in names) for word in words) or (
        "@" in joined and mail.startswith(joined)
    )


def _has_digits(person: Attendee, digits: str) -> bool:
    if person.code == digits:
        return True
    if person.number and "".join(sign for sign in person.number if sign.isdigit()) == digits:
        return True
    return len(digits) >= LEAST_DIGITS and digits.lstrip("0") in (person.phone or "")
