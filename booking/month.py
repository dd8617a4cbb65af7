"""The days of the horizon as a calendar: which have free times, and why the others have none."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Closure, Period
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.slots import bookable
from queue_app.texts.formats import first_weekday

State = Literal["free", "full", "closed", "later", "past"]


class MonthDay(Struct, frozen=True):
    """One cell. `later`: its day is open, but not for booking yet; `full`: no time left."""

    day: date
    state: State
    free: int = 0
    url: str = ""


class Shut(Struct, frozen=True):
    """A day with other hours than usual, and why; no `periods`: closed all day."""

    day: date
    reason: Text
    periods: tuple[Period, ...]


class Month(Struct, frozen=True):
    """Weeks of as many cells as `weekdays`, of which each is a day of its column; None: outside.
    They begin as the country's do: in India with Sunday, in Egypt with Saturday.

    Only weekdays on which there is ever anything are columns.
    """

    weekdays: list[date]
    weeks: list[list[MonthDay | None]]
    shut: list[Shut]


def month_of(
    directory: Directory,
    branches: list[Branch],
    days: dict[date, list[datetime]],
    now: datetime,
    url: Callable[[date], str],
) -> Month:
    """Of these branches together; `days`: those with free starts."""
    _, last = bookable(now, directory.rules, directory.zone)
    today = directory.local(now).date()
    ahead = [today + timedelta(days=one) for one in range(directory.rules.horizon_days + 1)]
    cells = {day: _cell(directory, branches, days.get(day, []), day, last, url) for day in ahead}
    begin = today - timedelta(days=(today.weekday() - first_weekday(directory.centre.country)) % 7)
    columns = [
        place
        for place in range(7)
        if any(
            one.state != "closed" for day, one in cells.items() if (day - begin).days % 7 == place
        )
    ]
    weeks = [
        [cells.get(begin + timedelta(weeks=week, days=place)) for place in columns]
        for week in range((ahead[-1] - begin).days // 7 + 1)
    ]
    return Month(
        weekdays=[begin + timedelta(days=place) for place in columns],
        weeks=[week for week in weeks if any(week)],
        shut=_shut(branches, ahead),
    )


def _cell(
    directory: Directory,
    branches: list[Branch],
    free: list[datetime],
    day: date,
    last: date,
    url: Callable[[date], str],
) -> MonthDay:
    if free:
        return MonthDay(day, "free", len(free), url(day))
    if all(not directory.day(branch, day).periods for branch in branches):
        return MonthDay(day, "closed")
    return MonthDay(day, "later" if day > last else "full")


def _shut(branches: list[Branch], days: list[date]) -> list[Shut]:
    """Of one branch; of several, what they all have."""
    known: list[set[Closure]] = [set(branch.closures) for branch in branches]
    shared = set.intersection(*known) if known else set()
    return [
        Shut(one.day, one.reason, one.periods)
        for one in sorted(shared, key=lambda closure: closure.day)
        if one.day in days
    ]
