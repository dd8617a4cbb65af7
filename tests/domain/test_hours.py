"""A branch's local days in UTC, the days on which the clocks change included."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain import hours
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import WEEKDAYS, Closure, Period, Weekly

KYIV = ZoneInfo("Europe/Kyiv")
SPRING, AUTUMN, NEXT_SPRING = date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)
EVERY_DAY: Weekly = {day: (Period(time(9), time(18)),) for day in WEEKDAYS}
WEEK: Weekly = {
    "mon": (Period(time(9), time(13)), Period(time(14), time(18))),
    "fri": (Period(time(9), time(16, 30)),),
}
REASON = Text("Свято", "Holiday")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_a_winter_monday_is_two_hours_behind_utc() -> None:
    assert hours.windows(WEEK, (), date(2026, 11, 23), KYIV) == (
        (utc(2026, 11, 23, 7), utc(2026, 11, 23, 11)),
        (utc(2026, 11, 23, 12), utc(2026, 11, 23, 16)),
    )


def test_a_summer_friday_is_three_hours_behind_utc() -> None:
    assert hours.windows(WEEK, (), date(2026, 7, 3), KYIV) == (
        (utc(2026, 7, 3, 6), utc(2026, 7, 3, 13, 30)),
    )


def test_a_day_that_the_week_does_not_name_is_closed() -> None:
    assert hours.windows(WEEK, (), date(2026, 11, 22), KYIV) == ()


def test_a_closure_without_hours_closes_the_whole_day() -> None:
    closed = Closure(date(2026, 11, 23), REASON)
    assert hours.windows(WEEK, [closed], date(2026, 11, 23), KYIV) == ()
    assert hours.windows(WEEK, [closed], date(2026, 11, 30), KYIV) != ()


def test_a_closure_with_hours_replaces_those_of_the_week() -> None:
    shorter = Closure(date(2026, 11, 23), REASON, (Period(time(9), time(12)),))
    assert hours.windows(WEEK, [shorter], date(2026, 11, 23), KYIV) == (
        (utc(2026, 11, 23, 7), utc(2026, 11, 23, 10)),
    )


@pytest.mark.parametrize(
    ("day", "length"), [(SPRING, 23), (AUTUMN, 25), (NEXT_SPRING, 23), (date(2026, 6, 1), 24)]
)
def test_a_local_day_has_as_many_hours_as_the_clocks_say(day: date, length: int) -> None:
    opens, closes = hours.day_window(day, KYIV)
    assert closes - opens == timedelta(hours=length)


@pytest.mark.parametrize("day", [SPRING, AUTUMN, NEXT_SPRING])
def test_nine_is_nine_on_the_wall_when_the_clocks_change(day: date) -> None:
    ((opens, closes),) = hours.windows(EVERY_DAY, (), day, KYIV)
    assert opens.astimezone(KYIV).time() == time(9)
    assert closes - opens == timedelta(hours=9)
    before = hours.windows(EVERY_DAY, (), day - timedelta(days=1), KYIV)[0].opens
    assert opens - before != timedelta(days=1)


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


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (utc(2026, 11, 23, 7), utc(2026, 11, 23, 7)),
        (utc(2026, 11, 23, 11), utc(2026, 11, 23, 12)),
        (utc(2026, 11, 23, 16), utc(2026, 11, 27, 7)),
        (utc(2026, 11, 21, 12), utc(2026, 11, 23, 7)),
    ],
    ids=["running", "the break", "after closing", "the weekend"],
)
def test_the_opening_that_runs_or_comes_next_is_found(now: datetime, opens: datetime) -> None:
    found = hours.window_at_or_after(WEEK, (), now, KYIV, days=7)
    assert found is not None
    assert found.opens == opens
    assert hours.window_at_or_after({}, (), now, KYIV, days=7) is None
