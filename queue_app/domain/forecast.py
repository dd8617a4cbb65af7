"""The hall's waits: what dispatch, service times and rosters foretell of one snapshot.

The point forecast is made anew for every snapshot; the ranges around it, which take many runs,
are refreshed when they are `FRESH_SECONDS` of the hall's time old, and move with the points in
between. A process keeps them only to save work: nothing needs what another process has.
"""

import math
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from msgspec import Struct

from queue_app.domain import hours, interruptions, waits
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import (
    DeskView,
    Expected,
    Outlook,
    Person,
    Waiting,
    as_person,
)
from queue_app.domain.forward import Stop, stood_still
from queue_app.domain.habits import Habits
from queue_app.domain.interruptions import Interruption
from queue_app.domain.policies import policy_of
from queue_app.domain.service_times import ServiceTime, published, visit_time
from queue_app.domain.waits import Desk, Scene, Serving, Wait

FRESH_SECONDS = 8.0
"""How old ranges may be, in the hall's seconds."""
SHARE = 0.05
"""The part of a core that refreshing the ranges of one branch may take."""
SHARE_NEW = 0.2
"""The same where somebody came since: the range that they are told with their ticket stays."""
PAUSE = ServiceTime(math.log(10.0), 0.8, 0.0)
"""How long a pause takes that no roster tells of: half are over in 10 minutes, 9 in 10 in 28."""
EARLY_PAUSE_MINUTES = 10.0
"""A pause that begins so long before a rostered break is that break."""
OPENING_MINUTES = 10.0
"""A desk that is not taken this long after its roster begins is not expected any more."""
SOON_MINUTES = 3.0
"""A desk that should have been taken just now is expected in so many minutes."""

NEAR, NEAR_SHARE = 3.0, 0.25
"""A newcomer may have the range of somebody whose wait differs by less: minutes, or this part."""

_MINUTE = timedelta(minutes=1)


class Appointed(Struct, frozen=True):
    """A booking of today whose holder has no ticket yet."""

    id: int
    due_at: datetime
    services: tuple[str, ...]


class Working(Struct, frozen=True):
    """A desk as the forecast sees it, with the visit at it, if any."""

    desk: DeskView
    state: str
    changed_at: datetime | None
    called_at: datetime | None
    started_at: datetime | None
    services: tuple[str, ...]


class Now(Struct, frozen=True):
    """One snapshot of a hall, with all that its waits hang on."""

    directory: Directory
    branch: Branch
    at: datetime
    version: int
    waiting: Sequence[Waiting]
    working: Sequence[Working]
    appointed: Sequence[Appointed]
    times: dict[str, ServiceTime]
    habits: Habits
    interruptions: Sequence[Interruption] = ()


def waits_of(now: Now) -> dict[int, Wait]:
    """The wait of everybody who waits, by ticket id, but of those stopped for who knows how long.

    While nobody knows when named services resume, the others' low end supposes that they stay
    stopped, and the high end that they resume at once.
    """
    scene = scene_of(now)
    found = _waits(now, scene)
    resumed = scene.resumed if found else None
    if resumed is None:
        return found
    others = _waits(now, resumed, resumed=True)
    return {number: _widened(wait, others.get(number)) for number, wait in found.items()}


def places_of(now: Now) -> dict[int, int]:
    """How many are called before each, were everything to go on at once."""
    scene = scene_of(now)
    points = waits.point(scene.resumed or scene)
    return {number: place for place, number in enumerate(sorted(points, key=points.__getitem__))}


def _widened(wait: Wait, other: Wait | None) -> Wait:
    """With the higher high end; a desk may leave before it has served whoever resumes."""
    if other is None or other.high_minutes <= wait.high_minutes:
        return wait
    return msgspec.structs.replace(wait, high_minutes=other.high_minutes)


def _waits(now: Now, scene: Scene, resumed: bool = False) -> dict[int, Wait]:
    points = waits.point(scene)
    ranges = _ranges(now, scene, points, resumed)
    places = {number: place for place, number in enumerate(sorted(points, key=points.__getitem__))}
    people = {one.id: one for one in scene.waiting}
    return {
        number: Wait(places[number], *waits.shown(*around))
        for number, minutes in points.items()
        if (around := ranges.around(people[number], minutes)) is not None
    }


def scene_of(now: Now) -> Scene:
    """The snapshot as the forecast wants it: minutes from now."""
    waiting = [as_person(one, now.at) for one in now.waiting]
    booked = [_holder(now, one) for one in now.appointed]
    length = Lengths(now.directory, now.times)
    return Scene(
        waiting=waiting,
        desks=[desk for one in now.working if (desk := _desk(now, one, length)) is not None],
        booked=booked,
        expected=expected_of(waiting, booked),
        time_of=length,
        planned=lambda services: length(services).mean_minutes,
        policy=policy_of(now.directory.rules),
        habits=now.habits,
        stops=_stops(now),
    )


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


def _desk(now: Now, one: Working, length: Lengths) -> Desk | None:
    """When this desk calls again and until when, or None: not today."""
    if one.state == "open":
        return _by_roster(now, one, serving=_serving(now, one, length))
    if one.state == "paused" and one.changed_at is not None:
        return _paused(now, one, one.changed_at)
    opens = _opens(now, one.desk)
    return None if opens is None else _by_roster(now, one, opens=opens)


def _by_roster(now: Now, one: Working, opens: float = 0.0, serving: Serving | None = None) -> Desk:
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
    return Desk(one.desk, opens=opens, leaves=leaves, breaks=breaks, serving=serving)


def _paused(now: Now, one: Working, since: datetime) -> Desk | None:
    """Back when the roster says, else as pauses end."""
    began = (since - now.at) / _MINUTE
    for begins, ends in _gaps(now, one.desk):
        if begins - EARLY_PAUSE_MINUTES <= began < ends and ends > 0:
            return None if ends == math.inf else _by_roster(now, one, opens=ends)
    return _by_roster(now, one, serving=Serving(_moving(now, since), PAUSE))


def _serving(now: Now, one: Working, length: Lengths) -> Serving | None:
    """The visit at a desk; minutes count below zero while its person was only called."""
    if one.called_at is None:
        return None
    passed = _moving(now, one.started_at or one.called_at)
    minutes = passed if one.started_at else -passed
    return Serving(minutes, length(frozenset(one.services)))


def _opens(now: Now, desk: DeskView) -> float | None:
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


def _gaps(now: Now, desk: DeskView) -> list[tuple[float, float]]:
    """Between the desk's hours today; the last is its end, if the branch is open longer."""
    periods = _rostered(now, desk)
    gaps = [(before[1], after[0]) for before, after in pairwise(periods)]
    closes = [window.closes for window in _branch_windows(now)]
    if periods and closes and periods[-1][1] < (closes[-1] - now.at) / _MINUTE:
        gaps.append((periods[-1][1], math.inf))
    return gaps


def _branch_windows(now: Now) -> Sequence[hours.Window]:
    day = now.directory.local(now.at).date()
    return hours.windows(now.branch.hours, now.branch.closures, day, now.directory.zone)


def _rostered(now: Now, desk: DeskView) -> list[tuple[float, float]]:
    """The desk's hours today as far as the branch is open, in minutes from now."""
    day = now.directory.local(now.at).date()
    rosters = [one.roster for one in now.branch.desks if one.id == desk.id]
    return [
        ((opens - now.at) / _MINUTE, (closes - now.at) / _MINUTE)
        for roster in rosters
        for own in hours.windows(roster, (), day, now.directory.zone)
        for whole in _branch_windows(now)
        for opens, closes in [(max(own.opens, whole.opens), min(own.closes, whole.closes))]
        if opens < closes
    ]


def outlook_of(now: Now) -> Outlook:
    """What the look ahead of a desk that calls now sees."""
    length = Lengths(now.directory, now.times)
    waiting = [as_person(one, now.at) for one in now.waiting]
    booked = [_holder(now, one) for one in now.appointed]
    return Outlook(
        expected=expected_of(waiting, booked),
        free=[(one.desk, _free(now, one, length)) for one in now.working if one.state == "open"],
        minutes=lambda services: length(services).mean_minutes,
    )


def _free(now: Now, one: Working, length: Lengths) -> float:
    """Minutes until an open desk is free, by the mean length of its visit."""
    if one.called_at is None:
        return 0.0
    passed = _moving(now, one.started_at or one.called_at)
    return max(0.0, length(frozenset(one.services)).mean_minutes - passed)


_Class = tuple[bool, bool]
"""Whether somebody has a booking, and whether they have priority."""


def _class_of(person: Person) -> _Class:
    return person.due is not None, person.priority


def _by_class(
    ranges: Mapping[int, tuple[float, float, float]], people: Sequence[Person]
) -> dict[_Class | None, list[tuple[float, float, float]]]:
    """The ranges by point, of each class and (None) of everybody."""
    found: dict[_Class | None, list[tuple[float, float, float]]] = {None: sorted(ranges.values())}
    for one in people:
        if one.id in ranges:
            found.setdefault(_class_of(one), []).append(ranges[one.id])
    return {name: sorted(of) for name, of in found.items()}


class _Ranges:
    """Low and high of people at some moment, and how to move them to another."""

    def __init__(self, now: Now, scene: Scene, points: dict[int, float]) -> None:
        began = time.perf_counter()
        self.version = now.version
        self.at = now.at
        self._interruptions = now.interruptions
        self._asked = points.keys()
        corrected = scene.habits.correction.applied
        self._of = {
            number: (points[number], *corrected(*waits.span(found)))
            for number, found in waits.forecast(scene).items()
            if number in points
        }
        self._sorted = _by_class(self._of, scene.waiting)
        self.cost = time.perf_counter() - began
        self.made = time.monotonic()

    def around(self, person: Person, minutes: float) -> tuple[float, float] | None:
        """The range of a person whose point forecast is now `minutes`; None: nobody can say.

        Somebody who came since has the range of their like who waited as long as they will. Whose
        desk may well leave before they are called has none.
        """
        known = self._of.get(person.id)
        if known is None and person.id not in self._asked:
            known = self._nearest(person, minutes)
        if known is None:
            return None
        point, low, high = known
        moved = minutes - point
        return max(0.0, low + moved), max(0.0, high + moved)

    def _nearest(self, person: Person, minutes: float) -> tuple[float, float, float] | None:
        like = self._sorted.get(_class_of(person)) or self._sorted[None]
        if not like:
            return None
        place = bisect_left(like, (minutes, 0.0, 0.0))
        near = like[max(0, place - 1) : place + 1]
        return min(near, key=lambda one: abs(one[0] - minutes))

    def _knows(self, person: Person, minutes: float) -> bool:
        """Whether there is somebody like this newcomer who waits about so long."""
        near = self._nearest(person, minutes)
        return near is not None and abs(near[0] - minutes) <= max(NEAR, NEAR_SHARE * minutes)

    def serves(self, now: Now, scene: Scene, points: dict[int, float]) -> bool:
        """Whether these ranges are still good enough for this snapshot.

        Never those of another interruption: while nobody knows its end, there are none.
        """
        if self._interruptions != now.interruptions:
            return False
        came = [one for one in scene.waiting if one.id in points and one.id not in self._asked]
        if not all(self._knows(one, points[one.id]) for one in came):
            return False
        if now.at < self.at or now.version < self.version:
            return False
        spent = self.cost / (SHARE_NEW if came else SHARE)
        fresh = not came and (now.at - self.at).total_seconds() < FRESH_SECONDS
        return fresh or time.monotonic() - self.made < spent


_kept: dict[tuple[int, bool], _Ranges] = {}
"""By branch, and whether they suppose that everything has resumed."""


def forget() -> None:
    """Make the ranges anew at the next question: it is another hall under the same ids."""
    _kept.clear()


def _ranges(now: Now, scene: Scene, points: dict[int, float], resumed: bool) -> _Ranges:
    key = now.branch.id, resumed
    kept = _kept.get(key)
    if kept is None or not kept.serves(now, scene, points):
        kept = _kept[key] = _Ranges(now, scene, points)
    return kept
