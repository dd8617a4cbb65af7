"""Staff: sessions, desks, and the verbs of the hall as resources."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from queue_app.api.shapes import (
    Credentials,
    DeskDone,
    DeskView,
    NewCall,
    Pause,
    Queued,
    SessionView,
    TicketDone,
    Transfer,
)
from queue_app.clock import Clock
from queue_app.domain.people import Staff
from queue_app.domain.tickets import Ticket
from queue_app.flow import calling, staffing
from queue_app.queries import halls, reference
from queue_app.queries import staff as people
from queue_app.queries.staff import DeskRow
from queue_app.screens.desk import desk_queue
from queue_app.web.guards import SESSION_COOKIE, credential
from queue_app.web.limits import SIGN_IN


@post(
    "/sessions",
    operation_id="signIn",
    opt=SIGN_IN,
    summary="Sign in; the token goes into Authorization",
)
async def sign_in(data: Credentials, clock: Clock) -> SessionView:
    signed = await staffing.sign_in(data.login, data.password, clock.now())
    directory = await reference.directory()
    branch_id = signed.staff.branch_id
    return SessionView(
        token=signed.token,
        expires_at=signed.expires_at,
        login=signed.staff.login,
        role=signed.staff.role,
        branch=directory.branch_of(branch_id).slug if branch_id is not None else None,
    )


@delete("/sessions/current", operation_id="signOut", summary="Sign out")
async def sign_out(request: Request[Any, Any, Any]) -> None:
    token = credential(request, SESSION_COOKIE)
    if token:
        await staffing.sign_out(token)


@get("/branches/{branch:str}/desks", operation_id="desks", summary="The desks of a branch")
async def desks(branch: str, staff: Staff, clock: Clock) -> list[DeskView]:
    directory = await reference.directory()
    place = directory.branch(branch)
    staff.require_branch(place.id)
    seen = await halls.load(directory, place, clock.now())
    given = {desk.id: desk.services for desk in place.desks}
    return [
        DeskView(
            id=desk.id,
            number=desk.number,
            services=tuple(sorted(given.get(desk.id, ()))),
            state=desk.state,
            clerk=desk.clerk,
            pause_reason=desk.pause_reason,
            mine=desk.staff_id == staff.id,
        )
        for desk in seen.desks
    ]


@post(
    "/desks/{desk:int}/openings",
    operation_id="openDesk",
    status_code=HTTP_200_OK,
    summary="Take a desk, or resume",
)
async def open_desk(desk: int, staff: Staff, clock: Clock) -> DeskDone:
    return _desk(await staffing.open_desk(desk, staff, clock.now()))


@post(
    "/desks/{desk:int}/pauses",
    operation_id="pauseDesk",
    status_code=HTTP_200_OK,
    summary="No more calls for a while",
)
async def pause_desk(desk: int, staff: Staff, clock: Clock, data: Pause | None = None) -> DeskDone:
    reason = data.reason if data else ""
    return _desk(await staffing.pause_desk(desk, staff, reason, clock.now()))


@post(
    "/desks/{desk:int}/closings",
    operation_id="closeDesk",
    status_code=HTTP_200_OK,
    summary="Leave the desk",
)
async def close_desk(desk: int, staff: Staff, clock: Clock) -> DeskDone:
    return _desk(await staffing.close_desk(desk, staff, clock.now()))


def _desk(row: DeskRow) -> DeskDone:
    return DeskDone(row.id, row.number, row.state)


@post(
    "/desks/{desk:int}/calls",
    operation_id="callNext",
    summary="Call the next person, or the one picked; 204 when nobody waits",
    status_code=HTTP_200_OK,
)
async def call(
    desk: int,
    staff: Staff,
    clock: Clock,
    idempotency_key: UUID | None,
    data: NewCall | None = None,
) -> Response[TicketDone | None]:
    picked = data.ticket if data else None
    called = await calling.call(desk, staff, clock.now(), picked, idempotency_key)
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


@post("/tickets/{ticket:int}/recalls", operation_id="recall", status_code=HTTP_200_OK)
async def recall(
    ticket: int, staff: Staff, clock: Clock, idempotency_key: UUID | None
) -> TicketDone:
    return await done(await calling.recall(ticket, staff, clock.now(), idempotency_key))


@post("/tickets/{ticket:int}/starts", operation_id="start", status_code=HTTP_200_OK)
async def start(
    ticket: int, staff: Staff, clock: Clock, idempotency_key: UUID | None
) -> TicketDone:
    return await done(await calling.start(ticket, staff, clock.now(), idempotency_key))


@post("/tickets/{ticket:int}/finishes", operation_id="finish", status_code=HTTP_200_OK)
async def finish(
    ticket: int, staff: Staff, clock: Clock, idempotency_key: UUID | None
) -> TicketDone:
    return await done(await calling.finish(ticket, staff, clock.now(), idempotency_key))


@post("/tickets/{ticket:int}/no-shows", operation_id="noShow", status_code=HTTP_200_OK)
async def no_show(
    ticket: int, staff: Staff, clock: Clock, idempotency_key: UUID | None
) -> TicketDone:
    return await done(await calling.no_show(ticket, staff, clock.now(), idempotency_key))


@post("/tickets/{ticket:int}/parkings", operation_id="park", status_code=HTTP_200_OK)
async def park(ticket: int, staff: Staff, clock: Clock, idempotency_key: UUID | None) -> TicketDone:
    return await done(await calling.park(ticket, staff, clock.now(), idempotency_key))


@post("/tickets/{ticket:int}/returns", operation_id="putBack", status_code=HTTP_200_OK)
async def put_back(
    ticket: int, staff: Staff, clock: Clock, idempotency_key: UUID | None
) -> TicketDone:
    return await done(await calling.put_back(ticket, staff, clock.now(), idempotency_key))


@post("/tickets/{ticket:int}/transfers", operation_id="transfer", status_code=HTTP_200_OK)
async def transfer(
    ticket: int, staff: Staff, clock: Clock, idempotency_key: UUID | None, data: Transfer
) -> TicketDone:
    moved = await calling.transfer(
        ticket, staff, clock.now(), data.services, data.desk, idempotency_key
    )
    return await done(moved)


@post("/tickets/{ticket:int}/undo", operation_id="undo", status_code=HTTP_200_OK)
async def undo(ticket: int, staff: Staff, clock: Clock, idempotency_key: UUID | None) -> TicketDone:
    return await done(await calling.undo(ticket, staff, clock.now(), idempotency_key))


@get("/desks/{desk:int}/queue", operation_id="deskQueue", summary="Who would be called, and why")
async def queue(desk: int, staff: Staff, clock: Clock) -> list[Queued]:
    directory = await reference.directory()
    row = await people.desk(calling.reach(directory, staff), desk)
    seen = await halls.load(directory, directory.branch_of(row.branch_id), clock.now())
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
