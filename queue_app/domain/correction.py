"""Ranges that correct themselves: the ends are moved until four calls in five fall between them.

What no forecast knows of a branch (errands that are sent on, breaks that no roster tells of, a
clerk's way of calling) makes its ranges miss on the same side day after day. Where in their ranges
the calls of past days fell says where the ends should have been, whatever the reason, and the ends
go part of the way there: conformal prediction, made adaptive (Romano et al., "Conformalized
Quantile Regression", 2019; Gibbs and Candès, "Adaptive Conformal Inference Under Distribution
Shift", 2021).
"""

from msgspec import Struct

WEIGHT = 1000.0
"""What was known counts as so many ranges: waits of a day are correlated, so a day says little."""
LOW_MOST, LOW_LEAST = -4.0, -0.25
HIGH_LEAST, HIGH_MOST = 0.25, 4.0
"""How far the ends go, in halves of a range from its middle."""
FARTHEST = 3.0
"""A percentile farther out than this counts as this: one bad day is one day, however bad."""
NARROWEST = 2
"""Ranges narrower than so many minutes say nothing: of somebody whom a free desk takes at once,
every run says the same, and no correction can move that."""


class End(Struct, frozen=True):
    """Where calls fell in the ranges told, -1 being the low end and 1 the high end: the percentile
    that belongs to one end, over so many ranges."""

    count: int
    place: float


class Correction(Struct, frozen=True):
    """Where the ends of a forecast range are told, in halves of it from its middle."""

    low: float = -1.0
    high: float = 1.0

    def applied(self, low: float, high: float) -> tuple[float, float]:
        """The range to tell instead of this one, in minutes."""
        middle, half = (low + high) / 2, (high - low) / 2
        return middle + self.low * half, middle + self.high * half


def corrected(before: Correction, low: End, high: End) -> Correction:
    """After further ranges, which were told with the correction that was.

    `low`: the 10th percentile of the ranges that did not begin at once, which alone a call can miss
    by being too early; `high`: the 90th percentile of all.
    """
    middle, half = (before.low + before.high) / 2, (before.high - before.low) / 2

    def moved(end: float, seen: End) -> float:
        place = min(max(seen.place, -FARTHEST), FARTHEST)
        return end + seen.count / (seen.count + WEIGHT) * (middle + place * half - end)

    return Correction(
        min(max(moved(before.low, low), LOW_MOST), LOW_LEAST),
        min(max(moved(before.high, high), HIGH_LEAST), HIGH_MOST),
    )
