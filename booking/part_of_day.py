"""The part of the day that suits: mornings, afternoons, after five."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, get_args

Part = Literal["morning", "afternoon", "evening"]
PARTS: tuple[Part, ...] = get_args(Part)
NOON, FIVE = 12, 17


def suits(part: Part | None, start: datetime) -> bool:
    """Of a start in local time; None: any suits."""
    match part:
        case "morning":
            return start.hour < NOON
        case "afternoon":
            return NOON <= start.hour < FIVE
        case "evening":
            return start.hour >= FIVE
    return True


def suiting(part: Part | None, starts: Iterable[datetime]) -> list[datetime]:
    return [start for start in starts if suits(part, start)]
