"""Who acts: staff with a role, devices with a kind. What they may do is asked here."""

import hashlib
from typing import Literal

from msgspec import Struct

from queue_app.domain.errors import NotAllowed

Role = Literal["clerk", "supervisor", "administrator"]
ROLES: tuple[Role, ...] = ("clerk", "supervisor", "administrator")
DeviceKind = Literal["kiosk", "board"]
DEVICE_KINDS: tuple[DeviceKind, ...] = ("kiosk", "board")

RESIDENT = "resident"
SYSTEM = "system"


class Staff(Struct, frozen=True):
    """A signed-in person. An administrator without a branch may work in every branch."""

    id: int
    login: str
    role: Role
    branch_id: int | None

    @property
    def actor(self) -> str:
        return f"staff:{self.id}"

    def require_branch(self, branch_id: int) -> None:
        """NotAllowed `other_branch` unless this person works in that branch."""
        if self.branch_id is not None and self.branch_id != branch_id:
            raise NotAllowed("other_branch")

    def require_desk(self, desk_staff_id: int | None) -> None:
        """NotAllowed `not_your_desk` for a clerk at a desk that they have not taken."""
        if self.role == "clerk" and desk_staff_id != self.id:
            raise NotAllowed("not_your_desk")


class Device(Struct, frozen=True):
    id: int
    kind: DeviceKind
    branch_id: int

    @property
    def actor(self) -> str:
        return f"device:{self.id}"


def one_line(text: str) -> str:
    """What a person typed, on one line: no control or invisible signs, single blanks."""
    visible = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(visible.split())


def token_hash(token: str) -> bytes:
    """What is kept of a session's or device's token: a leaked table opens no door."""
    return hashlib.sha256(token.encode()).digest()
