"""Bookings that changed plans left without a place: staff say that one is settled."""

from queue_app.domain import rights
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import Conflict
from queue_app.flow.act import Act, verb
from queue_app.queries import unsettled


@verb
async def settle_unsettled(act: Act, token: str) -> Appointment:
    """The resident was reached and it was agreed what becomes of it; the booking stays.

    NotFound `unknown_link`; NotAllowed `other_branch`; Conflict `already_settled`.
    """
    booked = await act.appointment(token)
    rights.require(act.right, act.who, booked.branch_id)
    if await unsettled.reason(booked.branch_id, booked.id) is None:
        raise Conflict("already_settled")
    return await act.record(booked, "settle")
