"""The calendar of days to book: its weeks begin as those of the centre's country do."""

from datetime import datetime, time, timedelta

import pytest
from msgspec.structs import replace

from booking.month import Month, month_of
from config.files import load_centre
from queue_app.delivery.samples import directory_of
from queue_app.domain.centre import WEEKDAYS, Period
from queue_app.texts.formats import Formats
from tests.conftest import KYIV
from tests.web.test_formats import plain
from tests.web.test_second_centre import VALLETTA

NOW = datetime(2026, 11, 25, 10, tzinfo=KYIV)
"""A Wednesday."""


def month(country: str | None) -> Month:
    """Of a branch that is open every day but Monday."""
    centre = load_centre(VALLETTA)
    hours = {day: (Period(time(9), time(13)),) for day in WEEKDAYS[1:]}
    branch = replace(centre.branches[0], hours=hours)
    directory = directory_of(replace(centre, country=country, branches=(branch,)))
    free = {NOW.date() + timedelta(days=1): [NOW]}
    return month_of(directory, [directory.branch(branch.slug)], free, NOW, str)


@pytest.mark.parametrize(
    ("country", "columns", "first"),
    [
        ("UA", [1, 2, 3, 4, 5, 6], [None, 25, 26, 27, 28, 29]),
        ("IN", [6, 1, 2, 3, 4, 5], [None, None, 25, 26, 27, 28]),
        ("TW", [6, 1, 2, 3, 4, 5], [None, None, 25, 26, 27, 28]),
        ("EG", [5, 6, 1, 2, 3, 4], [None, None, None, 25, 26, 27]),
        (None, [1, 2, 3, 4, 5, 6], [None, 25, 26, 27, 28, 29]),
    ],
)
def test_weeks_begin_as_the_country_has_it(
    country: str | None, columns: list[int], first: list[int | None]
) -> None:
    made = month(country)
    assert [day.weekday() for day in made.weekdays] == columns
    assert [cell.day.day if cell else None for cell in made.weeks[0]] == first
    for week in made.weeks:
        for cell, column in zip(week, columns, strict=True):
            assert cell is None or cell.day.weekday() == column


def test_hours_of_a_day_are_said_by_the_clock_of_the_country() -> None:
    hours = Period(time(10), time(13, 30))
    assert Formats("uk", KYIV, "UA").hours(hours) == "10:00–13:30"
    assert plain(Formats("hi", KYIV, "IN").hours(hours)) == "10:00 am–1:30 pm"
    assert Formats("uk", KYIV, "UA").hours(Period(time(9), time(0))) == "09:00–24:00"
    assert plain(Formats("en", KYIV, "IN").hours(Period(time(9), time(0)))) == "9:00 am–12:00 am"
