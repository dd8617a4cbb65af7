"""One timer for all connections of a process: who is late, and who leaves unread what was sent.

A timer for each connection would be set and cancelled with every request. This one looks at every
connection once a second, and rests while there is none.
"""

import asyncio
import math
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

NEVER = math.inf


class Watched:
    """A connection under the watch. `due`: when what it is reading must be there, in the loop's
    time. `unread_seconds`: how long what is written may wait for its reader."""

    transport: asyncio.Transport
    due: float = NEVER
    unread_seconds: float

    def overdue(self) -> None:
        """`due` has passed."""

    def looked(self, now: float) -> None:
        """The watch has come by, at this time of the loop."""

    def is_unread(self) -> bool:
        """Whether something waits to be read."""
        return self.transport.get_write_buffer_size() > 0

    def unread(self) -> None:
        """Something has waited at every look for `unread_seconds`."""
        self.transport.abort()


class Watch:
    """Looks at the connections of a server, `rhythm` seconds between two looks."""

    def __init__(self, state: ServerState, rhythm: float) -> None:
        self._connections = state.connections
        self._rhythm = rhythm
        self._timer: asyncio.TimerHandle | None = None
        self._unread: dict[Watched, float] = {}
        """Since when."""

    def wake(self, loop: asyncio.AbstractEventLoop) -> None:
        """There is a connection."""
        if self._timer is None:
            self._timer = loop.call_later(self._rhythm, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        before, self._unread = self._unread, {}
        for one in list(self._connections):
            if isinstance(one, Watched):
                self._look_at(one, now, before.get(one, now))
        if self._connections:
            self.wake(loop)

    def _look_at(self, one: Watched, now: float, since: float) -> None:
        one.looked(now)
        if one.is_unread():
            self._unread[one] = since
            if now - since > one.unread_seconds:
                one.unread()
        if one.due < now:
            one.overdue()


_watches: WeakKeyDictionary[ServerState, Watch] = WeakKeyDictionary()


def watch_of(state: ServerState, rhythm: float) -> Watch:
    """The watch of this server, the same each time."""
    watch = _watches.get(state)
    if watch is None:
        watch = _watches[state] = Watch(state, rhythm)
    return watch
