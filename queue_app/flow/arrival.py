"""Coming in: a ticket from the kiosk, a check-in with a booking, and leaving before the end."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from msgspec import Struct

from queue_app.domain import tickets
from queue_app.domain.appointments import Appointment
from queue_app.domain.branch_day import Door
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import Waiting
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.promises import Promise
from queue_app.domain.ranges import Forecasts
from queue_app.domain.tickets import Ticket
from queue_app.domain.waits import Served, Wait, served_by
from queue_app.flow.act import Act, verb
from queue_app.flow.promising import keep_first, keep_later
from queue_app.flow.records import Draft
from queue_app.queries import appointments, halls, reference
from queue_app.queries.tickets import by_id, by_token, of_appointment

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


@verb
async def issue(
    act: Act, branch_slug: str, services: list[str], priority: str | None, language: Language
) -> IssuedTicket:
    """A walk-in's ticket.

    RuleBroken `branch_closed`, `past_last_ticket`, `unknown_service`, `not_by_visit`,
    `nobody_serves`, `too_many_services`, `unknown_priority`, `past_closing`, and
    `services_paused` while any of the services is interrupted and nobody knows until when.
    """
    branch = act.branch(branch_slug)
    chosen = check_services(act.directory, services)
    check_desks(branch, chosen)
    check_priority(act.directory, priority)
    door = check_open(act.directory, branch, act.now)
    return await _issue(act, branch, Draft(branch.id, "visit", chosen, language, priority), door)


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
    """The wait if one took this ticket now; refuses what `issue` refuses."""
    directory = await reference.directory()
    branch = directory.branch(branch_slug)
    chosen = check_services(directory, services)
    check_desks(branch, chosen)
    check_priority(directory, priority)
    door = check_open(directory, branch, now)
    me = _newcomer(Draft(branch.id, "visit", chosen, directory.languages[0], priority), now)
    load = partial(halls.load, directory, branch, now, forecasts)
    line = await _joining(directory, branch, me, now, forecasts, load)
    served = served_by(line.wait, now, door.closes_at)
    return Prospect(line.people_ahead, line.wait, door.closes_at, served)


def _check_running(seen: Hall, services: tuple[str, ...]) -> None:
    """RuleBroken `services_paused` while nobody knows when any of these services goes on.

    With the `kind`, and the `shelter` in an alert.
    """
    stop = seen.refusal(services)
    if stop:
        raise RuleBroken(
            "services_paused",
            kind=stop.kind,
            shelter=seen.branch.shelter if stop.kind == "alert" else None,
        )


@verb
async def check_in(act: Act, branch_slug: str, code: str) -> IssuedTicket:
    """A booked visitor's ticket, by the six digits of the booking.

    A second check-in with the same code gives the same ticket again, so that nobody has two.
    NotFound `unknown_code`; RuleBroken `other_day` with when, `other_branch_booking` with where,
    `branch_retired`, `not_a_visit`; Conflict `visit_over`.
    """
    branch = act.branch(branch_slug)
    appointment = await _booked(act, branch, "".join(filter(str.isdigit, code)))
    issued = await of_appointment(appointment)
    if issued is None:
        return await _admit(act, branch, appointment)
    if issued.progress.ended_at is not None:
        raise Conflict("visit_over")
    seen = await act.hall(branch.id)
    again = _as_issued(branch, issued, _line(seen, issued.as_waiting()))
    if promised := _promise(branch, again, issued.progress.revision, act.now):
        await keep_later(branch.id, [promised])
    return again


async def _booked(act: Act, branch: Branch, digits: str) -> Appointment:
    """Today's booking of that code, locked, so that two check-ins come one after the other."""
    directory = act.directory
    appointment = await appointments.booked_with(branch.id, digits)
    if appointment is None:
        raise await _why_unknown(directory, branch, digits)
    starts = directory.local(appointment.starts_at)
    if not directory.today(branch, act.now).concerns(starts, act.now):
        raise RuleBroken("other_day", starts_at=starts)
    if appointment.channel != "visit":
        raise RuleBroken("not_a_visit", starts_at=starts)
    check_not_over(directory, branch, act.now)
    return appointment


def check_not_over(directory: Directory, branch: Branch, now: datetime) -> None:
    """RuleBroken `branch_closed` once the branch has closed for the day; early is welcome."""
    day = directory.today(branch, now)
    if day.is_over(now):
        raise RuleBroken("branch_closed", opens_at=day.door(now).opens_at)


async def _why_unknown(directory: Directory, branch: Branch, digits: str) -> NotFound | RuleBroken:
    """A code that another branch knows tells the visitor where to go; no name is shown."""
    others = [one for one in directory.branches_ever if one != branch.id]
    found = await appointments.visit_elsewhere(others, digits)
    if found is None:
        return NotFound("unknown_code")
    other = directory.branch_of(found.branch_id)
    if other.retired:
        return RuleBroken("branch_retired", branch=other.slug)
    return RuleBroken(
        "other_branch_booking",
        branch=other.slug,
        branch_title=other.title,
        starts_at=directory.local(found.starts_at),
    )


@verb
async def admit_call(act: Act, token: str, soon: datetime) -> IssuedTicket | None:
    """A ticket for a booked phone call whose time has come: the resident need not arrive.

    None where it was moved or cancelled a moment ago, or has its ticket. `soon`: calls that
    begin until then have come.
    """
    due = await act.appointment(token)
    if due.state != "booked" or due.checked_in_at is not None or due.starts_at > soon:
        return None
    return await _admit(act, act.directory.branch_of(due.branch_id), due)


async def _admit(act: Act, branch: Branch, appointment: Appointment) -> IssuedTicket:
    draft = Draft(
        branch_id=branch.id,
        channel=appointment.channel,
        services=appointment.services,
        language=appointment.language,
        appointment=appointment,
    )
    issued = await _issue(act, branch, draft)
    await act.record(appointment, "check_in")
    return issued


async def _issue(act: Act, branch: Branch, draft: Draft, door: Door | None = None) -> IssuedTicket:
    """Estimate, count, number, row, event, in this order: the locks that the branch shares are
    taken late and not held while anything is computed.

    A walk-in comes through a `door`: RuleBroken `past_closing` where even the low end of their
    wait lies past it, so that nobody waits in vain.
    """
    me, load = _newcomer(draft, act.now), partial(act.hall, branch.id)
    line = await _joining(
        act.directory, branch, me, act.now, act.forecasts, load, walks_in=door is not None
    )
    if door and served_by(line.wait, act.now, door.closes_at) == "not_today":
        raise RuleBroken("past_closing", closes_at=door.closes_at, wait=line.wait)
    ticket = await act.issue(draft, act.directory.today(branch, act.now).date)
    issued = _as_issued(branch, ticket, line)
    if promised := _promise(branch, issued, ticket.progress.revision, act.now):
        await keep_first(promised)
    return issued


async def _joining(
    directory: Directory,
    branch: Branch,
    me: Waiting,
    now: datetime,
    forecasts: Forecasts | None,
    load: Callable[[], Awaitable[Hall]],
    walks_in: bool = True,
) -> "_Line":
    """Where somebody will stand. What the process knows of the end of the line is enough, as a
    rule; else the whole hall is loaded, and known from then on. Refuses a walk-in where services
    are stopped."""
    wait = await halls.wait_at_the_end(directory, branch, me, now, forecasts)
    if wait:
        return _Line(wait.people_ahead, wait, late=False)
    seen = await load()
    if walks_in:
        _check_running(seen, me.services)
    return _line(seen, me)


def _promise(branch: Branch, issued: IssuedTicket, revision: int, now: datetime) -> Promise | None:
    """The range that the kiosk shows, to be compared with what comes true."""
    if issued.wait is None:
        return None
    low, high = issued.wait.low_minutes, issued.wait.high_minutes
    return Promise(branch.id, issued.id, revision, now, low, high)


def _newcomer(draft: Draft, now: datetime) -> Waiting:
    return Waiting(
        id=NEWCOMER,
        number="",
        services=draft.services,
        queued_at=now,
        due_at=draft.appointment.starts_at if draft.appointment else None,
        priority=draft.priority,
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


@verb
async def leave(act: Act, token: str) -> Ticket:
    """The visitor gives up their place, from the phone. Conflict `ticket_state` at a desk."""
    ticket = await by_token(token)
    if ticket.progress.state not in ("waiting", "parked"):
        raise Conflict("ticket_state", state=ticket.progress.state, verb="leave")
    return await act.record(ticket, "leave")


@verb
async def close_out(act: Act, branch_id: int, ticket_id: int) -> None:
    """The day is over: whoever is still in the house on paper has left."""
    ticket = await by_id([branch_id], ticket_id)
    if ticket.progress.ended_at is None:
        await act.record(ticket, "leave")
