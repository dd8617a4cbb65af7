"""When a visit can be booked, and in which lane.

Days are those of the calendar here, as a start at half past one is known by its date: those of a
night stand under two dates. Hours, closures and bookings become sets of a day's cells (`grid`); the
starts of a visit of n cells are found by shift-and-and for all of a day at once. Where a visit can
run past midnight, the cells of the next day follow those of the day.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain import hours
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.catalogue import Channel
from queue_app.domain.centre import WEEKDAYS, Closure, Period, Rules, Weekly
from queue_app.domain.grid import GridDay, cells_from, gap, grid_day, instants_of, open_cells, runs


class RosteredLane(Protocol):
    """What planning needs of a lane: whose channel, which services, and when."""

    @property
    def id(self) -> int: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def services(self) -> frozenset[str]: ...
    @property
    def roster(self) -> Weekly: ...
    @property
    def pause_minutes(self) -> int: ...
    @property
    def walk_in_percent(self) -> int: ...


class Occupied(NamedTuple):
    """A held or booked stretch of one lane, aware instants, end excluded."""

    lane_id: int
    starts_at: datetime
    ends_at: datetime


class Capacity(Struct, frozen=True):
    """All that a branch has to give, and what of it is taken."""

    lanes: Sequence[RosteredLane]
    hours: Weekly
    closures: tuple[Closure, ...]
    occupied: Sequence[Occupied]
    rules: Rules
    zone: ZoneInfo
    desks: Sequence[frozenset[str]] | None = None
    """What each desk gives, so that nothing is booked for which nobody could be called; None: every
    desk gives everything."""
    over: Mapping[str, datetime] = {}
    """Until when nobody is received for a service any more, as the day was ended."""

    def on(self, day: date) -> BranchDay:
        return BranchDay(day, self.zone, self.rules, self.hours, self.closures)


class Visit(Struct, frozen=True):
    """What is asked for; `minutes` as planned by `catalogue.visit_minutes`."""

    services: frozenset[str]
    channel: Channel
    minutes: int


class LaneDay(Struct, frozen=True):
    """One lane on one day: the cells in which it is rostered, and those that are taken."""

    lane_id: int
    services: frozenset[str]
    open: int
    busy: int

    @property
    def free(self) -> int:
        return self.open & ~self.busy


def free_starts(
    capacity: Capacity, visit: Visit, first: date, days: int, now: datetime
) -> dict[date, list[datetime]]:
    """The bookable starts of each of `days` local days from `first`, in local time and in order.

    A day without any has an empty list.
    """
    cells = _cells(visit, capacity.rules)
    earliest, last = _bookable(capacity, visit, now)
    asked = [first + timedelta(days=ahead) for ahead in range(days)]
    open_days = [_day(capacity, day) for day in asked if earliest.date() <= day <= last]
    starts: dict[date, list[datetime]] = {day: [] for day in asked}
    for day, lanes in zip(open_days, lanes_by_day(capacity, visit, open_days), strict=True):
        found = 0
        for lane in lanes:
            found |= runs(lane.free, cells)
        starts[day.date] = instants_of(day, found & day.steps & cells_from(day, earliest))
    return starts


def lanes_free_at(capacity: Capacity, visit: Visit, start: datetime, now: datetime) -> list[int]:
    """The lanes that could take the visit at `start`, the best first; none if it is not free.

    Best is the lane of the fewest services, so that the versatile stay free for others, then
    the one where the least free time around the visit is broken up, then the lowest id.
    """
    day = _day(capacity, start.astimezone(capacity.zone).date())
    earliest, last = _bookable(capacity, visit, now)
    cell, rest = divmod(start.timestamp() - day.opens, day.grid_minutes * 60)
    at = 1 << int(cell)
    if rest or start.timestamp() < earliest.timestamp() or day.date > last or not at & day.steps:
        return []
    cells = _cells(visit, capacity.rules)
    fitting = [
        (len(lane.services), gap(lane.free, int(cell)), lane.lane_id)
        for lane in lanes_by_day(capacity, visit, [day])[0]
        if runs(lane.free, cells) & at
    ]
    return [lane_id for _, _, lane_id in sorted(fitting)]


Reason = Literal[
    "past",
    "too_near",
    "not_yet_open",
    "beyond_horizon",
    "closed_day",
    "closed_then",
    "off_grid",
    "nobody_then",
]
"""Why a start is none, whoever asks for it."""


def why_no_start(capacity: Capacity, visit: Visit, start: datetime, now: datetime) -> Reason | None:
    """Why nobody could have the visit at `start` even if nothing were taken; None: somebody could.

    `not_yet_open`: the last day of the horizon, before it opens for booking. `nobody_then`: the
    branch is open, but no lane has room for such a visit then, as in a break or before closing.
    """
    if start <= now:
        return "past"
    day = _day(capacity, start.astimezone(capacity.zone).date())
    earliest, last = bookable(now, capacity.rules, capacity.zone)
    if start.timestamp() < earliest.timestamp():
        return "too_near"
    if day.date > last:
        ahead = (day.date - now.astimezone(capacity.zone).date()).days
        return "not_yet_open" if ahead <= capacity.rules.horizon_days else "beyond_horizon"
    opened = _opened(capacity, _Week(capacity.hours), day)
    if not opened:
        return "closed_day"
    cell, rest = divmod(start.timestamp() - day.opens, day.grid_minutes * 60)
    at, over = 1 << int(cell), _over(capacity, visit)
    if not opened & at or any(start.timestamp() < end.timestamp() for end in over):
        return "closed_then"
    if rest or not at & day.steps:
        return "off_grid"
    cells = _cells(visit, capacity.rules)
    lanes = lanes_by_day(capacity, visit, [day])[0]
    return None if any(runs(lane.open, cells) & at for lane in lanes) else "nobody_then"


def around(starts: Iterable[datetime], wanted: datetime, limit: int) -> list[datetime]:
    """Up to `limit` starts, as many before the wanted one as after it, the nearest of each side,
    in order of time; where one side has too few, the other makes up for it."""
    moment = wanted.timestamp()
    ordered = sorted(starts, key=datetime.timestamp)
    before = [start for start in ordered if start.timestamp() <= moment]
    after = [start for start in ordered if start.timestamp() > moment]
    later = min(len(after), max(limit - limit // 2, limit - len(before)))
    earlier = min(len(before), limit - later)
    return before[len(before) - earlier :] + after[:later]


def nearest(starts: Iterable[datetime], wanted: datetime, limit: int) -> list[datetime]:
    """The `limit` starts nearest to the wanted one, in order of time."""
    moment = wanted.timestamp()
    by_distance = sorted(starts, key=lambda start: abs(start.timestamp() - moment))
    return sorted(by_distance[:limit], key=datetime.timestamp)


def bookable(now: datetime, rules: Rules, zone: ZoneInfo) -> tuple[datetime, date]:
    """The earliest bookable start, in local time, and the last bookable local day.

    That last day opens at `release_hour`; until then it is the day before.
    """
    now = now.astimezone(UTC)  # in UTC a sum counts real time
    local = now.astimezone(zone)
    ahead = rules.horizon_days - (local.hour < rules.release_hour)
    earliest = (now + timedelta(minutes=rules.lead_minutes)).astimezone(zone)
    return earliest, local.date() + timedelta(days=ahead)


def _bookable(capacity: Capacity, visit: Visit, now: datetime) -> tuple[datetime, date]:
    """As `bookable`, for what may be over for today."""
    earliest, last = bookable(now, capacity.rules, capacity.zone)
    first = max([earliest, *_over(capacity, visit)], key=datetime.timestamp)
    return first.astimezone(capacity.zone), last


def _over(capacity: Capacity, visit: Visit) -> list[datetime]:
    return [capacity.over[one] for one in visit.services if one in capacity.over]


def lanes_by_day(capacity: Capacity, visit: Visit, days: Sequence[GridDay]) -> list[list[LaneDay]]:
    """For each day its lanes as `lane_days` has them, those of a night with the next day's cells.

    The days follow one another.
    """
    if not days or not _runs_on(capacity):
        return lane_days(capacity, visit, days)
    after = _day(capacity, days[-1].date + timedelta(days=1))
    planned = lane_days(capacity, visit, [*days, after])
    return [
        [_and_on(one, two, len(day.instants)) for one, two in zip(lanes, following, strict=True)]
        for day, lanes, following in zip(days, planned, planned[1:], strict=False)
    ]


def _runs_on(capacity: Capacity) -> bool:
    """Whether the branch is ever open over the calendar's midnight."""
    every = (*capacity.hours.values(), *(one.periods for one in capacity.closures))
    return any(hours.bounds(periods[-1])[1] >= hours.DAY_MINUTES for periods in every if periods)


def _and_on(day: LaneDay, following: LaneDay, cells: int) -> LaneDay:
    """The lane with the next day's cells behind its own."""
    return LaneDay(
        lane_id=day.lane_id,
        services=day.services,
        open=day.open | following.open << cells,
        busy=day.busy | following.busy << cells,
    )


def lane_days(capacity: Capacity, visit: Visit, days: Sequence[GridDay]) -> list[list[LaneDay]]:
    """For each day, the lanes that give every service of the visit through its channel;
    none where no desk does.

    The days follow one another.
    """
    lanes = [
        lane
        for lane in capacity.lanes
        if lane.channel == visit.channel and visit.services <= lane.services
        if capacity.desks is None or any(visit.services <= desk for desk in capacity.desks)
    ]
    busy = _busy(capacity.occupied, lanes, days)
    branch, rosters = _Week(capacity.hours), [_Week(lane.roster) for lane in lanes]
    cells = _cells(visit, capacity.rules)
    planned: list[list[LaneDay]] = []
    for index, day in enumerate(days):
        opened = _opened(capacity, branch, day)
        planned.append(
            [
                _lane_day(lane, roster.on(day) & opened, busy[index][lane.id], cells)
                for lane, roster in zip(lanes, rosters, strict=True)
            ]
        )
    return planned


def _lane_day(lane: RosteredLane, opened: int, busy: int, cells: int) -> LaneDay:
    """Where the visit would take what is left to walk-ins, nothing of the day is free."""
    left = opened.bit_count() * (100 - lane.walk_in_percent) // 100
    full = lane.walk_in_percent > 0 and (busy & opened).bit_count() + cells > left
    return LaneDay(lane.id, lane.services, opened, opened | busy if full else busy)


class _Week:
    """Weekly hours as cells. Days on which the clocks do not change are alike."""

    def __init__(self, weekly: Weekly) -> None:
        self._weekly = weekly
        self._even: dict[int, int] = {}

    def on(self, day: GridDay) -> int:
        weekday = day.date.weekday()
        if not day.even:
            return open_cells(self._periods(weekday), day)
        if weekday not in self._even:
            self._even[weekday] = open_cells(self._periods(weekday), day)
        return self._even[weekday]

    def _periods(self, weekday: int) -> tuple[Period, ...]:
        eve, own = (self._weekly.get(WEEKDAYS[one], ()) for one in (weekday - 1, weekday))
        return hours.of_date(eve, own)


def _opened(capacity: Capacity, week: _Week, day: GridDay) -> int:
    """When the branch is open on that date, by its closures and those of the day before."""
    eve = day.date - timedelta(days=1)
    if all(one.day not in (eve, day.date) for one in capacity.closures):
        return week.on(day)
    whole = capacity.on(day.date)
    return open_cells(hours.of_date(whole.former.periods, whole.periods), day)


def _cells(visit: Visit, rules: Rules) -> int:
    return -(-visit.minutes // rules.grid_minutes)


def _day(capacity: Capacity, day: date) -> GridDay:
    rules = capacity.rules
    return grid_day(day, capacity.zone, rules.grid_minutes, rules.start_step_minutes)


def _busy(
    occupied: Iterable[Occupied], lanes: Iterable[RosteredLane], days: Sequence[GridDay]
) -> list[dict[int, int]]:
    """The cells that bookings touch, and the pauses around them, for each day by lane.

    Written for speed: a month may hold thousands of bookings.
    """
    busy: list[dict[int, int]] = [dict.fromkeys((lane.id for lane in lanes), 0) for _ in days]
    if not days:
        return busy
    opens = [day.opens for day in days]
    grid = days[0].grid_minutes * 60
    pauses = {lane.id: lane.pause_minutes * 60 for lane in lanes}
    for lane_id, starts_at, ends_at in occupied:
        if lane_id not in busy[0]:
            continue
        pause = pauses[lane_id]
        starts, ends = starts_at.timestamp() - pause, ends_at.timestamp() + pause
        index = bisect_right(opens, starts) - 1
        if index < 0:
            index, starts = 0, opens[0]
        while index < len(opens) and opens[index] < ends:
            midnight = opens[index]
            first = int((starts - midnight) // grid) if starts > midnight else 0
            count = -int((midnight - ends) // grid) - first
            busy[index][lane_id] |= ((1 << count) - 1) << first
            if ends <= days[index].closes:
                break
            index += 1
    return busy


def freed_at(now: datetime, starts_at: datetime, rules: Rules, chance: float) -> datetime:
    """When a slot that is given back now is shown again, by `chance` from 0 to 1.

    At a moment that nobody can wait for, so that slots cannot be handed on. Half of the time in
    which it can still be booked remains, so what begins soon comes back soon.
    """
    left = starts_at - timedelta(minutes=rules.lead_minutes) - now
    window = min(timedelta(minutes=rules.freed_slot_minutes), left / 2)
    return now + max(window, timedelta()) * chance
