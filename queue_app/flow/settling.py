"""Bookings that changed plans left without a place: staff say that one is settled."""

from queue_app.domain import rights
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import Conflict, NotFound
from queue_app.flow.act import Act, verb
from queue_app.queries import appointments, unsettled


@verb
async def settle_unsettled(act: Act, branch_slug: str, appointment_id: int) -> Appointment:
    """The resident was reached and it was agreed what becomes of it; the booking stays.

    NotFound `unknown_branch`, `unknown_booking`; NotAllowed `other_branch`; Conflict
    `already_settled`.
    """
    branch = act.directory.ever(branch_slug)
    rights.require(act.right, act.who, branch.id)
    found = await appointments.locked([(branch.id, appointment_id)])
    if not found:
        raise NotFound("unknown_booking")
    if await unsettled.reason(branch.id, appointment_id) is None:
        raise Conflict("already_settled")
    return await act.record(found[0], "settle")
