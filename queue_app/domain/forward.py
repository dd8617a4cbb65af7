"""A branch run forward in time: people come, free desks call, visits end.

The one engine of the estimates and of the simulator. It knows no clock and draws no chance:
who comes when, how long each visit takes and when each desk works are given to it.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from functools import cached_property

from msgspec import Struct

from queue_app.domain.dispatch import CallingDesk, Expected, Outlook, Person, Policy, may_call
from queue_app.domain.line import Line

ABSENT_MINUTES = 2.0
"""A desk waits this long for somebody who was called and does not come."""
RETRY_MINUTES = 1.0
"""How soon a desk that holds somebody back for a booking looks again."""
_TURN = -1
"""Stands for a desk in events at which a stop begins or ends; first at its minute."""


class Coming(Struct, frozen=True):
    """Somebody who waits or will come. `length`: minutes of their visit, change-over included.

    `gone`: the minute at which they lose patience and leave unseen.
    """

    person: Person
    arrives: float
    length: float
    gone: float = math.inf


class Shift(Struct, frozen=True, dict=True):
    """A desk: from when it may call, and until when it takes new people, in minutes.

    `breaks`: from and until when, in order, it calls nobody; the visit at hand is finished first.
    """

    desk: CallingDesk
    free: float
    leaves: float = math.inf
    breaks: tuple[tuple[float, float], ...] = ()

    @cached_property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """The breaks and the end, each from when until when."""
        return (*self.breaks, (self.leaves, math.inf)) if self.leaves < math.inf else self.breaks

    def resumes(self, minute: float, ahead: float = 0.0) -> float:
        """From when it may call if it is free at this minute; `ahead` of a gap it no longer may."""
        for begins, ends in self.gaps:
            if begins - ahead <= minute < ends:
                minute = ends
        return minute


class Stop(Struct, frozen=True):
    """An interruption, from `begins` until before `ends`: nobody is called for these `services`.

    None: for no service at all. Then the hall stands still, as everybody is in the shelter or in
    the dark: visits at hand go on after it for the rest of their time, and nobody loses patience.
    """

    begins: float
    ends: float
    services: frozenset[str] | None = None


def stood_still(stops: Sequence[Stop], since: float, until: float) -> float:
    """For how many of these minutes everything was stopped; `stops` by their beginning."""
    still = 0.0
    for one in stops:
        if one.services is None:
            begins, ends = max(one.begins, since), min(one.ends, until)
            if begins < ends:
                still += ends - begins
                since = ends
    return still


class Called(Struct, frozen=True):
    """What became of one person: called when, by which desk; `absent`: they had gone."""

    minute: float
    desk_id: int
    absent: bool


class Serving(Struct, frozen=True):
    """Whom a desk called, when, and when it will be free again."""

    person: Person
    called: float
    ends: float


class Forward:
    """One run. `on_arrival` sees the run just after somebody joined, at that minute."""

    def __init__(
        self,
        people: Sequence[Coming],
        shifts: Sequence[Shift],
        policy: Policy,
        *,
        line: Line | None = None,
        waiting: Sequence[Coming] = (),
        expected: Sequence[Expected] = (),
        minutes: Callable[[frozenset[str]], float] | None = None,
        stops: Sequence[Stop] = (),
        on_arrival: Callable[["Forward", Coming], None] | None = None,
        absent: float = ABSENT_MINUTES,
    ) -> None:
        """`people` come; `waiting` are there from the beginning, in `line` if that is given.

        `expected`: the bookings that the look ahead sees; `minutes`: the planned length of a visit.
        `stops`: interruptions, which nobody foresees; a desk's `free` counts those that last when
        the run begins already. `absent`: minutes that a call costs a desk which nobody answers.
        """
        self.people = sorted(people, key=lambda one: (one.arrives, one.person.id))
        self.shifts = shifts
        self.policy = policy
        self.line = line or _line(waiting, shifts, policy)
        self.called: dict[int, Called] = {}
        self.serving: dict[int, Serving] = {}
        """By the place of the desk in `shifts`."""
        self.minute = -math.inf
        self._coming = {one.person.id: one for one in (*waiting, *people)}
        self._on_arrival = on_arrival
        self._absent = absent
        self.idle: dict[int, None] = {}
        """Desks without anybody to call, the longest idle first."""
        self._retry = [-math.inf] * len(shifts)
        self.stops = sorted(stops, key=lambda one: one.begins)
        self._still_until = -math.inf
        self._place = 0
        self._events = [(shift.resumes(shift.free), index) for index, shift in enumerate(shifts)]
        self._events += [
            (minute, _TURN)
            for one in self.stops
            for minute in (one.begins, one.ends)
            if minute < math.inf
        ]
        heapq.heapify(self._events)
        self._wanted: set[int] = set()
        self._minutes = minutes if policy.lookahead_minutes and expected else None
        if self._minutes:
            self._look_ahead(expected)

    def _look_ahead(self, expected: Sequence[Expected]) -> None:
        """What `_outlook` keeps up to date as the run goes on."""
        ahead = self.policy.lookahead_minutes
        self._expected = sorted(expected, key=lambda one: one.due)
        self._next_expected = 0
        self._free = [(shift.desk, shift.resumes(shift.free, ahead)) for shift in self.shifts]
        self._gaps = sorted(
            (
                (begins - ahead, ends, index)
                for index, shift in enumerate(self.shifts)
                for begins, ends in shift.gaps
            ),
            reverse=True,
        )

    def run(self, until: float = math.inf, wanted: set[int] | None = None) -> dict[int, Called]:
        """Go on until everybody `wanted` was called (None: everybody), or time is up.

        May be called again, to go on from there.
        """
        people, events = self.people, self._events
        self._wanted = (set(self._coming) if wanted is None else set(wanted)) - self.called.keys()
        while self._wanted:
            arrives = people[self._place].arrives if self._place < len(people) else math.inf
            frees = events[0][0] if events else math.inf
            minute = min(arrives, frees)
            if minute == math.inf or minute > until:
                self.minute = max(self.minute, min(minute, until))
                break
            self.minute = minute
            if arrives <= frees:
                self._place += 1
                self._arrive(people[self._place - 1])
            else:
                self._next(heapq.heappop(events)[1])
        return self.called

    def _next(self, index: int) -> None:
        if index == _TURN:
            self._turn()
        else:
            self._ready(index)

    def _turn(self) -> None:
        """A stop begins or ends: visits are put off, or the idle desks look again."""
        lasting = [one for one in self.stops if one.begins <= self.minute < one.ends]
        self.line.stopped = frozenset[str]().union(*(one.services or () for one in lasting))
        whole = [one.ends for one in lasting if one.services is None]
        if whole and max(whole) > self._still_until:
            self._put_off(max(whole) - max(self._still_until, self.minute))
            self._still_until = max(whole)
        for index in list(self.idle):
            self._call(index)

    def _put_off(self, minutes: float) -> None:
        """Every visit at hand ends so much later."""
        for index, one in self.serving.items():
            ends = one.ends + minutes
            self.serving[index] = Serving(one.person, one.called, ends)
            self._note_free(index, ends)

    def is_stopped(self, person: Person) -> bool:
        """Whether an interruption keeps this person from being called now."""
        return self.minute < self._still_until or not person.services.isdisjoint(self.line.stopped)

    def _arrive(self, one: Coming) -> None:
        person = one.person
        self.line.add(person, self.minute)
        if self._on_arrival:
            self._on_arrival(self, one)
        for index in list(self.idle):
            if may_call(self.shifts[index].desk, person):
                self._call(index)
                if person.id in self.called:
                    break

    def _ready(self, index: int) -> None:
        """The desk is free now, or a desk that held somebody back looks again."""
        at_hand = self.serving.get(index)
        if at_hand:
            if at_hand.ends > self.minute:
                return
            del self.serving[index]
        self._call(index)

    def _call(self, index: int) -> None:
        """The desk takes whom it may, or idles until somebody comes."""
        minute = self.minute
        resumes = self.shifts[index].resumes(minute)
        if resumes > minute:
            self.idle.pop(index, None)
            if resumes < math.inf:
                heapq.heappush(self._events, (resumes, index))
            return
        if minute < self._still_until:
            self.idle.setdefault(index)
            return
        if self.line.count:
            person = self.line.take(index, minute, self._outlook())
            if person is not None:
                self._serve(index, person)
                return
            if self.line.holds and self._retry[index] <= minute:
                self._retry[index] = minute + RETRY_MINUTES
                heapq.heappush(self._events, (minute + RETRY_MINUTES, index))
        self.idle.setdefault(index)

    def _serve(self, index: int, person: Person) -> None:
        minute, shift = self.minute, self.shifts[index]
        one = self._coming[person.id]
        absent = one.gone < minute and self._lost_patience(one)
        ends = minute + (self._absent if absent else one.length)
        self.idle.pop(index, None)
        self._wanted.discard(person.id)
        self.called[person.id] = Called(minute, shift.desk.id, absent)
        self.serving[index] = Serving(person, minute, ends)
        self._note_free(index, ends)

    def _lost_patience(self, one: Coming) -> bool:
        """Patience counts from when they joined, or from a later booked time, but for stops."""
        person = one.person
        since = person.queued if person.due is None else max(person.queued, person.due)
        return one.gone + stood_still(self.stops, since, self.minute) < self.minute

    def _note_free(self, index: int, ends: float) -> None:
        if self._minutes:
            shift = self.shifts[index]
            self._free[index] = (shift.desk, shift.resumes(ends, self.policy.lookahead_minutes))
        if ends < math.inf:
            heapq.heappush(self._events, (ends, index))

    def _outlook(self) -> Outlook | None:
        """What the look ahead sees now; None while no booking is near."""
        if self._minutes is None:
            return None
        expected, first, minute = self._expected, self._next_expected, self.minute
        while first < len(expected) and (
            expected[first].due < minute or expected[first].id in self.called
        ):
            first += 1
        self._next_expected = first
        horizon = minute + self.policy.lookahead_minutes
        near = []
        for place in range(first, len(expected)):
            one = expected[place]
            if one.due > horizon:
                break
            if one.id not in self.called:
                near.append(one)
        if not near:
            return None
        while self._gaps and self._gaps[-1][0] <= minute:
            _, ends, index = self._gaps.pop()
            desk, free = self._free[index]
            self._free[index] = (desk, max(free, ends))
        return Outlook(near, self._free, self._minutes)


def _line(waiting: Sequence[Coming], shifts: Sequence[Shift], policy: Policy) -> Line:
    line = Line(policy, [shift.desk for shift in shifts])
    for one in waiting:
        line.add(one.person, -math.inf)
    return line
