"""Stopping the calls of a branch, for all services or for some, and letting them go on."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from queue_app.domain import interruptions, rights
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict, NotAllowed, RuleBroken
from queue_app.domain.interruptions import KINDS, MAX_DELAY_MINUTES, Interruption
from queue_app.domain.people import one_line
from queue_app.domain.tickets import CLOCKS_APART
from queue_app.flow.act import Act, verb
from queue_app.queries import interruptions as kept
from queue_app.queries.halls import INTERRUPTION
from queue_app.queries.staff import desks_of, lock_desks, role_of
from queue_app.store import db

NOTE_MAX = 200


@verb
async def interrupt(
    act: Act, branch_slug: str, kind: str, services: Sequence[str] | None, note: str
) -> Interruption:
    """No more calls for these services, or at all where `services` is None, until it is resumed.

    Visits that have begun go on. Calls that are under way are waited for: none commits after this.
    Saying the same again while it lasts changes nothing and gives the one that is. NotAllowed
    `other_branch`, `desk_needed`; RuleBroken `unknown_kind`, `no_service`, `unknown_service`;
    Conflict `already_interrupted` where another kind stops everything.
    """
    branch = act.branch(branch_slug)
    await _require_a_desk(act, branch.id)
    if kind not in KINDS:
        raise RuleBroken("unknown_kind", kind=kind, kinds=list(KINDS))
    chosen = None if services is None else _known(act.directory, services)
    await _one_at_a_time(branch.id)
    await _bring_forward(act, branch.id)
    for one in await kept.open_ones(branch.id):
        if one.kind == kind and _same(one.services, chosen):
            return one
        if one.services is None and chosen is None:
            raise Conflict("already_interrupted", interruption=one.id, kind=one.kind)
    await _take_the_place(act, branch.id, chosen)
    await lock_desks(branch.id)
    begun = await _begin(act, branch.id, kind, chosen, one_line(note)[:NOTE_MAX])
    await act.note("interruption", str(begun.id), "begin", after=begun, branch_id=branch.id)
    act.touch(branch.id)
    return begun


async def _require_a_desk(act: Act, branch_id: int) -> None:
    """NotAllowed `desk_needed` for who has this right only at a desk, and has none here."""
    if rights.needs_desk(act.right, act.who) and not await desks_of([branch_id], act.staff.id):
        raise NotAllowed("desk_needed")


def _known(directory: Directory, services: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(services))
    if not chosen:
        raise RuleBroken("no_service")
    if unknown := [code for code in chosen if code not in directory.services]:
        raise RuleBroken("unknown_service", services=unknown)
    return chosen


def _same(one: Sequence[str] | None, other: Sequence[str] | None) -> bool:
    if one is None or other is None:
        return one is other
    return set(one) == set(other)


async def _one_at_a_time(branch_id: int) -> None:
    """Two presses at once become one after the other."""
    await db.fetch("SELECT id FROM branch WHERE id = $1 FOR NO KEY UPDATE", branch_id)


async def _bring_forward(act: Act, branch_id: int) -> None:
    """What was begun by a clock that has been set back since stops calls now, not later."""
    for one in await kept.open_ones(branch_id):
        if one.started_at > act.now:
            await _change(act, branch_id, "bring_forward", one, replace(one, started_at=act.now))


async def _take_the_place(act: Act, branch_id: int, services: tuple[str, ...] | None) -> None:
    """An all-clear whose minutes still run is over when the next stop of the same begins."""
    for one in await kept.resuming(branch_id, act.now):
        if one.is_covered_by(services):
            assert one.ended_at
            over = replace(one, resumes_at=max(act.now, one.ended_at))
            await _change(act, branch_id, "replace", one, over)


async def _change(
    act: Act, branch_id: int, verb: str, before: Interruption, after: Interruption
) -> None:
    """Write the times of `after`, who said first that it is over, and the event."""
    if before == after:
        return
    await db.fetch(
        "UPDATE interruption SET started_at = $3, ended_at = $4, resumes_at = $5,"
        " ended_by = CASE WHEN $4::timestamptz IS NOT NULL THEN coalesce(ended_by, $6) END,"
        " calls_until = CASE WHEN $3 < started_at THEN greatest(calls_until, started_at)"
        " ELSE calls_until END"
        " WHERE branch_id = $1 AND id = $2",
        branch_id,
        before.id,
        after.started_at,
        after.ended_at,
        after.resumes_at,
        act.staff.id,
    )
    await act.note("interruption", str(before.id), verb, before, after, branch_id)


async def _begin(
    act: Act, branch_id: int, kind: str, services: tuple[str, ...] | None, note: str
) -> Interruption:
    """It begins after the last call, even if the clock of whoever called is a little ahead.

    The desks are locked. Where that clock was far ahead, and has been set back since, the row says
    until when calls are from before.
    """
    last = await kept.last_call(branch_id, act.now)
    apart = last is not None and last - act.now > CLOCKS_APART
    started_at = act.now if last is None or apart else last
    row = await db.fetch_row(
        "INSERT INTO interruption (branch_id, kind, services, note, started_at, staff_id,"
        f" calls_until) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {INTERRUPTION}",
        branch_id,
        kind,
        None if services is None else list(services),
        note or None,
        started_at,
        act.staff.id,
        last if apart else started_at,
    )
    return msgspec.convert(dict(row or {}), type=Interruption)


@verb
async def resume(act: Act, interruption_id: int, after_minutes: int | None = None) -> Interruption:
    """It is over: calls go on so many minutes from now, or after the usual delay of its kind.

    Until they do, another delay may be stated; it counts from the first time. After that nothing
    changes any more. What a supervisor began is ended by the office alone. Conflict
    `interrupted_anew` with the `interruption` that stops everything since; NotFound
    `unknown_interruption`; NotAllowed `other_branch`, `desk_needed`, `not_allowed`; RuleBroken
    `bad_delay` with the `limit`.
    """
    if after_minutes is not None and not 0 <= after_minutes <= MAX_DELAY_MINUTES:
        raise RuleBroken("bad_delay", limit=MAX_DELAY_MINUTES)
    placed = await kept.by_id(act.reach, interruption_id)
    one, branch = placed.interruption, act.directory.branch_of(placed.branch_id)
    await _require_a_desk(act, branch.id)
    if await role_of(placed.staff_id) != "clerk":
        rights.require("resume_of_office", act.who, branch.id)
    await lock_desks(branch.id)
    if one.services is None and (newer := await kept.follower(placed)):
        raise Conflict("interrupted_anew", interruption=newer)
    usual = interruptions.resume_minutes(one, act.directory.today(branch, one.ended_at or act.now))
    ended = interruptions.end(one, act.now, usual if after_minutes is None else after_minutes)
    if ended != one:
        await _change(act, branch.id, "end", one, ended)
        act.touch(branch.id)
    return ended
