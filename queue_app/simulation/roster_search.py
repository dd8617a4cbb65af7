"""How many desks, with which skills, in each quarter of an hour, for a promise about waits.

First the queueing formula: for each quarter hour and each group of desks, the work that only
this group can do needs so many of them that the promise holds in an M/M/s queue (Erlang C), the
load taken one mean visit late, as it reaches the desks (Jennings, Mandelbaum, Massey and Whitt,
"Server Staffing to Meet Time-Varying Demand", 1996). Then the engine itself: synthetic days are
run with that roster, desks are added where the promise is broken, and taken away where it keeps
without them.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from random import Random

from msgspec import Struct

from queue_app.domain.demand import QUARTER
from queue_app.domain.dispatch import CallingDesk, Person, Policy
from queue_app.domain.forward import Coming, Forward, Shift
from queue_app.domain.service_times import ServiceTime

PLANNED_ON, CHECKED_ON, SHOWN_ON = 20, 80, 100
"""Synthetic days on which a roster is found; others on which it is adjusted where it kept the
promise by luck; and again others on which its waits are shown."""
_ROUNDS = 40
_TRIMMED = (60, 60, 30)
"""Stretches of minutes by which desks are taken away, pass by pass."""
_SPARE = 0.2
"""Of the people who may wait longer, this share is kept in hand against chance."""
_TARGET = re.compile(r"\s*(\d{1,2})\s*%\s*within\s*(\d{1,3})\s*min(?:utes)?\s*", re.IGNORECASE)

Demand = Mapping[int, Mapping[frozenset[str], float]]
"""Expected arrivals: by the local minute at which a quarter hour begins, by set of services.
Bookings count at the quarter of their time, weighted by the chance that they come."""
Counts = dict[int, dict[int, int]]
"""Desks by quarter hour and by the place of their kind among the kinds."""


class Target(Struct, frozen=True):
    """This share of people (0 to 1) is called within so many minutes."""

    share: float
    minutes: float


class QuarterWaits(Struct, frozen=True):
    """Of the people who come in a quarter hour: the share within the target, the mean wait."""

    within: float
    mean: float


class Quarter(Struct, frozen=True):
    """`present` and `proposed`: ids of desks; an id that stands more than once: so many desks
    with the skills of that one. Waits are None where nobody came, as after the last tickets."""

    begins: int
    arrivals: float
    present: tuple[int, ...]
    present_waits: QuarterWaits | None
    proposed: tuple[int, ...]
    proposed_waits: QuarterWaits | None


class StaffingTask(Struct, frozen=True):
    """What is to be staffed. `desks`: what kinds of desks there are; `present`: the roster now;
    `time_of`: how long visits take; `policy`: by which people are called; `change_over`: minutes
    between visits; `closes`: until when desks are there, as the last tickets are given earlier;
    where it is 0, as long as people come.
    """

    demand: Demand
    desks: Sequence[CallingDesk]
    present: Sequence[Shift]
    time_of: Callable[[frozenset[str]], ServiceTime]
    target: Target
    policy: Policy
    change_over: float = 1.0
    closes: float = 0.0


def parse_target(text: str) -> Target:
    """From "90% within 15 min". ValueError says the form."""
    found = _TARGET.fullmatch(text)
    if not found or not 1 <= int(found[1]) <= 99 or int(found[2]) < 1:
        raise ValueError(f'{text!r} is not like "90% within 15 min" (1 to 99 %, 1 to 999 min)')
    return Target(int(found[1]) / 100, float(found[2]))


def propose(task: StaffingTask, seed: int = 1) -> list[Quarter]:
    """Desks for each quarter hour of the demand and from then to closing, beside those of the
    present roster.

    The same `seed` gives the same proposal. ValueError: a service that no desk gives.
    """
    kinds = _kinds(task.desks)
    _check_reach(task.demand, kinds)
    counts = {quarter: _formula(task, kinds, quarter) for quarter in sorted(task.demand)}
    crowds = _crowds(task, PLANNED_ON, Random(f"planned {seed}"))
    _add(task, kinds, counts, crowds)
    _trim(task, kinds, counts, crowds)
    _add(task, kinds, counts, _crowds(task, CHECKED_ON, Random(f"checked {seed}")))
    return _shown(task, kinds, counts, _crowds(task, SHOWN_ON, Random(f"shown {seed}")))


def _kinds(desks: Sequence[CallingDesk]) -> list[CallingDesk]:
    """One desk for each set of services."""
    return list({desk.services: desk for desk in reversed(desks)}.values())[::-1]


def _check_reach(demand: Demand, kinds: Sequence[CallingDesk]) -> None:
    for asked in demand.values():
        for services in asked:
            if not any(services <= kind.services for kind in kinds):
                raise ValueError(f"no desk offers {', '.join(sorted(services))}")


def _formula(task: StaffingTask, kinds: Sequence[CallingDesk], quarter: int) -> dict[int, int]:
    """The fewest desks of each kind that keep the promise in every group, by Erlang C."""
    work = _work(task, kinds, quarter)
    needs = {
        group: _erlang_desks(load, count, task.target)
        for group in _groups(work)
        for load, count in [_of_group(work, group)]
    }
    counts = dict.fromkeys(range(len(kinds)), 0)
    while True:
        lacking = {
            group: need - sum(counts[kind] for kind in group)
            for group, need in needs.items()
            if need > sum(counts[kind] for kind in group)
        }
        if not lacking:
            return counts
        counts[_most_wanted(kinds, lacking)] += 1


def _most_wanted(kinds: Sequence[CallingDesk], lacking: Mapping[frozenset[int], int]) -> int:
    def worth(kind: int) -> tuple[int, int]:
        helped = sum(short for group, short in lacking.items() if kind in group)
        return helped, len(kinds[kind].services)

    return max(range(len(kinds)), key=worth)


def _work(
    task: StaffingTask, kinds: Sequence[CallingDesk], quarter: int
) -> dict[frozenset[int], tuple[float, float]]:
    """Busy desks and visits in the quarter, by the kinds that can give them."""
    found: dict[frozenset[int], tuple[float, float]] = {}
    for begins, weight in _weights(task, quarter):
        for services, arrivals in task.demand.get(begins, {}).items():
            able = frozenset(place for place, kind in enumerate(kinds) if services <= kind.services)
            length = task.time_of(services).mean_minutes + task.change_over
            load, count = found.get(able, (0.0, 0.0))
            visits = weight * arrivals
            found[able] = (load + visits * length / QUARTER, count + visits)
    return found


def _weights(task: StaffingTask, quarter: int) -> list[tuple[int, float]]:
    """The load follows the arrivals by about one mean visit: how much of each quarter counts."""
    lengths = [
        (arrivals, task.time_of(services).mean_minutes + task.change_over)
        for services, arrivals in task.demand[quarter].items()
    ]
    total = sum(arrivals for arrivals, _ in lengths)
    mean = sum(arrivals * length for arrivals, length in lengths) / total if total else 0.0
    lag = min(1.0, mean / QUARTER)
    before = quarter - QUARTER
    return [(before, lag), (quarter, 1 - lag)] if before in task.demand else [(quarter, 1.0)]


def _groups(work: Iterable[frozenset[int]]) -> set[frozenset[int]]:
    """The sets of kinds that some work is bound to, their unions in pairs, and all."""
    alone = set(work)
    pairs = {one | two for one, two in combinations(alone, 2)}
    return alone | pairs | ({frozenset().union(*alone)} if alone else set())


def _of_group(
    work: Mapping[frozenset[int], tuple[float, float]], group: frozenset[int]
) -> tuple[float, float]:
    """Load and visits that only this group can take."""
    inside = [pair for able, pair in work.items() if able <= group]
    return sum(load for load, _ in inside), sum(count for _, count in inside)


def _erlang_desks(load: float, visits: float, target: Target) -> int:
    """The fewest desks with at least the target's share called in time."""
    if visits <= 0:
        return 0
    length = load * QUARTER / visits
    desks = max(1, math.floor(load) + 1)
    while _later(desks, load) * math.exp(-(desks - load) * target.minutes / length) > (
        1 - target.share
    ):
        desks += 1
    return desks


def _later(desks: int, load: float) -> float:
    """Erlang C: the chance of having to wait at all."""
    blocked = 1.0
    for busy in range(1, desks + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked * desks / (desks - load * (1 - blocked))


def _crowds(task: StaffingTask, days: int, chance: Random) -> list[list[Coming]]:
    """The people of some synthetic days of this demand."""
    return [_crowd(task, chance) for _ in range(days)]


def _crowd(task: StaffingTask, chance: Random) -> list[Coming]:
    people: list[Coming] = []
    for quarter, asked in task.demand.items():
        services, weights = list(asked), list(asked.values())
        rate = sum(weights) / QUARTER
        at = quarter + (chance.expovariate(rate) if rate else math.inf)
        while at < quarter + QUARTER:
            wanted = chance.choices(services, weights)[0]
            time = task.time_of(wanted)
            length = chance.lognormvariate(time.mu, time.sigma) + task.change_over
            people.append(Coming(Person(len(people), wanted, at), at, length))
            at += chance.expovariate(rate)
    return people


_Late = dict[int, list[tuple[frozenset[str], float]]]
"""By quarter hour: the services and the wait of everybody who came in it."""


def _run(task: StaffingTask, shifts: Sequence[Shift], crowds: Sequence[Sequence[Coming]]) -> _Late:
    """QuarterWaits under a roster; infinite for whom no desk calls."""
    found: _Late = {}
    for people in crowds:
        called = Forward(people, shifts, task.policy).run()
        for one in people:
            call = called.get(one.person.id)
            wait = call.minute - one.arrives if call else math.inf
            quarter = int(one.arrives // QUARTER * QUARTER)
            found.setdefault(quarter, []).append((one.person.services, wait))
    return found


def _shifts(kinds: Sequence[CallingDesk], counts: Counts) -> list[Shift]:
    """Each desk works in the quarters that want so many of its kind; between, it has a break.

    Whoever works in the last quarter stays until everybody was called.
    """
    last = max(counts)
    found: list[Shift] = []
    for place, kind in enumerate(kinds):
        for rank in range(max(count[place] for count in counts.values())):
            quarters = [quarter for quarter, count in counts.items() if count[place] > rank]
            number = len(found)
            found.append(_shift(CallingDesk(number, kind.services), quarters, last))
    return found


def _shift(desk: CallingDesk, quarters: Sequence[int], last: int) -> Shift:
    return Shift(
        desk,
        quarters[0],
        math.inf if quarters[-1] == last else quarters[-1] + QUARTER,
        tuple(
            (one + QUARTER, float(two)) for one, two in pairwise(quarters) if two > one + QUARTER
        ),
    )


def _broken(task: StaffingTask, found: _Late) -> list[int]:
    """The quarters in which the promise, with something in hand, does not keep."""
    least = task.target.share + _SPARE * (1 - task.target.share)
    return [quarter for quarter, waits in found.items() if _waits(task, waits).within < least]


def _waits(task: StaffingTask, waits: Sequence[tuple[frozenset[str], float]]) -> QuarterWaits:
    return QuarterWaits(
        sum(wait <= task.target.minutes for _, wait in waits) / len(waits),
        sum(wait for _, wait in waits) / len(waits),
    )


def _add(
    task: StaffingTask,
    kinds: Sequence[CallingDesk],
    counts: Counts,
    crowds: Sequence[Sequence[Coming]],
) -> None:
    """In each quarter with too many late, one more desk that most of the late can go to."""
    for _ in range(_ROUNDS):
        found = _run(task, _shifts(kinds, counts), crowds)
        broken = _broken(task, found)
        if not broken:
            return
        for quarter in broken:
            late = [services for services, wait in found[quarter] if wait > task.target.minutes]
            counts[quarter][_most_useful(kinds, late)] += 1


def _most_useful(kinds: Sequence[CallingDesk], late: Sequence[frozenset[str]]) -> int:
    return max(
        range(len(kinds)),
        key=lambda place: sum(services <= kinds[place].services for services in late),
    )


def _trim(
    task: StaffingTask,
    kinds: Sequence[CallingDesk],
    counts: Counts,
    crowds: Sequence[Sequence[Coming]],
) -> None:
    """Takes desks away for as long as the promise keeps: an hour at a time, then less.

    Never the last one of a quarter hour for a service that is asked for in it.
    """
    already = set(_broken(task, _run(task, _shifts(kinds, counts), crowds)))
    for minutes in _TRIMMED:
        for begins in sorted({quarter // minutes for quarter in counts}):
            quarters = [quarter for quarter in counts if quarter // minutes == begins]
            for place in range(len(kinds)):
                fewer = _without(counts, quarters, place)
                if (
                    fewer != counts
                    and all(_reached(task, kinds, fewer, quarter) for quarter in quarters)
                    and already.issuperset(_broken(task, _run(task, _shifts(kinds, fewer), crowds)))
                ):
                    counts.update(fewer)


def _without(counts: Counts, quarters: Sequence[int], place: int) -> Counts:
    """One desk of a kind less in these quarters."""
    return counts | {
        quarter: counts[quarter] | {place: max(0, counts[quarter][place] - 1)}
        for quarter in quarters
    }


def _reached(
    task: StaffingTask, kinds: Sequence[CallingDesk], counts: Counts, quarter: int
) -> bool:
    working = [kinds[place].services for place, count in counts[quarter].items() if count]
    return all(any(asked <= desk for desk in working) for asked in task.demand[quarter])


def _shown(
    task: StaffingTask,
    kinds: Sequence[CallingDesk],
    counts: Counts,
    crowds: Sequence[Sequence[Coming]],
) -> list[Quarter]:
    proposed = _run(task, _shifts(kinds, counts), crowds)
    present = _run(task, task.present, crowds)
    return [
        Quarter(
            begins=quarter,
            arrivals=sum(task.demand.get(quarter, {}).values()),
            present=tuple(
                shift.desk.id
                for shift in task.present
                if shift.free <= quarter < shift.leaves and shift.resumes(quarter) == quarter
            ),
            present_waits=_waits(task, present[quarter]) if quarter in present else None,
            proposed=tuple(
                sorted(kinds[place].id for place, number in count.items() for _ in range(number))
            ),
            proposed_waits=_waits(task, proposed[quarter]) if quarter in proposed else None,
        )
        for quarter, count in _to_closing(task, counts).items()
    ]


def _to_closing(task: StaffingTask, counts: Counts) -> Counts:
    """And the quarters in which nobody comes any more: whoever works in the last one stays."""
    last = max(counts)
    after = range(last + QUARTER, math.ceil(task.closes), QUARTER)
    return counts | dict.fromkeys(after, counts[last])
