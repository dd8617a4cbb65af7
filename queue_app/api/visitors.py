"""Residents and kiosks: appointments, tickets, check-ins."""

from uuid import UUID

from litestar import get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.api.shapes import (
    AppointmentView,
    CheckIn,
    Confirmation,
    NewAppointment,
    NewTicket,
    Rescheduling,
)
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import NotAllowed
from queue_app.domain.people import Device
from queue_app.flow import arrival, booking
from queue_app.flow.arrival import IssuedTicket
from queue_app.flow.promising import Promises
from queue_app.queries import appointments, halls, reference, tickets
from queue_app.screens.ticket import TicketView, ticket_view
from queue_app.web.limits import PUBLIC


@post(
    "/branches/{branch:str}/appointments",
    operation_id="holdSlot",
    opt=PUBLIC,
    summary="Hold a free start for a few minutes",
)
async def hold(
    branch: str, data: NewAppointment, clock: Clock, idempotency_key: UUID | None
) -> AppointmentView:
    held = await booking.hold(
        branch, data.services, data.starts_at, data.channel, clock.now(), idempotency_key
    )
    return await shown(held)


@post(
    "/appointments/{token:str}/confirmation",
    operation_id="confirmAppointment",
    opt=PUBLIC,
    status_code=HTTP_200_OK,
    summary="Book what was held",
)
async def confirm(token: str, data: Confirmation, clock: Clock) -> AppointmentView:
    booked = await booking.confirm(
        token, data.name, data.phone, data.email, data.language, clock.now()
    )
    return await shown(booked)


@post(
    "/appointments/{token:str}/reschedulings",
    operation_id="moveAppointment",
    opt=PUBLIC,
    status_code=HTTP_200_OK,
    summary="Move to another free start",
)
async def reschedule(
    token: str, data: Rescheduling, clock: Clock, idempotency_key: UUID | None
) -> AppointmentView:
    moved = await booking.reschedule(token, data.starts_at, clock.now(), idempotency_key)
    return await shown(moved)


@post(
    "/appointments/{token:str}/cancellation",
    operation_id="cancelAppointment",
    opt=PUBLIC,
    status_code=HTTP_200_OK,
    summary="Give the slot back",
)
async def cancel(token: str, clock: Clock) -> AppointmentView:
    return await shown(await booking.cancel(token, clock.now()))


@get("/appointments/{token:str}", operation_id="appointment", summary="One's own appointment")
async def appointment(token: str, clock: Clock) -> AppointmentView:
    return await shown(booking.as_of(await appointments.by_token(token), clock.now()))


async def shown(one: Appointment) -> AppointmentView:
    directory = await reference.directory()
    branch = directory.branch_of(one.branch_id)
    return AppointmentView(
        token=one.token,
        code=one.code,
        state=one.state,
        branch=branch.slug,
        channel=one.channel,
        services=one.services,
        starts_at=directory.local(one.starts_at),
        ends_at=directory.local(one.ends_at),
        held_until=directory.local(one.held_until)
        if one.held_until and one.state == "held"
        else None,
        name=one.name,
        ticket_token=one.ticket_token,
        branch_retired=branch.retired,
    )


@post("/branches/{branch:str}/tickets", operation_id="issueTicket", summary="A walk-in's ticket")
async def issue(
    branch: str, data: NewTicket, kiosk: Device, clock: Clock, idempotency_key: UUID | None
) -> IssuedTicket:
    await require_here(kiosk, branch)
    return await arrival.issue_ticket(
        branch,
        data.services,
        data.priority,
        data.language,
        kiosk.actor,
        clock.now(),
        idempotency_key,
    )


@post(
    "/branches/{branch:str}/check-ins",
    operation_id="checkIn",
    summary="A booked visitor's ticket, by code or by the link in the QR",
)
async def check_in(
    branch: str, data: CheckIn, kiosk: Device, clock: Clock, idempotency_key: UUID | None
) -> IssuedTicket:
    await require_here(kiosk, branch)
    return await arrival.check_in(branch, data.code, kiosk.actor, clock.now(), idempotency_key)


async def require_here(kiosk: Device, branch: str) -> None:
    """NotAllowed `other_branch` for a kiosk that stands elsewhere."""
    if (await reference.directory()).branch(branch).id != kiosk.branch_id:
        raise NotAllowed("other_branch")


@get("/tickets/{token:str}", operation_id="ticket", summary="One's own ticket")
async def ticket(token: str, clock: Clock, promises: Promises) -> TicketView:
    own = await tickets.by_token(token)
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch_of(own.branch_id), clock.now())
    promises.note(seen, own.id)
    return ticket_view(seen, own)


@post(
    "/tickets/{token:str}/leavings",
    operation_id="leaveQueue",
    opt=PUBLIC,
    status_code=HTTP_200_OK,
    summary="Give up one's place",
)
async def leave(token: str, clock: Clock) -> TicketView:
    left = await arrival.leave(token, clock.now())
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch_of(left.branch_id), clock.now())
    return ticket_view(seen, left)
