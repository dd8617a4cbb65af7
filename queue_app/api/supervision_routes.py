"""The office: what a supervisor does at the branch.

Each is a verb of `queue_app.flow.supervising` by the same name, for a reason that its event keeps.
"""

from collections.abc import Callable
from typing import Annotated, Any

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta, Struct

from queue_app.api.desks import done
from queue_app.api.shapes import Body, Codes
from queue_app.api.staff_shapes import DeskDone, TicketDone
from queue_app.flow import supervising
from queue_app.flow.act import By
from queue_app.web.guards import right


def _act(path: str, summary: str) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """A route whose right is named as its function is, and its operation the same way."""

    def made(handler: Callable[..., Any]) -> HTTPRouteHandler:
        first, *others = handler.__name__.split("_")
        return post(
            path,
            operation_id=first + "".join(map(str.title, others)),
            opt=right(handler.__name__),
            status_code=HTTP_200_OK,
            summary=summary,
        )(handler)

    return made


class ForReason(Body, frozen=True, kw_only=True):
    """`reason`: kept in the event, for whoever asks later."""

    reason: Annotated[str, Meta(max_length=200)] = ""


class Assignment(ForReason, frozen=True, kw_only=True):
    """`clerk`: the login of who shall work at a closed desk; a paused one goes on with its own."""

    clerk: Annotated[str, Meta(max_length=200)] | None = None


class SkillsToday(ForReason, frozen=True, kw_only=True):
    """`skills`: codes of the centre's skills; null for those of the plan."""

    skills: Codes | None


class SkillsDone(Struct, frozen=True):
    desk: int
    skills: tuple[str, ...]


class Summons(ForReason, frozen=True, kw_only=True):
    ticket: int


class Redirection(ForReason, frozen=True, kw_only=True):
    """Other services, one desk, or both."""

    services: Codes | None = None
    desk: int | None = None


class TicketLimitSet(ForReason, frozen=True, kw_only=True):
    """`remaining`: so many tickets are still given today; 0: none, null: as many as are asked."""

    service: Annotated[str, Meta(max_length=100)]
    remaining: int | None


class TicketLimitDone(Struct, frozen=True):
    service: str
    remaining: int | None


class DayEnd(ForReason, frozen=True, kw_only=True):
    """`let_go`: whoever waits is not served any more, and bookings to come lose their place."""

    let_go: bool = False


class DayEndDone(Struct, frozen=True):
    """`let_go`: the numbers of those who were let go; `stranded`: how many bookings lost their
    place; `closed`: the desks that were closed."""

    let_go: tuple[str, ...]
    stranded: int
    closed: tuple[str, ...]


@_act("/desks/{desk:int}/assignments", "Have a paused desk go on, or open a closed one for a clerk")
async def open_desk_for(desk: int, by: By, data: Assignment | None = None) -> DeskDone:
    asked = data or Assignment()
    row = await supervising.open_desk_for(by, desk, asked.clerk, asked.reason)
    return DeskDone(row.id, row.number, row.state)


@_act("/desks/{desk:int}/skills", "What a desk gives for the rest of the day")
async def set_skills_today(desk: int, by: By, data: SkillsToday) -> SkillsDone:
    skills = await supervising.set_skills_today(by, desk, data.skills, data.reason)
    return SkillsDone(desk, skills)


@_act("/desks/{desk:int}/summons", "Call one person to a desk, whoever is before them")
async def summon(desk: int, by: By, data: Summons) -> TicketDone:
    return await done(await supervising.summon(by, desk, data.ticket, data.reason))


@_act(
    "/tickets/{ticket:int}/redirections",
    "Whoever waits goes to another desk or for other services, and keeps their place",
)
async def redirect(ticket: int, by: By, data: Redirection) -> TicketDone:
    moved = await supervising.redirect(by, ticket, data.services, data.desk, data.reason)
    return await done(moved)


@_act(
    "/branches/{branch:str}/ticket-limits",
    "How many walk-ins are still given a ticket for a service today",
)
async def limit_tickets(branch: str, by: By, data: TicketLimitSet) -> TicketLimitDone:
    left = await supervising.limit_tickets(by, branch, data.service, data.remaining, data.reason)
    return TicketLimitDone(data.service, left)


@_act(
    "/branches/{branch:str}/day-ends", "No more tickets today; whoever waits is served, or let go"
)
async def end_day(branch: str, by: By, data: DayEnd | None = None) -> DayEndDone:
    asked = data or DayEnd()
    ended = await supervising.end_day(by, branch, asked.let_go, asked.reason)
    return DayEndDone(ended.let_go, ended.stranded, ended.closed)


HANDLERS = [open_desk_for, set_skills_today, summon, redirect, limit_tickets, end_day]
