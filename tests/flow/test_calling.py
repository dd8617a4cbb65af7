"""At the desks: the verbs, their rights, their races, and taking them back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from queue_app.domain.people import Staff
from queue_app.domain.tickets import Ticket, fold
from queue_app.flow import arrival, calling, staffing
from queue_app.queries import desks, doctor, halls, reference
from queue_app.queries.tickets import by_id, history
from queue_app.screens.desk import DeskQueueView, desk_view
from queue_app.store import db
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD

ACCOUNTS = "area-change"
"""Given at desks 3 and 4, which share nothing else but certificates with desk 1."""
ELSEWHERE = "darnytskyi"


@pytest.fixture(autouse=True)
async def proven(database: str, clock: FixedClock) -> AsyncIterator[None]:
    """Whatever a test did, every invariant of the database holds."""
    yield
    assert await doctor.check(clock.now()) == []


async def now_of(ticket: int) -> Ticket:
    ids = [branch.id for branch in (await reference.directory()).branches.values()]
    return await by_id(ids, ticket)


async def verbs_of(ticket: int) -> list[str]:
    one = await now_of(ticket)
    return [event.verb for event in await history(one.branch_id, one.id)]


async def screen_of(desk: Desk, clock: FixedClock) -> DeskQueueView:
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), clock.now())
    return desk_view(seen, desk.id, None, await desks.extra(seen, desk.id))


async def issue(clock: FixedClock, service: str = "bill-duplicate") -> int:
    """A ticket's id; the clock moves on, so that everyone came at a moment of their own."""
    ticket = await take_ticket(clock.now(), service=service)
    clock.advance(seconds=1)
    return ticket.id


async def add_supervisor(clock: FixedClock, branch: str = BRANCH) -> Staff:
    return await staffing.add_staff(f"super-{branch}", "supervisor", branch, PASSWORD, clock.now())


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
    assert await calling.call(desk.id, desk.clerk, clock.now()) is None
    assert (await now_of(accounts)).progress.state == "waiting"


async def test_priority_goes_first_and_the_screen_says_why(clock: FixedClock) -> None:
    await issue(clock)
    await arrival.issue_ticket(BRANCH, ["bill-duplicate"], "veteran", "uk", "device:1", clock.now())
    desk = await open_desk("1", clock.now())
    shown = (await screen_of(desk, clock)).queue
    assert [one.number for one in shown] == ["П1", "А1"]
    assert shown[0].reason.uk.startswith("Першочергово: Ветеран")
    assert (await desk.call()).number == "П1"


async def test_desks_that_call_at_once_get_different_people(clock: FixedClock) -> None:
    tickets = [await issue(clock) for _ in range(4)]
    four = [await open_desk(number, clock.now()) for number in ("1", "2", "3", "5")]
    called = await asyncio.gather(*(desk.call() for desk in four))
    assert sorted(one.id for one in called) == tickets


async def test_the_loser_of_a_race_for_the_last_person_hears_that_nobody_waits(
    clock: FixedClock,
) -> None:
    last = await issue(clock)
    two = [await open_desk(number, clock.now()) for number in ("1", "2")]
    called = await asyncio.gather(*(calling.call(desk.id, desk.clerk, clock.now()) for desk in two))
    assert [one.id for one in called if one] == [last]


async def test_a_double_press_without_a_key_calls_one_person_only(clock: FixedClock) -> None:
    await issue(clock)
    await issue(clock)
    desk = await open_desk("1", clock.now())
    results = await asyncio.gather(desk.call(), desk.call(), return_exceptions=True)
    assert [str(one).split()[0] for one in results if isinstance(one, Conflict)] == ["desk_busy"]


async def test_the_same_key_gives_the_same_person_and_another_key_the_next(
    clock: FixedClock,
) -> None:
    first, second = await issue(clock), await issue(clock)
    desk = await open_desk("1", clock.now())
    key = uuid4()
    twice = await asyncio.gather(
        *(calling.call(desk.id, desk.clerk, clock.now(), key=key) for _ in range(3))
    )
    assert {one.id for one in twice if one} == {first}
    await desk.no_show(first)
    again = await calling.call(desk.id, desk.clerk, clock.now(), key=key)
    assert again
    assert again.id == first
    assert (await desk.call()).id == second


async def test_a_key_belongs_to_its_request(clock: FixedClock) -> None:
    await issue(clock)
    second = await issue(clock)
    desk = await open_desk("1", clock.now())
    key = uuid4()
    await calling.call(desk.id, desk.clerk, clock.now(), key=key)
    with pytest.raises(RuleBroken, match="idempotency_key_reused"):
        await calling.call(desk.id, desk.clerk, clock.now(), second, key=key)


async def test_a_repeated_verb_with_its_key_happens_once(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    key = uuid4()
    for _ in range(3):
        done = await calling.recall(ticket, desk.clerk, clock.now(), key)
        assert done.progress.calls == 2
    assert await verbs_of(ticket) == ["issue", "call", "recall"]


async def test_a_recall_waits_until_the_last_was_heard(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.recall(ticket)
    with pytest.raises(Conflict, match="recall_too_soon"):
        await calling.recall(ticket, desk.clerk, clock.advance(seconds=4))
    await calling.recall(ticket, desk.clerk, clock.advance(seconds=1))
    assert await verbs_of(ticket) == ["issue", "call", "recall", "recall"]


async def test_nobody_waits_is_an_answer_too_and_the_next_press_asks_anew(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", clock.now())
    key = uuid4()
    assert await calling.call(desk.id, desk.clerk, clock.now(), key=key) is None
    ticket = await issue(clock)
    assert await calling.call(desk.id, desk.clerk, clock.now(), key=key) is None
    called = await calling.call(desk.id, desk.clerk, clock.now(), key=uuid4())
    assert called
    assert called.id == ticket


async def test_a_picked_person_comes_before_the_order(clock: FixedClock) -> None:
    await issue(clock)
    second = await issue(clock)
    desk = await open_desk("1", clock.now())
    assert (await desk.call(second)).id == second


async def test_only_one_of_two_who_pick_the_same_person_gets_them(clock: FixedClock) -> None:
    ticket = await issue(clock)
    two = [await open_desk(number, clock.now()) for number in ("1", "2")]
    results = await asyncio.gather(*(desk.call(ticket) for desk in two), return_exceptions=True)
    refused = [one for one in results if isinstance(one, Conflict)]
    assert len(refused) == 1
    assert refused[0].code in ("ticket_changed", "ticket_state")


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
    await calling.put_back(first, desk.clerk, clock.now())
    await calling.put_back(second, desk.clerk, clock.now())
    assert [one.ticket for one in (await screen_of(desk, clock)).queue] == [first, second]
    await desk.call()
    await desk.park(first)
    assert (await desk.call(first)).id == first


async def test_who_missed_the_call_is_listed_long_after_and_comes_back(clock: FixedClock) -> None:
    missed = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.no_show(missed)
    for _ in range(halls.RECENT + 1):
        ticket = await issue(clock)
        await desk.call()
        await desk.start(ticket)
        await desk.finish(ticket)
    assert [one.ticket for one in (await screen_of(desk, clock)).missed] == [missed]
    await calling.put_back(missed, desk.clerk, clock.now())
    assert (await screen_of(desk, clock)).missed == ()
    assert (await desk.call()).id == missed


async def test_a_transfer_for_other_services_waits_where_they_are_given(clock: FixedClock) -> None:
    ticket = await issue(clock)
    later = await issue(clock, ACCOUNTS)
    one, four = await open_desk("1", clock.now()), await open_desk("4", clock.now())
    await one.call()
    await one.start(ticket)
    moved = await calling.transfer(ticket, one.clerk, clock.now(), [ACCOUNTS])
    assert (moved.number, moved.progress.services) == ("А1", (ACCOUNTS,))
    assert [one.ticket for one in (await screen_of(four, clock)).queue] == [ticket, later]
    assert (await screen_of(one, clock)).queue == ()


async def test_who_is_sent_to_a_desk_goes_first_there_and_nowhere_else(clock: FixedClock) -> None:
    ticket = await issue(clock)
    other = await issue(clock, ACCOUNTS)
    one, four = await open_desk("1", clock.now()), await open_desk("4", clock.now())
    await one.call()
    await calling.transfer(ticket, one.clerk, clock.now(), to_desk=four.id)
    assert (await screen_of(one, clock)).queue == ()
    queue = (await screen_of(four, clock)).queue
    assert [(one.ticket, one.reason_code) for one in queue] == [
        (ticket, "sent_to_desk"), (other, "waiting_longest"),
    ]  # fmt: skip
    assert (await four.call(ticket)).id == ticket, "though the desk lacks the skill"


async def test_a_desk_that_closes_gives_back_whoever_was_sent_to_it(clock: FixedClock) -> None:
    ticket = await issue(clock)
    one, two = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    await one.call()
    await calling.transfer(ticket, one.clerk, clock.now(), to_desk=two.id)
    await staffing.close_desk(two.id, two.clerk, clock.now())
    assert (await one.call()).id == ticket


async def test_a_transfer_says_where_it_leads(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()

    async def refused(code: str, **where: object) -> None:
        with pytest.raises((RuleBroken, NotFound), match=code):
            await calling.transfer(ticket, desk.clerk, clock.now(), **where)  # type: ignore[arg-type]

    await refused("transfer_nowhere")
    await refused("unknown_service", services=["no-such-service"])
    await refused("nobody_serves", services=[ACCOUNTS, "debt-restructuring"])
    await refused("unknown_desk", to_desk=99_999)


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
        await calling.call(one.id, two.clerk, clock.now())
    await one.call()
    for verb in (calling.recall, calling.start, calling.no_show, calling.park, calling.undo):
        with pytest.raises(NotAllowed, match="not_your_desk"):
            await verb(ticket, two.clerk, clock.now())
    supervisor = await add_supervisor(clock)
    assert (await calling.start(ticket, supervisor, clock.now())).progress.state == "serving"


async def test_another_branch_neither_sees_nor_touches_a_ticket(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    far = await open_desk("2", clock.now(), ELSEWHERE)
    far_supervisor = await add_supervisor(clock, ELSEWHERE)
    for stranger in (far.clerk, far_supervisor):
        with pytest.raises(NotAllowed, match="other_branch"):
            await calling.call(desk.id, stranger, clock.now())
        for verb in (calling.start, calling.undo, calling.put_back):
            with pytest.raises(NotAllowed, match="other_branch"):
                await verb(ticket, stranger, clock.now())
    with pytest.raises(NotAllowed, match="other_branch"):
        await far.call(ticket)
    with pytest.raises(NotFound, match="unknown_ticket"):
        await far.call(99_999)


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
        await calling.undo(ticket, desk.clerk, clock.now())


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
    await calling.transfer(ticket, one.clerk, clock.now(), to_desk=two.id)
    await one.undo(ticket)
    assert (await now_of(ticket)).progress.desk_id == one.id
    await calling.transfer(ticket, one.clerk, clock.now(), to_desk=two.id)
    await two.call()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await one.undo(ticket)


async def test_putting_back_is_undone_where_it_was_said(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.no_show(ticket)
    clock.advance(seconds=1)
    await calling.put_back(ticket, desk.clerk, clock.now())
    offered = (await screen_of(desk, clock)).undo
    assert offered
    assert (offered.ticket, offered.verb) == (ticket, "return")
    await desk.undo(ticket)
    assert (await now_of(ticket)).progress.state == "no_show"


async def test_a_desk_that_is_not_open_calls_nobody(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.start(ticket)
    await desk.pause()
    await desk.finish(ticket)
    with pytest.raises(Conflict, match="desk_not_open"):
        await desk.call()
    await staffing.close_desk(desk.id, desk.clerk, clock.now())
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
