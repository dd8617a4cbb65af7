"""Who is signed in, which desk is meant."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from asyncpg import Record
from msgspec import Struct

from queue_app.domain.errors import Conflict, NotAllowed, NotFound
from queue_app.domain.people import Role, Staff
from queue_app.queries.epochs import EPOCH
from queue_app.queries.tickets import BUSY
from queue_app.store import db

LARGEST_ID = 2**31 - 1
"""Of an `integer` column; what is larger names nothing."""


class DeskRow(Struct, frozen=True):
    """A desk as it stands: who has taken it and what it does."""

    branch_id: int
    id: int
    number: str
    state: str
    staff_id: int | None
    retired_at: datetime | None


async def staff_of_session(token_hash: bytes, now: datetime) -> Staff | None:
    row = await db.fetch_row(
        "SELECT staff.id, login, role, branch_id FROM session JOIN staff ON staff.id = staff_id"
        " WHERE token_hash = $1 AND expires_at > $2 AND retired_at IS NULL",
        token_hash,
        now,
    )
    return msgspec.convert(dict(row), type=Staff) if row else None


class KeptAccount(Struct, frozen=True):
    """A member of staff with what is kept of the password; who has left, too."""

    staff: Staff
    password_hash: str
    retired_at: datetime | None


def normal_login(login: str) -> str:
    """A login as it is kept; PostgreSQL takes no NUL."""
    return login.replace("\0", "").strip().lower()


async def account(login: str, lock: bool = False) -> KeptAccount | None:
    """Whose login this is, however it is written; with `lock`, until the transaction ends."""
    row = await db.fetch_row(
        "SELECT id, login, role, branch_id, password_hash, retired_at FROM staff"
        " WHERE login = $1" + (" FOR NO KEY UPDATE" if lock else ""),
        normal_login(login),
    )
    return msgspec.convert(dict(row) | {"staff": dict(row)}, type=KeptAccount) if row else None


async def is_login_taken(login: str) -> bool:
    return bool(await db.fetch_value("SELECT true FROM staff WHERE login = $1", login))


async def is_active(staff_id: int) -> bool:
    """Whether this member of staff has not left; so it stays until the transaction ends."""
    return bool(
        await db.fetch_value(
            "SELECT true FROM staff WHERE id = $1 AND retired_at IS NULL FOR SHARE", staff_id
        )
    )


class Account(Struct, frozen=True):
    """One line of `staff list`; `desk`: the number of the one they have, if any."""

    login: str
    role: str
    branch: str | None
    created_at: datetime
    retired_at: datetime | None
    sessions: int
    desk: str | None


async def accounts(now: datetime) -> list[Account]:
    """Everybody who signs in or once did, by branch and login; who has left comes last."""
    rows = await db.fetch(
        "SELECT login, role, slug AS branch, created_at, staff.retired_at,"
        " (SELECT count(*) FROM session WHERE staff_id = staff.id AND expires_at > $1) AS sessions,"
        " (SELECT string_agg(number, ', ' ORDER BY number) FROM desk"
        " WHERE desk.staff_id = staff.id) AS desk"
        " FROM staff LEFT JOIN branch ON branch.id = staff.branch_id"
        " ORDER BY staff.retired_at IS NOT NULL, branch.position NULLS FIRST, login",
        now,
    )
    return [msgspec.convert(dict(row), type=Account) for row in rows]


_DESK = """SELECT branch_id, id, number, state, staff_id, retired_at FROM desk
    WHERE branch_id = ANY($1) AND id = $2"""


async def desk(branch_ids: list[int], desk_id: int, lock: bool = False) -> DeskRow:
    """The desk of that id, in one of these branches.

    NotFound `unknown_desk`; NotAllowed `other_branch` for one that stands elsewhere.

    With `lock`, what happens at one desk happens one after the other.
    """
    row = await _named_desk(_DESK + (" FOR NO KEY UPDATE" if lock else ""), branch_ids, desk_id)
    return msgspec.convert(dict(row), type=DeskRow)


_DESK_NOW = f"""
SELECT own.*, version_now(own.branch_id) AS version, {EPOCH} AS epoch
FROM ({_DESK} FOR NO KEY UPDATE) own
"""


async def desk_now(branch_ids: list[int], desk_id: int) -> tuple[DeskRow, int, str]:
    """The same with `lock`, and the version and epoch of its branch once it is locked."""
    row = await _named_desk(_DESK_NOW, branch_ids, desk_id)
    return msgspec.convert(dict(row), type=DeskRow), row["version"], row["epoch"]


async def _named_desk(sql: str, branch_ids: list[int], desk_id: int) -> Record:
    if not 0 < desk_id <= LARGEST_ID:
        raise NotFound("unknown_desk", desk=desk_id)
    row = await db.fetch_row(sql, branch_ids, desk_id)
    if row is None:
        await _refuse_elsewhere(desk_id)
        raise NotFound("unknown_desk", desk=desk_id)
    return row


async def _refuse_elsewhere(desk_id: int) -> None:
    if await db.fetch_value(
        "SELECT true FROM branch JOIN desk ON desk.branch_id = branch.id AND desk.id = $1", desk_id
    ):
        raise NotAllowed("other_branch")


async def desks_of(branch_ids: list[int], staff_id: int) -> list[int]:
    """The ids of the desks that this person has taken: at most one a branch."""
    rows = await db.fetch(
        "SELECT id FROM desk WHERE branch_id = ANY($1) AND staff_id = $2 ORDER BY since DESC",
        branch_ids,
        staff_id,
    )
    return [row["id"] for row in rows]


async def lock_desks(branch_id: int) -> None:
    """All of the branch, in order: whatever is under way at them is done, and nothing begins."""
    await db.fetch(
        "SELECT id FROM desk WHERE branch_id = $1 ORDER BY id FOR NO KEY UPDATE", branch_id
    )


async def role_of(staff_id: int) -> Role:
    """Also of who was retired."""
    role: Role = await db.fetch_value("SELECT role FROM staff WHERE id = $1", staff_id)
    return role


async def desks_taken(branch_ids: list[int], staff_id: int) -> list[DeskRow]:
    """The desks that this person has, locked; an administrator may have several."""
    rows = await db.fetch(
        "SELECT branch_id, id, number, state, staff_id, retired_at FROM desk"
        " WHERE branch_id = ANY($1) AND staff_id = $2 ORDER BY branch_id FOR NO KEY UPDATE",
        branch_ids,
        staff_id,
    )
    return [msgspec.convert(dict(row), type=DeskRow) for row in rows]


async def desks_taken_before(moments: Mapping[int, datetime]) -> list[int]:
    """The ids of the desks that somebody took before their branch's moment and has not left
    since."""
    rows = await db.fetch(
        "SELECT id FROM desk"
        " JOIN unnest($1::int[], $2::timestamptz[]) AS begun (branch_id, at) USING (branch_id)"
        " WHERE state <> 'closed' AND since < at ORDER BY id",
        list(moments),
        list(moments.values()),
    )
    return [row["id"] for row in rows]


async def require_nobody(place: DeskRow) -> None:
    """Conflict `desk_busy`, with the ticket, while somebody is called to the desk or served."""
    busy = await db.fetch_row(
        "SELECT id AS ticket, number, state FROM ticket"
        f" WHERE branch_id = $1 AND desk_id = $2 AND {BUSY}",
        place.branch_id,
        place.id,
    )
    if busy:
        raise Conflict("desk_busy", **dict(busy))
