"""Whom a demo's hall is full of: the people of the simulator, as many as keep its clerks busy.

So its past can be drawn from the same truth, and its estimates know what a branch would know.
"""

from collections.abc import Sequence
from datetime import date
from random import Random
from statistics import fmean

import msgspec
from msgspec import Struct

from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.forward import Coming
from queue_app.simulation import synthetic_day as days
from queue_app.simulation.past import days_before
from queue_app.simulation.run import Outcome, run_day
from queue_app.simulation.synthetic_branch import SyntheticBranch, synthetic_branch
from queue_app.simulation.synthetic_day import SyntheticDay

LOAD = 0.92
"""Work over the clerks' time of a full hall."""
CHANGE_OVER = 1.0
"""Minutes from the end of a visit to the next, as the demo's clerks take them (`clerks.py`)."""
PAST_DAYS = 20
"""Open days before the first that a demo shows."""
PAST_MOST = 600
"""People in each of these days, however many are wanted on the one that is shown."""
_TRIED = 10
"""Days that are drawn to see how many people fill a hall."""
_FEWEST_PER_HOUR = 0.5


class Crowd(Struct, frozen=True):
    """Who comes to a branch: by its hidden truth, `count` of them in a day or (None) all."""

    truth: SyntheticBranch
    count: int | None = None

    def draw(self, day: date, chance: Random) -> SyntheticDay:
        """A day of these people. ValueError: the branch is closed on that day."""
        drawn = days.draw(self.truth, day, chance)
        return drawn if self.count is None else _some(drawn, self.count, chance)

    def past(self, until: date, chance: Random) -> list[Outcome]:
        """The open days before `until`, each as it went."""
        usual = Crowd(self.truth, min(self.count, PAST_MOST) if self.count else None)
        dates = days_before(self.truth, until, PAST_DAYS)
        return [run_day(usual.draw(day, chance), self.truth.policy) for day in dates]


def full_hall(
    centre: Centre, branch: BranchPlan, day: date, count: int | None, chance: Random
) -> Crowd:
    """Short errands are the frequent ones, and there are as many people as the desks of such a day
    can serve; with `count`, so many of them."""
    drawn = synthetic_branch(centre, branch, "calm", chance)
    asked = {code: 1 / drawn.planned(frozenset([code])) for code in drawn.asked}
    truth = msgspec.structs.replace(drawn, asked=asked)
    tried = [days.draw(truth, day, chance) for _ in range(_TRIED)]
    per_hour = truth.manner.per_hour * _times_as_many(tried, count)
    manner = msgspec.structs.replace(
        truth.manner, per_hour=max(per_hour, _FEWEST_PER_HOUR), change_over=CHANGE_OVER
    )
    return Crowd(msgspec.structs.replace(truth, manner=manner), count)


def _times_as_many(tried: Sequence[SyntheticDay], count: int | None) -> float:
    """How many times the walk-ins of these days fill a hall, with some to spare beyond `count`."""
    booked = fmean(_work(day, booked=True) for day in tried)
    walked = fmean(_work(day, booked=False) for day in tried)
    full = (LOAD * _desk_minutes(tried[0]) - booked) / max(walked, 1.0)
    if count is None:
        return full
    walk_ins = fmean(len(day.people) - len(_booked(day)) for day in tried)
    return max(full, 1.5 * count / max(walk_ins, 1.0))


def _work(day: SyntheticDay, booked: bool) -> float:
    """Minutes at the desks for those with a booking, or those without."""
    return sum(one.length for one in day.people if (one.person.due is not None) == booked)


def _booked(day: SyntheticDay) -> list[Coming]:
    return [one for one in day.people if one.person.due is not None]


def _desk_minutes(day: SyntheticDay) -> float:
    return sum(
        min(shift.leaves, day.closes)
        - shift.free
        - sum(ends - begins for begins, ends in shift.breaks)
        for shift in day.shifts
    )


def _some(day: SyntheticDay, count: int, chance: Random) -> SyntheticDay:
    """So many of the people of a day, the holders of bookings who stay away among them."""
    everybody = {one.id for one in day.bookings} | {one.person.id for one in day.people}
    chosen = set(chance.sample(sorted(everybody), min(count, len(everybody))))
    return msgspec.structs.replace(
        day,
        people=tuple(one for one in day.people if one.person.id in chosen),
        bookings=tuple(one for one in day.bookings if one.id in chosen),
    )
