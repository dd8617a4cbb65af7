"""The machines of a hall: how its printers stand, and which devices are silent."""

from datetime import datetime

from msgspec import Struct

from queue_app.domain.paper import PrinterState
from queue_app.domain.people import DeviceKind


class PrinterStanding(Struct, frozen=True):
    """A printer of the branch as it stands, and since when; `kiosk`: whose tickets it prints."""

    code: str
    kiosk: str | None
    state: PrinterState
    since: datetime | None


class Unprinted(Struct, frozen=True):
    """Somebody in the queue for whom no paper is known to have come out."""

    ticket: int
    number: str


class AwayDevice(Struct, frozen=True):
    """A device whose signs of life have stopped; `seen_at`: when it gave the last."""

    name: str
    kinds: tuple[DeviceKind, ...]
    seen_at: datetime
