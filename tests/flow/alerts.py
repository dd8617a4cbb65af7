"""An alert said at a desk, and what each screen shows of it."""

from datetime import datetime

from queue_app.domain.hall import Hall
from queue_app.flow import calling, interrupting
from queue_app.flow.act import By
from queue_app.queries import desks, halls, reference
from queue_app.queries.tickets import by_token
from queue_app.screens.board import BoardView, board_view
from queue_app.screens.desk import DeskQueueView, desk_view
from queue_app.screens.ticket import TicketView, ticket_view
from tests.support.hall import Desk
from tests.support.people import BRANCH


async def hall_at(now: datetime) -> Hall:
    directory = await reference.directory()
    return await halls.load(directory, directory.branch(BRANCH), now)


async def board_at(now: datetime) -> BoardView:
    return board_view(await hall_at(now))


async def phone_at(token: str, now: datetime) -> TicketView:
    return ticket_view(await hall_at(now), await by_token(token))


async def console_at(desk: Desk, now: datetime) -> DeskQueueView:
    seen = await hall_at(now)
    return desk_view(seen, desk.id, None, await desks.extra(seen, desk.id))


async def alert(desk: Desk, now: datetime) -> int:
    return (await interrupting.interrupt(By(desk.clerk, now), BRANCH, "alert", None, "")).id


async def call(desk: Desk, now: datetime, ticket: int | None = None) -> str | None:
    called = await calling.call(By(desk.clerk, now), desk.id, ticket)
    return called.number if called else None


async def serve(desk: Desk, now: datetime) -> str | None:
    called = await calling.call(By(desk.clerk, now), desk.id)
    if called is None:
        return None
    await calling.start(By(desk.clerk, now), called.id)
    await calling.finish(By(desk.clerk, now), called.id)
    return called.number
