"""What each run of a forecast goes through: who comes when, how long everybody takes, and when each
desk is free.

Each run draws the length of every visit from its learned distribution, who has lost patience,
which bookings come and when, and who will come with priority.
"""

import math
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from statistics import NormalDist

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.chance import STRANGER, Chance, Draws, Strangers
from queue_app.domain.dispatch import Person
from queue_app.domain.forward import Coming, Shift
from queue_app.domain.habits import Habits
from queue_app.domain.scene import ForeseenDesk, Scene, Underway

_NORMAL = NormalDist()

OPENING_SPREAD = 1.5
"""Minutes by which a desk opens sooner or later than rostered, or comes back from a break."""
_SURELY = 1e-9


class Run(Struct, frozen=True):
    """One run's chance: who comes when, how long everybody takes, when each desk is free."""

    people: Sequence[Coming]
    waiting: Sequence[Coming]
    shifts: Sequence[Shift]


def mean_run(scene: Scene) -> Run:
    return Run(
        people=[
            Coming(one, _when_it_ends(scene, max(scene.came_until, _usual(scene, one))), mean)
            for one, mean in _means(scene, scene.booked)
            if _to_come(scene, one).share > 0.5
        ]
        + [Coming(one, one.expected, mean) for one, mean in _means(scene, scene.away)],
        waiting=[Coming(one, -1.0, mean) for one, mean in _means(scene, scene.there)],
        shifts=[_shift(scene, one, _rest(one, 0.0, 0.5, scene.habits)) for one in scene.desks],
    )


def _means(scene: Scene, people: Sequence[Person]) -> list[tuple[Person, float]]:
    between = scene.habits.between
    return [(one, scene.length_of(one).mean_minutes + between) for one in people]


def drawn_runs(scene: Scene, runs: int, draws: Draws) -> Iterator[Run]:
    """The chance of every run: each person's draws stand in a column of their own."""
    chances = draws.of(_involved(scene), runs)
    waiting = [_waiting(scene, one, chances[one.id]) for one in scene.there]
    away = [_waiting(scene, one, chances[one.id]) for one in scene.away]
    booked = [_booked(scene, one, chances[one.id]) for one in scene.booked]
    desks = [_desk(scene, one, chances[_of_desk(one)]) for one in scene.desks]
    for run in range(runs):
        coming = [one for column in booked if (one := column[run]) is not None]
        coming += [column[run] for column in away]
        yield Run(
            people=coming + _with_priority(scene, draws.dice.strangers(run)),
            waiting=[column[run] for column in waiting],
            shifts=[column[run] for column in desks],
        )


def futures(
    scene: Scene, runs: int, draws: Draws
) -> Iterator[tuple[Sequence[Coming], Sequence[Coming], Sequence[Shift]]]:
    """Each run's chance: who comes, who waits already, and when each desk is free."""
    for run in drawn_runs(scene, runs, draws):
        yield run.people, run.waiting, run.shifts


def _involved(scene: Scene) -> Iterator[int]:
    """Whose chance the runs depend on; that of a desk is that of whom it serves."""
    yield from (one.id for one in scene.waiting)
    yield from (one.id for one in scene.booked)
    yield from map(_of_desk, scene.desks)


def _of_desk(one: ForeseenDesk) -> int:
    return -1 - one.desk.id


def _waiting(scene: Scene, person: Person, chance: Chance) -> list[Coming]:
    since = person.queued if person.due is None else max(person.queued, person.due)
    gone_by, expected = scene.habits.gone_by, max(person.expected, -1.0)
    stayed = scene.habits.leaves_seen * share_gone(gone_by, -since)
    gone = [since + patience_of(gone_by, stayed + (1 - stayed) * one) for one in chance.patience]
    return [
        Coming(person, expected, length, leaves)
        for length, leaves in zip(_lengths(scene, person, chance), gone, strict=True)
    ]


def share_gone(gone_by: Sequence[tuple[float, float]], minutes: float) -> float:
    """The share that has gone after so many minutes; linear between what is known."""
    before, lower = 0.0, 0.0
    for known, upper in gone_by:
        if minutes < known:
            return lower + (upper - lower) * max(0.0, minutes - before) / (known - before)
        before, lower = known, upper
    return lower


def patience_of(gone_by: Sequence[tuple[float, float]], share: float) -> float:
    """The minutes after which this share has gone; infinite beyond what is known."""
    if not gone_by or share >= gone_by[-1][1]:
        return math.inf
    before, lower = 0.0, 0.0
    for minutes, upper in gone_by:
        if share < upper:
            return before + (minutes - before) * (share - lower) / (upper - lower)
        before, lower = minutes, upper
    return math.inf


def _lengths(scene: Scene, person: Person, chance: Chance) -> list[float]:
    time, change_over, exp = scene.length_of(person), scene.habits.change_over, math.exp
    mu, sigma, readiness = time.mu, time.sigma, scene.habits.readiness
    if readiness.rates is None:
        return [exp(mu + sigma * normal) + change_over for normal in chance.length]
    return [
        exp(mu + sigma * normal) + change_over + readiness.left(0.0, share)
        for normal, share in zip(chance.length, chance.ready, strict=True)
    ]


class _ToCome(Struct, frozen=True):
    """A booking whose holder is not there: the chance that they still come, and how much of the
    distribution of their coming has passed."""

    share: float
    passed: float


def _usual(scene: Scene, person: Person) -> float:
    """When the holder of a booking comes on average; as a stop ended if that fell into it."""
    minute = (person.due or 0.0) - scene.habits.early_minutes
    for one in scene.stops:
        if one.services is None and one.begins <= minute < one.ends <= 0:
            minute = one.ends
    return minute


def _when_it_ends(scene: Scene, minute: float) -> float:
    """Whoever would come at a minute at which all is stopped comes when that ends."""
    for one in scene.stops:
        if one.services is None and one.begins <= minute < one.ends:
            minute = one.ends
    return minute


def _to_come(scene: Scene, person: Person) -> _ToCome:
    habits = scene.habits
    passed = _NORMAL.cdf((scene.came_until - _usual(scene, person)) / habits.early_spread)
    passed = min(passed, 1 - _SURELY)
    return _ToCome(habits.comes * (1 - passed) / (1 - habits.comes * passed), passed)


def _booked(scene: Scene, person: Person, chance: Chance) -> list[Coming | None]:
    """When the holder of a booking comes in each run, given that they are not there yet."""
    habits = scene.habits
    still, mean = _to_come(scene, person), _usual(scene, person)
    column: list[Coming | None] = []
    for length, normal, comes in zip(
        _lengths(scene, person, chance), chance.punctuality, chance.comes, strict=True
    ):
        if comes > still.share:
            column.append(None)
            continue
        if still.passed > _SURELY:
            reached = still.passed + (1 - still.passed) * _NORMAL.cdf(normal)
            normal = _NORMAL.inv_cdf(min(reached, 1 - _SURELY))  # noqa: PLW2901
        minute = max(scene.came_until, mean + habits.early_spread * normal)
        arrives = _when_it_ends(scene, minute)
        there = Person(
            person.id,
            person.services,
            arrives,
            person.due,
            person.priority,
            late_after=person.late_after,
        )
        column.append(Coming(there, arrives, length))
    return column


def _with_priority(scene: Scene, strangers: Strangers) -> list[Coming]:
    """People with priority who will come while their head start can still bring them past
    somebody who waits now: the only newcomers without a booking that matter. While all is
    stopped, nobody comes; those who would have come since it began come when it ends."""
    rate, horizon = scene.habits.priority_per_minute, scene.policy.priority_head_start
    if not rate or not scene.habits.asked:
        return []
    asked, weights = zip(*scene.habits.asked, strict=True)
    heights = list(accumulate(weights))
    found = []
    for number, (unit, choice, normal) in enumerate(strangers):
        arrives = _when_it_ends(scene, scene.came_until + unit / rate)
        if arrives > horizon:
            break
        services = asked[bisect(heights, choice * heights[-1], hi=len(asked) - 1)]
        time = scene.time_of(services)
        length = math.exp(time.mu + time.sigma * normal) + scene.habits.between
        person = Person(STRANGER - number, services, arrives, priority=True)
        found.append(Coming(person, arrives, length))
    return found


def _desk(scene: Scene, one: ForeseenDesk, chance: Chance) -> list[Shift]:
    """A desk with the rest of its present visit, or the minute in which it opens, in each run."""
    draws = chance.length
    if one.serving is None and one.opens > 0:
        times = [max(0.0, one.opens + OPENING_SPREAD * normal) for normal in draws]
        return [_shift(scene, replace(one, opens=opens), 0.0) for opens in times]
    return [
        _shift(scene, one, _rest(one, normal, share, scene.habits))
        for normal, share in zip(draws, chance.ready, strict=True)
    ]


def _rest(one: ForeseenDesk, normal: float, share: float, habits: Habits) -> float:
    """Minutes until an open desk calls: the rest of its visit, and until it is ready after it."""
    if one.serving is None:
        return 0.0 if one.opens > 0 else habits.readiness.left(one.stood, share)
    return residual(one.serving, normal, habits) + habits.readiness.left(0.0, share)


def _shift(scene: Scene, one: ForeseenDesk, rest: float) -> Shift:
    """The desk with so many minutes left of its visit, which goes on when the hall does."""
    still = scene.still_until
    free = max(rest, one.opens) if still < 0 else max(still + rest, one.opens)
    return Shift(one.desk, free, one.leaves, one.breaks)


def residual(serving: Underway | None, normal: float, habits: Habits) -> float:
    """Minutes until the desk is free, at this standard normal draw.

    Given that the visit has lasted so long already: the lognormal's tail beyond the minutes that
    have passed. A visit that has not begun has its change-over before it.
    """
    if serving is None:
        return 0.0
    time, passed = serving.time, serving.minutes
    if passed <= 0:
        return max(0.0, math.exp(time.mu + time.sigma * normal) + habits.change_over + passed)
    reached = _NORMAL.cdf((math.log(passed) - time.mu) / time.sigma)
    tail = min(reached + (1 - reached) * _NORMAL.cdf(normal), 1 - _SURELY)
    return max(0.0, math.exp(time.mu + time.sigma * _NORMAL.inv_cdf(tail)) - passed)
