"""Staff and devices: who there is, signing in and out, taking and leaving a desk."""

import asyncio
import secrets
from datetime import datetime, timedelta
from functools import cache

import argon2
import asyncpg
from msgspec import Struct

from queue_app.domain.errors import Conflict, NotSignedIn, RuleBroken
from queue_app.domain.people import DEVICE_KINDS, ROLES, Role, Staff, one_line, token_hash
from queue_app.flow.calling import reach
from queue_app.flow.unit import announce
from queue_app.queries import reference
from queue_app.queries.staff import DeskRow, desk, require_nobody
from queue_app.store import db

SESSION_HOURS = 14
"""A session ends after the longest working day."""
PASSWORD_MIN = 8
NAME_LENGTH = 60
"""Of a device."""

hasher = argon2.PasswordHasher()


def hash_password(password: str) -> str:
    """What is kept of a password."""
    return hasher.hash(password)


@cache
def _nobody() -> str:
    """What a login that there is not is held against, so that both take as long."""
    return hash_password(secrets.token_urlsafe(16))


class SignedIn(Struct, frozen=True):
    token: str
    staff: Staff
    expires_at: datetime


async def add_staff(
    login: str, role: str, branch_slug: str | None, password: str, now: datetime
) -> Staff:
    """A new member of staff. RuleBroken `weak_password`; what `check_account` refuses."""
    known_role = await check_account(login, role, branch_slug)
    check_password(password)
    login = normal_login(login)
    branch = (await reference.directory()).branch(branch_slug) if branch_slug else None

    async def work() -> Staff:
        try:
            staff_id = await db.fetch_value(
                "INSERT INTO staff (login, role, branch_id, password_hash, created_at)"
                " VALUES ($1, $2, $3, $4, $5) RETURNING id",
                login,
                role,
                branch.id if branch else None,
                hash_password(password),
                now,
            )
        except asyncpg.UniqueViolationError as error:
            raise Conflict("login_taken", login=login) from error
        return Staff(staff_id, login, known_role, branch.id if branch else None)

    return await db.transact(work)


async def check_account(login: str, role: str, branch_slug: str | None) -> Role:
    """Whether such an account can be made, before anybody thinks of a password; its role.

    RuleBroken `unknown_role`, `branch_needed` (for all but administrators), `bad_login`;
    NotFound `unknown_branch`; Conflict `login_taken`.
    """
    login = normal_login(login)
    if role not in ROLES:
        raise RuleBroken("unknown_role", role=role, roles=list(ROLES))
    if not login or len(login) > 60 or any(sign.isspace() for sign in login):
        raise RuleBroken("bad_login", login=login)
    if role != "administrator" and branch_slug is None:
        raise RuleBroken("branch_needed", role=role)
    if branch_slug:
        (await reference.directory()).branch(branch_slug)
    if await db.fetch_value("SELECT true FROM staff WHERE login = $1", login):
        raise Conflict("login_taken", login=login)
    return role


def normal_login(login: str) -> str:
    """A login as it is kept; PostgreSQL takes no NUL."""
    return login.replace("\0", "").strip().lower()


def check_password(password: str) -> None:
    if len(password) < PASSWORD_MIN:
        raise RuleBroken("weak_password", minimum=PASSWORD_MIN)


async def add_device(name: str, kind: str, branch_slug: str, now: datetime) -> str:
    """A new device; its token, which is shown this once. Conflict `device_taken`.

    RuleBroken `device_name`: nothing that stands on one line, or over `NAME_LENGTH` signs.
    """
    name = one_line(name)
    if not 0 < len(name) <= NAME_LENGTH:
        raise RuleBroken("device_name", most=NAME_LENGTH)
    if kind not in DEVICE_KINDS:
        raise RuleBroken("unknown_device_kind", kind=kind, kinds=list(DEVICE_KINDS))
    branch = (await reference.directory()).branch(branch_slug)
    token = secrets.token_urlsafe(24)

    async def work() -> str:
        try:
            await db.fetch(
                "INSERT INTO device (branch_id, name, kind, token_hash, created_at)"
                " VALUES ($1, $2, $3, $4, $5)",
                branch.id,
                name,
                kind,
                token_hash(token),
                now,
            )
        except asyncpg.UniqueViolationError as error:
            raise Conflict("device_taken", name=name) from error
        return token

    return await db.transact(work)


async def sign_in(login: str, password: str, now: datetime) -> SignedIn:
    """A fresh session. NotSignedIn `wrong_password`, the same for a login that there is not."""
    row = await db.fetch_row(
        "SELECT id, login, role, branch_id, password_hash FROM staff"
        " WHERE login = $1 AND retired_at IS NULL",
        normal_login(login),
    )
    known = row["password_hash"] if row else await asyncio.to_thread(_nobody)
    try:
        await asyncio.to_thread(hasher.verify, known, password)
    except argon2.exceptions.VerificationError as error:
        raise NotSignedIn("wrong_password") from error
    if row is None:
        raise NotSignedIn("wrong_password")
    staff = Staff(row["id"], row["login"], row["role"], row["branch_id"])
    token = secrets.token_urlsafe(32)
    expires_at = now + timedelta(hours=SESSION_HOURS)

    async def work() -> None:
        kept = await db.fetch_row(
            "INSERT INTO session (token_hash, staff_id, created_at, expires_at)"
            " SELECT $1, id, $3, $4 FROM staff"
            " WHERE id = $2 AND password_hash = $5 AND retired_at IS NULL FOR SHARE"
            " RETURNING staff_id",
            token_hash(token),
            staff.id,
            now,
            expires_at,
            known,
        )
        if kept is None:
            raise NotSignedIn("wrong_password")

    await db.transact(work)
    return SignedIn(token, staff, expires_at)


async def sign_out(token: str) -> None:
    async def work() -> None:
        await db.fetch("DELETE FROM session WHERE token_hash = $1", token_hash(token))

    await db.transact(work)


async def open_desk(desk_id: int, staff: Staff, now: datetime) -> DeskRow:
    """Take a desk, or resume a paused one of one's own.

    Leaves another desk that this person has, if nobody is at it. Conflict `desk_taken` (with
    whose it is), `desk_busy`; `desk_retired`, unless it is one's own that empties.
    """
    directory = await reference.directory()

    async def work() -> DeskRow:
        await _require_active(staff)
        place = await desk(reach(directory, staff), desk_id, lock=True)
        if place.retired_at is not None and place.staff_id != staff.id:
            raise Conflict("desk_retired", desk=desk_id)
        if place.staff_id not in (None, staff.id):
            raise Conflict("desk_taken", desk=desk_id)
        await _leave_others(place, staff, now)
        verb = "resume" if place.state == "paused" else "open"
        return await put_desk(place, "open", staff.id, None, verb, staff, now)

    try:
        return await db.transact(work)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("desk_changed", desk=desk_id) from error


async def _require_active(staff: Staff) -> None:
    """NotSignedIn `not_signed_in` for whoever was retired since this request began."""
    if not await db.fetch_value(
        "SELECT true FROM staff WHERE id = $1 AND retired_at IS NULL FOR SHARE", staff.id
    ):
        raise NotSignedIn("not_signed_in")


async def _leave_others(place: DeskRow, staff: Staff, now: datetime) -> None:
    rows = await db.fetch(
        "SELECT id FROM desk WHERE branch_id = $1 AND staff_id = $2 AND id <> $3",
        place.branch_id,
        staff.id,
        place.id,
    )
    for row in rows:
        other = await desk([place.branch_id], row["id"], lock=True)
        await require_nobody(other)
        await put_desk(other, "closed", None, None, "close", staff, now)


async def pause_desk(desk_id: int, staff: Staff, reason: str, now: datetime) -> DeskRow:
    """No more calls for a while; the present visit goes on. Conflict `desk_not_open`.

    Pausing a paused desk is the same as once.
    """
    directory = await reference.directory()

    async def work() -> DeskRow:
        place = await desk(reach(directory, staff), desk_id, lock=True)
        staff.require_desk(place.staff_id)
        if place.state == "closed":
            raise Conflict("desk_not_open", state=place.state)
        return await put_desk(
            place, "paused", place.staff_id, one_line(reason), "pause", staff, now
        )

    return await db.transact(work)


async def close_desk(desk_id: int, staff: Staff, now: datetime) -> DeskRow:
    """Leave the desk. Conflict `desk_busy` while somebody is at it."""
    directory = await reference.directory()

    async def work() -> DeskRow:
        place = await desk(reach(directory, staff), desk_id, lock=True)
        if place.state == "closed":
            return place
        staff.require_desk(place.staff_id)
        await require_nobody(place)
        return await put_desk(place, "closed", None, None, "close", staff, now)

    return await db.transact(work)


async def put_desk(
    place: DeskRow,
    state: str,
    staff_id: int | None,
    reason: str | None,
    verb: str,
    staff: Staff,
    now: datetime,
) -> DeskRow:
    """The desk's new state and its event; a desk that already is so stays as it is."""
    if (place.state, place.staff_id) == (state, staff_id):
        return place
    await db.fetch(
        "UPDATE desk SET state = $3, staff_id = $4, pause_reason = $5, since = $6"
        " WHERE branch_id = $1 AND id = $2",
        place.branch_id,
        place.id,
        state,
        staff_id,
        reason,
        now,
    )
    await db.fetch(
        "INSERT INTO desk_event (branch_id, desk_id, at, verb, staff_id, reason)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        place.branch_id,
        place.id,
        now,
        verb,
        staff.id,
        reason,
    )
    await announce(place.branch_id)
    return DeskRow(place.branch_id, place.id, place.number, state, staff_id, place.retired_at)
