"""The engine, its pool, and the only transaction boundary.

Writes run inside `transact(work)`. Reads may run outside; `fetch` and its sisters use the
transaction they stand in, else a pooled connection.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, redirect_stdout, suppress
from io import StringIO
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncpg
from asyncpg.exceptions import DeadlockDetectedError, SerializationError
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

T = TypeVar("T")

_SERVER_SETTINGS = {
    "application_name": "queue-app",
    "statement_timeout": "15s",
    "lock_timeout": "8s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
    "jit": "off",
}
_PATIENT = _SERVER_SETTINGS | {"statement_timeout": "0"}
"""For migrations: an update of a large table takes as long as it takes."""
_ATTEMPTS = 5
_COPIED_AT_ONCE = 2_000


OUTAGES: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    ConnectionError,
    TimeoutError,
)
"""What is raised while the database is away or overloaded: ask again in a moment."""


class Transaction(PostgresTransaction):
    """Gives its connection back whatever happens: a cancelled BEGIN, a failed COMMIT."""

    def __init__(self, engine: "Engine", allow_nested: bool = False) -> None:
        super().__init__(engine, allow_nested=allow_nested)

    async def __aenter__(self) -> Self:
        self.connection = await self.get_connection()  # type: ignore[no-untyped-call]
        self.transaction = self.connection.transaction()
        try:
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        try:
            if exception is None:
                await self.commit()  # type: ignore[no-untyped-call]
            else:
                with suppress(asyncpg.InterfaceError):  # cut off: the server has rolled back
                    await self.rollback()  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return False

    async def _give_back(self) -> None:
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()


class Engine(PostgresEngine):
    """Piccolo's engine with transactions that never nest and never leak."""

    async def check_version(self) -> None:
        """Piccolo asks at import, when there is no server yet; `migrate` needs 15 and says so."""

    def transaction(self, allow_nested: bool = False) -> Transaction:
        return Transaction(self, allow_nested=allow_nested)


engine = Engine(config={}, extensions=())


async def open_pool(dsn: str, max_size: int = 12) -> None:
    """Connect to the database at `dsn`; every later query of this process goes there."""
    engine.config = {"dsn": dsn, "server_settings": _SERVER_SETTINGS}
    engine.pool = await asyncpg.create_pool(
        dsn=dsn, min_size=1, max_size=max_size, server_settings=_SERVER_SETTINGS
    )


async def close_pool() -> None:
    pool, engine.pool = engine.pool, None
    if pool:
        await pool.close()


@asynccontextmanager
async def pool(dsn: str, max_size: int = 12) -> AsyncIterator[None]:
    await open_pool(dsn, max_size)
    try:
        yield
    finally:
        await close_pool()


async def transact(work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` in one transaction: returning commits, raising rolls back.

    A deadlock or a serialisation failure is nobody's fault: the work runs again.
    """
    for attempt in range(_ATTEMPTS):
        try:
            async with engine.transaction():
                return await work()
        except (DeadlockDetectedError, SerializationError):
            if attempt == _ATTEMPTS - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise AssertionError("unreachable")


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """Reads that all see the database as it was at one moment, whatever is written meanwhile."""
    async with engine.transaction():
        await fetch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Part of a transaction that may fail by itself: its error leaves the rest as it was."""
    current = engine.current_transaction.get()
    assert current, "a savepoint needs a transaction"
    async with current.connection.transaction():
        yield


async def fetch(sql: str, *args: Any) -> list[asyncpg.Record]:
    current = engine.current_transaction.get()
    if current:
        rows = await current.connection.fetch(sql, *args)
    else:
        assert engine.pool, "open_pool() comes first"
        rows = await engine.pool.fetch(sql, *args)
    return list(rows)


async def fetch_row(sql: str, *args: Any) -> asyncpg.Record | None:
    rows = await fetch(sql, *args)
    return rows[0] if rows else None


async def fetch_value(sql: str, *args: Any) -> Any:
    row = await fetch_row(sql, *args)
    return row[0] if row else None


async def ping() -> None:
    """Raises what the driver says while no database answers."""
    await fetch("SELECT 1")


async def ping_through(connection: asyncpg.Connection, seconds: float) -> None:
    """Raises what the driver says where this connection's other end is gone, or so long silent."""
    await connection.fetchval("SELECT 1", timeout=seconds)


CLEAR = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
"""Leaves a database as `is_empty` wants it."""


async def is_empty() -> bool:
    """Whether the database has no table at all."""
    sql = "SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"
    return bool(await fetch_value(sql))


async def copy(table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Add many rows at once, in the transaction in which this stands.

    In parts, so that no statement comes near the limit for one, however many rows there are.
    """
    current = engine.current_transaction.get()
    assert current, "many rows are all there or none"
    for first in range(0, len(rows), _COPIED_AT_ONCE):
        part = rows[first : first + _COPIED_AT_ONCE]
        await current.connection.copy_records_to_table(table, columns=columns, records=part)


async def migrate() -> None:
    """Bring the schema to the newest migration; safe beside other processes doing the same."""
    os.environ.setdefault("PICCOLO_CONF", "config.piccolo_conf")
    from piccolo.apps.migrations.commands.forwards import run_forwards

    with _patience():
        connection = await engine.get_new_connection()
        try:
            await connection.execute("SET lock_timeout = 0")  # another process may be at it
            await connection.execute("SELECT pg_advisory_lock(hashtext('queue-app migrate'))")
            with redirect_stdout(StringIO()):
                result = await run_forwards("queue_app")
            if not result.success:
                raise RuntimeError(f"the migration failed: {result.message}")
        finally:
            await connection.close()


@contextmanager
def _patience() -> Iterator[None]:
    """Piccolo's connections come from outside the pool, and no statement of theirs is cut off."""
    pool, config = engine.pool, engine.config
    engine.pool, engine.config = None, config | {"server_settings": _PATIENT}
    try:
        yield
    finally:
        engine.pool, engine.config = pool, config
