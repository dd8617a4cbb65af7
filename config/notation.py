"""How hours and durations are written in the files: parsed and written back.

Hours: `mon-thu = "9:00-18:00"`, `"tue, sat" = ["9:00-13:00", "14:00-16:00"]`.
Durations: `7`, `"5-7"`, `"from 10"` (in Ukrainian `"від 10"`), in minutes.

What cannot be read raises ValueError with a reason made to be shown.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import time
from itertools import groupby, pairwise

from queue_app.domain.catalogue import Duration
from queue_app.domain.centre import WEEKDAYS, Period, Weekday, Weekly

_RANGE = re.compile(r"(\d+)\s*[-–]\s*(\d+)")
_OPEN = re.compile(r"(?:від|from)\s+(\d+)")
_PERIOD = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


def parse_duration(raw: int | str) -> Duration:
    duration = _duration(raw)
    if duration.min_minutes < 1:
        raise ValueError("must be at least a minute")
    if duration.max_minutes is not None and duration.max_minutes < duration.min_minutes:
        raise ValueError(
            f"the minimum {duration.min_minutes} is above the maximum {duration.max_minutes}"
        )
    return duration


def _duration(raw: int | str) -> Duration:
    if isinstance(raw, int):
        return Duration(raw, raw)
    if found := _RANGE.fullmatch(raw.strip()):
        return Duration(int(found[1]), int(found[2]))
    if found := _OPEN.fullmatch(raw.strip()):
        return Duration(int(found[1]), None)
    raise ValueError(f'{raw!r} is neither minutes such as 7, nor "5-7", nor "from 10"')


def format_duration(duration: Duration) -> int | str:
    if duration.max_minutes is None:
        return f"from {duration.min_minutes}"
    if duration.max_minutes == duration.min_minutes:
        return duration.min_minutes
    return f"{duration.min_minutes}-{duration.max_minutes}"


def parse_days(raw: str) -> Iterator[Weekday]:
    """The weekdays of "mon", "mon-thu" or "tue, thu"."""
    for part in raw.split(","):
        first, _, last = (end.strip() for end in part.partition("-"))
        names = [first, last or first]
        for name in names:
            if name not in WEEKDAYS:
                raise ValueError(f"{name!r} is not a weekday; those are {', '.join(WEEKDAYS)}")
        start, end = (list[str](WEEKDAYS).index(name) for name in names)
        if start > end:
            raise ValueError(f"{first} comes after {last}")
        yield from WEEKDAYS[start : end + 1]


def format_days(days: Iterable[Weekday]) -> str:
    """Runs of days as "mon-thu", others by commas."""
    places = [WEEKDAYS.index(day) for day in days]
    runs = [
        [place for _, place in run]
        for _, run in groupby(enumerate(places), key=lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(
        WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs
    )


def parse_periods(raw: str | list[str]) -> tuple[Period, ...]:
    """The periods of one day, in order."""
    periods = sorted(_period(one) for one in ([raw] if isinstance(raw, str) else raw))
    for earlier, later in pairwise(periods):
        if later.opens < earlier.closes:
            raise ValueError(f"{_format_period(earlier)} overlaps {_format_period(later)}")
    return tuple(periods)


def _period(raw: str) -> Period:
    found = _PERIOD.fullmatch(raw.strip())
    if not found:
        raise ValueError(f'{raw!r} is not written as "9:00-18:00"')
    hours, minutes = (int(found[1]), int(found[3])), (int(found[2]), int(found[4]))
    if max(hours) > 23 or max(minutes) > 59:
        raise ValueError(f"{raw!r} is not a time of day")
    period = Period(time(hours[0], minutes[0]), time(hours[1], minutes[1]))
    if period.opens >= period.closes:
        raise ValueError(f"{raw!r} opens after it closes")
    return period


def format_periods(periods: tuple[Period, ...]) -> str | list[str]:
    written = [_format_period(period) for period in periods]
    return written[0] if len(written) == 1 else written


def _format_period(period: Period) -> str:
    return "-".join(f"{at.hour}:{at.minute:02}" for at in (period.opens, period.closes))


def format_weekly(weekly: Weekly) -> dict[str, str | list[str]]:
    """Days with the same periods together, in the order of the week."""
    alike: dict[tuple[Period, ...], list[Weekday]] = {}
    for day in WEEKDAYS:
        if weekly.get(day):
            alike.setdefault(weekly[day], []).append(day)
    return {format_days(days): format_periods(periods) for periods, days in alike.items()}
