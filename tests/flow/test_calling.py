"""At the desks: the verbs, the order of calls, and who may say them."""

from uuid import uuid4

import asyncpg
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from queue_app.domain.hall import RECENT
from queue_app.domain.people import OPERATOR, Staff
from queue_app.flow import accounts, arrival, calling, staffing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.store import db
from tests.flow.desks import ACCOUNTS, issue, now_of, screen_of, verbs_of
from tests.support.hall import open_desk
from tests.support.people import BRANCH, KIOSK, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")

ELSEWHERE = "darnytskyi"


async def add_supervisor(clock: FixedClock, branch: str = BRANCH) -> Staff:
    return await accounts.add_staff(
        By(OPERATOR, clock.now()), f"super-{branch}", "supervisor", branch, PASSWORD
    )


async def test_a_visit_from_the_call_to_the_end(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    called = await desk.call()
    assert (called.id, called.progress.state, called.progress.desk_id) == (
        ticket, "called", desk.id,
    )  # fmt: skip
    await desk.recall(ticket)
    await desk.start(ticket)
    await desk.finish(ticket)
    after = await now_of(ticket)
    assert (after.progress.state, after.progress.calls) == ("finished", 2)
    assert await verbs_of(ticket) == ["issue", "call", "recall", "start", "finish"]


async def test_a_desk_calls_in_the_order_of_coming_what_it_can_serve(clock: FixedClock) -> None:
    accounts = await issue(clock, ACCOUNTS)
    first, second = await issue(clock), await issue(clock)
    desk = await open_desk("1", clock.now())
    for expected in (first, second):
        assert (await desk.call()).id == expected
        await desk.no_show(expected)
    assert await calling.call(By(desk.clerk, clock.now()), desk.id) is None
    assert (await now_of(accounts)).progress.state == "waiting"


async def test_priority_goes_first_and_the_screen_says_why(clock: FixedClock) -> None:
    await issue(clock)
    await arrival.issue(By(KIOSK, clock.now()), BRANCH, ["bill-duplicate"], "veteran", "uk")
    desk = await open_desk("1", clock.now())
    shown = (await screen_of(desk, clock)).queue
    assert [one.number for one in shown] == ["П1", "А1"]
    assert shown[0].reason["uk"].startswith("Першочергово: Ветеран")
    assert (await desk.call()).number == "П1"


async def claimed(clock: FixedClock) -> int:
    """Whoever claims to go first."""
    by = By(KIOSK, clock.now())
    issued = await arrival.issue(by, BRANCH, ["bill-duplicate"], "veteran", "uk")
    return issued.id


async def test_a_clerk_sees_the_document_of_a_right_to_go_first(clock: FixedClock) -> None:
    first = await claimed(clock)
    desk = await open_desk("1", clock.now())
    await desk.call(first)
    by = By(desk.clerk, clock.now())
    with pytest.raises(Conflict, match="ticket_state"):
        await calling.check_right(by, first, shown=True)
    await desk.start(first)
    assert (await now_of(first)).progress.right_shown is None
    await calling.check_right(by, first, shown=True)
    current = (await screen_of(desk, clock)).current
    assert current and (current.state, current.right_shown) == ("serving", True)
    await desk.finish(first)
    assert await verbs_of(first) == ["issue", "call", "start", "prove", "finish"]


async def test_without_the_document_one_waits_in_the_usual_order_and_an_undo_takes_it_back(
    clock: FixedClock,
) -> None:
    usual = await issue(clock)
    clock.advance(minutes=5)
    first = await claimed(clock)
    desk = await open_desk("1", clock.now())
    assert (await desk.call()).id == first
    await calling.check_right(By(desk.clerk, clock.now()), first, shown=False)
    shown = (await screen_of(desk, clock)).queue
    assert [(one.ticket, one.reason_code) for one in shown] == [
        (usual, "waiting_longest"), (first, "waiting_longest"),
    ]  # fmt: skip
    await desk.undo(first)
    assert (await now_of(first)).progress.right_shown is None
    assert (await now_of(first)).as_waiting().priority == "veteran"


async def test_nobody_is_asked_for_the_document_of_a_right_they_do_not_claim(
    clock: FixedClock,
) -> None:
    usual = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call(usual)
    with pytest.raises(RuleBroken, match="no_right"):
        await calling.check_right(By(desk.clerk, clock.now()), usual, shown=False)


async def test_a_recall_waits_until_the_last_was_heard(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.recall(ticket)
    with pytest.raises(Conflict, match="recall_too_soon"):
        await calling.recall(By(desk.clerk, clock.advance(seconds=4)), ticket)
    await calling.recall(By(desk.clerk, clock.advance(seconds=1)), ticket)
    assert await verbs_of(ticket) == ["issue", "call", "recall", "recall"]


async def test_nobody_waits_is_an_answer_too_and_the_next_press_asks_anew(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", clock.now())
    key = uuid4()
    assert await calling.call(By(desk.clerk, clock.now(), key), desk.id) is None
    ticket = await issue(clock)
    assert await calling.call(By(desk.clerk, clock.now(), key), desk.id) is None
    called = await calling.call(By(desk.clerk, clock.now(), uuid4()), desk.id)
    assert called
    assert called.id == ticket


async def test_a_picked_person_comes_before_the_order(clock: FixedClock) -> None:
    await issue(clock)
    second = await issue(clock)
    desk = await open_desk("1", clock.now())
    assert (await desk.call(second)).id == second


async def test_a_desk_cannot_pick_what_it_does_not_give(clock: FixedClock) -> None:
    ticket = await issue(clock, ACCOUNTS)
    desk = await open_desk("1", clock.now())
    with pytest.raises(RuleBroken, match="not_for_this_desk"):
        await desk.call(ticket)


async def test_a_parked_person_can_be_picked_or_put_back_to_their_place(clock: FixedClock) -> None:
    first, second = await issue(clock), await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.park(first)
    assert [one.ticket for one in (await screen_of(desk, clock)).parked] == [first]
    assert (await desk.call()).id == second
    await desk.no_show(second)
    await calling.put_back(By(desk.clerk, clock.now()), first)
    await calling.put_back(By(desk.clerk, clock.now()), second)
    assert [one.ticket for one in (await screen_of(desk, clock)).queue] == [first, second]
    await desk.call()
    await desk.park(first)
    assert (await desk.call(first)).id == first


async def test_who_missed_the_call_is_listed_long_after_and_comes_back(clock: FixedClock) -> None:
    missed = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.no_show(missed)
    for _ in range(RECENT + 1):
        ticket = await issue(clock)
        await desk.call()
        await desk.start(ticket)
        await desk.finish(ticket)
    assert [one.ticket for one in (await screen_of(desk, clock)).missed] == [missed]
    await calling.put_back(By(desk.clerk, clock.now()), missed)
    assert (await screen_of(desk, clock)).missed == ()
    assert (await desk.call()).id == missed


async def test_each_verb_needs_its_state(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    for verb in (desk.recall, desk.start, desk.finish, desk.no_show, desk.park):
        with pytest.raises(Conflict, match="ticket_state"):
            await verb(ticket)
    await desk.call()
    with pytest.raises(Conflict, match="ticket_state"):
        await desk.finish(ticket)
    await desk.start(ticket)
    for verb in (desk.recall, desk.start, desk.no_show):
        with pytest.raises(Conflict, match="ticket_state"):
            await verb(ticket)


async def test_a_clerk_acts_only_at_their_own_desk(clock: FixedClock) -> None:
    ticket = await issue(clock)
    one, two = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await calling.call(By(two.clerk, clock.now()), one.id)
    await one.call()
    for verb in (calling.recall, calling.start, calling.no_show, calling.park, calling.undo):
        with pytest.raises(NotAllowed, match="not_your_desk"):
            await verb(By(two.clerk, clock.now()), ticket)
    supervisor = await add_supervisor(clock)
    assert (await calling.start(By(supervisor, clock.now()), ticket)).progress.state == "serving"


async def test_another_branch_neither_sees_nor_touches_a_ticket(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    far = await open_desk("2", clock.now(), ELSEWHERE)
    far_supervisor = await add_supervisor(clock, ELSEWHERE)
    for stranger in (far.clerk, far_supervisor):
        with pytest.raises(NotAllowed, match="other_branch"):
            await calling.call(By(stranger, clock.now()), desk.id)
        for verb in (calling.start, calling.undo, calling.put_back):
            with pytest.raises(NotAllowed, match="other_branch"):
                await verb(By(stranger, clock.now()), ticket)
    with pytest.raises(NotAllowed, match="other_branch"):
        await far.call(ticket)
    with pytest.raises(NotFound, match="unknown_ticket"):
        await far.call(99_999)


async def test_a_desk_that_is_not_open_calls_nobody(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.start(ticket)
    await desk.pause()
    await desk.finish(ticket)
    with pytest.raises(Conflict, match="desk_not_open"):
        await desk.call()
    await staffing.close_desk(By(desk.clerk, clock.now()), desk.id)
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await desk.call()


async def test_the_record_of_what_happened_cannot_be_rewritten(clock: FixedClock) -> None:
    await issue(clock)
    for sql in ("UPDATE ticket_event SET verb = 'leave'", "DELETE FROM ticket_event"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await db.fetch(sql)


async def test_every_change_raises_the_version_of_the_branch_by_one(clock: FixedClock) -> None:
    async def version() -> int:
        branch = (await reference.directory()).branch(BRANCH)
        number = await db.fetch_value(
            "SELECT version FROM branch_version WHERE branch_id = $1", branch.id
        )
        assert isinstance(number, int)
        return number

    before = await version()
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.start(ticket)
    await desk.undo(ticket)
    assert await version() == before + 5
