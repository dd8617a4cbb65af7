"""Whose turn it is: a few are at work at once, and whoever waits is taken address by address.

A process answers on one thread. What begins together shares it, and an answer has to get in
between at each of its many steps. So only a few of the public begin, and fewer still while
somebody who goes first waits for an answer.
"""

import asyncio
from collections import OrderedDict, deque

import msgspec


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How many may be at work at once, and how many may wait, for how many seconds.

    `at_once`: four keep a core busy while others wait for the database. `beside_first`: as many
    of them may begin while somebody who goes first is being answered. `waiting`: of all
    addresses; `waiting_of_one`: of one. A thousand are a hall of phones behind one address that
    all open a page with its pictures in the same second.
    """

    at_once: int = 4
    beside_first: int = 1
    waiting: int = 4_000
    waiting_of_one: int = 1_000
    seconds: float = 10.0


class CrowdedError(Exception):
    """There is no room to wait: for this address, else for anybody."""

    def __init__(self, of_one: bool) -> None:
        super().__init__(of_one)
        self.of_one = of_one


class Turn:
    """One turn: waited for until it has `begun`, and over after `end`, however often that is
    called."""

    def __init__(self, turns: "Turns", address: str | None) -> None:
        self.address = address
        """None: it goes first."""
        self.begun = asyncio.Event()
        self._turns = turns
        self._over = False

    def end(self) -> None:
        if not self._over:
            self._over = True
            self._turns.end(self)


class Turns:
    """All turns of a process. While anybody waits, as many are at work as may be."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.at_work = 0
        self.waiting = 0
        self._going_first = 0
        self._lines: OrderedDict[str, deque[Turn]] = OrderedDict()
        """Who waits, by address; the first has had its turn longest ago."""

    def go_first(self) -> Turn:
        """A turn that has begun, whoever else waits or is at work."""
        self._going_first += 1
        turn = Turn(self, None)
        turn.begun.set()
        return turn

    def ask(self, address: str) -> Turn:
        """A turn of this address, which has begun if there is room. CrowdedError."""
        turn = Turn(self, address)
        if self._has_room():
            self._begin(turn)
        else:
            self._stand(turn, address)
        return turn

    def end(self, turn: Turn) -> None:
        """For `Turn.end` alone, which calls it once."""
        if turn.address is None:
            self._going_first -= 1
        elif turn.begun.is_set():
            self.at_work -= 1
        else:
            self._leave(turn, turn.address)
        self._go_on()

    def _has_room(self) -> bool:
        terms = self.terms
        return self.at_work < (terms.beside_first if self._going_first else terms.at_once)

    def _begin(self, turn: Turn) -> None:
        self.at_work += 1
        turn.begun.set()

    def _stand(self, turn: Turn, address: str) -> None:
        line = self._lines.get(address, deque())
        if len(line) >= self.terms.waiting_of_one:
            raise CrowdedError(of_one=True)
        if self.waiting >= self.terms.waiting:
            raise CrowdedError(of_one=False)
        self._lines[address] = line
        line.append(turn)
        self.waiting += 1

    def _leave(self, turn: Turn, address: str) -> None:
        line = self._lines[address]
        line.remove(turn)
        self.waiting -= 1
        if not line:
            del self._lines[address]

    def _go_on(self) -> None:
        """Let begin whoever may. An address that has had its turn goes behind all others."""
        while self._lines and self._has_room():
            address, line = next(iter(self._lines.items()))
            turn = line[0]
            self._lines.move_to_end(address)
            self._leave(turn, address)
            self._begin(turn)
