"""A centre that is open at night, in a database of its own, and the nights that are lived in it."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from config.files import load_centre
from queue_app.domain.appointments import Appointment
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import booking, configuring
from queue_app.flow.act import By
from tests.flow.stage import pool_on
from tests.support.database import CONFIGURED_AT, own_database

NIGHT_CENTRE = Path(__file__).parents[1] / "centres" / "night"
KYIV = ZoneInfo("Europe/Kyiv")
WEDNESDAY, THURSDAY, FRIDAY = date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27)
SATURDAY, SUNDAY = date(2026, 11, 28), date(2026, 11, 29)
TO_WINTER, TO_SUMMER = date(2026, 10, 25), date(2027, 3, 28)
"""Sundays on whose small hours the clocks change."""
SERVICE = "meter-readings"


async def night_database(server: str, name: str) -> str:
    """A database of that name, made anew, with the night centre alone in force; its DSN."""
    dsn = await own_database(server, name)
    async with pool_on(dsn):
        await configuring.apply(By(OPERATOR, CONFIGURED_AT), load_centre(NIGHT_CENTRE))
    return dsn


def at(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    """By the clock on the wall; with `fold=1` for the second time."""
    return datetime.combine(day, time(hour, minute, fold=fold), KYIV).astimezone(UTC)


async def book(branch: str, start: datetime, now: datetime, phone: str) -> Appointment:
    held = await booking.hold(By(RESIDENT, now), branch, [SERVICE], start, "visit")
    return await booking.confirm(By(RESIDENT, now), held.token, "Ян", phone, None, "uk")
