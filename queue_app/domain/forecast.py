"""What a snapshot of a hall tells the forecast: its people, desks, rosters, stops and bookings.

`queue_app.domain.ranges` makes everybody's wait of it.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import dispatch, interruptions, waits
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.catalogue import Channel
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import (
    CallingDesk,
    Expected,
    Outlook,
    Person,
    Waiting,
    as_person,
)
from queue_app.domain.forward import Stop, stood_still
from queue_app.domain.habits import Habits
from queue_app.domain.interruptions import Interruption
from queue_app.domain.passed_over import given_today
from queue_app.domain.policies import policy_of
from queue_app.domain.scene import ForeseenDesk, Scene, Underway
from queue_app.domain.service_times import ServiceTime, of_people, published, visit_time

EARLY_PAUSE_MINUTES = 10.0
"""A pause that begins so long before a rostered break is that break."""
OPENING_MINUTES = 10.0
"""A desk that is not taken this long after its roster begins is not expected any more."""
SOON_MINUTES = 3.0
"""A desk that should have been taken just now is expected in so many minutes."""

_MINUTE = timedelta(minutes=1)


class Appointed(Struct, frozen=True):
    """A booking of today whose holder has no ticket yet."""

    id: int
    due_at: datetime
    services: tuple[str, ...]
    channel: Channel = "visit"


class Working(Struct, frozen=True):
    """A desk as the forecast sees it, with the visit at it, if any; else since when it is free."""

    desk: CallingDesk
    state: str
    changed_at: datetime | None
    called_at: datetime | None
    started_at: datetime | None
    services: tuple[str, ...]
    freed_at: datetime | None = None
    people: int = 1


class Now(Struct, frozen=True):
    """One snapshot of a hall, with all that its waits depend on."""

    directory: Directory
    branch: Branch
    day: BranchDay
    at: datetime
    version: int
    epoch: str
    waiting: Sequence[Waiting]
    working: Sequence[Working]
    appointed: Sequence[Appointed]
    times: dict[str, ServiceTime]
    habits: Habits
    interruptions: Sequence[Interruption] = ()


def places_of(now: Now) -> dict[int, int]:
    """How many are called before each, were everything to go on at once."""
    scene = scene_of(now)
    return dispatch.people_before(waits.point(scene.resumed or scene), scene.waiting)


def scene_of(now: Now) -> Scene:
    """The snapshot as the forecast wants it: minutes from now."""
    waiting = [as_person(one, now.at) for one in now.waiting]
    booked = [_holder(now, one) for one in now.appointed]
    length = Lengths(now.directory, now.times)
    desks = [desk for one in now.working if (desk := _desk(now, one, length)) is not None]
    return Scene(
        waiting=waiting,
        desks=given_by(desks, now.habits, [*waiting, *booked]),
        booked=booked,
        expected=expected_of(waiting, booked),
        time_of=length,
        planned=lambda services: length(services).mean_minutes,
        policy=policy_of(now.directory.rules),
        habits=now.habits,
        stops=_stops(now),
    )


def given_by(
    desks: Sequence[ForeseenDesk], habits: Habits, people: Sequence[Person]
) -> list[ForeseenDesk]:
    """The desks with what they really give today, as far as these people want it; whoever was sent
    to a desk is served there."""
    if not habits.passed_over:
        return list(desks)
    paper = {one.desk.id: one.desk.services for one in desks}
    given = given_today(
        [one.desk for one in desks], habits.passed_over, [one.services for one in people]
    )
    for one in people:
        if one.services <= paper.get(one.for_desk_id or 0, frozenset()):
            given[one.for_desk_id or 0] |= one.services
    return [replace(one, desk=CallingDesk(one.desk.id, given[one.desk.id])) for one in desks]


def _stops(now: Now) -> list[Stop]:
    begun = [one for one in now.interruptions if one.started_at <= now.at]
    return interruptions.stops(begun, now.at)


def _moving(now: Now, since: datetime) -> float:
    """Minutes from then until now in which the hall did not stand still."""
    passed = (now.at - since) / _MINUTE
    return passed - stood_still(_stops(now), -passed, 0.0)


def _holder(now: Now, one: Appointed) -> Person:
    due = (one.due_at - now.at) / _MINUTE
    limit = interruptions.late_after(
        one.due_at, one.services, now.interruptions, now.directory.rules
    )
    return Person(
        id=-one.id,
        services=frozenset(one.services),
        queued=due,
        due=due,
        late_after=(limit - now.at) / _MINUTE if now.interruptions else None,
    )


def expected_of(waiting: Sequence[Person], booked: Sequence[Person]) -> list[Expected]:
    """Every booking to come, by time: its holder there already or not."""
    holders = [
        Expected(one.due, one.services, one.id)
        for one in (*booked, *waiting)
        if one.due is not None and one.due >= 0
    ]
    return sorted(holders, key=lambda one: one.due)


class Lengths:
    """How long a visit for these services takes, by what was learned; asked many times."""

    def __init__(self, directory: Directory, times: Mapping[str, ServiceTime]) -> None:
        self._directory = directory
        self._times = times
        self._known: dict[frozenset[str], ServiceTime] = {}

    def __call__(self, services: frozenset[str]) -> ServiceTime:
        found = self._known.get(services)
        if found is None:
            found = self._known[services] = visit_time(
                [self._one(code) for code in sorted(services)]
            )
        return found

    def _one(self, code: str) -> ServiceTime:
        if code in self._times:
            return self._times[code]
        service = self._directory.services_ever[code]
        return published(service, self._directory.rules.open_service_minutes)


def _desk(now: Now, one: Working, length: Lengths) -> ForeseenDesk | None:
    """When this desk calls again and until when, or None: not today."""
    if one.state == "open":
        return _by_roster(now, one, serving=_serving(now, one, length))
    if one.state == "paused" and one.changed_at is not None:
        return _paused(now, one, one.changed_at)
    opens = _opens(now, one.desk)
    return None if opens is None else _by_roster(now, one, opens=opens)


def _by_roster(
    now: Now, one: Working, opens: float = 0.0, serving: Underway | None = None
) -> ForeseenDesk:
    """The desk with its breaks to come, and its end where the branch goes on without it.

    A break or an end that has begun holds for a visit from before it. Who calls in it, or stands
    ready, works on.
    """
    called = math.inf if one.called_at is None else (one.called_at - now.at) / _MINUTE
    gaps = [
        (begins, ends)
        for begins, ends in _gaps(now, one.desk)
        if ends > 0 and (begins > 0 or called <= begins)
    ]
    leaves = next((begins for begins, ends in gaps if ends == math.inf), math.inf)
    breaks = tuple(gap for gap in gaps if gap[1] < math.inf)
    stood = 0.0 if one.freed_at is None else max(0.0, _moving(now, one.freed_at))
    return ForeseenDesk(one.desk, opens, leaves, serving, breaks, stood)


def _paused(now: Now, one: Working, since: datetime) -> ForeseenDesk | None:
    """Back when the roster says, else as pauses end."""
    began = (since - now.at) / _MINUTE
    for begins, ends in _gaps(now, one.desk):
        if begins - EARLY_PAUSE_MINUTES <= began < ends and ends > 0:
            return None if ends == math.inf else _by_roster(now, one, opens=ends)
    return _by_roster(now, one, serving=Underway(_moving(now, since), now.habits.pause))


def _serving(now: Now, one: Working, length: Lengths) -> Underway | None:
    """The visit at a desk; minutes count below zero while its person was only called."""
    if one.called_at is None:
        return None
    passed = _moving(now, one.started_at or one.called_at)
    minutes = passed if one.started_at else -passed
    return Underway(minutes, of_people(length(frozenset(one.services)), one.people))


def _opens(now: Now, desk: CallingDesk) -> float | None:
    """Minutes until a closed desk's next rostered hours today; just begun counts as soon.

    A desk that should have been taken by now is not expected at all. While all is stopped, nobody
    comes to open it.
    """
    for opens, closes in _rostered(now, desk):
        if closes <= 0:
            continue
        if opens >= -OPENING_MINUTES - stood_still(_stops(now), opens, 0.0):
            return opens if opens > 0 else SOON_MINUTES
        if closes > EARLY_PAUSE_MINUTES:
            return None
    return None


def _gaps(now: Now, desk: CallingDesk) -> list[tuple[float, float]]:
    """Between the desk's hours today; the last is its end, if the branch is open longer."""
    periods = _rostered(now, desk)
    gaps = [(before[1], after[0]) for before, after in pairwise(periods)]
    closes = now.day.shuts(now.at)
    if periods and closes and periods[-1][1] < (closes - now.at) / _MINUTE:
        gaps.append((periods[-1][1], math.inf))
    return gaps


def _rostered(now: Now, desk: CallingDesk) -> list[tuple[float, float]]:
    """The desk's hours today as far as the branch is open, in minutes from now."""
    rosters = [one.roster for one in now.branch.desks if one.id == desk.id]
    return [
        ((opens - now.at) / _MINUTE, (closes - now.at) / _MINUTE)
        for roster in rosters
        for opens, closes in now.day.working(roster)
    ]


def outlook_of(now: Now) -> Outlook:
    """What the look ahead of a desk that calls now sees."""
    length = Lengths(now.directory, now.times)
    holders = [as_person(one, now.at) for one in now.waiting if one.due_at is not None]
    booked = [_holder(now, one) for one in now.appointed]
    return Outlook(
        expected=expected_of(holders, booked),
        free=[(one.desk, _free(now, one, length)) for one in now.working if one.state == "open"],
        minutes=lambda services: length(services).mean_minutes,
    )


def _free(now: Now, one: Working, length: Lengths) -> float:
    """Minutes until an open desk is free, by the mean length of its visit."""
    if one.called_at is None:
        return 0.0
    passed = _moving(now, one.started_at or one.called_at)
    mean = length(frozenset(one.services)).mean_minutes * one.people
    return max(0.0, mean - passed)
