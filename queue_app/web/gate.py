"""Screens are let in a few at a time, so that nobody else waits for all of them.

After a restart, or an outage of the network, thousands of websockets come at one moment. Each
handshake takes one or two milliseconds in many small steps; were all of them under way at once,
every step of a page or of a clerk's verb would wait for a step of each. So whoever comes waits here
as a request that was read and not answered, and is let in when somebody who came before has the
first frame. Whoever works at a desk is let in before boards and phones.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

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
        while len(self._inside) < self._places and (line := self._urgent or self._others):
            transport, enter = line.popitem(last=False)
            if not transport.is_closing():
                self._inside.add(transport)
                enter()


_gates: WeakKeyDictionary[ServerState, Gate] = WeakKeyDictionary()


def gate_of(state: ServerState, places: int) -> Gate:
    """The gate of this server, the same each time."""
    gate = _gates.get(state)
    if gate is None:
        gate = _gates[state] = Gate(places)
    return gate
