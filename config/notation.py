"""How hours and durations are written in the files: parsed and written back.

Hours: `mon-thu = "9:00-18:00"`, `"tue, sat" = ["9:00-13:00", "14:00-16:00"]`. They belong to the
day on which they open: `fri = "22:00-6:00"` ends on Saturday. Past midnight hours count on, so that
any time of that night can be written: `fri = ["22:00-25:00", "25:30-30:00"]`.
Durations: `7`, `"5-7"`, `"from 10"` (in Ukrainian `"від 10"`), in minutes.

What cannot be read raises ValueError with a reason made to be shown.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from config.wording import quoted
from queue_app.domain.catalogue import Duration, Language
from queue_app.domain.centre import WEEKDAYS, Period, Weekday, Weekly
from queue_app.domain.hours import DAY_MINUTES, bounds, period_of

_RANGE = re.compile(r"(\d{1,6})\s*[-–]\s*(\d{1,6})")
_OPEN = re.compile(r"(?:від|from)\s+(\d{1,6})")
LONGEST = 43_200
"""Minutes; thirty days."""
LATEST = 36 * 60
"""The last minute at which hours of a day can end: noon of the next, well before it turns."""
LONGEST_NIGHT = 12 * 60
"""Minutes; "9:00-8:00" is rather a mistake. A longer night is written "9:00-32:00"."""
_PERIOD = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


def parse_duration(raw: int | str) -> Duration:
    duration = _duration(raw)
    if duration.min_minutes < 1:
        raise ValueError("must be at least a minute")
    if max(duration.min_minutes, duration.max_minutes or 0) > LONGEST:
        raise ValueError(f"must be at most {LONGEST} minutes")
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
    raise ValueError(f'{quoted(raw)} is neither minutes such as 7, nor "5-7", nor "from 10"')


def format_duration(duration: Duration, language: Language = "uk") -> int | str:
    """As a centre of this language writes it: "від 10" in Ukrainian, "from 10" in any other."""
    if duration.max_minutes is None:
        return f"{'від' if language == 'uk' else 'from'} {duration.min_minutes}"
    if duration.max_minutes == duration.min_minutes:
        return duration.min_minutes
    return f"{duration.min_minutes}-{duration.max_minutes}"


FIRST_OF_A_WEEK = ("sat", "sun")
"""Besides Monday: with no other day begins a run past Sunday, which is rather a slip."""


def parse_days(raw: str) -> Iterator[Weekday]:
    """The weekdays of "mon", "mon-thu", "tue, thu" or, where weeks begin so, "sun-thu"."""
    for part in raw.split(","):
        first, _, last = (end.strip() for end in part.partition("-"))
        names = [first, last or first]
        for name in names:
            if name not in WEEKDAYS:
                raise ValueError(
                    f"{quoted(name)} is not a weekday; those are {', '.join(WEEKDAYS)}"
                )
        start, end = (list[str](WEEKDAYS).index(name) for name in names)
        if start > end and first not in FIRST_OF_A_WEEK:
            raise ValueError(f"{first} comes after {last}")
        days = (end - start) % len(WEEKDAYS) + 1
        yield from (WEEKDAYS * 2)[start : start + days]


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
    found = [_period(one) for one in ([raw] if isinstance(raw, str) else raw)]
    periods = sorted(found, key=bounds)
    for earlier, later in pairwise(periods):
        if bounds(later)[0] < bounds(earlier)[1]:
            raise ValueError(f"{format_period(earlier)} overlaps {format_period(later)}")
    return tuple(periods)


def _period(raw: str) -> Period:
    found = _PERIOD.fullmatch(raw.strip())
    if not found:
        raise ValueError(f'{quoted(raw)} is not written as "9:00-18:00"')
    if max(int(found[2]), int(found[4])) > 59:
        raise ValueError(f"{quoted(raw)} is not a time of day")
    opens, closes = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
    if max(opens, closes) > LATEST:
        raise ValueError(
            f"{quoted(raw)} is not a time of day; a night ends by 36:00, the next noon"
        )
    if closes <= opens < DAY_MINUTES and closes + DAY_MINUTES - opens <= LONGEST_NIGHT:
        closes += DAY_MINUTES
    if opens >= closes:
        raise ValueError(f"{quoted(raw)} opens after it closes")
    if closes - opens > DAY_MINUTES:
        raise ValueError(f"{quoted(raw)} is longer than a day")
    return period_of(opens, closes)


def check_night(
    day: str, periods: tuple[Period, ...], after: str, following: tuple[Period, ...]
) -> None:
    """ValueError where the hours of one day reach past the first ones of the day after it."""
    if periods and following and bounds(periods[-1])[1] - DAY_MINUTES > bounds(following[0])[0]:
        raise ValueError(
            f"{format_period(periods[-1])} of {day} reaches past the first hours of {after},"
            f" {format_period(following[0])}"
        )


def format_periods(periods: tuple[Period, ...]) -> str | list[str]:
    written = [format_period(period) for period in periods]
    return written[0] if len(written) == 1 else written


def format_period(period: Period) -> str:
    """As it would be written; "22:00-6:00" where that can be read, else "22:00-35:00"."""
    opens, closes = bounds(period)
    if opens < DAY_MINUTES < closes and closes - opens <= LONGEST_NIGHT:
        closes -= DAY_MINUTES
    return "-".join(f"{at // 60}:{at % 60:02}" for at in (opens, closes))


def format_weekly(weekly: Weekly) -> dict[str, str | list[str]]:
    """Days with the same periods together, in the order of the week."""
    alike: dict[tuple[Period, ...], list[Weekday]] = {}
    for day in WEEKDAYS:
        if weekly.get(day):
            alike.setdefault(weekly[day], []).append(day)
    return {format_days(days): format_periods(periods) for periods, days in alike.items()}
