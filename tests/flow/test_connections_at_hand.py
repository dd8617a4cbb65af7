"""Connections that stay at hand between two users: nobody waits for one that nobody has, no two
have the same, and whoever takes one can use it."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from queue_app.store import connections
from queue_app.store.patience import BRIEF
from queue_app.store.pool import AT_HAND, USED_AT_ONCE, Pool

MY_PID = "SELECT pg_backend_pid()"


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    made = await connections._made(dsn, 3, BRIEF)
    yield made
    await made.close()


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def pid_of_next(pool: Pool) -> int:
    """Of the connection that whoever asks next is given, which is given back as it was."""
    connection = await pool.take(seconds=5)
    pid: int = await connection.fetchval(MY_PID)
    await pool.give(connection, as_it_was=True)
    return pid


async def test_who_asks_one_after_the_other_has_the_same(pool: Pool) -> None:
    assert len({await pid_of_next(pool) for _ in range(10)}) == 1
    assert pool.get_idle_size() == pool.get_size() == 1


@pytest.mark.parametrize("size", [1, 3, AT_HAND + 4])
async def test_of_very_many_everybody_has_one_for_themselves(dsn: str, size: int) -> None:
    pool = await connections._made(dsn, size, BRIEF)
    chance, held, most = random.Random(size), set[int](), 0

    async def use() -> None:
        nonlocal most
        await asyncio.sleep(chance.uniform(0, 0.2))
        connection = await pool.take(seconds=20)
        pid = await connection.fetchval(MY_PID)
        assert pid not in held
        held.add(pid)
        most = max(most, len(held))
        await asyncio.sleep(chance.uniform(0, 0.005))
        held.remove(pid)
        await pool.give(connection, as_it_was=chance.random() < 0.8)

    await asyncio.gather(*(use() for _ in range(300)))
    assert most == size
    assert pool.get_idle_size() == pool.get_size()
    await pool.close()


async def test_one_that_the_server_has_ended_is_given_to_nobody(
    pool: Pool, other: asyncpg.Connection
) -> None:
    """Not even where that is not known yet when the next one comes."""
    gone = await pid_of_next(pool)
    await other.fetchval("SELECT pg_terminate_backend($1, 1000)", gone)
    await asyncio.sleep(0.1)
    assert await pid_of_next(pool) != gone


async def test_after_an_outage_nobody_gets_one_from_before(pool: Pool) -> None:
    """Whether it was at hand or in use meanwhile."""
    used, at_hand = [await pool.take(seconds=5) for _ in range(2)]
    before = {await one.fetchval(MY_PID) for one in (used, at_hand)}
    await pool.give(at_hand, as_it_was=True)
    await pool.expire_connections()
    await pool.give(used, as_it_was=True)
    taken = [await pool.take(seconds=5) for _ in range(3)]
    assert before.isdisjoint([await one.fetchval(MY_PID) for one in taken])
    for one in taken:
        await pool.give(one, as_it_was=True)


async def test_after_an_outage_nobody_gets_one_that_was_begun_before(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As to a server that was the one to write to until then."""
    connect, go_on = Pool._get_new_connection, asyncio.Event()

    async def slowly(self: Pool) -> asyncpg.Connection:
        connection = await connect(self)
        await go_on.wait()
        return connection

    monkeypatch.setattr(Pool, "_get_new_connection", slowly)
    taking = asyncio.create_task(pool.take(seconds=5))
    await asyncio.sleep(0.2)
    await pool.expire_connections()
    go_on.set()
    taken = await taking
    before = await taken.fetchval(MY_PID)
    await pool.give(taken, as_it_was=True)
    assert await pid_of_next(pool) != before
    assert await pid_of_next(pool) != before


async def test_it_is_made_anew_in_time(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool does so after so many statements, where it has it back."""
    init = Pool.__init__

    def soon(self: Pool, *args: Any, **ways: Any) -> None:
        init(self, *args, **ways | {"max_queries": 10})

    monkeypatch.setattr(Pool, "__init__", soon)
    pool = await connections._made(dsn, 3, BRIEF)
    seen = [await pid_of_next(pool) for _ in range(2 * USED_AT_ONCE + 1)]
    assert len(set(seen)) == 3
    await pool.close()


async def test_a_pool_is_closed_in_order_whatever_is_at_hand(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = await connections._made(dsn, 3, BRIEF)
    late = await pool.take(seconds=5)
    await pid_of_next(pool)
    monkeypatch.setattr(pool, "terminate", lambda: pytest.fail("it was cut"))
    async with asyncio.timeout(5):
        closing = asyncio.create_task(pool.close())
        await asyncio.sleep(0.1)
        await pool.give(late, as_it_was=True)
        await closing
    assert pool.get_size() == 0


async def test_a_pool_is_closed_in_order_whoever_takes_one_as_it_begins(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = await connections._made(dsn, 3, BRIEF)
    at_hand, free = [await pool.take(seconds=5) for _ in range(2)]
    await pool.give(free, as_it_was=False)
    await pool.give(at_hand, as_it_was=True)
    monkeypatch.setattr(pool, "terminate", lambda: pytest.fail("it was cut"))
    async with asyncio.timeout(5):
        closing = asyncio.create_task(pool.close())
        await asyncio.sleep(0)
        late = await pool.take(seconds=5)
        while not pool.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0)
        await pool.give(late, as_it_was=True)
        await closing
    assert pool.get_size() == 0
