"""A wait as somebody is told it: a range of whole minutes, out of the minutes of the runs."""

import math
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from queue_app.domain.habits import Habits

LOW, HIGH = 0.1, 0.9
FEW_AHEAD = 2
"""People ahead of somebody of whom that is not known."""
FINE, COARSE = 30, 5
"""Up to so many minutes an end of a range is told to the minute, beyond in steps of so many."""


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


def quantile(minutes: Sequence[float], share: float) -> float:
    """Of sorted values, linear between neighbours.

    The k-th of n stands for k / (n + 1), which is the chance that one more draw falls below it.
    """
    place = min(max(share * (len(minutes) + 1) - 1, 0.0), len(minutes) - 1.0)
    below = int(place)
    above = min(below + 1, len(minutes) - 1)
    return minutes[below] + (place - below) * (minutes[above] - minutes[below])
