"""The figures of a replay, over what a centre's own people were told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from queue_app.queries.accuracy import KeptPart
from queue_app.simulation.replay_figures import RangeFigures, half_by_days

TITLES = ("", "people ahead", "hour", "service", "class")
"""What promises are parted by, in this order; the first is all of them."""

Parts = list[tuple[str, list[tuple[str, RangeFigures]]]]
"""By title, each class with its figures."""


def by_branch(found: Iterable[KeptPart]) -> dict[str, Parts]:
    """Of each branch."""
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


def _figures(parts: Sequence[KeptPart]) -> RangeFigures:
    [all_days] = [one for one in parts if one.day is None]
    days = [one for one in parts if one.day is not None]
    count = all_days.count
    held = all_days.held / count
    return RangeFigures(
        count=count,
        held=held,
        half=half_by_days([one.held - held * one.count for one in days], count),
        width=all_days.width / count,
        score=all_days.score / count,
        median_error=all_days.median_error,
        mean_error=all_days.error / count,
        below=all_days.sooner / count,
        above=all_days.later / count,
    )
