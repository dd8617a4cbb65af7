"""What a clerk asks of the supervisor: to come and help, and a break."""

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, QueueError, RuleBroken
from queue_app.domain.hall import DeskState
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts, configuring, desk_asks, staffing
from queue_app.flow.act import By
from queue_app.queries import halls, reference
from queue_app.store import db
from tests.support.database import CONFIG
from tests.support.hall import Desk, open_desk
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")


@dataclass
class Two:
    """A clerk at a desk, and whoever supervises the hall."""

    desk: Desk
    clerk: By
    boss: By

    async def state(self) -> DeskState:
        directory = await reference.directory()
        branch = directory.branch(BRANCH)
        return (await halls.load(directory, branch, self.clerk.now)).desk(self.desk.id)


@pytest.fixture
async def two(desk: Desk, clock: FixedClock) -> Two:
    boss = await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD
    )
    return Two(desk, By(desk.clerk, clock.now()), By(boss, clock.now()))


async def noted() -> list[tuple[str, str]]:
    rows = await db.fetch("SELECT verb, actor FROM office_event WHERE kind = 'hall' ORDER BY id")
    return [(row["verb"], row["actor"]) for row in rows]


async def test_help_is_asked_for_once_and_ends_when_somebody_is_there(two: Two) -> None:
    await asyncio.gather(*(desk_asks.ask_help(two.clerk, two.desk.id) for _ in range(2)))
    assert (await two.state()).help_at == two.clerk.now
    await desk_asks.end_help(two.boss, two.desk.id)
    await desk_asks.end_help(two.clerk, two.desk.id)
    assert (await two.state()).help_at is None
    assert await noted() == [
        ("ask_help", two.clerk.who.actor), ("end_help", two.boss.who.actor),
    ]  # fmt: skip


async def test_a_break_is_granted_and_begins(two: Two) -> None:
    await desk_asks.ask_break(two.clerk, two.desk.id, " Обід ")
    asked = await two.state()
    assert (asked.state, asked.break_reason) == ("open", "Обід")
    with pytest.raises(NotAllowed):
        await desk_asks.grant_break(two.clerk, two.desk.id)
    await desk_asks.grant_break(two.boss, two.desk.id)
    granted = await two.state()
    assert (granted.state, granted.pause_reason, granted.break_asked_at) == ("paused", "Обід", None)
    with pytest.raises(Conflict) as refused:
        await desk_asks.grant_break(two.boss, two.desk.id)
    assert refused.value.code == "no_break_asked"


async def test_a_break_that_is_not_granted_leaves_the_desk_at_work(two: Two) -> None:
    await desk_asks.ask_break(two.clerk, two.desk.id)
    await desk_asks.end_break_ask(two.boss, two.desk.id)
    seen = await two.state()
    assert (seen.state, seen.break_asked_at) == ("open", None)
    assert [verb for verb, _ in await noted()] == ["ask_break", "end_break_ask"]


async def test_granting_and_taking_back_at_once_end_in_one_of_both(two: Two) -> None:
    await desk_asks.ask_break(two.clerk, two.desk.id)
    answers: Any = await asyncio.gather(
        desk_asks.grant_break(two.boss, two.desk.id),
        desk_asks.end_break_ask(two.clerk, two.desk.id),
        return_exceptions=True,
    )
    lost = [one.code for one in answers if isinstance(one, QueueError)]
    assert (await two.state()).state == ("open" if lost else "paused")
    assert lost in ([], ["no_break_asked"])


async def test_a_desk_that_is_left_asks_for_nothing(two: Two) -> None:
    await desk_asks.ask_help(two.clerk, two.desk.id)
    await desk_asks.ask_break(two.clerk, two.desk.id)
    await staffing.close_desk(two.clerk, two.desk.id)
    seen = await two.state()
    assert (seen.help_at, seen.break_asked_at, seen.break_reason) == (None, None, None)
    with pytest.raises(Conflict):
        await desk_asks.ask_help(two.boss, two.desk.id)


async def test_another_clerk_asks_for_nothing_at_this_desk(two: Two, clock: FixedClock) -> None:
    other = await open_desk("2", clock.now())
    for asked in (desk_asks.ask_help, desk_asks.ask_break, desk_asks.end_help):
        with pytest.raises(NotAllowed) as refused:
            await asked(By(other.clerk, clock.now()), two.desk.id)
        assert refused.value.code == "not_your_desk"


async def test_where_breaks_are_granted_clerks_take_none(two: Two) -> None:
    centre = load_centre(CONFIG)
    rules = msgspec.structs.replace(centre.rules, ask_breaks=True)
    operator = By(OPERATOR, two.clerk.now)
    await configuring.apply(operator, msgspec.structs.replace(centre, rules=rules))
    try:
        with pytest.raises(RuleBroken) as refused:
            await staffing.pause_desk(two.clerk, two.desk.id, "Обід")
        assert refused.value.code == "break_to_be_asked"
        await staffing.pause_desk(two.boss, two.desk.id, "Обід")
        assert (await two.state()).state == "paused"
    finally:
        await configuring.apply(operator, centre)
