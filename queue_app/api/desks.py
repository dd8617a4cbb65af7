"""Staff: sessions, desks, and the verbs of the hall as resources."""

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from queue_app.api.staff_shapes import (
    ContactAtDesk,
    Credentials,
    DeskDone,
    DeskView,
    Finish,
    NewCall,
    Pause,
    Queued,
    RightCheck,
    SessionView,
    TicketDone,
    Transfer,
)
from queue_app.domain.rights import has_taken, reach, require
from queue_app.domain.tickets import Ticket
from queue_app.flow import calling, contact_at_desk, desk_asks, staffing
from queue_app.flow.act import By
from queue_app.queries import foretold, halls, reference
from queue_app.queries import staff as people
from queue_app.queries.staff import DeskRow
from queue_app.screens.desk import desk_queue
from queue_app.web.guards import SESSION_COOKIE, credential, right
from queue_app.web.limits import SIGN_IN


@post(
    "/sessions",
    operation_id="signIn",
    opt=right("begin_session", SIGN_IN),
    summary="Sign in; the token goes into Authorization",
)
async def sign_in(data: Credentials, by: By) -> SessionView:
    signed = await staffing.sign_in(by, data.login, data.password)
    directory = await reference.directory()
    branch_id = signed.staff.branch_id
    return SessionView(
        token=signed.token,
        expires_at=signed.expires_at,
        login=signed.staff.login,
        role=signed.staff.role,
        branch=directory.branch_of(branch_id).slug if branch_id is not None else None,
    )


@delete(
    "/sessions/current",
    operation_id="signOut",
    summary="Sign out",
    opt=right("end_session"),
)
async def sign_out(request: Request[Any, Any, Any], by: By) -> None:
    token = credential(request, SESSION_COOKIE)
    if token:
        await staffing.end_session(by, token)


@get(
    "/branches/{branch:str}/desks",
    operation_id="desks",
    summary="The desks of a branch",
    opt=right("see_desks"),
)
async def desks(branch: str, by: By) -> list[DeskView]:
    directory = await reference.directory()
    place = directory.branch(branch)
    require("see_desks", by.who, place.id)
    seen = await halls.load(directory, place, by.now, by.forecasts)
    given = {desk.id: desk.services for desk in place.desks}
    return [
        DeskView(
            id=desk.id,
            number=desk.number,
            services=tuple(sorted(given.get(desk.id, ()))),
            state=desk.state,
            clerk=desk.clerk,
            pause_reason=desk.pause_reason,
            mine=has_taken(by.who, desk.staff_id),
        )
        for desk in seen.desks
    ]


@post(
    "/desks/{desk:int}/openings",
    operation_id="openDesk",
    opt=right("open_desk"),
    status_code=HTTP_200_OK,
    summary="Take a desk, or resume",
)
async def open_desk(desk: int, by: By) -> DeskDone:
    return _desk(await staffing.open_desk(by, desk))


@post(
    "/desks/{desk:int}/pauses",
    operation_id="pauseDesk",
    opt=right("pause_desk"),
    status_code=HTTP_200_OK,
    summary="No more calls for a while",
)
async def pause_desk(desk: int, by: By, data: Pause | None = None) -> DeskDone:
    reason = data.reason if data else ""
    return _desk(await staffing.pause_desk(by, desk, reason))


@post(
    "/desks/{desk:int}/break-asks",
    operation_id="askBreak",
    opt=right("ask_break"),
    status_code=HTTP_204_NO_CONTENT,
    summary="Ask for a break; the work goes on until it is granted",
)
async def ask_break(desk: int, by: By, data: Pause | None = None) -> None:
    await desk_asks.ask_break(by, desk, data.reason if data else "")


@post(
    "/desks/{desk:int}/closings",
    operation_id="closeDesk",
    opt=right("close_desk"),
    status_code=HTTP_200_OK,
    summary="Leave the desk",
)
async def close_desk(desk: int, by: By, data: Pause | None = None) -> DeskDone:
    reason = data.reason if data else ""
    return _desk(await staffing.close_desk(by, desk, reason))


def _desk(row: DeskRow) -> DeskDone:
    return DeskDone(row.id, row.number, row.state)


@post(
    "/desks/{desk:int}/calls",
    operation_id="callNext",
    opt=right("call"),
    summary="Call the next person, or the one picked; 204 when nobody waits",
    status_code=HTTP_200_OK,
)
async def call(desk: int, by: By, data: NewCall | None = None) -> Response[TicketDone | None]:
    picked = data.ticket if data else None
    called = await calling.call(by, desk, picked, data.why if data else None)
    if called is None:
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    return Response(await done(called), status_code=HTTP_200_OK)


async def done(ticket: Ticket) -> TicketDone:
    progress = ticket.progress
    branch = (await reference.directory()).branch_of(ticket.branch_id)
    numbers = {desk.id: desk.number for desk in (*branch.desks, *branch.retired_desks)}
    return TicketDone(
        id=ticket.id,
        number=ticket.number,
        state=progress.state,
        services=progress.services,
        channel=ticket.channel,
        desk=numbers.get(progress.desk_id) if progress.desk_id else None,
        due_at=ticket.due_at,
        issued_at=ticket.issued_at,
        called_at=progress.called_at,
        calls=progress.calls,
        started_at=progress.started_at,
        ended_at=progress.ended_at,
    )


@post(
    "/tickets/{ticket:int}/finishes",
    operation_id="finish",
    opt=right("finish"),
    status_code=HTTP_200_OK,
)
async def finish(ticket: int, by: By, data: Finish | None = None) -> TicketDone:
    said = data or Finish()
    return await done(await calling.finish(by, ticket, said.services, said.outcome, said.note))


@post(
    "/tickets/{ticket:int}/right-checks",
    operation_id="checkRight",
    opt=right("check_right"),
    status_code=HTTP_200_OK,
    summary="The document of a right to go first was shown, or there was none",
)
async def check_right(ticket: int, by: By, data: RightCheck) -> TicketDone:
    return await done(await calling.check_right(by, ticket, data.shown))


@post(
    "/tickets/{ticket:int}/transfers",
    operation_id="transfer",
    opt=right("transfer"),
    status_code=HTTP_200_OK,
)
async def transfer(ticket: int, by: By, data: Transfer) -> TicketDone:
    return await done(await calling.transfer(by, ticket, data.services, data.desk, data.note))


@post(
    "/tickets/{ticket:int}/contacts",
    operation_id="correctContact",
    opt=right("correct_contact"),
    status_code=HTTP_200_OK,
    summary="Another phone or e-mail of the person at the desk, and of what else they have booked",
)
async def correct_contact(ticket: int, data: ContactAtDesk, by: By) -> TicketDone:
    return await done(
        await contact_at_desk.correct_contact(by, ticket, data.phone, data.email, data.as_it_is)
    )


@get(
    "/desks/{desk:int}/queue",
    operation_id="deskQueue",
    summary="Who would be called, and why",
    opt=right("see_queue"),
)
async def queue(desk: int, by: By) -> list[Queued]:
    directory = await reference.directory()
    row = await people.desk(reach(by.who, directory.branches_ever), desk)
    seen = await foretold.load(directory, directory.branch_of(row.branch_id), by.now, by.forecasts)
    return [
        Queued(
            place=place,
            ticket=one.ticket,
            number=one.number,
            channel=one.channel,
            services=one.service_codes,
            issued_at=one.issued_at,
            due_at=one.due_at,
            reason=one.reason,
            reason_code=one.reason_code,
            wait=one.wait,
        )
        for place, one in enumerate(desk_queue(seen, desk), start=1)
    ]
