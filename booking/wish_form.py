"""What the form of the waiting list says: where, which days, which hours, and whom to write to."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar.datastructures import FormMultiDict
from msgspec import Struct

from booking.choice import Parameters, branches_of
from booking.details import Entered, read_form
from booking.finding import form_key
from queue_app.domain.catalogue import SLOT_CHANNELS, Channel
from queue_app.domain.centre import WEEKDAYS
from queue_app.domain.contacts import Resident
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.hours import DAY_MINUTES, bounds
from queue_app.domain.wish import DAY_HOURS, FARTHEST, Wanted, Wish

HOUR_MINUTES = 60
MAX_LINK = 80
NO_HOURS = (8, 20)
"""What is offered to choose from where no branch says when it is open."""


class WishForm(Struct, frozen=True):
    """As entered, so that the page can show it again. `proofs`: of codes that were sent."""

    wanted: Wanted
    entered: Entered
    key: UUID
    proofs: tuple[str, ...] = ()
    code: str | None = None
    instead: str = ""
    """The link of the booking that is given up for what comes of it."""

    @property
    def person(self) -> Resident:
        details = self.entered.details
        return Resident(details.name, details.phone, details.email)

    def url(self, directory: Directory, wish: Wish | None) -> str:
        """The address that asks for the same; who waits stands in none."""
        if wish is not None:
            return f"/wish/{wish.token}/change"
        instead = [("instead", self.instead)] if self.instead else []
        return f"/wish?{urlencode([*self._wanted(directory), *instead])}"

    def _wanted(self, directory: Directory) -> list[tuple[str, str]]:
        wanted = self.wanted
        return [
            *[("service", code) for code in wanted.services],
            *[("branch", directory.branch_of(one).slug) for one in wanted.branches],
            *[("weekday", str(one)) for one in wanted.weekdays],
            ("channel", wanted.channel),
            ("first_day", wanted.first_day.isoformat()),
            ("last_day", wanted.last_day.isoformat()),
            ("from_hour", str(wanted.from_hour)),
            ("until_hour", str(wanted.until_hour)),
        ]

    def pairs(self, directory: Directory) -> list[tuple[str, str]]:
        """As the hidden fields of a form that sends it once more."""
        details = self.entered.details
        named = [
            ("name", details.name),
            ("phone", details.phone),
            ("email", details.email),
            ("asked_email", self.entered.asked_email),
            ("instead", self.instead),
            ("key", str(self.key)),
        ]
        return [*self._wanted(directory), *named, *[("proof", one) for one in self.proofs]]


def read_wish(form: FormMultiDict, directory: Directory, today: date) -> WishForm:
    """What cannot be read is as if it were not said."""
    code = form.get("code")
    return WishForm(
        wanted=read_wanted(form, directory, today),
        entered=read_form(form, None),
        key=form_key(form.get("key")),
        proofs=tuple(str(one)[:80] for one in form.getall("proof", []))[-4:],
        code=None if code is None else str(code)[:40],
        instead=str(form.get("instead") or "")[:MAX_LINK],
    )


def read_wanted(parameters: Parameters, directory: Directory, today: date) -> Wanted:
    """Of the form, or of the address that leads to it: what is not said there is as wide as the
    form offers it."""
    services = tuple(dict.fromkeys(map(str, parameters.getall("service", []))))
    channel: Channel = next(
        (one for one in SLOT_CHANNELS if one == parameters.get("channel")), "visit"
    )
    giving = giving_branches(directory, services, channel)
    named = parameters.getall("branch", [])
    first, last = hours_of(giving)
    return Wanted(
        services=services,
        channel=channel,
        branches=tuple(one.id for one in giving if one.slug in named),
        first_day=_day(parameters.get("first_day")) or today,
        last_day=_day(parameters.get("last_day")) or _usual_last(directory, today),
        weekdays=tuple(int(one) for one in parameters.getall("weekday", []) if _is_weekday(one)),
        from_hour=_hour(parameters.get("from_hour"), first),
        until_hour=_hour(parameters.get("until_hour"), last),
    )


def giving_branches(
    directory: Directory, services: tuple[str, ...], channel: Channel
) -> list[Branch]:
    known = directory.services
    if not services or any(code not in known for code in services):
        return []
    return branches_of(directory, services, channel)


def _usual_last(directory: Directory, today: date) -> date:
    return today + min(timedelta(days=directory.rules.horizon_days), FARTHEST)


def choices_of(directory: Directory, form: WishForm, today: date) -> dict[str, Any]:
    """What the form offers to choose from."""
    giving = giving_branches(directory, form.wanted.services, form.wanted.channel)
    first, last = hours_of(giving)
    return {
        "form": form,
        "chosen": [
            directory.services[code] for code in form.wanted.services if code in directory.services
        ],
        "giving": giving,
        "weekdays": [(place, a_day(place)) for place in _open_weekdays(giving)],
        "hours": [(hour, clock_at(directory, hour)) for hour in range(first, last + 1)],
        "days_from": today,
        "days_until": today + FARTHEST,
    }


def hours_of(giving: list[Branch]) -> tuple[int, int]:
    """From the earliest opening to the latest closing of any of them, in full hours."""
    every = [
        bounds(period) for one in giving for periods in one.hours.values() for period in periods
    ]
    if not every:
        return NO_HOURS
    if any(closes > DAY_MINUTES for _, closes in every):
        return 0, DAY_HOURS
    return (
        min(opens for opens, _ in every) // HOUR_MINUTES,
        -(-max(closes for _, closes in every) // HOUR_MINUTES),
    )


def _open_weekdays(giving: list[Branch]) -> list[int]:
    names = {name for one in giving for name, periods in one.hours.items() if periods}
    return [place for place, name in enumerate(WEEKDAYS) if name in names]


def a_day(weekday: int) -> date:
    """Some date of that day of the week, by which a page names it; Monday is 0."""
    return date(2001, 1, 1) + timedelta(days=weekday)


def clock_at(directory: Directory, hour: int) -> datetime:
    """A moment at which the clock shows that hour, midnight for 24."""
    return datetime.combine(date(2001, 1, 1), time(hour % DAY_HOURS), directory.zone)


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _is_weekday(text: Any) -> bool:
    return isinstance(text, str) and text in {"0", "1", "2", "3", "4", "5", "6"}


def _hour(text: Any, otherwise: int) -> int:
    try:
        hour = int(text)
    except (TypeError, ValueError):
        return otherwise
    return hour if 0 <= hour <= DAY_HOURS else otherwise
