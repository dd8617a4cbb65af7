"""Devices: added or paired, named, seen, revoked. Nothing is deleted.

A machine that wants to belong shows a code. Whoever is of the office confirms it and gives the
machine its branch and its name; then the machine gets its token, once. Of codes and tokens the
database keeps what proves them, never a token itself.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from queue_app.domain import rights
from queue_app.domain.directory import Branch
from queue_app.domain.errors import Conflict, NotFound, RuleBroken, TooMany
from queue_app.domain.numbering import digits_in
from queue_app.domain.people import DEVICE_KINDS, Device, DeviceKind, one_line, token_hash
from queue_app.flow import sessions
from queue_app.flow.act import Act, verb
from queue_app.queries import devices
from queue_app.queries.devices import Pairing
from queue_app.store import db

NAME_LENGTH = 60
"""Characters of a device's name, and of the version that it says."""
CODE_DIGITS = 8
"""Digits, which every keyboard has; so many that a slip of the fingers names no other machine."""
PAIRING_SECONDS = 900.0
"""So long a code is shown that nobody confirms, on the machine's clock."""
OPEN_PAIRINGS = 50
"""Codes that one address may have shown in that time; all devices of a branch may have one."""


class Shown(Struct, frozen=True):
    """`code`: what the machine shows; `secret`: by which it alone asks what became of it."""

    code: str
    secret: str


@verb.secret
async def ask_pairing(act: Act, kinds: Sequence[str], name: str, address: str | None) -> Shown:
    """A code for a machine that wants to be a device of some branch.

    RuleBroken `unknown_device_kind`, `device_name`; TooMany `too_many_pairings`.
    """
    known = _known(kinds)
    name = one_line(name)
    if len(name) > NAME_LENGTH:
        raise RuleBroken("device_name", most=NAME_LENGTH)
    if act.address is not None:
        await _require_few(act.address, address)
    secret = secrets.token_urlsafe(24)
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        shown = await db.fetch(
            "INSERT INTO pairing (secret_hash, code, kinds, name, address, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING code",
            token_hash(secret),
            code,
            list(known),
            name,
            address,
            act.now,
        )
        if shown:
            return Shown(code, secret)


def _known(kinds: Sequence[str]) -> tuple[DeviceKind, ...]:
    """In one order, each once."""
    if not kinds or not set(kinds) <= set(DEVICE_KINDS):
        raise RuleBroken("unknown_device_kind", kind=", ".join(kinds), kinds=list(DEVICE_KINDS))
    return tuple(kind for kind in DEVICE_KINDS if kind in kinds)


async def _require_few(asks: str, address: str | None) -> None:
    await db.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"pairing {asks}")
    shown = await db.fetch_value("SELECT count(*) FROM pairing WHERE address = $1", address)
    if shown >= OPEN_PAIRINGS:
        raise TooMany("too_many_pairings", retry_after_seconds=int(PAIRING_SECONDS))


@verb.secret
async def confirm_device(act: Act, code: str, branch_slug: str, name: str) -> Device:
    """The machine that shows this code is a device of this branch from now on; it gets its token
    when it asks next.

    NotFound `unknown_pairing`, `unknown_branch`; NotAllowed `other_branch`; RuleBroken
    `device_name`; Conflict `device_taken`.
    """
    branch = act.branch(branch_slug)
    found = await devices.pairing_of_code(digits_in(code), lock=True)
    if found is None:
        raise NotFound("unknown_pairing")
    device, _token = await _insert(act, branch, name, found.kinds)
    await db.fetch("UPDATE pairing SET device_id = $2 WHERE code = $1", found.code, device.id)
    await _note_added(act, device, name, "pair")
    return device


async def pairing(secret: str) -> Pairing:
    """How it stands with a machine's code. NotFound `unknown_pairing` where nobody has confirmed it
    in time, and once the token was given."""
    found = await devices.pairing_of_secret(token_hash(secret))
    if found is None:
        raise NotFound("unknown_pairing")
    return found


class Admitted(Struct, frozen=True):
    """A machine that has become a device; `branch`: a slug."""

    token: str
    branch: str


@verb.secret
async def end_pairing(act: Act, secret: str) -> Admitted | None:
    """The device's token, this once; None while nobody has confirmed its code.

    NotFound `unknown_pairing`.
    """
    found = await devices.pairing_of_secret(token_hash(secret), lock=True)
    if found is None:
        raise NotFound("unknown_pairing")
    if found.device_id is None:
        return None
    token = secrets.token_urlsafe(24)
    branch_id = await db.fetch_value(
        "UPDATE device SET token_hash = $2 WHERE id = $1 AND revoked_at IS NULL"
        " RETURNING branch_id",
        found.device_id,
        token_hash(token),
    )
    await db.fetch("DELETE FROM pairing WHERE secret_hash = $1", token_hash(secret))
    if branch_id is None:
        return None
    return Admitted(token, act.directory.branch_of(branch_id).slug)


@verb.secret
async def add_device(act: Act, name: str, kinds: Sequence[str], branch_slug: str) -> str:
    """A new device; its token, which is shown this once. Conflict `device_taken`.

    RuleBroken `device_name`: nothing that stands on one line, or over `NAME_LENGTH` characters;
    `unknown_device_kind`.
    """
    device, token = await _insert(act, act.directory.branch(branch_slug), name, _known(kinds))
    await _note_added(act, device, name, "add")
    return token


async def _insert(
    act: Act, branch: Branch, name: str, kinds: tuple[DeviceKind, ...]
) -> tuple[Device, str]:
    name = one_line(name)
    if not 0 < len(name) <= NAME_LENGTH:
        raise RuleBroken("device_name", most=NAME_LENGTH)
    token = secrets.token_urlsafe(24)
    device_id = await db.fetch_value(
        "INSERT INTO device (branch_id, name, kinds, token_hash, created_at)"
        " VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (branch_id, name) WHERE revoked_at IS NULL DO NOTHING RETURNING id",
        branch.id,
        name,
        list(kinds),
        token_hash(token),
        act.now,
    )
    if device_id is None:
        raise Conflict("device_taken", name=name)
    act.touch(branch.id)
    return Device(device_id, kinds, branch.id), token


async def _note_added(act: Act, device: Device, name: str, how: str) -> None:
    after = {"id": device.id, "name": one_line(name), "kinds": device.kinds}
    await act.note("device", one_line(name), how, after=after, branch_id=device.branch_id)


@verb
async def revoke_device(act: Act, name: str, branch_slug: str | None) -> None:
    """The device's token opens nothing any more, and its screens end; its name is free for another.

    NotFound `unknown_device`; RuleBroken `several_devices` with their `branches` where the name
    needs its branch; NotFound `unknown_branch`; NotAllowed `other_branch`.
    """
    directory = act.directory
    own = [_own(act, branch_slug).id] if branch_slug else act.reach
    found = await devices.devices_named(own, name)
    if not found:
        raise NotFound("unknown_device", name=name)
    if len(found) > 1:
        slugs = [directory.branch_of(one.branch_id).slug for one in found]
        raise RuleBroken("several_devices", name=name, branches=slugs)
    device = found[0]
    await db.fetch("UPDATE device SET revoked_at = $2 WHERE id = $1", device.id, act.now)
    await sessions.tell_screens_of(device.actor)
    before = msgspec.structs.asdict(device) | {"name": name}
    await act.note("device", name, "revoke", before=before, branch_id=device.branch_id)
    act.touch(device.branch_id)


def _own(act: Act, branch_slug: str) -> Branch:
    """Of a retired branch, too."""
    branch = act.directory.ever(branch_slug)
    rights.require(act.right, act.who, branch.id)
    return branch


@verb
async def sign_device(
    act: Act, holds: timedelta, version: str | None, address: str | None, battery: int | None
) -> None:
    """A sign of life, which holds so long. `battery`: percent, where the device has one.

    No event and no new version: it happens all the time, and says nothing of the queue.
    """
    assert isinstance(act.who, Device)
    await db.fetch(
        "UPDATE device SET seen_at = $2, here_until = $3, version = $4, address = $5, battery = $6"
        " WHERE id = $1 AND revoked_at IS NULL",
        act.who.id,
        act.now,
        act.now + holds,
        one_line(version)[:NAME_LENGTH] if version else None,
        address,
        battery,
    )


async def drop_old(asked_until: datetime) -> int:
    """Codes that nobody confirmed, and tokens that nobody fetched."""
    rows = await db.fetch("DELETE FROM pairing WHERE created_at <= $1 RETURNING code", asked_until)
    return len(rows)
