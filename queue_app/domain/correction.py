"""Ranges that mend themselves: the ends are moved until four calls in five fall between them.

What no forecast knows of a branch (errands that are sent on, breaks that no roster tells of, a
clerk's way of calling) makes its ranges miss on the same side day after day. Where in their ranges
the calls of past days fell says where the ends should have been, whatever the reason, and the ends
go part of the way there: conformal prediction, made adaptive (Romano et al., "Conformalized
Quantile Regression", 2019; Gibbs and Candès, "Adaptive Conformal Inference Under Distribution
Shift", 2021).
"""

from datetime import date

from msgspec import Struct

WEIGHT = 1000.0
"""What was known counts as so many ranges: waits of one day hang together, so a day says little."""
LOW_MOST, LOW_LEAST = -4.0, -0.25
HIGH_LEAST, HIGH_MOST = 0.25, 4.0
"""How far the ends go, in halves of a range from its middle."""


class Places(Struct, frozen=True):
    """Where in the ranges that people were told their calls fell: -1 the low end, 1 the high end.

    `low` and `high`: the 10th and the 90th percentile over so many ranges. Those that began at once
    say nothing of the low end, which no call can miss by being too early.
    """

    count: int
    low: float
    high: float


class Correction(Struct, frozen=True):
    """Where the ends of a forecast range are told, in halves of it from its middle.

    `until`: the local day before which past days have been heard.
    """

    low: float = -1.0
    high: float = 1.0
    until: date | None = None

    def applied(self, low: float, high: float) -> tuple[float, float]:
        """The range to tell instead of this one, in minutes."""
        middle, half = (low + high) / 2, (high - low) / 2
        return middle + self.low * half, middle + self.high * half


def corrected(before: Correction, seen: Places, until: date) -> Correction:
    """After further days, on which ranges were told with the correction that was."""
    if not seen.count:
        return Correction(before.low, before.high, until)
    middle, half = (before.low + before.high) / 2, (before.high - before.low) / 2
    share = seen.count / (seen.count + WEIGHT)
    low = before.low + share * (middle + seen.low * half - before.low)
    high = before.high + share * (middle + seen.high * half - before.high)
    return Correction(
        min(max(low, LOW_MOST), LOW_LEAST), min(max(high, HIGH_LEAST), HIGH_MOST), until
    )
