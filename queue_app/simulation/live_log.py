"""A day of a log played again: who waits and what each desk does at every moment of it."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from queue_app.domain.dispatch import CallingDesk, Person, Policy
from queue_app.domain.forecast import expected_of, given_by
from queue_app.domain.habits import Habits
from queue_app.domain.passed_over import InLine, PassedOver
from queue_app.domain.scene import ForeseenDesk, Scene, Underway
from queue_app.domain.service_times import ServiceTime, visit_time
from queue_app.simulation.logged_day import Gap, LoggedDay, LoggedPerson

_ENDS, _TURN, _COMES = 0, 1, 2
"""In one second first whatever ends, then the calls, then whoever comes."""


@dataclass
class AtDesk:
    """What a desk does: serves somebody, pauses, or stands free, since when."""

    since: float
    person: LoggedPerson | None = None
    paused: bool = False


@dataclass
class LiveHall:
    """Everybody in the hall at `minute`."""

    day: LoggedDay
    minute: float = 0.0
    waiting: dict[int, LoggedPerson] = field(default_factory=dict)
    desks: dict[int, AtDesk] = field(default_factory=dict)
    head_start: float = 0.0

    def __post_init__(self) -> None:
        self._passed = PassedOver(self.day.skills, self.head_start)

    def run(self, on_arrival: Callable[["LiveHall", LoggedPerson], None]) -> None:
        """Through the day; `on_arrival` sees whoever has just joined the queue."""
        for minute, kind, one in _events(self.day):
            self.minute = minute
            if isinstance(one, Gap):
                self._stands(one, kind)
            elif kind == _COMES:
                self.waiting[one.id] = one
                on_arrival(self, one)
            elif kind == _TURN and one.desk is not None:
                self.waiting.pop(one.id, None)
                self._passed.call(one.desk, _turn(one), map(_turn, self.waiting.values()))
                self.desks[one.desk] = AtDesk(minute, one)
            else:
                self.waiting.pop(one.id, None)
                self._done(one)

    def _done(self, one: LoggedPerson) -> None:
        """A visit is over, after which nobody has said yet what the desk does, or somebody left."""
        at = self.desks.get(one.desk) if one.desk is not None else None
        if at is not None and at.person is one:
            del self.desks[one.desk or 0]

    def _stands(self, gap: Gap, kind: int) -> None:
        if kind == _ENDS:
            if not gap.called:
                self.desks.pop(gap.desk, None)
            return
        if gap.desk not in self.desks:
            self.desks[gap.desk] = AtDesk(gap.since, paused=gap.paused)

    def callers(self, services: frozenset[str]) -> Iterator[AtDesk]:
        """The desks that give these, on paper."""
        return (
            at for desk, at in self.desks.items() if services <= self.day.skills.get(desk, services)
        )

    def scene(
        self,
        policy: Policy,
        habits: Habits,
        times: Callable[[frozenset[str]], ServiceTime],
    ) -> Scene:
        """The same as the product's forecast is told it; minutes from now."""
        now, skills = self.minute, self.day.skills
        habits = replace(habits, passed_over=self._passed.found())
        people = [
            Person(
                one.id,
                one.services,
                one.arrives - now,
                None if one.due is None else one.due - now,
                one.priority,
            )
            for one in self.waiting.values()
        ]
        desks = [
            _foreseen(CallingDesk(desk, skills[desk]), at, now, habits, times)
            for desk, at in sorted(self.desks.items())
        ]
        return Scene(
            waiting=people,
            desks=given_by(desks, habits, people),
            booked=[],
            expected=expected_of(people, []),
            time_of=times,
            planned=lambda services: times(services).mean_minutes,
            policy=policy,
            habits=habits,
        )


def _turn(one: LoggedPerson) -> InLine:
    return InLine(one.services, one.arrives, one.priority, one.due is not None)


def _foreseen(
    desk: CallingDesk,
    at: AtDesk,
    now: float,
    habits: Habits,
    times: Callable[[frozenset[str]], ServiceTime],
) -> ForeseenDesk:
    if at.person is not None:
        started = at.person.started
        passed = now - started if started is not None and started <= now else at.since - now
        return ForeseenDesk(desk, serving=Underway(passed, times(at.person.services)))
    if at.paused:
        return ForeseenDesk(desk, serving=Underway(now - at.since, habits.pause))
    return ForeseenDesk(desk, stood=now - at.since)


_Event = tuple[float, int, LoggedPerson | Gap]


def _events(day: LoggedDay) -> Iterator[_Event]:
    """Everything that happens, in order."""
    found: list[tuple[float, int, int, LoggedPerson | Gap]] = []
    for number, one in enumerate(day.people):
        if one.waited:
            found.append((one.arrives, _COMES, number, one))
        if one.turn is None:
            found.append((one.until, _ENDS, number, one))
        else:
            found.append((one.turn, _TURN, number, one))
            found.append((max(one.ends or one.turn, one.turn), _ENDS, number, one))
    for number, gap in enumerate(day.gaps, start=len(day.people)):
        found.append((gap.since, _TURN, number, gap))
        if not gap.called:
            found.append((gap.until, _ENDS, number, gap))
    heapq.heapify(found)
    while found:
        minute, kind, _, event = heapq.heappop(found)
        yield minute, kind, event


class TimesOf:
    """How long a visit takes, by what was learned of each service; else as published."""

    def __init__(self, times: dict[str, ServiceTime], published: ServiceTime) -> None:
        self._times, self._published = times, published
        self._known: dict[frozenset[str], ServiceTime] = {}

    def __call__(self, services: frozenset[str]) -> ServiceTime:
        found = self._known.get(services)
        if found is None:
            each = [self._times.get(code, self._published) for code in sorted(services)]
            found = self._known[services] = visit_time(each)
        return found
