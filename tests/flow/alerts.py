"""An alert said at a desk, and what each screen shows of it."""

from datetime import datetime

from queue_app.domain import forecast
from queue_app.domain.hall import Hall
from queue_app.flow import calling, interrupting
from queue_app.queries import desks, halls, reference
from queue_app.queries.tickets import by_token
from queue_app.screens import views
from queue_app.screens.views import BoardView, DeskQueueView, TicketView
from tests.support.hall import Desk
from tests.support.people import BRANCH


async def hall_at(now: datetime) -> Hall:
    """With ranges made anew: how long they are kept hangs on the machine's time, not the hall's."""
    forecast.forget()
    directory = await reference.directory()
    return await halls.load(directory, directory.branch(BRANCH), now)


async def board_at(now: datetime) -> BoardView:
    return views.board(await hall_at(now))


async def phone_at(token: str, now: datetime) -> TicketView:
    return views.ticket(await hall_at(now), await by_token(token))


async def console_at(desk: Desk, now: datetime) -> DeskQueueView:
    seen = await hall_at(now)
    return views.desk_queue(seen, desk.id, await desks.extra(seen, desk.id))


async def alert(desk: Desk, now: datetime) -> int:
    return (await interrupting.interrupt(BRANCH, "alert", None, "", desk.clerk, now)).id


async def call(desk: Desk, now: datetime, ticket: int | None = None) -> str | None:
    called = await calling.call(desk.id, desk.clerk, now, ticket)
    return called.number if called else None


async def serve(desk: Desk, now: datetime) -> str | None:
    called = await calling.call(desk.id, desk.clerk, now)
    if called is None:
        return None
    await calling.start(called.id, desk.clerk, now)
    await calling.finish(called.id, desk.clerk, now)
    return called.number
