"""Answers of the database, each within its time: what does not come, or means "not now", is an
Outage."""

import asyncio
import math
import time
from collections.abc import Awaitable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import asyncpg

from queue_app.domain.errors import BadRequest
from queue_app.store.outages import Trouble, outage_of
from queue_app.store.pool import cut

T = TypeVar("T")

LOOK_SECONDS = 0.1
"""Between two looks for answers whose time is over."""

trouble = Trouble()
"""Of this process."""


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
            cut(watch.connection)

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
