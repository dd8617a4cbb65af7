"""Free starts: what a day offers, within the rules and across clock changes."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from queue_app.domain import slots
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Closure, Period, Rules, Weekly
from queue_app.domain.grid import grid_day, instants_of, open_cells
from tests.domain.lanes import (
    AUTUMN,
    KYIV,
    MONDAY,
    NEXT_SPRING,
    ROUND_THE_CLOCK,
    SPRING,
    TUESDAY,
    at,
    capacity,
    lane,
    on,
    taken,
    visit,
    walls,
)
from tests.domain.nights import night


def test_a_visit_starts_on_the_step_and_ends_by_closing() -> None:
    short: Weekly = {"mon": (Period(time(9), time(10)),)}
    branch = capacity([lane(1, roster=short)])
    assert walls(on(branch, visit(25), MONDAY)) == ["09:00", "09:10", "09:20", "09:30"]
    assert walls(on(branch, visit(60), MONDAY)) == ["09:00"]
    assert on(branch, visit(65), MONDAY) == []


def test_a_lane_gives_only_what_lies_in_the_hours_of_its_branch() -> None:
    opening: Weekly = {"mon": (Period(time(10), time(11)),)}
    branch = capacity([lane(1)], opening=opening)
    assert walls(on(branch, visit(30), MONDAY)) == ["10:00", "10:10", "10:20", "10:30"]
    assert on(branch, visit(30), TUESDAY) == []


def test_a_visit_does_not_reach_across_a_break() -> None:
    roster: Weekly = {"mon": (Period(time(9), time(9, 30)), Period(time(9, 40), time(10)))}
    branch = capacity([lane(1, roster=roster)])
    assert walls(on(branch, visit(20), MONDAY)) == ["09:00", "09:10", "09:40"]


def test_a_closure_takes_the_day_or_shortens_it() -> None:
    reason = Text(uk="Свято", en="Holiday")
    closed = capacity([lane(1)], closures=(Closure(MONDAY, reason),))
    assert on(closed, visit(10), MONDAY) == []
    shorter = Closure(MONDAY, reason, (Period(time(9), time(9, 30)),))
    branch = capacity([lane(1)], closures=(shorter,))
    assert walls(on(branch, visit(10), MONDAY)) == ["09:00", "09:10", "09:20"]


def test_a_booking_takes_every_cell_that_it_touches() -> None:
    roster: Weekly = {"mon": (Period(time(9), time(10)),)}
    branch = capacity([lane(1, roster=roster)], [taken(1, at(MONDAY, 9, 12), 16)])
    assert walls(on(branch, visit(10), MONDAY)) == ["09:00", "09:30", "09:40", "09:50"]


def test_a_start_is_free_while_one_lane_is() -> None:
    both = [lane(1), lane(2)]
    one_taken = capacity(both, [taken(1, at(MONDAY, 9), 10)])
    assert at(MONDAY, 9) in on(one_taken, visit(10), MONDAY)
    all_taken = capacity(both, [taken(1, at(MONDAY, 9), 10), taken(2, at(MONDAY, 9), 10)])
    assert at(MONDAY, 9) not in on(all_taken, visit(10), MONDAY)


def test_two_half_free_lanes_do_not_make_a_free_one() -> None:
    morning = at(MONDAY, 9)
    branch = capacity(
        [lane(1), lane(2)], [taken(1, morning, 10), taken(2, morning + timedelta(minutes=10), 10)]
    )
    assert morning not in on(branch, visit(20), MONDAY)


def test_one_lane_must_give_every_service_through_the_channel() -> None:
    branch = capacity([lane(1, "a"), lane(2, "b"), lane(3, "ab", channel="phone")])
    assert on(branch, visit(10, "a"), MONDAY)
    assert on(branch, visit(10, "ab"), MONDAY) == []
    assert on(branch, visit(10, "ab", "phone"), MONDAY)


# Lead time, horizon, release


def test_a_slot_is_bookable_until_the_lead_time_before_it() -> None:
    branch = capacity([lane(1)], rules=Rules(lead_minutes=30))
    assert on(branch, visit(10), MONDAY, at(MONDAY, 9, 30))[0] == at(MONDAY, 10)
    a_moment_later = at(MONDAY, 9, 30) + timedelta(seconds=1)
    assert on(branch, visit(10), MONDAY, a_moment_later)[0] == at(MONDAY, 10, 10)


def test_the_last_day_of_the_horizon_opens_at_the_release_hour() -> None:
    branch = capacity([lane(1)], rules=Rules(horizon_days=7, release_hour=6))
    last = MONDAY + timedelta(days=7)
    assert on(branch, visit(10), last, at(MONDAY, 5, 59)) == []
    assert on(branch, visit(10), last, at(MONDAY, 6))
    assert on(branch, visit(10), last + timedelta(days=1), at(MONDAY, 23)) == []


def test_every_day_asked_for_is_answered_the_past_ones_with_nothing() -> None:
    branch = capacity([lane(1)])
    found = slots.free_starts(branch, visit(10), MONDAY, 3, at(TUESDAY, 12))
    assert list(found) == [MONDAY, TUESDAY, TUESDAY + timedelta(days=1)]
    assert found[MONDAY] == []
    assert found[TUESDAY][0] == at(TUESDAY, 12)


# Which lane


def test_the_least_skilled_lane_comes_first_then_the_tightest_then_the_lowest_id() -> None:
    roster: Weekly = {"mon": (Period(time(9), time(9, 30)),)}
    branch = capacity(
        [lane(1, "abc"), lane(4, "ab"), lane(3, "ab"), lane(2, "ab", roster=roster), lane(5, "b")]
    )
    assert slots.lanes_free_at(branch, visit(10), at(MONDAY, 9), at(MONDAY, 8)) == [2, 3, 4, 1]


def test_the_gap_around_a_start_ends_at_bookings_on_both_sides() -> None:
    branch = capacity(
        [lane(1), lane(2)],
        [
            taken(1, at(MONDAY, 9), 30),
            taken(2, at(MONDAY, 9), 50),
            taken(2, at(MONDAY, 10, 20), 60),
        ],
    )
    assert slots.lanes_free_at(branch, visit(10), at(MONDAY, 10), at(MONDAY, 8)) == [2, 1]


@pytest.mark.parametrize(
    "start",
    [
        at(MONDAY, 9, 5),
        at(MONDAY, 9, 3),
        at(MONDAY, 9) + timedelta(seconds=1),
        at(MONDAY, 8, 50),
        at(MONDAY, 17, 50),
        at(MONDAY, 9, 20),
        at(MONDAY + timedelta(days=60), 9),
        at(MONDAY - timedelta(days=1), 9),
    ],
    ids=["step", "grid", "second", "early", "too long", "taken", "horizon", "past"],
)
def test_no_lane_takes_what_is_no_free_start(start: datetime) -> None:
    branch = capacity([lane(1)], [taken(1, at(MONDAY, 9, 20), 30)])
    assert slots.lanes_free_at(branch, visit(20), start, at(MONDAY, 8)) == []


def test_a_start_may_be_written_in_any_zone() -> None:
    branch = capacity([lane(1)])
    start = at(MONDAY, 9).astimezone(ZoneInfo("America/New_York"))
    assert slots.lanes_free_at(branch, visit(20), start, at(MONDAY, 8)) == [1]


def test_the_nearest_starts_come_in_order_of_time() -> None:
    starts = [at(MONDAY, 9), at(MONDAY, 10), at(MONDAY, 11), at(TUESDAY, 9)]
    found = slots.nearest(starts, at(MONDAY, 10, 30), 3)
    assert found == [at(MONDAY, 9), at(MONDAY, 10), at(MONDAY, 11)]
    assert slots.nearest(starts, at(MONDAY, 9, 30), 1) == [at(MONDAY, 9)]
    assert slots.nearest([], at(MONDAY, 9), 3) == []


# The clocks change


@pytest.mark.parametrize("day", [SPRING, AUTUMN, NEXT_SPRING])
def test_a_working_day_looks_the_same_when_the_clocks_change(day: date) -> None:
    branch = capacity([lane(1)])
    usual = walls(on(branch, visit(20), MONDAY))
    starts = on(branch, visit(20), day)
    assert walls(starts) == usual
    booked = capacity([lane(1)], [taken(1, starts[3], 20)])
    assert walls(on(booked, visit(20), day)) == [
        wall for wall in usual if wall not in (f"{one:%H:%M}" for one in starts[2:5])
    ]


@pytest.mark.parametrize(("day", "cells"), [(SPRING, 276), (AUTUMN, 300), (NEXT_SPRING, 276)])
def test_the_grid_has_as_many_cells_as_the_day_has(day: date, cells: int) -> None:
    made = grid_day(day, KYIV, 5, 10)
    assert len(made.instants) == cells
    assert {at.minute % 10 for at in instants_of(made, made.steps)} == {0}


def test_spring_has_no_starts_in_the_hour_that_it_skips() -> None:
    branch = capacity([lane(1, roster=ROUND_THE_CLOCK)], opening=ROUND_THE_CLOCK)
    starts = on(branch, visit(30), SPRING)
    assert [wall for wall in walls(starts) if "02:30" <= wall <= "04:00"] == [
        "02:30",
        "02:40",
        "02:50",
        "04:00",
    ]
    assert starts == sorted(starts, key=datetime.timestamp)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Africa/Cairo", date(2026, 4, 24)),
        ("America/Havana", date(2026, 3, 8)),
        ("America/Santiago", date(2026, 9, 6)),
        ("Asia/Beirut", date(2026, 3, 29)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Africa/Cairo", date(2026, 10, 29)),
        ("America/Santiago", date(2026, 4, 4)),
    ],
)
def test_hours_are_those_of_the_wall_where_midnight_itself_is_skipped_or_repeated(
    zone: str, day: date
) -> None:
    """A day that begins at one o'clock is as long as its clocks say, and no hour is moved."""
    made = grid_day(day, ZoneInfo(zone), 5, 10)
    for opens, closes, last in (("9:00", "12:00", "11:55"), ("22:00", "22:30", "22:25")):
        cells = open_cells((night(opens, closes),), made)
        shown = [f"{one.hour}:{one:%M}" for one in instants_of(made, cells)]
        assert shown[0] == opens
        assert shown[-1] == last


def test_autumn_offers_the_hour_that_it_repeats_twice_and_each_once() -> None:
    branch = capacity([lane(1, roster=ROUND_THE_CLOCK)], opening=ROUND_THE_CLOCK)
    starts = on(branch, visit(10), AUTUMN)
    twice = [start for start in starts if f"{start:%H:%M}" == "03:30"]
    assert [start.utcoffset() for start in twice] == [timedelta(hours=3), timedelta(hours=2)]
    booked = msgspec.structs.replace(branch, occupied=[taken(1, twice[0], 10)])
    left = on(booked, visit(10), AUTUMN)
    assert [start.timestamp() for start in left] == [
        start.timestamp() for start in starts if start is not twice[0]
    ]


def test_starts_of_a_night_stand_under_the_date_on_which_they_begin() -> None:
    nightly: Weekly = {"mon": (night("22:00", "30:00"),)}
    branch = capacity([lane(1, roster=nightly)], opening=nightly)
    monday, tuesday = (on(branch, visit(30), day) for day in (MONDAY, TUESDAY))
    assert walls(monday)[0] == "22:00"
    assert walls(monday)[-2:] == ["23:40", "23:50"], "a visit may run past midnight"
    assert (walls(tuesday)[0], walls(tuesday)[-1]) == ("00:00", "05:30")
    assert {start.date() for start in tuesday} == {TUESDAY}


def test_a_booking_past_midnight_takes_its_cells_on_both_dates() -> None:
    nightly: Weekly = {"mon": (night("22:00", "30:00"),)}
    booked = taken(1, at(MONDAY, 23, 50), 20)
    branch = capacity([lane(1, roster=nightly)], [booked], opening=nightly)
    assert walls(on(branch, visit(10), MONDAY))[-1] == "23:40"
    assert walls(on(branch, visit(20), MONDAY))[-1] == "23:30"
    assert walls(on(branch, visit(10), TUESDAY))[0] == "00:10"
    now = at(MONDAY, 12)
    assert slots.lanes_free_at(branch, visit(10), at(TUESDAY, 0), now) == []
    assert slots.lanes_free_at(branch, visit(30), at(MONDAY, 23, 20), now) == [1]
    assert slots.lanes_free_at(branch, visit(30), at(MONDAY, 23, 30), now) == []


def test_the_lead_time_counts_real_time_through_the_repeated_hour() -> None:
    branch = capacity(
        [lane(1, roster=ROUND_THE_CLOCK)], rules=Rules(lead_minutes=30), opening=ROUND_THE_CLOCK
    )
    first_time = at(AUTUMN, 3, 50)
    starts = on(branch, visit(10), AUTUMN, first_time)
    assert starts[0].timestamp() - first_time.timestamp() == 30 * 60
    second_time = starts[0]
    assert (second_time.hour, second_time.minute, second_time.fold) == (3, 20, 1)
    assert slots.lanes_free_at(branch, visit(10), second_time, first_time) == [1]
    earlier = second_time.replace(fold=0)
    assert slots.lanes_free_at(branch, visit(10), earlier, first_time) == []


def test_a_lane_with_a_pause_keeps_it_free_around_every_visit() -> None:
    taken_at_ten = [taken(1, at(MONDAY, 10), 20)]
    with_pause = capacity([lane(1, pause_minutes=10)], taken_at_ten)
    free = on(with_pause, visit(10), MONDAY)
    assert at(MONDAY, 9, 40) in free and at(MONDAY, 9, 50) not in free
    assert at(MONDAY, 10, 20) not in free and at(MONDAY, 10, 30) in free
    assert at(MONDAY, 9, 50) in on(capacity([lane(1)], taken_at_ten), visit(10), MONDAY)


def test_a_lane_keeps_its_share_of_the_day_for_walk_ins() -> None:
    """Nine hours, of which half may be booked: 270 minutes."""
    half = lane(1, walk_in_percent=50)
    booked = [taken(1, at(MONDAY, 9), 240)]
    assert at(MONDAY, 15) in on(capacity([half], booked), visit(30), MONDAY)
    assert on(capacity([half], booked), visit(35), MONDAY) == []
    assert on(capacity([half], [taken(1, at(MONDAY, 9), 265)]), visit(10), MONDAY) == []
    assert at(TUESDAY, 15) in on(capacity([half], booked), visit(35), TUESDAY)
    assert at(MONDAY, 15) in on(capacity([lane(1)], booked), visit(35), MONDAY)
