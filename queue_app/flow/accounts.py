"""What an operator does to accounts. Nothing is deleted."""

import asyncpg
from msgspec import Struct

from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.people import ROLES, Role, Staff
from queue_app.domain.tickets import Ticket
from queue_app.flow import braking, sessions
from queue_app.flow.act import Act, verb
from queue_app.flow.passwords import check_password, hash_password
from queue_app.queries import reference
from queue_app.queries import staff as people
from queue_app.queries.staff import DeskRow, desks_taken
from queue_app.queries.tickets import at_desk
from queue_app.store import db


@verb.secret
async def add_staff(
    act: Act, login: str, role: str, branch_slug: str | None, password: str
) -> Staff:
    """A new member of staff.

    RuleBroken `weak_password`, `common_password`; what `check_account` refuses.
    """
    known_role = await check_account(login, role, branch_slug)
    check_password(password, login)
    login = people.normal_login(login)
    branch_id = act.directory.branch(branch_slug).id if branch_slug else None
    hashed = await hash_password(password)
    try:
        staff_id = await db.fetch_value(
            "INSERT INTO staff (login, role, branch_id, password_hash, created_at)"
            " VALUES ($1, $2, $3, $4, $5) RETURNING id",
            login,
            role,
            branch_id,
            hashed,
            act.now,
        )
    except asyncpg.UniqueViolationError as error:
        raise Conflict("login_taken", login=login) from error
    added = Staff(staff_id, login, known_role, branch_id)
    await act.note("staff", login, "add", after=added, branch_id=branch_id)
    return added


async def check_account(login: str, role: str, branch_slug: str | None) -> Role:
    """Whether such an account can be made, before anybody thinks of a password; its role.

    RuleBroken `unknown_role`, `branch_needed` (for all but administrators), `bad_login`;
    NotFound `unknown_branch`; Conflict `login_taken`.
    """
    login = people.normal_login(login)
    if role not in ROLES:
        raise RuleBroken("unknown_role", role=role, roles=list(ROLES))
    if not login or len(login) > 60 or any(character.isspace() for character in login):
        raise RuleBroken("bad_login", login=login)
    if role != "administrator" and branch_slug is None:
        raise RuleBroken("branch_needed", role=role)
    if branch_slug:
        (await reference.directory()).branch(branch_slug)
    if await people.is_login_taken(login):
        raise Conflict("login_taken", login=login)
    return role


@verb.secret
async def change_password(act: Act, login: str, password: str) -> None:
    """A new password; every session ends.

    RuleBroken `weak_password`, `common_password`; NotFound `unknown_login`; Conflict
    `account_retired`.
    """
    check_password(password, login)
    hashed = await hash_password(password)
    staff = await require_account(login, lock=True)
    await db.fetch("UPDATE staff SET password_hash = $2 WHERE id = $1", staff.id, hashed)
    await _end_sessions(staff)
    await braking.release(staff.login)
    await act.note("staff", staff.login, "change_password", branch_id=staff.branch_id)


async def require_account(login: str, lock: bool = False) -> Staff:
    """NotFound `unknown_login`; Conflict `account_retired`.

    With `lock` a sign-in comes before or after, never between.
    """
    account = await people.account(login, lock)
    if account is None:
        raise NotFound("unknown_login", login=login)
    if account.retired_at is not None:
        raise Conflict("account_retired", login=account.staff.login)
    return account.staff


async def _end_sessions(staff: Staff) -> None:
    await sessions.end_all(staff)
    await braking.forget_browsers(staff)


class Left(Struct, frozen=True):
    """What somebody who is retired leaves behind: desks now closed, people who wait again."""

    login: str
    desks: tuple[str, ...]
    tickets: tuple[str, ...]


@verb
async def retire_staff(act: Act, login: str) -> Left:
    """Signed out everywhere and for ever. Whoever is at their desk waits again, in the same place.

    NotFound `unknown_login`; Conflict `account_retired`.
    """
    staff = await require_account(login, lock=True)
    await db.fetch("UPDATE staff SET retired_at = $2 WHERE id = $1", staff.id, act.now)
    await _end_sessions(staff)
    places = await desks_taken(list(act.directory.branches_ever), staff.id)
    tickets = [await _free(act, place) for place in places]
    await act.note("staff", staff.login, "retire", before=staff, branch_id=staff.branch_id)
    return Left(
        staff.login,
        tuple(place.number for place in places),
        tuple(ticket.number for ticket in tickets if ticket),
    )


async def _free(act: Act, place: DeskRow) -> Ticket | None:
    """The desk is closed; who was at it waits again."""
    ticket = await at_desk(place.branch_id, place.id)
    if ticket:
        services = ticket.progress.services
        await act.record(ticket, "transfer", desk_id=place.id, services=services)
    await act.put_desk(place, "close", None)
    return ticket
