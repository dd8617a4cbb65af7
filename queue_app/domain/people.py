"""Who acts: staff with a role, devices with a kind, residents, time itself."""

import hashlib
from typing import Literal

from msgspec import Struct

Role = Literal["clerk", "supervisor", "administrator"]
ROLES: tuple[Role, ...] = ("clerk", "supervisor", "administrator")
DeviceKind = Literal["kiosk", "board"]
DEVICE_KINDS: tuple[DeviceKind, ...] = ("kiosk", "board")


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
    id: int
    kind: DeviceKind
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
    """What a person typed, on one line: no control or invisible characters, single spaces."""
    visible = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(visible.split())


def token_hash(token: str) -> bytes:
    """What is kept of a session's or device's token: a leaked table opens no door."""
    return hashlib.sha256(token.encode()).digest()
