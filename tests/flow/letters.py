"""Bookings that call for a message, whoever takes it, and how the outbox stands."""

from datetime import timedelta
from pathlib import Path

from queue_app.clock import FixedClock
from queue_app.delivery.adapter import Letter
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import SERVICE
from tests.support.people import BRANCH, CALLS

ELEVEN = MONDAY.replace(hour=11)


def files_in(folder: Path) -> list[Path]:
    """The letters and drafts of every outbox in this folder of messages."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


class Desk:
    """Takes letters, and refuses as it is told to."""

    hangs = False

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.letters: list[Letter] = []

    async def deliver(self, letter: Letter) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.letters.append(letter)

    async def rest(self) -> None:
        """It has nothing open."""


async def book(
    clock: FixedClock,
    address: str | None = "olena@example.com",
    phone: str | None = None,
    channel: Channel = "visit",
) -> Appointment:
    by = By(RESIDENT, clock.now())
    service = "debt-amount" if channel == "phone" else SERVICE
    where = CALLS if channel == "phone" else BRANCH
    for minutes in range(0, 300, 10):
        starts_at = ELEVEN + timedelta(minutes=minutes)
        try:
            held = await booking.hold(by, where, [service], starts_at, channel)
        except Exception:
            continue
        return await booking.confirm(by, held.token, "Олена", phone, address, "uk", ["overlap"])
    raise AssertionError("no time is free")


async def waiting() -> list[tuple[str, str, str, str]]:
    rows = await db.fetch("SELECT kind, channel, recipient, state FROM message ORDER BY id")
    return [tuple(row) for row in rows]
