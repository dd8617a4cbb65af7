"""Wall-clock times of a local day as instants: the arithmetic below `branch_day` and `slots`.

Hours are written as local wall-clock times; everything else counts in UTC. A local day has
23 or 25 hours when the clocks change.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from queue_app.domain.centre import Period

_MINUTE = timedelta(minutes=1)


class Window(NamedTuple):
    """A stretch of time in UTC, `opens` included, `closes` excluded."""

    opens: datetime
    closes: datetime


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
