"""A ticket on paper: what stands on it and in which order, and how its printers stand."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, get_args

from msgspec import Struct

from queue_app.domain.catalogue import Text

PaperPart = Literal[
    "head",
    "centre",
    "branch",
    "number",
    "services",
    "priority",
    "due",
    "ahead",
    "wait",
    "note",
    "time",
    "qr",
    "ready",
    "foot",
]
"""What a ticket can say; `head` and `foot` are the centre's own words and nothing else."""
PARTS: tuple[PaperPart, ...] = get_args(PaperPart)
OWN_WORDS: tuple[PaperPart, ...] = ("head", "foot")
USUAL: tuple[PaperPart, ...] = (
    "centre",
    "branch",
    "number",
    "services",
    "priority",
    "due",
    "ahead",
    "wait",
    "note",
    "time",
    "qr",
    "ready",
)


class Paper(Struct, frozen=True):
    """What stands on a ticket, from top to bottom. `words`: what the centre says before a part
    instead of the usual words; of `head` and `foot` it is all that they say."""

    parts: tuple[PaperPart, ...] = USUAL
    words: dict[PaperPart, Text] = {}


class PrinterPlan(Struct, frozen=True):
    """A ticket printer that speaks ESC/POS. `address`: "tcp://10.0.0.5:9100" in the network,
    "/dev/usb/lp0" at the serving machine; "browser": the kiosk's own browser prints, on whatever
    printer its machine has.

    `kiosk`: the name of the device whose tickets it prints; None: those of every kiosk of the
    branch that has no printer of its own. Not `answers`: it cannot be asked how it stands, and
    what was sent to it counts as printed.
    """

    code: str
    address: str
    width_mm: Literal[58, 80] = 80
    kiosk: str | None = None
    answers: bool = True


class Printer(PrinterPlan, frozen=True, kw_only=True):
    """A printer in force, with the id of its row."""

    id: int


PRINTER_PORT = 9100
"""On which printers in a network listen, where the address names no other."""
_NETWORK = re.compile(r"tcp://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?/?")


BROWSER = "browser"


def printer_place(address: str) -> tuple[str, int] | str:
    """Host and port of a printer in the network, or the path of a device at the serving machine.
    `BROWSER` is no place.

    ValueError for what is neither, with a reason made to be shown.
    """
    if address.startswith("/"):
        return address
    found = _NETWORK.fullmatch(address)
    if found is None:
        raise ValueError('is neither "tcp://10.0.0.5:9100" nor a device such as "/dev/usb/lp0"')
    port = int(found[2] or PRINTER_PORT)
    if not 0 < port < 65_536:
        raise ValueError(f"has the port {port}; ports are from 1 to 65535")
    return found[1].strip("[]"), port


PrinterState = Literal["unknown", "ready", "paper_low", "paper_out", "cover_open", "error", "off"]
"""`off`: it cannot be reached, or does not answer. `unknown`: nobody has asked yet."""
PRINTER_STATES: tuple[PrinterState, ...] = get_args(PrinterState)
PRINTS: frozenset[PrinterState] = frozenset({"unknown", "ready", "paper_low"})
"""In these a ticket comes out; `paper_low` is for the staff alone."""

PRINT_WORTH = timedelta(seconds=90)
"""Whoever waited so long for their paper has gone without: what comes out later would lie there
for the next one to take."""
PRINT_PAUSE = timedelta(seconds=3)
"""Until a printer that could not begin is asked again for the same ticket."""
UNPRINTED_SHOWN = timedelta(minutes=15)
"""So long staff see that a ticket has no paper."""
MOST_REPRINTS = 5
"""Of one ticket: a child at the button does not empty the roll."""

DOTS: Mapping[int, int] = {58: 384, 80: 576}
"""How many dots a line has at 203 dpi, by the width of the paper in millimetres."""


class PaperStatus(Struct, frozen=True):
    """What a printer says of itself (ESC/POS, DLE EOT 1 to 4)."""

    offline: bool = False
    cover_open: bool = False
    paper_out: bool = False
    paper_low: bool = False
    error: bool = False

    @property
    def state(self) -> PrinterState:
        """What is to be done at it first. Offline without a reason is an error, too."""
        if self.cover_open:
            return "cover_open"
        if self.paper_out:
            return "paper_out"
        if self.error or self.offline:
            return "error"
        return "paper_low" if self.paper_low else "ready"
