"""Changes of a branch that wait for a lock, what ends them as they wait, and that all is sound
afterwards."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
from msgspec.structs import replace

from queue_app.queries import doctor
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.waiting import SOON

BRIEF = replace(db.BRIEF, statement=30.0, lock=20.0, answer=30.0)
"""With time for a test to do something to a statement that waits."""
End = Callable[[asyncpg.Connection, int], Awaitable[None]]


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
