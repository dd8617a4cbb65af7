"""The queue as the engine keeps it: the first person for a desk, without sorting everybody.

People with the same services stand in one row, ordered by their claims, the live queue apart
from those with a booking; a desk looks at the heads of the rows that it can serve. Whoever is
held back for a booking holds back all behind them in their row, so `Line.take` gives whom
`dispatch.for_desk` puts first.
"""

import heapq
import math
from collections.abc import Iterator, Sequence

from queue_app.domain.dispatch import (
    CallingDesk,
    Outlook,
    Person,
    Policy,
    claim,
    held_back,
    in_live_queue,
    may_call,
    reserved,
)

_Entry = tuple[float, int, Person | None]
"""Key, id (which breaks ties, so that people are never compared), person."""
_NOBODY: _Entry = (math.inf, 0, None)


class _Row:
    """People of the same services, or sent to the same desk: who has a claim, and who not yet."""

    __slots__ = ("early", "live", "ready", "services")

    def __init__(self, services: frozenset[str], live: bool) -> None:
        self.services = services
        self.live = live
        self.ready: list[_Entry] = []
        self.early: list[tuple[float, _Entry]] = []

    def settle(self, minute: float) -> None:
        """Early bookings whose time has come get their claim."""
        while self.early and self.early[0][0] <= minute:
            heapq.heappush(self.ready, heapq.heappop(self.early)[1])


class Line:
    """Everybody who waits, for a fixed set of desks."""

    def __init__(self, policy: Policy, desks: Sequence[CallingDesk]) -> None:
        self._policy = policy
        self._desks = desks
        self._rows: dict[tuple[frozenset[str], int | None, bool], _Row] = {}
        self._reach: list[list[_Row]] = [[] for _ in desks]
        self.count = 0
        self.holds = False
        """Whether the last `take` passed over somebody held back for a booking."""
        self.stopped: frozenset[str] = frozenset()
        """Services that are interrupted: `take` passes over whoever waits for any of them."""

    def add(self, person: Person, minute: float) -> None:
        row = self._row(person)
        place = claim(person, self._policy)
        entry = (place.key, person.id, person)
        if place.since > minute:
            heapq.heappush(row.early, (place.since, entry))
        else:
            heapq.heappush(row.ready, entry)
        self.count += 1

    def _row(self, person: Person) -> _Row:
        live = in_live_queue(person, self._policy)
        named = (person.services, person.for_desk_id, live)
        row = self._rows.get(named)
        if row is None:
            row = self._rows[named] = _Row(person.services, live)
            for reach, desk in zip(self._reach, self._desks, strict=True):
                if may_call(desk, person):
                    reach.append(row)
        return row

    def copy(self) -> "Line":
        """A line of its own with the same people, for one more run from here."""
        other = Line(self._policy, self._desks)
        twins: dict[int, _Row] = {}
        for named, row in self._rows.items():
            twin = other._rows[named] = twins[id(row)] = _Row(row.services, row.live)
            twin.ready, twin.early = row.ready.copy(), row.early.copy()
        other._reach = [[twins[id(row)] for row in reach] for reach in self._reach]
        other.count = self.count
        return other

    def take(self, index: int, minute: float, outlook: Outlook | None = None) -> Person | None:
        """Remove and return whom the desk at `index` calls at this minute; None: nobody."""
        best: _Row | None = None
        soonest: _Row | None = None
        lowest = _NOBODY
        kept = None
        self.holds = False
        for row in self._running(index) if self.stopped else self._reach[index]:
            if row.early:
                row.settle(minute)
                if row.early and (soonest is None or row.early[0] < soonest.early[0]):
                    soonest = row
            if row.ready and row.ready[0] < lowest:
                if outlook and row.live:
                    if kept is None:
                        kept = reserved(self._desks[index], minute, self._policy, outlook)
                    head = row.ready[0][2]
                    if kept and head and held_back(head, minute, self._policy, outlook, kept):
                        self.holds = True
                        continue
                best, lowest = row, row.ready[0]
        if best is not None:
            self.count -= 1
            return heapq.heappop(best.ready)[2]
        if soonest is not None:
            self.count -= 1
            return heapq.heappop(soonest.early)[1][2]
        return None

    def _running(self, index: int) -> list[_Row]:
        return [row for row in self._reach[index] if self.stopped.isdisjoint(row.services)]

    def __iter__(self) -> Iterator[Person]:
        """Everybody who waits, in no order."""
        for row in self._rows.values():
            for entry in (*row.ready, *(early for _, early in row.early)):
                if entry[2]:
                    yield entry[2]
