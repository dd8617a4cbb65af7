"""The figures of a replay: how often ranges held, how wide they were, and what is wrong most."""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from statistics import NormalDist, fmean, median

from msgspec import Struct

from queue_app.domain.correction import AHEAD, class_of, people_named
from queue_app.domain.interval_score import PROMISED, score
from queue_app.simulation.replay import Assumed, LoggedTold, Range

SURE_FROM = 100
"""So many ranges must speak before a class is said to be wrong."""
_NINETY_FIVE = NormalDist().inv_cdf(0.975)


class RangeFigures(Struct, frozen=True):
    """`held`: the share in range, and half of its 95 % interval by days; `score`: the interval
    score (Gneiting and Raftery, 2007), lower is better; minutes. `below`, `above`: the shares that
    were called sooner and later than told."""

    count: int
    held: float
    half: float
    width: float
    score: float
    median_error: float
    mean_error: float
    below: float
    above: float


def figures(told: Sequence[tuple[date, Range, float]]) -> RangeFigures:
    """Of these ranges, each with its day and what came true."""
    errors = [abs(one[1] - true) for _, one, true in told]
    below = [true < one[0] for _, one, true in told]
    above = [true > one[2] for _, one, true in told]
    held = 1 - fmean(below) - fmean(above)
    return RangeFigures(
        count=len(told),
        held=held,
        half=_half(told, held),
        width=fmean(one[2] - one[0] for _, one, _ in told),
        score=fmean(score(one[0], one[2], true) for _, one, true in told),
        median_error=median(errors),
        mean_error=fmean(errors),
        below=fmean(below),
        above=fmean(above),
    )


def _half(told: Sequence[tuple[date, Range, float]], held: float) -> float:
    by_day = defaultdict[date, float](float)
    for day, one, true in told:
        by_day[day] += (one[0] <= true <= one[2]) - held
    return half_by_days(by_day.values(), len(told))


def half_by_days(off: Collection[float], count: int) -> float:
    """Half of the 95 % interval of a share of so many. Waits of a day are alike, so days are what
    is counted: the ratio's variance over them. `off`: of each day, by how many more held than of
    the others."""
    days = len(off)
    if days < 2:
        return math.nan
    square = days / (days - 1) * sum(value**2 for value in off)
    return _NINETY_FIVE * math.sqrt(square) / count


Which = Callable[[LoggedTold], Range]


def of(told: Iterable[LoggedTold], which: Which) -> RangeFigures:
    return figures([(one.day, which(one), one.came_true) for one in told])


def corrected(one: LoggedTold) -> Range:
    return one.ours


def by_class(
    told: Sequence[LoggedTold], scale: float
) -> list[tuple[str, list[tuple[str, RangeFigures]]]]:
    """What the ranges are parted by, and the figures of each part, before they are made whole."""
    keys: list[tuple[str, Callable[[LoggedTold], tuple[float, str]]]] = [
        ("people ahead", lambda one: (class_of(one.ahead), _people(one.ahead))),
        ("hour", lambda one: (one.minute // (60 * scale), f"{one.minute / scale // 60:02.0f}")),
        ("service", lambda one: (0, one.service)),
        ("class", lambda one: (one.priority, "priority" if one.priority else "walk-in")),
        ("desks free", lambda one: (min(one.free, 4), _most(one.free, 4))),
        ("desks paused", lambda one: (min(one.paused, 4), _most(one.paused, 4))),
    ]
    return [(title, _parts(told, key)) for title, key in keys]


def _people(ahead: int) -> str:
    return people_named(AHEAD[class_of(ahead)])


def _most(count: int, most: int) -> str:
    return str(count) if count < most else f"{most} or more"


def _parts(
    told: Sequence[LoggedTold], key: Callable[[LoggedTold], tuple[float, str]]
) -> list[tuple[str, RangeFigures]]:
    found = defaultdict[tuple[float, str], list[LoggedTold]](list)
    for one in told:
        found[key(one)].append(one)
    return [(name, of(part, corrected)) for (_, name), part in sorted(found.items())]


def wrong_most(told: Sequence[LoggedTold], assumed: Assumed, scale: float) -> str:
    """One line on what is farthest from what is promised."""
    if assumed.pauses >= 20 and not 0.5 <= assumed.pause_median / assumed.pause_assumed <= 2:
        longer = "longer" if assumed.pause_median > assumed.pause_assumed else "shorter"
        return (
            f"Desks pause {longer} than is assumed: median {assumed.pause_median:.0f} minutes, "
            f"assumed {assumed.pause_assumed:.0f}."
        )
    return farthest(by_class(told, scale))


def farthest(parts: Iterable[tuple[str, Sequence[tuple[str, RangeFigures]]]]) -> str:
    """One line on the class that is farthest from what is promised."""
    found = [
        (abs(one.held - PROMISED), title, name, one)
        for title, of_title in parts
        for name, one in of_title
        if one.count >= SURE_FROM
    ]
    if not found:
        return f"No class has {SURE_FROM} ranges: too few to say what is wrong most."
    _, title, name, one = max(found, key=lambda part: part[0])
    if abs(one.held - PROMISED) < 0.05:
        return "Nothing stands out: every class lies within 5 in a hundred of what is promised."
    how = (
        "wider than they need be"
        if one.held > PROMISED
        else "called later than told"
        if one.above > one.below
        else "called sooner than told"
    )
    return f"Farthest from 80 %: {title} {name}, {100 * one.held:.0f} % of {one.count} held; {how}."
