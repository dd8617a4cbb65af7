"""How good ranges are that promise four in five: the interval score.

The width of a range, and ten for each minute by which what came true lay outside of it; lower is
better, and no range but the right one has the lowest on average (Gneiting and Raftery, "Strictly
Proper Scoring Rules, Prediction, and Estimation", 2007).
"""

PROMISED = 0.8
"""The share of the ranges that are to hold."""
MISSED = 10
"""What a minute outside of a range costs beside a minute of its width: 2 / (1 - `PROMISED`)."""


def score(low: float, high: float, true: float) -> float:
    """Minutes."""
    return high - low + MISSED * (max(0.0, low - true) + max(0.0, true - high))
