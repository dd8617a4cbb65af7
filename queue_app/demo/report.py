"""What a day of a demo came to, in numbers."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct


class Moment(Struct, frozen=True):
    """The hall at one moment, for the progress line. `tickets`: issued so far."""

    at: datetime
    waiting: int
    serving: int
    desks_open: int
    tickets: int
    served: int
    unexpected: int
    alert: bool = False


class Spread(Struct, frozen=True):
    """How a number of times are spread, in the unit of those times."""

    count: int
    mean: float
    median: float
    p90: float


class Report(Struct, frozen=True):
    """What a day came to. `waits`: the hall's minutes by class, from the ticket or, for who was
    early, the booked time to the first call; `behind`: the hall's seconds by which clerks were
    late, None where they did nothing; `seconds`: real time of requests by path."""

    visitors: int
    booked: int
    fates: dict[str, int]
    waits: dict[str, Spread]
    behind: Spread | None
    requests: int
    frames: int
    boards_p50_ms: float
    boards_p95_ms: float
    seconds: dict[str, Spread]
    refused: dict[str, int]
    unexpected: dict[str, int]


def summed(values: Sequence[float]) -> Spread:
    ordered = sorted(values)
    return Spread(
        len(ordered),
        sum(ordered) / len(ordered),
        quantile(ordered, 0.5),
        quantile(ordered, 0.9),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank of ordered values; 0 where there are none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
