"""Which device asks, which wait to be confirmed, and what is known of each."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from queue_app.domain.people import Device, DeviceKind
from queue_app.store import db

DeviceState = Literal["new", "here", "away"]

_DEVICE = "SELECT id, kinds, branch_id FROM device"


async def device_of_token(token_hash: bytes) -> Device | None:
    row = await db.fetch_row(f"{_DEVICE} WHERE token_hash = $1 AND revoked_at IS NULL", token_hash)
    return msgspec.convert(dict(row), type=Device) if row else None


async def devices_named(branch_ids: list[int], name: str) -> list[Device]:
    """The devices of that name in these branches that are in use, locked."""
    rows = await db.fetch(
        f"{_DEVICE} WHERE branch_id = ANY($1) AND name = $2"
        " AND revoked_at IS NULL ORDER BY branch_id FOR UPDATE",
        branch_ids,
        name,
    )
    return [msgspec.convert(dict(row), type=Device) for row in rows]


class Installed(Struct, frozen=True):
    """A device and what it said of itself last.

    `here_until`: so long its last sign of life holds; None, as `seen_at`: it has never given one.
    `battery`: percent, where it has one.
    """

    id: int
    name: str
    kinds: tuple[DeviceKind, ...]
    branch: str
    created_at: datetime
    revoked_at: datetime | None
    seen_at: datetime | None
    here_until: datetime | None
    version: str | None
    address: str | None
    battery: int | None

    def state(self, now: datetime) -> DeviceState:
        """Whether it gives signs of life, gives none any more, or has never given one."""
        if self.here_until is None:
            return "new"
        return "away" if self.here_until < now else "here"


_INSTALLED = (
    "SELECT device.id, name, kinds, slug AS branch, created_at, revoked_at, seen_at, here_until,"
    " version, device.address, battery FROM device JOIN branch ON branch.id = branch_id"
)


async def installed() -> list[Installed]:
    """Every device, by branch and name; the revoked come last."""
    rows = await db.fetch(
        f"{_INSTALLED} ORDER BY revoked_at IS NOT NULL, position, name, device.id"
    )
    return [msgspec.convert(dict(row), type=Installed) for row in rows]


async def in_use(branch_ids: list[int]) -> list[Installed]:
    """The devices of these branches whose tokens are good, by branch and name."""
    rows = await db.fetch(
        f"{_INSTALLED} WHERE revoked_at IS NULL AND branch_id = ANY($1)"
        " ORDER BY position, name, device.id",
        branch_ids,
    )
    return [msgspec.convert(dict(row), type=Installed) for row in rows]


class Pairing(Struct, frozen=True):
    """A machine that shows its code. `name`: as it calls itself, perhaps ""; `device_id`: which
    device it has become, once it was confirmed."""

    code: str
    kinds: tuple[DeviceKind, ...]
    name: str
    address: str | None
    created_at: datetime
    device_id: int | None


_PAIRING = "SELECT code, kinds, name, address, created_at, device_id FROM pairing"


async def pairing_of_secret(secret_hash: bytes, lock: bool = False) -> Pairing | None:
    row = await db.fetch_row(
        f"{_PAIRING} WHERE secret_hash = $1" + (" FOR UPDATE" if lock else ""), secret_hash
    )
    return msgspec.convert(dict(row), type=Pairing) if row else None


async def pairing_of_code(code: str, lock: bool = False) -> Pairing | None:
    """One that nobody has confirmed."""
    row = await db.fetch_row(
        f"{_PAIRING} WHERE code = $1 AND device_id IS NULL" + (" FOR UPDATE" if lock else ""), code
    )
    return msgspec.convert(dict(row), type=Pairing) if row else None
