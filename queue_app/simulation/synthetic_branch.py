"""What is true of a synthetic branch, and hidden from its estimates.

Published service times are where the truth begins: each branch is somewhat quicker or slower,
each service somewhat off, and some services are asked for far more than others. Only what comes
of a day is seen; `queue_app.simulation.knowledge` learns from that.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import Literal, get_args

from msgspec import Struct

from queue_app.domain.branch_day import BranchDay, branch_day
from queue_app.domain.catalogue import Service, planned_minutes, visit_minutes
from queue_app.domain.centre import BranchPlan, Centre, LanePlan
from queue_app.domain.demand import usual_per_hour
from queue_app.domain.dispatch import CallingDesk, Policy
from queue_app.domain.policies import policy_of
from queue_app.domain.service_times import ServiceTime, published, visit_time

DayKind = Literal["calm", "rush", "short", "alert", "registry"]
KINDS: tuple[DayKind, ...] = get_args(DayKind)
TITLES: dict[DayKind, str] = {
    "calm": "calm",
    "rush": "rush",
    "short": "short of staff",
    "alert": "alert",
    "registry": "registry down",
}


class UnknownBranch(Exception):
    """No branch has that name; the message says which have one."""


class Manner(Struct, frozen=True):
    """The numbers of a kind of day. Minutes and shares of 1, unless the name says otherwise.

    `per_hour`: walk-ins an hour on an average day at an average hour. `booked`: of the bookable
    time. `away`: desks that should be there and are not. Holders of bookings come `early` before
    their time, normal with `early_spread`, but `delayed` of them by an exponential time later.
    `patience` is lognormal, given by its median and spread. `stops`: what is interrupted once in
    the day, everything or the services of one skill, from some minute `stop_before_closing` at
    the latest, until `stop_lasts`, uniform between these, has passed. Who would have come in it
    comes once it is over, by an exponential time of `after_stop` on average.
    """

    per_hour: float
    booked: float = 0.6
    away: int = 0
    no_shows: float = 0.15
    early: float = 8.0
    early_spread: float = 6.0
    delayed: float = 0.08
    delayed_minutes: float = 15.0
    priority: float = 0.07
    second_service: float = 0.1
    patience: float = 100.0
    patience_spread: float = 0.6
    change_over: float = 1.0
    change_over_spread: float = 0.3
    stops: Literal["everything", "skill"] | None = None
    stop_before_closing: float = 120.0
    stop_lasts: tuple[float, float] = (20.0, 90.0)
    after_stop: float = 10.0


MANNERS: dict[DayKind, Manner] = {
    "calm": Manner(per_hour=12.0),
    "rush": Manner(per_hour=24.0, booked=0.8),
    "short": Manner(per_hour=11.0, away=2),
    "alert": Manner(per_hour=16.0, stops="everything"),
    "registry": Manner(per_hour=16.0, stops="skill"),
}


class SyntheticBranch(Struct, frozen=True, dict=True):
    """A branch with its hidden truth. `times`: the true length of each service's visits, without
    change-over; `asked`: how much each service is asked for."""

    centre: Centre
    plan: BranchPlan
    manner: Manner
    times: dict[str, ServiceTime]
    asked: dict[str, float]

    def on(self, day: date) -> BranchDay:
        return branch_day(self.centre, self.plan, day)

    @property
    def policy(self) -> Policy:
        """By which the hall of this centre calls."""
        return policy_of(self.centre.rules)

    @cached_property
    def desks(self) -> tuple[CallingDesk, ...]:
        """Desks by id: their place in the branch's plan, from 0."""
        return tuple(
            CallingDesk(place, self.skilled(desk.skills))
            for place, desk in enumerate(self.plan.desks)
        )

    @cached_property
    def lanes(self) -> tuple[tuple[LanePlan, frozenset[str]], ...]:
        """The lanes for visits, and which of the services asked for each of them gives."""
        return tuple(
            (lane, self.skilled(lane.skills) & self.asked.keys())
            for lane in self.plan.lanes
            if lane.channel == "visit"
        )

    def skilled(self, skills: Sequence[str]) -> frozenset[str]:
        return frozenset().union(
            *(one.services for one in self.centre.skills if one.code in skills)
        )

    @cached_property
    def _services(self) -> dict[str, Service]:
        return {one.code: one for one in self.centre.services}

    @cached_property
    def _plans(self) -> dict[str, int]:
        open_minutes = self.centre.rules.open_service_minutes
        return {code: planned_minutes(one, open_minutes) for code, one in self._services.items()}

    def planned(self, services: frozenset[str]) -> float:
        """Minutes planned for a visit, not rounded."""
        return float(sum(self._plans[code] for code in services))

    def booked_minutes(self, services: frozenset[str]) -> int:
        """What a booking for these services takes of its lane."""
        rules = self.centre.rules
        booked = [self._services[code] for code in services]
        return visit_minutes(booked, rules.open_service_minutes, rules.grid_minutes)

    def time_of(self, services: frozenset[str]) -> ServiceTime:
        return combined(self.times, services)


def combined(times: Mapping[str, ServiceTime], services: frozenset[str]) -> ServiceTime:
    return visit_time([times[code] for code in sorted(services)])


def priors(centre: Centre) -> dict[str, ServiceTime]:
    """What the catalogue says of each service that is given at a desk."""
    open_minutes = centre.rules.open_service_minutes
    return {
        one.code: published(one, open_minutes) for one in centre.services if "visit" in one.channels
    }


def synthetic_branch(
    centre: Centre, branch: BranchPlan, kind: DayKind, chance: Random
) -> SyntheticBranch:
    """A branch of this centre with a truth drawn by `chance`; the kind decides the crowd alone."""
    branch_factor = chance.gauss(0, 0.12)
    times, asked = {}, {}
    for code, prior in priors(centre).items():
        off, wider, weight = chance.gauss(0, 0.2), chance.gauss(0, 0.15), chance.gauss(0, 0.8)
        times[code] = ServiceTime(
            prior.mu + branch_factor + off, prior.sigma * math.exp(wider), math.inf
        )
        asked[code] = math.exp(weight)
    served = SyntheticBranch(centre, branch, MANNERS[kind], times, asked).desks
    reach = frozenset().union(*(desk.services for desk in served))
    return SyntheticBranch(
        centre,
        branch,
        MANNERS[kind],
        times,
        {code: weight for code, weight in asked.items() if code in reach},
    )


def plan_named(centre: Centre, slug: str | None) -> BranchPlan:
    """The centre's branch of that name, the first for None. UnknownBranch says which there are."""
    slugs = [one.slug for one in centre.branches]
    if slug is None:
        return centre.branches[0]
    require_known(slug, slugs)
    return centre.branches[slugs.index(slug)]


def require_known(slug: str, known: Iterable[str]) -> None:
    """UnknownBranch, which names the known ones."""
    names = list(known)
    if slug not in names:
        raise UnknownBranch(f"{slug!r} is none of: {', '.join(names)}")


def open_days(centre: Centre, branch: BranchPlan, first: date) -> Iterator[date]:
    """The days from `first` on which the branch is open. ValueError: none for a year."""
    shut = 0
    while shut < 366:
        if branch_day(centre, branch, first).periods:
            shut = 0
            yield first
        else:
            shut += 1
        first += timedelta(days=1)
    raise ValueError(f"{branch.slug} is never open")


def hourly_walk_ins(branch: SyntheticBranch, day: date, hour: int) -> float:
    """Walk-ins expected in this hour of the day if the branch is open all of it."""
    return usual_per_hour(day, hour, branch.manner.per_hour)
