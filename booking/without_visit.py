"""What can be done without a visit at this moment: whom to call now, and what is read online."""

from datetime import datetime

from msgspec import Struct

from queue_app.domain.centre import WEEKDAYS, Contact
from queue_app.domain.directory import Directory
from queue_app.domain.hours import as_windows


class PhoneLine(Struct, frozen=True):
    """A telephone number, and whether somebody answers it now; None: nobody has said when."""

    contact: Contact
    answers: bool | None


def lines_now(directory: Directory, now: datetime) -> list[PhoneLine]:
    """The centre's numbers, those that answer now first."""
    lines = [
        PhoneLine(one, _answers(directory, one, now))
        for one in directory.centre.contacts
        if (one.url or "").startswith("tel:")
    ]
    return sorted(lines, key=lambda one: {True: 0, None: 1, False: 2}[one.answers])


def _answers(directory: Directory, contact: Contact, now: datetime) -> bool | None:
    if not contact.open:
        return None
    day = directory.local(now).date()
    periods = contact.open.get(WEEKDAYS[day.weekday()], ())
    return any(opens <= now < closes for opens, closes in as_windows(periods, day, directory.zone))


def site_of(directory: Directory) -> Contact | None:
    """Where the centre can be read online."""
    every = directory.centre.contacts
    return next((one for one in every if (one.url or "").startswith("https:")), None)
