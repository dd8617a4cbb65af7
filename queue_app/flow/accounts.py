"""What an operator does to accounts and devices that there are. Nothing is deleted."""

import asyncio
from datetime import datetime

import msgspec
from msgspec import Struct

from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.people import SYSTEM, Staff
from queue_app.domain.tickets import AT_DESK, Ticket
from queue_app.flow.changing import change, event
from queue_app.flow.staffing import check_password, hash_password, normal_login, put_desk
from queue_app.queries import reference
from queue_app.queries.staff import desk
from queue_app.queries.tickets import from_row
from queue_app.store import db


class Left(Struct, frozen=True):
    """What somebody who is retired leaves behind: desks now closed, people who wait again."""

    login: str
    desks: tuple[str, ...]
    tickets: tuple[str, ...]


async def change_password(login: str, password: str) -> None:
    """A new password; every session ends. RuleBroken `weak_password`; else as `_account`."""
    check_password(password)
    hashed = await asyncio.to_thread(hash_password, password)

    async def work() -> None:
        staff = await _account(login)
        await db.fetch("UPDATE staff SET password_hash = $2 WHERE id = $1", staff.id, hashed)
        await _end_sessions(staff.id)

    await db.transact(work)


async def require_account(login: str) -> None:
    """NotFound `unknown_login`; Conflict `account_retired`."""

    async def work() -> None:
        await _account(login)

    await db.transact(work)


async def retire(login: str, now: datetime) -> Left:
    """Signed out everywhere and for ever. Whoever is at their desk waits again, in the same place.

    NotFound `unknown_login`; Conflict `account_retired`.
    """

    async def work() -> Left:
        staff = await _account(login)
        await db.fetch("UPDATE staff SET retired_at = $2 WHERE id = $1", staff.id, now)
        await _end_sessions(staff.id)
        left = [await _free(row[0], row[1], staff, now) for row in await _desks_of(staff)]
        return Left(
            staff.login,
            tuple(number for number, _ in left),
            tuple(ticket.number for _, ticket in left if ticket),
        )

    return await db.transact(work)


async def _account(login: str) -> Staff:
    """The account, locked, so that a sign-in comes before or after, never between."""
    row = await db.fetch_row(
        "SELECT id, login, role, branch_id, retired_at FROM staff WHERE login = $1"
        " FOR NO KEY UPDATE",
        normal_login(login),
    )
    if row is None:
        raise NotFound("unknown_login", login=login)
    if row["retired_at"] is not None:
        raise Conflict("account_retired", login=row["login"])
    return msgspec.convert(dict(row), type=Staff)


async def _end_sessions(staff_id: int) -> None:
    await db.fetch("DELETE FROM session WHERE staff_id = $1", staff_id)


async def _desks_of(staff: Staff) -> list[tuple[int, int]]:
    """Branch and id of each desk that this person has; an administrator may have several."""
    rows = await db.fetch(
        "SELECT branch_id, id FROM desk WHERE branch_id = ANY($1) AND staff_id = $2"
        " ORDER BY branch_id",
        list((await reference.directory()).branches_ever),
        staff.id,
    )
    return [(row["branch_id"], row["id"]) for row in rows]


async def _free(
    branch_id: int, desk_id: int, staff: Staff, now: datetime
) -> tuple[str, Ticket | None]:
    """The number of the desk, closed, and who was sent back from it to the queue."""
    place = await desk([branch_id], desk_id, lock=True)
    row = await db.fetch_row(
        "SELECT * FROM ticket WHERE branch_id = $1 AND desk_id = $2 AND state = ANY($3)",
        branch_id,
        desk_id,
        list(AT_DESK),
    )
    ticket = from_row(row) if row else None
    if ticket:
        back = event(
            ticket, "transfer", SYSTEM, now, desk_id=desk_id, services=ticket.progress.services
        )
        await change(ticket, back)
    await put_desk(place, "closed", None, None, "close", staff, now)
    return place.number, ticket


async def revoke_device(name: str, branch_slug: str | None, now: datetime) -> None:
    """The device's token opens nothing any more; its name is free for another.

    NotFound `unknown_device`; RuleBroken `several_devices` with their `branches` where the name
    needs its branch; NotFound `unknown_branch`.
    """
    directory = await reference.directory()
    own = [directory.branch(branch_slug).id] if branch_slug else list(directory.branches_ever)

    async def work() -> None:
        rows = await db.fetch(
            "SELECT id, branch_id FROM device WHERE branch_id = ANY($1) AND name = $2"
            " AND revoked_at IS NULL ORDER BY branch_id FOR UPDATE",
            own,
            name,
        )
        if not rows:
            raise NotFound("unknown_device", name=name)
        if len(rows) > 1:
            slugs = [directory.branch_of(row["branch_id"]).slug for row in rows]
            raise RuleBroken("several_devices", name=name, branches=slugs)
        await db.fetch("UPDATE device SET revoked_at = $2 WHERE id = $1", rows[0]["id"], now)

    await db.transact(work)
