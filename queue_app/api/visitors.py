"""Residents and kiosks: appointments, tickets, check-ins."""

from functools import partial

from litestar import Response, get, post
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from queue_app.api.visitor_shapes import (
    AppointmentView,
    Arrival,
    CheckIn,
    Confirmation,
    ContactChange,
    LookUp,
    NewAppointment,
    NewTicket,
    Rescheduling,
    ServicesChange,
)
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.catalogue import Language
from queue_app.domain.errors import BadRequest
from queue_app.domain.mails import hidden_mail
from queue_app.domain.phones import hidden_phone
from queue_app.flow import arrival, booking, reaching
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.flow.promising import Promises
from queue_app.queries import appointments, foretold, halls, reference, tickets
from queue_app.screens.ticket import TicketView, ticket_view
from queue_app.web.afterwards import afterwards
from queue_app.web.guards import right
from queue_app.web.limits import LOOK_UP, PUBLIC


@post(
    "/branches/{branch:str}/appointments",
    operation_id="holdSlot",
    opt=right("hold", PUBLIC),
    summary="Hold a free start for a few minutes",
)
async def hold(branch: str, data: NewAppointment, by: By) -> AppointmentView:
    return await shown(await booking.hold(by, branch, data.services, data.starts_at, data.channel))


@post(
    "/appointments/{token:str}/confirmation",
    operation_id="confirmAppointment",
    opt=right("confirm", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Book what was held",
)
async def confirm(token: str, data: Confirmation, by: By) -> AppointmentView:
    spoken = await _spoken(data.language)
    booked = await booking.confirm(
        by,
        token,
        data.name,
        data.phone,
        data.email,
        spoken,
        data.as_it_is,
        data.proofs,
        data.work,
    )
    return await shown(booked)


@post(
    "/appointments/{token:str}/extensions",
    operation_id="extendHold",
    opt=right("extend", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Hold it for some minutes more",
)
async def extend(token: str, by: By) -> AppointmentView:
    return await shown(await booking.extend(by, token))


@post(
    "/appointments/{token:str}/corrections",
    operation_id="correctAppointment",
    opt=right("correct", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Another name or contact",
)
async def correct(token: str, data: ContactChange, by: By) -> AppointmentView:
    return await shown(
        await reaching.correct(
            by, token, data.name, data.phone, data.email, data.as_it_is, data.proofs
        )
    )


@post(
    "/appointments/lookups",
    operation_id="lookUpAppointment",
    opt=right("look_up", LOOK_UP),
    status_code=HTTP_202_ACCEPTED,
    summary="Send the link of a booking to its contact; answered alike whether or not there is one",
)
async def look_up(data: LookUp, by: By) -> Response[None]:
    look = afterwards(partial(reaching.look_up, by, data.code, data.contact))
    return Response(None, background=look)


@post(
    "/appointments/{token:str}/reschedulings",
    operation_id="moveAppointment",
    opt=right("move", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Move to another free start",
)
async def move(token: str, data: Rescheduling, by: By) -> AppointmentView:
    return await shown(await booking.move(by, token, data.starts_at))


@post(
    "/appointments/{token:str}/changes",
    operation_id="changeServices",
    opt=right("change_services", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Other services, at the same time where they fit there",
)
async def change(token: str, data: ServicesChange, by: By) -> AppointmentView:
    return await shown(await booking.change_services(by, token, data.services, data.starts_at))


@post(
    "/appointments/{token:str}/cancellation",
    operation_id="cancelAppointment",
    opt=right("cancel", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Give the slot back",
)
async def cancel(token: str, by: By) -> AppointmentView:
    return await shown(await booking.cancel(by, token))


@get(
    "/appointments/{token:str}",
    operation_id="appointment",
    summary="One's own appointment",
    opt=right("see_appointment"),
)
async def appointment(token: str, by: By) -> AppointmentView:
    return await shown(as_of(await appointments.by_token(token), by.now))


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
        phone=hidden_phone(one.phone) if one.phone else None,
        email=hidden_mail(one.email) if one.email else None,
        ticket_token=one.ticket_token,
        branch_retired=branch.retired,
        work_bits=directory.rules.booking_work_bits if one.state == "held" else 0,
    )


@post(
    "/branches/{branch:str}/tickets",
    operation_id="issueTicket",
    summary="A walk-in's ticket",
    opt=right("issue"),
)
async def issue(branch: str, data: NewTicket, by: By) -> IssuedTicket:
    spoken = await _spoken(data.language)
    return await arrival.issue(
        by, branch, data.services, data.priority, spoken, data.people, data.company
    )


async def _spoken(wish: Language | None) -> Language:
    """The centre's first language for whoever names none. BadRequest for one it has not."""
    languages = (await reference.directory()).languages
    if wish is not None and wish not in languages:
        problem = f"Invalid enum value {wish!r}; the languages are {', '.join(languages)}"
        raise BadRequest("unreadable", fields=[{"field": "language", "problem": problem}])
    return wish or languages[0]


@post(
    "/branches/{branch:str}/check-ins",
    operation_id="checkIn",
    summary="A booked visitor's ticket, by code or by the link in the QR",
    opt=right("check_in"),
)
async def check_in(branch: str, data: CheckIn, by: By) -> IssuedTicket:
    return await arrival.come_in(by, branch, data.code)


@post(
    "/appointments/{token:str}/check-ins",
    operation_id="arrive",
    opt=right("arrive", PUBLIC),
    summary="A booked visitor's ticket from their own phone, by the code that the hall shows",
)
async def arrive(token: str, data: Arrival, by: By) -> IssuedTicket:
    return await arrival.arrive_by_phone(by, token, data.hall_code)


@get(
    "/tickets/{token:str}",
    operation_id="ticket",
    summary="One's own ticket",
    opt=right("see_ticket"),
)
async def ticket(token: str, by: By, promises: Promises) -> TicketView:
    own = await tickets.by_token(token)
    directory = await reference.directory()
    seen = await foretold.load(directory, directory.branch_of(own.branch_id), by.now, by.forecasts)
    promises.note(seen, own.id)
    return ticket_view(seen, own)


@post(
    "/tickets/{token:str}/leavings",
    operation_id="leaveQueue",
    opt=right("leave", PUBLIC),
    status_code=HTTP_200_OK,
    summary="Give up one's place",
)
async def leave(token: str, by: By) -> TicketView:
    left = await arrival.leave(by, token)
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch_of(left.branch_id), by.now)
    return ticket_view(seen, left)
