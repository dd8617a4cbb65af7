"""The end of the line: what somebody may expect who joins it, without running the hall anew.

In a rush one ticket follows the other, and each changes the hall. But whoever joins at the end
moves nobody: the run of means that found the turn of the last one tells when each desk is free
then, and the next one takes the first of them that gives their services. What is known is of one
version of the hall; every change but such a ticket ends it.
"""

import math
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from queue_app.domain import waits
from queue_app.domain.dispatch import Person, Waiting, as_person
from queue_app.domain.forecast import Now, scene_of
from queue_app.domain.interruptions import Interruption
from queue_app.domain.scene import Scene

FRESH = timedelta(seconds=8)
"""How long one snapshot of the hall may serve, in the hall's time."""
MOST_JOINED = 40
"""How many may join before the turn of the next one is found by a run again."""
EXACT_UP_TO = 60
"""With no more people than this in the queue each turn is found by a run: half a millisecond, and
then a kiosk counts those ahead as every screen does, where what is moved on may be one or two off,
with bookings among them up to seven of 87."""
_MINUTE = timedelta(minutes=1)


def joins_at_the_end(person: Waiting) -> bool:
    """Whether nobody who waits is moved by them: no booking, no priority, sent to no desk."""
    return person.due_at is None and person.priority is None and person.for_desk_id is None


class Tail:
    """The end of the line of one branch, from a snapshot of its hall on."""

    def __init__(self, now: Now, joined: Mapping[int, Waiting]) -> None:
        """`joined`: people who joined at the end, by the version of the hall that they made."""
        self.now = now
        self._joined = {version: one for version, one in joined.items() if version > now.version}
        self._scene: Scene | None = None
        self._persons: dict[int, Person] = {}
        """As a run of this snapshot wants them."""
        self._turns: dict[frozenset[str], NextTurn] = {}

    @property
    def people(self) -> int:
        """How many wait."""
        return len(self.now.waiting) + len(self._joined)

    def after(self, now: Now) -> "Tail":
        """From another snapshot on, with who joined since."""
        return Tail(now, self._joined)

    def join(self, version: int, person: Waiting) -> None:
        self._joined[version] = person
        self._persons.pop(version, None)

    def unjoin(self, version: int, person: Waiting) -> None:
        """They have not joined after all."""
        if self._joined.get(version) == person:
            del self._joined[version]
            self._persons.pop(version, None)
            self._turns.clear()

    def is_of(self, version: int, epoch: str, at: datetime) -> bool:
        """Whether this is the end of the line at this version of the hall, and still fresh."""
        return self.is_fresh(version, epoch, at) and not self._unknown(version)

    def is_fresh(self, version: int, epoch: str, at: datetime) -> bool:
        """Whether it may serve at this version, once all who joined since are known."""
        now = self.now
        return epoch == now.epoch and now.version <= version and now.at <= at < now.at + FRESH

    def _unknown(self, version: int) -> list[int]:
        """The steps up to this version of which it is not known what they were."""
        since = range(self.now.version + 1, version + 1)
        return [step for step in since if step not in self._joined]

    @property
    def last_id(self) -> int:
        """Whoever joined since the snapshot has a higher one."""
        return max((one.id for one in self.now.waiting), default=0)

    def catch_up(self, version: int, waiting: Sequence[Waiting]) -> None:
        """Others gave tickets, too. `waiting`: who joined the end of the line since the snapshot,
        in that order, as they stand at this version.

        Each step is one change of the hall. So where there are as many people as steps of which
        nothing is known, these steps are they; else something else has happened.
        """
        known = {one.id for one in (*self.now.waiting, *self._joined.values())}
        came = [one for one in waiting if one.id not in known and joins_at_the_end(one)]
        unknown = self._unknown(version)
        if len(came) == len(unknown):
            for step, person in zip(unknown, came, strict=True):
                self.join(step, person)

    @property
    def interruptions(self) -> Sequence[Interruption]:
        """Those of the day."""
        return self.now.interruptions

    def expect(self, me: Waiting, at: datetime) -> tuple[int, float] | None:
        """People ahead of, and minutes for, somebody who joins now.

        None where the whole hall must be asked: for whoever moves others, while an interruption
        is not over, and where no desk will call them.
        """
        stopped = any(one.resumes_at is None or one.resumes_at > at for one in self.interruptions)
        if stopped or not joins_at_the_end(me):
            return None
        turn = self._turn(frozenset(me.services), me)
        if turn is None:
            return None
        ahead, minute = turn.next()
        return ahead, max(0.0, minute - (at - self.now.at) / _MINUTE)

    def _turn(self, services: frozenset[str], me: Waiting) -> "NextTurn | None":
        joined = self._people()
        turn = self._turns.get(services)
        if self._scene is None:
            self._scene = scene_of(self.now)
        few = len(self._scene.waiting) + len(joined) < EXACT_UP_TO
        if turn is None or few or not turn.move_on(joined):
            turn = NextTurn.found(self._scene, joined, self._person(me))
            if turn is None:
                return None
            self._turns[services] = turn
        return turn

    def _people(self) -> list[Person]:
        """Who joined, in that order."""
        for version, one in self._joined.items():
            if version not in self._persons:
                self._persons[version] = self._person(one)
        return [self._persons[version] for version in sorted(self._joined)]

    def _person(self, one: Waiting) -> Person:
        return as_person(one, self.now.at)


class NextTurn:
    """When the next one of some services is called, moved on with everybody who joins."""

    def __init__(
        self, scene: Scene, end: waits.RunEnd, services: frozenset[str], joined: int
    ) -> None:
        self._scene = scene
        self._services = services
        self._called = end.others
        """The minutes at which everybody else is called, sorted."""
        self._free = [minute for _, minute in end.free]
        self._shifts = [shift for shift, _ in end.free]
        self._from = self._until = joined
        """How many had joined when it was found, and are counted now."""
        self._found = end.ahead, end.minute

    @classmethod
    def found(cls, scene: Scene, joined: Sequence[Person], last: Person) -> "NextTurn | None":
        """By a run of the hall; None where no desk will call them."""
        end = waits.end_of(replace(scene, waiting=[*scene.waiting, *joined]), last)
        return None if end is None else cls(scene, end, last.services, len(joined))

    def move_on(self, joined: Sequence[Person]) -> bool:
        """Count who joined since; False where a run must find it again."""
        if len(joined) - self._from > MOST_JOINED:
            return False
        for one in joined[self._until :]:
            if (first := self._first(one.services)) is not None:
                place, minute = first
                for _ in range(one.people):
                    insort(self._called, minute)
                length = self._scene.length_of(one).mean_minutes
                ends = minute + length + self._scene.habits.between
                self._free[place] = self._shifts[place].resumes(ends)
        self._until = len(joined)
        return self._first(self._services) is not None

    def next(self) -> tuple[int, float]:
        """People ahead, and the minute from the snapshot."""
        if self._until == self._from:
            return self._found
        first = self._first(self._services)
        assert first is not None
        minute = max(0.0, first[1])
        return bisect_right(self._called, minute), minute

    def _first(self, services: frozenset[str]) -> tuple[int, float] | None:
        """The desk that is free first for these services, and when."""
        fitting = [
            (minute, place)
            for place, minute in enumerate(self._free)
            if services <= self._shifts[place].desk.services and minute < math.inf
        ]
        if not fitting:
            return None
        minute, place = min(fitting)
        return place, minute
