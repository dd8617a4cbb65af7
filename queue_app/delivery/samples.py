"""Messages of bookings that nobody made, to look at them and to try the operator's templates."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jinja2 import TemplateError

from queue_app.delivery import looks
from queue_app.delivery.adapter import Letter
from queue_app.delivery.letters import KINDS, letter_about, letter_of_code
from queue_app.delivery.wish_letters import letter_about_wish
from queue_app.domain.appointments import Appointment, AppointmentState
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.centre import Centre
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.messages import Medium, Message, MessageKind
from queue_app.domain.phones import example_phone, read_phone
from queue_app.domain.wish import Wanted, Wish

_WAYS: tuple[tuple[Medium, Channel], ...] = (
    ("mail", "visit"),
    ("mail", "phone"),
    ("sms", "visit"),
    ("sms", "phone"),
)

EXAMPLE = "https://queue.example.org"
"""Where the site is, if nobody says."""
UNFILLABLE = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError)
"""What an operator's template may raise where it cannot be filled in."""


_STATES: Mapping[MessageKind, AppointmentState] = {
    "cancelled": "cancelled",
    "missed": "missed",
    "offer": "held",
}


def sample_letter(
    directory: Directory,
    kind: MessageKind,
    language: Language,
    medium: Medium = "mail",
    channel: Channel = "visit",
    public_url: str | None = EXAMPLE,
) -> Letter:
    """A message as it would look, of a booking that nobody made. A jinja2.TemplateError where the
    operator's template cannot be filled in."""
    branch = next(iter(directory.branches.values()))
    service = next(
        (one for one in directory.centre.services if channel in one.channels),
        directory.centre.services[0],
    )
    centre = directory.centre
    own = read_phone(centre.phone_example, centre.country).value
    phone = own or example_phone(centre.country)
    starts_at = datetime(2026, 11, 24, 10, 20, tzinfo=directory.zone).astimezone(UTC)
    made_at = starts_at - timedelta(days=1)
    booking = Appointment(
        branch_id=branch.id,
        id=1,
        token=f"{branch.id}-{'a' * 22}",
        code="123456",
        channel=channel,
        services=(service.code,),
        revision=2,
        state=_STATES.get(kind, "booked"),
        lane_id=1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=10),
        held_until=made_at + timedelta(minutes=30) if kind == "offer" else None,
        language=language,
        checked_in_at=None,
        changed_at=made_at,
        phone=phone,
    )
    message = Message(
        branch_id=branch.id,
        id=1,
        identity="00000000-0000-4000-8000-000000000000",
        outbox="00000000-0000-4000-8000-000000000001",
        event="appointment 1 2",
        kind=kind,
        channel=medium,
        recipient="name@example.org" if medium == "mail" else phone,
        language=language,
        created_at=made_at,
        attempts=1,
        appointment_id=1,
        ticket_id=None,
    )
    if kind == "code":
        return letter_of_code(directory, message, "123456")
    if kind == "unmet":
        return letter_about_wish(directory, message, _wish(booking), public_url)
    page = f"/wish/{booking.token}" if kind == "offer" else None
    times = [starts_at + timedelta(days=days) for days in (1, 2)] if kind == "plans" else []
    return letter_about(directory, message, booking, 0, public_url, page=page, times=times)


def _wish(like: Appointment) -> Wish:
    """Of somebody who waited for that."""
    day = like.starts_at.date()
    return Wish(
        id=1,
        token=like.token,
        state="ended",
        wanted=Wanted(like.services, like.channel, (like.branch_id,), day, day),
        language=like.language,
        made_at=like.changed_at,
        changed_at=like.changed_at,
        revision=2,
    )


def problems(centre: Centre, folder: Path) -> Iterator[str]:
    """What is wrong with the templates in the operator's `folder`: names that no message has, and
    whatever keeps one from being filled in, in which language; each once."""
    looks.also_from(folder)
    known = {name for kind in KINDS for form in looks.FORMS for name in looks.names(kind, form)}
    for path in sorted(folder.glob("*")):
        if path.name not in known and not path.name.startswith(("_", ".")):
            yield f"{path.name}: no message has this name"
    yield from dict.fromkeys(_unfillable(centre))


def _unfillable(centre: Centre) -> Iterator[str]:
    directory = directory_of(centre)
    for kind in KINDS:
        for language in centre.languages:
            for medium, channel in _WAYS:
                for public_url in (EXAMPLE, None):  # without one, messages have no links
                    try:
                        sample_letter(directory, kind, language, medium, channel, public_url)
                    except UNFILLABLE as error:
                        yield f"{kind}, {medium}, {language}: {where(error)}{error}"


def where(error: Exception) -> str:
    """`moved.html, line 7: `, as far as the error knows."""
    name, line = getattr(error, "name", None), getattr(error, "lineno", None)
    return f"{name}, line {line}: " if name and line else ""


def directory_of(centre: Centre) -> Directory:
    """The centre as if it were in force, with what messages need of it: no desks, no lanes."""
    branches = [
        Branch(
            id=number,
            slug=one.slug,
            title=one.title,
            address=one.address,
            hours=one.hours,
            closures=one.closures,
            desks=(),
            lanes=(),
        )
        for number, one in enumerate(centre.branches, start=1)
    ]
    return Directory(
        version=0,
        epoch="",
        centre=centre,
        services_ever={one.code: one for one in centre.services},
        branches={one.slug: one for one in branches},
        branches_ever={one.id: one for one in branches},
    )
