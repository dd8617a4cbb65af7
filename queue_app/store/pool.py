"""Connections, of which a few stay at hand between two users."""

from contextlib import suppress
from typing import Any

import asyncpg

from queue_app.store.patience import Limits

CLOSE_SECONDS = 1.0
"""For a transaction to be rolled back and a connection to be given back; else it is cut."""
AT_HAND = 4
"""Connections; more users at once than that take theirs out of the pool."""
USED_AT_ONCE = 100
"""After so many users a connection goes back into its pool, which makes it anew in time."""
CLOSING = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What may be said of a connection that is to be closed anyway."""


class Pool(asyncpg.Pool):  # type: ignore[misc]
    """Connections of which a few stay at hand between two users: to take one out of the pool and
    to give it back costs twice what a short statement does."""

    def __init__(self, *args: Any, limits: Limits, **ways: Any) -> None:
        """`limits`: how long its users wait."""
        super().__init__(*args, **ways)
        self.limits = limits
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
            cut(connection)
            await self._let_go(connection)

    async def close(self) -> None:
        self._used = dict.fromkeys(self._used, USED_AT_ONCE)
        while self._at_hand:
            await self._let_go(self._at_hand.pop())
        await super().close()

    async def _let_go(self, connection: Any) -> None:
        self._used.pop(connection, None)
        with suppress(*CLOSING):
            await self.release(connection, timeout=CLOSE_SECONDS)


def _is_open(connection: Any) -> bool:
    """One that the other side has closed is back in the pool, and says so of whatever it is
    asked."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


def cut(connection: Any) -> None:
    """Without a word to the other side; one that is gone already is back in its pool."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()
