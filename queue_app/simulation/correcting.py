"""How ranges come to hold that rest on a mistake: what was learned is wrong, and stays so.

A branch goes through its days one after the other. Each night its correction hears where in their
ranges the calls of the day fell, as in the product; the mistake itself is never found out.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice
from random import Random

from msgspec.structs import replace

from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.correction import Miss, corrected, ends_of
from queue_app.domain.service_times import ServiceTime
from queue_app.simulation.estimates import HISTORY, SHARE, EstimateAccuracy, Telling, Told, summary
from queue_app.simulation.knowledge import learn, truth
from queue_app.simulation.run import run_day
from queue_app.simulation.synthetic_branch import DayKind, open_days, synthetic_branch
from queue_app.simulation.synthetic_day import draw

TOGETHER = 10
"""Days in a row of the table."""


def measure_mistaken(
    centre: Centre,
    branch: BranchPlan,
    kind: DayKind,
    first: date,
    days: int,
    seed: int,
    percent: float,
) -> list[EstimateAccuracy]:
    """One branch, which takes visits to be so much shorter than it has learned: for every
    `TOGETHER` days a row without any correction, then one for the same days with it; at last both
    over all days, where there are more.

    ValueError: nobody had to wait on some of them.
    """
    span = centre, branch, kind, first, days, seed, percent
    told = [(title, _told(*span, title == "corrected")) for title in ("uncorrected", "corrected")]
    blocks = [(begin, min(begin + TOGETHER, days)) for begin in range(0, days, TOGETHER)]
    if len(blocks) > 1:
        blocks.append((0, days))
    return [
        _row(kind, every[begin:end], f"{_span(begin, end)}, {title}")
        for begin, end in blocks
        for title, every in told
    ]


def _span(begin: int, end: int) -> str:
    return f"days {begin + 1} to {end}" if end > begin + 1 else f"day {end}"


def _row(kind: DayKind, days: Sequence[Sequence[Told]], title: str) -> EstimateAccuracy:
    found = [one for day in days for one in day]
    if not found:
        raise ValueError("nobody had to wait: take more days")
    return summary(kind, len(days), found, title)


def _told(
    centre: Centre,
    branch: BranchPlan,
    kind: DayKind,
    first: date,
    days: int,
    seed: int,
    percent: float,
    corrects: bool,
) -> list[list[Told]]:
    chance = Random(f"correcting {seed} {kind}")
    place = synthetic_branch(centre, branch, kind, chance)
    dates = open_days(centre, branch, first)
    past = [run_day(draw(place, day, chance), place.policy) for day in islice(dates, HISTORY)]
    learned, true = learn(centre, past, chance), truth(place, past)
    mistaken = replace(learned, times=_shorter(learned.times, percent))
    found = []
    misses: list[Miss] = []
    for day in islice(dates, days):
        told = Telling(draw(place, day, chance), place.policy, mistaken, true, SHARE, chance).run()
        found.append(told)
        if corrects:
            misses += _misses(told, day)
            after = corrected(misses, ends_of(misses))
            mistaken = replace(mistaken, habits=replace(mistaken.habits, correction=after))
    return found


def _shorter(times: Mapping[str, ServiceTime], percent: float) -> dict[str, ServiceTime]:
    by = math.log(1 - percent / 100)
    return {code: replace(one, mu=one.mu + by) for code, one in times.items()}


def _misses(told: Sequence[Told], day: date) -> list[Miss]:
    """As the product hears them, which keeps the range of every ticket and not of a share."""
    number = day.toordinal()
    every = [
        Miss(one.ahead, one.came_true - low, one.came_true - high, low=low, day=number)
        for one in told
        for low, high in [one.forecast]
    ]
    return [one for one in every for _ in range(round(1 / SHARE))]
