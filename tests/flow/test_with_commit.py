"""A change whose last message, the branch's version with the commit, is cut off, refused or given
up as it waits: it is done once, with its version and its notification, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from queue_app.clock import FixedClock
from queue_app.flow import calling
from queue_app.flow.act import By
from queue_app.store import answers, db
from queue_app.store.outages import Outage, Trouble
from tests.flow.desks import issue, verbs_of
from tests.flow.held_up import (
    BRIEF,
    End,
    held_up,
    interrupt,
    nobody_at_work,
    require_good_order,
    run_out_of_time,
    terminate,
    waiting,
)
from tests.flow.stage import own, pool_on
from tests.support.hall import Desk, open_desk
from tests.support.waiting import SOON


@pytest.fixture(autouse=True)
def trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing remembered of other tests."""
    monkeypatch.setattr(answers, "trouble", Trouble())


@pytest.fixture
async def dsn(database_server: str, worker: str) -> AsyncIterator[str]:
    async with own(database_server, f"{worker}-with-commit") as dsn:
        yield dsn


class Listener:
    """Hears what the branches tell, beside the pool."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.told = 0

    def hear(self, *_: object) -> None:
        self.told += 1

    async def news_since(self, version: int) -> tuple[int, int]:
        """By how much the version is higher, and how often that was told."""
        return await self.version() - version, self.told

    async def version(self) -> int:
        """Of all branches together."""
        found: int = await self._connection.fetchval("SELECT sum(version) FROM branch_version")
        return found


@pytest.fixture
async def listener(dsn: str) -> AsyncIterator[Listener]:
    connection = await asyncpg.connect(dsn, server_settings={"application_name": "listener"})
    listener = Listener(connection)
    await connection.add_listener("branch", listener.hear)
    yield listener
    await connection.close()


async def one_waits_for(clock: FixedClock, listener: Listener) -> tuple[int, Desk, int]:
    """A ticket, the desk that may call it, and the version, of which all has been told."""
    ticket, desk = await issue(clock), await open_desk("1", clock.now())
    version = await listener.version()
    listener.told = 0
    return ticket, desk, version


@pytest.mark.parametrize(
    ("limits", "end", "unsure"),
    [
        (BRIEF, terminate, True),
        (BRIEF, interrupt, False),
        (replace(BRIEF, statement=0.5), run_out_of_time, False),
        (replace(BRIEF, lock=0.5), run_out_of_time, False),
    ],
    ids=["connection", "statement", "statement_timeout", "lock_timeout"],
)
async def test_what_is_ended_in_its_last_message_is_not_done(
    dsn: str, clock: FixedClock, listener: Listener, limits: db.Limits, end: End, unsure: bool
) -> None:
    async with pool_on(dsn, limits=limits):
        ticket, desk, version = await one_waits_for(clock, listener)
        async with held_up(dsn) as other:
            asked = asyncio.create_task(desk.call())
            await end(other, await waiting(dsn))
            with pytest.raises(Outage) as told:
                await asked
            await nobody_at_work(other)
        assert told.value.unsure is unsure
        assert await listener.news_since(version) == (0, 0)
        assert await verbs_of(ticket) == ["issue"]
        assert (await desk.call()).id == ticket
        assert await listener.news_since(version) == (1, 1)
        await require_good_order()


async def test_with_a_key_it_is_done_once_though_its_connection_was_ended(
    dsn: str, clock: FixedClock, listener: Listener
) -> None:
    async with pool_on(dsn, limits=BRIEF):
        ticket, desk, version = await one_waits_for(clock, listener)
        by = By(desk.clerk, clock.now(), uuid4())
        async with held_up(dsn) as other:
            asked = asyncio.create_task(calling.call(by, desk.id))
            await terminate(other, await waiting(dsn))
            await waiting(dsn)
        called = await asked
        assert called
        assert called.id == ticket
        assert await verbs_of(ticket) == ["issue", "call"]
        assert await listener.news_since(version) == (1, 1)
        await require_good_order()


async def test_whoever_goes_away_while_the_last_message_waits_has_done_nothing(
    dsn: str, clock: FixedClock, listener: Listener
) -> None:
    """And keeps nobody else waiting: it does not go on where nobody hears of it."""
    async with pool_on(dsn, limits=BRIEF):
        ticket, desk, version = await one_waits_for(clock, listener)
        async with held_up(dsn) as other:
            asked = asyncio.create_task(desk.call())
            await waiting(dsn)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            await nobody_at_work(other)
        assert await verbs_of(ticket) == ["issue"]
        assert await listener.news_since(version) == (0, 0)
        await require_good_order()


async def test_an_answer_that_does_not_come_leaves_it_open_and_it_is_done_whole(
    dsn: str, clock: FixedClock, listener: Listener
) -> None:
    async with pool_on(dsn, limits=replace(BRIEF, answer=0.5)):
        ticket, desk, version = await one_waits_for(clock, listener)
        async with held_up(dsn):
            with pytest.raises(Outage) as told:
                await desk.call()
        assert told.value.unsure
        async with asyncio.timeout(SOON):
            while await listener.news_since(version) != (1, 1):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert await verbs_of(ticket) == ["issue", "call"]
        await require_good_order()
