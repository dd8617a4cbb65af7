"""What no single desk gives at once is done in two visits, one after another on one day."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import NamedTuple

from queue_app.domain.catalogue import Channel
from queue_app.domain.directory import Branch

LONGEST_BETWEEN = timedelta(minutes=40)
"""Whoever waits longer between the two would rather come twice."""


class Parts(NamedTuple):
    """The services of the one visit and of the other."""

    one: tuple[str, ...]
    other: tuple[str, ...]


class Pair(NamedTuple):
    """When the one begins and when the other; either may be the earlier."""

    one: datetime
    other: datetime

    @property
    def first(self) -> datetime:
        return min(self)

    @property
    def last(self) -> datetime:
        return max(self)


def parts_of(branch: Branch, services: Sequence[str], channel: Channel) -> Parts | None:
    """The services as two visits of this branch, as many as possible in the one, those that were
    chosen first; None where they are one visit, or cannot even be two."""
    if branch.gives(services, channel):
        return None
    for few in range(1, len(services) // 2 + 1):
        for apart in combinations(services[::-1], few):
            one = tuple(code for code in services if code not in apart)
            other = tuple(code for code in services if code in apart)
            if branch.gives(one, channel) and branch.gives(other, channel):
                return Parts(one, other)
    return None


def pairs(
    ones: Sequence[datetime], one_minutes: int, others: Sequence[datetime], other_minutes: int
) -> list[Pair]:
    """For each start of either the next start of the other after it, in order of time.

    `ones`, `others`: free starts in order. Of several pairs that begin at once the one that is
    over first.
    """
    found = [Pair(a, b) for a, b in _following(ones, one_minutes, others)]
    found += [Pair(a, b) for b, a in _following(others, other_minutes, ones)]
    best: dict[datetime, Pair] = {}
    for pair in sorted(found, key=lambda pair: (pair.first, max(pair))):
        best.setdefault(pair.first, pair)
    return list(best.values())


def _following(
    firsts: Sequence[datetime], minutes: int, seconds: Sequence[datetime]
) -> list[tuple[datetime, datetime]]:
    lasts = timedelta(minutes=minutes)
    instants = [second.timestamp() for second in seconds]
    found = []
    for first in firsts:
        ends = first.timestamp() + lasts.total_seconds()
        place = bisect_left(instants, ends)
        if place < len(seconds) and instants[place] - ends <= LONGEST_BETWEEN.total_seconds():
            found.append((first, seconds[place]))
    return found
