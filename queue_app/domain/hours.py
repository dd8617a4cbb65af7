"""A branch's local days as instants.

Hours are written as local wall-clock times; everything else counts in UTC. A local day has
23 or 25 hours when the clocks change.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from queue_app.domain.centre import WEEKDAYS, Closure, Period, Weekly

_MINUTE = timedelta(minutes=1)


class Window(NamedTuple):
    """A stretch of time in UTC, `opens` included, `closes` excluded."""

    opens: datetime
    closes: datetime


def windows(
    weekly: Weekly, closures: Iterable[Closure], day: date, zone: ZoneInfo
) -> tuple[Window, ...]:
    """When a branch is open on a local day, in order; a closure replaces the week's hours."""
    return as_windows(periods_on(weekly, closures, day), day, zone)


def closing(
    weekly: Weekly, closures: Iterable[Closure], day: date, zone: ZoneInfo
) -> datetime | None:
    """The end of a local day's last hours; None: closed all day."""
    found = windows(weekly, closures, day, zone)
    return found[-1].closes if found else None


def window_at_or_after(
    weekly: Weekly, closures: Iterable[Closure], now: datetime, zone: ZoneInfo, days: int
) -> Window | None:
    """The opening that runs at `now`, else the next that begins within so many days."""
    closures = tuple(closures)
    today = now.astimezone(zone).date()
    for ahead in range(days + 1):
        for window in windows(weekly, closures, today + timedelta(days=ahead), zone):
            if now < window.closes:
                return window
    return None


def periods_on(weekly: Weekly, closures: Iterable[Closure], day: date) -> tuple[Period, ...]:
    for closure in closures:
        if closure.day == day:
            return closure.periods
    return weekly.get(WEEKDAYS[day.weekday()], ())


def as_windows(periods: Iterable[Period], day: date, zone: ZoneInfo) -> tuple[Window, ...]:
    """Local periods of a day in UTC; one that lies in the hour that spring skips falls away."""
    found = (
        Window(instant(day, period.opens, zone), instant(day, period.closes, zone, fold=1))
        for period in periods
    )
    return tuple(window for window in found if window.opens < window.closes)


def day_window(day: date, zone: ZoneInfo) -> Window:
    """A local day from its midnight to the next, of 23, 24 or 25 hours."""
    return Window(
        instant(day, time(), zone),
        instant(day + timedelta(days=1), time(), zone),
    )


def instant(day: date, wall: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    """A local wall-clock time in UTC.

    A time that autumn shows twice is the first of the two, with `fold=1` the second. A time
    that spring skips is the moment of the change.
    """
    local = datetime.combine(day, wall, tzinfo=zone).replace(fold=fold)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0):
        return found
    return _change(local.replace(fold=1).astimezone(UTC), zone)


def _change(before: datetime, zone: ZoneInfo) -> datetime:
    """The first moment after `before` at which the zone's offset is another."""
    offset = before.astimezone(zone).utcoffset()
    moment = before.replace(second=0, microsecond=0)
    while moment.astimezone(zone).utcoffset() == offset:
        moment += _MINUTE
    return moment
