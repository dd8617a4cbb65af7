"""The figures of a replay, over what a centre's own people were told, out of sums by day."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from queue_app.queries.accuracy import KeptPart
from queue_app.simulation.replay_figures import RangeFigures, half_by_days

TITLES = ("", "people ahead", "hour", "service", "class")
"""What promises are parted by, in this order; the first is all of them."""

Parts = list[tuple[str, list[tuple[str, RangeFigures]]]]
"""By title, each class with its figures."""


def by_branch(found: Iterable[KeptPart]) -> dict[str, Parts]:
    """Of each branch; no median is known of sums."""
    parts = defaultdict[tuple[str, str, int, str], list[KeptPart]](list)
    for one in found:
        parts[one.branch, one.title, one.place, one.name].append(one)
    branches = sorted({branch for branch, *_ in parts})
    return {branch: [(title, _of(parts, branch, title)) for title in TITLES] for branch in branches}


def _of(
    parts: Mapping[tuple[str, str, int, str], Sequence[KeptPart]], branch: str, title: str
) -> list[tuple[str, RangeFigures]]:
    own = sorted(key for key in parts if key[:2] == (branch, title))
    return [(key[3], _figures(parts[key])) for key in own]


def _figures(days: Sequence[KeptPart]) -> RangeFigures:
    count = sum(one.count for one in days)
    held = sum(one.held for one in days) / count
    return RangeFigures(
        count=count,
        held=held,
        half=half_by_days([one.held - held * one.count for one in days], count),
        width=sum(one.width for one in days) / count,
        score=sum(one.score for one in days) / count,
        median_error=math.nan,
        mean_error=sum(one.error for one in days) / count,
        below=sum(one.sooner for one in days) / count,
        above=sum(one.later for one in days) / count,
    )
