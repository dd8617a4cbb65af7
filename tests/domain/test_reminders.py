"""When somebody is reminded: once for each moment, never in the night, never twice in a row."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from queue_app.domain.quiet import Quiet
from queue_app.domain.reminders import (
    COVERS,
    FRESH,
    REMINDERS,
    Reminder,
    Reminders,
    event_of,
    told_by,
)

KYIV = ZoneInfo("Europe/Kyiv")
NIGHT = Quiet(21, 8, KYIV)
USUAL = Reminders(18, 120, NIGHT)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

minutes_of_two_years = st.integers(0, 2 * 365 * 24 * 60)
centres = st.builds(
    lambda hour, minutes, first, last: Reminders(hour, minutes, Quiet(first, last, KYIV)),
    st.sampled_from([0, *range(9, 21)]),
    st.integers(0, 720),
    st.sampled_from([21, 22, 23, 0]),
    st.sampled_from([5, 6, 7, 8, 9]),
)


def minute(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)


def at(day: int, hour: int, minutes: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minutes, tzinfo=KYIV)


@given(centres, minutes_of_two_years, st.integers(-3000, 3000), st.sampled_from(REMINDERS))
def test_law_what_a_moment_reaches_is_what_has_had_its_moment(
    centre: Reminders, start: int, later: int, which: Reminder
) -> None:
    starts_at, now = minute(start), minute(start + later)
    reach = centre.reach(which, now)
    alone = Reminders(centre.hour * (which == "day_before"), centre.minutes, centre.quiet)
    moment = alone.moments(starts_at).get(which)
    if reach is None or moment is None:
        assert reach is moment
    else:
        assert (starts_at <= reach) is (moment <= now)


@given(centres, minutes_of_two_years)
def test_law_nobody_is_reminded_in_the_night_nor_twice_within_hours_nor_after_the_beginning(
    centre: Reminders, start: int
) -> None:
    starts_at = minute(start)
    moments = sorted(centre.moments(starts_at).values())
    assert len(moments) == (bool(centre.hour) + bool(centre.minutes)) or (
        len(moments) == 1 and centre.hour
    )
    for moment in moments:
        assert not centre.quiet.holds(moment)
        assert moment <= starts_at
    assert all(later - one >= COVERS for one, later in pairwise(moments))


@given(centres, minutes_of_two_years, st.integers(0, 3000))
@example(USUAL, 60 * 24 * 300, 0)
def test_law_of_two_reminders_that_are_late_one_leaves(
    centre: Reminders, start: int, before: int
) -> None:
    starts_at, now = minute(start), minute(start - before)
    come = [which for which, moment in centre.moments(starts_at).items() if moment <= now]
    due = [which for which in come if centre.is_due(which, starts_at, LONG_AGO, now)]
    assert len(due) <= 1
    if due:
        assert centre.quiet.ends_after(now) < starts_at


@pytest.mark.parametrize(
    ("starts_at", "day_before", "shortly_before"),
    [
        (at(24, 15), at(23, 18), at(24, 13)),
        (at(24, 10, 10), at(23, 18), at(24, 8, 10)),
        (at(24, 9), at(23, 18), None),  # two hours before is night, and the evening has told it
        (at(24, 10), at(23, 18), at(24, 8)),
        (at(24, 22, 10), at(23, 18), at(24, 20)),  # 20:10 would leave no second attempt
        (at(25, 1), at(24, 18), None),
        (at(25, 10, 30, month=10), at(24, 18, month=10), at(25, 8, 30, month=10)),
    ],
)
def test_a_visit_is_recalled_on_the_evening_before_and_two_hours_before(
    starts_at: datetime, day_before: datetime, shortly_before: datetime | None
) -> None:
    wanted = {"day_before": day_before, "shortly_before": shortly_before}
    assert USUAL.moments(starts_at) == {which: one for which, one in wanted.items() if one}


def test_where_the_evening_tells_nothing_a_morning_visit_is_recalled_before_the_night() -> None:
    assert Reminders(0, 120, NIGHT).moments(at(24, 9)) == {"shortly_before": at(23, 20)}


def test_each_of_them_can_be_switched_off() -> None:
    assert Reminders(0, 0, NIGHT).moments(at(24, 15)) == {}
    assert Reminders(18, 0, NIGHT).reach("shortly_before", at(24, 15)) is None
    assert Reminders(0, 120, NIGHT).reach("day_before", at(24, 15)) is None


@pytest.mark.parametrize(
    ("which", "booked_at", "now", "due"),
    [
        ("day_before", LONG_AGO, at(23, 18), True),
        ("day_before", at(23, 18) - FRESH, at(23, 18), True),
        ("day_before", at(23, 16, 1), at(23, 18), False),
        ("day_before", at(23, 18, 1), at(23, 19), False),
        ("shortly_before", at(24, 11), at(24, 13), True),
        ("shortly_before", at(24, 11, 1), at(24, 13), False),
        # The server was away.
        ("day_before", LONG_AGO, at(24, 9), True),
        ("day_before", LONG_AGO, at(24, 11, 30), False),
        ("shortly_before", LONG_AGO, at(24, 14, 59), True),
        ("shortly_before", LONG_AGO, at(24, 15), False),
    ],
)
def test_who_has_just_booked_is_not_reminded_nor_who_is_late_or_reminded_again_soon(
    which: Reminder, booked_at: datetime, now: datetime, due: bool
) -> None:
    assert USUAL.is_due(which, at(24, 15), booked_at, now) is due


def test_a_reminder_that_would_wake_somebody_after_the_visit_began_is_none() -> None:
    early = Reminders(18, 0, NIGHT)
    assert early.is_due("day_before", at(24, 9), LONG_AGO, at(23, 23))
    assert not early.is_due("day_before", at(24, 8), LONG_AGO, at(23, 23))


def test_what_a_reminder_tells_of_names_its_time_whatever_the_zone() -> None:
    event = event_of("day_before", 7, at(24, 10))
    assert event == event_of("day_before", 7, at(24, 10).astimezone(UTC))
    assert told_by(event) == ("day_before", at(24, 10))
