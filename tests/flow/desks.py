"""What stands in the database and on the screen of a desk."""

from queue_app.clock import FixedClock
from queue_app.domain.tickets import Ticket
from queue_app.queries import desks, halls, reference
from queue_app.queries.tickets import by_id, history
from queue_app.screens import views
from queue_app.screens.views import DeskQueueView
from tests.support.hall import Desk, take_ticket
from tests.support.people import BRANCH

ACCOUNTS = "area-change"
"""Given at desks 3 and 4, which share nothing else but certificates with desk 1."""


async def now_of(ticket: int) -> Ticket:
    ids = [branch.id for branch in (await reference.directory()).branches.values()]
    return await by_id(ids, ticket)


async def verbs_of(ticket: int) -> list[str]:
    one = await now_of(ticket)
    return [event.verb for event in await history(one.branch_id, one.id)]


async def screen_of(desk: Desk, clock: FixedClock) -> DeskQueueView:
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), clock.now())
    return views.desk_queue(seen, desk.id, await desks.extra(seen, desk.id))


async def issue(clock: FixedClock, service: str = "bill-duplicate") -> int:
    """A ticket's id; the clock moves on, so that everyone came at a moment of their own."""
    ticket = await take_ticket(clock.now(), service=service)
    clock.advance(seconds=1)
    return ticket.id
