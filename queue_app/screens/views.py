"""What each screen is told: views of one hall, as they go over the wire."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from queue_app.domain import interruptions, notices, tickets
from queue_app.domain.catalogue import Channel, Text
from queue_app.domain.dispatch import Ranked
from queue_app.domain.hall import DeskExtra, DeskState, Hall, HallTicket, UndoView
from queue_app.domain.interruptions import Interruption, Kind, resume_minutes
from queue_app.domain.reasons import sentence
from queue_app.domain.tickets import Progress, State, Ticket
from queue_app.domain.waits import Wait, served_by

NEXT = 10
"""How many of the next numbers a board is told."""


class InterruptionView(Struct, frozen=True):
    """Why nobody is called, or nobody for these services.

    `services`: their titles, None for all. `resumes_at`: once the end has been said; until then
    calls resume `resume_minutes` after it. `shelter`: in an alert, where the branch has one.
    `title`, `advice` and `resumption` say it to people.
    """

    id: int
    kind: Kind
    since: datetime
    services: tuple[Text, ...] | None
    note: str | None
    shelter: Text | None
    ended_at: datetime | None
    resumes_at: datetime | None
    resume_minutes: int
    title: Text
    advice: Text
    resumption: Text


class Call(Struct, frozen=True):
    """A person at a desk; `calls` grows with each recall."""

    ticket: int
    number: str
    desk: str
    state: State
    called_at: datetime
    calls: int


class NextCall(Struct, frozen=True):
    """When a number may be called: whole minutes from the snapshot, 10th to 90th percentile."""

    number: str
    low_minutes: int
    high_minutes: int


class BoardDesk(Struct, frozen=True):
    number: str
    state: str


class BoardView(Struct, frozen=True):
    """The hall board. `called`: newest first; `waiting`: how many; `next`: the first numbers
    in the order in which they will be called, and `next_calls` the same with their waits.

    `closes_at` is set while the branch keeps its hours, `opens_at` while it does not.
    `tickets_given`: whether the kiosk gives tickets at this hour.
    """

    version: int
    at: datetime
    branch: str
    title: Text
    called: tuple[Call, ...]
    recent: tuple[Call, ...]
    waiting: int
    next: tuple[str, ...]
    next_calls: tuple[NextCall, ...]
    desks_open: int
    desks: tuple[BoardDesk, ...]
    opens_at: datetime | None
    closes_at: datetime | None
    tickets_given: bool
    interruption: InterruptionView | None


class TicketView(Struct, frozen=True):
    """One's own ticket. `desk` is a number as on the board; `wait` None when nobody can say.

    `interruption`: why nobody is called for these services now. `overtaken`: why some who came
    later will be called before, if any will. `served`: "perhaps" where the wait reaches past
    `closes_at`, the end of the branch's day, else "today", as from then on whoever waits is still
    served as far as desks go on.
    """

    version: int
    at: datetime
    number: str
    branch: str
    title: Text
    address: Text | None
    services: tuple[Text, ...]
    state: State
    channel: str
    due_at: datetime | None
    issued_at: datetime
    people_ahead: int
    wait: Wait | None
    desk: str | None
    called_at: datetime | None
    calls: int
    ended_at: datetime | None
    interruption: InterruptionView | None
    overtaken: Text | None
    closes_at: datetime | None
    served: Literal["today", "perhaps"]


class QueuedView(Struct, frozen=True):
    """Somebody in a desk's queue and why they are where they are."""

    ticket: int
    number: str
    channel: Channel
    state: State
    services: tuple[Text, ...]
    service_codes: tuple[str, ...]
    issued_at: datetime
    due_at: datetime | None
    reason: Text
    reason_code: str
    wait: Wait | None


class PersonView(Struct, frozen=True):
    """The person at a desk. `awaited_since`: when called, or when calls resumed after that."""

    ticket: int
    number: str
    channel: Channel
    state: State
    services: tuple[Text, ...]
    service_codes: tuple[str, ...]
    documents: tuple[str, ...]
    priority: Text | None
    language: str
    due_at: datetime | None
    issued_at: datetime
    called_at: datetime | None
    awaited_since: datetime | None
    calls: int
    started_at: datetime | None
    planned_minutes: int
    name: str | None
    phone: str | None


class DeskQueueView(Struct, frozen=True):
    """A desk's screen. `elsewhere`: how many wait whom this desk cannot serve.

    `interruption`: for which nobody at all is called, else the longest of named services;
    `interruptions`: all that last now. Who waits for a service that is interrupted stands last
    in `queue`, with the `reason_code` "service_paused", unless everything is interrupted.
    """

    version: int
    at: datetime
    branch: str
    desk: DeskState
    current: PersonView | None
    queue: tuple[QueuedView, ...]
    parked: tuple[QueuedView, ...]
    missed: tuple[QueuedView, ...]
    elsewhere: int
    undo: UndoView | None
    interruption: InterruptionView | None
    interruptions: tuple[InterruptionView, ...]


def board(hall: Hall) -> BoardView:
    numbers = {desk.id: desk.number for desk in hall.desks}
    visits = [one for one in hall.tickets if one.channel == "visit"]
    called = sorted(
        (_call(one, numbers) for one in visits if one.state in tickets.AT_DESK),
        key=lambda call: (call.called_at, call.ticket),
        reverse=True,
    )
    waiting = [one for one in visits if one.state == "waiting"]
    soonest = sorted(
        (one for one in waiting if one.id in hall.waits),
        key=lambda one: hall.waits[one.id].people_ahead,
    )[:NEXT]
    opening = hall.day.opening(hall.at)
    is_open = opening is not None and opening.opens <= hall.at
    return BoardView(
        version=hall.version,
        at=hall.at,
        branch=hall.branch.slug,
        title=hall.branch.title,
        called=tuple(called),
        recent=tuple(_call(one, numbers) for one in hall.recent),
        waiting=len(waiting),
        next=tuple(one.number for one in soonest),
        next_calls=tuple(_next_call(one, hall.waits[one.id]) for one in soonest),
        desks_open=sum(desk.state == "open" for desk in hall.desks),
        desks=tuple(BoardDesk(desk.number, desk.state) for desk in hall.desks),
        opens_at=opening.opens if opening and not is_open else None,
        closes_at=opening.closes if opening and is_open else None,
        tickets_given=hall.day.gives_tickets(hall.at),
        interruption=interruption(hall),
    )


def interruption(hall: Hall) -> InterruptionView | None:
    """What the hall as a whole should know: see `interruptions.current`."""
    lasting = interruptions.current(hall.interruptions, hall.at)
    return _interruption(hall, lasting[0]) if lasting else None


def lasting(hall: Hall) -> tuple[InterruptionView, ...]:
    """All interruptions that last now, the one of everything first."""
    found = interruptions.current(hall.interruptions, hall.at)
    return tuple(_interruption(hall, one) for one in found)


def _interruption(hall: Hall, one: Interruption) -> InterruptionView:
    services = None if one.services is None else titles(hall, one.services)
    shelter = hall.branch.shelter if one.kind == "alert" else None
    usual = resume_minutes(one, hall.day)
    return InterruptionView(
        id=one.id,
        kind=one.kind,
        since=one.started_at,
        services=services,
        note=one.note,
        shelter=shelter,
        ended_at=one.ended_at,
        resumes_at=one.resumes_at,
        resume_minutes=usual,
        title=notices.title(one),
        advice=notices.advice(one, services or (), shelter),
        resumption=notices.resumption(one, usual, hall.directory.zone),
    )


def _call(ticket: HallTicket, numbers: dict[int, str]) -> Call:
    assert ticket.called_at
    return Call(
        ticket=ticket.id,
        number=ticket.number,
        desk=numbers.get(ticket.desk_id or 0, ""),
        state=ticket.state,
        called_at=ticket.called_at,
        calls=ticket.calls,
    )


def _next_call(ticket: HallTicket, wait: Wait) -> NextCall:
    return NextCall(ticket.number, wait.low_minutes, wait.high_minutes)


def ticket(hall: Hall, own: Ticket) -> TicketView:
    """The ticket `own` as the hall has it now; as it ended, where it is no longer there."""
    progress = own.progress
    if own.id in hall.by_id:
        progress = msgspec.convert(hall.by_id[own.id], type=Progress, from_attributes=True)
    numbers = {desk.id: desk.number for desk in hall.desks}
    wait = hall.waits.get(own.id) if progress.state == "waiting" else None
    stop = hall.stop_of(progress.services)
    closes_at = hall.day.closes
    return TicketView(
        version=hall.version,
        at=hall.at,
        number=own.number,
        branch=hall.branch.slug,
        title=hall.branch.title,
        address=hall.branch.address,
        services=titles(hall, progress.services),
        state=progress.state,
        channel=own.channel,
        due_at=own.due_at,
        issued_at=own.issued_at,
        people_ahead=wait.people_ahead if wait else hall.ahead(own.as_waiting()),
        wait=wait,
        desk=numbers.get(progress.desk_id) if progress.desk_id else None,
        called_at=progress.called_at,
        calls=progress.calls,
        ended_at=progress.ended_at,
        interruption=_interruption(hall, stop) if stop else None,
        overtaken=_overtaken(hall, own, wait) if wait and not stop else None,
        closes_at=closes_at,
        served=_served(wait, hall.at, closes_at),
    )


def _served(
    wait: Wait | None, now: datetime, closes_at: datetime | None
) -> Literal["today", "perhaps"]:
    """Nobody who holds a ticket is told to go home: what is "not today" for a newcomer may be."""
    late = closes_at is not None and now < closes_at and served_by(wait, now, closes_at) != "today"
    return "perhaps" if late else "today"


def _overtaken(hall: Hall, own: Ticket, wait: Wait) -> Text | None:
    """Of those who came later and go first: whether bookings, or a right to go first."""
    passing = [
        one
        for one in hall.waiting
        if one.queued_at > own.progress.queued_at
        and one.id in hall.waits
        and hall.waits[one.id].people_ahead < wait.people_ahead
    ]
    return notices.overtaken(
        booked=any(one.due_at is not None for one in passing),
        priority=any(one.priority is not None for one in passing),
    )


def titles(hall: Hall, services: tuple[str, ...]) -> tuple[Text, ...]:
    known = hall.directory.services_ever
    return tuple(known[code].title for code in services if code in known)


def desk_queue(hall: Hall, desk_id: int, extra: DeskExtra) -> DeskQueueView:
    """The console's screen of one desk; `extra` is what only its clerk may see."""
    waiting = queue(hall, desk_id)
    services = hall.desk_view(desk_id).services
    mine = [one for one in hall.tickets if services.issuperset(one.services)]
    return DeskQueueView(
        version=hall.version,
        at=hall.at,
        branch=hall.branch.slug,
        desk=hall.desk(desk_id),
        current=_person(hall, hall.at_desks.get(desk_id), extra),
        queue=waiting,
        parked=tuple(_queued(hall, one, None) for one in mine if one.state == "parked"),
        missed=tuple(
            _queued(hall, one, None) for one in hall.missed if services.issuperset(one.services)
        ),
        elsewhere=len(hall.waiting) - len(waiting),
        undo=extra.undo,
        interruption=interruption(hall),
        interruptions=lasting(hall),
    )


def queue(hall: Hall, desk_id: int) -> tuple[QueuedView, ...]:
    """Who this desk would call, first first; then who waits for an interrupted service."""
    ranked = [*hall.queue(desk_id), *hall.held_back(desk_id)]
    return tuple(_queued(hall, hall.by_id[one.waiting.id], one) for one in ranked)


def _person(hall: Hall, one: HallTicket | None, extra: DeskExtra) -> PersonView | None:
    if one is None:
        return None
    known = hall.directory.services_ever
    plan = [known[code] for code in one.services if code in known]
    return PersonView(
        ticket=one.id,
        number=one.number,
        channel=one.channel,
        state=one.state,
        services=titles(hall, one.services),
        service_codes=one.services,
        documents=tuple(dict.fromkeys(code for service in plan for code in service.documents)),
        priority=next(
            (each.title for each in hall.directory.centre.priorities if each.code == one.priority),
            None,
        ),
        language=one.language,
        due_at=one.due_at,
        issued_at=one.issued_at,
        called_at=one.called_at,
        awaited_since=_awaited_since(hall, one),
        calls=one.calls,
        started_at=one.started_at,
        planned_minutes=hall.planned_minutes(one.services),
        name=extra.name,
        phone=extra.phone,
    )


def _awaited_since(hall: Hall, one: HallTicket) -> datetime | None:
    if one.called_at is None:
        return None
    return interruptions.awaited_since(one.called_at, hall.interruptions, hall.at)


def _queued(hall: Hall, one: HallTicket, ranked: Ranked | None) -> QueuedView:
    reason = (
        sentence(ranked.reason, hall.directory.zone, hall.directory.centre.priorities)
        if ranked
        else Text(uk="", en="")
    )
    return QueuedView(
        ticket=one.id,
        number=one.number,
        channel=one.channel,
        state=one.state,
        services=titles(hall, one.services),
        service_codes=one.services,
        issued_at=one.issued_at,
        due_at=one.due_at,
        reason=reason,
        reason_code=ranked.reason.code if ranked else one.state,
        wait=hall.waits.get(one.id) if ranked else None,
    )
