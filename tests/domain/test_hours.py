"""Wall-clock times of local days in UTC, the days on which the clocks change included."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain import hours
from queue_app.domain.centre import Period

KYIV = ZoneInfo("Europe/Kyiv")
SPRING, AUTUMN, NEXT_SPRING = date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("day", "length"), [(SPRING, 23), (AUTUMN, 25), (NEXT_SPRING, 23), (date(2026, 6, 1), 24)]
)
def test_a_local_day_has_as_many_hours_as_the_clocks_say(day: date, length: int) -> None:
    opens, closes = hours.day_window(day, KYIV)
    assert closes - opens == timedelta(hours=length)


def test_hours_around_the_spring_change_are_an_hour_shorter() -> None:
    ((opens, closes),) = hours.as_windows([Period(time(2), time(5))], SPRING, KYIV)
    assert closes - opens == timedelta(hours=2)


def test_hours_around_the_autumn_change_are_an_hour_longer() -> None:
    ((opens, closes),) = hours.as_windows([Period(time(2), time(5))], AUTUMN, KYIV)
    assert closes - opens == timedelta(hours=4)
    ((opens, closes),) = hours.as_windows([Period(time(3), time(3, 30))], AUTUMN, KYIV)
    assert closes - opens == timedelta(minutes=90)


def test_a_time_that_spring_skips_is_the_moment_of_the_change() -> None:
    change = utc(2026, 3, 29, 1)
    assert hours.instant(SPRING, time(3, 30), KYIV) == change
    assert hours.instant(SPRING, time(3, 30), KYIV, fold=1) == change
    assert hours.as_windows([Period(time(3), time(4))], SPRING, KYIV) == ()


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.times(),
    st.sampled_from(["Europe/Kyiv", "Europe/London", "America/New_York", "Asia/Kathmandu", "UTC"]),
)
def test_an_instant_reads_back_as_its_wall_time_unless_skipped(
    day: date, wall: time, name: str
) -> None:
    zone = ZoneInfo(name)
    local = hours.instant(day, wall, zone).astimezone(zone)
    if local.time() != wall:
        moment = local.astimezone(UTC)
        just_before = (moment - timedelta(microseconds=1)).astimezone(zone)
        assert just_before.utcoffset() != local.utcoffset()
        assert just_before.time() < wall < local.time()


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_days_follow_one_another_without_a_gap(day: date) -> None:
    following = day + timedelta(days=1)
    assert hours.day_window(day, KYIV).closes == hours.day_window(following, KYIV).opens
