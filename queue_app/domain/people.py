"""Who acts: staff with a role, devices with what they can do, residents, time itself."""

import hashlib
import unicodedata
from typing import Literal

from msgspec import Struct

Role = Literal["clerk", "supervisor", "administrator"]
ROLES: tuple[Role, ...] = ("clerk", "supervisor", "administrator")
DeviceKind = Literal["kiosk", "board", "panel", "printer", "voice"]
DEVICE_KINDS: tuple[DeviceKind, ...] = ("kiosk", "board", "panel", "printer", "voice")


IGNORABLE = (
    ("\u034f", "\u034f"),
    ("\u115f", "\u1160"),
    ("\u17b4", "\u17b5"),
    ("\u180b", "\u180f"),
    ("\u3164", "\u3164"),
    ("\ufe00", "\ufe0f"),
    ("\uffa0", "\uffa0"),
    ("\U000e0000", "\U000e0fff"),
)
"""Beside the category of format (Cf), from Default_Ignorable_Code_Point of Unicode."""


class Staff(Struct, frozen=True):
    """A signed-in person. An administrator without a branch may work in every branch."""

    id: int
    login: str
    role: Role
    branch_id: int | None

    @property
    def actor(self) -> str:
        return f"staff:{self.id}"


class Device(Struct, frozen=True):
    """A machine of the hall. `kinds`: what it can do, one or more."""

    id: int
    kinds: tuple[DeviceKind, ...]
    branch_id: int

    @property
    def actor(self) -> str:
        return f"device:{self.id}"


class Anonymous(Struct, frozen=True):
    """Who needs no name: a resident, time itself, or whoever runs the command line."""

    actor: Literal["resident", "system", "operator"]


RESIDENT = Anonymous("resident")
SYSTEM = Anonymous("system")
OPERATOR = Anonymous("operator")

Actor = Staff | Device | Anonymous
"""Who does something. What each may do stands in `domain/rights.py`."""


def one_line(text: str) -> str:
    """What a person typed, on one line: single spaces, letters composed (NFC).

    Signs without width, as they come with what is pasted, vanish; control characters are blanks.
    """
    seen = "".join(sign for sign in text if not _is_without_width(sign))
    visible = "".join(sign if sign.isprintable() else " " for sign in seen)
    return " ".join(unicodedata.normalize("NFC", visible).split())


def _is_without_width(sign: str) -> bool:
    """Joiners, marks of direction, soft hyphens, variants of a glyph, and letters that are blank:
    what Unicode tells programs to ignore where they cannot show it."""
    return unicodedata.category(sign) == "Cf" or any(low <= sign <= high for low, high in IGNORABLE)


def token_hash(token: str) -> bytes:
    """What is kept of a session's or device's token: a leaked table opens no door."""
    return hashlib.sha256(token.encode()).digest()
