"""Free starts: against a naive search, across clock changes, and within the rules."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from queue_app.domain import hours, slots
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.catalogue import Channel, Text
from queue_app.domain.centre import WEEKDAYS, Closure, Period, Rules, Weekly
from queue_app.domain.slots import Capacity, Occupied, Visit

KYIV = ZoneInfo("Europe/Kyiv")
RULES = Rules(lead_minutes=0)
MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
SPRING, AUTUMN, NEXT_SPRING = date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)
BRANCH: Weekly = {day: (Period(time(9), time(18)),) for day in WEEKDAYS}
ROUND_THE_CLOCK: Weekly = {day: (Period(time(0), time(23, 55)),) for day in WEEKDAYS}


class Lane(Struct, frozen=True):
    id: int
    services: frozenset[str]
    roster: Weekly
    channel: Channel = "visit"


def lane(id_: int, services: str = "a", roster: Weekly = BRANCH, **more: Channel) -> Lane:
    return Lane(id_, frozenset(services), roster, **more)


def capacity(
    lanes: Sequence[Lane],
    occupied: Sequence[Occupied] = (),
    rules: Rules = RULES,
    opening: Weekly = BRANCH,
    closures: tuple[Closure, ...] = (),
) -> Capacity:
    return Capacity(lanes, opening, closures, occupied, rules, KYIV)


def visit(minutes: int, services: str = "a", channel: Channel = "visit") -> Visit:
    return Visit(frozenset(services), channel, minutes)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=KYIV)


def taken(lane_id: int, start: datetime, minutes: int) -> Occupied:
    start = start.astimezone(UTC)
    return Occupied(lane_id, start, start + timedelta(minutes=minutes))


def on(branch: Capacity, wanted: Visit, day: date, now: datetime | None = None) -> list[datetime]:
    """The free starts of one day, asked for from its midnight if not told otherwise."""
    now = now or hours.day_window(day, KYIV).opens
    return slots.free_starts(branch, wanted, day, 1, now)[day]


def walls(starts: Sequence[datetime]) -> list[str]:
    return [f"{start:%H:%M}" for start in starts]


# What a day offers


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
    reason = Text("Свято", "Holiday")
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
    grid = slots.grid_day(day, KYIV, 5, 10)
    assert len(grid.instants) == cells
    assert {at.minute % 10 for at in slots._instants(grid, grid.steps)} == {0}


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


# Laws

_steps = st.sampled_from([(5, 5), (5, 10), (5, 15), (10, 10), (10, 30), (15, 15), (1, 7)])
_days = st.sampled_from([MONDAY, TUESDAY, SPRING, AUTUMN, NEXT_SPRING])
_given = st.sampled_from(["abc", "ab", "a", "b"])
_asked = st.sampled_from(["a", "b", "ab"])
_channels: st.SearchStrategy[Channel] = st.sampled_from(["visit", "visit", "visit", "phone"])


@st.composite
def _weeklies(draw: st.DrawFn) -> Weekly:
    """The same hours on every day: usual ones, or up to three periods to the minute."""
    if draw(st.booleans()):
        return draw(st.sampled_from([BRANCH, ROUND_THE_CLOCK]))
    ends = sorted(draw(st.sets(st.integers(0, 24 * 60 - 1), max_size=6)))
    walls = [time(*divmod(minute, 60)) for minute in ends]
    periods = tuple(Period(*pair) for pair in zip(walls[::2], walls[1::2], strict=False))
    return dict.fromkeys(WEEKDAYS, periods)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Capacity, Visit, date, datetime]:
    day = draw(_days)
    grid, step = draw(_steps)
    rules = Rules(
        grid_minutes=grid,
        start_step_minutes=step,
        lead_minutes=draw(st.sampled_from([0, 30, 600])),
        horizon_days=draw(st.integers(1, 4)),
    )
    lanes = [
        lane(id_, draw(_given), draw(_weeklies()), channel=draw(_channels))
        for id_ in range(1, draw(st.integers(1, 3)) + 1)
    ]
    midnight = hours.day_window(day, KYIV).opens
    occupied = [
        taken(one.id, midnight + timedelta(minutes=draw(st.integers(-60, 26 * 60))), length)
        for one in lanes
        for length in draw(st.lists(st.integers(1, 240), max_size=3))
    ]
    now = midnight + timedelta(minutes=draw(st.integers(-3 * 24 * 60, 20 * 60)))
    branch = capacity(lanes, occupied, rules, opening=draw(_weeklies()))
    return branch, visit(grid * draw(st.integers(1, 12)), draw(_asked)), day, now


def naive_starts(branch: Capacity, wanted: Visit, day: date, now: datetime) -> list[datetime]:
    """Minute by minute: may a visit start here, and is some lane free for all of it?"""
    rules = branch.rules
    earliest, last = slots.bookable(now, rules, KYIV)
    opens, closes = hours.day_window(day, KYIV)
    found = []
    moment = opens
    while moment < closes and day <= last:
        local = moment.astimezone(KYIV)
        on_step = (local.hour * 60 + local.minute) % rules.start_step_minutes == 0
        on_grid = (moment - opens) % timedelta(minutes=rules.grid_minutes) == timedelta()
        if on_step and on_grid and moment >= earliest and naive_lanes(branch, wanted, day, moment):
            found.append(moment)
        moment += timedelta(minutes=1)
    return found


def naive_lanes(branch: Capacity, wanted: Visit, day: date, start: datetime) -> list[int]:
    """Cell by cell: is it in the hours, in the roster, and taken by nobody?"""
    grid = timedelta(minutes=branch.rules.grid_minutes)
    midnight = hours.day_window(day, KYIV).opens
    cells = [start + count * grid for count in range(-(-timedelta(minutes=wanted.minutes) // grid))]

    def inside(weekly: Weekly, cell: datetime) -> bool:
        windows = BranchDay(day, KYIV, branch.rules, weekly).windows
        return any(opens <= cell and cell + grid <= closes for opens, closes in windows)

    def free(one: Lane, cell: datetime) -> bool:
        return not any(
            lane_id == one.id and starts < cell + grid and cell < ends
            for lane_id, starts, ends in branch.occupied
        )

    assert all((cell - midnight) % grid == timedelta() for cell in cells)
    return [
        one.id
        for one in branch.lanes
        if one.channel == wanted.channel
        and wanted.services <= one.services
        and all(
            inside(branch.hours, cell) and inside(one.roster, cell) and free(one, cell)  # type: ignore[arg-type]
            for cell in cells
        )
    ]


@settings(max_examples=120, deadline=None)
@given(_cases())
def test_the_bitsets_agree_with_a_naive_search(
    case: tuple[Capacity, Visit, date, datetime],
) -> None:
    branch, wanted, day, now = case
    starts = on(branch, wanted, day, now)
    assert [start.astimezone(UTC) for start in starts] == naive_starts(branch, wanted, day, now)
    for start in starts:
        found = slots.lanes_free_at(branch, wanted, start, now)
        assert sorted(found) == naive_lanes(branch, wanted, day, start.astimezone(UTC))


@settings(max_examples=120, deadline=None)
@given(_cases(), st.data())
def test_a_free_start_can_be_booked_until_its_last_lane_and_then_is_not_free(
    case: tuple[Capacity, Visit, date, datetime], data: st.DataObject
) -> None:
    branch, wanted, day, now = case
    starts = on(branch, wanted, day, now)
    if not starts:
        return
    start = data.draw(st.sampled_from(starts))
    while lanes := slots.lanes_free_at(branch, wanted, start, now):
        assert start in on(branch, wanted, day, now)
        booked = [*branch.occupied, taken(lanes[0], start, wanted.minutes)]
        branch = msgspec.structs.replace(branch, occupied=booked)
        assert lanes[0] not in slots.lanes_free_at(branch, wanted, start, now)
    assert start.timestamp() not in {one.timestamp() for one in on(branch, wanted, day, now)}


@given(st.integers(0, 2**80), st.integers(1, 20))
def test_runs_are_where_enough_free_cells_follow_one_another(free: int, cells: int) -> None:
    found = slots.runs(free, cells)
    for cell in range(90):
        naive = all(free >> (cell + ahead) & 1 for ahead in range(cells))
        assert bool(found >> cell & 1) == naive
