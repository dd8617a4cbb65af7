"""Nobody loses by an alert: neither who has booked nor who was called."""

from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict
from queue_app.flow import arrival, booking, calling, interrupting
from tests.conftest import MONDAY
from tests.flow.alerts import alert, call, console_at, hall_at, phone_at, serve
from tests.support.hall import SERVICE, Desk, take_ticket
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("proven")


async def test_a_booking_that_fell_into_an_alert_is_still_expected_after_it(
    desk: Desk, clock: FixedClock
) -> None:
    starts_at = MONDAY + timedelta(minutes=30)
    held = await booking.hold(BRANCH, [SERVICE], starts_at, "visit", clock.now())
    await booking.confirm(held.token, "Ян", "0671234567", None, "uk", clock.now())
    stop = await alert(desk, clock.advance(minutes=25))
    await interrupting.resume(stop, 0, desk.clerk, clock.advance(minutes=60))
    seen = await hall_at(clock.now())
    assert [one.due_at for one in seen.appointed] == [starts_at]
    assert (await hall_at(clock.advance(minutes=11))).appointed == (), "and then is late"


async def test_a_booking_that_fell_into_an_alert_comes_first_after_it(
    desk: Desk, clock: FixedClock
) -> None:
    walk_in = await take_ticket(clock.now())
    codes = []
    for minutes in (60, 80):
        starts_at = MONDAY + timedelta(minutes=minutes)
        held = await booking.hold(BRANCH, [SERVICE], starts_at, "visit", clock.now())
        made = await booking.confirm(held.token, "Ян", "0671234567", None, "uk", clock.now())
        codes.append(made.code)
    clock.advance(minutes=65)
    stop = await alert(desk, clock.now())
    clock.advance(minutes=60)
    await interrupting.resume(stop, 10, desk.clerk, clock.now())
    clock.advance(minutes=19)
    second = await arrival.check_in(BRANCH, codes[1], "device:1", clock.now())
    first = await arrival.check_in(BRANCH, codes[0], "device:1", clock.now())
    assert (first.late, second.late) == (False, False)
    order = [await serve(desk, clock.now()) for _ in range(3)]
    assert order == [first.number, second.number, walk_in.number]


async def test_who_comes_later_than_the_grace_after_it_is_late(
    desk: Desk, clock: FixedClock
) -> None:
    held = await booking.hold(BRANCH, [SERVICE], MONDAY.replace(hour=11), "visit", clock.now())
    booked = await booking.confirm(held.token, "Ян", "0671234567", None, "uk", clock.now())
    clock.advance(minutes=55)
    stop = await alert(desk, clock.now())
    clock.advance(minutes=30)
    await interrupting.resume(stop, 10, desk.clerk, clock.now())
    clock.advance(minutes=20, seconds=1)
    assert (await arrival.check_in(BRANCH, booked.code, "device:1", clock.now())).late


async def test_nobody_is_a_no_show_while_everything_is_stopped(
    desk: Desk, clock: FixedClock
) -> None:
    called = await take_ticket(clock.advance(seconds=1))
    await call(desk, clock.now())
    stop = await alert(desk, clock.advance(seconds=5))
    with pytest.raises(Conflict, match="hall_paused"):
        await calling.no_show(called.id, desk.clerk, clock.advance(minutes=20))
    assert (await phone_at(called.token, clock.now())).state == "called"
    await interrupting.resume(stop, 0, desk.clerk, clock.now())
    await calling.no_show(called.id, desk.clerk, clock.advance(minutes=2))


async def test_whoever_was_called_before_an_alert_has_time_to_come_after_it(
    desk: Desk, clock: FixedClock
) -> None:
    called = await take_ticket(clock.now())
    await call(desk, clock.now())
    stop = await alert(desk, clock.advance(minutes=1))
    clock.advance(minutes=30)
    with pytest.raises(Conflict, match="hall_paused"):
        await calling.recall(called.id, desk.clerk, clock.now())
    over = await interrupting.resume(stop, 0, desk.clerk, clock.now())
    current = (await console_at(desk, clock.now())).current
    assert current
    assert current.awaited_since == over.resumes_at
    with pytest.raises(Conflict, match="just_resumed") as too_soon:
        await calling.no_show(called.id, desk.clerk, clock.advance(seconds=5))
    assert too_soon.value.details["possible_at"] == clock.now() + timedelta(seconds=115)
    await calling.recall(called.id, desk.clerk, clock.now())
    await calling.no_show(called.id, desk.clerk, clock.advance(minutes=2))
