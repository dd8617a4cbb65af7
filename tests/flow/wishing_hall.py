"""A hall with few times, and people who wait for one of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.centre import BranchPlan, Centre, LanePlan, Period
from queue_app.domain.contacts import Resident
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.domain.wish import Wanted, Wish
from queue_app.flow import booking, wishing
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.jobs import holds, offers, retention
from queue_app.queries import reference, waiting_list
from queue_app.store import db
from tests.conftest import KYIV, MONDAY
from tests.flow.bookings import NIGHT, ONE, SERVICE, TUESDAY, centre_with_a_night
from tests.flow.stage import pool_on
from tests.support.database import empty

replace = msgspec.structs.replace
TEN, SLOTS = datetime.combine(TUESDAY, time(10), KYIV), 3


def small_centre(**rules: Any) -> Centre:
    """ONE and NIGHT have a single lane each, and that on Tuesdays from ten to half past."""
    centre = centre_with_a_night()
    every = tuple(skill.code for skill in centre.skills)
    lane = LanePlan("only", "visit", every, {"tue": (Period(time(10), time(10, 30)),)})

    def small(branch: BranchPlan) -> BranchPlan:
        if branch.slug not in (ONE, NIGHT):
            return branch
        return replace(branch, lanes=(lane,), hours=centre.branches[0].hours)

    return replace(
        centre,
        rules=replace(centre.rules, horizon_days=5, **rules),
        branches=tuple(map(small, centre.branches)),
    )


@asynccontextmanager
async def hall(dsn: str, **rules: Any) -> AsyncIterator[None]:
    """Empty, with these rules."""
    await empty(dsn)
    async with pool_on(dsn):
        await apply(By(OPERATOR, MONDAY), small_centre(**rules), accept=True)
        reference.forget()
        yield
    reference.forget()


def at(slot: int) -> datetime:
    return TEN + timedelta(minutes=10 * slot)


def by(now: datetime = MONDAY) -> By:
    return By(RESIDENT, now)


async def book(slot: int, now: datetime = MONDAY, phone: str | None = None) -> Appointment:
    held = await booking.hold(by(now), ONE, [SERVICE], at(slot), "visit")
    number = phone or f"+38067{held.id:07}"
    return await booking.confirm(by(now), held.token, "Ян", number, None, "uk")


async def book_all(now: datetime = MONDAY) -> list[Appointment]:
    return [await book(slot, now) for slot in range(SLOTS)]


async def wanted(*branches: str, **changes: Any) -> Wanted:
    directory = await reference.directory()
    ids = tuple(directory.branch(slug).id for slug in branches or (ONE,))
    whole = Wanted((SERVICE,), "visit", ids, date(2026, 11, 23), date(2026, 12, 20))
    return replace(whole, **changes)


async def wish(
    number: int, *branches: str, now: datetime = MONDAY, phone: str | None = None, **changes: Any
) -> Wish:
    """Of somebody with a mail address of their own, or with that phone."""
    mail = None if phone else f"waiting{number}@example.com"
    person = Resident(f"Особа {number}", phone, mail)
    token = await wishing.make_wish(by(now), "uk", await wanted(*branches, **changes), person)
    return await waiting_list.by_token(token)


async def offer_of(one: Wish) -> Appointment | None:
    found = await waiting_list.offers(one.id)
    return next((offer for offer in found if offer.state == "held"), None)


async def state_of(one: Wish) -> str:
    return (await waiting_list.by_token(one.token)).state


async def turn(now: datetime) -> None:
    """Every job that has to do with wishes has its turn."""
    clock = FixedClock(now)
    for run in (holds.expire, offers.offer, offers.end, retention.forget_people):
        await run(clock)


async def told() -> list[tuple[str, str]]:
    rows = await db.fetch(
        "SELECT kind, recipient FROM message WHERE kind IN ('offer', 'unmet') ORDER BY id"
    )
    return [tuple(row) for row in rows]
