"""At the desks: taking back what was said."""

from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed
from queue_app.domain.tickets import fold
from queue_app.flow import calling
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.queries.tickets import history
from tests.flow.desks import issue, now_of, screen_of
from tests.support.hall import open_desk

pytestmark = pytest.mark.usefixtures("proven")


@pytest.mark.parametrize("verb", ["call", "recall", "start", "finish", "no_show", "park"])
async def test_undo_leads_back_to_the_state_before(verb: str, clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    path = {
        "call": ["call"],
        "recall": ["call", "recall"],
        "start": ["call", "start"],
        "finish": ["call", "start", "finish"],
        "no_show": ["call", "no_show"],
        "park": ["call", "start", "park"],
    }[verb]
    before = await now_of(ticket)
    for step in path:
        before = await now_of(ticket)
        await (desk.call() if step == "call" else getattr(desk, step)(ticket))
        clock.advance(seconds=1)
    offered = (await screen_of(desk, clock)).undo
    assert offered
    assert (offered.ticket, offered.verb) == (ticket, verb)
    await desk.undo(ticket)
    after = await now_of(ticket)
    assert after.progress.revision == before.progress.revision + 2
    assert after.progress.state == before.progress.state
    assert after.progress.desk_id == before.progress.desk_id
    assert fold(await history(after.branch_id, after.id)) == after.progress


async def test_a_transfer_is_told_from_the_way_back_to_the_queue(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk, other = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    by = By(desk.clerk, clock.now())
    own = list((await now_of(ticket)).progress.services)
    for services, to_desk, back in (
        (own, None, True),
        (own, other.id, False),
        (own, None, True),
        (None, desk.id, False),
        (["meter-readings"], None, False),
    ):
        await desk.call(ticket)
        await calling.transfer(by, ticket, services, to_desk)
        offered = (await screen_of(desk, clock)).undo
        assert offered
        assert (offered.verb, offered.back, offered.channel) == ("transfer", back, "visit")
        clock.advance(seconds=1)


async def test_undo_after_undo_goes_one_further_back(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.start(ticket)
    await desk.undo(ticket)
    await desk.undo(ticket)
    assert (await now_of(ticket)).progress.state == "waiting"
    with pytest.raises(Conflict, match="nothing_to_undo"):
        await desk.undo(ticket)


async def test_an_undo_is_offered_for_the_stated_minutes_only(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    minutes = (await reference.directory()).rules.undo_minutes
    offered = (await screen_of(desk, clock)).undo
    assert offered
    assert offered.until == clock.now() + timedelta(minutes=minutes)
    clock.advance(minutes=minutes, seconds=1)
    assert (await screen_of(desk, clock)).undo is None
    with pytest.raises(Conflict, match="nothing_to_undo"):
        await calling.undo(By(desk.clerk, clock.now()), ticket)


async def test_undo_never_brings_a_second_person_to_a_desk(clock: FixedClock) -> None:
    first, second = await issue(clock), await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.start(first)
    await desk.finish(first)
    await desk.call()
    offered = (await screen_of(desk, clock)).undo
    assert offered
    assert offered.ticket == second
    with pytest.raises(Conflict, match="desk_busy"):
        await desk.undo(first)
    await desk.undo(second)
    offered = (await screen_of(desk, clock)).undo
    assert offered
    assert (offered.ticket, offered.verb) == (first, "finish")
    await desk.undo(first)
    assert (await now_of(first)).progress.state == "serving"


async def test_a_transfer_is_undone_until_somebody_else_calls(clock: FixedClock) -> None:
    ticket = await issue(clock)
    one, two = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    await one.call()
    await calling.transfer(By(one.clerk, clock.now()), ticket, to_desk=two.id)
    await one.undo(ticket)
    assert (await now_of(ticket)).progress.desk_id == one.id
    await calling.transfer(By(one.clerk, clock.now()), ticket, to_desk=two.id)
    await two.call()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await one.undo(ticket)


async def test_putting_back_is_undone_where_it_was_said(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.no_show(ticket)
    clock.advance(seconds=1)
    await calling.put_back(By(desk.clerk, clock.now()), ticket)
    offered = (await screen_of(desk, clock)).undo
    assert offered
    assert (offered.ticket, offered.verb) == (ticket, "return")
    await desk.undo(ticket)
    assert (await now_of(ticket)).progress.state == "no_show"


async def test_what_happens_next_is_never_before_what_happened_last(clock: FixedClock) -> None:
    """Though a clock was set back, and though nothing in the row says any more when it was."""
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    later = clock.advance(minutes=10)
    await calling.park(By(desk.clerk, later), ticket)
    clock.advance(minutes=-5)
    await calling.put_back(By(desk.clerk, clock.now()), ticket)
    called = await calling.call(By(desk.clerk, clock.now()), desk.id, ticket)
    assert called
    events = await history(called.branch_id, ticket)
    assert [event.at for event in events][-3:] == [later] * 3
    assert called.progress.called_at == later
