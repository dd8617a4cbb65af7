"""A ticket once more on paper."""

from litestar import post
from litestar.status_codes import HTTP_202_ACCEPTED

from queue_app.flow import printing
from queue_app.flow.act import By
from queue_app.queries.printers import PaperOfTicket
from queue_app.web.guards import right


@post(
    "/tickets/{ticket:int}/reprints",
    operation_id="reprintTicket",
    opt=right("reprint"),
    status_code=HTTP_202_ACCEPTED,
    summary="Print the ticket once more; the paper says that it is a reprint",
)
async def reprint(ticket: int, by: By) -> PaperOfTicket:
    return await printing.reprint(by, ticket)
