"""How the visitors of a branch behave, and how they are served: learned from plain counts.

So few data move a habit little, a share is that of what was seen together with its default, which
counts as `WEIGHT` observations from before the first one (the conjugate beta-binomial update:
Gelman et al., "Bayesian Data Analysis", 2.4); and in a mean the default stands in for whatever
lacks to `ENOUGH` observations.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from queue_app.domain.correction import Correction
from queue_app.domain.forward import ABSENT_MINUTES
from queue_app.domain.readiness import CallRates, StoodFree, readiness_of, share_ended
from queue_app.domain.service_times import ServiceTime, learned

WEIGHT = 10.0
"""How many observations the default of a share is worth."""
ENOUGH = 30
"""From so many observations on, a mean is theirs alone."""
GRID = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0)
"""Minutes waited at which the share of those who gave up is known."""
NEAR = 1.3
"""Who was called after between 1 / `NEAR` and `NEAR` times so many minutes speaks for them."""
EARLY_MOST = 120.0
"""Minutes before or after their time: who comes still farther from it did not come for it."""
SPREAD_LEAST = 1.0
"""Minutes; nobody is as punctual as a few who came at the same minute make it seem."""
CHANGE_OVER_MOST = 10.0
"""A longer gap between two visits, in minutes, is a break."""
PAUSE = ServiceTime(math.log(10.0), 0.8, 10.0)
"""How long a pause takes that no roster tells of: half are over in 10 minutes, 9 in 10 in 28."""
_GONE_PER_MINUTE = 0.001
"""Of those who wait, the share that gives up in a minute, unless more is known."""


class Habits(Struct, frozen=True):
    """How the visitors of a branch behave, and how they are served: learned, else these.

    `comes`: the share of bookings whose holders come. `early_minutes`, `early_spread`: how long
    before their time, mean and standard deviation. `change_over`: minutes from the end of a visit,
    or from the call to a free desk, to the beginning of the next. `gone_by`: minutes waited, and
    the share that has left unseen by then, both rising; linear between. `priority_per_minute`:
    people with priority that come in a minute; `asked`: sets of services that people come for,
    and their weights. `correction`: what its ranges have to be moved by, so that they hold.
    `readiness`: how soon a free desk calls. `absent_minutes`: what a call costs a desk that nobody
    answers; `leaves_seen`: of those who leave, the share that is seen to. `pause`: how long a pause
    takes that no roster tells of. `passed_over`: of desks, by id, what they do not give today.
    """

    comes: float = 0.85
    early_minutes: float = 8.0
    early_spread: float = 7.0
    change_over: float = 1.0
    gone_by: tuple[tuple[float, float], ...] = ((30.0, 0.02), (60.0, 0.05), (120.0, 0.12))
    priority_per_minute: float = 0.0
    asked: tuple[tuple[frozenset[str], float], ...] = ()
    correction: Correction = Correction()
    readiness: CallRates = CallRates()
    absent_minutes: float = ABSENT_MINUTES
    leaves_seen: float = 0.0
    pause: ServiceTime = PAUSE
    passed_over: dict[int, frozenset[str]] = {}

    @property
    def between(self) -> float:
        """Minutes between two visits at a desk for which people wait, as half of them take."""
        return self.change_over + self.readiness.left(0.0, 0.5)


class Measured(Struct, frozen=True):
    """So many observations, their mean and their standard deviation."""

    count: int = 0
    mean: float = 0.0
    spread: float = 0.0


class Seen(Struct, frozen=True):
    """What was seen of a branch over some days.

    `bookings`: whose time has come, and of how many the holder `came`; `early`: their minutes
    before their time, within `EARLY_MOST`. `changes`: minutes of the change-overs. `waits`: at each
    point of `GRID`, of how many it is known whether they were still there after about so long, and
    how many were `gone`. `priority`: people with priority in `open_minutes`. `asked`: walk-ins by
    services. `standing`: how long free desks stood while somebody waited. `leaving`: after how
    many minutes whoever takes back their ticket does. `absent`: minutes of the calls that nobody
    answered. `pauses`: minutes of each.
    """

    bookings: int
    came: int
    early: Measured
    changes: Measured
    waits: Mapping[float, int]
    gone: Mapping[float, int]
    priority: int
    open_minutes: float
    asked: Mapping[frozenset[str], int]
    standing: StoodFree = StoodFree()
    leaving: StoodFree = StoodFree()
    absent: Measured = Measured()
    pauses: Sequence[float] = ()


def habits_of(seen: Seen) -> Habits:
    """What the counts say, beside the defaults."""
    usual = Habits()
    early = _filled(seen.early, usual.early_minutes, usual.early_spread)
    left = sum(seen.leaving.calls)
    leaves_seen = left / (left + seen.absent.count + WEIGHT)
    return Habits(
        comes=(seen.came + WEIGHT * usual.comes) / (seen.bookings + WEIGHT),
        early_minutes=early.mean,
        early_spread=max(early.spread, SPREAD_LEAST),
        change_over=_filled(seen.changes, usual.change_over, usual.change_over).mean,
        gone_by=_gone_by(seen),
        priority_per_minute=seen.priority / seen.open_minutes if seen.open_minutes else 0.0,
        asked=tuple(sorted(seen.asked.items(), key=lambda pair: sorted(pair[0]))),
        readiness=readiness_of(seen.standing),
        absent_minutes=_filled(seen.absent, ABSENT_MINUTES, 0.0).mean * (1 - leaves_seen),
        leaves_seen=leaves_seen,
        pause=learned(PAUSE, seen.pauses),
    )


def _filled(found: Measured, mean: float, spread: float) -> Measured:
    """These observations, the default standing in for those that lack to `ENOUGH`."""
    lack = ENOUGH - found.count
    if lack <= 0:
        return found
    moved = (found.count * found.mean + lack * mean) / ENOUGH
    apart = found.count * lack / ENOUGH * (found.mean - mean) ** 2
    square = (found.count * found.spread**2 + lack * spread**2 + apart) / ENOUGH
    return Measured(found.count, moved, math.sqrt(square))


def _gone_by(seen: Seen) -> tuple[tuple[float, float], ...]:
    """The share at each point of the grid; it never falls."""
    found, least = [], 0.0
    for minutes in GRID:
        guess = -math.expm1(-_GONE_PER_MINUTE * minutes)
        gone, waits = seen.gone.get(minutes, 0), seen.waits.get(minutes, 0)
        unseen = (gone + WEIGHT * guess) / (waits + WEIGHT)
        seen_to = share_ended(seen.leaving, WEIGHT, minutes)
        least = max(least + 1e-6, 1 - (1 - unseen) * (1 - seen_to))
        found.append((minutes, least))
    return tuple(found)


def counted(waits: Iterable[tuple[float, bool]]) -> tuple[dict[float, int], dict[float, int]]:
    """`waits` and `gone` of `Seen`, from the minutes of each wait and whether they had gone."""
    every = list(waits)
    near = {
        minutes: [gone for waited, gone in every if minutes / NEAR <= waited <= minutes * NEAR]
        for minutes in GRID
    }
    return (
        {minutes: len(found) for minutes, found in near.items()},
        {minutes: sum(found) for minutes, found in near.items()},
    )
