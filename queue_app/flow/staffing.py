"""Signing in and out, taking and leaving a desk."""

import logging
import secrets
from datetime import datetime, timedelta

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.errors import Conflict, NotSignedIn, RuleBroken, TooMany
from queue_app.domain.people import Staff, one_line, token_hash
from queue_app.flow import braking, passwords, sessions
from queue_app.flow.act import Act, By, verb
from queue_app.flow.records import DeskVerb
from queue_app.queries import staff as people
from queue_app.queries.staff import DeskRow, KeptAccount, desks_of, require_nobody
from queue_app.store import db

_log = logging.getLogger(__name__)

SESSION_HOURS = 14
"""A session ends after the longest working day."""


class SignedIn(Struct, frozen=True):
    """`browser`: by which this browser is known at the next sign-in."""

    token: str
    staff: Staff
    expires_at: datetime
    browser: str = ""


async def sign_in(by: By, login: str, password: str, browser: str = "") -> SignedIn:
    """A fresh session. NotSignedIn `wrong_password`, the same for a login that there is not;
    TooMany `sign_in_slowed`, be the password right or not.

    `browser`: what the last sign-in with this browser gave. The password is proven before the
    transaction: it takes a sixth of a second.
    """
    account = await people.account(login)
    try:
        signed = await _sign_in(by, login, account, password, browser or secrets.token_urlsafe(32))
    except (NotSignedIn, TooMany) as error:
        _note_refused(by, account, error)
        raise
    _log.info("sign-in: %s from %s", signed.staff.login, by.address or "somewhere")
    return signed


async def _sign_in(
    by: By, login: str, account: KeptAccount | None, password: str, browser: str
) -> SignedIn:
    staff_id = account.staff.id if account else None
    attempt = await braking.begin(people.normal_login(login), staff_id, browser, by.address, by.now)
    known = account.password_hash if account and account.retired_at is None else None
    if not await passwords.is_right(known, password):
        raise NotSignedIn("wrong_password")
    assert account
    signed = await begin_session(by, account.staff, account.password_hash)
    await braking.was_right(attempt, account.staff, browser, by.address, by.now)
    return replace(signed, browser=browser)


def _note_refused(by: By, account: KeptAccount | None, error: NotSignedIn | TooMany) -> None:
    """A login that there is not is not repeated: it may be a password in the wrong field."""
    whose = account.staff.login if account else "an unknown login"
    _log.warning("sign-in refused: %s from %s: %s", whose, by.address or "somewhere", error.code)


@verb.secret
async def begin_session(act: Act, staff: Staff, password_hash: str) -> SignedIn:
    """NotSignedIn `wrong_password` where the password was changed or its owner retired since."""
    token = secrets.token_urlsafe(32)
    expires_at = act.now + timedelta(hours=SESSION_HOURS)
    kept = await db.fetch_row(
        "INSERT INTO session (token_hash, staff_id, created_at, expires_at)"
        " SELECT $1, id, $3, $4 FROM staff"
        " WHERE id = $2 AND password_hash = $5 AND retired_at IS NULL FOR SHARE"
        " RETURNING staff_id",
        token_hash(token),
        staff.id,
        act.now,
        expires_at,
        password_hash,
    )
    if kept is None:
        raise NotSignedIn("wrong_password")
    return SignedIn(token, staff, expires_at)


@verb.secret
async def end_session(act: Act, token: str) -> None:  # noqa: ARG001 - ends for whoever holds it
    await sessions.end(token_hash(token))


@verb
async def open_desk(act: Act, desk_id: int) -> DeskRow:
    """Take a desk, or resume a paused one of one's own.

    Leaves another desk that this person has, if nobody is at it. Conflict `desk_taken` (with
    whose it is), `desk_busy`; `desk_retired`, unless it is one's own that empties.
    """
    await _require_active(act.staff)
    place = await act.desk(desk_id)
    if place.retired_at is not None and place.staff_id != act.staff.id:
        raise Conflict("desk_retired", desk=desk_id)
    if place.staff_id not in (None, act.staff.id):
        raise Conflict("desk_taken", desk=desk_id)
    await _leave_others(act, place)
    try:
        said: DeskVerb = "resume" if place.state == "paused" else "open"
        return await act.put_desk(place, said, act.staff.id)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("desk_changed", desk=desk_id) from error


async def _require_active(staff: Staff) -> None:
    """NotSignedIn `not_signed_in` for whoever was retired since this request began."""
    if not await people.is_active(staff.id):
        raise NotSignedIn("not_signed_in")


async def _leave_others(act: Act, place: DeskRow) -> None:
    for other_id in await desks_of([place.branch_id], act.staff.id):
        if other_id != place.id:
            other = await act.desk(other_id)
            await require_nobody(other)
            await act.put_desk(other, "close", None)


@verb
async def pause_desk(act: Act, desk_id: int, reason: str = "") -> DeskRow:
    """No more calls for a while; the present visit goes on. Conflict `desk_not_open`; RuleBroken
    `break_to_be_asked` for clerks, where the supervisor grants breaks.

    Pausing a paused desk is the same as once.
    """
    place = await act.desk(desk_id)
    act.require_desk(place)
    if place.state == "closed":
        raise Conflict("desk_not_open", state=place.state)
    if act.directory.rules.ask_breaks and act.staff.role == "clerk" and place.state == "open":
        raise RuleBroken("break_to_be_asked")
    return await act.put_desk(place, "pause", place.staff_id, one_line(reason))


@verb
async def close_desk(act: Act, desk_id: int, reason: str = "") -> DeskRow:
    """Leave the desk, or empty somebody else's. Conflict `desk_busy` while somebody is at it."""
    place = await act.desk(desk_id)
    if place.state == "closed":
        return place
    act.require_desk(place)
    await require_nobody(place)
    return await act.put_desk(place, "close", None, one_line(reason) or None)
