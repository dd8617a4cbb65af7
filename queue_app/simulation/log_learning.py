"""What a branch learns from the days of a log, by the rules by which the product learns."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean, pstdev

from queue_app.domain.habits import (
    CHANGE_OVER_MOST,
    EARLY_MOST,
    GRID,
    Habits,
    Measured,
    Seen,
    counted,
    habits_of,
)
from queue_app.domain.readiness import FreeDesk, Stay, StoodFree, lasting, standing
from queue_app.domain.service_times import ServiceTime, learned
from queue_app.simulation.logged_day import LoggedDay, LoggedPerson

HEAD_STARTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0)
"""Minutes of the log by which whoever has priority may go first."""
NEARLY = 1.05
"""The smallest head start is taken that explains so nearly as much as the best."""


def seen(day: LoggedDay) -> Seen:
    """What one day shows; `together` adds days up."""
    booked = [one for one in day.people if one.due is not None]
    walks = [
        one.started - one.turn
        for one in day.people
        if one.started is not None and one.turn is not None and one.waited
    ]
    waits, gone = counted(
        (one.until - max(one.arrives, one.due or one.arrives), False)
        for one in day.people
        if one.waited and one.turn is not None
    )
    return Seen(
        bookings=len(booked),
        came=len(booked),
        early=_measured([(one.due or 0.0) - one.arrives for one in booked], EARLY_MOST),
        changes=_measured(walks, CHANGE_OVER_MOST),
        waits=waits,
        gone=gone,
        priority=sum(one.priority for one in day.people if one.due is None),
        open_minutes=day.minutes,
        asked=Counter(one.services for one in day.people if one.due is None),
        standing=standing(
            _free(day), [Stay(one.services, one.arrives, one.until) for one in day.people]
        ),
        leaving=lasting(
            (one.until - one.arrives, one.turn is None) for one in day.people if one.waited
        ),
        absent=Measured(),
        pauses=[gap.until - gap.since for gap in day.gaps if gap.paused],
    )


def _free(day: LoggedDay) -> list[FreeDesk]:
    at_once = {(one.desk, one.turn) for one in day.people if not one.waited}
    return [
        FreeDesk(
            day.skills[gap.desk],
            gap.since,
            gap.until,
            gap.called and (gap.desk, gap.until) not in at_once,
        )
        for gap in day.gaps
        if not gap.paused
    ]


def _measured(values: Sequence[float], most: float) -> Measured:
    near = [one for one in values if abs(one) <= most]
    return Measured(len(near), fmean(near), pstdev(near)) if near else Measured()


def habits_after(days: Sequence[Seen]) -> Habits:
    """After these days; the defaults where there are none."""
    return habits_of(_together(days))


def _together(days: Sequence[Seen]) -> Seen:
    return Seen(
        bookings=sum(one.bookings for one in days),
        came=sum(one.came for one in days),
        early=_pooled([one.early for one in days]),
        changes=_pooled([one.changes for one in days]),
        waits={minutes: sum(one.waits.get(minutes, 0) for one in days) for minutes in GRID},
        gone={minutes: sum(one.gone.get(minutes, 0) for one in days) for minutes in GRID},
        priority=sum(one.priority for one in days),
        open_minutes=sum(one.open_minutes for one in days),
        asked=sum((Counter(one.asked) for one in days), Counter[frozenset[str]]()),
        standing=sum((one.standing for one in days), StoodFree()),
        leaving=sum((one.leaving for one in days), StoodFree()),
        pauses=[minutes for one in days for minutes in one.pauses],
    )


def _pooled(parts: Iterable[Measured]) -> Measured:
    every = [one for one in parts if one.count]
    count = sum(one.count for one in every)
    if not count:
        return Measured()
    mean = sum(one.count * one.mean for one in every) / count
    square = sum(one.count * (one.spread**2 + (one.mean - mean) ** 2) for one in every) / count
    return Measured(count, mean, square**0.5)


def times_after(lengths: dict[str, list[float]], published: ServiceTime) -> dict[str, ServiceTime]:
    """Of each service, what these minutes of its visits teach."""
    return {code: learned(published, minutes) for code, minutes in lengths.items()}


def head_start(days: Sequence[LoggedDay], scale: float) -> float:
    """The minutes that explain best who with priority passed whom, at desks that give both."""
    pairs = Counter[tuple[float, bool]]()
    for day in days:
        for lead, first in _races(day):
            pairs[lead, first] += 1
    if not pairs:
        return 0.0
    wrong = {
        minutes * scale: sum(
            count for (lead, first), count in pairs.items() if (lead < minutes * scale) != first
        )
        for minutes in HEAD_STARTS
    }
    best = min(wrong.values())
    return min(minutes for minutes, found in wrong.items() if found <= NEARLY * best)


def _races(day: LoggedDay) -> Iterable[tuple[float, bool]]:
    """Of two who waited at once and were called by desks that give both: by how many minutes the
    one without priority came first, and whether the other was called first all the same."""
    plain = [one for one in day.people if one.waited and not one.priority and one.turn is not None]
    first = 0
    for one in day.people:
        if not (one.priority and one.waited) or one.turn is None:
            continue
        while first < len(plain) and plain[first].arrives < one.arrives - 120:
            first += 1
        for other in plain[first:]:
            if other.arrives > one.arrives:
                break
            if (other.turn or 0.0) > one.arrives and _alike(day, one, other):
                yield one.arrives - other.arrives, one.turn < (other.turn or 0.0)


def _alike(day: LoggedDay, one: LoggedPerson, other: LoggedPerson) -> bool:
    both = one.services | other.services
    return all(desk is not None and both <= day.skills[desk] for desk in (one.desk, other.desk))
