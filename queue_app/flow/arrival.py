"""Coming in: a ticket from the kiosk, a check-in with a booking, and leaving before the end."""

import secrets
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from queue_app.domain import numbering, tickets
from queue_app.domain.appointments import Appointment
from queue_app.domain.branch_day import Door
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import Waiting
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.people import RESIDENT, SYSTEM
from queue_app.domain.promises import Promise
from queue_app.domain.ranges import Forecasts
from queue_app.domain.tickets import Event, Ticket
from queue_app.domain.waits import Served, Wait, served_by
from queue_app.flow.changing import change, event, event_data
from queue_app.flow.promising import keep_first, keep_later
from queue_app.flow.unit import announce, once
from queue_app.queries import appointments, halls, reference
from queue_app.queries.tickets import by_id, by_token, from_row
from queue_app.store import db

NEWCOMER = 2**63 - 1
"""The id under which somebody who has no ticket yet stands in an estimate: behind all others."""


class IssuedTicket(Struct, frozen=True):
    """What the visitor takes away.

    `wait` is None while no open desk gives the services, or nobody knows when they resume.
    `late`: a booking that came too late for its time and waits in the live queue.
    """

    id: int
    number: str
    token: str
    branch: str
    services: tuple[str, ...]
    state: tickets.State
    issued_at: datetime
    due_at: datetime | None
    people_ahead: int
    wait: Wait | None
    late: bool = False


class _Place(Struct, frozen=True):
    """What makes a ticket, before it has a number."""

    channel: Channel
    services: tuple[str, ...]
    language: Language
    priority: str | None = None
    appointment: Appointment | None = None


async def issue_ticket(
    branch_slug: str,
    services: list[str],
    priority: str | None,
    language: Language,
    actor: str,
    now: datetime,
    key: UUID | None = None,
    forecasts: Forecasts | None = None,
) -> IssuedTicket:
    """A walk-in's ticket.

    RuleBroken `branch_closed`, `past_last_ticket`, `unknown_service`, `not_by_visit`,
    `nobody_serves`, `too_many_services`, `unknown_priority`, `past_closing`, and
    `services_paused` while any of the services is interrupted and nobody knows until when.
    """
    directory = await reference.directory()
    branch = directory.branch(branch_slug)

    async def work() -> IssuedTicket:
        chosen = check_services(directory, services)
        check_desks(branch, chosen)
        check_priority(directory, priority)
        door = check_open(directory, branch, now)
        await check_running(directory, branch, chosen, now)
        place = _Place("visit", chosen, language, priority)
        return await _issue(directory, branch, place, actor, now, door, forecasts)

    asked = (services, priority, language)
    return await once(key, f"issue:{branch.id}", asked, IssuedTicket, now, work)


def check_services(
    directory: Directory, services: list[str], channel: Channel = "visit"
) -> tuple[str, ...]:
    """The services without repeats; RuleBroken where they cannot be given in one visit."""
    chosen = chosen_services(directory, services)
    known = directory.services
    if elsewhere := [code for code in chosen if channel not in known[code].channels]:
        code = "not_by_phone" if channel == "phone" else "not_by_visit"
        raise RuleBroken(code, services=elsewhere)
    return chosen


def chosen_services(directory: Directory, services: list[str]) -> tuple[str, ...]:
    """The services without repeats, through whatever channel.

    RuleBroken `no_service`, `unknown_service`, `too_many_services`.
    """
    chosen = tuple(dict.fromkeys(services))
    known = directory.services
    if not chosen:
        raise RuleBroken("no_service")
    if unknown := [code for code in chosen if code not in known]:
        raise RuleBroken("unknown_service", services=unknown)
    if len(chosen) > directory.rules.max_services:
        raise RuleBroken("too_many_services", limit=directory.rules.max_services)
    return chosen


def check_desks(branch: Branch, services: tuple[str, ...]) -> None:
    """RuleBroken `nobody_serves` unless some desk of the branch gives all these services."""
    if not any(desk.services.issuperset(services) for desk in branch.desks):
        raise RuleBroken("nobody_serves", services=list(services))


def check_priority(directory: Directory, priority: str | None) -> None:
    if priority and all(one.code != priority for one in directory.centre.priorities):
        raise RuleBroken("unknown_priority", priority=priority)


def check_open(directory: Directory, branch: Branch, now: datetime) -> Door:
    """The open door; RuleBroken `branch_closed` with `opens_at`, or `past_last_ticket` with
    `closes_at`."""
    door = directory.today(branch, now).door(now)
    if door.state == "past_last_ticket":
        raise RuleBroken("past_last_ticket", closes_at=door.closes_at, opens_at=door.opens_at)
    if door.state == "closed":
        raise RuleBroken("branch_closed", opens_at=door.opens_at)
    return door


class Prospect(Struct, frozen=True):
    """What awaits somebody who takes a ticket now. `wait` None: no desk will call them."""

    people_ahead: int
    wait: Wait | None
    closes_at: datetime | None
    served: Served


async def prospect(
    branch_slug: str,
    services: list[str],
    priority: str | None,
    now: datetime,
    forecasts: Forecasts | None = None,
) -> Prospect:
    """The wait if one took this ticket now; refuses what `issue_ticket` refuses."""
    directory = await reference.directory()
    branch = directory.branch(branch_slug)
    chosen = check_services(directory, services)
    check_desks(branch, chosen)
    check_priority(directory, priority)
    door = check_open(directory, branch, now)
    await check_running(directory, branch, chosen, now)
    seen = await halls.load(directory, branch, now, forecasts)
    line = _line(seen, _newcomer(_Place("visit", chosen, "uk", priority), now))
    served = served_by(line.wait, now, door.closes_at)
    return Prospect(line.people_ahead, line.wait, door.closes_at, served)


async def check_running(
    directory: Directory, branch: Branch, services: tuple[str, ...], now: datetime
) -> None:
    """RuleBroken `services_paused` while nobody knows when any of these services goes on.

    With the `kind`, and the `shelter` in an alert.
    """
    stop = (await halls.load(directory, branch, now)).refusal(services)
    if stop:
        raise RuleBroken(
            "services_paused",
            kind=stop.kind,
            shelter=branch.shelter if stop.kind == "alert" else None,
        )


async def check_in(
    branch_slug: str,
    code: str,
    actor: str,
    now: datetime,
    key: UUID | None = None,
    forecasts: Forecasts | None = None,
) -> IssuedTicket:
    """A booked visitor's ticket, by the six digits of the booking.

    A second check-in with the same code gives the same ticket again, so that nobody has two.
    NotFound `unknown_code`; RuleBroken `other_day` with when, `other_branch_booking` with where,
    `branch_retired`, `not_a_visit`; Conflict `visit_over`.
    """
    directory = await reference.directory()
    branch = directory.branch(branch_slug)
    digits = "".join(filter(str.isdigit, code))

    async def work() -> IssuedTicket:
        appointment = await _booked(directory, branch, digits, now)
        issued = await _ticket_of(appointment)
        if issued is None:
            place = _Place(
                channel="visit",
                services=appointment.services,
                language=appointment.language,
                appointment=appointment,
            )
            return await _issue(directory, branch, place, actor, now, forecasts=forecasts)
        if issued.progress.ended_at is not None:
            raise Conflict("visit_over")
        seen = await halls.load(directory, branch, now, forecasts)
        again = _as_issued(branch, issued, _line(seen, issued.as_waiting()))
        if promised := _promise(branch, again, issued.progress.revision, now):
            await keep_later(branch.id, [promised])
        return again

    return await once(key, f"check_in:{branch.id}", digits, IssuedTicket, now, work)


async def _booked(directory: Directory, branch: Branch, digits: str, now: datetime) -> Appointment:
    """Today's booking of that code, locked, so that two check-ins come one after the other."""
    rows = await db.fetch(
        appointments.SELECT + "WHERE branch_id = $1 AND code = $2 AND state = 'booked' FOR UPDATE",
        branch.id,
        digits,
    )
    if not rows:
        raise await _why_unknown(directory, branch, digits)
    appointment = appointments.from_row(rows[0])
    starts = directory.local(appointment.starts_at)
    if starts.date() != directory.local(now).date():
        raise RuleBroken("other_day", starts_at=starts)
    if appointment.channel != "visit":
        raise RuleBroken("not_a_visit", starts_at=starts)
    check_not_over(directory, branch, now)
    return appointment


def check_not_over(directory: Directory, branch: Branch, now: datetime) -> None:
    """RuleBroken `branch_closed` once the branch has closed for the day; early is welcome."""
    day = directory.today(branch, now)
    if day.is_over(now):
        raise RuleBroken("branch_closed", opens_at=day.door(now).opens_at)


async def _why_unknown(directory: Directory, branch: Branch, digits: str) -> NotFound | RuleBroken:
    """A code that another branch knows tells the visitor where to go; no name is shown."""
    others = [one for one in directory.branches_ever if one != branch.id]
    row = await db.fetch_row(
        "SELECT branch_id, lower(period) AS starts_at FROM appointment"
        " WHERE branch_id = ANY($1) AND code = $2 AND state = 'booked' AND channel = 'visit'"
        " ORDER BY lower(period) LIMIT 1",
        others,
        digits,
    )
    if row is None:
        return NotFound("unknown_code")
    other = directory.branch_of(row["branch_id"])
    if other.retired:
        return RuleBroken("branch_retired", branch=other.slug)
    return RuleBroken(
        "other_branch_booking",
        branch=other.slug,
        branch_title=other.title,
        starts_at=directory.local(row["starts_at"]),
    )


async def _ticket_of(appointment: Appointment) -> Ticket | None:
    row = await db.fetch_row(
        "SELECT * FROM ticket WHERE branch_id = $1 AND appointment_id = $2"
        " ORDER BY id DESC LIMIT 1",
        appointment.branch_id,
        appointment.id,
    )
    return from_row(row) if row else None


async def admit_phone_call(
    directory: Directory, branch: Branch, appointment: Appointment, now: datetime
) -> IssuedTicket:
    """A ticket for a booked phone call whose time has come: the resident need not arrive."""
    place = _Place("phone", appointment.services, appointment.language, appointment=appointment)
    return await _issue(directory, branch, place, SYSTEM, now)


async def _issue(
    directory: Directory,
    branch: Branch,
    place: _Place,
    actor: str,
    now: datetime,
    door: Door | None = None,
    forecasts: Forecasts | None = None,
) -> IssuedTicket:
    """Estimate, count, number, row, event, version, in this order: the locks that the branch
    shares are taken late and not held while anything is computed.

    A walk-in comes through a `door`: RuleBroken `past_closing` where even the low end of their
    wait lies past it, so that nobody waits in vain.
    """
    before = await halls.load(directory, branch, now, forecasts)
    line = _line(before, _newcomer(place, now))
    if door and served_by(line.wait, now, door.closes_at) == "not_today":
        raise RuleBroken("past_closing", closes_at=door.closes_at, wait=line.wait)
    series = numbering.prefix(directory.rules, place.appointment is not None, place.priority)
    ticket = await _insert(branch, place, actor, now, before.day.date, series)
    issued = _as_issued(branch, ticket, line)
    if promised := _promise(branch, issued, ticket.progress.revision, now):
        await keep_first(promised)
    await announce(branch.id)
    return issued


def _promise(branch: Branch, issued: IssuedTicket, revision: int, now: datetime) -> Promise | None:
    """The range that the kiosk shows, to be held against what comes true."""
    if issued.wait is None:
        return None
    low, high = issued.wait.low_minutes, issued.wait.high_minutes
    return Promise(branch.id, issued.id, revision, now, low, high)


def _newcomer(place: _Place, now: datetime) -> Waiting:
    return Waiting(
        id=NEWCOMER,
        number="",
        services=place.services,
        queued_at=now,
        due_at=place.appointment.starts_at if place.appointment else None,
        priority=place.priority,
    )


class _Line(Struct, frozen=True):
    """Where somebody stands."""

    people_ahead: int
    wait: Wait | None
    late: bool


def _line(seen: Hall, me: Waiting) -> _Line:
    """As the hall stands, with `me` behind it where the hall does not have them."""
    known = seen.by_id.get(me.id)
    if known and known.state != "waiting":
        return _Line(seen.ahead(me), None, seen.is_late(me))
    wait = seen.estimate(*([] if known else [me])).get(me.id)
    ahead = wait.people_ahead if wait else seen.ahead(me)
    return _Line(ahead, wait, seen.is_late(me))


_COUNT = """
INSERT INTO counter (branch_id, day, prefix, last) VALUES ($1, $2, $3, 1)
ON CONFLICT (branch_id, day, prefix) DO UPDATE SET last = counter.last + 1
RETURNING last
"""

_INSERT = """
WITH issued AS (
    INSERT INTO ticket (branch_id, day, number, token, channel, priority, language,
        appointment_id, due_at, issued_at, queued_at, services, state, revision)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, 'waiting', 1)
    RETURNING *
), happened AS (
    INSERT INTO ticket_event (branch_id, ticket_id, seq, at, verb, actor, data)
    SELECT branch_id, id, 1, issued_at, 'issue', $12, $13::jsonb FROM issued
)
SELECT * FROM issued
"""


async def _insert(
    branch: Branch, place: _Place, actor: str, now: datetime, day: object, series: str
) -> Ticket:
    count = await db.fetch_value(_COUNT, branch.id, day, series)
    booked = place.appointment
    first = Event(seq=1, at=now, verb="issue", actor=actor, services=place.services)
    row = await db.fetch_row(
        _INSERT,
        branch.id,
        day,
        numbering.number(series, count),
        numbering.link_token(branch.id, secrets.token_urlsafe(16)),
        place.channel,
        place.priority,
        place.language,
        booked.id if booked else None,
        booked.starts_at if booked else None,
        now,
        list(place.services),
        actor,
        event_data(first),
    )
    assert row
    return from_row(row)


def _as_issued(branch: Branch, ticket: Ticket, line: _Line) -> IssuedTicket:
    return IssuedTicket(
        id=ticket.id,
        number=ticket.number,
        token=ticket.token,
        branch=branch.slug,
        services=ticket.progress.services,
        state=ticket.progress.state,
        issued_at=ticket.issued_at,
        due_at=ticket.due_at,
        people_ahead=line.people_ahead,
        wait=line.wait,
        late=line.late,
    )


async def leave(token: str, now: datetime) -> Ticket:
    """The visitor gives up their place, from the phone. Conflict `ticket_state` at a desk."""

    async def work() -> Ticket:
        ticket = await by_token(token)
        if ticket.progress.state not in ("waiting", "parked"):
            raise Conflict("ticket_state", state=ticket.progress.state, verb="leave")
        left = await change(ticket, event(ticket, "leave", RESIDENT, now))
        await announce(ticket.branch_id)
        return left

    return await db.transact(work)


async def close_out(branch_id: int, ticket_id: int, now: datetime) -> None:
    """The day is over: whoever is still in the house on paper has left."""

    async def work() -> None:
        ticket = await by_id([branch_id], ticket_id)
        if ticket.progress.ended_at is None:
            await change(ticket, event(ticket, "leave", SYSTEM, now))
            await announce(branch_id)

    await db.transact(work)
