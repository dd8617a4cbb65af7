"""At the desks: calling the next person, and what may happen to them then."""

from datetime import datetime
from itertools import islice

from queue_app.domain import interruptions, tickets
from queue_app.domain.appointments import taken_up
from queue_app.domain.dispatch import CallingDesk
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.interruptions import Interruption
from queue_app.domain.tickets import PickReason, Ticket, Verb
from queue_app.flow.act import Act, verb
from queue_app.flow.admission import check_services, chosen_services
from queue_app.flow.records import next_event
from queue_app.flow.visit_notes import check_note, drop_note, keep_note
from queue_app.queries import appointments
from queue_app.queries.staff import DeskRow, desks_of
from queue_app.queries.tickets import by_id, history

Interruptions = tuple[Interruption, ...]


FEWEST_TRIED = 8
"""So many people, or as many as desks may be calling, are looked at for the first who is free."""


@verb
async def call(
    act: Act, desk_id: int, ticket_id: int | None = None, why: PickReason | None = None
) -> Ticket | None:
    """The next person for this desk, or the one picked; None when nobody waits for it. `why`: the
    reason for which somebody is picked, kept with the call.

    Whoever another desk is taking at this moment is passed over, so a lost race calls the
    next person instead of failing. Conflict `desk_busy` (with the ticket), `desk_not_open`;
    a picked person: Conflict `ticket_state` or `ticket_changed`, RuleBroken `not_for_this_desk`.

    While a branch is interrupted: Conflict `hall_paused`; while some services are, the people
    waiting for them are passed over, and picking one of them is Conflict `services_paused`. Both
    with the `kind`, and with `resumes_at` once it is known. What has begun goes on.
    """
    place, since = await act.desk_now(desk_id)
    _require_open(act, place)
    seen = await act.hall_seen_by_all(place.branch_id, since)
    _require_nobody(seen, place)
    if ticket_id is None:
        return await _next(act, seen, place)
    return await _pick(act, seen, place, ticket_id, why)


def _require_open(act: Act, place: DeskRow) -> None:
    """The desk is taken by this clerk, and open."""
    act.require_desk(place)
    if place.state != "open":
        raise Conflict("desk_not_open", state=place.state)


def _require_nobody(seen: Hall, place: DeskRow) -> None:
    """Conflict `desk_busy`, with the ticket. The hall was seen when the desk was locked, so nobody
    comes to it since."""
    if busy := seen.at_desks.get(place.id):
        raise Conflict("desk_busy", ticket=busy.id, number=busy.number, state=busy.state)


async def _next(act: Act, seen: Hall, place: DeskRow) -> Ticket | None:
    _require_calls(act, seen.interruptions)
    ranked, calling = seen.next_people(place.id), sum(one.state == "open" for one in seen.desks)
    at_once = max(calling, FEWEST_TRIED)
    while people := [*islice(ranked, at_once)]:
        if called := await act.call_first(people, place):
            return called
    return None


async def _pick(
    act: Act, seen: Hall, place: DeskRow, ticket_id: int, why: PickReason | None
) -> Ticket:
    ticket = await by_id([place.branch_id], ticket_id)
    _require_calls(act, seen.interruptions, ticket.progress.services)
    if not _may_pick(seen.desk_view(place.id), ticket):
        raise RuleBroken("not_for_this_desk", ticket=ticket.id)
    return await act.record(ticket, "call", desk_id=place.id, why=why, last=True)


def _require_calls(act: Act, stops: Interruptions, services: tuple[str, ...] = ()) -> None:
    """Conflict `hall_paused` while nobody is called; `services_paused` for one that is picked."""
    if stop := interruptions.stop_of_all(stops, act.now):
        raise Conflict("hall_paused", kind=stop.kind, resumes_at=stop.resumes_at)
    if services and (stop := interruptions.stop_of(services, stops, act.now)):
        raise Conflict("services_paused", kind=stop.kind, resumes_at=stop.resumes_at)


def _may_pick(place: CallingDesk, ticket: Ticket) -> bool:
    """Whoever was sent to this desk, or whose every service it gives, sent elsewhere or not."""
    return ticket.progress.for_desk_id == place.id or place.services.issuperset(
        ticket.progress.services
    )


@verb
async def recall(act: Act, ticket_id: int) -> Ticket:
    """Call the person out once more.

    Conflict `recall_too_soon` while the last is still heard, `hall_paused` while nobody is called.
    """
    ticket = await act.ticket(ticket_id)
    if ticket.progress.desk_id is not None:
        await act.desk(
            ticket.progress.desk_id
        )  # an alert that begins waits for this, or the reverse
    if ticket.progress.state == "called":
        tickets.require_heard(await history(ticket.branch_id, ticket.id), act.now)
    _require_calls(act, await act.interruptions(ticket.branch_id))
    return await act.record(ticket, "recall", desk_id=ticket.progress.desk_id, last=True)


@verb
async def start(act: Act, ticket_id: int) -> Ticket:
    """The person is here and the visit begins."""
    ticket = await act.ticket(ticket_id)
    return await act.record(ticket, "start", desk_id=ticket.progress.desk_id, last=True)


@verb
async def finish(
    act: Act,
    ticket_id: int,
    given: list[str] | None = None,
    outcome: str | None = None,
    note: str = "",
) -> Ticket:
    """The visit is over. `given`: the services that were given in the end, None: as asked for;
    `outcome`: one of the centre's; `note`: words for whoever serves this person next.

    RuleBroken `no_service`, `unknown_service`, `too_many_services`, `unknown_outcome`,
    `note_too_long`.
    """
    ticket = await act.ticket(ticket_id)
    said = None if given is None else chosen_services(act.directory, given)
    if outcome and all(one.code != outcome for one in act.directory.centre.outcomes):
        raise RuleBroken("unknown_outcome", outcome=outcome)
    words = check_note(note)
    desk_id = ticket.progress.desk_id
    facts = {"given": said, "outcome": outcome or None}
    finished = await act.record(ticket, "finish", desk_id=desk_id, last=not words, **facts)
    await keep_note(finished, act.who.actor, words)
    return finished


@verb
async def no_show(act: Act, ticket_id: int) -> Ticket:
    """The person is not there: a no-show; or expected, called before their booked time, at it,
    and phoned in vain for the first time, `call_again_minutes` later.

    Conflict `hall_paused` while the branch is interrupted, and `just_resumed` with `possible_at`
    for a moment after it: nobody can come, nor loses by it."""
    ticket = await act.ticket(ticket_id)
    stops = await act.interruptions(ticket.branch_id)
    _require_calls(act, stops)
    _require_time_to_come(act, stops, ticket)
    expected_at = await _expected_next(act, ticket)
    missed: Verb = "expect" if expected_at else "no_show"
    desk_id = ticket.progress.desk_id
    return await act.record(ticket, missed, desk_id=desk_id, expected_at=expected_at, last=True)


async def _expected_next(act: Act, ticket: Ticket) -> datetime | None:
    if ticket.channel != "phone" or ticket.appointment_id is None:
        return tickets.expected_next(ticket, [], act.now, 0)  # who came has no second try
    events = await history(ticket.branch_id, ticket.id)
    again = act.directory.rules.call_again_minutes
    call = await appointments.by_id(ticket.branch_id, ticket.appointment_id)
    assert call
    beside = [taken_up(one, act.now) for one in await appointments.beside(call, act.now)]
    lasts = call.ends_at - call.starts_at
    return tickets.expected_next(ticket, events, act.now, again, beside, lasts)


def _require_time_to_come(act: Act, stops: Interruptions, ticket: Ticket) -> None:
    called_at = ticket.progress.called_at
    if called_at is None:
        return
    since = interruptions.awaited_since(called_at, stops, act.now)
    possible_at = since + interruptions.COME_WITHIN
    if since > called_at and act.now < possible_at:
        raise Conflict("just_resumed", possible_at=act.directory.local(possible_at))


@verb
async def park(act: Act, ticket_id: int) -> Ticket:
    """The person steps aside and keeps their place in the order of the queue."""
    ticket = await act.ticket(ticket_id)
    return await act.record(ticket, "park", desk_id=ticket.progress.desk_id, last=True)


@verb
async def check_right(act: Act, ticket_id: int, shown: bool) -> Ticket:
    """The document of a right to go first was `shown`, or there was none: then the person waits
    again, in the usual order. RuleBroken `no_right` for whoever claims none."""
    ticket = await act.ticket(ticket_id)
    if ticket.priority is None:
        raise RuleBroken("no_right", ticket=ticket.id)
    checked: Verb = "prove" if shown else "deny"
    return await act.record(ticket, checked, desk_id=ticket.progress.desk_id, last=True)


@verb
async def put_back(act: Act, ticket_id: int) -> Ticket:
    """A parked person, or a no-show who came after all, waits again where they stood before.

    The event names the desk whose clerk said so, since that is where it can be undone.
    """
    ticket = await act.any_ticket(ticket_id)
    own = await desks_of([ticket.branch_id], act.staff.id)
    return await act.record(ticket, "return", desk_id=own[0] if own else None)


@verb
async def transfer(
    act: Act,
    ticket_id: int,
    services: list[str] | None = None,
    to_desk: int | None = None,
    note: str = "",
) -> Ticket:
    """The person waits again, for other services or for one desk, in the same number and as long
    as they have. `note`: words for whoever calls them next.

    RuleBroken `note_too_long`, `transfer_nowhere` without either; `nobody_serves`; NotFound
    `unknown_desk`; what `check_services` refuses: who is on the phone stays there.
    """
    ticket = await act.ticket(ticket_id)
    branch = act.directory.branch_of(ticket.branch_id)
    if not services and to_desk is None:
        raise RuleBroken("transfer_nowhere")
    chosen = ticket.progress.services
    if services:
        chosen = check_services(act.directory, services, ticket.channel)
    words = check_note(note)
    if to_desk is not None and all(one.id != to_desk for one in branch.desks):
        raise NotFound("unknown_desk", desk=to_desk)
    if to_desk is None and not any(one.services.issuperset(chosen) for one in branch.desks):
        raise RuleBroken("nobody_serves", services=list(chosen))
    moved = await act.record(
        ticket,
        "transfer",
        desk_id=ticket.progress.desk_id,
        services=chosen,
        for_desk_id=to_desk,
    )
    await keep_note(moved, act.who.actor, words)
    return moved


@verb
async def undo(act: Act, ticket_id: int) -> Ticket:
    """Take back the last thing done to this person, by folding what was before it.

    Conflict `nothing_to_undo` (too long ago, or not to be undone), `desk_busy` when the desk
    has called somebody else since; NotAllowed `not_your_desk`.
    """
    ticket = await act.any_ticket(ticket_id)
    events = await history(ticket.branch_id, ticket.id)
    last = tickets.undoable(events, act.now, act.directory.rules.undo_minutes)
    if last is None:
        raise Conflict("nothing_to_undo", ticket=ticket.id)
    if last.desk_id is not None:
        place = await act.desk(last.desk_id)
        act.require_desk(place)
        if place.state == "closed":
            raise Conflict("desk_not_open", state=place.state)
    await drop_note(ticket, last.seq)
    undone = next_event(ticket, "undo", act.who.actor, act.now, desk_id=last.desk_id)
    return await act.write(ticket, tickets.fold([*events, undone]), undone)
