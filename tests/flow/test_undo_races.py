"""Taking back beside what somebody else does at the same moment: one of both is first, the other is
told so, and nobody is at two desks or at none."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, QueueError
from queue_app.domain.people import OPERATOR, Staff
from queue_app.flow import accounts, calling, staffing, supervising
from queue_app.flow.act import By
from queue_app.store import db
from tests.flow.desks import issue, now_of, verbs_of
from tests.support.hall import Desk, open_desk
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")

TURNS = 4
Act = Callable[[Desk, Desk, Staff, int], Awaitable[object]]

SAID: dict[str, list[str]] = {
    "call": ["call"],
    "back": ["call", "back"],
    "start": ["call", "start"],
    "finish": ["call", "start", "finish"],
    "park": ["call", "park"],
    "no_show": ["call", "no_show"],
}
"""What the clerk of the first desk has said by then; the last is taken back."""


async def say(desk: Desk, verb: str, ticket: int) -> None:
    if verb == "call":
        await desk.call(ticket)
    elif verb == "back":
        services = list((await now_of(ticket)).progress.services)
        await calling.transfer(By(desk.clerk, desk.now), ticket, services)
    else:
        await getattr(desk, verb)(ticket)


async def other_calls(one: Desk, two: Desk, boss: Staff, ticket: int) -> object:
    return await two.call(ticket)


async def other_puts_back(one: Desk, two: Desk, boss: Staff, ticket: int) -> object:
    return await calling.put_back(By(two.clerk, two.now), ticket)


async def own_calls_next(one: Desk, two: Desk, boss: Staff, ticket: int) -> object:
    return await one.call()


async def own_starts(one: Desk, two: Desk, boss: Staff, ticket: int) -> object:
    return await calling.start(By(one.clerk, one.now), ticket)


async def boss_closes(one: Desk, two: Desk, boss: Staff, ticket: int) -> object:
    return await staffing.close_desk(By(boss, one.now), one.id)


async def boss_summons(one: Desk, two: Desk, boss: Staff, ticket: int) -> object:
    return await supervising.summon(By(boss, one.now), two.id, ticket, "З немовлям")


async def boss_moves(one: Desk, two: Desk, boss: Staff, ticket: int) -> object:
    return await supervising.redirect(By(boss, one.now), ticket, None, two.id)


@pytest.mark.parametrize(
    ("taken_back", "act"),
    [
        ("back", other_calls),
        ("back", boss_summons),
        ("back", boss_moves),
        ("park", other_puts_back),
        ("no_show", other_puts_back),
        ("finish", own_calls_next),
        ("call", own_starts),
        ("call", boss_closes),
        ("start", boss_closes),
        ("finish", boss_closes),
        ("park", boss_closes),
    ],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
async def test_of_an_undo_and_another_act_each_is_done_whole_or_refused(
    taken_back: str, act: Act, clock: FixedClock
) -> None:
    one, two = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    boss = await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD
    )
    for _ in range(TURNS):
        await staffing.open_desk(By(one.clerk, clock.now()), one.id)
        ticket = await issue(clock)
        await issue(clock)
        for verb in SAID[taken_back]:
            await say(one, verb, ticket)
        steps = len(await verbs_of(ticket))
        both = await asyncio.gather(
            one.undo(ticket), act(one, two, boss, ticket), return_exceptions=True
        )
        refused = [error for error in both if isinstance(error, BaseException)]
        assert all(isinstance(error, Conflict | NotAllowed) for error in refused), refused
        assert len(refused) < len(both), refused
        done = (await verbs_of(ticket))[steps:]
        assert done.count("undo") == (not isinstance(both[0], QueueError)), done
        progress = (await now_of(ticket)).progress
        if progress.state in ("called", "serving"):
            assert progress.desk_id in (one.id, two.id)
        elif progress.state == "waiting":
            assert progress.desk_id is None
        await clear(one, two)


async def clear(*desks: Desk) -> None:
    """Whoever is at a desk or waits is served, so that the next turn has a hall of its own."""
    rows = await db.fetch(
        "SELECT id, state, desk_id FROM ticket WHERE state IN ('called', 'serving')"
    )
    by_id = {desk.id: desk for desk in desks}
    for row in rows:
        desk = by_id[row["desk_id"]]
        if row["state"] == "called":
            await desk.start(row["id"])
        await desk.finish(row["id"])
    while called := await calling.call(By(desks[1].clerk, desks[1].now), desks[1].id):
        await desks[1].start(called.id)
        await desks[1].finish(called.id)


async def test_two_windows_of_one_clerk_that_take_back_at_once_take_back_one_step_each(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", clock.now())
    ticket = await issue(clock)
    for verb in SAID["finish"]:
        await say(desk, verb, ticket)
    both = await asyncio.gather(desk.undo(ticket), desk.undo(ticket), return_exceptions=True)
    undone = sum(not isinstance(one, BaseException) for one in both)
    progress = (await now_of(ticket)).progress
    assert progress.state == {1: "serving", 2: "called"}[undone]
