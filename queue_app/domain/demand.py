"""Whom to expect on a day: its bookings, and walk-ins as they came on the days before it.

The walk-ins of a quarter hour are the mean over past days of the same weekday, drawn towards the
mean over the other days, and that towards the usual profile: what lies behind counts as
`DAYS_WEIGHT` days (the gamma-Poisson update: Gelman et al., "Bayesian Data Analysis", 2.6). What
they ask for is taken likewise, what lies behind counting as `VISITS_WEIGHT` visits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from queue_app.domain.branch_day import BranchDay
from queue_app.domain.centre import WEEKDAYS, Period, Weekday
from queue_app.domain.hours import bounds

QUARTER = 15
"""Minutes."""
DAYS_WEIGHT = 3.0
VISITS_WEIGHT = 20.0
PER_DESK = 2.0
"""Walk-ins of an average hour of an average day for each desk, where nothing is known: a branch of
one desk was not built for the visitors of six."""
BUSY = 0.7
"""The part of its time that a desk is taken to serve them at most, where nothing is known: nor was
a branch built for visits of an hour and a half that come as often as those of ten minutes."""
BY_HOUR: dict[int, float] = {
    8: 0.8, 9: 1.3, 10: 1.4, 11: 1.2, 12: 0.9, 13: 0.8, 14: 1.0, 15: 1.0, 16: 0.9, 17: 0.7,
}  # fmt: skip
"""Walk-ins of an hour beside the average hour: a peak in the morning, a low at lunch."""
BY_WEEKDAY: dict[Weekday, float] = {
    "mon": 1.2, "tue": 1.05, "wed": 0.95, "thu": 0.95, "fri": 0.85, "sat": 0.8, "sun": 0.5,
}  # fmt: skip


class PastDay(Struct, frozen=True):
    """An open day that was: its hours, and its walk-ins by the local minute of a quarter hour."""

    day: date
    periods: tuple[Period, ...]
    walk_ins: Mapping[int, Mapping[frozenset[str], int]]


class Booked(Struct, frozen=True):
    """A booking at this local minute, and the chance that its holder comes."""

    minute: int
    services: frozenset[str]
    comes: float


class Basis(Struct, frozen=True):
    """How many past days speak for a day: of the same weekday, and others."""

    same: int
    others: int

    @property
    def shares(self) -> tuple[float, float, float]:
        """What the same weekday, the other days and the usual profile weigh; together 1."""
        same, others = (count / (count + DAYS_WEIGHT) for count in (self.same, self.others))
        return same, (1 - same) * others, (1 - same) * (1 - others)


def basis_of(day: date, past: Iterable[PastDay]) -> Basis:
    others, same = _nearer(day, past)
    return Basis(len(same), len(others))


def _nearer(day: date, past: Iterable[PastDay]) -> tuple[list[PastDay], list[PastDay]]:
    """The days of other weekdays, then those of the same: what speaks more comes later."""
    found: tuple[list[PastDay], list[PastDay]] = [], []
    for one in past:
        found[one.day.weekday() == day.weekday()].append(one)
    return found


def expected(
    day: BranchDay,
    booked: Iterable[Booked],
    past: Sequence[PastDay],
    offered: Sequence[str],
    desks: int,
    visit_minutes: float = 0.0,
) -> dict[int, dict[frozenset[str], float]]:
    """Arrivals by quarter hour of opening, by services; a quarter without anybody is left out.

    `offered`: the services that are asked for evenly where nothing is known; `desks`: how many the
    branch has; `visit_minutes`: how long one of these services takes, on average. Bookings count
    at their time; who comes before opening counts in the first quarter.
    """
    asked = mix(day.date, past, offered)
    found = {
        quarter: {services: count * share for services, share in asked.items()}
        for quarter, count in walk_ins(day, past, desks, visit_minutes).items()
        if count
    }
    for one in booked:
        quarter = found.setdefault(quarter_of(one.minute, day.periods), {})
        quarter[one.services] = quarter.get(one.services, 0.0) + one.comes
    return {
        quarter: dict(sorted(visits.items(), key=lambda pair: sorted(pair[0])))
        for quarter, visits in sorted(found.items())
    }


def walk_ins(
    day: BranchDay, past: Sequence[PastDay], desks: int, visit_minutes: float = 0.0
) -> dict[int, float]:
    """How many come in each quarter hour of opening."""
    usual = _usual(day, usual_level(desks, visit_minutes))
    seen = [[_counts(one) for one in days] for days in _nearer(day.date, past)]
    found = {}
    for quarter in quarters(day.periods):
        level = usual.get(quarter, 0.0)
        for days in seen:
            counts = [one[quarter] for one in days if quarter in one]
            level = (sum(counts) + DAYS_WEIGHT * level) / (len(counts) + DAYS_WEIGHT)
        found[quarter] = level
    return found


def _counts(one: PastDay) -> dict[int, int]:
    """Walk-ins of a past day in each quarter hour in which it was open."""
    found = dict.fromkeys(quarters(one.periods), 0)
    for minute, visits in one.walk_ins.items():
        found[quarter_of(minute, one.periods)] += sum(visits.values())
    return found


def usual_level(desks: int, visit_minutes: float = 0.0) -> float:
    """Walk-ins of an average hour by the usual profile: as many as usual, or as can be served."""
    served = BUSY * 60 / visit_minutes if visit_minutes else PER_DESK
    return min(PER_DESK, served) * desks


def _usual(day: BranchDay, level: float) -> dict[int, float]:
    """The profile, from the kiosk's first ticket to its last."""
    found: dict[int, float] = {}
    for window in day.kiosk:
        first, last = day.minutes(window)
        for minute in range(int(first), int(last)):
            quarter = quarter_of(minute, day.periods)
            coming = usual_per_hour(day.date, minute // 60, level) / 60
            found[quarter] = found.get(quarter, 0.0) + coming
    return found


def usual_per_hour(day: date, hour: int, per_hour: float) -> float:
    """Walk-ins of this hour by the usual profile, if the branch is open all of it.

    `per_hour`: those of an average hour of an average day."""
    return per_hour * BY_WEEKDAY[WEEKDAYS[day.weekday()]] * BY_HOUR.get(hour % 24, 0.6)


def mix(day: date, past: Sequence[PastDay], offered: Sequence[str]) -> dict[frozenset[str], float]:
    """What a walk-in asks for: sets of services and their shares, together 1."""
    found = {frozenset([code]): 1 / len(offered) for code in offered}
    for days in _nearer(day, past):
        seen = _total(days)
        count = sum(seen.values()) + VISITS_WEIGHT
        found = {
            services: (seen.get(services, 0) + VISITS_WEIGHT * found.get(services, 0.0)) / count
            for services in found.keys() | seen.keys()
        }
    return found


def _total(days: Iterable[PastDay]) -> dict[frozenset[str], int]:
    found: dict[frozenset[str], int] = {}
    for one in days:
        for visits in one.walk_ins.values():
            for services, count in visits.items():
                found[services] = found.get(services, 0) + count
    return found


def quarters(periods: Sequence[Period]) -> list[int]:
    """The local minutes at which the quarter hours of opening begin, as `hours.bounds` counts."""
    return sorted(
        {minute // QUARTER * QUARTER for one in periods for minute in range(*bounds(one))}
    )


def quarter_of(minute: int, periods: Sequence[Period]) -> int:
    """The quarter hour of opening in which this minute lies, else the next, else the last."""
    known = quarters(periods)
    return next((one for one in known if minute < one + QUARTER), known[-1])
