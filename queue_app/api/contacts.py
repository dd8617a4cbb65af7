"""The contact of whoever is at a desk, where our messages do not arrive."""

from litestar import post
from litestar.status_codes import HTTP_200_OK

from queue_app.api.desks import done
from queue_app.api.shapes import ContactAtDesk, TicketDone
from queue_app.flow import correcting
from queue_app.flow.act import By
from queue_app.web.guards import right


@post(
    "/tickets/{ticket:int}/contacts",
    operation_id="correctContact",
    opt=right("correct_contact"),
    status_code=HTTP_200_OK,
    summary="Another phone or e-mail of the person at the desk, and of what else they have booked",
)
async def correct(ticket: int, data: ContactAtDesk, by: By) -> TicketDone:
    return await done(
        await correcting.correct_contact(by, ticket, data.phone, data.email, data.as_it_is)
    )
