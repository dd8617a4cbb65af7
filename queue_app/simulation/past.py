"""A branch's synthetic past, as `queue_app.flow.history` writes it."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from queue_app.domain import hours
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.forward import ABSENT_MINUTES, Called, Coming
from queue_app.flow import history
from queue_app.flow.history import WrittenBooking, WrittenDay, WrittenVisit
from queue_app.simulation.run import Outcome
from queue_app.simulation.synthetic_branch import SyntheticBranch
from queue_app.simulation.synthetic_day import SyntheticDay


def days_before(branch: SyntheticBranch, until: date, count: int) -> list[date]:
    """The last `count` days before `until` on which the branch is open, the first first.

    Fewer, where there are not so many in a year.
    """
    dates, day = list[date](), until
    while len(dates) < count and until - day < timedelta(days=366):
        day -= timedelta(days=1)
        if branch.on(day).periods:
            dates.append(day)
    return dates[::-1]


async def write_past(directory: Directory, branch: Branch, past: Sequence[Outcome]) -> None:
    """Every booking and every visit of these days into the branch's records."""
    await history.write(directory, branch, [day_that_was(directory, branch, one) for one in past])


def day_that_was(directory: Directory, branch: Branch, past: Outcome) -> WrittenDay:
    """Every booking and every visit of a day that was run."""
    came = {one.person.id: past.called[one.person.id] for one in past.day.people}
    return WrittenDay(
        past.day.date,
        _bookings(directory, branch, past.day, came),
        [_visit(directory, branch, past.day, one, came[one.person.id]) for one in past.day.people],
    )


def day_to_come(directory: Directory, branch: Branch, day: SyntheticDay) -> WrittenDay:
    """The bookings of a day to come."""
    return WrittenDay(day.date, _bookings(directory, branch, day, None))


def _bookings(
    directory: Directory, branch: Branch, day: SyntheticDay, came: Mapping[int, Called] | None
) -> list[WrittenBooking]:
    """Each in the first lane that is free at its time; `came` None: all still to come."""
    free = {lane.id: -math.inf for lane in branch.lanes if lane.channel == "visit"}
    found = []
    for one in day.bookings:
        due = one.due or 0.0
        lane = next(lane for lane, at in free.items() if at <= due)
        free[lane] = due + day.branch.booked_minutes(one.services)
        state = "booked"
        if came is not None:
            served = one.id in came and not came[one.id].absent
            state = "fulfilled" if served else "missed"
        found.append(
            WrittenBooking(
                person=one.id,
                lane_id=lane,
                services=tuple(sorted(one.services)),
                begins=_instant(directory, day, due),
                ends=_instant(directory, day, free[lane]),
                state=state,
            )
        )
    return found


def _visit(
    directory: Directory, branch: Branch, day: SyntheticDay, one: Coming, call: Called
) -> WrittenVisit:
    begins = call.minute + one.length - day.served[one.person.id]
    ends = call.minute + (ABSENT_MINUTES if call.absent else one.length)
    due = one.person.due
    return WrittenVisit(
        person=one.person.id,
        services=tuple(sorted(one.person.services)),
        priority="disability" if one.person.priority else None,
        due_at=None if due is None else _instant(directory, day, due),
        issued_at=_instant(directory, day, one.arrives),
        desk_id=branch.desks[call.desk_id].id,
        called_at=_instant(directory, day, call.minute),
        started_at=None if call.absent else _instant(directory, day, begins),
        ended_at=_instant(directory, day, ends),
    )


def _instant(directory: Directory, day: SyntheticDay, minute: float) -> datetime:
    midnight = hours.day_window(day.date, directory.zone).opens
    return midnight + timedelta(seconds=round(minute * 60))
