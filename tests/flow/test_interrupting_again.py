"""An interruption said again, at once or anew, elsewhere, or by somebody who may not."""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from queue_app.domain.people import Staff
from queue_app.flow import interrupting, staffing
from queue_app.queries import halls, reference
from queue_app.screens import views
from tests.flow.alerts import alert, board_at, call, console_at
from tests.support.hall import SERVICE, Desk, open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")

ELSEWHERE = "darnytskyi"


async def test_saying_it_twice_or_at_once_makes_one_interruption(
    desk: Desk, clock: FixedClock
) -> None:
    other = await open_desk("2", clock.now())
    both = await asyncio.gather(
        *(
            interrupting.interrupt(BRANCH, "alert", None, "", one.clerk, clock.now())
            for one in (desk, other, desk, other)
        )
    )
    assert len({one.id for one in both}) == 1
    with pytest.raises(Conflict, match="already_interrupted") as refused:
        await interrupting.interrupt(BRANCH, "power", None, "", desk.clerk, clock.now())
    assert refused.value.details == {"interruption": both[0].id, "kind": "alert"}
    some = [
        await interrupting.interrupt(BRANCH, "registry", codes, "", desk.clerk, clock.now())
        for codes in ([SERVICE, "debt-amount"], ["debt-amount", SERVICE, SERVICE])
    ]
    assert some[0] == some[1]

    over = [
        await interrupting.resume(both[0].id, 10, one.clerk, clock.advance(seconds=30))
        for one in (desk, other)
    ]
    assert over[0] == over[1]


async def test_the_same_key_gives_the_same_interruption_after_its_end_too(
    desk: Desk, clock: FixedClock
) -> None:
    key, again = uuid4(), uuid4()
    begun = [
        await interrupting.interrupt(BRANCH, "power", None, "щит", desk.clerk, clock.now(), key)
    ]
    ended = [await interrupting.resume(begun[0].id, 0, desk.clerk, clock.now(), again)]
    begun.append(
        await interrupting.interrupt(BRANCH, "power", None, "щит", desk.clerk, clock.now(), key)
    )
    ended.append(await interrupting.resume(begun[0].id, 0, desk.clerk, clock.now(), again))
    assert begun[0] == begun[1]
    assert ended[0] == ended[1]
    assert (await board_at(clock.now())).interruption is None


async def test_an_alert_anew_while_the_last_one_is_ending_stops_calls_again(
    desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    first = await alert(desk, clock.now())
    await interrupting.resume(first, None, desk.clerk, clock.advance(minutes=5))
    second = await alert(desk, clock.advance(minutes=2))
    assert second != first
    clock.advance(minutes=30)
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())
    await interrupting.resume(second, 0, desk.clerk, clock.now())
    assert await call(desk, clock.now())


async def test_only_staff_of_the_branch_may_and_only_what_there_is(
    desk: Desk, clock: FixedClock
) -> None:
    now = clock.now()
    stranger: Staff = await staffing.add_staff("far", "supervisor", ELSEWHERE, PASSWORD, now)
    with pytest.raises(NotAllowed, match="other_branch"):
        await interrupting.interrupt(BRANCH, "alert", None, "", stranger, now)
    stop = await alert(desk, now)
    with pytest.raises(NotAllowed, match="other_branch"):
        await interrupting.resume(stop, None, stranger, now)
    for bad in (0, -1, stop + 1000, 2**63):
        with pytest.raises(NotFound, match="unknown_interruption"):
            await interrupting.resume(bad, None, desk.clerk, now)
    for kind, services, code in (
        ("flood", None, "unknown_kind"),
        ("registry", [], "no_service"),
        ("registry", ["nonsense"], "unknown_service"),
    ):
        with pytest.raises(RuleBroken, match=code):
            await interrupting.interrupt(BRANCH, kind, services, "", desk.clerk, now)
    for delay in (-1, 100_000):
        with pytest.raises(RuleBroken, match="bad_delay"):
            await interrupting.resume(stop, delay, desk.clerk, now)
    assert (await interrupting.resume(stop, 0, desk.clerk, now)).resumes_at == now


async def test_other_branches_go_on(desk: Desk, clock: FixedClock) -> None:
    await alert(desk, clock.now())
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(ELSEWHERE), clock.now())
    assert views.board(seen).interruption is None
    await take_ticket(clock.now(), branch=ELSEWHERE)


async def test_the_next_alert_takes_the_place_of_an_all_clear(
    desk: Desk, clock: FixedClock
) -> None:
    first = await alert(desk, clock.now())
    await interrupting.resume(first, 10, desk.clerk, clock.advance(minutes=15))
    second = await alert(desk, clock.advance(minutes=3))
    assert second != first
    a_moment_before = clock.now() - timedelta(milliseconds=5)
    with pytest.raises(Conflict, match="interrupted_anew") as anew:
        await interrupting.resume(first, 60, desk.clerk, a_moment_before)
    assert anew.value.details == {"interruption": second}
    assert [one.id for one in (await console_at(desk, clock.now())).interruptions] == [second]
    await interrupting.resume(second, 0, desk.clerk, clock.advance(minutes=5))
    assert (await console_at(desk, clock.now())).interruptions == ()
    await take_ticket(clock.now())
    assert await call(desk, clock.now())


async def test_a_stop_of_the_same_services_takes_the_place_of_one_whose_minutes_still_run(
    desk: Desk, clock: FixedClock
) -> None:
    ticket = await take_ticket(clock.now())
    stop = partial(interrupting.interrupt, BRANCH, "registry", [SERVICE], "", desk.clerk)
    first = await stop(clock.now())
    await interrupting.resume(first.id, 60, desk.clerk, clock.advance(minutes=1))
    second = await stop(clock.advance(minutes=1))
    assert second.id != first.id
    assert await call(desk, clock.now()) is None
    await interrupting.resume(second.id, 0, desk.clerk, clock.advance(minutes=1))
    assert await call(desk, clock.now()) == ticket.number


async def test_an_alert_that_a_wrong_clock_put_into_the_future_stops_calls_when_it_is_said_again(
    desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    first = await alert(desk, clock.now() + timedelta(hours=1))
    again = await interrupting.interrupt(BRANCH, "alert", None, "", desk.clerk, clock.now())
    assert (again.id, again.started_at) == (first, clock.now())
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())
    await interrupting.resume(first, 0, desk.clerk, clock.advance(minutes=5))
    assert await call(desk, clock.now())
