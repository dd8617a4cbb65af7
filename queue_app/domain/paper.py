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
    "company",
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
USUAL: tuple[PaperPart, ...] = tuple(part for part in PARTS if part not in OWN_WORDS)


class Paper(Struct, frozen=True):
    """What stands on a ticket, from top to bottom. `words`: what the centre says before a part
    instead of the usual words; of `head` and `foot` it is all that they say."""

    parts: tuple[PaperPart, ...] = USUAL
    words: dict[PaperPart, Text] = {}


class PrinterPlan(Struct, frozen=True):
    """A ticket printer. `address`: "tcp://10.0.0.5:9100" in the network or "/dev/usb/lp0" at the
    serving machine, where it speaks ESC/POS; "ipp://10.0.0.6/printers/hall" where it or a CUPS
    speaks IPP; "browser": the kiosk's own browser prints, on whatever
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


_IPP = re.compile(
    r"(ipps?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?(/[A-Za-z0-9._~%/-]*)?"
)
IPP_PORT = 631
_HTTP = {"ipp": "http", "ipps": "https"}


def is_ipp(address: str) -> bool:
    return address.startswith(("ipp://", "ipps://"))


def ipp_url(address: str) -> str:
    """Where an IPP printer is asked by HTTP; ValueError for what is none, with a reason made to be
    shown."""
    found = _IPP.fullmatch(address)
    if found is None:
        raise ValueError('is no address such as "ipp://10.0.0.6/printers/hall"')
    return f"{_HTTP[found[1]]}://{found[2]}:{_port(found[3], IPP_PORT)}{found[4] or '/'}"


def _port(named: str | None, usual: int) -> int:
    port = int(named or usual)
    if not 0 < port < 65_536:
        raise ValueError(f"has the port {port}; ports are from 1 to 65535")
    return port


def check_printer_address(address: str) -> None:
    """ValueError for what names no printer, with a reason made to be shown."""
    (ipp_url if is_ipp(address) else printer_place)(address)


def printer_place(address: str) -> tuple[str, int] | str:
    """Host and port of an ESC/POS printer in the network, or the path of a device at the serving
    machine. `BROWSER` is no place.

    ValueError for what is neither, with a reason made to be shown.
    """
    if address.startswith("/"):
        return address
    found = _NETWORK.fullmatch(address)
    if found is None:
        raise ValueError(
            'is neither "tcp://10.0.0.5:9100" nor "ipp://10.0.0.6/printers/hall",'
            ' nor a device such as "/dev/usb/lp0"'
        )
    return found[1].strip("[]"), _port(found[2], PRINTER_PORT)


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
