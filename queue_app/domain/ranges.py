"""Everybody's wait as a range, and what is kept between snapshots of the same hall.

The point forecast is made anew for every snapshot; the ranges around it, which take many runs,
are refreshed when they are `FRESH_SECONDS` of the hall's time old, and move with the points in
between. They are kept only to save work: nothing needs what another process has.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from queue_app.domain import dispatch, told_range, waits
from queue_app.domain.chance import Dice, Draws
from queue_app.domain.dispatch import Person, Waiting, as_person
from queue_app.domain.forecast import Now, scene_of
from queue_app.domain.scene import Scene
from queue_app.domain.tail import Tail
from queue_app.domain.told_range import Wait

FRESH_SECONDS = 8.0
"""How old ranges may be, in the hall's seconds."""
SHARE = 0.05
"""The part of a core that refreshing the ranges of one branch may take."""
SHARE_NEW = 0.1
"""The same where somebody came since: the range that they are told with their ticket stays."""
NEAR, NEAR_SHARE = 3.0, 0.25
"""A newcomer may have the range of somebody whose wait differs by less: minutes, or this part."""
BEYOND = 2.0
"""Whoever joins at the end may be told a range up to so many times as far as the last one's,"""
LONG = 40
"""and in a line of so many and more one as far as they will: to make ranges for so many takes
longer than a kiosk may be kept waiting, and meanwhile they are made beside it."""

MOVED_SECONDS = 600.0
"""Ranges older than this, in the hall's seconds, are moved no more, though there be no others."""
ROUGH = 0.5, 2.0
"""The ends of a range that must be told before it is made, in parts of the point: in halls of 30 to
1,000 people the runs fall into it nine times in ten and more."""


def _timeless() -> float:
    return 0.0


class Forecasts:
    """The waits of any number of halls; it keeps the last ranges of each, and the draws of
    whoever is in it.

    It belongs to whoever asks again and again, as a process does for its screens.
    """

    def __init__(self, stopwatch: Callable[[], float] = _timeless) -> None:
        """`stopwatch`: real seconds from any origin, by which making ranges is kept to its share
        of a core. Without one it costs nothing."""
        self._stopwatch = stopwatch
        self._dice = Dice()
        self._draws: dict[int, Draws] = {}
        """By branch."""
        self._tails: dict[int, Tail] = {}
        """By branch."""
        self._kept: dict[tuple[int, bool], _Ranges] = {}
        """By branch, and whether they suppose that everything has resumed."""
        self._outgrown: set[int] = set()
        """The branches whose line has become longer than the ranges that are kept know."""

    def forget(self) -> None:
        """Make the ranges anew at the next question: it is another hall under the same ids."""
        self._kept.clear()
        self._tails.clear()

    def note(self, now: Now) -> None:
        """A snapshot of a hall, from which on those who join at its end are known."""
        tail = self._tails.get(now.branch.id)
        if tail is None or tail.now.epoch != now.epoch:
            self._tails[now.branch.id] = Tail(now, {})
        elif tail.now.version <= now.version and not tail.is_of(now.version, now.epoch, now.at):
            self._tails[now.branch.id] = tail.after(now)

    def tail(self, branch_id: int, version: int, epoch: str, at: datetime) -> Tail | None:
        """The end of this branch's line at this version, where it is known."""
        tail = self._tails.get(branch_id)
        return tail if tail and tail.is_of(version, epoch, at) else None

    def earlier_tail(self, branch_id: int, version: int, epoch: str, at: datetime) -> Tail | None:
        """What is known of an earlier version, where it may catch up with this one."""
        tail = self._tails.get(branch_id)
        return tail if tail and tail.is_fresh(version, epoch, at) else None

    def lose_end(self, branch_id: int) -> None:
        """The end of this branch's line is not known any more, until the next snapshot."""
        self._tails.pop(branch_id, None)

    def join(self, branch_id: int, version: int, person: Waiting) -> None:
        """Somebody joins at the end, by the change of this version."""
        if tail := self._tails.get(branch_id):
            tail.join(version, person)

    def unjoin(self, branch_id: int, version: int, person: Waiting) -> None:
        """They have not joined after all."""
        if tail := self._tails.get(branch_id):
            tail.unjoin(version, person)

    def at_the_end(self, tail: Tail, me: Waiting, at: datetime) -> Wait | None:
        """The wait of somebody who joins now; None where the whole hall must be asked."""
        kept = self._kept.get((tail.now.branch.id, False))
        expected = tail.expect(me, at)
        if expected is None or kept is None or not kept.is_of(tail.now):
            return None
        ahead, minutes = expected
        person, is_long = as_person(me, at), tail.people >= LONG
        around = kept.behind(person, minutes, math.inf if is_long else BEYOND)
        if around is None:
            return None
        if is_long and not kept.knows(person, minutes):
            self._outgrown.add(tail.now.branch.id)
        return told_range.told(ahead, *around, tail.now.habits, me.services)

    def is_outgrown(self, branch_id: int) -> bool:
        """Whether somebody in a long line was told by the ranges of a shorter one, and this
        branch has its share to make them anew."""
        kept = self._kept.get((branch_id, False))
        return branch_id in self._outgrown and kept is not None and not self._is_spent(kept)

    def _is_spent(self, kept: "_Ranges") -> bool:
        """Whether making these has taken the share of a core that newcomers have."""
        return self._stopwatch() - kept.made < kept.cost / SHARE_NEW

    def waits_of(self, now: Now) -> dict[int, Wait]:
        """Everybody's wait, by ticket id, but for those who are stopped for nobody knows how long.

        While nobody knows when named services resume, the others' low end supposes that they
        stay stopped, and the high end that they resume at once.
        """
        return _told(now, self._ranges)

    def meanwhile(self, now: Now) -> dict[int, Wait]:
        """The same out of what is known already, for who cannot wait for new ranges: the last ones
        moved with the points; where there are none, or they are `MOVED_SECONDS` old, `ROUGH`."""
        return _told(now, self._known)

    def knows(self, now: Now) -> bool:
        """Whether there are ranges of this hall that `meanwhile` would move."""
        kept = self._kept.get((now.branch.id, False))
        return kept is not None and kept.may_move(now)

    def _ranges(self, now: Now, scene: Scene, points: dict[int, float], resumed: bool) -> "_Ranges":
        key = now.branch.id, resumed
        kept = self._kept.get(key)
        if kept is None or not kept.serves(now, scene, points, self._stopwatch()):
            draws = self._draws.setdefault(now.branch.id, Draws(self._dice))
            self._outgrown.discard(now.branch.id)
            kept = self._kept[key] = _Ranges(now, scene, points, draws, self._stopwatch)
        return kept

    def _known(
        self, now: Now, _scene: Scene, _points: dict[int, float], resumed: bool
    ) -> "_Ranges | _Rough":
        kept = self._kept.get((now.branch.id, resumed))
        return kept if kept is not None and kept.may_move(now) else _Rough()


_RangesOf = Callable[[Now, Scene, dict[int, float], bool], "_Ranges | _Rough"]
"""Of a scene and its points, and whether it supposes that everything has resumed."""


def _told(now: Now, ranges_of: _RangesOf) -> dict[int, Wait]:
    scene = scene_of(now)
    found = _waits(now, scene, False, ranges_of)
    resumed = scene.resumed if found else None
    if resumed is None:
        return found
    others = _waits(now, resumed, True, ranges_of)
    return {number: _widened(wait, others.get(number)) for number, wait in found.items()}


def _waits(now: Now, scene: Scene, resumed: bool, ranges_of: _RangesOf) -> dict[int, Wait]:
    points = waits.point(scene)
    ranges = ranges_of(now, scene, points, resumed)
    ahead = dispatch.people_before(points, scene.waiting)
    people = {one.id: one for one in scene.waiting}
    return {
        number: told_range.told(ahead[number], *around, scene.habits, people[number].services)
        for number, minutes in points.items()
        if (around := ranges.around(people[number], minutes)) is not None
    }


def _widened(wait: Wait, other: Wait | None) -> Wait:
    """With the higher high end; a desk may leave before it has served whoever resumes."""
    if other is None or other.high_minutes <= wait.high_minutes:
        return wait
    return msgspec.structs.replace(wait, high_minutes=other.high_minutes)


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


class _Rough:
    """Ranges of which nothing is known but the points."""

    def around(self, _person: Person, minutes: float) -> tuple[float, float] | None:
        low, high = ROUGH
        return low * minutes, high * minutes


class _Ranges:
    """Low and high of people at some moment, and how to move them to another."""

    def __init__(
        self,
        now: Now,
        scene: Scene,
        points: dict[int, float],
        draws: Draws,
        stopwatch: Callable[[], float],
    ) -> None:
        began = stopwatch()
        self.version = now.version
        self.epoch = now.epoch
        self.at = now.at
        self._interruptions = now.interruptions
        self._asked = points.keys()
        self._of = {
            number: (points[number], *told_range.span(found))
            for number, found in waits.forecast(scene, draws=draws).items()
            if number in points
        }
        self._sorted = _by_class(self._of, scene.waiting)
        self.made = stopwatch()
        self.cost = self.made - began

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

    def is_of(self, now: Now) -> bool:
        """Whether they were made of this hall, under the interruptions of now."""
        return self.epoch == now.epoch and self._interruptions == now.interruptions

    def may_move(self, now: Now) -> bool:
        """Whether they say more than `ROUGH` does until newer ones are made."""
        age = (now.at - self.at).total_seconds()
        return self.is_of(now) and 0 <= age < MOVED_SECONDS

    def behind(self, person: Person, minutes: float, beyond: float) -> tuple[float, float] | None:
        """The range of somebody who will wait so long, also where that is longer than anybody's,
        up to so many times `beyond`.

        Waits are sums of visits, so beyond the last one the ends part as the root of the wait.
        None where there is nobody to compare with.
        """
        if self.knows(person, minutes):
            return self.around(person, minutes)
        near = self._nearest(person, minutes)
        if near is None or not 0 < near[0] < minutes <= beyond * near[0]:
            return None
        point, low, high = near
        wider = math.sqrt(minutes / point)
        return max(0.0, minutes - (point - low) * wider), minutes + (high - point) * wider

    def _nearest(self, person: Person, minutes: float) -> tuple[float, float, float] | None:
        like = self._sorted.get(_class_of(person)) or self._sorted[None]
        if not like:
            return None
        place = bisect_left(like, (minutes, 0.0, 0.0))
        near = like[max(0, place - 1) : place + 1]
        return min(near, key=lambda one: abs(one[0] - minutes))

    def knows(self, person: Person, minutes: float) -> bool:
        """Whether there is somebody like this newcomer who waits about so long."""
        near = self._nearest(person, minutes)
        return near is not None and abs(near[0] - minutes) <= max(NEAR, NEAR_SHARE * minutes)

    def serves(self, now: Now, scene: Scene, points: dict[int, float], seconds: float) -> bool:
        """Whether these ranges are still good enough for this snapshot, at this second.

        Never those of another interruption: while nobody knows its end, there are none. Nor those
        of another epoch: the same ids are other people then.
        """
        if self.epoch != now.epoch or self._interruptions != now.interruptions:
            return False
        came = [one for one in scene.waiting if one.id in points and one.id not in self._asked]
        if not all(self.knows(one, points[one.id]) for one in came):
            return False
        if now.at < self.at or now.version < self.version:
            return False
        spent = self.cost / (SHARE_NEW if came else SHARE)
        fresh = not came and (now.at - self.at).total_seconds() < FRESH_SECONDS
        return fresh or seconds - self.made < spent
