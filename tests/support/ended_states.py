"""Every way in which a booking can end, of a visit and of a call, each left standing once."""

from dataclasses import replace
from typing import Literal

from msgspec import Struct

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.people import RESIDENT, SYSTEM, Staff
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from queue_app.jobs import day_ends
from queue_app.queries import reference, slots, tickets
from tests.conftest import MONDAY
from tests.support.hall import Desk, open_desk
from tests.support.people import KIOSK

Channel = Literal["visit", "phone"]


class Hall(Struct, frozen=True):
    """Where the bookings of one channel are, and the desk that meets them."""

    channel: Channel
    branch: str
    service: str
    clock: FixedClock

    async def hold(self, browser: str = "", before: str | None = None) -> Appointment:
        """The first free time of the day."""
        directory, now = await reference.directory(), self.clock.now()
        today = directory.local(now).date()
        branch = directory.branch(self.branch)
        days = await slots.free_days(directory, branch, [self.service], self.channel, today, 1, now)
        by = By(RESIDENT, now).through(browser or f"browser at {now}")
        return await booking.hold(
            by, self.branch, [self.service], days[0].starts[0], self.channel, "uk", before
        )

    async def book(self) -> Appointment:
        held = await self.hold()
        contact = f"+3806712300{held.id:02}"
        by = By(RESIDENT, self.clock.now())
        return await booking.confirm(by, held.token, "Олена Ковальчук", contact, None, "uk")

    async def come(self) -> tuple[str, str]:
        """Booked, and in the queue at its time; its link and that of the ticket."""
        booked = await self.book()
        self.clock.set(booked.starts_at)
        now = self.clock.now()
        if self.channel == "visit":
            issued: arrival.IssuedTicket | None = await arrival.check_in(
                By(KIOSK, now), self.branch, booked.code
            )
        else:
            issued = await arrival.admit_call(By(SYSTEM, now), booked.token, now)
        assert issued
        return booked.token, issued.token

    async def call(self, desk: Desk, link: str) -> tuple[Desk, int]:
        """To that desk, now."""
        desk = replace(desk, now=self.clock.now())
        return desk, (await desk.call((await tickets.by_token(link)).id)).id


async def ended_states(hall: Hall) -> dict[str, str]:
    """The link of each, by how it has ended; the clock stands in the evening afterwards."""
    clock, links = hall.clock, dict[str, str]()
    by_resident = By(RESIDENT, clock.now())
    freed = await hall.hold()
    await booking.cancel(by_resident, freed.token)
    instead = await hall.hold("one browser")
    await hall.hold("one browser", before=instead.token)
    cancelled = await hall.book()
    await booking.cancel(by_resident, cancelled.token)
    given_up = await hall.book()
    desk = await open_desk("2", clock.now(), hall.branch)
    boss = Staff(desk.clerk.id, "boss", "supervisor", desk.clerk.branch_id)
    await booking.cancel(By(boss, clock.now()), given_up.token)
    links |= {"freed": freed.token, "instead": instead.token}
    links |= {"cancelled": cancelled.token, "by centre": given_up.token}
    lapsed = await hall.hold()
    links["lapsed"] = lapsed.token
    links["missed"] = (await hall.book()).token
    clock.advance(minutes=25)
    links["done"], link = await hall.come()
    desk, ticket = await hall.call(desk, link)
    await desk.start(ticket)
    await desk.finish(ticket)
    links["no show"], link = await hall.come()
    for _ in range(2 if hall.channel == "phone" else 1):
        desk, ticket = await hall.call(desk, link)
        await desk.no_show(ticket)
        clock.advance(minutes=15)
    links["left"], link = await hall.come()
    await arrival.leave(By(RESIDENT, clock.now()), link)
    clock.set(MONDAY.replace(hour=22))
    await day_ends.end(clock)
    await day_ends.settle_appointments(clock)
    return links
