"""How good the estimates are: each beside what came true, on days that were not learned from.

A person who joins is told a range at that moment, made from what the branch would know then:
learned times, not true ones; who should come, not who will. What came true is the minute in
which their number was called, also if they had given up by then: the desk called them all the
same. Whom a free desk takes at once was told no range and does not count.
"""

import math
from collections.abc import Sequence
from datetime import date
from random import Random
from statistics import fmean

import msgspec
from msgspec import Struct

from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.dispatch import POLICIES, Expected, Person, Policy, claim, may_call
from queue_app.domain.forward import Coming, Forward, Shift
from queue_app.domain.waits import RUNS, Desk, Scene, Serving, forecast, quantile, spread
from queue_app.simulation.day import Day, draw
from queue_app.simulation.knowledge import Knowledge, learn, truth
from queue_app.simulation.run import run_day
from queue_app.simulation.world import Kind, open_days, world

HISTORY = 20
"""Days of the branch that are learned from."""
TESTED = 3
"""Days of each branch on which estimates are checked; then the next branch is drawn."""


class Told(Struct, frozen=True):
    """One estimate beside what came true; minutes."""

    came_true: float
    low: int
    high: int
    ours: float
    oracle: float
    formula: float


class Accuracy(Struct, frozen=True):
    """Over all estimates of a kind of day. `ours`, `oracle`, `formula`: mean absolute errors."""

    kind: Kind
    days: int
    estimates: int
    mean_wait: float
    covered: float
    width: float
    ours: float
    oracle: float
    formula: float

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
    kind: Kind,
    first: date,
    days: int,
    seed: int,
    share: float = 0.15,
    policy: Policy = POLICIES["promise"],
) -> Accuracy:
    """Accuracy over `days` synthetic days, at `share` of the arrivals that have to wait.

    ValueError: nobody had to wait on those days.
    """
    told: list[Told] = []
    tested = 0
    for number in range(math.ceil(days / TESTED)):
        chance = Random(f"accuracy {seed} {kind} {number}")
        place = world(centre, branch, kind, chance)
        dates = open_days(branch, first)
        past = [run_day(draw(place, next(dates), chance), policy) for _ in range(HISTORY)]
        learned, true = learn(centre, past, chance), truth(place, past)
        for _ in range(min(TESTED, days - tested)):
            told += _tell(draw(place, next(dates), chance), policy, learned, true, share, chance)
            tested += 1
    if not told:
        raise ValueError("nobody had to wait: take more days")
    return summary(kind, days, told)


def summary(kind: Kind, days: int, told: Sequence[Told]) -> Accuracy:
    return Accuracy(
        kind=kind,
        days=days,
        estimates=len(told),
        mean_wait=fmean(one.came_true for one in told),
        covered=fmean(one.low <= one.came_true <= one.high for one in told),
        width=fmean(one.high - one.low for one in told),
        ours=fmean(abs(one.ours - one.came_true) for one in told),
        oracle=fmean(abs(one.oracle - one.came_true) for one in told),
        formula=fmean(abs(one.formula - one.came_true) for one in told),
    )


def _tell(
    day: Day, policy: Policy, learned: Knowledge, true: Knowledge, share: float, chance: Random
) -> list[Told]:
    told: dict[int, tuple[float, Told]] = {}

    def on_arrival(forward: Forward, coming: Coming) -> None:
        if chance.random() >= share or _at_once(forward, coming.person):
            return
        number = coming.person.id
        ours = forecast(scene_of(forward, day, learned), RUNS, {number})[number]
        oracle = forecast(scene_of(forward, day, true), RUNS, {number})[number]
        low, high = spread(ours)
        told[number] = (
            forward.minute,
            Told(
                came_true=math.nan,
                low=low,
                high=high,
                ours=quantile(ours, 0.5),
                oracle=quantile(oracle, 0.5),
                formula=formula(forward, coming.person, learned.average),
            ),
        )

    outcome = run_day(day, policy, on_arrival)
    return [
        msgspec.structs.replace(one, came_true=outcome.called[number].minute - at)
        for number, (at, one) in told.items()
    ]


def _at_once(forward: Forward, person: Person) -> bool:
    return any(may_call(forward.shifts[index].desk, person) for index in forward.idle)


def formula(forward: Forward, person: Person, average: float) -> float:
    """The rivals' estimate: position times average time over open desks."""
    key = claim(person, forward.policy).key
    position = sum(claim(one, forward.policy).key <= key for one in forward.line)
    at = forward.minute
    open_desks = sum(shift.free <= at and shift.resumes(at) == at for shift in forward.shifts)
    return position * average / max(1, open_desks)


def scene_of(forward: Forward, day: Day, known: Knowledge) -> Scene:
    """The branch at this minute of a run as the product would know it."""
    now = forward.minute
    here = {one.id for one in forward.line}
    return Scene(
        waiting=[_seen(one, now) for one in forward.line],
        desks=[
            _desk(forward, day, known, index, shift) for index, shift in enumerate(forward.shifts)
        ],
        booked=[
            Person(one.id, one.services, 0.0, (one.due or 0.0) - now)
            for one in day.bookings
            if one.id not in here and one.id not in forward.called
        ],
        expected=[
            Expected(one.due - now, one.services, one.id)
            for one in day.expected
            if one.due >= now and one.id not in forward.called
        ],
        time_of=known.time_of,
        planned=day.world.planned,
        policy=forward.policy,
        habits=known.habits,
    )


def _seen(one: Person, now: float) -> Person:
    due = None if one.due is None else one.due - now
    return Person(one.id, one.services, one.queued - now, due, one.priority, one.for_desk_id)


def _desk(forward: Forward, day: Day, known: Knowledge, index: int, shift: Shift) -> Desk:
    now = forward.minute
    return Desk(
        shift.desk,
        opens=shift.free - now,
        leaves=shift.leaves - now,
        serving=_serving(forward, day, known, index),
        breaks=tuple((begins - now, ends - now) for begins, ends in shift.breaks),
    )


def _serving(forward: Forward, day: Day, known: Knowledge, index: int) -> Serving | None:
    """The visit at a desk; one who was called and is not there yet may still come."""
    one = forward.serving.get(index)
    if one is None:
        return None
    since_call = forward.minute - one.called
    change_over = one.ends - one.called - day.served[one.person.id]
    begun = since_call > change_over and not forward.called[one.person.id].absent
    minutes = since_call - change_over if begun else -since_call
    return Serving(minutes, known.time_of(one.person.services))
