"""Ranges that correct themselves: minutes are added to their ends, so that four calls in five fall
between them.

What no forecast knows of a branch (errands that are sent on, breaks that no roster tells of, a
clerk's way of calling) makes its ranges miss on the same side again and again. By how many minutes
the last calls missed each end says where it should have been, whatever the reason: conformal
prediction, made adaptive by forgetting (Romano et al., "Conformalized Quantile Regression", 2019;
Barber et al., "Conformal Prediction Beyond Exchangeability", 2023). Minutes are added, not ranges
stretched, so a range of nearly no width and one whose middle is wrong are mended as well. Of how
far a call was off depends on how many were before it, so each class of people ahead has minutes of
its own, as far as its calls speak, and beyond that those of all. What is then still wrong with a
service (clerks have it on paper, and do not give it today) is added for whoever wants it alone.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec import Struct

AHEAD = (0, 1, 2, 3, 6, 11)
"""From so many people ahead on, a class of its own."""
RECENT = 300
"""So many calls of each class speak, the last ones: what a branch was like before them is over."""
OF_ALL = 50.0
"""What all classes say together is worth so many calls of one."""
FORECAST = 30.0
"""What the forecast says by itself is worth so many calls."""
STRETCH = 0.3
"""So much of the range is added to each end while no call has spoken."""
FARTHEST = 120.0
"""Minutes; a call that missed by more counts as this: it is a ticket that was forgotten."""
LOW, HIGH = 0.1, 0.9


class Miss(Struct, frozen=True):
    """A call beside the range that was forecast for it: people ahead then, and by how many minutes
    it came after the low and the high end, below zero if before. `service`: theirs, if one."""

    ahead: int
    after_low: float
    after_high: float
    service: str | None = None


class AddedMinutes(Struct, frozen=True):
    """Minutes to add to the ends, after parts of the range are added to both."""

    low: float = 0.0
    high: float = 0.0
    stretch: float = 0.0


NOTHING = AddedMinutes()


class Correction(Struct, frozen=True):
    """The minutes of each class of `AHEAD`, none: ranges are told as they are forecast; and those
    of each service."""

    shifts: tuple[AddedMinutes, ...] = ()
    services: dict[str, AddedMinutes] = {}

    def applied(
        self, low: float, high: float, ahead: int, services: Collection[str] = ()
    ) -> tuple[float, float]:
        """The range to tell instead of this one, in minutes; never before now, nor turned round."""
        if not self.shifts:
            return low, high
        shift = self.shifts[class_of(ahead)]
        own = NOTHING
        if len(services) == 1:
            own = self.services.get(next(iter(services)), NOTHING)
        wider = shift.stretch * (high - low)
        first = max(0.0, low - wider + shift.low + own.low)
        return first, max(first, high + wider + shift.high + own.high)


def class_of(ahead: int) -> int:
    return bisect_right(AHEAD, ahead) - 1


def corrected(misses: Sequence[Miss]) -> Correction:
    """By these calls, the last one last."""
    by_class = defaultdict[int, list[Miss]](list)
    for one in misses:
        by_class[class_of(one.ahead)].append(one)
    every = _shift(misses[-RECENT:], AddedMinutes(stretch=STRETCH), FORECAST)
    shifts = tuple(_shift(by_class[place][-RECENT:], every, OF_ALL) for place in range(len(AHEAD)))
    by_service = defaultdict[str, list[Miss]](list)
    for one in misses:
        if one.service is not None:
            by_service[one.service].append(_after(one, shifts[class_of(one.ahead)]))
    services = {
        service: _shift(found[-RECENT:], NOTHING, OF_ALL) for service, found in by_service.items()
    }
    return Correction(shifts, services)


def _after(one: Miss, shift: AddedMinutes) -> Miss:
    """The same call beside the range with these minutes added."""
    wider = shift.stretch * (one.after_low - one.after_high)
    return Miss(
        one.ahead,
        one.after_low + wider - shift.low,
        one.after_high - wider - shift.high,
        one.service,
    )


def _shift(misses: Sequence[Miss], before: AddedMinutes, worth: float) -> AddedMinutes:
    """What these say, where `before` counts as so many."""
    if not misses:
        return before
    share = len(misses) / (len(misses) + worth)
    low = _percentile([one.after_low for one in misses], LOW)
    high = _percentile([one.after_high for one in misses], HIGH)
    return AddedMinutes(
        before.low + share * (low - before.low),
        before.high + share * (high - before.high),
        before.stretch * (1 - share),
    )


def _percentile(values: Sequence[float], share: float) -> float:
    """As far out as one more of its like lies beyond it with the chance that is promised."""
    ordered = sorted(min(max(one, -FARTHEST), FARTHEST) for one in values)
    place = min(max(share * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
