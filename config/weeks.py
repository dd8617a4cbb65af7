"""Reading hours: those of a week, and those of single days, which must not run into one another."""

from datetime import date, timedelta
from typing import Any

from msgspec import Struct

from config.notation import check_night, parse_days, parse_periods
from config.reading import Place, Reader
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import WEEKDAYS, Closure, Period, Weekday, Weekly

YEARS = range(2000, 2101)
"""What a day may be: far from where calendars end."""


class _Closure(Struct):
    day: date
    reason: Text
    hours: str | list[str] | None = None


def weekly_of(reader: Reader, place: Place, raw: Any) -> Weekly:
    """A table of days and periods; a day may stand in one line only."""
    if not isinstance(raw, dict):
        reader.problem(place, 'must be a table of days, such as mon-thu = "9:00-18:00"')
        return {}
    weekly: Weekly = {}
    lines: dict[Weekday, Place] = {}
    for days, hours in raw.items():
        where = place.at(days)
        value = reader.value(where, hours, str | list[str])
        periods = None if value is None else reader.parsed(where, parse_periods, value)
        for day in reader.parsed(where, lambda text: list(parse_days(text)), days) or []:
            if day in weekly:
                reader.problem(where, f"{day} is given twice")
            weekly[day], lines[day] = periods or (), where
    _check_nights(reader, lines, weekly)
    return {day: periods for day, periods in weekly.items() if periods}


def _check_nights(reader: Reader, lines: dict[Weekday, Place], weekly: Weekly) -> None:
    for day, after in zip(WEEKDAYS, (*WEEKDAYS[1:], WEEKDAYS[0]), strict=True):
        if day in lines:
            night = (day, weekly[day], after, weekly.get(after, ()))
            reader.parsed(lines[day], lambda parts: check_night(*parts), night)


def closures_of(reader: Reader, place: Place, raw: list[Any], hours: Weekly) -> tuple[Closure, ...]:
    """Days with other hours than those of the week; each may be given once."""
    closures: dict[date, Closure] = {}
    lines: dict[date, Place] = {}
    for label, table in reader.tables(place, raw, "day"):
        where = place.item(str(table["day"]) if _dated(table) else label)
        one = reader.struct(where, table, _Closure)
        if one is None:
            continue
        if one.day.year not in YEARS:
            reader.problem(where.at("day"), f"is not in {YEARS[0]} to {YEARS[-1]}")
            continue
        if one.day in closures:
            reader.problem(where, "the day is given twice")
        line = where.at("hours")
        periods = () if one.hours is None else reader.parsed(line, parse_periods, one.hours)
        closures[one.day], lines[one.day] = Closure(one.day, one.reason, periods or ()), line
    _check_around(reader, lines, closures, hours)
    return tuple(closures.values())


def _dated(table: Any) -> bool:
    return isinstance(table, dict) and isinstance(table.get("day"), date)


def _check_around(
    reader: Reader, lines: dict[date, Place], closures: dict[date, Closure], hours: Weekly
) -> None:
    """The night before must be over when other hours begin, and they before the next day's."""

    def periods(day: date) -> tuple[Period, ...]:
        if day in closures:
            return closures[day].periods
        return hours.get(WEEKDAYS[day.weekday()], ())

    for day, where in lines.items():
        for first in (day - timedelta(days=1), day):
            after = first + timedelta(days=1)
            night = (str(first), periods(first), str(after), periods(after))
            reader.parsed(where, lambda parts: check_night(*parts), night)
