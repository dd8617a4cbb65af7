"""Other services for a booking: at its own time where they fit there."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta

import pytest

from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import appointments, doctor
from queue_app.store import db
from tests.conftest import KYIV, MONDAY
from tests.flow.bookings import ONE, TUESDAY, centre_with_a_night, confirm, hold, refused, starts
from tests.flow.stage import own
from tests.support.database import empty
from tests.support.people import KIOSK

TEN = datetime.combine(TUESDAY, time(10), KYIV)
SHORT, LONG = ["debt-amount"], ["debt-amount", "owner-change", "tariffs"]
BY = By(RESIDENT, MONDAY)


@pytest.fixture(scope="module")
async def dsn_of_changes(database_server: str, worker: str) -> AsyncIterator[str]:
    async with own(database_server, f"{worker}-changes") as dsn:
        await apply(By(OPERATOR, MONDAY), centre_with_a_night())
        yield dsn


@pytest.fixture(autouse=True)
async def nothing_booked(dsn_of_changes: str) -> AsyncIterator[None]:
    await empty(dsn_of_changes)
    yield
    assert await doctor.check(MONDAY) == []


async def booked(start: datetime = TEN, services: list[str] = SHORT) -> Appointment:
    return await confirm(await hold(ONE, start, MONDAY, services), MONDAY)


async def kinds() -> list[str]:
    rows = await db.fetch("SELECT kind FROM message ORDER BY id")
    return [row["kind"] for row in rows]


async def test_more_services_keep_the_time_and_take_what_follows_it() -> None:
    mine = await booked()
    changed = await booking.change_services(BY, mine.token, LONG)
    assert (changed.starts_at, changed.code, set(changed.services)) == (TEN, mine.code, set(LONG))
    assert changed.ends_at - TEN == timedelta(minutes=25)
    assert TEN + timedelta(minutes=20) not in await starts(ONE, TUESDAY, MONDAY)
    assert [one.verb for one in await appointments.history(mine.branch_id, mine.id)][-1] == "change"
    assert await kinds() == ["booked", "booked"]


async def test_fewer_services_give_the_rest_back() -> None:
    mine = await booked(services=LONG)
    await booking.change_services(BY, mine.token, SHORT)
    assert TEN + timedelta(minutes=10) in await starts(ONE, TUESDAY, MONDAY)


async def test_what_does_not_fit_changes_nothing_and_names_times_at_which_it_would() -> None:
    mine = await booked()
    await booked(TEN + timedelta(minutes=10))
    with pytest.raises(Conflict, match="does_not_fit") as error:
        await booking.change_services(BY, mine.token, LONG)
    assert (await appointments.by_token(mine.token)).services == tuple(SHORT)
    later = next(one for one in error.value.details["alternatives"] if one > TEN)
    moved = await booking.change_services(BY, mine.token, LONG, later)
    assert (moved.id, moved.starts_at, len(moved.services)) == (mine.id, later, 3)
    assert await kinds() == ["booked", "booked", "moved"]


async def test_a_time_that_is_near_is_kept_by_whoever_has_it() -> None:
    mine = await booked()
    near = By(RESIDENT, TEN - timedelta(minutes=1))
    changed = await booking.change_services(near, mine.token, ["tariffs"])
    assert changed.services == ("tariffs",)


async def test_what_cannot_be_given_is_refused_by_name() -> None:
    mine = await booked()
    change = booking.change_services
    assert await refused(change, BY, mine.token, []) == "no_service"
    assert await refused(change, BY, mine.token, ["piloting"]) == "unknown_service"
    many = [*LONG, "bill-duplicate", "quality-check", "account-opening"]
    assert await refused(change, BY, mine.token, many) == "too_many_services"
    odd = TEN + timedelta(minutes=3)
    assert await refused(change, BY, mine.token, LONG, odd) == "no_such_time"
    past = By(RESIDENT, TEN)
    assert await refused(change, past, mine.token, LONG) == "too_late_to_change"
    held = await hold(ONE, TEN + timedelta(hours=1), MONDAY)
    assert await refused(change, BY, held.token, LONG) == "appointment_state"


async def test_whoever_has_checked_in_changes_nothing_any_more() -> None:
    mine = await booked()
    early = TEN - timedelta(minutes=10)
    await arrival.check_in(By(KIOSK, early), ONE, mine.code)
    by = By(RESIDENT, early)
    assert await refused(booking.change_services, by, mine.token, LONG) == "already_checked_in"


async def test_the_same_services_are_no_change() -> None:
    mine = await booked(services=LONG)
    same = await booking.change_services(BY, mine.token, [*reversed(LONG), LONG[0]])
    assert same.revision == mine.revision


async def test_a_longer_visit_and_whoever_books_next_to_it_never_share_a_minute() -> None:
    for turn in range(6):
        start = TEN + timedelta(hours=turn)
        mine = await booked(start)
        done = await asyncio.gather(
            booking.change_services(BY, mine.token, LONG),
            hold(ONE, start + timedelta(minutes=10), MONDAY, SHORT),
            booking.change_services(BY, mine.token, LONG),
            hold(ONE, start + timedelta(minutes=20), MONDAY, SHORT),
            return_exceptions=True,
        )
        assert all(isinstance(one, Appointment | Conflict | RuleBroken) for one in done), done
        known = await appointments.by_token(mine.token)
        longer = known.services == tuple(LONG)
        assert longer == isinstance(done[0], Appointment) == isinstance(done[2], Appointment)
        assert longer != any(isinstance(done[one], Appointment) for one in (1, 3))
