"""When to come without a booking: how long a walk-in will wait, by half hour.

A day is run forward as in `waits`, and with the walk-ins that are to be expected: so many as came
on such days, each drawn with what they ask for, how long that takes and how patient they are. What
those wait who come in one half hour, over all runs, is its range, corrected as every range is.
"""

import math
import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate, pairwise

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.branch_day import BranchDay
from queue_app.domain.chance import Draws
from queue_app.domain.demand import QUARTER, PastDay, expected
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import CallingDesk, Person
from queue_app.domain.forecast import Lengths, Now, expected_of, scene_of
from queue_app.domain.forward import Coming, Forward
from queue_app.domain.habits import Habits
from queue_app.domain.hours import at
from queue_app.domain.policies import policy_of
from queue_app.domain.runs import futures, patience_of
from queue_app.domain.scene import ForeseenDesk, Scene
from queue_app.domain.service_times import ServiceTime, usual_minutes
from queue_app.domain.told_range import spread

HALF = 30
"""Minutes."""
RUNS = 24
MOST_RUNS = 240
"""Of a branch to which few come; a run of their day costs as little."""
ENOUGH = 12
"""Of so many walk-ins over all runs, a half hour has a range."""
WANTED = 3 * ENOUGH
"""So many are wanted in a half hour that is as all others, since not all of them are."""
SOON = 15
"""Whoever comes within so many minutes comes now."""
_WALK_IN = -2_000_000
"""The first id of walk-ins whom a run invents."""

_MINUTE = timedelta(minutes=1)
_WalkIns = Mapping[float, Mapping[frozenset[str], float]]
"""By the minute at which a quarter hour begins, from the scene on: sets of services, and how many
people are to be expected for each."""


class HalfHour(Struct, frozen=True):
    """What a walk-in waits who comes from this moment on; whole minutes, both ends included."""

    starts_at: datetime
    low_minutes: int
    high_minutes: int


class DayAhead(Struct, frozen=True):
    """A day of the branch, as far as it lies ahead; none where nobody calls walk-ins then."""

    date: date
    half_hours: tuple[HalfHour, ...]


class WaitsAhead(Struct, frozen=True):
    """What is foretold of a branch: made at once for everybody who asks.

    `people`: how many wait in the house. `low_minutes`, `high_minutes`: what a walk-in waits who
    comes now; None where nobody can say. `days`: today and the coming week.
    """

    made_at: datetime
    people: int
    low_minutes: int | None
    high_minutes: int | None
    days: tuple[DayAhead, ...]


class Past(Struct, frozen=True):
    """What speaks for the days ahead: who came on the days before, and who is booked, by day."""

    days: Sequence[PastDay]
    booked: Mapping[date, Sequence[tuple[datetime, frozenset[str]]]]


def today_ahead(now: Now, past: Past) -> tuple[DayAhead, tuple[int, int] | None]:
    """The rest of this day, from the hall as it is; and what a walk-in waits who comes now."""
    scene = scene_of(now)
    day = DayAhead(now.day.date, ())
    if scene.still_until == math.inf or not scene.desks:
        return day, None
    coming = quarters_ahead(now.directory, now.branch, now.day, past.days, now.at)
    samples = list(_samples(scene, coming))
    soon = sorted(wait for arrives, wait in samples if arrives < SOON)
    known = spread(soon, scene.habits) if len(soon) >= ENOUGH else None
    return replace(day, half_hours=_by_half(samples, now.at, scene.habits)), known


def day_ahead(
    directory: Directory,
    branch: Branch,
    day: BranchDay,
    past: Past,
    times: Mapping[str, ServiceTime],
    habits: Habits,
) -> DayAhead:
    """A day to come, by its rosters, its bookings so far and the days before it."""
    opens = day.opens
    if opens is None:
        return DayAhead(day.date, ())
    scene = _scene(directory, branch, day, opens, past, times, habits)
    coming = quarters_ahead(directory, branch, day, past.days, opens)
    return DayAhead(day.date, _by_half(list(_samples(scene, coming)), opens, habits))


def _scene(
    directory: Directory,
    branch: Branch,
    day: BranchDay,
    opens: datetime,
    past: Past,
    times: Mapping[str, ServiceTime],
    habits: Habits,
) -> Scene:
    """The hall as the doors open, if everybody comes to work."""
    length = Lengths(directory, times)
    booked = [
        Person(number, services, (at - opens) / _MINUTE, (at - opens) / _MINUTE)
        for number, (at, services) in enumerate(past.booked.get(day.date, ()), start=1)
    ]
    return Scene(
        waiting=[],
        desks=list(_desks(branch, day, opens)),
        booked=booked,
        expected=expected_of([], booked),
        time_of=length,
        planned=lambda services: length(services).mean_minutes,
        policy=policy_of(directory.rules),
        habits=habits,
    )


def _desks(branch: Branch, day: BranchDay, opens: datetime) -> Iterator[ForeseenDesk]:
    closes = day.closes
    for desk in branch.desks:
        windows = day.rostered(desk.roster)
        if not windows:
            continue
        hours = [((a - opens) / _MINUTE, (b - opens) / _MINUTE) for a, b in windows]
        stays = closes is not None and windows[-1].closes >= closes
        yield ForeseenDesk(
            CallingDesk(desk.id, desk.services),
            opens=hours[0][0],
            leaves=math.inf if stays else hours[-1][1],
            breaks=tuple((one[1], two[0]) for one, two in pairwise(hours)),
        )


def quarters_ahead(
    directory: Directory,
    branch: Branch,
    day: BranchDay,
    past: Sequence[PastDay],
    origin: datetime,
) -> _WalkIns:
    """The walk-ins to be expected from the moment `origin` on, as far as some desk gives what they
    ask for, while the kiosk gives tickets. By the quarter hours of the clock on the wall: in the
    hour that spring skips nobody comes, and in the one that autumn repeats as many as ever."""
    given = [desk.services for desk in branch.desks]
    offered = [
        one.code
        for one in directory.centre.services
        if "visit" in one.channels and any(one.code in services for services in given)
    ]
    if not offered or not day.periods:
        return {}
    last = max((window.closes for window in day.kiosk), default=origin)
    known = [directory.services_ever[code] for code in offered]
    usual = usual_minutes(known, directory.rules.open_service_minutes)
    found: dict[float, dict[frozenset[str], float]] = {}
    for quarter, asked in expected(day, [], past, offered, len(given), usual).items():
        opens, closes = (at(day.date, one, day.zone) for one in (quarter, quarter + QUARTER))
        begins, ends = max(opens, origin), min(closes, last)
        if ends <= begins:
            continue
        part = min(1.0, (ends - begins) / _MINUTE / QUARTER)
        found[(begins - origin) / _MINUTE] = {
            services: count * part
            for services, count in asked.items()
            if any(services <= one for one in given)
        }
    return found


def _samples(scene: Scene, coming: _WalkIns) -> Iterator[tuple[float, float]]:
    """When each walk-in of every run comes, and how long they wait; minutes.

    Who has left by their call would have waited so long, too.
    """
    habits = replace(scene.habits, priority_per_minute=0.0)
    whole = replace(scene, habits=habits)
    for number, (people, waiting, shifts) in enumerate(futures(whole, _runs(coming), Draws())):
        walk_ins = drawn(whole, coming, random.Random(_WALK_IN - number))
        forward = Forward(
            [*people, *walk_ins],
            shifts,
            scene.policy,
            waiting=waiting,
            expected=scene.expected,
            minutes=scene.planned,
            stops=scene.stops,
            absent=habits.absent_minutes,
        )
        called = forward.run()
        for one in walk_ins:
            if one.person.id in called:
                yield one.arrives, max(0.0, called[one.person.id].minute - one.arrives)


def _runs(coming: _WalkIns) -> int:
    """How many of a day are enough for its half hours to have a range."""
    people = sum(sum(asked.values()) for asked in coming.values())
    halves = len(coming) * QUARTER / HALF
    if people == 0:
        return RUNS
    return min(MOST_RUNS, max(RUNS, math.ceil(WANTED * halves / people)))


def drawn(scene: Scene, coming: _WalkIns, chance: random.Random) -> list[Coming]:
    """The walk-ins of one run: each quarter hour as many as come by chance around its mean."""
    found: list[Coming] = []
    for begins, asked in coming.items():
        kinds, heights = list(asked), list(accumulate(asked.values()))
        at = begins
        while heights and heights[-1] > 0:
            at += chance.expovariate(heights[-1] / QUARTER)
            if at >= begins + QUARTER:
                break
            services = kinds[bisect(heights, chance.random() * heights[-1], hi=len(kinds) - 1)]
            time = scene.time_of(services)
            length = math.exp(time.mu + time.sigma * chance.gauss(0, 1))
            person = Person(_WALK_IN - len(found), services, at)
            gone = at + patience_of(scene.habits.gone_by, chance.random())
            found.append(Coming(person, at, length + scene.habits.between, gone))
    return found


def _by_half(
    samples: Sequence[tuple[float, float]], origin: datetime, habits: Habits
) -> tuple[HalfHour, ...]:
    """By the half hours of the clock; `origin`: the moment from which the samples count."""
    past_half = timedelta(
        minutes=origin.minute % HALF, seconds=origin.second, microseconds=origin.microsecond
    )
    begins, lead = origin - past_half, past_half / _MINUTE
    waits: dict[int, list[float]] = {}
    for arrives, wait in samples:
        waits.setdefault(int((arrives + lead) // HALF), []).append(wait)
    return tuple(
        HalfHour(begins + half * HALF * _MINUTE, *spread(sorted(found), habits))
        for half, found in sorted(waits.items())
        if len(found) >= ENOUGH
    )


def quietest(half_hours: Sequence[HalfHour]) -> HalfHour | None:
    """The half hour in which one waits least; of several the first."""
    return min(half_hours, key=lambda one: (one.high_minutes, one.low_minutes), default=None)


def busiest(half_hours: Sequence[HalfHour]) -> HalfHour | None:
    """The half hour in which one waits longest; of several the first."""
    return max(half_hours, key=lambda one: (one.high_minutes, one.low_minutes), default=None)
