"""The centre changes its plans: which bookings do not fit them, and which lane takes them as well.

A booking fits where its lane is open for all of its time and gives what it is for. It is asked of
the plans in force alone: what did not fit before either must be looked after, too.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Literal

from msgspec import Struct

from queue_app.domain import slots
from queue_app.domain.appointments import OPEN, Appointment
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.grid import GridDay, grid_day
from queue_app.domain.hours import Window
from queue_app.domain.slots import Capacity, LaneDay, Visit

Why = Literal["branch", "closed", "service", "lane"]
"""The branch is no more; it is closed then; a service is not given there any more, or not so; the
lane is gone, or keeps other hours."""


class Hit(Struct, frozen=True):
    """A booking that does not fit; `lane_id`: a lane that takes it at the same time, if any."""

    appointment: Appointment
    why: Why
    lane_id: int | None = None


def hits(directory: Directory, bookings: Iterable[Appointment]) -> list[Hit]:
    """Those of the bookings that do not fit, in the order of branch, time and id.

    `bookings`: all that occupy a lane from now on. Whoever has checked in is served, and only
    keeps others out of the lane. Two are never given the same time of one lane.
    """
    ordered = sorted(bookings, key=lambda one: (one.branch_id, one.starts_at, one.id))
    return [
        hit
        for branch_id, own in groupby(ordered, key=lambda one: one.branch_id)
        for hit in _of_branch(directory, directory.branch_of(branch_id), list(own))
    ]


def why_not(directory: Directory, booking: Appointment) -> Why | None:
    """Why the booking does not fit; None: it does."""
    branch = directory.branch_of(booking.branch_id)
    return _Plans(directory, branch).why_not(booking)


def _of_branch(directory: Directory, branch: Branch, bookings: list[Appointment]) -> Iterator[Hit]:
    plans = _Plans(directory, branch)
    taken: _Taken = {}
    for one in bookings:
        taken.setdefault(one.lane_id, {})[one.id] = Window(one.starts_at, one.ends_at)
    for one in bookings:
        if one.checked_in_at is not None or (why := plans.why_not(one)) is None:
            continue
        lane = next((lane for lane in plans.lanes_for(one) if _is_free(lane, one, taken)), None)
        if lane is not None:
            taken.setdefault(lane, {})[one.id] = taken[one.lane_id].pop(one.id)
        yield Hit(one, why, lane)


_Taken = dict[int, dict[int, Window]]
"""By lane the times that are taken, each by its appointment."""


def _is_free(lane_id: int, booking: Appointment, taken: _Taken) -> bool:
    return not any(
        time.opens < booking.ends_at and booking.starts_at < time.closes
        for time in taken.get(lane_id, {}).values()
    )


class _Plans:
    """What one branch gives when; the lanes of a day are worked out once."""

    def __init__(self, directory: Directory, branch: Branch) -> None:
        self._directory = directory
        self._branch = branch
        self._capacity = Capacity(
            lanes=branch.lanes,
            hours=branch.hours,
            closures=branch.closures,
            occupied=(),
            rules=directory.rules,
            zone=directory.zone,
        )
        self._days: dict[tuple[object, str], list[LaneDay]] = {}

    def why_not(self, booking: Appointment) -> Why | None:
        if self._branch.retired:
            return "branch"
        if booking.lane_id in self.lanes_for(booking):
            return None
        if not self._is_open(booking):
            return "closed"
        return "lane" if self._is_given(booking) else "service"

    def lanes_for(self, booking: Appointment) -> list[int]:
        """The lanes of its branch that fit, taken or not; those of the fewest services first."""
        offered, wanted = self._directory.services, frozenset(booking.services)
        if any(
            code not in offered or booking.channel not in offered[code].channels for code in wanted
        ):
            return []
        if not any(wanted <= desk.services for desk in self._branch.desks):
            return []
        cells = self._cells(booking)
        fitting = [
            (len(lane.services), lane.lane_id)
            for lane in self._lanes(booking)
            if wanted <= lane.services and lane.open & cells == cells
        ]
        return [lane_id for _, lane_id in sorted(fitting)]

    def _lanes(self, booking: Appointment) -> list[LaneDay]:
        """The lanes of its channel on its day, with the cells that follow it in the night."""
        day = self._day(booking)
        key = (day.date, booking.channel)
        if key not in self._days:
            every = Visit(services=frozenset(), channel=booking.channel, minutes=0)
            self._days[key] = slots.lanes_by_day(self._capacity, every, [day])[0]
        return self._days[key]

    def _day(self, booking: Appointment) -> GridDay:
        rules, zone = self._directory.rules, self._directory.zone
        local = booking.starts_at.astimezone(zone).date()
        return grid_day(local, zone, rules.grid_minutes, rules.start_step_minutes)

    def _cells(self, booking: Appointment) -> int:
        """The cells of its day that the booking touches."""
        day = self._day(booking)
        grid = day.grid_minutes * 60
        first = int((booking.starts_at.timestamp() - day.opens) // grid)
        end = int(-((day.opens - booking.ends_at.timestamp()) // grid))
        return ((1 << (end - first)) - 1) << first

    def _is_open(self, booking: Appointment) -> bool:
        """Whether the branch is, all the time; its hours of several dates may meet."""
        local = booking.starts_at.astimezone(self._directory.zone).date()
        dates = (local + timedelta(days=ahead) for ahead in (-1, 0, 1))
        covered = booking.starts_at
        for window in sorted(
            one for day in dates for one in self._directory.day(self._branch, day).windows
        ):
            if window.opens <= covered < window.closes:
                covered = window.closes
        return covered >= booking.ends_at

    def _is_given(self, booking: Appointment) -> bool:
        """Whether the branch gives all of it at once, at whatever time."""
        offered, wanted = self._directory.services, frozenset(booking.services)
        return wanted <= offered.keys() and self._branch.gives(wanted, booking.channel)


def fitting_again(directory: Directory, unsettled: Iterable[Appointment]) -> list[Appointment]:
    """Of the bookings that did not fit once, those that do now where they are."""
    return [one for one in unsettled if one.state in OPEN and why_not(directory, one) is None]
