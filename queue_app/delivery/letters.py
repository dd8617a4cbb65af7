"""What a message says, made when it is sent: the booking as it stands then, in its language."""

from collections.abc import Mapping

from queue_app.delivery.adapter import Letter, Needless, Undeliverable
from queue_app.domain.appointments import Appointment
from queue_app.domain.directory import Directory
from queue_app.domain.messages import Message, MessageKind
from queue_app.flow import proving
from queue_app.queries import appointments, unsettled
from queue_app.texts.formats import NBSP, Formats
from queue_app.texts.speaker import speaker_of
from queue_app.texts.words import N_, words

SUBJECTS: Mapping[MessageKind, str] = {
    "booked": N_("You are booked: %(when)s"),
    "moved": N_("Your booking has moved: %(when)s"),
    "cancelled": N_("Your booking is cancelled: %(when)s"),
    "plans": N_("We cannot receive you, please choose another time: %(when)s"),
    "link": N_("Your booking: %(when)s"),
}

CALL_SUBJECTS: Mapping[MessageKind, str] = {
    "booked": N_("We will call you: %(when)s"),
    "moved": N_("Your call has moved: %(when)s"),
    "cancelled": N_("Your call is cancelled: %(when)s"),
    "plans": N_("We cannot call you, please choose another time: %(when)s"),
    "link": N_("Your call: %(when)s"),
}

INVITING: frozenset[MessageKind] = frozenset({"booked", "moved", "link"})
"""Whoever reads one of these comes, or waits for the call."""


async def letter_of(
    directory: Directory, message: Message, public_url: str | None = None
) -> Letter:
    """The booking as it stands now, though the event that the message tells of may be days ago.

    So a "booked" that is tried again after a move names the new time, as the "moved" does: both
    are true, whichever comes first and whichever never comes. Needless where the booking is gone,
    and where it is one no more, as nobody may be told to come to it: cancelled, or over.
    Undeliverable where it is of no booking: for that there are no words.
    `public_url`: where residents find this site; without it no letter has the booking's link.
    """
    if message.kind == "code":
        return await _code_letter(message)
    if message.appointment_id is None:
        raise Undeliverable("no words for a message of no booking")
    booking = await appointments.by_id(message.branch_id, message.appointment_id)
    if booking is None:
        raise Needless("the booking is gone")
    if message.kind in INVITING and booking.state != "booked":
        raise Needless(f"the booking is {booking.state}")
    if message.kind == "plans" and not await unsettled.reason(message.branch_id, booking.id):
        raise Needless("the booking is settled")
    spoken = words(message.language)
    formats = speaker_of(directory.centre).formats(message.language)
    subjects = CALL_SUBJECTS if booking.channel == "phone" else SUBJECTS
    subject = spoken.gettext(subjects[message.kind]) % {"when": formats.when(booking.starts_at)}
    return Letter(
        identity=message.identity,
        outbox=message.outbox,
        channel=message.channel,
        recipient=message.recipient,
        language=message.language,
        subject=subject,
        text="\n".join(
            [
                subject,
                *filter(None, [formats.twice([booking.starts_at])]),
                "",
                *_facts(directory, message, booking, formats),
                *_link(message, booking, public_url),
            ]
        ),
        created_at=message.created_at,
    )


async def _code_letter(message: Message) -> Letter:
    """The code by which a contact is proven; short, as it may be an SMS."""
    code = await proving.new_code(message.event)
    if code is None:
        raise Needless("nobody waits for this code any more")
    spoken = words(message.language)
    minutes = proving.CODE_MINUTES
    return Letter(
        identity=message.identity,
        outbox=message.outbox,
        channel=message.channel,
        recipient=message.recipient,
        language=message.language,
        subject=spoken.gettext("Your code: %(code)s") % {"code": f"{code[:3]} {code[3:]}"},
        text=spoken.ngettext(
            "Your code: %(code)s. It is good for %(num)s minute. Tell it to nobody.",
            "Your code: %(code)s. It is good for %(num)s minutes. Tell it to nobody.",
            minutes,
        )
        % {"code": code, "num": minutes},
        created_at=message.created_at,
    )


def _facts(
    directory: Directory, message: Message, booking: Appointment, formats: Formats
) -> list[str]:
    """What for, where and the code, or how we call; what nobody needs any more is left out."""
    language = message.language
    services = [directory.services_ever[code].title[language] for code in booking.services]
    spoken = words(language)
    if booking.channel == "phone":
        return (
            services
            if message.kind in ("cancelled", "plans")
            else [*services, *_call(booking, formats)]
        )
    branch = directory.branch_of(booking.branch_id)
    places = [branch.title[language], branch.address[language] if branch.address else ""]
    where = ", ".join(filter(None, places))
    if message.kind == "cancelled":
        return [*services, where]
    code = spoken.gettext("Code: %(code)s") % {"code": f"{booking.code[:3]} {booking.code[3:]}"}
    return [*services, where, code]


def _call(booking: Appointment, formats: Formats) -> list[str]:
    """Which number is called, as far as whoever gave it knows it again."""
    spoken = words(formats.language)
    near = spoken.gettext("Keep your phone near. There is no need to come.")
    if not booking.phone:
        return [near]
    last = booking.phone[-4:]
    number = spoken.gettext("We will call the number that ends in %(last)s.")
    return [number % {"last": f"{last[:2]}{NBSP}{last[2:]}"}, near]


def _link(message: Message, booking: Appointment, public_url: str | None) -> list[str]:
    """The booking's page, where it is moved or cancelled."""
    if public_url is None:
        return []
    spoken = words(message.language)
    what = (
        spoken.gettext("Your booking: %(link)s")
        if message.kind == "cancelled"
        else spoken.gettext("The nearest times, one tap away: %(link)s")
        if message.kind == "plans"
        else spoken.gettext("To see, move or cancel it: %(link)s")
    )
    return ["", what % {"link": f"{public_url}/visit/{booking.token}"}]
