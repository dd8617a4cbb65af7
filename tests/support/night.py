"""A centre that is open at night, in a database of its own, and the nights that are lived in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from config.files import load_centre
from queue_app.domain.appointments import Appointment
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import booking, configuring
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.store import db
from tests.support.database import CONFIGURED_AT, drop_database, own_database

NIGHT_CENTRE = Path(__file__).parents[1] / "centres" / "night"
KYIV = ZoneInfo("Europe/Kyiv")
WEDNESDAY, THURSDAY, FRIDAY = date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27)
SATURDAY, SUNDAY = date(2026, 11, 28), date(2026, 11, 29)
TO_WINTER, TO_SUMMER = date(2026, 10, 25), date(2027, 3, 28)
"""Sundays on whose small hours the clocks change."""
SERVICE = "meter-readings"


@asynccontextmanager
async def night_centre(database_server: str, name: str) -> AsyncIterator[str]:
    """A database with the night centre alone in force, and this process' pool on it; its DSN."""
    dsn = await own_database(database_server, name)
    kept, config = db.engine.pool, db.engine.config
    try:
        async with db.pool(dsn, max_size=8):
            await configuring.apply(By(OPERATOR, CONFIGURED_AT), load_centre(NIGHT_CENTRE))
            yield dsn
    finally:
        db.engine.pool, db.engine.config = kept, config
        reference.forget()
        await drop_database(database_server, name)


def at(day: date, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    """By the clock on the wall; with `fold=1` for the second time."""
    return datetime.combine(day, time(hour, minute, fold=fold), KYIV).astimezone(UTC)


async def book(branch: str, start: datetime, now: datetime, phone: str) -> Appointment:
    held = await booking.hold(By(RESIDENT, now), branch, [SERVICE], start, "visit")
    return await booking.confirm(By(RESIDENT, now), held.token, "Ян", phone, None, "uk")
