"""Laws of free starts, against a naive search."""

from datetime import UTC, date, datetime, time, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain import hours, slots
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.catalogue import Channel
from queue_app.domain.centre import WEEKDAYS, Period, Rules, Weekly
from queue_app.domain.grid import runs
from queue_app.domain.slots import Capacity, Visit
from tests.domain import nights
from tests.domain.lanes import (
    AUTUMN,
    BRANCH,
    KYIV,
    MONDAY,
    NEXT_SPRING,
    ROUND_THE_CLOCK,
    SPRING,
    TUESDAY,
    Lane,
    capacity,
    lane,
    on,
    taken,
    visit,
)

_steps = st.sampled_from([(5, 5), (5, 10), (5, 15), (10, 10), (10, 30), (15, 15), (1, 7)])
_days = st.sampled_from([MONDAY, TUESDAY, SPRING, AUTUMN, NEXT_SPRING])
_given = st.sampled_from(["abc", "ab", "a", "b"])
_asked = st.sampled_from(["a", "b", "ab"])
_channels: st.SearchStrategy[Channel] = st.sampled_from(["visit", "visit", "visit", "phone"])


@st.composite
def _weeklies(draw: st.DrawFn) -> Weekly:
    """Usual hours, nights, or up to three periods to the minute, the same on every day."""
    if draw(st.booleans()):
        return draw(st.one_of(st.sampled_from([BRANCH, ROUND_THE_CLOCK]), nights.weeks(step=1)))
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
        whole = BranchDay(day, KYIV, branch.rules, weekly)
        windows = (
            window
            for one in (whole.former, whole, whole.next)
            for window in hours.as_windows(one.periods, one.date, KYIV)
        )
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
    found = runs(free, cells)
    for cell in range(90):
        naive = all(free >> (cell + ahead) & 1 for ahead in range(cells))
        assert bool(found >> cell & 1) == naive
