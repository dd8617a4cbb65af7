"""A centre for laws of booking, and a resident who knows what must come of each step.

The centre is the sample with two branches changed: ONE has one lane and one desk in which
every service fits, and NIGHT is open every day around the hour at which the clocks change.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.catalogue import Channel
from queue_app.domain.centre import WEEKDAYS, BranchPlan, Centre, DeskPlan, LanePlan, Period, Weekly
from queue_app.domain.errors import QueueError
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.jobs import holds
from queue_app.queries import appointments, reference, slots
from tests.conftest import KYIV
from tests.support.database import CONFIG

ONE, NIGHT = "podilskyi", "pecherskyi"
SERVICE = "debt-amount"
"""Ten minutes as planned, through both channels."""
TUESDAY = date(2026, 11, 24)
NIGHT_HOURS: Weekly = {day: (Period(time(1), time(6)),) for day in WEEKDAYS}
replace = msgspec.structs.replace


def centre_with_a_night() -> Centre:
    centre = load_centre(CONFIG)
    every = tuple(skill.code for skill in centre.skills)

    def changed(branch: BranchPlan) -> BranchPlan:
        if branch.slug not in (ONE, NIGHT):
            return branch
        hours = NIGHT_HOURS if branch.slug == NIGHT else branch.hours
        lane = LanePlan("only", "visit", every, hours)
        desk = DeskPlan("1", every, hours)
        return replace(branch, hours=hours, lanes=(lane,), desks=(desk,))

    return replace(centre, branches=tuple(map(changed, centre.branches)))


async def starts(
    branch: str,
    first: date,
    now: datetime,
    services: list[str] | None = None,
    days: int = 1,
    channel: Channel = "visit",
) -> list[datetime]:
    directory = await reference.directory()
    found = await slots.free_days(
        directory, directory.branch(branch), services or [SERVICE], channel, first, days, now
    )
    return [start for day in found for start in day.starts]


async def hold(
    branch: str, start: datetime, now: datetime, services: list[str] | None = None
) -> Appointment:
    return await booking.hold(By(RESIDENT, now), branch, services or [SERVICE], start, "visit")


async def confirm(held: Appointment, now: datetime) -> Appointment:
    """With a contact of its own, so that no person has too many bookings."""
    return await booking.confirm(
        By(RESIDENT, now), held.token, "Ян", f"+38067{held.id:07}", None, "uk"
    )


async def refused(act: Callable[..., Any], *asked: Any) -> str:
    with pytest.raises(QueueError) as error:
        await act(*asked)
    return error.value.code


class Resident:
    """Does what a step says, and keeps in mind what must come of it."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.known: list[Appointment] = []

    async def hold(self, _: int, slot: int) -> None:
        start = at_slot(slot)
        if self.taken(start):
            assert await refused(hold, ONE, start, self.clock.now()) == "slot_taken"
        else:
            self.known.append(await hold(ONE, start, self.clock.now()))

    async def confirm(self, which: int, _: int) -> None:
        if not self.known:
            return
        mine = self.pick(which)
        if self.state(mine) in ("held", "booked"):
            self.learn(which, await confirm(mine, self.clock.now()))
        else:
            expected = "hold_expired" if self.state(mine) == "expired" else "appointment_state"
            assert await refused(confirm, mine, self.clock.now()) == expected

    async def cancel(self, which: int, _: int) -> None:
        if not self.known:
            return
        mine = self.pick(which)
        if self.state(mine) == "expired":
            asked = booking.cancel, By(RESIDENT, self.clock.now()), mine.token
            assert await refused(*asked) == "appointment_state"
        else:
            self.learn(which, await booking.cancel(By(RESIDENT, self.clock.now()), mine.token))

    async def move(self, which: int, slot: int) -> None:
        if not self.known:
            return
        mine, start = self.pick(which), at_slot(slot)
        asked = booking.move, By(RESIDENT, self.clock.now()), mine.token, start
        if self.state(mine) in ("cancelled", "expired"):
            assert await refused(*asked) == "appointment_state"
        elif self.taken(start, other_than=mine):
            assert await refused(*asked) == "slot_taken"
        else:
            self.learn(which, await booking.move(*asked[1:]))

    async def wait(self, which: int, _: int) -> None:
        self.clock.advance(minutes=which * 2.5)

    async def sweep(self, _: int, __: int) -> None:
        await holds.expire(self.clock)

    async def check(self) -> None:
        """What is shown as free, and how each appointment stands, are as this memory says."""
        shown = set(await starts(ONE, TUESDAY, self.clock.now()))
        for slot in range(6):
            assert (at_slot(slot) in shown) is not self.taken(at_slot(slot))
        for mine in self.known:
            seen = as_of(await appointments.by_token(mine.token), self.clock.now())
            assert (seen.state, seen.starts_at) == (self.state(mine), mine.starts_at)

    def pick(self, which: int) -> Appointment:
        return self.known[which % len(self.known)]

    def learn(self, which: int, now_so: Appointment) -> None:
        self.known[which % len(self.known)] = now_so

    def state(self, mine: Appointment) -> str:
        lapsed = mine.held_until is not None and mine.held_until <= self.clock.now()
        return "expired" if mine.state == "held" and lapsed else mine.state

    def taken(self, start: datetime, other_than: Appointment | None = None) -> bool:
        return any(
            self.state(one) in ("held", "booked") and one.starts_at == start
            for one in self.known
            if other_than is None or one.id != other_than.id
        )


def at_slot(slot: int) -> datetime:
    return datetime.combine(TUESDAY, time(10), KYIV) + timedelta(minutes=10 * slot)
