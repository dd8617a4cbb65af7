"""Lanes, visits and days from which free starts are made."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain import hours, slots
from queue_app.domain.catalogue import Channel
from queue_app.domain.centre import WEEKDAYS, Closure, Period, Rules, Weekly
from queue_app.domain.slots import Capacity, Occupied, Visit

KYIV = ZoneInfo("Europe/Kyiv")
RULES = Rules(lead_minutes=0)
MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
SPRING, AUTUMN, NEXT_SPRING = date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)
BRANCH: Weekly = {day: (Period(time(9), time(18)),) for day in WEEKDAYS}
ROUND_THE_CLOCK: Weekly = {day: (Period(time(0), time(23, 55)),) for day in WEEKDAYS}


class Lane(Struct, frozen=True):
    id: int
    services: frozenset[str]
    roster: Weekly
    channel: Channel = "visit"
    pause_minutes: int = 0
    walk_in_percent: int = 0


def lane(id_: int, services: str = "a", roster: Weekly = BRANCH, **more: Any) -> Lane:
    return Lane(id_, frozenset(services), roster, **more)


def capacity(
    lanes: Sequence[Lane],
    occupied: Sequence[Occupied] = (),
    rules: Rules = RULES,
    opening: Weekly = BRANCH,
    closures: tuple[Closure, ...] = (),
) -> Capacity:
    return Capacity(lanes, opening, closures, occupied, rules, KYIV)


def visit(minutes: int, services: str = "a", channel: Channel = "visit") -> Visit:
    return Visit(frozenset(services), channel, minutes)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=KYIV)


def taken(lane_id: int, start: datetime, minutes: int) -> Occupied:
    start = start.astimezone(UTC)
    return Occupied(lane_id, start, start + timedelta(minutes=minutes))


def on(branch: Capacity, wanted: Visit, day: date, now: datetime | None = None) -> list[datetime]:
    """The free starts of one day, asked for from its midnight if not told otherwise."""
    now = now or hours.day_window(day, KYIV).opens
    return slots.free_starts(branch, wanted, day, 1, now)[day]


def walls(starts: Sequence[datetime]) -> list[str]:
    return [f"{start:%H:%M}" for start in starts]
