"""A booking as an iCalendar file (RFC 5545), to be downloaded or to come with a mail (RFC 5546)."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Language
from queue_app.domain.directory import Directory
from queue_app.texts.formats import in_halves
from queue_app.texts.words import Words, words

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
_BASIC = "%Y%m%dT%H%M%SZ"
REMIND_BEFORE = timedelta(hours=2)


def calendar_file(
    booking: Appointment,
    directory: Directory,
    language: Language,
    link: str | None,
    now: datetime,
    sequence: int,
) -> bytes:
    """The file that is downloaded: one event in UTC; a cancelled booking cancels the one it gave.

    `sequence`: how often the booking was moved, changed or cancelled, by which a calendar knows
    what is newer. `link`: the booking's page.
    """
    event = _event(booking, directory, language, link, now, sequence)
    return _file(event, "PUBLISH", language)


def calendar_links(
    booking: Appointment, directory: Directory, language: Language
) -> list[tuple[str, str]]:
    """Calendars on the web and the address that opens each with this booking, to be saved there.

    Neither the booking's link nor its code goes there: they would open it to whoever reads along.
    """
    summary = _summary(booking, words(language)) % {"centre": directory.centre.title[language]}
    services = [directory.services_ever[code].title[language] for code in booking.services]
    where = _location(booking, directory, language) if booking.channel == "visit" else ""
    begins, ends = booking.starts_at.astimezone(UTC), booking.ends_at.astimezone(UTC)
    google = {
        "action": "TEMPLATE",
        "text": summary,
        "dates": f"{begins:{_BASIC}}/{ends:{_BASIC}}",
        "details": "\n".join(services),
        "location": where,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": summary,
        "startdt": begins.isoformat(),
        "enddt": ends.isoformat(),
        "body": "\n".join(services),
        "location": where,
    }
    return [
        ("Google", f"https://calendar.google.com/calendar/render?{urlencode(google)}"),
        ("Outlook", f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}"),
    ]


def invitation(
    booking: Appointment,
    directory: Directory,
    language: Language,
    link: str | None,
    now: datetime,
    sequence: int,
    organizer: str,
    attendee: str,
) -> tuple[Literal["REQUEST", "CANCEL"], bytes]:
    """What goes with a mail from `organizer` to `attendee`, both bare addresses: a request to come,
    or that nobody is to come any more."""
    event = _event(booking, directory, language, link, now, sequence)
    event.add("organizer", _person(organizer, directory.centre.title[language]))
    guest = _person(attendee, booking.name or "")
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    guest.params["PARTSTAT"] = vText("ACCEPTED")
    guest.params["RSVP"] = vText("FALSE")
    event.add("attendee", guest)
    method: Literal["REQUEST", "CANCEL"] = "CANCEL" if booking.state == "cancelled" else "REQUEST"
    return method, _file(event, method, language)


def _event(
    booking: Appointment,
    directory: Directory,
    language: Language,
    link: str | None,
    now: datetime,
    sequence: int,
) -> Event:
    spoken = words(language)
    cancelled = booking.state == "cancelled"
    centre = directory.centre.title[language]
    services = [directory.services_ever[code].title[language] for code in booking.services]
    summary = _summary(booking, spoken) % {"centre": centre}
    event = Event()
    event.add("uid", f"{booking.token}@queue-app")
    event.add("sequence", sequence)
    event.add("dtstamp", now)
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", summary)
    lines = [*services, *_code(booking, spoken), *([link] if link else [])]
    event.add("description", "\n".join(lines))
    if link:
        event.add("url", link)
    if booking.channel == "visit":
        event.add("location", _location(booking, directory, language))
    if not cancelled:
        event.add_component(_reminder(summary))
    return event


def _location(booking: Appointment, directory: Directory, language: Language) -> str:
    branch = directory.branch_of(booking.branch_id)
    places = [branch.title[language], branch.address[language] if branch.address else ""]
    return ", ".join([directory.centre.title[language], *filter(None, places)])


def _code(booking: Appointment, spoken: Words) -> list[str]:
    """The code for the kiosk, to which nobody goes for a call, nor once it is cancelled."""
    if booking.channel == "phone" or booking.state == "cancelled":
        return []
    return [spoken.gettext("Code: %(code)s") % {"code": in_halves(booking.code)}]


def _summary(booking: Appointment, spoken: Words) -> str:
    if booking.channel == "phone":
        return spoken.gettext("%(centre)s: a call")
    return spoken.gettext("%(centre)s: a visit")


def _reminder(summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -REMIND_BEFORE)
    return alarm


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    if name:
        person.params["CN"] = vText(name.replace('"', ""))
    return person


def _file(event: Event, method: Method, language: Language) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//queue-app//booking//{language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())
