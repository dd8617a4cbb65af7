"""The office: what a supervisor does at the branch."""

from typing import Annotated

from litestar import post
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta, Struct

from queue_app.api.desks import done
from queue_app.api.shapes import Body, Codes
from queue_app.api.staff_shapes import DeskDone, TicketDone
from queue_app.flow import supervising
from queue_app.flow.act import By
from queue_app.web.guards import right

Reason = Annotated[str, Meta(max_length=200)]


class Assignment(Body, frozen=True):
    """`clerk`: the login of who shall work at a closed desk; a paused one goes on with its own."""

    clerk: Annotated[str, Meta(max_length=200)] | None = None
    reason: Reason = ""


class SkillsToday(Body, frozen=True):
    """`skills`: codes of the centre's skills; null for those of the plan."""

    skills: Codes | None
    reason: Reason = ""


class SkillsDone(Struct, frozen=True):
    desk: int
    skills: tuple[str, ...]


class Summons(Body, frozen=True):
    ticket: int
    reason: Reason = ""


class Redirection(Body, frozen=True):
    """Other services, one desk, or both."""

    services: Codes | None = None
    desk: int | None = None
    reason: Reason = ""


class TicketLimitSet(Body, frozen=True):
    """`remaining`: so many tickets are still given today; 0: none, null: as many as are asked."""

    service: Annotated[str, Meta(max_length=100)]
    remaining: int | None
    reason: Reason = ""


class TicketLimitDone(Struct, frozen=True):
    service: str
    remaining: int | None


class DayEnd(Body, frozen=True):
    """`let_go`: whoever waits is not served any more, and bookings to come lose their place."""

    let_go: bool = False
    reason: Reason = ""


class DayEndDone(Struct, frozen=True):
    """`let_go`: the numbers of those who were let go; `stranded`: how many bookings lost their
    place; `closed`: the desks that were closed."""

    let_go: tuple[str, ...]
    stranded: int
    closed: tuple[str, ...]


@post(
    "/desks/{desk:int}/assignments",
    operation_id="openDeskFor",
    opt=right("open_desk_for"),
    status_code=HTTP_200_OK,
    summary="Have a paused desk go on, or open a closed one for a clerk",
)
async def open_desk_for(desk: int, by: By, data: Assignment | None = None) -> DeskDone:
    asked = data or Assignment()
    row = await supervising.open_desk_for(by, desk, asked.clerk, asked.reason)
    return DeskDone(row.id, row.number, row.state)


@post(
    "/desks/{desk:int}/skills",
    operation_id="setSkillsToday",
    opt=right("set_skills_today"),
    status_code=HTTP_200_OK,
    summary="What a desk gives for the rest of the day",
)
async def set_skills_today(desk: int, by: By, data: SkillsToday) -> SkillsDone:
    skills = await supervising.set_skills_today(by, desk, data.skills, data.reason)
    return SkillsDone(desk, skills)


@post(
    "/desks/{desk:int}/summons",
    operation_id="summon",
    opt=right("summon"),
    status_code=HTTP_200_OK,
    summary="Call one person to a desk, whoever is before them",
)
async def summon(desk: int, by: By, data: Summons) -> TicketDone:
    return await done(await supervising.summon(by, desk, data.ticket, data.reason))


@post(
    "/tickets/{ticket:int}/redirections",
    operation_id="redirect",
    opt=right("redirect"),
    status_code=HTTP_200_OK,
    summary="Whoever waits goes to another desk or for other services, and keeps their place",
)
async def redirect(ticket: int, by: By, data: Redirection) -> TicketDone:
    moved = await supervising.redirect(by, ticket, data.services, data.desk, data.reason)
    return await done(moved)


@post(
    "/branches/{branch:str}/ticket-limits",
    operation_id="limitTickets",
    opt=right("limit_tickets"),
    status_code=HTTP_200_OK,
    summary="How many walk-ins are still given a ticket for a service today",
)
async def limit_tickets(branch: str, by: By, data: TicketLimitSet) -> TicketLimitDone:
    left = await supervising.limit_tickets(by, branch, data.service, data.remaining, data.reason)
    return TicketLimitDone(data.service, left)


@post(
    "/branches/{branch:str}/day-ends",
    operation_id="endDay",
    opt=right("end_day"),
    status_code=HTTP_200_OK,
    summary="No more tickets today; whoever waits is served, or let go",
)
async def end_day(branch: str, by: By, data: DayEnd | None = None) -> DayEndDone:
    asked = data or DayEnd()
    ended = await supervising.end_day(by, branch, asked.let_go, asked.reason)
    return DayEndDone(ended.let_go, ended.stranded, ended.closed)
