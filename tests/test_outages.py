"""What the driver may say of a database that cannot do something now, and how it is remembered."""

import asyncio
import gc
import logging
import socket
from typing import Any

import asyncpg
import pytest

from queue_app.seldom import SELDOM_SECONDS
from queue_app.store import db
from queue_app.store.outages import (
    REFUSED_SECONDS,
    RETRY_SECONDS,
    Outage,
    Trouble,
    outage_of,
)
from queue_app.store.pool import AT_HAND

MY_PID = "SELECT pg_backend_pid()"


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError(),
        asyncpg.TargetServerAttributeNotMatched(),
        asyncpg.CannotConnectNowError(),
        asyncpg.AdminShutdownError(),
        asyncpg.CrashShutdownError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.ReadOnlySQLTransactionError(),
        asyncpg.InvalidCachedStatementError(),
        asyncpg.UndefinedTableError(),
        asyncpg.InvalidCatalogNameError(),
        ConnectionRefusedError(),
        ConnectionResetError(),
        FileNotFoundError(),
        socket.gaierror(),
        OSError(113, "No route to host"),
        EOFError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_be_over_at_once_is_worth_another_try(error: Exception) -> None:
    outage = outage_of(error)
    assert outage
    assert outage.passing
    assert Trouble().is_worth_a_wait(outage)


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        asyncpg.QueryCanceledError(),
        asyncpg.LockNotAvailableError(),
        asyncpg.DiskFullError(),
        asyncpg.OutOfMemoryError(),
        asyncpg.PostgresIOError(),
        asyncpg.PostgresSystemError(),
        asyncpg.IdleInTransactionSessionTimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_lasts_is_said_at_once(error: Exception) -> None:
    outage = outage_of(error)
    assert outage
    assert not outage.passing
    assert not Trouble().is_worth_a_wait(outage)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.UniqueViolationError(),
        asyncpg.CheckViolationError(),
        asyncpg.UndefinedColumnError(),
        asyncpg.PostgresSyntaxError(),
        asyncpg.DataError(),
        asyncpg.DeadlockDetectedError(),
        asyncpg.SerializationError(),
        asyncpg.UnsupportedClientFeatureError("no"),
        asyncpg.InsufficientPrivilegeError(),
        asyncio.CancelledError(),
        ValueError(),
        RuntimeError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_of_ours_is_no_outage(error: BaseException) -> None:
    assert outage_of(error) is None


@pytest.mark.parametrize(
    ("error", "unsure"),
    [
        (asyncpg.ConnectionDoesNotExistError(), True),
        (asyncpg.AdminShutdownError(), True),
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (asyncpg.DiskFullError(), False),
        (asyncpg.ReadOnlySQLTransactionError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_a_commit_whose_answer_is_lost_leaves_doubt(error: Exception, unsure: bool) -> None:
    committing, before = outage_of(error, committing=True), outage_of(error)
    assert committing
    assert before
    assert (committing.unsure, before.unsure) == (unsure, False)


def noticed(trouble: Trouble, error: Exception) -> Outage:
    outage = outage_of(error)
    assert outage
    trouble.noticed(outage)
    return outage


def test_an_outage_is_said_once_a_minute_whatever_comes(caplog: pytest.LogCaptureFixture) -> None:
    stopwatch = Stopwatch()
    trouble = Trouble(stopwatch)
    caplog.set_level(logging.INFO)
    for _ in range(400):
        noticed(trouble, ConnectionRefusedError())
        trouble.answered()
        noticed(trouble, asyncpg.CannotConnectNowError())
    noticed(trouble, asyncpg.DiskFullError())
    noticed(trouble, asyncpg.ReadOnlySQLTransactionError())
    assert [line.split(", process")[0] for line in caplog.messages] == [
        "the database cannot answer now: ConnectionRefusedError",
        "the database takes no changes now: DiskFullError",
    ]
    stopwatch.seconds += SELDOM_SECONDS
    noticed(trouble, ConnectionRefusedError())
    assert "799 times" in caplog.messages[-1]
    assert all(record.exc_info is None for record in caplog.records)


def test_nobody_waits_for_an_outage_that_has_lasted() -> None:
    stopwatch = Stopwatch()
    trouble = Trouble(stopwatch)
    lost = noticed(trouble, ConnectionRefusedError())
    stopwatch.seconds += RETRY_SECONDS / 2
    assert trouble.is_worth_a_wait(noticed(trouble, ConnectionRefusedError()))
    stopwatch.seconds += RETRY_SECONDS / 2
    assert not trouble.is_worth_a_wait(lost)
    trouble.answered()
    assert trouble.is_worth_a_wait(noticed(trouble, ConnectionRefusedError()))


def test_reading_that_works_does_not_make_anybody_wait_for_writes_for_ever() -> None:
    stopwatch = Stopwatch()
    trouble = Trouble(stopwatch)
    noticed(trouble, asyncpg.ReadOnlySQLTransactionError())
    stopwatch.seconds += RETRY_SECONDS
    trouble.answered()
    assert not trouble.is_worth_a_wait(noticed(trouble, asyncpg.ReadOnlySQLTransactionError()))
    trouble.wrote()
    assert trouble.is_worth_a_wait(noticed(trouble, asyncpg.ReadOnlySQLTransactionError()))


def test_a_refused_write_speaks_against_the_next_until_one_is_done() -> None:
    stopwatch = Stopwatch()
    trouble = Trouble(stopwatch)
    noticed(trouble, ConnectionRefusedError())
    assert not trouble.refuses_writes()
    noticed(trouble, asyncpg.DiskFullError())
    trouble.answered()
    assert trouble.refuses_writes()
    trouble.wrote()
    assert not trouble.refuses_writes()
    noticed(trouble, asyncpg.DiskFullError())
    stopwatch.seconds += REFUSED_SECONDS
    assert not trouble.refuses_writes(), "somebody has to try again"


@pytest.mark.usefixtures("database")
async def test_a_connection_that_cannot_even_be_closed_is_replaced_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pool closes those that are to be made anew in tasks of their own."""
    unheard, tried = list[dict[str, Any]](), list[Any]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))

    async def broken(connection: Any, **how: Any) -> None:
        tried.append(how)
        connection.terminate()
        raise BrokenPipeError

    source = db.engine.source()
    assert source
    pool, many = source.pool, AT_HAND + 2
    used = [await pool.take(seconds=5) for _ in range(many)]
    before = {await one.fetchval(MY_PID) for one in used}
    for one in used:
        await pool.give(one, as_it_was=True)  # the last ones are not at hand, but in the pool
    with monkeypatch.context() as changed:
        changed.setattr(asyncpg.Connection, "close", broken)
        await pool.expire_connections()
        used = [await pool.take(seconds=5) for _ in range(many)]
        assert before.isdisjoint([await one.fetchval(MY_PID) for one in used])
        for one in used:
            await pool.give(one, as_it_was=True)
    gc.collect()
    assert tried
    assert unheard == []
