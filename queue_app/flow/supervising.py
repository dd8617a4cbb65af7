"""What a supervisor does at the branch: with its desks, with whoever waits, with its tickets.

Each leaves an event that says who and why, beside those of the desk or the ticket that changes.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import asyncpg
from msgspec import Struct

from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel
from queue_app.domain.directory import Branch
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.orders import Orders, left_by, under_orders
from queue_app.domain.people import Staff, one_line
from queue_app.domain.tickets import Ticket
from queue_app.flow.act import Act, verb
from queue_app.flow.admission import check_services
from queue_app.flow.appointment_records import insert_unsettled
from queue_app.queries import appointments, orders_today, tickets, unsettled
from queue_app.queries import staff as people
from queue_app.queries.staff import DeskRow, desks_of, lock_desks, require_nobody
from queue_app.store import db

REASON_MAX = 200
LET_GO = ("waiting", "parked")
MOST_TICKETS = 10_000
"""A limit beyond is none."""


@verb
async def open_desk_for(
    act: Act, desk_id: int, login: str | None = None, reason: str = ""
) -> DeskRow:
    """A paused desk goes on with its clerk; a closed one is given to whoever has this login.

    Who had another desk leaves it, if nobody is at it. NotFound `unknown_desk`, `unknown_login`;
    Conflict `desk_taken`, `desk_retired`, `desk_busy`, `desk_changed`, `account_retired`;
    RuleBroken `clerk_needed`, `clerk_elsewhere`.
    """
    place = await act.desk(desk_id)
    clerk = await _clerk(login, place) if login else None
    if place.staff_id is not None:
        if clerk and clerk.id != place.staff_id:
            raise Conflict("desk_taken", desk=desk_id)
        opened = await act.put_desk(place, "resume", place.staff_id)
    else:
        opened = await _give(act, place, clerk)
    if opened.state != place.state:
        await _note(act, place.branch_id, f"desk {place.number}", "open", reason, clerk=login)
    return opened


async def _clerk(login: str, place: DeskRow) -> Staff:
    account = await people.account(login)
    if account is None:
        raise NotFound("unknown_login", login=login)
    if not await people.is_active(account.staff.id):
        raise Conflict("account_retired", login=login)
    if account.staff.branch_id not in (None, place.branch_id):
        raise RuleBroken("clerk_elsewhere", login=login)
    return account.staff


async def _give(act: Act, place: DeskRow, clerk: Staff | None) -> DeskRow:
    if clerk is None:
        raise RuleBroken("clerk_needed", desk=place.id)
    if place.retired_at is not None:
        raise Conflict("desk_retired", desk=place.id)
    for other_id in await desks_of([place.branch_id], clerk.id):
        other = await act.desk(other_id)
        await require_nobody(other)
        await act.put_desk(other, "close", None)
    try:
        return await act.put_desk(place, "open", clerk.id)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("desk_changed", desk=place.id) from error


@verb
async def set_skills_today(
    act: Act, desk_id: int, skills: Sequence[str] | None, reason: str = ""
) -> tuple[str, ...]:
    """What the desk gives for the rest of the day; None: again what is planned.

    RuleBroken `unknown_skill`, `no_skill`; `leaves_people`, with the `numbers` of those who wait
    and how many `bookings` of today no desk would give all their services any more.
    """
    place = await act.desk(desk_id)
    await lock_desks(place.branch_id)
    branch = act.directory.branch_of(place.branch_id)
    planned = next((one.skills for one in branch.desks if one.id == desk_id), None)
    if planned is None:
        raise Conflict("desk_retired", desk=desk_id)
    chosen = planned if skills is None else _known_skills(act, skills)
    before = await orders_today.skills(branch.id, desk_id, act.now) or planned
    if set(chosen) == set(before):
        return tuple(chosen)
    seen = await act.hall(branch.id)
    _require_nobody_left(seen, branch, desk_id, chosen)
    await _write_skills(act, branch, desk_id, None if set(chosen) == set(planned) else chosen)
    await _note(act, branch.id, f"desk {place.number}", "skills", reason, skills=chosen)
    return tuple(chosen)


def _known_skills(act: Act, skills: Sequence[str]) -> tuple[str, ...]:
    known = [one.code for one in act.directory.centre.skills]
    if not skills:
        raise RuleBroken("no_skill")
    if unknown := [one for one in skills if one not in known]:
        raise RuleBroken("unknown_skill", skills=unknown)
    return tuple(one for one in known if one in skills)


def _require_nobody_left(seen: Hall, branch: Branch, desk_id: int, skills: Sequence[str]) -> None:
    ordered = Orders({**seen.orders.skills, desk_id: tuple(skills)})
    then = under_orders(branch, seen.directory.centre, ordered)
    waiting = [one for one in seen.tickets if one.state in ("waiting", "parked")]
    visits = [frozenset(one.services) for one in waiting]
    visits += [frozenset(one.services) for one in seen.appointed]
    left = set(left_by(visits, then)) - set(left_by(visits, seen.branch))
    if left:
        raise RuleBroken(
            "leaves_people",
            numbers=[one.number for one in waiting if frozenset(one.services) in left],
            bookings=sum(frozenset(one.services) in left for one in seen.appointed),
        )


async def _write_skills(
    act: Act, branch: Branch, desk_id: int, skills: Sequence[str] | None
) -> None:
    if skills is None:
        await db.fetch(
            "DELETE FROM desk_skills WHERE branch_id = $1 AND desk_id = $2", branch.id, desk_id
        )
        return
    await db.fetch(
        "INSERT INTO desk_skills (branch_id, desk_id, skills, until) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (branch_id, desk_id) DO UPDATE"
        " SET skills = excluded.skills, until = excluded.until",
        branch.id,
        desk_id,
        list(skills),
        act.directory.today(branch, act.now).ends,
    )


@verb
async def summon(act: Act, desk_id: int, ticket_id: int, reason: str = "") -> Ticket:
    """Call this person to this desk, whoever is before them.

    Conflict `desk_not_open`, `desk_busy`, `ticket_state`, `ticket_changed`, `hall_paused`,
    `services_paused`; RuleBroken `not_for_this_desk`.
    """
    place = await act.desk(desk_id)
    if place.state != "open":
        raise Conflict("desk_not_open", state=place.state)
    await require_nobody(place)
    ticket = await tickets.by_id([place.branch_id], ticket_id)
    seen = await act.hall(place.branch_id)
    services = ticket.progress.services
    if stop := seen.stop_of(services):
        code = "hall_paused" if stop.services is None else "services_paused"
        raise Conflict(code, kind=stop.kind, resumes_at=stop.resumes_at)
    gives = seen.desk_view(place.id).services.issuperset(services)
    if not gives and ticket.progress.for_desk_id != place.id:
        raise RuleBroken("not_for_this_desk", ticket=ticket.id)
    called = await act.record(ticket, "call", desk_id=place.id)
    subject = f"ticket {ticket.number}"
    await _note(act, place.branch_id, subject, "summon", reason, desk=place.number)
    return called


@verb
async def redirect(
    act: Act,
    ticket_id: int,
    services: list[str] | None = None,
    to_desk: int | None = None,
    reason: str = "",
) -> Ticket:
    """Whoever waits or was set aside waits for other services or for one desk; their place by
    time stays. The same again changes nothing.

    RuleBroken `transfer_nowhere`, `nobody_serves`, what `check_services` refuses; NotFound
    `unknown_desk`; Conflict `ticket_state` of whoever is at a desk or gone.
    """
    ticket = await act.any_ticket(ticket_id)
    branch = act.directory.branch_of(ticket.branch_id)
    if not services and to_desk is None:
        raise RuleBroken("transfer_nowhere")
    before = ticket.progress
    chosen = await _chosen(act, branch, services, ticket.channel) if services else before.services
    desk = next((one for one in branch.desks if one.id == to_desk), None)
    if to_desk is not None and desk is None:
        raise NotFound("unknown_desk", desk=to_desk)
    if before.state == "waiting" and (before.services, before.for_desk_id) == (chosen, to_desk):
        return ticket
    moved = await act.record(
        ticket,
        "redirect",
        services=chosen,
        for_desk_id=to_desk,
        expected_at=before.expected_at,
    )
    await _note(
        act,
        branch.id,
        f"ticket {ticket.number}",
        "redirect",
        reason,
        services=chosen,
        desk=desk.number if desk else None,
    )
    return moved


async def _chosen(
    act: Act, branch: Branch, services: list[str], channel: Channel
) -> tuple[str, ...]:
    """Services that one desk of the branch gives together today."""
    chosen = check_services(act.directory, services, channel)
    today = (await act.hall(branch.id)).branch
    if not any(one.services.issuperset(chosen) for one in today.desks):
        raise RuleBroken("nobody_serves", services=list(chosen))
    return chosen


@verb
async def limit_tickets(
    act: Act, branch_slug: str, service: str, remaining: int | None, reason: str = ""
) -> int | None:
    """So many walk-ins are still given a ticket for this service today; 0: nobody; None: as many
    as come. Bookings and those who have a ticket are not concerned.

    RuleBroken `unknown_service`, `bad_limit`.
    """
    branch = act.branch(branch_slug)
    if service not in act.directory.services:
        raise RuleBroken("unknown_service", services=[service])
    if remaining is not None and not 0 <= remaining <= MOST_TICKETS:
        raise RuleBroken("bad_limit", most=MOST_TICKETS)
    before = await orders_today.remaining(branch.id, service, act.now)
    if before == remaining:
        return remaining
    await _write_limit(act, branch, service, remaining)
    await _note(act, branch.id, f"service {service}", "limit", reason, remaining=remaining)
    return remaining


async def _write_limit(
    act: Act, branch: Branch, service: str, remaining: int | None, *, is_over: bool = False
) -> None:
    """`is_over`: nor is anybody received with a booking."""
    if remaining is None:
        await db.fetch(
            "DELETE FROM ticket_limit WHERE branch_id = $1 AND service = $2", branch.id, service
        )
        return
    await db.fetch(
        "INSERT INTO ticket_limit (branch_id, service, remaining, until, is_over)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (branch_id, service) DO UPDATE SET"
        " remaining = excluded.remaining, until = excluded.until, is_over = excluded.is_over",
        branch.id,
        service,
        remaining,
        act.directory.today(branch, act.now).ends,
        is_over,
    )


class DayEnded(Struct, frozen=True):
    """What an end of the day did. `let_go`: the numbers of those who were let go; `stranded`: how
    many bookings of the rest of the day lost their place; `closed`: the desks that were closed."""

    let_go: tuple[str, ...] = ()
    stranded: int = 0
    closed: tuple[str, ...] = ()


@verb
async def end_day(act: Act, branch_slug: str, let_go: bool = False, reason: str = "") -> DayEnded:
    """No more tickets today; whoever waits is still served. With `let_go` nobody is: who waits is
    let go, bookings to come lose their place and their people are told, free desks are closed and
    the others pause after the visit at hand. A second time there is nothing left to do."""
    branch = act.branch(branch_slug)
    await lock_desks(branch.id)
    seen = await act.hall(branch.id)
    given = frozenset[str]().union(*(one.services for one in branch.desks))
    over = await orders_today.over(branch.id, act.now)
    to_end = [
        one
        for one in sorted(given)
        if seen.orders.remaining.get(one) != 0 or (let_go and one not in over)
    ]
    for code in to_end:
        await _write_limit(act, branch, code, 0, is_over=let_go)
    ended = await _send_home(act, branch, seen) if let_go else DayEnded()
    if to_end or ended != DayEnded():
        await _note(
            act, branch.id, "day", "end", reason, let_go=ended.let_go, stranded=ended.stranded
        )
    return ended


async def _send_home(act: Act, branch: Branch, seen: Hall) -> DayEnded:
    wait = [one.id for one in seen.tickets if one.state in LET_GO]
    gone = await _let_go(act, branch, wait)
    stranded = await _strand(act, branch)
    closed = []
    for desk in seen.desks:
        place = await act.desk(desk.id)
        if place.state == "closed":
            continue
        if desk.id in seen.at_desks:
            await act.put_desk(place, "pause", place.staff_id, "")
        else:
            await act.put_desk(place, "close", None)
            closed.append(place.number)
    # Of a limit that is not committed a kiosk knows nothing.
    while came := await tickets.waiting_on({branch.id: seen.day.date}):
        gone += await _let_go(act, branch, [ticket_id for _, ticket_id in came])
    return DayEnded(tuple(gone), stranded, tuple(closed))


async def _let_go(act: Act, branch: Branch, ticket_ids: Sequence[int]) -> list[str]:
    """The numbers of those who were; not of who has left by themselves meanwhile."""
    gone = []
    for ticket_id in ticket_ids:
        ticket = await tickets.by_id([branch.id], ticket_id)
        if ticket.progress.state not in LET_GO:
            continue
        with suppress(Conflict):
            await act.record(ticket, "leave")
            gone.append(ticket.number)
    return gone


async def _strand(act: Act, branch: Branch) -> int:
    """Whoever booked a visit for the rest of the day is told, and stands on the office's list."""
    ends = act.directory.today(branch, act.now).ends
    keys = [
        (one.branch_id, one.id)
        for one in await appointments.to_come(act.now)
        if one.branch_id == branch.id and _is_lost(one, act.now, ends)
    ]
    known = await unsettled.known()
    found = [
        one
        for one in await appointments.locked([key for key in keys if key not in known])
        if _is_lost(one, act.now, ends)
    ]
    for one in found:
        left = await act.record(one, "unsettle", why="closed")
        await insert_unsettled(left, "closed")
    return len(found)


def _is_lost(one: Appointment, now: datetime, ends: datetime) -> bool:
    return one.state == "booked" and one.checked_in_at is None and now <= one.starts_at < ends


async def _note(
    act: Act, branch_id: int, subject: str, verb: str, reason: str, **after: object
) -> None:
    said = {"reason": one_line(reason)[:REASON_MAX] or None} | after
    await act.note("hall", subject, verb, after=said, branch_id=branch_id)
    act.touch(branch_id)
