"""What one desk more or less would do from now until closing, to the very hall as it stands.

The hall is run forward as for every wait, with the walk-ins that are to be expected, three times
with the same chance: as it is, with a desk more, with a desk less. So the difference is that of the
desk alone.
"""

import math
import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.chance import Draws
from queue_app.domain.dispatch import CallingDesk
from queue_app.domain.forecast import SOON_MINUTES, Now, scene_of
from queue_app.domain.forward import ABSENT_MINUTES, Coming, Forward, Shift
from queue_app.domain.half_hours import Past, drawn, quarters_ahead
from queue_app.domain.runs import futures
from queue_app.domain.scene import ForeseenDesk, Scene
from queue_app.domain.told_range import HIGH, LOW, quantile

RUNS = 24
_FIRST = -3_000_000
"""From which the chance of a run's walk-ins is drawn."""
_TWIN = 1_000_000
"""Added to a desk's id: another one like it."""

_MINUTE = timedelta(minutes=1)
Kind = Literal["as_it_is", "more", "less"]


class DayWithDesks(Struct, frozen=True):
    """What comes of the day with these desks, from now until the last visit ends.

    `people`: how many come, of whom `uncalled` are not called. Of the waits of those who are, since
    they came or from a later booked time, in whole minutes: the mean, and between which two eight
    in ten lie. `over`: of a hundred who come, how many wait longer than they should or in vain, as
    else the fewest desks would look best. `low_at`, `high_at`: between which times the last visit
    ends in eight days of ten.
    """

    people: int
    mean_minutes: int
    low_minutes: int
    high_minutes: int
    over: int
    uncalled: int
    low_at: datetime
    high_at: datetime

    @property
    def called(self) -> int:
        return self.people - self.uncalled


class StaffingAnswer(Struct, frozen=True):
    """`more`, `less`: with the desk of that id opened in a moment, or taken away after its visit;
    None where there is none to open or to take. `twin`: there is no closed desk, and `more_desk` is
    another one like that."""

    at: datetime
    as_it_is: DayWithDesks
    more_desk: int | None
    more: DayWithDesks | None
    twin: bool
    less_desk: int | None
    less: DayWithDesks | None

    @property
    def leaves_somebody(self) -> bool:
        """Whether anybody is not called, with whichever desks."""
        return any(one and one.uncalled for one in (self.as_it_is, self.more, self.less))


def staffing_answer(
    now: Now,
    past: Past,
    ended: Collection[str] = (),
    more_desk: int | None = None,
    less_desk: int | None = None,
) -> StaffingAnswer | None:
    """None while everything is stopped and nobody knows until when, and where no desk works today.

    `ended`: services for which no more tickets are given. `more_desk`, `less_desk`: the ids of the
    desks to be opened and taken away, else those that help most and are missed least.
    """
    scene = scene_of(now)
    if scene.still_until == math.inf or not scene.desks:
        return None
    question = _Question(now, scene, _coming(now, past, ended))
    opened = [one for one in now.working if one.state == "open"]
    closed = [one for one in now.working if one.state == "closed"]
    of_more = [one.desk for one in closed] or [one.desk for one in opened]
    more = _chosen(question, of_more, more_desk, most=True)
    less = _chosen(question, [one.desk for one in opened], less_desk, most=False)
    return StaffingAnswer(
        at=now.at,
        as_it_is=question.answered(scene.desks),
        more_desk=more.id if more else None,
        more=question.answered(_with(scene, more, twin=not closed)) if more else None,
        twin=not closed,
        less_desk=less.id if less else None,
        less=question.answered(_without(scene, less)) if less else None,
    )


def _coming(
    now: Now, past: Past, ended: Collection[str]
) -> Mapping[float, Mapping[frozenset[str], float]]:
    """The walk-ins to be expected from now on, but for whom no ticket is given any more."""
    found = quarters_ahead(now.directory, now.branch, now.day, past.days, now.at)
    return {
        begins: {one: count for one, count in asked.items() if one.isdisjoint(ended)}
        for begins, asked in found.items()
    }


def _chosen(
    question: "_Question", desks: Sequence[CallingDesk], wished: int | None, *, most: bool
) -> CallingDesk | None:
    """The one that was wished for, else the one that could serve most, or fewest."""
    named = next((one for one in desks if one.id == wished), None)
    if named or not desks:
        return named
    return (max if most else min)(desks, key=question.could_serve)


def _with(scene: Scene, desk: CallingDesk, *, twin: bool) -> list[ForeseenDesk]:
    """The desk opens in a moment, and stays until the last one is served."""
    added = replace(desk, id=desk.id + _TWIN) if twin else desk
    others = [one for one in scene.desks if one.desk.id != added.id]
    return [*others, ForeseenDesk(added, opens=SOON_MINUTES)]


def _without(scene: Scene, desk: CallingDesk) -> list[ForeseenDesk]:
    """The desk goes after its visit."""
    return [
        replace(one, leaves=0.0, breaks=()) if one.desk.id == desk.id else one
        for one in scene.desks
    ]


class _Question:
    """The hall and whoever is to be expected in it; the desks are what is asked about."""

    def __init__(
        self, now: Now, scene: Scene, coming: Mapping[float, Mapping[frozenset[str], float]]
    ) -> None:
        self._now = now
        self._scene = replace(scene, habits=replace(scene.habits, priority_per_minute=0.0))
        self._coming = coming
        self._at_hand = {one.desk.id for one in now.working if one.called_at is not None}
        self._target = now.directory.rules.wait_target_minutes

    def could_serve(self, desk: CallingDesk) -> float:
        """How many of those who wait, are booked or are to be expected it gives all they want."""
        there = [*self._scene.waiting, *self._scene.booked]
        return sum(one.services <= desk.services for one in there) + sum(
            count
            for asked in self._coming.values()
            for services, count in asked.items()
            if services <= desk.services
        )

    def answered(self, desks: Sequence[ForeseenDesk]) -> DayWithDesks:
        waits: list[float] = []
        ends: list[float] = []
        uncalled = 0
        scene = replace(self._scene, desks=desks)
        for number, (people, waiting, shifts) in enumerate(futures(scene, RUNS, Draws())):
            walk_ins = drawn(scene, self._coming, random.Random(_FIRST - number))
            everybody = [*people, *walk_ins, *waiting]
            forward = _forward(scene, [*people, *walk_ins], waiting, shifts)
            called = forward.run()
            found = [(one, called[one.person.id]) for one in everybody if one.person.id in called]
            uncalled += len(everybody) - len(found)
            waits += [_wait(one, turn.minute) for one, turn in found if not turn.absent]
            at_hand = [shift.free for shift in shifts if shift.desk.id in self._at_hand]
            visits = [
                turn.minute + (ABSENT_MINUTES if turn.absent else one.length) for one, turn in found
            ]
            ends.append(max([0.0, *at_hand, *visits]))
        return self._outcome(sorted(waits), sorted(ends), uncalled)

    def _outcome(
        self, waits: Sequence[float], ends: Sequence[float], uncalled: int
    ) -> DayWithDesks:
        known = waits or [0.0]
        come = len(waits) + uncalled
        late = sum(one > self._target for one in waits) + uncalled
        return DayWithDesks(
            people=round(len(waits) / RUNS) + round(uncalled / RUNS),
            mean_minutes=round(sum(known) / len(known)),
            low_minutes=round(quantile(known, LOW)),
            high_minutes=round(quantile(known, HIGH)),
            over=round(100 * late / come) if come else 0,
            uncalled=round(uncalled / RUNS),
            low_at=self._now.at + quantile(ends, LOW) * _MINUTE,
            high_at=self._now.at + quantile(ends, HIGH) * _MINUTE,
        )


def _forward(
    scene: Scene, people: Sequence[Coming], waiting: Sequence[Coming], shifts: Sequence[Shift]
) -> Forward:
    return Forward(
        people,
        shifts,
        scene.policy,
        waiting=waiting,
        expected=scene.expected,
        minutes=scene.planned,
        stops=scene.stops,
    )


def _wait(one: Coming, called: float) -> float:
    """Since they came, or from a later booked time."""
    person = one.person
    since = person.queued if person.due is None else max(person.queued, person.due)
    return max(0.0, called - since)
