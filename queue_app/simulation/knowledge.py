"""What a branch can know of itself: learned from the days that were, or (for comparison) true.

Both are given to the same estimator, so that the difference between them is the price of not
knowing, and nothing else.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from random import Random
from statistics import NormalDist, fmean, pstdev

from msgspec import Struct

from queue_app.domain.centre import Centre
from queue_app.domain.forward import ABSENT_MINUTES, stood_still
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
from queue_app.domain.readiness import FreeDesk, Stay, StoodFree, standing
from queue_app.domain.service_times import ServiceTime, learned
from queue_app.simulation.run import Outcome, since
from queue_app.simulation.synthetic_branch import SyntheticBranch, combined, priors

FORGOTTEN = 0.03
"""The share of visits whose "finish" is forgotten for an hour."""
FORGOTTEN_MINUTES = 60.0


class Knowledge(Struct, frozen=True, dict=True):
    """Service times by service, and the habits of visitors."""

    times: Mapping[str, ServiceTime]
    habits: Habits
    average: float
    """Minutes from a call to the next, over all visits: what the rivals' formula knows."""

    @cached_property
    def _known(self) -> dict[frozenset[str], ServiceTime]:
        return {}

    def time_of(self, services: frozenset[str]) -> ServiceTime:
        if services not in self._known:
            self._known[services] = combined(self.times, services)
        return self._known[services]


def learn(centre: Centre, days: Sequence[Outcome], chance: Random) -> Knowledge:
    """From days past, with some of their finishes forgotten by `chance`."""
    visits: dict[frozenset[str], list[float]] = {}
    for one in days:
        for coming in one.day.people:
            if not one.called[coming.person.id].absent:
                took = one.day.served[coming.person.id]
                seen = FORGOTTEN_MINUTES if chance.random() < FORGOTTEN else took
                visits.setdefault(coming.person.services, []).append(max(took, seen))
    times = {
        code: learned(prior, visits.get(frozenset([code]), ()))
        for code, prior in priors(centre).items()
    }
    habits = _habits(days)
    return Knowledge(times, habits, _average(times, habits, days))


def _habits(days: Sequence[Outcome]) -> Habits:
    came = [
        one.person for outcome in days for one in outcome.day.people if one.person.due is not None
    ]
    early = [(one.due or 0.0) - one.queued for one in came if one.late_after is None]
    changes = [
        one.length - outcome.day.served[one.person.id]
        for outcome in days
        for one in outcome.day.people
    ]
    waits, gone = counted(
        (call.minute - begins - stood_still(outcome.day.stops, begins, call.minute), call.absent)
        for outcome in days
        for one in outcome.day.people
        for call, begins in [(outcome.called[one.person.id], since(one.person))]
    )
    return habits_of(
        Seen(
            bookings=sum(len(one.day.bookings) for one in days),
            came=len(came),
            early=_measured(early, EARLY_MOST),
            changes=_measured(changes, CHANGE_OVER_MOST),
            waits=waits,
            gone=gone,
            priority=sum(one.person.priority for outcome in days for one in outcome.day.people),
            open_minutes=sum(one.day.closes - one.day.opens for one in days),
            asked=Counter(
                one.person.services
                for outcome in days
                for one in outcome.day.people
                if one.person.due is None
            ),
            standing=sum(map(_standing, days), StoodFree()),
            absent=Measured(sum(gone.values()), ABSENT_MINUTES),
        )
    )


def _standing(past: Outcome) -> StoodFree:
    """How long desks stood free while somebody waited, but for breaks and stops."""
    day = past.day
    stays = [
        Stay(one.person.services, since(one.person), past.called[one.person.id].minute)
        for one in day.people
    ]
    shifts = {one.desk.id: one for one in day.shifts}
    at_desk: dict[int, list[tuple[float, float]]] = {}
    for one in day.people:
        call = past.called[one.person.id]
        ends = call.minute + (ABSENT_MINUTES if call.absent else one.length)
        at_desk.setdefault(call.desk_id, []).append((call.minute, ends))
    desks = [
        FreeDesk(shifts[desk].desk.services, before, after, called=True)
        for desk, visits in at_desk.items()
        for (_, before), (after, _) in pairwise(sorted(visits))
        if not any(begins < after and before < ends for begins, ends in shifts[desk].gaps)
        and not stood_still(day.stops, before, after)
    ]
    return standing(desks, stays)


def _measured(values: Sequence[float], most: float) -> Measured:
    near = [one for one in values if abs(one) <= most]
    return Measured(len(near), fmean(near), pstdev(near)) if near else Measured()


def _average(times: Mapping[str, ServiceTime], habits: Habits, days: Sequence[Outcome]) -> float:
    lengths = [
        sum(times[code].mean_minutes for code in one.person.services)
        for outcome in days
        for one in outcome.day.people
    ]
    return fmean(lengths) + habits.change_over


def truth(branch: SyntheticBranch, seen: Sequence[Outcome]) -> Knowledge:
    """What the oracle knows: the true distributions, never what was drawn from them.

    Rates of people with priority depend on the hour; the oracle, too, takes their mean, `seen` over
    the same days as by whoever learns.
    """
    manner = branch.manner
    patience = NormalDist(math.log(manner.patience), manner.patience_spread)
    late = manner.delayed * manner.delayed_minutes
    spread = manner.early_spread**2 + 2 * manner.delayed * manner.delayed_minutes**2 - late**2
    learned = _habits(seen)
    habits = Habits(
        comes=1 - manner.no_shows,
        early_minutes=manner.early - late,
        early_spread=math.sqrt(spread),
        change_over=manner.change_over,
        gone_by=tuple((minutes, patience.cdf(math.log(minutes))) for minutes in GRID),
        priority_per_minute=learned.priority_per_minute,
        asked=learned.asked,
    )
    return Knowledge(branch.times, habits, _average(branch.times, learned, seen))
