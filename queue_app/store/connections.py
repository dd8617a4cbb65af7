"""The engine and its connections: what they wait for, and what they are given back as."""

import asyncio
import math
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg
from msgspec import Struct
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from queue_app.domain.errors import BadRequest
from queue_app.store.outages import Trouble, outage_of

T = TypeVar("T")

_SERVER_SETTINGS = {
    "application_name": "queue-app",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
    "jit": "off",
}


class Limits(Struct, frozen=True):
    """How long whoever asks the database waits for it, in seconds; None: as long as it takes.

    The server ends a statement or the wait for a lock itself. `answer`, a little longer, is for a
    server that is frozen or cut off and ends nothing. `connection`: for one to be free, or to be
    made. `plans`: PostgreSQL's `plan_cache_mode`.
    """

    statement: float | None
    lock: float
    answer: float | None
    connection: float
    plans: str = "auto"

    def settings(self) -> dict[str, str]:
        statement = 0 if self.statement is None else round(self.statement * 1000)
        return _SERVER_SETTINGS | {
            "statement_timeout": f"{statement}ms",
            "lock_timeout": f"{round(self.lock * 1000)}ms",
            "plan_cache_mode": self.plans,
        }


BRIEF = Limits(statement=4.0, lock=3.0, answer=5.0, connection=2.5, plans="force_generic_plan")
"""For requests: somebody waits. They say the same few things all day; to plan the look at a hall
anew each time, as is done beside a long past, takes twice as long as the look."""
PATIENT = Limits(statement=120.0, lock=8.0, answer=130.0, connection=10.0)
"""For jobs and commands."""
ENDLESS = Limits(statement=None, lock=8.0, answer=None, connection=10.0)
"""For migrations: an update of a large table takes as long as it takes."""
CLOSE_SECONDS = 1.0
"""For a transaction to be rolled back and a connection to be given back; else it is cut."""
LOOK_SECONDS = 0.1
AT_HAND = 4
USED_AT_ONCE = 100
"""After so many users a connection goes back into its pool, which makes it anew in time."""
_CLOSING = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What may be said of a connection that is to be closed anyway."""

trouble = Trouble()
"""Of this process."""


class Pool(asyncpg.Pool):  # type: ignore[misc]
    """Connections of which a few stay at hand between two users: to take one out of the pool and
    to give it back costs twice what a short statement does."""

    def __init__(self, *args: Any, **ways: Any) -> None:
        super().__init__(*args, **ways)
        self._at_hand: list[Any] = []
        self._used: dict[Any, int] = {}
        """How often each was used since it left the pool."""
        self._waiting = 0
        self._outages = 0

    async def take(self, seconds: float) -> Any:
        """A connection that nobody else has; TimeoutError where there is none in time."""
        while self._at_hand:
            connection = self._at_hand.pop()
            if _is_open(connection):
                return connection
            await self._let_go(connection)
        self._waiting += 1
        outages = self._outages
        try:
            connection = await self.acquire(timeout=seconds)
        finally:
            self._waiting -= 1
        # One that was begun before an outage is no new one, and nobody's after this user.
        self._used[connection] = 0 if outages == self._outages else USED_AT_ONCE
        return connection

    async def give(self, connection: Any, as_it_was: bool) -> None:
        """`as_it_was`: whatever was asked on it is answered, and it is in no transaction."""
        self._used[connection] = used = self._used.get(connection, 0) + 1
        few = len(self._at_hand) < AT_HAND and used < USED_AT_ONCE
        wanted = self._waiting or self.is_closing()
        if as_it_was and few and not wanted and _is_open(connection):
            self._at_hand.append(connection)
        else:
            await self._let_go(connection)

    def get_idle_size(self) -> int:
        """How many are open that nobody has, at hand or not."""
        return int(super().get_idle_size()) + len(self._at_hand)

    async def expire_connections(self) -> None:
        """Whoever takes one from here on has a new one. Those at hand are cut, as to take leave of
        a server that answers nothing takes its time, and whoever is to be told of that waits."""
        await super().expire_connections()
        self._outages += 1
        self._used = dict.fromkeys(self._used, USED_AT_ONCE)
        while self._at_hand:
            connection = self._at_hand.pop()
            _cut(connection)
            await self._let_go(connection)

    async def close(self) -> None:
        self._used = dict.fromkeys(self._used, USED_AT_ONCE)
        while self._at_hand:
            await self._let_go(self._at_hand.pop())
        await super().close()

    async def _let_go(self, connection: Any) -> None:
        self._used.pop(connection, None)
        with suppress(*_CLOSING):
            await self.release(connection, timeout=CLOSE_SECONDS)


def _is_open(connection: Any) -> bool:
    """One that the other side has closed is back in the pool, and says so of whatever it is
    asked."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


class Source(Struct, frozen=True):
    """A pool of connections and what their users wait."""

    pool: Pool
    limits: Limits


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
                _cut(self.connection)  # whoever goes on all the same changes nothing by itself
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
        trouble.wrote()
        return answer

    async def get_connection(self) -> Any:
        if self.source:
            return await acquired(self.source)
        return await self.engine.get_new_connection()

    async def bounded(self, asked: Awaitable[T], committing: bool = False) -> T:
        """The answer on this connection, within this transaction's limits; an Outage without."""
        return await bounded(self.connection, asked, self.limits.answer, committing)

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
                trouble.wrote()
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
        except _CLOSING:
            return False
        return True

    async def _give_back(self, broken: bool, as_it_was: bool = False) -> None:
        if broken:
            _cut(self.connection)
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


async def bounded(
    connection: Any, asked: Awaitable[T], seconds: float | None, committing: bool = False
) -> T:
    """The answer within so many seconds, else the connection is cut, by which whoever waits for it
    is told. An Outage for whatever the driver says that means "not now"; BadRequest `unreadable`
    for text that no database keeps, as with a NUL in it."""
    loop = asyncio.get_running_loop()
    watches = _watches.get(loop) or _watches.setdefault(loop, _Watches())
    watch = watches.begin(connection, math.inf if seconds is None else seconds)
    try:
        answer = await asked
        if watch.ended and not committing:  # it came with the end of its time: the line is cut
            raise TimeoutError
    except Exception as error:
        raise_outage(TimeoutError() if watch.ended else error, committing)
        if isinstance(error, asyncpg.CharacterNotInRepertoireError):
            raise BadRequest("unreadable") from error
        raise
    finally:
        watches.end(watch)
    trouble.answered()
    return answer


class _Watch:
    """An answer that is waited for on this connection until then. `ended`: it took too long."""

    __slots__ = ("connection", "ended", "until")

    def __init__(self, connection: Any, until: float) -> None:
        self.connection = connection
        self.until = until
        self.ended = False


class _Watches:
    """Cuts connections whose other end answers nothing, up to `LOOK_SECONDS` after their time: one
    timer for all, as one for each statement would be a twentieth of what a statement costs here."""

    def __init__(self) -> None:
        self._under_way = set[_Watch]()
        self._is_looking = False

    def begin(self, connection: Any, seconds: float) -> _Watch:
        watch = _Watch(connection, time.monotonic() + seconds)
        self._under_way.add(watch)
        if not self._is_looking:
            self._look_again()
        return watch

    def end(self, watch: _Watch) -> None:
        self._under_way.discard(watch)

    def _look(self) -> None:
        """It begins with the next look: no other answer is without a watch if a cut fails."""
        self._is_looking = bool(self._under_way)
        if self._is_looking:
            self._look_again()
        now = time.monotonic()
        for watch in [one for one in self._under_way if one.until <= now]:
            self.end(watch)
            watch.ended = True
            _cut(watch.connection)

    def _look_again(self) -> None:
        self._is_looking = True
        asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)


_watches = WeakKeyDictionary[asyncio.AbstractEventLoop, _Watches]()


def raise_outage(error: Exception, committing: bool = False) -> None:
    """The Outage that this error of the driver means, if it means one: noticed and raised."""
    outage = outage_of(error, committing)
    if outage:
        trouble.noticed(outage)
        raise outage from error


def _cut(connection: Any) -> None:
    """Without a word to the other side; one that is gone already is back in its pool."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


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

    limits = PATIENT

    def transaction(self, allow_nested: bool = False, when_needed: bool = False) -> Transaction:
        return Transaction(self, allow_nested, when_needed)

    def source(self) -> Source | None:
        """Where this work has its connections; None: nowhere, each makes its own."""
        return _own.get() or (Source(self.pool, self.limits) if self.pool else None)

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
        with suppress(*_CLOSING):
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
    engine.limits = limits
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
    except _CLOSING:
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
        yield Source(own, limits)
    finally:
        await _closed(own)


def work_on(source: Source) -> None:
    """From here on this task, and what it starts, has its connections there."""
    _own.set(source)
