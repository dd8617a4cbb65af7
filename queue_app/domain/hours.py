"""Wall-clock times of a local day as instants: the arithmetic below `branch_day` and `slots`.

Hours are written as local wall-clock times; everything else counts in UTC. A local day has
23 or 25 hours when the clocks change. "Minutes" are those of the wall since the midnight of some
date, 1440 and more on the next one.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from queue_app.domain.centre import Period

DAY_MINUTES = 24 * 60
_MINUTE = timedelta(minutes=1)


class Window(NamedTuple):
    """A stretch of time in UTC, `opens` included, `closes` excluded."""

    opens: datetime
    closes: datetime


def bounds(period: Period) -> tuple[int, int]:
    """When a period opens and closes, in minutes."""
    opens, closes = _minutes(period.opens), _minutes(period.closes)
    if closes <= opens:
        closes += DAY_MINUTES
    late = DAY_MINUTES if period.after_midnight else 0
    return opens + late, closes + late


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def period_of(opens: int, closes: int) -> Period:
    """The period with these bounds, at most a day apart; it opens on its date or on the next."""
    late, opens = divmod(opens, DAY_MINUTES)
    return Period(_wall(opens), _wall(closes), bool(late))


def _wall(minutes: int) -> time:
    return time(*divmod(minutes % DAY_MINUTES, 60))


def as_windows(periods: Iterable[Period], day: date, zone: ZoneInfo) -> tuple[Window, ...]:
    """Local periods of a day in UTC; one that lies in the hour that spring skips falls away."""
    found = (
        Window(at(day, opens, zone), at(day, closes, zone, fold=1))
        for opens, closes in map(bounds, periods)
    )
    return tuple(window for window in found if window.opens < window.closes)


def at(day: date, minutes: int, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The instant of these minutes of a date, as `instant` finds it."""
    return instant(day + timedelta(days=minutes // DAY_MINUTES), _wall(minutes), zone, fold)


def of_date(former: tuple[Period, ...], own: tuple[Period, ...]) -> tuple[Period, ...]:
    """What of two dates' periods lies on the second date itself, in order and cut at midnight."""
    if not _crosses(former) and not _crosses(own):
        return own
    both = [(opens - DAY_MINUTES, closes - DAY_MINUTES) for opens, closes in map(bounds, former)]
    both += map(bounds, own)
    cut = [(max(opens, 0), min(closes, DAY_MINUTES)) for opens, closes in both]
    return tuple(period_of(*one) for one in sorted(cut) if one[0] < one[1])


def _crosses(periods: tuple[Period, ...]) -> bool:
    return bool(periods) and bounds(periods[-1])[1] > DAY_MINUTES


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
