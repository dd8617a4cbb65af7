"""Questions and changes: the only transaction boundary.

Writes run inside `transact(work)`. Reads may run outside; `fetch` and its sisters use the
transaction they stand in, else a pooled connection.
"""

import asyncio
import os
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from functools import lru_cache
from io import StringIO
from typing import Any, NoReturn, TypeVar, cast
from uuid import UUID

import asyncpg
from asyncpg.exceptions import DeadlockDetectedError, SerializationError

from queue_app.store import answers
from queue_app.store.answers import bounded, raise_outage
from queue_app.store.connections import (
    Source,
    Transaction,
    acquired,
    beside,
    close_pool,
    engine,
    open_pool,
    pool,
    work_on,
)
from queue_app.store.outages import RETRY_SECONDS, Outage
from queue_app.store.patience import BRIEF, ENDLESS, PATIENT, Limits

__all__ = [
    "BRIEF",
    "CLEAR",
    "ENDLESS",
    "OUTAGES",
    "PATIENT",
    "Limits",
    "Source",
    "Transaction",
    "beside",
    "check_notifies",
    "check_writes",
    "close_pool",
    "copy",
    "engine",
    "fetch",
    "fetch_row",
    "fetch_row_alone",
    "fetch_value",
    "is_empty",
    "listen",
    "may_stand_alone",
    "migrate",
    "open_pool",
    "ping",
    "planned_anew",
    "pool",
    "savepoint",
    "say_with_commit",
    "snapshot",
    "transact",
    "work_on",
]

T = TypeVar("T")

WAITS = (0.05, 0.3)
"""Seconds between two tries while an outage is waited for; at random in between."""
_ATTEMPTS = 5
_COPIED_AT_ONCE = 2_000

OUTAGES: tuple[type[Exception], ...] = (Outage, ConnectionError, TimeoutError)
"""What is raised while the database, or another service, is away or overloaded: ask again in a
moment."""


def _current() -> Transaction | None:
    """The transaction in which this stands."""
    return cast(Transaction | None, engine.current_transaction.get())


async def transact(work: Callable[[], Awaitable[T]], repeatable: bool = False) -> T:
    """Run `work` in one transaction: returning commits, raising rolls back. It begins with the
    first statement that changes or locks anything.

    A deadlock or a serialisation failure is nobody's fault: the work runs again. So it does while
    an outage is short, as a planned switchover is; but where the answer to a commit is lost, only
    work that is `repeatable`, as it then finds what it did. Outage where it lasts longer.
    """
    began, losses = time.monotonic(), 0
    while True:
        transaction = engine.transaction(when_needed=True)
        try:
            async with transaction:
                return await work()
        except (DeadlockDetectedError, SerializationError) as loss:
            if not repeatable:
                _raise_if_done(transaction, loss)
            losses += 1
            if losses == _ATTEMPTS:
                raise
            await asyncio.sleep(random.uniform(0, 0.01 * 2**losses))
        except Outage as outage:
            if not repeatable:
                _raise_if_done(transaction, outage)
            if outage.unsure and not repeatable:
                raise
            await _waited_for(outage, began)


def _raise_if_done(transaction: Transaction, error: Exception) -> None:
    """What is read after a change that was the transaction may fail, too: the work is done, and
    done again it would be done twice."""
    if transaction.is_over:
        raise Outage(type(error).__name__, passing=False, unsure=True) from error


async def _waited_for(outage: Outage, began: float) -> None:
    """A moment, after which to try on new connections; raises the outage where it lasts, or
    whoever asks has waited since `began` already."""
    source = engine.source()
    if source:
        await source.pool.expire_connections()
    if time.monotonic() - began > RETRY_SECONDS or not answers.trouble.is_worth_a_wait(outage):
        raise outage
    await asyncio.sleep(random.uniform(*WAITS))


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """Reads that all see the database as it was at one moment, whatever is written meanwhile."""
    async with engine.transaction():
        await fetch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@asynccontextmanager
async def planned_anew() -> AsyncIterator[None]:
    """Reads that are planned for what they ask, as a few of very many rows need it."""
    async with engine.transaction():
        await fetch("SET LOCAL plan_cache_mode = force_custom_plan")
        yield


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Part of a transaction that may fail by itself: its error leaves the rest as it was."""
    current = _current()
    assert current, "a savepoint needs a transaction"
    await current.begin_once()
    await current.bounded(_rows(current.connection, "SAVEPOINT here", ()))
    try:
        yield
    except Exception as error:
        if not isinstance(error, Outage):
            await current.bounded(_rows(current.connection, "ROLLBACK TO here", ()))
        raise
    await current.bounded(_rows(current.connection, "RELEASE here", ()))


async def fetch(sql: str, *args: Any) -> list[asyncpg.Record]:
    """The rows, in the transaction in which this stands or by itself.

    Outage where the database cannot answer now; a read outside a transaction waits for one that
    is short. A statement outside a transaction that lost a deadlock, as with a restore, is asked
    again.
    """
    current = _current()
    if current:
        if not _only_reads(sql):
            await current.begin_once()
        return await current.bounded(_rows(current.connection, sql, args))
    began, losses = time.monotonic(), 0
    while True:
        try:
            return await _fetched(sql, args)
        except (DeadlockDetectedError, SerializationError):
            losses += 1
            if losses == _ATTEMPTS:
                raise
            await asyncio.sleep(random.uniform(0, 0.01 * 2**losses))
        except Outage as outage:
            if not sql.lstrip().startswith("SELECT"):
                raise
            await _waited_for(outage, began)


_READ = re.compile(r"\s*SELECT\b")
_MORE = re.compile(
    r"\b(?:INSERT|INTO|UPDATE|DELETE|SHARE|pg_\w*lock\w*|pg_notify|pg_logical_emit_message"
    r"|nextval|setval|set_config)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1000)
def _only_reads(sql: str) -> bool:
    """Whether this statement changes nothing and locks nothing. In doubt it may."""
    return bool(_READ.match(sql)) and not _MORE.search(sql)


async def fetch_row_alone(sql: str, *args: Any) -> asyncpg.Record | None:
    """The row of a change after which this transaction neither changes nor locks anything: where
    it did not before either, the statement is the transaction, which saves two round trips and
    holds what it locks for no longer than it takes.

    Not while writes are refused, as in a switchover, at whose end connections are cut: of a
    statement within a transaction it is known then that it was not done, and it is tried again.
    """
    current = _current()
    assert current, "a change needs a transaction"
    if not may_stand_alone():
        return await fetch_row(sql, *args)
    rows = await current.alone(_rows(current.connection, sql, args))
    return rows[0] if rows else None


def may_stand_alone() -> bool:
    """Whether the next statement can be the transaction in which this stands."""
    current = _current()
    assert current, "a change needs a transaction"
    return not (current.has_begun or answers.trouble.refuses_writes())


async def say_with_commit(sql: str, *args: int | str | UUID) -> None:
    """This statement comes last in the transaction, in one message with its commit: what it locks
    is held for none of our round trips. Nobody needs its answer."""
    current = _current()
    assert current, "a change needs a transaction"
    await current.say_with_commit(sql, args)


async def _fetched(sql: str, args: Sequence[Any]) -> list[asyncpg.Record]:
    source = engine.source()
    assert source, "open_pool() comes first"
    connection, answered = await acquired(source), False
    try:
        rows = await bounded(connection, _rows(connection, sql, args), source.limits.answer)
        answered = True
        return rows
    finally:
        await source.pool.give(connection, answered)


async def _rows(connection: Any, sql: str, args: Sequence[Any]) -> list[asyncpg.Record]:
    """A connection that is gone says so at the call, which is to be heard like any answer."""
    rows: list[asyncpg.Record] = await connection.fetch(sql, *args)
    return rows


async def fetch_row(sql: str, *args: Any) -> asyncpg.Record | None:
    rows = await fetch(sql, *args)
    return rows[0] if rows else None


async def fetch_value(sql: str, *args: Any) -> Any:
    row = await fetch_row(sql, *args)
    return row[0] if row else None


async def ping() -> None:
    """An Outage while no database answers."""
    await fetch("SELECT 1")


_AS_A_WRITE = """
SELECT current_setting('transaction_read_only') = 'on' AS read_only,
    (SELECT count(*) FROM (SELECT one FROM generate_series(1, 6000) one
        ORDER BY md5(one::text)) spilt)
"""
"""Sorting so much with so little memory takes room on the disk for a moment."""


async def check_writes() -> None:
    """An Outage where a write could not be done now: nobody answers, the server takes no writes,
    or its disk is full."""
    async with engine.transaction():
        await fetch("SET LOCAL work_mem = '64kB'")
        row = await fetch_row(_AS_A_WRITE)
        assert row
        if row["read_only"]:
            _refuse_read_only()
        await fetch("SELECT pg_logical_emit_message(true, 'queue-app', 'ready')")


async def listen(
    connection: asyncpg.Connection, channel: str, heard: Callable[..., None], seconds: float
) -> None:
    """From here on `heard` is called for each notification of `channel`, as by asyncpg's
    `add_listener`. An Outage where the connection is cut off meanwhile, or so long silent."""
    await bounded(connection, connection.add_listener(channel, heard), seconds)


async def check_notifies(connection: asyncpg.Connection, seconds: float) -> None:
    """An Outage where this connection's other end is gone, so long silent, or takes no changes, as
    a server that was demoted: of those that are done elsewhere it says nothing."""
    asked = connection.fetchval("SHOW transaction_read_only")
    if await bounded(connection, asked, seconds) == "on":
        _refuse_read_only()


def _refuse_read_only() -> NoReturn:
    raise_outage(asyncpg.ReadOnlySQLTransactionError())
    raise AssertionError("unreachable")


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
    current = _current()
    assert current, "many rows are all there or none"
    await current.begin_once()
    for first in range(0, len(rows), _COPIED_AT_ONCE):
        part = rows[first : first + _COPIED_AT_ONCE]
        copied = current.connection.copy_records_to_table(table, columns=columns, records=part)
        await current.bounded(copied)


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
    engine.pool, engine.config = None, config | {"server_settings": ENDLESS.settings()}
    try:
        yield
    finally:
        engine.pool, engine.config = pool, config
