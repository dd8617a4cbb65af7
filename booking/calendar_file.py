"""The appointment as an iCalendar file (RFC 5545)."""

from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Language
from queue_app.domain.directory import Directory
from queue_app.texts.words import Words, words

REMIND_BEFORE = timedelta(hours=2)


def calendar_file(
    visit: Appointment, directory: Directory, language: Language, base_url: str, now: datetime
) -> bytes:
    """One event in UTC with a reminder; a cancelled appointment cancels the event it gave."""
    spoken = words(language)
    branch = directory.branch_of(visit.branch_id)
    centre = directory.centre.title[language]
    services = [directory.services_ever[code].title[language] for code in visit.services]
    link = f"{base_url.rstrip('/')}/visit/{visit.token}"

    event = Event()
    event.add("uid", f"{visit.token}@queue-app")
    event.add("dtstamp", now)
    event.add("dtstart", visit.starts_at)
    event.add("dtend", visit.ends_at)
    event.add("status", "CANCELLED" if visit.state == "cancelled" else "CONFIRMED")
    event.add("url", link)
    event.add("description", "\n".join([*services, *_code(visit, spoken), link]))
    summary = _summary(visit, spoken) % {"centre": centre}
    event.add("summary", summary)
    if visit.channel == "visit":
        places = [branch.title[language], branch.address[language] if branch.address else ""]
        event.add("location", ", ".join([centre, *filter(None, places)]))
    event.add_component(_reminder(summary))

    calendar = Calendar()
    calendar.add("prodid", f"-//queue-app//booking//{language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _code(visit: Appointment, spoken: Words) -> list[str]:
    """The code for the kiosk, to which nobody goes for a call."""
    if visit.channel == "phone":
        return []
    return [spoken.gettext("Code: %(code)s") % {"code": f"{visit.code[:3]} {visit.code[3:]}"}]


def _summary(visit: Appointment, spoken: Words) -> str:
    if visit.channel == "phone":
        return spoken.gettext("%(centre)s: a call")
    return spoken.gettext("%(centre)s: a visit")


def _reminder(summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -REMIND_BEFORE)
    return alarm
