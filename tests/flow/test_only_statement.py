"""A change that is a transaction by itself, cut off, refused or given up: it is done once or not at
all, whoever asked is told which where anybody knows, and its connection is as good as new."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from queue_app.clock import FixedClock
from queue_app.flow import arrival, calling
from queue_app.flow.act import By
from queue_app.store import answers, db
from queue_app.store.outages import Outage, Trouble
from tests.conftest import MONDAY
from tests.flow.desks import now_of, verbs_of
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
from tests.support.hall import SERVICE, open_desk
from tests.support.people import BRANCH, KIOSK
from tests.support.statements import BEGIN, heard
from tests.support.waiting import SOON


@pytest.fixture(autouse=True)
def trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing remembered of other tests."""
    monkeypatch.setattr(answers, "trouble", Trouble())


@pytest.fixture
async def dsn(database_server: str, worker: str, clock: FixedClock) -> AsyncIterator[str]:
    async with own(database_server, f"{worker}-only") as dsn:
        yield dsn


async def issue() -> arrival.IssuedTicket:
    """Without a key, so that it is one statement."""
    return await arrival.issue(By(KIOSK, MONDAY), BRANCH, [SERVICE], None, "uk")


async def tickets() -> int:
    return int(await db.fetch_value("SELECT count(*) FROM ticket"))


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
async def test_what_is_ended_as_it_waits_is_not_done_and_not_tried_again(
    dsn: str, limits: db.Limits, end: End, unsure: bool
) -> None:
    async with pool_on(dsn, limits=limits):
        async with held_up(dsn) as other:
            asked = asyncio.create_task(issue())
            await end(other, await waiting(dsn))
            with pytest.raises(Outage) as told:
                await asked
            await nobody_at_work(other)
        assert told.value.unsure is unsure
        assert await tickets() == 0
        assert (await issue()).number == "А1"
        await require_good_order()


async def test_an_answer_that_does_not_come_leaves_it_open_whether_it_is_done(dsn: str) -> None:
    """As from a server that is frozen: it goes on where nobody hears it."""
    async with pool_on(dsn, limits=replace(BRIEF, answer=0.5)):
        async with held_up(dsn):
            with pytest.raises(Outage) as told:
                await issue()
        assert told.value.unsure
        async with asyncio.timeout(SOON):
            while not await tickets():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (await issue()).number == "А2"
        await require_good_order()


async def test_whoever_goes_away_while_it_waits_has_done_nothing(dsn: str) -> None:
    async with pool_on(dsn, limits=BRIEF):
        async with held_up(dsn) as other:
            asked = asyncio.create_task(issue())
            await waiting(dsn)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            await nobody_at_work(other)
        assert await tickets() == 0
        assert (await issue()).number == "А1"
        await require_good_order()


async def test_whoever_goes_away_as_it_is_done_has_done_it_once(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go_away(answer: object) -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()

    around_the_statement(monkeypatch, after=go_away)
    asked = asyncio.create_task(issue())
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await tickets() == 1
    assert (await issue()).number == "А2"
    await require_good_order()


async def test_a_connection_that_is_gone_just_before_it_has_done_nothing(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was sent is not known; nothing of it is done twice."""

    async def cut(connection: asyncpg.Connection) -> None:
        other = await asyncpg.connect(dsn)
        await terminate(other, connection.get_server_pid())
        await other.close()

    around_the_statement(monkeypatch, before=cut)
    with pytest.raises(Outage) as told:
        await issue()
    assert told.value.unsure
    assert await tickets() == 0
    assert (await issue()).number == "А1"
    await require_good_order()


async def test_while_writes_are_refused_it_stands_in_a_transaction_and_what_is_cut_is_tried_again(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at the end of a switchover; once something is written, all is as before."""

    async def cut(connection: asyncpg.Connection) -> None:
        other = await asyncpg.connect(dsn)
        await terminate(other, connection.get_server_pid())
        await other.close()

    answers.trouble.noticed(Outage("ReadOnly", passing=True, unsure=False, no_writes=True))
    around_the_statement(monkeypatch, before=cut)
    with heard() as said:
        assert (await issue()).number == "А1"
        assert (BEGIN, ()) in said
        said.clear()
        assert (await issue()).number == "А2"
        assert (BEGIN, ()) not in said
    await require_good_order()


async def test_what_a_desk_says_is_cut_off_whole(dsn: str, clock: FixedClock) -> None:
    async with pool_on(dsn, limits=BRIEF):
        waits = await issue()
        desk = await open_desk("1", clock.now())
        assert (await desk.call()).id == waits.id
        async with held_up(dsn) as other:
            asked = asyncio.create_task(calling.start(By(desk.clerk, clock.now()), waits.id))
            await terminate(other, await waiting(dsn))
            with pytest.raises(Outage):
                await asked
        assert await verbs_of(waits.id) == ["issue", "call"]
        assert (await now_of(waits.id)).progress.state == "called"
        await desk.start(waits.id)
        await require_good_order()


def around_the_statement(
    monkeypatch: pytest.MonkeyPatch,
    before: Callable[[Any], Awaitable[None]] | None = None,
    after: Callable[[object], None] | None = None,
) -> None:
    """What happens just before and after the statement that gives the first ticket."""
    rows = db._rows

    async def watched(connection: Any, sql: str, args: Any) -> Any:
        if "INSERT INTO ticket" not in sql:
            return await rows(connection, sql, args)
        monkeypatch.setattr(db, "_rows", rows)
        if before:
            await before(connection)
        answer = await rows(connection, sql, args)
        if after:
            after(answer)
        return answer

    monkeypatch.setattr(db, "_rows", watched)
