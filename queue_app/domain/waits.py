"""How long a person will wait: the branch run forward from now, many times, as a range.

Each run draws the length of every visit from its learned distribution, who has lost patience,
which bookings come and when, and who will come with priority; and it goes through the same
ranking by which the desks call. The range is the 10th to the 90th percentile over the runs, so
that four waits in five fall into it. The draws of a person depend on their id alone: estimates
move because the hall changed, not because chance did.
"""

import math
import random
from bisect import bisect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from statistics import NormalDist
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import dispatch
from queue_app.domain.dispatch import CallingDesk, Expected, Person, Policy
from queue_app.domain.forward import Called, Coming, Forward, Shift, Stop
from queue_app.domain.habits import Habits
from queue_app.domain.line import Line
from queue_app.domain.service_times import ServiceTime, of_people

RUNS = 60
LOW, HIGH = 0.1, 0.9
SURE = 0.8
"""The part of the runs in which somebody must be called to be told a range."""
OPENING_SPREAD = 1.5
"""Minutes by which a desk opens sooner or later than rostered, or comes back from a break."""
FEW_AHEAD = 2
"""People ahead of somebody of whom that is not known."""
FINE, COARSE = 30, 5
"""Up to so many minutes an end of a range is told to the minute, beyond in steps of so many."""

_NORMAL = NormalDist()
_SURELY = 1e-9
_STRANGER = -1_000_000
"""The first id of people whom a run invents."""
_MOST_STRANGERS = 100


class Wait(Struct, frozen=True, dict=True):
    """Whole minutes until the call, both ends included; people who will be called before."""

    people_ahead: int
    low_minutes: int
    high_minutes: int

    @property
    def forecast(self) -> tuple[float, float] | None:
        """The range before it was corrected and made whole, in minutes; None: not known.

        No field, as no screen is told it: what came true is compared with it.
        """
        return self.__dict__.get("forecast")


Served = Literal["today", "perhaps", "not_today"]
"""Whether a range lies before closing, reaches past it, or lies past it."""


def served_by(wait: Wait | None, now: datetime, closes_at: datetime | None) -> Served:
    """What a wait that begins now means to somebody who would be served before closing."""
    if wait is None or closes_at is None:
        return "today"
    left = (closes_at - now) / timedelta(minutes=1)
    if wait.low_minutes >= left:
        return "not_today"
    return "perhaps" if wait.high_minutes > left else "today"


class Underway(Struct, frozen=True):
    """A visit at a desk: how many minutes ago it began, and how long such visits take.

    Negative minutes: so long ago its person was called; it has not begun. Minutes in which
    everything was stopped do not count.
    """

    minutes: float
    time: ServiceTime


class ForeseenDesk(Struct, frozen=True):
    """A desk of the forecast: from when and until when it works, and whom it serves now.

    `stood`: for how many minutes it has been free, where nobody is at it.
    """

    desk: CallingDesk
    opens: float = 0.0
    leaves: float = math.inf
    serving: Underway | None = None
    breaks: tuple[tuple[float, float], ...] = ()
    stood: float = 0.0


class Scene(Struct, frozen=True):
    """All that a forecast needs of a branch; minutes count from now.

    `booked`: people with a booking who are not there yet. `expected`: all bookings that were not
    called, by time, their holders there or not. `stops`: the interruptions of the day, also those
    that are over; one without a known end ends at infinity, and whoever it stops has no wait.
    """

    waiting: Sequence[Person]
    desks: Sequence[ForeseenDesk]
    booked: Sequence[Person]
    expected: Sequence[Expected]
    time_of: Callable[[frozenset[str]], ServiceTime]
    planned: Callable[[frozenset[str]], float]
    policy: Policy
    habits: Habits = Habits()
    stops: Sequence[Stop] = ()

    def length_of(self, person: Person) -> ServiceTime:
        """How long the visit of a person, or of a group on one number, takes."""
        return of_people(self.time_of(person.services), person.people)

    @property
    def there(self) -> list[Person]:
        """Who waits and may be called now."""
        return [one for one in self.waiting if not one.is_away(0.0)]

    @property
    def away(self) -> list[Person]:
        """Who was not there when called early, and is expected at their booked time."""
        return [one for one in self.waiting if one.is_away(0.0)]

    @property
    def lasting(self) -> list[Stop]:
        """The interruptions that last now."""
        return [one for one in self.stops if one.begins <= 0 < one.ends]

    @property
    def resumed(self) -> "Scene | None":
        """The same as if every stop without a known end ended at once; None: there is none.

        While nobody knows when named services resume, the high end of the others' waits is the
        higher of both scenes: whoever is stopped now may then be called before them.
        """
        known = [one for one in self.stops if one.ends < math.inf]
        if len(known) == len(self.stops):
            return None
        return msgspec.structs.replace(self, stops=known)

    @property
    def came_until(self) -> float:
        """Until when people came: not while all is stopped, so until its beginning, else now."""
        return min((one.begins for one in self.lasting if one.services is None), default=0.0)

    @property
    def still_until(self) -> float:
        """From which minute on desks may call at all; minus infinity where nothing is stopped."""
        if not self.lasting:
            return -math.inf
        until = 0.0
        for one in sorted(self.stops, key=lambda one: one.begins):
            if one.services is None and one.begins <= until < one.ends:
                until = one.ends
        return until


class _Chance(Struct, frozen=True):
    """A person's chance, run by run.

    `length` and `punctuality` are standard normal, `patience`, `comes` and `ready` uniform on 0
    to 1.
    """

    length: tuple[float, ...]
    punctuality: tuple[float, ...]
    patience: tuple[float, ...]
    comes: tuple[float, ...]
    ready: tuple[float, ...]


_Slices = tuple[tuple[float, ...], tuple[float, ...]]
"""The middle of each slice of a distribution: uniform on 0 to 1, and standard normal."""
_Strangers = tuple[tuple[float, float, float], ...]
"""When, which services (0 to 1), how long (standard normal)."""


class Dice:
    """What is the same in every hall: a megabyte, kept once by whoever asks of many."""

    def __init__(self) -> None:
        self._slices: dict[int, _Slices] = {}
        self._strangers: dict[int, _Strangers] = {}

    def slices(self, runs: int) -> _Slices:
        """Of so many runs. Everybody's chance is these very numbers in another order."""
        if runs not in self._slices:
            self._slices[runs] = _slices(runs)
        return self._slices[runs]

    def strangers(self, run: int) -> _Strangers:
        """Who comes with priority in one run, counted from 0: arrivals at rate 1."""
        if run not in self._strangers:
            self._strangers[run] = _strangers(run)
        return self._strangers[run]


class Draws:
    """The chance of whoever is in a hall, for somebody who asks of this hall again and again.

    It depends on ids alone, so keeping it saves work and changes nothing. Two kilobytes a person.
    """

    def __init__(self, dice: Dice | None = None) -> None:
        self.dice = dice or Dice()
        self._people: dict[int, _Chance] = {}
        self._runs = 0

    def of(self, people: Iterable[int], runs: int) -> Mapping[int, _Chance]:
        """The chance of the people of these ids in so many runs; that of all others is dropped."""
        kept = self._people if runs == self._runs else {}
        slices = self.dice.slices(runs)
        self._people = {one: kept.get(one) or _drawn(one, slices) for one in people}
        self._runs = runs
        return self._people


def _drawn(number: int, slices: _Slices) -> _Chance:
    """Stratified: each slice of every distribution is drawn once."""
    chance = random.Random(number)
    uniform, normal = slices
    length, punctuality, patience, comes, ready = (
        tuple(chance.sample(kind, len(kind)))
        for kind in (normal, normal, uniform, uniform, uniform)
    )
    return _Chance(length, punctuality, patience, comes, ready)


def _slices(runs: int) -> _Slices:
    uniform = tuple((place + 0.5) / runs for place in range(runs))
    return uniform, tuple(map(_NORMAL.inv_cdf, uniform))


def _strangers(run: int) -> _Strangers:
    chance = random.Random(_STRANGER + run)
    at, found = 0.0, []
    for _ in range(_MOST_STRANGERS):
        at += chance.expovariate(1.0)
        found.append((at, chance.random(), chance.gauss(0, 1)))
    return tuple(found)


def estimate(
    scene: Scene,
    newcomers: Sequence[Person] = (),
    runs: int = RUNS,
    draws: Draws | None = None,
) -> dict[int, Wait]:
    """The wait of every waiting person by id; who no desk will call is left out."""
    whole = msgspec.structs.replace(scene, waiting=[*scene.waiting, *newcomers])
    places = {number: place for place, number in enumerate(point(whole))}
    services = {one.id: one.services for one in whole.waiting}
    return {
        number: told(places[number], *span(minutes), scene.habits, services[number])
        for number, minutes in forecast(whole, runs, draws=draws).items()
        if number in places
    }


def told(
    ahead: int, low: float, high: float, habits: Habits, services: Collection[str] = ()
) -> Wait:
    """What somebody with so many people ahead is told of a range that was forecast, in minutes."""
    low, high = max(0.0, low), max(0.0, high)
    ends = shown(*habits.correction.applied(low, high, ahead, services))
    wait = Wait(ahead, *ends)
    wait.__dict__["forecast"] = low, high
    return wait


def spread(minutes: Sequence[float], habits: Habits) -> tuple[int, int]:
    """The range that these sorted minutes of the runs are told as to whoever may yet come, of whom
    nobody knows how many will be ahead."""
    wait = told(FEW_AHEAD, *span(minutes), habits)
    return wait.low_minutes, wait.high_minutes


def span(minutes: Sequence[float]) -> tuple[float, float]:
    """The low and the high end of these sorted minutes of the runs."""
    return quantile(minutes, LOW), quantile(minutes, HIGH)


def shown(low: float, high: float) -> tuple[int, int]:
    """A range in whole minutes, at least one wide; ends beyond half an hour in fives, outward.

    The high end is rounded up: who comes back too late has lost more than who comes too soon.
    """
    first = round(low) if low <= FINE else math.floor(low / COARSE) * COARSE
    last = math.ceil(high) if high <= FINE else math.ceil(high / COARSE) * COARSE
    return first, max(first + 1, last)


def point(scene: Scene) -> dict[int, float]:
    """Minutes until each waiting person's call if every visit takes its mean and all come, in the
    order of the queue: who are called in one minute stand as one desk would call them.

    Not of who is expected later: they have their time.
    """
    wanted = {one.id for one in scene.there}
    called = _forward(scene, _mean_run(scene), _line(scene)).run(wanted=wanted)
    return _in_order(scene, called, wanted)


def _in_order(scene: Scene, called: Mapping[int, Called], wanted: set[int]) -> dict[int, float]:
    standing = {one.id: dispatch.place(one, 0.0, scene.policy) for one in scene.there}
    minutes = {number: max(0.0, one.minute) for number, one in called.items() if number in wanted}
    order = sorted(minutes, key=lambda number: (minutes[number], standing[number]))
    return {number: minutes[number] for number in order}


def _mean_run(scene: Scene) -> "_Run":
    return _Run(
        people=[
            Coming(one, _when_it_ends(scene, max(scene.came_until, _usual(scene, one))), mean)
            for one, mean in _means(scene, scene.booked)
            if _to_come(scene, one).share > 0.5
        ]
        + [Coming(one, one.expected, mean) for one, mean in _means(scene, scene.away)],
        waiting=[Coming(one, -1.0, mean) for one, mean in _means(scene, scene.there)],
        shifts=[_shift(scene, one, _rest(one, 0.0, 0.5, scene.habits)) for one in scene.desks],
    )


class RunEnd(Struct, frozen=True):
    """The end of a run of means with somebody who stands last; minutes from the scene.

    `minute`: their turn. `ahead`: people who are called before them. `others`: the turns of
    everybody else who was called, sorted. `free`: each desk, and from when it may call again, as if
    the last one had not been there.
    """

    minute: float
    ahead: int
    others: list[float]
    free: list[tuple[Shift, float]]


def end_of(scene: Scene, last: Person) -> RunEnd | None:
    """With `last`, who is not in `scene`; None where no desk will call them."""
    scene = replace(scene, waiting=[*scene.waiting, last])
    run = _mean_run(scene)
    forward = _forward(scene, run, _line(scene))
    wanted = {one.id for one in scene.there}
    called = forward.run(wanted=wanted)
    if last.id not in called:
        return None
    minute = called[last.id].minute
    free = []
    for index, shift in enumerate(run.shifts):
        serving = forward.serving.get(index)
        until = shift.free if serving is None else serving.ends
        if serving is not None and serving.person.id == last.id:
            until = minute
        free.append((shift, shift.resumes(max(minute, until))))
    turns = _in_order(scene, called, wanted)
    ahead = list(turns).index(last.id)
    others = [minute for number, minute in turns.items() if number != last.id]
    return RunEnd(max(0.0, minute), ahead, others, free)


def forecast(
    scene: Scene,
    runs: int = RUNS,
    wanted: set[int] | None = None,
    draws: Draws | None = None,
) -> dict[int, list[float]]:
    """Minutes until the call in each run, sorted: of everybody there, or of those `wanted`.

    Who is called in less than `SURE` of the runs is left out; in the rest of the runs of the others
    their desk left first, which counts as the last minute in which they were called. `draws`:
    what somebody who asks often keeps.
    """
    wanted = {one.id for one in scene.there} if wanted is None else wanted
    line = _line(scene)
    found: dict[int, list[float]] = {number: [] for number in wanted}
    for run in _runs(scene, runs, draws or Draws()):
        for number, minute in _minutes(scene, run, line.copy(), wanted).items():
            found[number].append(minute)
    return {
        number: sorted(minutes) + [max(minutes)] * (runs - len(minutes))
        for number, minutes in found.items()
        if len(minutes) >= SURE * runs
    }


class _Run(Struct, frozen=True):
    """One run's chance: who comes when, how long everybody takes, when each desk is free."""

    people: Sequence[Coming]
    waiting: Sequence[Coming]
    shifts: Sequence[Shift]


def _minutes(scene: Scene, run: _Run, line: Line, wanted: set[int]) -> dict[int, float]:
    called = _forward(scene, run, line).run(wanted=wanted)
    return {number: max(0.0, one.minute) for number, one in called.items() if number in wanted}


def _forward(scene: Scene, run: _Run, line: Line) -> Forward:
    return Forward(
        run.people,
        run.shifts,
        scene.policy,
        line=line,
        waiting=run.waiting,
        expected=scene.expected,
        minutes=scene.planned,
        stops=scene.stops,
        absent=scene.habits.absent_minutes,
    )


def _line(scene: Scene) -> Line:
    line = Line(scene.policy, [one.desk for one in scene.desks])
    for one in scene.there:
        line.add(one, -math.inf)
    return line


def _means(scene: Scene, people: Sequence[Person]) -> list[tuple[Person, float]]:
    between = scene.habits.between
    return [(one, scene.length_of(one).mean_minutes + between) for one in people]


def _runs(scene: Scene, runs: int, draws: Draws) -> Iterator[_Run]:
    """The chance of every run: each person's draws stand in a column of their own."""
    chances = draws.of(_involved(scene), runs)
    waiting = [_waiting(scene, one, chances[one.id]) for one in scene.there]
    away = [_waiting(scene, one, chances[one.id]) for one in scene.away]
    booked = [_booked(scene, one, chances[one.id]) for one in scene.booked]
    desks = [_desk(scene, one, chances[_of_desk(one)]) for one in scene.desks]
    for run in range(runs):
        coming = [one for column in booked if (one := column[run]) is not None]
        coming += [column[run] for column in away]
        yield _Run(
            people=coming + _with_priority(scene, draws.dice.strangers(run)),
            waiting=[column[run] for column in waiting],
            shifts=[column[run] for column in desks],
        )


def futures(
    scene: Scene, runs: int, draws: Draws
) -> Iterator[tuple[Sequence[Coming], Sequence[Coming], Sequence[Shift]]]:
    """Each run's chance: who comes, who waits already, and when each desk is free."""
    for run in _runs(scene, runs, draws):
        yield run.people, run.waiting, run.shifts


def _involved(scene: Scene) -> Iterator[int]:
    """Whose chance the runs depend on; that of a desk is that of whom it serves."""
    yield from (one.id for one in scene.waiting)
    yield from (one.id for one in scene.booked)
    yield from map(_of_desk, scene.desks)


def _of_desk(one: ForeseenDesk) -> int:
    return -1 - one.desk.id


def _waiting(scene: Scene, person: Person, chance: _Chance) -> list[Coming]:
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


def _lengths(scene: Scene, person: Person, chance: _Chance) -> list[float]:
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


def _booked(scene: Scene, person: Person, chance: _Chance) -> list[Coming | None]:
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


def _with_priority(scene: Scene, strangers: _Strangers) -> list[Coming]:
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
        person = Person(_STRANGER - number, services, arrives, priority=True)
        found.append(Coming(person, arrives, length))
    return found


def _desk(scene: Scene, one: ForeseenDesk, chance: _Chance) -> list[Shift]:
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


def quantile(minutes: Sequence[float], share: float) -> float:
    """Of sorted values, linear between neighbours.

    The k-th of n stands for k / (n + 1), which is the chance that one more draw falls below it.
    """
    place = min(max(share * (len(minutes) + 1) - 1, 0.0), len(minutes) - 1.0)
    below = int(place)
    above = min(below + 1, len(minutes) - 1)
    return minutes[below] + (place - below) * (minutes[above] - minutes[below])
