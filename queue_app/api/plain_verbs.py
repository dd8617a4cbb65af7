"""The verbs that need no more than a ticket, or a desk, as resources: each is its row."""

from collections.abc import Awaitable, Callable

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from queue_app.api.desks import done
from queue_app.api.staff_shapes import TicketDone
from queue_app.domain.tickets import Ticket
from queue_app.flow import calling, desk_asks
from queue_app.flow.act import By
from queue_app.web.guards import right


def _of_ticket(
    path: str,
    operation: str,
    name: str,
    verb: Callable[[By, int], Awaitable[Ticket]],
    summary: str,
) -> HTTPRouteHandler:
    """`name`: of the right. The answer is the ticket as it stands after the verb."""

    @post(
        f"/tickets/{{ticket:int}}/{path}",
        operation_id=operation,
        opt=right(name),
        status_code=HTTP_200_OK,
        summary=summary,
    )
    async def handler(ticket: int, by: By) -> TicketDone:
        return await done(await verb(by, ticket))

    return handler


def _of_desk(
    path: str,
    operation: str,
    name: str,
    verb: Callable[[By, int], Awaitable[object]],
    summary: str,
) -> HTTPRouteHandler:
    """What is asked of the supervisor, and the answer; there is nothing to tell once it is done."""

    @post(
        f"/desks/{{desk:int}}/{path}",
        operation_id=operation,
        opt=right(name),
        status_code=HTTP_204_NO_CONTENT,
        summary=summary,
    )
    async def handler(desk: int, by: By) -> None:
        await verb(by, desk)

    return handler


HANDLERS = [
    _of_ticket("recalls", "recall", "recall", calling.recall, "Call once more"),
    _of_ticket("starts", "start", "start", calling.start, "The person is here: the visit begins"),
    _of_ticket("no-shows", "noShow", "no_show", calling.no_show, "The person did not come"),
    _of_ticket("parkings", "park", "park", calling.park, "Set aside for a while"),
    _of_ticket("returns", "putBack", "put_back", calling.put_back, "Back into the queue"),
    _of_ticket("undo", "undo", "undo", calling.undo, "Take the last verb back"),
    _of_desk("help", "askHelp", "ask_help", desk_asks.ask_help, "Ask the supervisor to come"),
    _of_desk("help-ends", "endHelp", "end_help", desk_asks.end_help, "Help is needed no more"),
    _of_desk(
        "break-ask-ends",
        "endBreakAsk",
        "end_break_ask",
        desk_asks.end_break_ask,
        "Take it back, or refuse it",
    ),
    _of_desk("break-grants", "grantBreak", "grant_break", desk_asks.grant_break, "Grant the break"),
]
