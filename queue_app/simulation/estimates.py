"""How good the estimates are: each beside what came true, on days that were not learned from.

A person who joins is told a range at that moment, made from what the branch would know then:
learned times, not true ones; who should come, not who will. What came true is the minute in
which their number was called, also if they had given up by then: the desk called them all the
same. Whom a free desk takes at once was told no range and does not count.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from statistics import fmean
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.chance import Draws
from queue_app.domain.dispatch import Expected, Person, Policy, claim, may_call
from queue_app.domain.forward import Coming, Forward, Shift, stood_still
from queue_app.domain.interruptions import stops
from queue_app.domain.scene import ForeseenDesk, Scene, Underway
from queue_app.domain.told_range import quantile, span, told
from queue_app.domain.waits import RUNS, forecast, point
from queue_app.simulation.knowledge import Knowledge, learn, truth
from queue_app.simulation.run import begin, outcome, run_day
from queue_app.simulation.synthetic_branch import MANNERS, DayKind, open_days, synthetic_branch
from queue_app.simulation.synthetic_day import SyntheticDay, draw

HISTORY = 20
"""Days of the branch that are learned from."""
TESTED = 3
"""Days of each branch on which estimates are checked; then the next branch is drawn."""


SHARE = 0.15
"""Of the arrivals that have to wait, at which an estimate is checked."""
Phase = Literal["before", "while it lasts", "at its end", "after it"]
"""When a range was told, beside the interruption of the day: "at its end" to whoever waited
through it, when that was said; "after it" to whoever joined later."""
PHASES: tuple[Phase, ...] = get_args(Phase)
_MINUTE = timedelta(minutes=1)


class Told(Struct, frozen=True):
    """One estimate beside what came true; minutes. `forecast`: the range before its correction."""

    came_true: float
    low: int
    high: int
    ours: float
    oracle: float
    formula: float
    ahead: int = 0
    forecast: tuple[float, float] = (0.0, 0.0)
    phase: Phase = "before"


class EstimateAccuracy(Struct, frozen=True):
    """Over all estimates of a kind of day. `ours`, `oracle`, `formula`: mean absolute errors."""

    kind: DayKind
    days: int
    estimates: int
    mean_wait: float
    covered: float
    width: float
    ours: float
    oracle: float
    formula: float
    phase: str | None = None

    @property
    def percent(self) -> float:
        return 100 * self.covered

    @property
    def ratio(self) -> float:
        """Our error beside the oracle's."""
        return self.ours / self.oracle


def measure(
    centre: Centre,
    branch: BranchPlan,
    kind: DayKind,
    first: date,
    days: int,
    seed: int,
    share: float = SHARE,
) -> EstimateAccuracy:
    """EstimateAccuracy over `days` synthetic days, at `share` of the arrivals that have to wait.

    ValueError: nobody had to wait on those days.
    """
    told = _told(centre, branch, kind, first, days, seed, share)
    if not told:
        raise ValueError("nobody had to wait: take more days")
    return summary(kind, days, told)


def measure_rows(
    centre: Centre, branch: BranchPlan, kind: DayKind, first: date, days: int, seed: int
) -> list[EstimateAccuracy]:
    """One `measure`; of days with an interruption one for each phase in which ranges were told."""
    if MANNERS[kind].stops is None:
        return [measure(centre, branch, kind, first, days, seed)]
    told = _told(centre, branch, kind, first, days, seed, SHARE)
    apart = [(phase, [one for one in told if one.phase == phase]) for phase in PHASES]
    return [summary(kind, days, found, phase) for phase, found in apart if found]


def _told(
    centre: Centre,
    branch: BranchPlan,
    kind: DayKind,
    first: date,
    days: int,
    seed: int,
    share: float,
) -> list[Told]:
    told: list[Told] = []
    tested = 0
    for number in range(math.ceil(days / TESTED)):
        chance = Random(f"accuracy {seed} {kind} {number}")
        place = synthetic_branch(centre, branch, kind, chance)
        dates = open_days(centre, branch, first)
        past = [run_day(draw(place, next(dates), chance), place.policy) for _ in range(HISTORY)]
        learned, true = learn(centre, past, chance), truth(place, past)
        for _ in range(min(TESTED, days - tested)):
            day = draw(place, next(dates), chance)
            told += Telling(day, place.policy, learned, true, share, chance).run()
            tested += 1
    return told


def summary(
    kind: DayKind, days: int, told: Sequence[Told], phase: str | None = None
) -> EstimateAccuracy:
    return EstimateAccuracy(
        kind=kind,
        phase=phase,
        days=days,
        estimates=len(told),
        mean_wait=fmean(one.came_true for one in told),
        covered=fmean(one.low <= one.came_true <= one.high for one in told),
        width=fmean(one.high - one.low for one in told),
        ours=fmean(abs(one.ours - one.came_true) for one in told),
        oracle=fmean(abs(one.oracle - one.came_true) for one in told),
        formula=fmean(abs(one.formula - one.came_true) for one in told),
    )


class Telling:
    """One day on which ranges are told: to some who join, and to some who waited through a stop."""

    def __init__(
        self,
        day: SyntheticDay,
        policy: Policy,
        learned: Knowledge,
        true: Knowledge,
        share: float,
        chance: Random,
    ) -> None:
        self._day = day
        self._policy = policy
        self._learned = learned
        self._true = true
        self._share = share
        self._chance = chance
        self._draws = Draws()
        self._told: list[tuple[int, float, Told]] = []

    def run(self) -> list[Told]:
        day = self._day
        forward = begin(day, self._policy, self._on_arrival)
        for one in day.interruptions:
            if one.ended_at:
                forward.run(until=(one.ended_at - day.at(0.0)) / _MINUTE)
                self._tell(forward, sorted(forward.line, key=lambda one: one.id), "at its end")
        called = outcome(day, forward).called
        return [
            msgspec.structs.replace(one, came_true=called[number].minute - at)
            for number, at, one in self._told
        ]

    def _on_arrival(self, forward: Forward, coming: Coming) -> None:
        if self._chance.random() >= self._share or _at_once(forward, coming.person):
            return
        self._tell(forward, [coming.person], _phase(self._day, forward.minute))

    def _tell(self, forward: Forward, people: Sequence[Person], phase: Phase) -> None:
        """Nothing to whoever is stopped for nobody knows how long."""
        wanted = {one.id for one in people}
        scene = scene_of(forward, self._day, self._learned)
        ours = forecast(scene, RUNS, wanted, self._draws)
        oracle = forecast(scene_of(forward, self._day, self._true), RUNS, wanted, self._draws)
        others = forecast(scene.resumed, RUNS, wanted, self._draws) if scene.resumed else ours
        places = {number: place for place, number in enumerate(point(scene))}
        for one in people:
            if one.id not in ours:
                continue
            ahead = places.get(one.id, 0)
            wait = told(ahead, *span(ours[one.id]), scene.habits, one.services)
            other = told(ahead, *span(others[one.id]), scene.habits, one.services)
            estimate = Told(
                came_true=math.nan,
                low=wait.low_minutes,
                high=max(wait.high_minutes, other.high_minutes),
                ours=quantile(ours[one.id], 0.5),
                oracle=quantile(oracle[one.id], 0.5),
                formula=formula(forward, one, self._learned.average),
                ahead=ahead,
                forecast=span(ours[one.id]),
                phase=phase,
            )
            self._told.append((one.id, forward.minute, estimate))


def _phase(day: SyntheticDay, minute: float) -> Phase:
    known = day.known_at(minute)
    if not known:
        return "before"
    return "while it lasts" if any(one.ended_at is None for one in known) else "after it"


def _at_once(forward: Forward, person: Person) -> bool:
    return not forward.is_stopped(person) and any(
        may_call(forward.shifts[index].desk, person) for index in forward.idle
    )


def formula(forward: Forward, person: Person, average: float) -> float:
    """The rivals' estimate: position times average time over open desks, once these may call."""
    key = claim(person, forward.policy).key
    position = sum(claim(one, forward.policy).key <= key for one in forward.line)
    at = forward.minute
    lasting = [one for one in forward.stops if one.services is None and one.begins <= at < one.ends]
    open_desks = sum(shift.free <= at and shift.resumes(at) == at for shift in forward.shifts)
    still = max(one.ends - at for one in lasting) if lasting else 0.0
    return position * average / max(1, open_desks) + still


def scene_of(forward: Forward, day: SyntheticDay, known: Knowledge) -> Scene:
    """The branch at this minute of a run as the product would know it."""
    now = forward.minute
    here = {one.id for one in forward.line}
    return Scene(
        waiting=[_seen(one, now) for one in forward.line],
        desks=[
            _desk(forward, day, known, index, shift) for index, shift in enumerate(forward.shifts)
        ],
        booked=[
            _seen(msgspec.structs.replace(one, queued=now), now)
            for one in day.bookings
            if one.id not in here and one.id not in forward.called
        ],
        expected=[
            Expected(one.due - now, one.services, one.id)
            for one in day.expected
            if one.due >= now and one.id not in forward.called
        ],
        time_of=known.time_of,
        planned=day.branch.planned,
        policy=forward.policy,
        habits=known.habits,
        stops=stops(day.known_at(now), day.at(now)),
    )


def _seen(one: Person, now: float) -> Person:
    due = None if one.due is None else one.due - now
    limit = None if one.late_after is None else one.late_after - now
    return Person(one.id, one.services, one.queued - now, due, one.priority, one.for_desk_id, limit)


def _desk(
    forward: Forward, day: SyntheticDay, known: Knowledge, index: int, shift: Shift
) -> ForeseenDesk:
    now = forward.minute
    return ForeseenDesk(
        shift.desk,
        opens=shift.free - now,
        leaves=shift.leaves - now,
        serving=_serving(forward, day, known, index),
        breaks=tuple((begins - now, ends - now) for begins, ends in shift.breaks),
    )


def _serving(forward: Forward, day: SyntheticDay, known: Knowledge, index: int) -> Underway | None:
    """The visit at a desk; one who was called and is not there yet may still come."""
    one = forward.serving.get(index)
    if one is None:
        return None
    since_call = forward.minute - one.called
    since_call -= stood_still(day.stops, one.called, forward.minute)
    change_over = day.lengths[one.person.id] - day.served[one.person.id]
    begun = since_call > change_over and not forward.called[one.person.id].absent
    minutes = since_call - change_over if begun else -since_call
    return Underway(minutes, known.time_of(one.person.services))
