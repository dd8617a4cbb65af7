"""At the desks: calling the next person, and what may happen to them then."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from queue_app.domain import interruptions, tickets
from queue_app.domain.directory import Directory
from queue_app.domain.dispatch import CallingDesk
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.people import Staff
from queue_app.domain.tickets import AT_DESK, Event, Ticket, Verb
from queue_app.flow.arrival import check_services
from queue_app.flow.changing import change, claim, event, write
from queue_app.flow.unit import announce, once
from queue_app.queries import halls, reference
from queue_app.queries.staff import DeskRow, desk, desks_of, require_nobody
from queue_app.queries.tickets import by_id, history


async def call(
    desk_id: int,
    staff: Staff,
    now: datetime,
    ticket_id: int | None = None,
    key: UUID | None = None,
) -> Ticket | None:
    """The next person for this desk, or the one picked; None when nobody waits for it.

    Whoever another desk is taking at this moment is passed over, so a lost race calls the
    next person instead of failing. Conflict `desk_busy` (with the ticket), `desk_not_open`;
    a picked person: Conflict `ticket_state` or `ticket_changed`, RuleBroken `not_for_this_desk`.

    While a branch is interrupted: Conflict `hall_paused`; while some services are, who waits for
    them is passed over, and picking one of them is Conflict `services_paused`. Both with the
    `kind`, and with `resumes_at` once it is known. What has begun goes on.
    """
    directory = await reference.directory()

    async def work() -> Ticket | None:
        place = await _ready_desk(directory, desk_id, staff)
        called = (
            await _pick(directory, place, staff, now, ticket_id)
            if ticket_id is not None
            else await _next(directory, place, staff, now)
        )
        if called:
            await announce(place.branch_id)
        return called

    return await once(key, f"call:{desk_id}:{staff.id}", ticket_id, Ticket | None, now, work)


async def _ready_desk(directory: Directory, desk_id: int, staff: Staff) -> DeskRow:
    """The desk, locked: open, taken by this clerk, and with nobody at it."""
    place = await desk(reach(directory, staff), desk_id, lock=True)
    staff.require_desk(place.staff_id)
    if place.state != "open":
        raise Conflict("desk_not_open", state=place.state)
    await require_nobody(place)
    return place


def reach(directory: Directory, staff: Staff) -> list[int]:
    """The branches in which this person may act, also while a retired one empties."""
    if staff.branch_id is not None:
        return [staff.branch_id]
    return list(directory.branches_ever)


async def _next(directory: Directory, place: DeskRow, staff: Staff, now: datetime) -> Ticket | None:
    seen = await halls.load(directory, directory.branch_of(place.branch_id), now)
    _require_calls(seen)
    for ranked in seen.queue(place.id):
        ticket = await by_id([place.branch_id], ranked.waiting.id)
        if ticket.progress.state != "waiting":
            continue
        called = await claim(ticket, event(ticket, "call", staff.actor, now, desk_id=place.id))
        if called:
            return called
    return None


async def _pick(
    directory: Directory, place: DeskRow, staff: Staff, now: datetime, ticket_id: int
) -> Ticket:
    ticket = await by_id([place.branch_id], ticket_id)
    seen = await halls.load(directory, directory.branch_of(place.branch_id), now)
    _require_calls(seen, ticket.progress.services)
    if not _may_pick(seen.desk_view(place.id), ticket):
        raise RuleBroken("not_for_this_desk", ticket=ticket.id)
    return await change(ticket, event(ticket, "call", staff.actor, now, desk_id=place.id))


def _require_calls(seen: Hall, services: tuple[str, ...] = ()) -> None:
    """Conflict `hall_paused` while nobody is called; `services_paused` for one that is picked."""
    if stop := seen.stop_of_all:
        raise Conflict("hall_paused", kind=stop.kind, resumes_at=stop.resumes_at)
    if services and (stop := seen.stop_of(services)):
        raise Conflict("services_paused", kind=stop.kind, resumes_at=stop.resumes_at)


def _require_time_to_come(seen: Hall, ticket: Ticket) -> None:
    called_at = ticket.progress.called_at
    if called_at is None:
        return
    since = interruptions.awaited_since(called_at, seen.interruptions, seen.at)
    possible_at = since + interruptions.COME_WITHIN
    if since > called_at and seen.at < possible_at:
        raise Conflict("just_resumed", possible_at=seen.directory.local(possible_at))


def _may_pick(place: CallingDesk, ticket: Ticket) -> bool:
    """Whoever was sent to this desk, or whose every service it gives, sent elsewhere or not."""
    return ticket.progress.for_desk_id == place.id or place.services.issuperset(
        ticket.progress.services
    )


async def recall(ticket_id: int, staff: Staff, now: datetime, key: UUID | None = None) -> Ticket:
    """Call the person out once more.

    Conflict `recall_too_soon` while the last is still heard, `hall_paused` while nobody is called.
    """
    directory = await reference.directory()

    async def say(ticket: Ticket) -> Event:
        await _require_desk_of(ticket, staff)
        if ticket.progress.state == "called":
            tickets.require_heard(await history(ticket.branch_id, ticket.id), now)
        _require_calls(await halls.load(directory, directory.branch_of(ticket.branch_id), now))
        return event(ticket, "recall", staff.actor, now, desk_id=ticket.progress.desk_id)

    return await _change("recall", ticket_id, staff, now, say, key)


async def start(ticket_id: int, staff: Staff, now: datetime, key: UUID | None = None) -> Ticket:
    return await _at_desk("start", ticket_id, staff, now, key)


async def finish(ticket_id: int, staff: Staff, now: datetime, key: UUID | None = None) -> Ticket:
    return await _at_desk("finish", ticket_id, staff, now, key)


async def no_show(ticket_id: int, staff: Staff, now: datetime, key: UUID | None = None) -> Ticket:
    """Conflict `hall_paused` while the branch is interrupted, and `just_resumed` with `possible_at`
    for a moment after it: nobody can come, nor loses by it."""
    directory = await reference.directory()

    async def say(ticket: Ticket) -> Event:
        await _require_desk_of(ticket, staff)
        seen = await halls.load(directory, directory.branch_of(ticket.branch_id), now)
        _require_calls(seen)
        _require_time_to_come(seen, ticket)
        return event(ticket, "no_show", staff.actor, now, desk_id=ticket.progress.desk_id)

    return await _change("no_show", ticket_id, staff, now, say, key)


async def park(ticket_id: int, staff: Staff, now: datetime, key: UUID | None = None) -> Ticket:
    """The person steps aside and keeps their place in the order of the queue."""
    return await _at_desk("park", ticket_id, staff, now, key)


async def _at_desk(
    verb: Verb, ticket_id: int, staff: Staff, now: datetime, key: UUID | None
) -> Ticket:
    """A verb that only the desk which has the person may say."""

    async def say(ticket: Ticket) -> Event:
        await _require_desk_of(ticket, staff)
        return event(ticket, verb, staff.actor, now, desk_id=ticket.progress.desk_id)

    return await _change(verb, ticket_id, staff, now, say, key)


async def _require_desk_of(ticket: Ticket, staff: Staff) -> None:
    """Conflict `ticket_state` for a person at no desk; NotAllowed `not_your_desk`."""
    if ticket.progress.desk_id is None or ticket.progress.state not in AT_DESK:
        raise Conflict("ticket_state", state=ticket.progress.state)
    place = await desk([ticket.branch_id], ticket.progress.desk_id)
    staff.require_desk(place.staff_id)


async def put_back(ticket_id: int, staff: Staff, now: datetime, key: UUID | None = None) -> Ticket:
    """A parked person, or a no-show who came after all, waits again where they stood before.

    The event names the desk whose clerk said so, since that is where it can be undone.
    """

    async def say(ticket: Ticket) -> Event:
        own = await desks_of([ticket.branch_id], staff.id)
        return event(ticket, "return", staff.actor, now, desk_id=own[0] if own else None)

    return await _change("return", ticket_id, staff, now, say, key)


async def transfer(
    ticket_id: int,
    staff: Staff,
    now: datetime,
    services: list[str] | None = None,
    to_desk: int | None = None,
    key: UUID | None = None,
) -> Ticket:
    """The person waits again, for other services or for one desk, in the same number.

    RuleBroken `transfer_nowhere` without either; `nobody_serves`; NotFound `unknown_desk`.
    """
    directory = await reference.directory()

    async def say(ticket: Ticket) -> Event:
        await _require_desk_of(ticket, staff)
        branch = directory.branch_of(ticket.branch_id)
        if not services and to_desk is None:
            raise RuleBroken("transfer_nowhere")
        chosen = check_services(directory, services) if services else ticket.progress.services
        if to_desk is not None and all(one.id != to_desk for one in branch.desks):
            raise NotFound("unknown_desk", desk=to_desk)
        if to_desk is None and not any(one.services.issuperset(chosen) for one in branch.desks):
            raise RuleBroken("nobody_serves", services=list(chosen))
        return event(
            ticket,
            "transfer",
            staff.actor,
            now,
            desk_id=ticket.progress.desk_id,
            services=chosen,
            for_desk_id=to_desk,
        )

    asked = (services, to_desk)
    return await _change("transfer", ticket_id, staff, now, say, key, asked)


async def _change(
    verb: Verb,
    ticket_id: int,
    staff: Staff,
    now: datetime,
    say: Callable[[Ticket], Awaitable[Event]],
    key: UUID | None,
    asked: object = None,
) -> Ticket:
    """What `say` makes of the ticket, in one transaction, once for each key."""
    directory = await reference.directory()

    async def work() -> Ticket:
        ticket = await by_id(reach(directory, staff), ticket_id)
        changed = await change(ticket, await say(ticket))
        await announce(ticket.branch_id)
        return changed

    return await once(key, f"{verb}:{ticket_id}:{staff.id}", asked, Ticket, now, work)


async def undo(ticket_id: int, staff: Staff, now: datetime, key: UUID | None = None) -> Ticket:
    """Take back the last thing done to this person, by folding what was before it.

    Conflict `nothing_to_undo` (too long ago, or not to be undone), `desk_busy` when the desk
    has called somebody else since; NotAllowed `not_your_desk`.
    """
    directory = await reference.directory()

    async def work() -> Ticket:
        ticket = await by_id(reach(directory, staff), ticket_id)
        events = await history(ticket.branch_id, ticket.id)
        last = tickets.undoable(events, now, directory.rules.undo_minutes)
        if last is None:
            raise Conflict("nothing_to_undo", ticket=ticket.id)
        if last.desk_id is not None:
            place = await desk([ticket.branch_id], last.desk_id, lock=True)
            staff.require_desk(place.staff_id)
            if place.state == "closed":
                raise Conflict("desk_not_open", state=place.state)
        undone = event(ticket, "undo", staff.actor, now, desk_id=last.desk_id)
        before = tickets.fold([*events, undone])
        changed = await write(ticket, before, undone)
        if changed is None:
            raise Conflict("ticket_changed", ticket=ticket.id)
        await announce(ticket.branch_id)
        return changed

    return await once(key, f"undo:{ticket_id}:{staff.id}", None, Ticket, now, work)
