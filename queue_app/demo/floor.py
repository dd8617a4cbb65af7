"""The hall that the synthetic people share: its day, who is in it, and what they have seen."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from queue_app.clock import ShiftedClock
from queue_app.demo.plan import DemoPlan, DeskShift
from queue_app.demo.wire import Wire
from queue_app.domain.catalogue import Language
from queue_app.tasks import wait_for

VisitorKind = Literal["walk-in", "priority", "booked", "phone"]
Fate = Literal["served", "no-show", "left", "turned away"]

AFTER_CLOSING = timedelta(minutes=75)
"""How long the last visitors are still served; then whoever is left goes home."""


@dataclass(eq=False)
class Visitor:
    """Somebody on their way through the hall. Durations in the hall's minutes.

    `hears`: from which call on they come, 0 for somebody who has silently gone. `comes`: False for
    the holder of a booking who stays away.
    """

    kind: VisitorKind
    services: tuple[str, ...]
    arrives: datetime
    minutes: float
    patience: float
    language: Language = ""
    priority: str | None = None
    hears: int = 1
    comes_back: bool = False
    comes: bool = True
    due: datetime | None = None
    code: str = ""
    appointment: str = ""
    ticket: int = 0
    token: str = ""
    number: str = ""
    issued: datetime | None = None
    waited: float | None = None
    fate: Fate | None = None
    called: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    away: bool = False
    """At a desk, filling in a form, or still outside: not in the row of those who wait."""


class Floor:
    """What everybody of one day shares."""

    def __init__(self, plan: DemoPlan, clock: ShiftedClock, wire: Wire, rng: random.Random) -> None:
        self.plan = plan
        self.clock = clock
        self.wire = wire
        self.rng = rng
        self.inside: dict[int, Visitor] = {}
        self.everybody: list[Visitor] = []
        self.seen_after: list[float] = []
        """Seconds from a clerk's answer to the first board; 0 where the board was first."""
        self.behind: list[float] = []
        """The hall's seconds by which clerks were late, at each thing that they had to do."""
        self._answered: dict[tuple[int, int], float] = {}
        self._on_board: set[tuple[int, int]] = set()
        self.frames = 0
        self.waiting = 0
        self.serving = 0
        self.desks_open = 0
        self.open_desks: dict[int, DeskShift] = {}
        self.taken: dict[str, int] = {}
        """The ids of taken desks by number, those of clerks at lunch included."""
        self._news = asyncio.Event()

        self.calls_go_on = asyncio.Event()
        """Not set from the beginning of an alert until calls resume."""
        self.calls_go_on.set()
        self.all_clear = asyncio.Event()
        """Not set from the beginning of an alert until its end: then people come again."""
        self.all_clear.set()
        self._alert: list[datetime] = []
        """When it began and when calls resumed, as far as that has happened."""

    def now(self) -> datetime:
        return self.clock.now()

    def stop(self) -> None:
        """The siren: everybody goes to the shelter."""
        self._alert = [self.now()]
        self.calls_go_on.clear()
        self.all_clear.clear()
        self.tell()

    def go_on(self) -> None:
        self.all_clear.set()
        self._alert.append(self.now())
        self.calls_go_on.set()
        self.tell()

    def put_off(self, since: datetime, until: datetime) -> datetime:
        """`until`, later by as much of the alert as is over and stood between the two."""
        if len(self._alert) < 2:
            return until
        began, resumed = self._alert
        return until + max(timedelta(), resumed - max(began, since)) if began < until else until

    async def until(self, instant: datetime) -> None:
        """Sleep until the hall's clock shows `instant`; at once where that has passed."""
        await self.sleep((instant - self.now()) / timedelta(seconds=1))

    async def sleep(self, hall_seconds: float) -> None:
        await asyncio.sleep(self.clock.real_seconds(hall_seconds))

    async def work(self, hall_seconds: float, since: datetime) -> datetime:
        """Sleep until so long after `since`, but for an alert, in which all work stands still.

        Gives when that was to be: whoever goes on from there, and not from when the machine got to
        it, loses none of the hall's time to it. How late it got to it is noted.
        """
        ends = since + timedelta(seconds=hall_seconds)
        await self.until(ends)
        await self.calls_go_on.wait()
        due = self.put_off(since, ends)
        await self.until(due)
        self.behind.append((self.now() - due).total_seconds())
        return due

    def enter(self, person: Visitor, ticket: int, token: str, number: str) -> None:
        person.ticket, person.token, person.number = ticket, token, number
        person.issued = self.now()
        self.inside[ticket] = person
        self.everybody.append(person)
        self.tell()

    def go(self, person: Visitor, fate: Fate) -> None:
        person.fate = fate
        person.gone.set()
        self.inside.pop(person.ticket, None)
        if person not in self.everybody:
            self.everybody.append(person)
        self.tell()

    def needed(self, services: frozenset[str]) -> bool:
        """Whether somebody waits whom a desk with these services could serve."""
        return any(
            not one.away and services.issuperset(one.services) for one in self.inside.values()
        )

    def called(self, ticket: int, calls: int) -> None:
        """A clerk has the answer to a call; the boards shall show it."""
        if (ticket, calls) in self._on_board:
            self.seen_after.append(0.0)
        else:
            self._answered[ticket, calls] = time.perf_counter()
        self.tell()

    def on_board(self, frame: Any) -> None:
        """A board's new snapshot: what it says, and how long its new calls were under way."""
        self.frames += 1
        self.waiting = frame["waiting"]
        self.serving = len(frame["called"])
        self.desks_open = frame["desks_open"]
        for call in frame["called"]:
            key = (call["ticket"], call["calls"])
            self._on_board.add(key)
            answered = self._answered.pop(key, None)
            if answered is not None:
                self.seen_after.append(time.perf_counter() - answered)
        self.tell()

    def tell(self) -> None:
        """Something in the hall has changed."""
        self._news.set()
        self._news = asyncio.Event()

    async def news(self, real_seconds: float) -> None:
        """Wait for a change of the hall, but no longer than this."""
        await wait_for(self._news, real_seconds)
