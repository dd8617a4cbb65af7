"""What a clerk asks of the supervisor, and the answer, as resources."""

from litestar import post
from litestar.status_codes import HTTP_204_NO_CONTENT

from queue_app.api.shapes import Pause
from queue_app.flow import desk_asks
from queue_app.flow.act import By
from queue_app.web.guards import right


@post(
    "/desks/{desk:int}/help",
    operation_id="askHelp",
    opt=right("ask_help"),
    status_code=HTTP_204_NO_CONTENT,
    summary="Ask the supervisor to come",
)
async def ask_help(desk: int, by: By) -> None:
    await desk_asks.ask_help(by, desk)


@post(
    "/desks/{desk:int}/help-ends",
    operation_id="endHelp",
    opt=right("end_help"),
    status_code=HTTP_204_NO_CONTENT,
)
async def end_help(desk: int, by: By) -> None:
    await desk_asks.end_help(by, desk)


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
    "/desks/{desk:int}/break-ask-ends",
    operation_id="endBreakAsk",
    opt=right("end_break_ask"),
    status_code=HTTP_204_NO_CONTENT,
    summary="Take it back, or refuse it",
)
async def end_break_ask(desk: int, by: By) -> None:
    await desk_asks.end_break_ask(by, desk)


@post(
    "/desks/{desk:int}/break-grants",
    operation_id="grantBreak",
    opt=right("grant_break"),
    status_code=HTTP_204_NO_CONTENT,
)
async def grant_break(desk: int, by: By) -> None:
    await desk_asks.grant_break(by, desk)


HANDLERS = [ask_help, end_help, ask_break, end_break_ask, grant_break]
