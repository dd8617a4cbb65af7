"""A change that is a transaction by itself, cut off, refused or given up: it is done once or not at
all, whoever asked is told which where anybody knows, and its connection is as good as new."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from queue_app.clock import FixedClock
from queue_app.flow import arrival, calling
from queue_app.flow.act import By
from queue_app.queries import doctor
from queue_app.store import connections, db
from queue_app.store.outages import Outage, Trouble
from tests.conftest import MONDAY
from tests.flow.desks import now_of, verbs_of
from tests.flow.stage import own, pool_on
from tests.support.hall import SERVICE, open_desk
from tests.support.people import BRANCH, KIOSK
from tests.support.statements import BEGIN, heard
from tests.support.waiting import SOON

BRIEF = replace(db.BRIEF, statement=30.0, lock=20.0, answer=30.0)
"""With time for a test to do something to a statement that waits."""


@pytest.fixture(autouse=True)
def trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing remembered of other tests."""
    monkeypatch.setattr(connections, "trouble", Trouble())


@pytest.fixture
async def dsn(database_server: str, worker: str, clock: FixedClock) -> AsyncIterator[str]:
    async with own(database_server, f"{worker}-only") as dsn:
        yield dsn


async def issue() -> arrival.IssuedTicket:
    """Without a key, so that it is one statement."""
    return await arrival.issue(By(KIOSK, MONDAY), BRANCH, [SERVICE], None, "uk")


async def tickets() -> int:
    return int(await db.fetch_value("SELECT count(*) FROM ticket"))


@asynccontextmanager
async def held_up(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Whoever changes something of the branch waits until the block ends, or nobody waits any
    more."""
    other = await asyncpg.connect(dsn, server_settings={"application_name": "other"})
    try:
        await other.execute("BEGIN")
        await other.execute("SELECT version FROM branch_version FOR UPDATE")
        yield other
    finally:
        await other.close()


async def waiting(dsn: str) -> int:
    """The process of the database that waits for the lock, once it does."""
    look = await asyncpg.connect(dsn, server_settings={"application_name": "look"})
    try:
        async with asyncio.timeout(SOON):
            while True:
                found = await look.fetchval(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                    " AND application_name = 'queue-app' AND wait_event_type = 'Lock'"
                )
                if found:
                    return int(found)
                await asyncio.sleep(0.02)
    finally:
        await look.close()


async def nobody_at_work(other: asyncpg.Connection) -> None:
    """No statement of ours goes on, and no transaction."""
    async with asyncio.timeout(SOON):
        while True:
            await other.execute("SELECT pg_stat_clear_snapshot()")
            if not await other.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'queue-app' AND state <> 'idle'"
            ):
                return
            await asyncio.sleep(0.02)


async def require_good_order() -> None:
    """The database is sound, and the connections are back in the pool, each ready for the next."""
    assert await doctor.check(MONDAY) == []
    pool = db.engine.pool
    assert pool
    assert pool.get_idle_size() == pool.get_size() > 0
    kept = [await pool.take(seconds=1) for _ in range(pool.get_size())]
    for connection in kept:
        assert not connection.is_in_transaction()
        await pool.give(connection, as_it_was=True)


async def terminate(other: asyncpg.Connection, pid: int) -> None:
    await other.fetchval("SELECT pg_terminate_backend($1)", pid)


async def interrupt(other: asyncpg.Connection, pid: int) -> None:
    await other.fetchval("SELECT pg_cancel_backend($1)", pid)


async def run_out_of_time(other: asyncpg.Connection, pid: int) -> None:
    """The limit ends it."""


End = Callable[[asyncpg.Connection, int], Awaitable[None]]


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

    connections.trouble.noticed(Outage("ReadOnly", passing=True, unsure=False, no_writes=True))
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
