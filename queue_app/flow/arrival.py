"""Coming in: a ticket from the kiosk, a check-in with a booking, and leaving before the end."""

from datetime import datetime
from functools import partial

from msgspec import Struct

from queue_app.domain import arrivals, numbering, tickets
from queue_app.domain.appointments import Appointment
from queue_app.domain.branch_day import Door
from queue_app.domain.catalogue import Language
from queue_app.domain.company import CompanyKind
from queue_app.domain.directory import Branch
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.hall_code import is_shown
from queue_app.domain.promises import Promise
from queue_app.domain.ranges import Forecasts
from queue_app.domain.tickets import Ticket
from queue_app.domain.told_range import Served, Wait, served_by
from queue_app.flow import sparing, ticket_limits
from queue_app.flow.act import Act, By, verb
from queue_app.flow.admission import (
    check_desks,
    check_in_time,
    check_not_over,
    check_office,
    check_open,
    check_priority,
    check_services,
)
from queue_app.flow.joining import Spot, joining, line_of, newcomer
from queue_app.flow.promising import keep_later
from queue_app.flow.records import Draft
from queue_app.queries import appointments, halls, reference
from queue_app.queries.tickets import by_id, by_token, of_appointment


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
    people: int = 1
    company: CompanyKind | None = None


@verb
async def issue(
    act: Act,
    branch_slug: str,
    services: list[str],
    priority: str | None,
    language: Language,
    people: int = 1,
    company: CompanyKind | None = None,
) -> IssuedTicket:
    """A walk-in's ticket; `people` with the same errand share it and are called at once.

    RuleBroken `branch_closed`, `past_last_ticket`, `unknown_service`, `not_by_visit`,
    `nobody_serves`, `too_many_services`, `unknown_priority`, `past_closing`, and
    `services_paused` while any of the services is interrupted and nobody knows until when, and
    `tickets_ended` where no more are given for any of them today.
    """
    return await walk_in(act, branch_slug, services, priority, language, people, company)


async def walk_in(
    act: Act,
    branch_slug: str,
    services: list[str],
    priority: str | None,
    language: Language,
    people: int = 1,
    company: CompanyKind | None = None,
) -> IssuedTicket:
    """As `issue`, for whoever may give tickets in this branch."""
    branch = act.branch(branch_slug)
    chosen = check_services(act.directory, services)
    check_office(branch)
    check_desks(branch, chosen)
    check_priority(act.directory, priority)
    door = check_open(act.directory, branch, act.now)
    draft = Draft(branch.id, "visit", chosen, language, priority, people=people, company=company)
    return await _issue(act, branch, draft, door)


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
    check_office(branch)
    check_desks(branch, chosen)
    check_priority(directory, priority)
    door = check_open(directory, branch, now)
    me = newcomer(Draft(branch.id, "visit", chosen, directory.languages[0], priority), now)
    load = partial(halls.load, directory, branch, now, forecasts)
    await ticket_limits.require_tickets(branch, chosen, now)
    line = await joining(directory, branch, me, now, forecasts, load)
    served = served_by(line.wait, now, door.closes_at)
    return Prospect(line.people_ahead, line.wait, door.closes_at, served)


@verb
async def check_in(act: Act, branch_slug: str, code: str) -> IssuedTicket:
    """A booked visitor's ticket, by the six digits of the booking or by its link.

    Whoever checks in again has the same ticket, so that nobody has two; who was called early and
    not there, left, or did not come at once, waits again, as long as the booking keeps its right.
    By digits alone, which can be guessed, nobody learns when and where a booking is; digits in any
    other text are no code.

    NotFound `unknown_code`; RuleBroken `other_day`, `other_branch_booking`,
    `branch_retired`, `not_a_visit`, `too_early`; Conflict `visit_over`. Faces call `come_in`.
    """
    branch = act.branch(branch_slug)
    return await come(act, branch, await _booked(act, branch, code))


async def come_for(act: Act, branch: Branch, booked: Appointment) -> IssuedTicket:
    """As `check_in`, of a booking of this branch that staff see in their list."""
    if booked.state != "booked":
        raise Conflict("appointment_state", state=booked.state)
    _check_due(act, branch, booked, tell=True)
    return await come(act, branch, booked)


async def come(act: Act, branch: Branch, appointment: Appointment) -> IssuedTicket:
    """The ticket of whoever is there for their visit."""
    issued = await of_appointment(appointment)
    if issued is None:
        check_in_time(act.directory, appointment, act.now)
        return await _admit(act, branch, appointment)
    if await _comes_back(act, issued):
        issued = await act.record(issued, "rejoin")
    seen = await act.hall(branch.id)
    line = await line_of(seen, issued.as_waiting())
    again = _as_issued(branch, issued, line)
    if promised := _promise(branch, again, issued.progress.revision, act.now):
        await keep_later(branch.id, [promised])
    return again


@verb
async def arrive(act: Act, token: str, hall_code: str) -> IssuedTicket:
    """A booked visitor's ticket from their own phone, by the code that the hall shows now.

    NotFound `unknown_link`; RuleBroken `no_hall_code`, `wrong_hall_code`, and what `check_in`
    refuses of whoever has the link; Conflict `appointment_state`, `visit_over`. Faces call
    `arrive_by_phone`.
    """
    appointment = await act.appointment(token)
    minutes = act.directory.rules.hall_code_minutes
    if not minutes:
        raise RuleBroken("no_hall_code")
    if appointment.state != "booked":
        raise Conflict("appointment_state", state=appointment.state)
    branch = act.directory.branch_of(appointment.branch_id)
    if branch.retired:
        raise RuleBroken("branch_retired", branch=branch.slug)
    _check_due(act, branch, appointment, tell=True)
    if not is_shown(branch.hall_secret, hall_code, act.now, minutes):
        raise RuleBroken("wrong_hall_code")
    return await come(act, branch, appointment)


async def arrive_by_phone(by: By, token: str, hall_code: str) -> IssuedTicket:
    """`arrive` for whoever may try but a few wrong codes. TooMany `too_many_wrong_codes`."""
    async with sparing.few_wrong_hall_codes(by, token):
        return await arrive(by, token, hall_code)


async def come_in(by: By, branch_slug: str, code: str) -> IssuedTicket:
    """`check_in` for whoever may try but a few wrong codes. TooMany `too_many_wrong_codes`."""
    async with sparing.few_wrong_codes(by):
        return await check_in(by, branch_slug, code)


async def _booked(act: Act, branch: Branch, text: str) -> Appointment:
    """Today's booking of that code or link, locked, so that check-ins come one after the other."""
    named = numbering.booking_in(text)
    if named is None:
        raise NotFound("unknown_code")
    by_link = not named.isdigit()
    appointment = await (_linked if by_link else _coded)(act, branch, named)
    _check_due(act, branch, appointment, tell=by_link)
    return appointment


def _check_due(act: Act, branch: Branch, appointment: Appointment, *, tell: bool) -> None:
    """RuleBroken `other_day`, `not_a_visit`, `branch_closed`; `tell`: with its time."""
    starts = act.directory.local(appointment.starts_at)
    told = {"starts_at": starts} if tell else {}
    if not act.directory.today(branch, act.now).concerns(starts, act.now):
        raise RuleBroken("other_day", **told)
    if appointment.channel != "visit":
        raise RuleBroken("not_a_visit", **told)
    check_not_over(act.directory, branch, act.now)


async def _coded(act: Act, branch: Branch, digits: str) -> Appointment:
    appointment = await appointments.booked_with(branch.id, digits)
    if appointment is not None:
        return appointment
    others = [one for one in act.directory.branches_ever if one != branch.id]
    found = await appointments.booked_elsewhere(others, digits)
    if found is None:
        raise NotFound("unknown_code")
    if found.channel != "visit":
        raise RuleBroken("not_a_visit")
    retired = act.directory.branch_of(found.branch_id).retired
    raise RuleBroken("branch_retired" if retired else "other_branch_booking")


async def _linked(act: Act, branch: Branch, token: str) -> Appointment:
    """Whoever holds the link may know all of the booking."""
    appointment = await act.appointment(token)
    if appointment.state != "booked":
        raise NotFound("unknown_code")
    own = act.directory.branch_of(appointment.branch_id)
    if own.id == branch.id:
        return appointment
    if appointment.channel != "visit":
        raise RuleBroken("not_a_visit", starts_at=act.directory.local(appointment.starts_at))
    if own.retired:
        raise RuleBroken("branch_retired", branch=own.slug)
    raise RuleBroken(
        "other_branch_booking",
        branch=own.slug,
        branch_title=own.title,
        starts_at=act.directory.local(appointment.starts_at),
    )


async def _comes_back(act: Act, issued: Ticket) -> bool:
    """Whether this ticket's holder, who checks in again, waits anew.

    Conflict `visit_over` where the right to the visit is used up.
    """
    if tickets.is_away(issued.progress, act.now):
        return True
    if issued.progress.ended_at is None:
        return False
    stops = await act.interruptions(issued.branch_id)
    if not arrivals.keeps_right(issued, stops, act.directory.rules, act.now):
        raise Conflict("visit_over")
    return True


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
    """Estimate, then count, number, row, event and promise, in one statement: the locks that the
    branch shares are taken late and not held while anything is computed.

    A walk-in comes through a `door`: RuleBroken `past_closing` where even the low end of their
    wait lies past it, so that nobody waits in vain.
    """
    me, load = newcomer(draft, act.now), partial(act.hall, branch.id)
    line = await joining(
        act.directory, branch, me, act.now, act.forecasts, load, walks_in=door is not None
    )
    if door and served_by(line.wait, act.now, door.closes_at) == "not_today":
        raise RuleBroken("past_closing", closes_at=door.closes_at, wait=line.wait)
    day = act.directory.today(branch, act.now).date
    answer = partial(_as_issued, branch, line=line)
    last = answer if door else None
    return answer(await act.issue(draft, day, line.wait, counts=door is not None, last=last))


def _promise(branch: Branch, issued: IssuedTicket, revision: int, now: datetime) -> Promise | None:
    """The range that is shown once more, to be compared with what comes true."""
    if issued.wait is None:
        return None
    low, high = issued.wait.low_minutes, issued.wait.high_minutes
    ends = issued.wait.forecast or (None, None)
    return Promise(branch.id, issued.id, revision, now, low, high, issued.people_ahead, *ends)


def _as_issued(branch: Branch, ticket: Ticket, line: Spot) -> IssuedTicket:
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
        people=ticket.people,
        company=ticket.company,
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
