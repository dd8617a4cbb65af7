"""The days of a log as somebody in the hall could have known them, minute by minute.

A log says when visits began and ended, and at which desk; not who stood ready. What is taken for
true where no record of desks is given stands here, and the table of a replay says it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct

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
    visits: Sequence[LoggedVisit], zone: ZoneInfo, scale: float, pressed: float, seed: int
) -> list[LoggedDay]:
    """Every day of the log on which anybody came. `scale`: minutes for each minute of the log;
    `pressed`: the share of pauses that clerks say by a press of a button."""
    by_day = defaultdict[date, list[LoggedVisit]](list)
    for one in visits:
        by_day[one.arrival.astimezone(zone).date()].append(one)
    skills = _skills(visits)
    chance = Random(f"pressed {seed}")
    days = []
    for day, found in sorted(by_day.items()):
        people = _people(day, found, zone, scale)
        days.append(LoggedDay(day, people, skills, _gaps(people, skills, pressed, chance)))
    return days


def _skills(visits: Sequence[LoggedVisit]) -> dict[int, frozenset[str]]:
    """On paper a desk gives whatever it was ever seen to give."""
    found = defaultdict[int, set[str]](set)
    for one in visits:
        if one.desk is not None and one.start:
            found[one.desk].add(one.service)
    return {desk: frozenset(services) for desk, services in found.items()}


def _people(
    day: date, visits: Sequence[LoggedVisit], zone: ZoneInfo, scale: float
) -> list[LoggedPerson]:
    midnight = datetime.combine(day, time(), zone).astimezone(UTC)

    def minute(at: datetime) -> float:
        return (at - midnight) / timedelta(minutes=1) * scale

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


def _gaps(
    people: Sequence[LoggedPerson],
    skills: dict[int, frozenset[str]],
    pressed: float,
    chance: Random,
) -> list[Gap]:
    by_desk = defaultdict[int, list[LoggedPerson]](list)
    for one in people:
        if one.desk is not None and one.turn is not None:
            by_desk[one.desk].append(one)
    stays = [Stay(one.services, one.arrives, one.until) for one in people]
    gaps = []
    for desk, served in sorted(by_desk.items()):
        served.sort(key=lambda one: one.turn or 0.0)
        for before, after in pairwise(served):
            since, until = before.ends or 0.0, after.turn or 0.0
            away = stood_by(FreeDesk(skills[desk], since, until, called=True), stays)
            said = away and chance.random() < pressed
            gaps.append(Gap(desk, since, until, said, called=True))
        if served and chance.random() >= pressed:
            last = served[-1].ends or 0.0
            gaps.append(Gap(desk, last, people[-1].until, paused=False, called=False))
    return gaps
