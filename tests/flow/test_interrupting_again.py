"""An interruption said again, at once or anew, elsewhere, or by somebody who may not."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from queue_app.domain.interruptions import Interruption
from queue_app.domain.people import OPERATOR, Staff
from queue_app.flow import accounts, interrupting
from queue_app.flow.act import By
from queue_app.queries import halls, reference
from queue_app.screens.board import board_view
from queue_app.store import db
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
            interrupting.interrupt(By(one.clerk, clock.now()), BRANCH, "alert", None, "")
            for one in (desk, other, desk, other)
        )
    )
    assert len({one.id for one in both}) == 1
    with pytest.raises(Conflict, match="already_interrupted") as refused:
        await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "power", None, "")
    assert refused.value.details == {"interruption": both[0].id, "kind": "alert"}
    some = [
        await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "registry", codes, "")
        for codes in ([SERVICE, "debt-amount"], ["debt-amount", SERVICE, SERVICE])
    ]
    assert some[0] == some[1]

    over = [
        await interrupting.resume(By(one.clerk, clock.advance(seconds=30)), both[0].id, 10)
        for one in (desk, other)
    ]
    assert over[0] == over[1]


async def test_what_the_next_stop_changes_of_the_last_leaves_its_event(
    desk: Desk, clock: FixedClock
) -> None:
    first = await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, "")
    clock.advance(minutes=-5)
    forward = await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, "")
    assert (forward.id, forward.started_at) == (first.id, clock.now())
    await interrupting.resume(By(desk.clerk, clock.advance(minutes=1)), first.id, 10)
    await interrupting.interrupt(
        By(desk.clerk, clock.advance(minutes=1)), BRANCH, "power", None, ""
    )
    rows = await db.fetch(
        "SELECT verb, subject, after FROM office_event WHERE kind = 'interruption' ORDER BY id"
    )
    assert [(row["verb"], row["subject"] == str(first.id)) for row in rows] == [
        ("begin", True), ("bring_forward", True), ("end", True), ("replace", True),
        ("begin", False),
    ]  # fmt: skip
    kept = await db.fetch_row("SELECT * FROM interruption WHERE id = $1", first.id)
    assert kept
    replaced = msgspec.json.decode(rows[3]["after"], type=Interruption)
    assert (replaced.started_at, replaced.resumes_at) == (kept["started_at"], kept["resumes_at"])
    assert kept["resumes_at"] == clock.now()


async def test_an_all_clear_is_not_lost_to_a_clock_that_was_set_back(
    desk: Desk, clock: FixedClock
) -> None:
    """It is said while the next stop brings the beginning forward: one comes after the other."""
    first = await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, "")
    clock.advance(minutes=-5)
    await asyncio.gather(
        interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, ""),
        interrupting.resume(By(desk.clerk, clock.now()), first.id, 10),
    )
    ended = await db.fetch_value("SELECT ended_at FROM interruption WHERE id = $1", first.id)
    assert ended is not None


async def test_the_same_key_gives_the_same_interruption_after_its_end_too(
    desk: Desk, clock: FixedClock
) -> None:
    key, again = uuid4(), uuid4()
    begun = [
        await interrupting.interrupt(By(desk.clerk, clock.now(), key), BRANCH, "power", None, "щит")
    ]
    ended = [await interrupting.resume(By(desk.clerk, clock.now(), again), begun[0].id, 0)]
    begun.append(
        await interrupting.interrupt(By(desk.clerk, clock.now(), key), BRANCH, "power", None, "щит")
    )
    ended.append(await interrupting.resume(By(desk.clerk, clock.now(), again), begun[0].id, 0))
    assert begun[0] == begun[1]
    assert ended[0] == ended[1]
    assert (await board_at(clock.now())).interruption is None


async def test_an_alert_anew_while_the_last_one_is_ending_stops_calls_again(
    desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    first = await alert(desk, clock.now())
    await interrupting.resume(By(desk.clerk, clock.advance(minutes=5)), first, None)
    second = await alert(desk, clock.advance(minutes=2))
    assert second != first
    clock.advance(minutes=30)
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())
    await interrupting.resume(By(desk.clerk, clock.now()), second, 0)
    assert await call(desk, clock.now())


async def test_only_staff_of_the_branch_may_and_only_what_there_is(
    desk: Desk, clock: FixedClock
) -> None:
    now = clock.now()
    stranger: Staff = await accounts.add_staff(
        By(OPERATOR, now), "far", "supervisor", ELSEWHERE, PASSWORD
    )
    with pytest.raises(NotAllowed, match="other_branch"):
        await interrupting.interrupt(By(stranger, now), BRANCH, "alert", None, "")
    stop = await alert(desk, now)
    with pytest.raises(NotAllowed, match="other_branch"):
        await interrupting.resume(By(stranger, now), stop, None)
    for bad in (0, -1, stop + 1000, 2**63):
        with pytest.raises(NotFound, match="unknown_interruption"):
            await interrupting.resume(By(desk.clerk, now), bad, None)
    for kind, services, code in (
        ("flood", None, "unknown_kind"),
        ("registry", [], "no_service"),
        ("registry", ["nonsense"], "unknown_service"),
    ):
        with pytest.raises(RuleBroken, match=code):
            await interrupting.interrupt(By(desk.clerk, now), BRANCH, kind, services, "")
    for delay in (-1, 100_000):
        with pytest.raises(RuleBroken, match="bad_delay"):
            await interrupting.resume(By(desk.clerk, now), stop, delay)
    assert (await interrupting.resume(By(desk.clerk, now), stop, 0)).resumes_at == now


async def test_other_branches_go_on(desk: Desk, clock: FixedClock) -> None:
    await alert(desk, clock.now())
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(ELSEWHERE), clock.now())
    assert board_view(seen).interruption is None
    await take_ticket(clock.now(), branch=ELSEWHERE)


async def test_the_next_alert_takes_the_place_of_an_all_clear(
    desk: Desk, clock: FixedClock
) -> None:
    first = await alert(desk, clock.now())
    await interrupting.resume(By(desk.clerk, clock.advance(minutes=15)), first, 10)
    second = await alert(desk, clock.advance(minutes=3))
    assert second != first
    a_moment_before = clock.now() - timedelta(milliseconds=5)
    with pytest.raises(Conflict, match="interrupted_anew") as anew:
        await interrupting.resume(By(desk.clerk, a_moment_before), first, 60)
    assert anew.value.details == {"interruption": second}
    assert [one.id for one in (await console_at(desk, clock.now())).interruptions] == [second]
    await interrupting.resume(By(desk.clerk, clock.advance(minutes=5)), second, 0)
    assert (await console_at(desk, clock.now())).interruptions == ()
    await take_ticket(clock.now())
    assert await call(desk, clock.now())


async def test_a_stop_of_the_same_services_takes_the_place_of_one_whose_minutes_still_run(
    desk: Desk, clock: FixedClock
) -> None:
    ticket = await take_ticket(clock.now())

    async def stop(now: datetime) -> Interruption:
        return await interrupting.interrupt(By(desk.clerk, now), BRANCH, "registry", [SERVICE], "")

    first = await stop(clock.now())
    await interrupting.resume(By(desk.clerk, clock.advance(minutes=1)), first.id, 60)
    second = await stop(clock.advance(minutes=1))
    assert second.id != first.id
    assert await call(desk, clock.now()) is None
    await interrupting.resume(By(desk.clerk, clock.advance(minutes=1)), second.id, 0)
    assert await call(desk, clock.now()) == ticket.number


async def test_an_alert_that_a_wrong_clock_put_into_the_future_stops_calls_when_it_is_said_again(
    desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    first = await alert(desk, clock.now() + timedelta(hours=1))
    again = await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, "")
    assert (again.id, again.started_at) == (first, clock.now())
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())
    await interrupting.resume(By(desk.clerk, clock.advance(minutes=5)), first, 0)
    assert await call(desk, clock.now())
