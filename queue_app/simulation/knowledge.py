"""What a branch can know of itself: learned from the days that were, or (for comparison) true.

Both are given to the same estimator, so that the difference between them is the price of not
knowing, and nothing else.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from random import Random
from statistics import NormalDist, fmean, pstdev

from msgspec import Struct

from queue_app.domain.centre import Centre
from queue_app.domain.forward import stood_still
from queue_app.domain.service_times import ServiceTime, learned
from queue_app.domain.waits import Habits
from queue_app.simulation.run import Outcome, since
from queue_app.simulation.world import World, combined, priors

FORGOTTEN = 0.03
"""The share of visits whose "finish" is forgotten for an hour."""
FORGOTTEN_MINUTES = 60.0
GRID = (10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0)
"""Minutes waited at which the share of those who gave up is known."""
WEIGHT = 10.0
"""How many observations each default of `Habits` is worth."""
_PER_MINUTE = 0.001


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
    return Knowledge(times, _habits(days), _average(times, days))


def _habits(days: Sequence[Outcome]) -> Habits:
    usual = Habits()
    came = [
        one.person for outcome in days for one in outcome.day.people if one.person.due is not None
    ]
    early = [(one.due or 0.0) - one.queued for one in came if one.late_after is None]
    bookings = sum(len(one.day.bookings) for one in days)
    changes = [
        one.length - outcome.day.served[one.person.id]
        for outcome in days
        for one in outcome.day.people
    ]
    return Habits(
        comes=(len(came) + WEIGHT * usual.comes) / (bookings + WEIGHT),
        early_minutes=fmean(early) if early else usual.early_minutes,
        early_spread=pstdev(early) if len(early) > 1 else usual.early_spread,
        change_over=fmean(changes) if changes else usual.change_over,
        gone_by=_gone_by(days),
        priority_per_minute=_priority_per_minute(days),
        asked=_asked(days),
    )


def _gone_by(days: Sequence[Outcome]) -> tuple[tuple[float, float], ...]:
    """At each point of the grid, of those called after about so long, who had gone."""
    waits = [
        (call.minute - begins - stood_still(outcome.day.stops, begins, call.minute), call.absent)
        for outcome in days
        for one in outcome.day.people
        for call, begins in [(outcome.called[one.person.id], since(one.person))]
    ]
    found, least = [], 0.0
    for minutes in GRID:
        near = [gone for waited, gone in waits if minutes / 1.3 <= waited <= minutes * 1.3]
        guess = -math.expm1(-_PER_MINUTE * minutes)
        least = max(least + 1e-6, (sum(near) + WEIGHT * guess) / (len(near) + WEIGHT))
        found.append((minutes, least))
    return tuple(found)


def _priority_per_minute(days: Sequence[Outcome]) -> float:
    count = sum(one.person.priority for outcome in days for one in outcome.day.people)
    return count / sum(one.day.closes - one.day.opens for one in days)


def _asked(days: Sequence[Outcome]) -> tuple[tuple[frozenset[str], float], ...]:
    counted = Counter(
        one.person.services
        for outcome in days
        for one in outcome.day.people
        if one.person.due is None
    )
    return tuple(sorted(counted.items(), key=lambda pair: sorted(pair[0])))


def _average(times: Mapping[str, ServiceTime], days: Sequence[Outcome]) -> float:
    lengths = [
        sum(times[code].mean_minutes for code in one.person.services)
        for outcome in days
        for one in outcome.day.people
    ]
    return fmean(lengths) + _habits(days).change_over


def truth(world: World, seen: Sequence[Outcome]) -> Knowledge:
    """What the oracle knows: the true distributions, never what was drawn from them.

    Rates of people with priority hang on the hour; the oracle, too, takes their mean, `seen` over
    the same days as by whoever learns.
    """
    manner = world.manner
    patience = NormalDist(math.log(manner.patience), manner.patience_spread)
    late = manner.delayed * manner.delayed_minutes
    spread = manner.early_spread**2 + 2 * manner.delayed * manner.delayed_minutes**2 - late**2
    habits = Habits(
        comes=1 - manner.no_shows,
        early_minutes=manner.early - late,
        early_spread=math.sqrt(spread),
        change_over=manner.change_over,
        gone_by=tuple((minutes, patience.cdf(math.log(minutes))) for minutes in GRID),
        priority_per_minute=_priority_per_minute(seen),
        asked=_asked(seen),
    )
    return Knowledge(world.times, habits, _average(world.times, seen))
