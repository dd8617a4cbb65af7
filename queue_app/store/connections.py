"""The engine and its connections: what they wait for, and what they are given back as."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from msgspec import Struct
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from queue_app.store import answers
from queue_app.store.answers import bounded, raise_outage
from queue_app.store.patience import ENDLESS, PATIENT, Limits
from queue_app.store.pool import CLOSE_SECONDS, CLOSING, Pool, cut

T = TypeVar("T")


class Source(Struct, frozen=True):
    """A pool of connections and what their users wait."""

    pool: Pool

    @property
    def limits(self) -> Limits:
        return self.pool.limits


_own: ContextVar[Source | None] = ContextVar("_own", default=None)
"""Where the work that runs here has its connections; None: where everybody has theirs."""


class Transaction(PostgresTransaction):
    """Gives its connection back whatever happens: a cancelled BEGIN, a failed COMMIT, a server
    that answers nothing any more.

    With `when_needed` it begins with the first statement that changes or locks anything: what is
    read before sees what is committed at its own moment, within the transaction or without. So
    one whose only change is its last statement (`alone`) is that statement.
    """

    def __init__(
        self, engine: "Engine", allow_nested: bool = False, when_needed: bool = False
    ) -> None:
        super().__init__(engine, allow_nested=allow_nested)
        self.source = engine.source()
        self.limits = self.source.limits if self.source else ENDLESS
        self.has_begun = False
        """Whether anything may have been changed or locked."""
        self.is_over = False
        """Whether its only change is committed already."""
        self._when_needed = when_needed
        self.with_commit: list[tuple[str, Sequence[Any]]] = []

    async def __aenter__(self) -> Self:
        self.connection = await self.get_connection()
        if not self._when_needed:
            try:
                await self.begin_once()
            except BaseException:
                await self._give_back(broken=True)
                raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def begin_once(self) -> None:
        """What follows is done with whatever was done since, or not at all. RuntimeError after the
        change that was to be the last."""
        if self.is_over:
            raise RuntimeError("something follows what was to be the transaction's last change")
        if not self.has_begun:
            self.has_begun = True
            try:
                await self.bounded(self.begin())
            except BaseException:
                cut(self.connection)  # whoever goes on all the same changes nothing by itself
                raise

    async def say_with_commit(self, sql: str, args: Sequence[Any]) -> None:
        """This statement, of which nobody needs an answer, comes last, in one message with the
        commit: what it locks is held for none of our round trips."""
        await self.begin_once()
        self.with_commit.append((sql, args))

    async def begin(self) -> None:
        await self.connection.execute("BEGIN")

    async def commit(self) -> None:
        """RuntimeError where a statement had failed and the work went on as if it had not: then
        the server answers a commit by rolling back, without an error."""
        said = [spelled_out(sql, args) for sql, args in self.with_commit]
        done = await self.connection.execute("; ".join([*said, "COMMIT"]))
        if done != "COMMIT":
            raise RuntimeError("a statement failed and was passed over: all was rolled back")

    async def rollback(self) -> None:
        await self.connection.execute("ROLLBACK")

    async def alone(self, asked: Awaitable[T]) -> T:
        """The answer to a statement that is the whole transaction."""
        assert not self.has_begun
        answer = await self.bounded(asked, committing=True)
        self.is_over = True
        answers.trouble.wrote()
        return answer

    async def get_connection(self) -> Any:
        if self.source:
            return await acquired(self.source)
        return await self.engine.get_new_connection()

    def bounded(self, asked: Awaitable[T], committing: bool = False) -> Awaitable[T]:
        """The answer on this connection, within this transaction's limits; an Outage without."""
        return bounded(self.connection, asked, self.limits.answer, committing)

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        begun, as_it_was = self.has_begun, exception is None
        try:
            if begun and exception is None:
                as_it_was = False
                await self.bounded(self.commit(), committing=True)
                answers.trouble.wrote()
                begun, as_it_was = False, True
        finally:
            await self._end(begun, as_it_was)
        return False

    async def _end(self, begun: bool, as_it_was: bool) -> None:
        """Rolls back what has `begun` and is not committed: also what nobody waits for any more
        while its last message waits for a lock, else it would be done after all."""
        broken = begun
        try:
            broken = begun and not await self._rolled_back_in_time()
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back(broken, as_it_was)

    async def _rolled_back_in_time(self) -> bool:
        """A connection that is cut off, or that answers nothing, rolls back by being closed."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.rollback()
        except CLOSING:
            return False
        return True

    async def _give_back(self, broken: bool, as_it_was: bool = False) -> None:
        if broken:
            cut(self.connection)
        if self.source:
            await self.source.pool.give(self.connection, as_it_was and not broken)
        elif not broken:
            await self.connection.close(timeout=CLOSE_SECONDS)


def spelled_out(sql: str, args: Sequence[Any]) -> str:
    """The statement with its parameters in it, as one must be that is not sent by itself."""
    return re.sub(r"\$(\d+)", lambda found: _literal(args[int(found[1]) - 1]), sql)


def _literal(value: object) -> str:
    """Text in digits, so that nothing in it is a sign of SQL's."""
    match value:
        case int():
            return str(int(value))
        case UUID():
            return f"'{value}'::uuid"
        case str():
            return f"convert_from(decode('{value.encode().hex()}', 'hex'), 'UTF8')"
    raise TypeError(f"a {type(value).__name__} cannot be spelled out")


async def acquired(source: Source) -> Any:
    """A connection of the pool; an Outage where none is free or can be made in time."""
    try:
        return await source.pool.take(source.limits.connection)
    except Exception as error:
        raise_outage(error)
        raise


class Engine(PostgresEngine):
    """Piccolo's engine with transactions that never nest and never leak."""

    async def check_version(self) -> None:
        """Piccolo asks at import, when there is no server yet; `migrate` needs 15 and says so."""

    def transaction(self, allow_nested: bool = False, when_needed: bool = False) -> Transaction:
        return Transaction(self, allow_nested, when_needed)

    def source(self) -> Source | None:
        """Where this work has its connections; None: nowhere, each makes its own."""
        return _own.get() or (Source(self.pool) if self.pool else None)

    async def get_new_connection(self) -> asyncpg.Connection:
        """One outside the pool. Outage where it cannot be had."""
        try:
            connection = await asyncpg.connect(**self.config)
            await _watch_line(connection)
        except Exception as error:
            raise_outage(error)
            raise
        return connection


engine = Engine(config={}, extensions=())


class _Line(asyncpg.Connection):  # type: ignore[misc]
    """A connection that may always be closed: the pool closes those that are to be made anew in
    tasks of their own, which nobody asks how that ended."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        with suppress(*CLOSING):
            await super().close(timeout=timeout)


def _ways(dsn: str, limits: Limits) -> dict[str, Any]:
    """How to connect. Of several hosts the one that takes writes, unless the DSN says otherwise:
    after a failover that is another."""
    ways = {"dsn": dsn, "timeout": limits.connection, "server_settings": limits.settings()}
    address = urlsplit(dsn)
    several = re.search(r"(^|&)host=[^&]*,", address.query) or "," in address.netloc
    if several and "target_session_attrs" not in address.query:
        ways["target_session_attrs"] = "read-write"
    return ways


async def _watch_line(connection: asyncpg.Connection) -> None:
    """A machine that vanishes says nothing: the kernel finds out in seconds, not in minutes."""
    line = connection._transport.get_extra_info("socket")
    if line is None or line.family not in (socket.AF_INET, socket.AF_INET6):
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_USER_TIMEOUT", 5_000), ("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3),
    ):  # fmt: skip
        if hasattr(socket, option):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


async def _made(dsn: str, max_size: int, limits: Limits) -> Pool:
    """A pool that connects when it is asked: the database may be away."""
    made: Pool = await Pool(
        limits=limits,
        min_size=0,
        max_size=max_size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        connection_class=_Line,
        record_class=asyncpg.Record,
        init=_watch_line,
        reset=_as_it_was,
        **_ways(dsn, limits),
    )
    return made


async def _as_it_was(_: asyncpg.Connection) -> None:
    """Nothing outlives a transaction here: no `SET` but `SET LOCAL`, no cursor, no `LISTEN`, no
    lock of a session. So the driver need not ask for all that to be undone after each."""


async def open_pool(dsn: str, max_size: int = 12, limits: Limits = PATIENT) -> None:
    """Every later query of this process goes to the database at `dsn`, even if it is away yet."""
    engine.config = _ways(dsn, limits)
    engine.pool = await _made(dsn, max_size, limits)


async def close_pool() -> None:
    pool, engine.pool = engine.pool, None
    if pool:
        await _closed(pool)


async def _closed(pool: Pool) -> None:
    """In order, or at once where the other side answers nothing."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except CLOSING:
        pool.terminate()


@asynccontextmanager
async def pool(dsn: str, max_size: int = 12, limits: Limits = PATIENT) -> AsyncIterator[None]:
    await open_pool(dsn, max_size, limits)
    try:
        yield
    finally:
        await close_pool()


@asynccontextmanager
async def beside(dsn: str, max_size: int = 3, limits: Limits = PATIENT) -> AsyncIterator[Source]:
    """Connections beside everybody's, for work that nobody waits for: see `work_on`."""
    own = await _made(dsn, max_size, limits)
    try:
        yield Source(own)
    finally:
        await _closed(own)


def work_on(source: Source) -> None:
    """From here on this task, and what it starts, has its connections there."""
    _own.set(source)
