"""What a message says, made when it is sent: the booking as it stands then, in its language."""

from collections.abc import Mapping

from queue_app.delivery.adapter import Letter, Undeliverable
from queue_app.domain.appointments import Appointment
from queue_app.domain.directory import Directory
from queue_app.domain.messages import Message, MessageKind
from queue_app.queries import appointments
from queue_app.texts.formats import Formats
from queue_app.texts.words import N_, words

SUBJECTS: Mapping[MessageKind, str] = {
    "booked": N_("You are booked: %(when)s"),
    "moved": N_("Your booking has moved: %(when)s"),
    "cancelled": N_("Your booking is cancelled: %(when)s"),
}

INVITING: frozenset[MessageKind] = frozenset({"booked", "moved"})
"""Whoever reads one of these comes."""


async def letter_of(directory: Directory, message: Message) -> Letter:
    """The booking as it stands now, though the event that the message tells of may be days ago.

    So a "booked" that is tried again after a move names the new time, as the "moved" does: both
    are true, whichever comes first and whichever never comes. Undeliverable where the booking is
    gone, and where it is one no more, as nobody may be told to come to it: cancelled, or over.
    """
    assert message.appointment_id is not None
    booking = await appointments.by_id(message.branch_id, message.appointment_id)
    if booking is None:
        raise Undeliverable("the booking is gone")
    if message.kind in INVITING and booking.state != "booked":
        raise Undeliverable(f"the booking is {booking.state}")
    spoken = words(message.language)
    formats = Formats(message.language, directory.zone)
    when = f"{formats.day(booking.starts_at)}, {formats.time(booking.starts_at)}"
    subject = spoken.gettext(SUBJECTS[message.kind]) % {"when": when}
    return Letter(
        identity=f"{message.branch_id}-{message.id}",
        channel=message.channel,
        recipient=message.recipient,
        language=message.language,
        subject=subject,
        text="\n".join([subject, "", *_facts(directory, message, booking)]),
        created_at=message.created_at,
    )


def _facts(directory: Directory, message: Message, booking: Appointment) -> list[str]:
    """What for, where, and the code, unless nobody needs it any more."""
    language = message.language
    branch = directory.branch_of(booking.branch_id)
    services = [directory.services_ever[code].title[language] for code in booking.services]
    places = [branch.title[language], branch.address[language] if branch.address else ""]
    where = [", ".join(filter(None, places))] if booking.channel == "visit" else []
    if message.kind == "cancelled":
        return [*services, *where]
    code = words(language).gettext("Code: %(code)s")
    return [*services, *where, code % {"code": f"{booking.code[:3]} {booking.code[3:]}"}]
