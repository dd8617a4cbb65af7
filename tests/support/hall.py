"""A hall that works: tickets at the kiosk, clerks at desks, straight through the flow."""

from dataclasses import dataclass
from datetime import datetime

from queue_app.domain.catalogue import Language
from queue_app.domain.people import OPERATOR, Staff
from queue_app.domain.tickets import Ticket
from queue_app.flow import accounts, arrival, calling, staffing
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.queries import reference
from tests.support.people import BRANCH, KIOSK, PASSWORD

SERVICE = "bill-duplicate"
"""Given at desks 1, 2, 3 and 5 of the sample branch."""


@dataclass(frozen=True)
class Desk:
    """An open desk with its clerk, at a standing time."""

    id: int
    number: str
    clerk: Staff
    now: datetime

    async def call(self, ticket: int | None = None) -> Ticket:
        called = await calling.call(By(self.clerk, self.now), self.id, ticket)
        assert called
        return called

    async def recall(self, ticket: int) -> None:
        await calling.recall(By(self.clerk, self.now), ticket)

    async def start(self, ticket: int) -> None:
        await calling.start(By(self.clerk, self.now), ticket)

    async def finish(self, ticket: int) -> None:
        await calling.finish(By(self.clerk, self.now), ticket)

    async def no_show(self, ticket: int) -> None:
        await calling.no_show(By(self.clerk, self.now), ticket)

    async def park(self, ticket: int) -> None:
        await calling.park(By(self.clerk, self.now), ticket)

    async def undo(self, ticket: int) -> None:
        await calling.undo(By(self.clerk, self.now), ticket)

    async def pause(self) -> None:
        await staffing.pause_desk(By(self.clerk, self.now), self.id, "")


async def open_desk(number: str, now: datetime, branch: str = BRANCH) -> Desk:
    """The desk of that number, opened by a clerk of its own."""
    desks = (await reference.directory()).branch(branch).desks
    desk = next(one for one in desks if one.number == number)
    clerk = await accounts.add_staff(
        By(OPERATOR, now), f"clerk-{number}", "clerk", branch, PASSWORD
    )
    await staffing.open_desk(By(clerk, now), desk.id)
    return Desk(desk.id, number, clerk, now)


async def take_ticket(
    now: datetime, language: Language = "uk", service: str = SERVICE, branch: str = BRANCH
) -> IssuedTicket:
    return await arrival.issue(By(KIOSK, now), branch, [service], None, language)
