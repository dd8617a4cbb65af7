"""What a message says, made when it is sent: the booking as it stands then, in its language."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jinja2 import TemplateError
from msgspec.structs import replace

from queue_app.delivery import looks, wish_letters
from queue_app.delivery.adapter import CalendarPart, Letter, Needless, Undeliverable
from queue_app.delivery.calendars import invitation
from queue_app.delivery.nearest import in_words, nearest
from queue_app.domain.appointments import Appointment
from queue_app.domain.directory import Directory
from queue_app.domain.messages import Message, MessageKind
from queue_app.domain.phones import is_abroad
from queue_app.domain.reminders import told_by
from queue_app.domain.segments import segments
from queue_app.flow import proving
from queue_app.queries import appointments, unsettled, waiting_list, wishes
from queue_app.texts.formats import NBSP, Formats, direction, in_halves
from queue_app.texts.speaker import speaker_of
from queue_app.texts.words import N_, words

SUBJECTS: Mapping[MessageKind, str] = {
    "booked": N_("You are booked: %(when)s"),
    "moved": N_("Your booking has moved: %(when)s"),
    "cancelled": N_("Your booking is cancelled: %(when)s"),
    "plans": N_("We cannot receive you, please choose another time: %(when)s"),
    "link": N_("Your booking: %(when)s"),
    "missed": N_("Your visit did not take place: %(when)s"),
    "offer": N_("A time is free for you: %(when)s"),
    "reminder": N_("Reminder of your visit: %(when)s"),
}

CALL_SUBJECTS: Mapping[MessageKind, str] = {
    "booked": N_("We will call you: %(when)s"),
    "moved": N_("Your call has moved: %(when)s"),
    "cancelled": N_("Your call is cancelled: %(when)s"),
    "plans": N_("We cannot call you, please choose another time: %(when)s"),
    "link": N_("Your call: %(when)s"),
    "missed": N_("Your call did not take place: %(when)s"),
    "offer": N_("A time for our call is free for you: %(when)s"),
    "reminder": N_("Reminder of our call: %(when)s"),
}

KINDS: tuple[MessageKind, ...] = (*SUBJECTS, "code", "unmet")
"""Every kind that there are words for."""

INVITING: frozenset[MessageKind] = frozenset({"booked", "moved", "link", "reminder"})
"""Whoever reads one of these comes, or waits for the call."""

NOT_COMING: frozenset[MessageKind] = frozenset({"cancelled", "missed", "plans", "offer"})
"""Nobody comes as booked, so nobody needs the code."""

ACTIONS: Mapping[MessageKind, str] = {
    "booked": N_("See, move or cancel it"),
    "moved": N_("See, move or cancel it"),
    "link": N_("See, move or cancel it"),
    "reminder": N_("See, move or cancel it"),
    "cancelled": N_("Your booking"),
    "plans": N_("Choose another time"),
    "missed": N_("Book again"),
    "offer": N_("Take it or decline"),
}
"""What the link leads to."""

FOR_THE_LINK: frozenset[MessageKind] = frozenset({"link", "plans", "offer", "unmet"})
"""Without its link such a message is of no use, however many segments it takes."""

IN_CALENDARS: frozenset[MessageKind] = frozenset({"booked", "moved", "cancelled"})
"""The mails that bring the booking into a calendar, change it there or take it out."""
ORGANIZER = "noreply@queue-app.invalid"
"""Where no mail server is set, nobody has an address."""


async def letter_of(
    directory: Directory,
    message: Message,
    now: datetime,
    public_url: str | None = None,
    organizer: str = ORGANIZER,
) -> Letter:
    """The booking as it stands now, though the event that the message tells of may be days ago.

    So a "booked" that is tried again after a move names the new time, as the "moved" does: both
    are true, whichever comes first and whichever never comes. Needless where the booking is gone,
    and where it is one no more, as nobody may be told to come to it: cancelled, or over. Of a
    reminder also where the time is another, has come by `now`, or nobody wishes to be reminded.
    Undeliverable where it is of no booking, for that there are no words, and where the operator's
    template cannot be filled in.
    `public_url`: where residents find this site; without it no letter has the booking's link.
    `organizer`: the mail address that invites, as calendars have it.
    """
    try:
        if message.kind == "code":
            return await _code_letter(directory, message)
        if message.kind == "unmet":
            return await wish_letters.letter_of_wish(directory, message, public_url)
        return await _letter_of_booking(directory, message, now, public_url, organizer)
    except TemplateError as error:
        raise Undeliverable(f"its template cannot be filled in: {type(error).__name__}") from None


async def _letter_of_booking(
    directory: Directory,
    message: Message,
    now: datetime,
    public_url: str | None,
    organizer: str,
) -> Letter:
    if message.appointment_id is None:
        raise Undeliverable("no words for a message of no booking")
    booking = await appointments.by_id(message.branch_id, message.appointment_id)
    if booking is None:
        raise Needless("the booking is gone")
    if message.kind in INVITING and booking.state != "booked":
        raise Needless(f"the booking is {booking.state}")
    if message.kind == "missed" and (booking.state != "missed" or booking.ticket_state == "left"):
        raise Needless("whoever booked knows that they went, or it is missed no more")
    if message.kind == "plans" and not await unsettled.reason(message.branch_id, booking.id):
        raise Needless("the booking is settled")
    if message.kind == "reminder":
        await _require_reminding(directory, message, booking, now)
    page = await _page_of_offer(booking) if message.kind == "offer" else None
    times = await nearest(directory, booking, now) if message.kind == "plans" else []
    changes = await appointments.changes(booking)
    return letter_about(directory, message, booking, changes, public_url, organizer, page, times)


async def _require_reminding(
    directory: Directory, message: Message, booking: Appointment, now: datetime
) -> None:
    """Needless where it would tell what is known, is no more so, or is nobody's wish."""
    which, starts_at = told_by(message.event)
    if booking.checked_in_at is not None or booking.starts_at <= now:
        raise Needless("the visit has begun")
    if starts_at != booking.starts_at:
        raise Needless("the booking has moved")
    if directory.reminders.is_overtaken(which, starts_at, now):
        raise Needless("the other reminder says it")
    if message.recipient not in (booking.email, booking.phone):
        raise Needless("whoever booked is reached otherwise")
    if await unsettled.reason(message.branch_id, booking.id):
        raise Needless("the booking has no place")
    if not await wishes.wants_reminders(message.recipient):
        raise Needless("no reminders are wished for")


async def _page_of_offer(offer: Appointment) -> str:
    """Where it is taken or declined. Needless where it is nobody's any more."""
    wish = await waiting_list.by_id(offer.wish_id) if offer.wish_id else None
    if wish is None or offer.state != "held":
        raise Needless("the offer is over")
    return f"/wish/{wish.token}"


def letter_about(
    directory: Directory,
    message: Message,
    booking: Appointment,
    changes: int,
    public_url: str | None,
    organizer: str = ORGANIZER,
    page: str | None = None,
    times: Sequence[datetime] = (),
) -> Letter:
    """The message as it is said of this booking, moved or cancelled so many times. A
    jinja2.TemplateError where the operator's template cannot be filled in. `page`: where its link
    leads, where that is not the page of the booking. `times`: to which it may move."""
    link = f"{public_url}{page or f'/visit/{booking.token}'}" if public_url else None
    said = _said(directory, message, booking, link, _unsubscribe(message, public_url))
    said["times"] = in_words(directory, message.language, link, times)
    calendar = _calendar(directory, message, booking, link, changes, organizer)
    return replace(_written(message, said), calendar=calendar)


def _written(message: Message, said: Mapping[str, Any]) -> Letter:
    """The templates filled in with what there is to say."""
    sms = message.channel == "sms"
    text = _short(message, said) if sms else _filled(message, "letter.txt", said)
    return Letter(
        identity=message.identity,
        outbox=message.outbox,
        channel=message.channel,
        recipient=message.recipient,
        language=message.language,
        subject=said["subject"] if sms else text.partition("\n")[0].strip(),
        text=text,
        created_at=message.created_at,
        html=_filled(message, "letter.html", said) if message.channel == "mail" else None,
        unsubscribe=said["unsubscribe"],
    )


def _unsubscribe(message: Message, public_url: str | None) -> str | None:
    """Where whoever gets this mail says that they wish for no reminders."""
    if public_url is None or message.kind != "reminder" or message.channel != "mail":
        return None
    return f"{public_url}/reminders/{message.identity}"


def _filled(message: Message, form: looks.Form, said: Mapping[str, Any]) -> str:
    return looks.filled(message.kind, form, message.language, said)


def _short(message: Message, said: Mapping[str, Any]) -> str:
    """In one segment where it can: without the link if that is too much for it, and it is
    not what the message is for."""
    whole = _plain(message, _filled(message, "sms.txt", said))
    if segments(whole) == 1 or not said["link"] or message.kind in FOR_THE_LINK:
        return whole
    return _plain(message, _filled(message, "sms.txt", {**said, "link": None}))


def _plain(message: Message, text: str) -> str:
    """A blank that keeps words together would more than halve what a Latin text may hold; in one
    that is written from the right it keeps the halves of a code in their order."""
    return text if direction(message.language) == "rtl" else text.replace(NBSP, " ")


def _calendar(
    directory: Directory,
    message: Message,
    booking: Appointment,
    link: str | None,
    changes: int,
    organizer: str,
) -> CalendarPart | None:
    """What makes the booking right in the calendar of whoever reads the mail, whichever of the
    mails about it came last: as the booking stands, stamped with when it came to stand so."""
    if message.channel != "mail" or message.kind not in IN_CALENDARS:
        return None
    method, content = invitation(
        booking,
        directory,
        message.language,
        link,
        booking.changed_at,
        changes,
        organizer,
        message.recipient,
    )
    return CalendarPart(method, content)


def _said(
    directory: Directory,
    message: Message,
    booking: Appointment,
    link: str | None,
    unsubscribe: str | None,
) -> dict[str, Any]:
    """What a template can say of a booking."""
    spoken = words(message.language)
    formats = speaker_of(directory.centre).formats(message.language)
    when = formats.when(booking.starts_at)
    subjects = CALL_SUBJECTS if booking.channel == "phone" else SUBJECTS
    subject = spoken.gettext(subjects[message.kind]) % {"when": when}
    facts = _facts(directory, message, booking, formats)
    code = _code(message, booking)
    visit = booking.channel == "visit"
    local = formats.local(booking.starts_at).date()
    return {
        "kind": message.kind,
        "centre": directory.centre.title[message.language],
        "subject": subject,
        "heading": subject.removesuffix(when).rstrip(" :"),
        "when": when,
        "day": formats.day_figures(local),
        "time": formats.time(booking.starts_at),
        "night": formats.night(booking.starts_at),
        "notes": _notes(directory, message, booking, formats),
        "facts": facts,
        "details": facts[:-1] if code else facts,
        "place": _place(directory, message, booking),
        "code": code,
        "digits": code.replace(" ", ""),
        "call": not visit,
        "action": spoken.gettext(ACTIONS[message.kind]),
        "link": link,
        "unsubscribe": unsubscribe,
    }


def _notes(
    directory: Directory, message: Message, booking: Appointment, formats: Formats
) -> list[str]:
    """What holds the offer comes last: the SMS of an offer says that alone."""
    clock = "" if message.channel == "sms" else _whose_clock(directory, message, booking)
    twice = formats.twice([booking.starts_at])
    return [*filter(None, (clock, twice, _held_until(message, booking, formats)))]


def _whose_clock(directory: Directory, message: Message, booking: Appointment) -> str:
    """Told to whoever is phoned abroad; empty for others."""
    number = message.recipient if message.channel == "sms" else booking.phone
    if booking.channel != "phone" or not number:
        return ""
    if not is_abroad(number, directory.centre.country):
        return ""
    city = speaker_of(directory.centre).formats(message.language).city
    return words(message.language).gettext("time in %(city)s") % {"city": city}


def _held_until(message: Message, booking: Appointment, formats: Formats) -> str:
    if message.kind != "offer" or booking.held_until is None:
        return ""
    until = words(message.language).gettext("We hold it for you until %(time)s.")
    return until % {"time": formats.time(booking.held_until)}


def _place(directory: Directory, message: Message, booking: Appointment) -> str:
    """The branch, to which nobody goes for a call, nor where they must choose another time; of a
    call by whose clock it comes, where that is not one's own."""
    if booking.channel == "phone":
        return _whose_clock(directory, message, booking)
    if message.kind == "plans":
        return ""
    return directory.branch_of(booking.branch_id).title[message.language]


def _code(message: Message, booking: Appointment) -> str:
    """The code for the kiosk, to which nobody goes for a call, nor to what is cancelled."""
    if booking.channel == "phone" or message.kind in NOT_COMING:
        return ""
    return in_halves(booking.code)


async def _code_letter(directory: Directory, message: Message) -> Letter:
    """The code by which a contact is proven."""
    code = await proving.new_code(message.event)
    if code is None:
        raise Needless("nobody waits for this code any more")
    return letter_of_code(directory, message, code)


def letter_of_code(directory: Directory, message: Message, code: str) -> Letter:
    """A jinja2.TemplateError where the operator's template cannot be filled in."""
    return _written(message, _said_of_code(directory, message, code))


def _said_of_code(directory: Directory, message: Message, code: str) -> dict[str, Any]:
    """What a template can say of a code; there is no booking yet."""
    spoken = words(message.language)
    minutes = proving.CODE_MINUTES
    good = spoken.ngettext(
        "It is good for %(num)s minute. Tell it to nobody.",
        "It is good for %(num)s minutes. Tell it to nobody.",
        minutes,
    ) % {"num": minutes}
    nothing = dict.fromkeys(("when", "day", "time", "night", "place", "action"), "")
    return nothing | {
        "kind": message.kind,
        "centre": directory.centre.title[message.language],
        "subject": spoken.gettext("Your code: %(code)s") % {"code": in_halves(code)},
        "heading": spoken.gettext("Your code"),
        "notes": [],
        "facts": [good],
        "details": [good],
        "code": in_halves(code),
        "digits": code,
        "call": False,
        "times": [],
        "link": None,
        "unsubscribe": None,
    }


def _facts(
    directory: Directory, message: Message, booking: Appointment, formats: Formats
) -> list[str]:
    """What for, where and the code, or how we call; what nobody needs any more is left out."""
    language = message.language
    services = [directory.services_ever[code].title[language] for code in booking.services]
    spoken = words(language)
    if booking.channel == "phone":
        return services if message.kind in NOT_COMING else [*services, *_call(booking, formats)]
    branch = directory.branch_of(booking.branch_id)
    places = [branch.title[language], branch.address[language] if branch.address else ""]
    where = ", ".join(filter(None, places))
    if message.kind in NOT_COMING:
        return [*services, where]
    return [*services, where, spoken.gettext("Code: %(code)s") % {"code": _code(message, booking)}]


def _call(booking: Appointment, formats: Formats) -> list[str]:
    """Which number is called, as far as whoever gave it knows it again."""
    spoken = words(formats.language)
    near = spoken.gettext("Keep your phone near. There is no need to come.")
    if not booking.phone:
        return [near]
    last = booking.phone[-4:]
    number = spoken.gettext("We will call the number that ends in %(last)s.")
    return [number % {"last": f"{last[:2]}{NBSP}{last[2:]}"}, near]
