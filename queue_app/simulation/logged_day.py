"""The days of a log as somebody in the hall could have known them, minute by minute.

A log says when visits began and ended, and at which desk; not who stood ready, unless a second one
says how the desks stood. What is taken for true of desks of which it says nothing stands here, and
the table of a replay says it.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain.desk_log import DeskMark, LoggedState
from queue_app.domain.readiness import FreeDesk, Stay, stood_by
from queue_app.domain.visit_log import LoggedVisit


class LoggedPerson(Struct, frozen=True):
    """Minutes from the local midnight of their day. `turn`: when they were called; `until`: when
    their wait ended, by the call or because they left."""

    id: int
    services: frozenset[str]
    arrives: float
    priority: bool
    due: float | None
    turn: float | None
    started: float | None
    ends: float | None
    until: float
    desk: int | None

    @property
    def waited(self) -> bool:
        """Whether they stood in the queue at all; else a desk took them in the same second."""
        return self.until > self.arrives


class Gap(Struct, frozen=True):
    """A desk without anybody at it. `called`: whether a call ended it."""

    desk: int
    since: float
    until: float
    paused: bool
    called: bool


class LoggedDay(Struct, frozen=True):
    """`skills`: what each desk gives on paper; `gaps`: between its first visit and its last."""

    date: date
    people: Sequence[LoggedPerson]
    skills: dict[int, frozenset[str]]
    gaps: Sequence[Gap]

    @property
    def minutes(self) -> float:
        """From the first arrival to the end of the last wait."""
        return max(one.until for one in self.people) - self.people[0].arrives


def days_of(
    visits: Sequence[LoggedVisit],
    zone: ZoneInfo,
    scale: float = 1.0,
    pressed: float = 1.0,
    seed: int = 1,
    states: Sequence[LoggedState] = (),
) -> list[LoggedDay]:
    """Every day of the log on which anybody came. `scale`: minutes for each minute of the log;
    `pressed`: the share of pauses that clerks say by a press of a button; `states`: how the desks
    stood, of those of which that is known."""
    by_day = defaultdict[date, list[LoggedVisit]](list)
    for one in visits:
        by_day[one.arrival.astimezone(zone).date()].append(one)
    stood = defaultdict[date, list[LoggedState]](list)
    for state in states:
        stood[state.since.astimezone(zone).date()].append(state)
    skills = _skills(visits)
    chance = Random(f"pressed {seed}")
    days = []
    for day, found in sorted(by_day.items()):
        minutes = _Minutes(day, zone, scale)
        people = _people(found, minutes)
        gaps = _Gaps(people, skills, pressed, chance).found(_spans(stood[day], minutes))
        days.append(LoggedDay(day, people, skills, gaps))
    return days


class _Minutes:
    """From an instant to the minutes since the local midnight of a day."""

    def __init__(self, day: date, zone: ZoneInfo, scale: float) -> None:
        self._midnight = datetime.combine(day, time(), zone).astimezone(UTC)
        self._scale = scale

    def __call__(self, at: datetime) -> float:
        return (at - self._midnight) / timedelta(minutes=1) * self._scale


def _skills(visits: Sequence[LoggedVisit]) -> dict[int, frozenset[str]]:
    """On paper a desk gives whatever it was ever seen to give."""
    found = defaultdict[int, set[str]](set)
    for one in visits:
        if one.desk is not None and one.start:
            found[one.desk].add(one.service)
    return {desk: frozenset(services) for desk, services in found.items()}


def _people(visits: Sequence[LoggedVisit], minute: _Minutes) -> list[LoggedPerson]:
    people = []
    for one in visits:
        ended = one.turn or one.left_at
        assert ended
        people.append(
            LoggedPerson(
                id=one.line,
                services=frozenset([one.service]),
                arrives=minute(one.arrival),
                priority=one.priority,
                due=minute(one.due) if one.due else None,
                turn=minute(one.turn) if one.turn else None,
                started=minute(one.start) if one.start else None,
                ends=minute(one.end) if one.end else None,
                until=minute(ended),
                desk=one.desk,
            )
        )
    return sorted(people, key=lambda one: (one.arrives, one.id))


def supposed_states(days: Sequence[LoggedDay], zone: ZoneInfo) -> list[LoggedState]:
    """How desks stood on these days of minutes as the log has them, where no row says so: open from
    their first visit to their last, but for what must have been a pause."""
    return [state for day in days for state in _supposed_states(day, zone)]


def _supposed_states(day: LoggedDay, zone: ZoneInfo) -> Iterator[LoggedState]:
    midnight = datetime.combine(day.date, time(), zone).astimezone(UTC)
    served = defaultdict[int, list[LoggedPerson]](list)
    for one in day.people:
        if one.desk is not None and one.turn is not None and one.ends is not None:
            served[one.desk].append(one)
    for desk, people in served.items():
        at = min(one.turn or 0.0 for one in people)
        closes = max(one.ends or 0.0 for one in people)
        pauses = [(gap.since, gap.until) for gap in day.gaps if gap.desk == desk and gap.paused]
        marks: list[tuple[float, float, DeskMark]] = []
        for since, until in sorted(pauses):
            marks += [(at, since, "open"), (since, until, "paused")]
            at = until
        for since, until, state in (*marks, (at, closes, "open")):
            if since < until:
                begins, ends = (midnight + timedelta(minutes=one) for one in (since, until))
                yield LoggedState(0, desk, state, begins, ends)


class _Span(Struct, frozen=True):
    """A desk was open or paused for these minutes, as its own log says."""

    since: float
    until: float
    paused: bool


def _spans(states: Sequence[LoggedState], minute: _Minutes) -> dict[int, list[_Span]]:
    """By desk; one that is said to be closed all day has none."""
    found: dict[int, list[_Span]] = {state.desk: [] for state in states}
    for state in states:
        if state.state != "closed":
            span = _Span(minute(state.since), minute(state.until), state.state == "paused")
            found[state.desk].append(span)
    return found


class _Gaps:
    """What desks do without anybody at them: as is said of them, else as is to be supposed."""

    def __init__(
        self,
        people: Sequence[LoggedPerson],
        skills: dict[int, frozenset[str]],
        pressed: float,
        chance: Random,
    ) -> None:
        self._skills, self._pressed, self._chance = skills, pressed, chance
        self._closes = people[-1].until
        self._stays = [Stay(one.services, one.arrives, one.until) for one in people]
        self._served = defaultdict[int, list[LoggedPerson]](list)
        for one in people:
            if one.desk is not None and one.turn is not None:
                self._served[one.desk].append(one)
        for served in self._served.values():
            served.sort(key=lambda one: one.turn or 0.0)

    def found(self, spans: dict[int, list[_Span]]) -> list[Gap]:
        gaps: list[Gap] = []
        for desk in sorted((self._served.keys() | spans.keys()) & self._skills.keys()):
            gaps += self._told(desk, spans[desk]) if desk in spans else self._supposed(desk)
        return gaps

    def _told(self, desk: int, spans: Sequence[_Span]) -> Iterator[Gap]:
        """Before its first visit, between two of them, and after the last, as it stood then."""
        served = self._served.get(desk, [])
        begins = [-math.inf, *(one.ends or 0.0 for one in served)]
        ends = [*(one.turn or 0.0 for one in served), math.inf]
        for span in spans:
            said = span.paused and self._chance.random() < self._pressed
            for freed, call in zip(begins, ends, strict=True):
                since, until = max(span.since, freed), min(span.until, call)
                if since < until:
                    yield Gap(desk, since, until, said, called=until == call)

    def _supposed(self, desk: int) -> Iterator[Gap]:
        """It is there from its first visit to its last, and pauses where it stands by."""
        served = self._served[desk]
        for before, after in pairwise(served):
            since, until = before.ends or 0.0, after.turn or 0.0
            free = FreeDesk(self._skills[desk], since, until, called=True)
            said = stood_by(free, self._stays) and self._chance.random() < self._pressed
            yield Gap(desk, since, until, said, called=True)
        if self._chance.random() >= self._pressed:
            last = served[-1].ends or 0.0
            yield Gap(desk, last, self._closes, paused=False, called=False)
