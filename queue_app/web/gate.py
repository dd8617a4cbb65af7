"""Screens are let in a few at a time, so that nobody else waits for all of them.

After a restart, or an outage of the network, thousands of websockets come at one moment. Each
handshake takes one or two milliseconds in many small steps; were all of them under way at once,
every step of a page or of a clerk's verb would wait for a step of each. So whoever comes waits here
as a request that was read and not answered, and is let in when somebody who came before has the
first frame. Whoever works at a desk is let in before boards and phones.

Who asks for a page comes behind all of them, where nobody has heard yet what anybody asks. So while
connections are accepted by the dozen, boards and phones are let in one at a time, and the core
reads: two thousand are read in a sixth of a second, and take twice as long with others between.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

MANY = 8
"""So many connections in one turn of the loop, and more stand behind them."""
PLACES_MEANWHILE = 1

_Line = OrderedDict[asyncio.Transport, Callable[[], None]]


class Gate:
    """Who waits for a place, and who has one, each by the transport of their connection.

    `places`: how many may be between their request and their first frame.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._inside: set[asyncio.Transport] = set()
        self._urgent: _Line = OrderedDict()
        self._others: _Line = OrderedDict()
        self._accepted = 0
        """Connections in this turn of the loop."""
        self._many_come = False

    def accepted(self) -> None:
        """A connection was accepted, whatever it will ask."""
        self._accepted += 1
        if self._accepted == 1 and not self._many_come:
            asyncio.get_running_loop().call_soon(self._turned)

    def _turned(self) -> None:
        self._many_come, self._accepted = self._accepted >= MANY, 0
        if self._many_come:
            asyncio.get_running_loop().call_soon(self._turned)
        else:
            self._let_in()

    def come(self, transport: asyncio.Transport, enter: Callable[[], None], urgent: bool) -> None:
        """`enter` is called once there is a place: at once, later, or never after `leave`."""
        line = self._urgent if urgent else self._others
        line[transport] = enter
        self._let_in()

    def leave(self, transport: asyncio.Transport) -> None:
        """Wait no more, and keep no place; as often as one likes."""
        self._urgent.pop(transport, None)
        self._others.pop(transport, None)
        if transport in self._inside:
            self._inside.remove(transport)
            if self._urgent or self._others:
                asyncio.get_running_loop().call_soon(self._let_in)

    def _let_in(self) -> None:
        while line := self._next_line():
            transport, enter = line.popitem(last=False)
            if not transport.is_closing():
                self._inside.add(transport)
                enter()

    def _next_line(self) -> _Line | None:
        """Where somebody waits who may enter now."""
        at_most = PLACES_MEANWHILE if self._many_come else self._places
        if self._urgent and len(self._inside) < self._places:
            return self._urgent
        return self._others if self._others and len(self._inside) < at_most else None


_gates: WeakKeyDictionary[ServerState, Gate] = WeakKeyDictionary()


def gate_of(state: ServerState, places: int) -> Gate:
    """The gate of this server, the same each time."""
    gate = _gates.get(state)
    if gate is None:
        gate = _gates[state] = Gate(places)
    return gate
