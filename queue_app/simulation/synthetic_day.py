"""One synthetic day: who comes when and for what, how long each takes, which desks work.

Minutes count from the local midnight of the date, on past the next one in a night. Whoever is in
the house at closing is still served.
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from random import Random

import msgspec
from msgspec import Struct

from queue_app.domain import interruptions
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.centre import Weekly
from queue_app.domain.dispatch import CallingDesk, Expected, Person
from queue_app.domain.forward import Coming, Shift, Stop
from queue_app.domain.hours import bounds
from queue_app.domain.interruptions import Interruption
from queue_app.simulation.synthetic_branch import SyntheticBranch, hourly_walk_ins


class SyntheticDay(Struct, frozen=True, dict=True):
    """`people`: all who come. `bookings`: of all who should, the no-shows among them.

    `served`: minutes of each visit without its change-over, by the person's id. Instants take the
    branch's midnight for one in UTC.
    """

    branch: SyntheticBranch
    date: date
    opens: float
    closes: float
    people: tuple[Coming, ...]
    bookings: tuple[Person, ...]
    shifts: tuple[Shift, ...]
    served: dict[int, float]
    interruptions: tuple[Interruption, ...] = ()

    @cached_property
    def stops(self) -> tuple[Stop, ...]:
        return tuple(interruptions.stops(self.interruptions, self.at(0.0)))

    def at(self, minute: float) -> datetime:
        return _instant(self.date, minute)

    def known_at(self, minute: float) -> list[Interruption]:
        """The interruptions as somebody at that minute knows them."""
        now = self.at(minute)
        return [
            one
            if one.ended_at and one.ended_at <= now
            else msgspec.structs.replace(one, ended_at=None, resumes_at=None)
            for one in self.interruptions
            if one.started_at <= now
        ]

    @cached_property
    def lengths(self) -> dict[int, float]:
        """Minutes of each visit, its change-over included."""
        return {one.person.id: one.length for one in self.people}

    @cached_property
    def expected(self) -> tuple[Expected, ...]:
        return tuple(Expected(one.due or 0.0, one.services, one.id) for one in self.bookings)


def draw(branch: SyntheticBranch, day: date, chance: Random) -> SyntheticDay:
    """A day of this branch. ValueError: it is closed on that day."""
    open_day = branch.on(day)
    if not open_day.periods:
        raise ValueError(f"{branch.plan.slug} is closed on {day}")
    rosters = [desk.roster for desk in branch.plan.desks]
    shifts = _present(branch, roster(rosters, branch.desks, open_day), chance)
    bookings = _bookings(branch, open_day, shifts, chance)
    people, served = _Drawing(branch, shifts, chance).gather(open_day, bookings)
    stops: tuple[Interruption, ...] = ()
    if branch.manner.stops:
        stops = (_interruption(branch, open_day, shifts, chance),)
        bookings = tuple(_keeps_right(branch, day, one, stops) for one in bookings)
        people = _around(branch, open_day, people, stops, chance)
    return SyntheticDay(
        branch=branch,
        date=day,
        opens=opens_of(open_day),
        closes=closes_of(open_day),
        people=people,
        bookings=bookings,
        shifts=shifts,
        served=served,
        interruptions=stops,
    )


def _instant(day: date, minute: float) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)


def _interruption(
    branch: SyntheticBranch, day: BranchDay, shifts: Sequence[Shift], chance: Random
) -> Interruption:
    """An alert for all services, or the registries of one skill down for those it brings here."""
    manner, opens = branch.manner, opens_of(day)
    begins = chance.uniform(opens, closes_of(day) - manner.stop_before_closing)
    ends = begins + chance.uniform(*manner.stop_lasts)
    started, ended, opening = (_instant(day.date, one) for one in (begins, ends, opens))
    if manner.stops == "everything":
        delay = interruptions.usual_delay("alert", started, opening, branch.centre.rules)
        return Interruption(
            1, "alert", None, None, started, ended, ended + timedelta(minutes=delay)
        )
    reach = _reach(shifts)
    groups = [tuple(sorted(branch.skilled([one.code]) & reach)) for one in branch.centre.skills]
    services = chance.choice([one for one in groups if one])
    return Interruption(1, "registry", services, None, started, ended, ended)


def _keeps_right(
    branch: SyntheticBranch, day: date, one: Person, stops: Sequence[Interruption]
) -> Person:
    """The booking with the minute after which it is late, where a stop has moved that."""
    if one.due is None:
        return one
    due, rules = _instant(day, one.due), branch.centre.rules
    limit = interruptions.late_after(due, one.services, stops, rules)
    moved = (limit - due) / timedelta(minutes=1)
    if moved <= rules.late_minutes:
        return one
    return msgspec.structs.replace(one, late_after=one.due + moved)


def _around(
    branch: SyntheticBranch,
    day: BranchDay,
    people: Sequence[Coming],
    stops: Sequence[Interruption],
    chance: Random,
) -> tuple[Coming, ...]:
    """The same people as they come when this is interrupted.

    Who would have come in it for what is stopped comes later: everybody in an alert, else who has
    no booking, for the kiosk gives them no ticket. Who would then find the kiosk closed stays away.
    """
    last, midnight = day.minute(day.kiosk[-1].closes), _instant(day.date, 0.0)
    found = []
    for one in people:
        person = _keeps_right(branch, day.date, one.person, stops)
        arrives = one.arrives
        for stop in stops:
            said = (stop.ended_at or stop.started_at, stop.started_at)
            ends, begins = ((each - midnight) / timedelta(minutes=1) for each in said)
            refused = stop.services is None or person.due is None
            if begins <= arrives < ends and refused and stop.concerns(person.services):
                arrives = ends + chance.expovariate(1 / branch.manner.after_stop)
        if arrives > one.arrives and arrives > last:
            continue
        due = -math.inf if person.due is None else person.due
        later = max(arrives, due) - max(one.arrives, due)
        found.append(
            Coming(
                msgspec.structs.replace(person, queued=arrives),
                arrives,
                one.length,
                one.gone + later,
            )
        )
    return tuple(sorted(found, key=lambda one: one.arrives))


def opens_of(day: BranchDay) -> float:
    """The minute of an open day's first opening."""
    return float(bounds(day.periods[0])[0])


def closes_of(day: BranchDay) -> float:
    """The minute of an open day's last closing."""
    return float(bounds(day.periods[-1])[1])


def roster(
    rosters: Sequence[Weekly], desks: Sequence[CallingDesk], day: BranchDay
) -> tuple[Shift, ...]:
    """Every desk that has hours on this day: its breaks, and no end if it stays until closing."""
    closes = closes_of(day)
    found = []
    for weekly, desk in zip(rosters, desks, strict=True):
        hours = _hours(weekly, day)
        if hours:
            ends = hours[-1][1]
            found.append(
                Shift(
                    desk,
                    hours[0][0],
                    math.inf if ends >= closes else ends,
                    tuple((one[1], two[0]) for one, two in pairwise(hours)),
                )
            )
    return tuple(found)


def _hours(roster: Weekly, day: BranchDay) -> list[tuple[float, float]]:
    """A desk's or lane's hours within the branch's, which it follows if it has none of its own."""
    windows = day.rostered(roster) if roster else day.windows
    return [day.minutes(window) for window in windows]


def _present(
    branch: SyntheticBranch, planned: tuple[Shift, ...], chance: Random
) -> tuple[Shift, ...]:
    """The roster without those who are away; what they alone could give stays with them."""
    present = list(planned)
    reach = _reach(planned)
    for _ in range(branch.manner.away):
        spare = [
            place
            for place in range(len(present))
            if _reach(present[:place] + present[place + 1 :]) == reach
        ]
        if spare:
            present.pop(chance.choice(spare))
    return tuple(present)


def _reach(shifts: Sequence[Shift]) -> frozenset[str]:
    return frozenset().union(*(one.desk.services for one in shifts))


def _bookings(
    branch: SyntheticBranch, day: BranchDay, shifts: Sequence[Shift], chance: Random
) -> tuple[Person, ...]:
    """The booked people, by time: each lane is filled from its start, with gaps."""
    reach = _reach(shifts)
    found: list[tuple[float, str]] = []
    for lane, services in branch.lanes:
        offered = sorted(services & reach)
        if offered:
            for begins, ends in _hours(lane.roster, day):
                found += _fill(branch, offered, begins, ends, chance)
    return tuple(
        Person(number, frozenset([code]), math.nan, due)
        for number, (due, code) in enumerate(sorted(found))
    )


def _fill(
    branch: SyntheticBranch, offered: Sequence[str], begins: float, ends: float, chance: Random
) -> list[tuple[float, str]]:
    step, weights = branch.centre.rules.start_step_minutes, [branch.asked[code] for code in offered]
    found, at = list[tuple[float, str]](), math.ceil(begins / step) * step
    while at < ends:
        code = chance.choices(offered, weights)[0]
        over = at + branch.booked_minutes(frozenset([code]))
        if over <= ends and chance.random() < branch.manner.booked:
            found.append((float(at), code))
        at = math.ceil(over / step) * step
    return found


class _Drawing:
    """Draws the people of one day, and the length of each visit."""

    def __init__(self, branch: SyntheticBranch, shifts: Sequence[Shift], chance: Random) -> None:
        self.branch = branch
        self.manner = branch.manner
        self.chance = chance
        reach = _reach(shifts)
        self.codes = [code for code in branch.asked if code in reach]
        self.heights = list(accumulate(branch.asked[code] for code in self.codes))
        self.desks = [one.desk for one in shifts]
        self.served: dict[int, float] = {}

    def gather(
        self, day: BranchDay, bookings: Sequence[Person]
    ) -> tuple[tuple[Coming, ...], dict[int, float]]:
        people = [self._booked(one) for one in bookings if self._comes()]
        arrivals = self._arrivals(day) if self.codes else []
        for number, at in enumerate(arrivals, start=len(bookings)):
            priority = self.chance.random() < self.manner.priority
            person = Person(number, self._services(), at, priority=priority)
            people.append(self._coming(person, at))
        return tuple(sorted(people, key=lambda one: one.arrives)), self.served

    def _comes(self) -> bool:
        return self.chance.random() >= self.manner.no_shows

    def _booked(self, one: Person) -> Coming:
        due = one.due or 0.0
        at = due + self.chance.gauss(-self.manner.early, self.manner.early_spread)
        if self.chance.random() < self.manner.delayed:
            at += self.chance.expovariate(1 / self.manner.delayed_minutes)
        at = max(at, due - self.branch.centre.rules.check_in_early_minutes)
        return self._coming(Person(one.id, one.services, at, due), max(at, due))

    def _coming(self, person: Person, since: float) -> Coming:
        """`since`: from when their patience counts."""
        time, manner = self.branch.time_of(person.services), self.manner
        served = self.chance.lognormvariate(time.mu, time.sigma)
        spread = manner.change_over_spread
        change_over = manner.change_over * self.chance.lognormvariate(-(spread**2) / 2, spread)
        patience = self.chance.lognormvariate(math.log(manner.patience), manner.patience_spread)
        self.served[person.id] = served
        return Coming(person, person.queued, served + change_over, since + patience)

    def _arrivals(self, day: BranchDay) -> list[float]:
        """Poisson at a rate for each hour, from the kiosk's first ticket to its last."""
        found = []
        for window in day.kiosk:
            at, last = day.minutes(window)
            while at < last:
                rate = hourly_walk_ins(self.branch, day.date, int(at // 60)) / 60
                ahead = at + self.chance.expovariate(rate)
                edge = (at // 60 + 1) * 60
                at = min(ahead, edge)
                if ahead < edge and at < last:
                    found.append(at)
        return found

    def _services(self) -> frozenset[str]:
        """One service, or two that one desk gives together."""
        first = self._service()
        several = self.branch.centre.rules.max_services > 1
        if self.chance.random() < self.manner.second_service and several:
            second = self._service()
            both = frozenset([first, second])
            if any(both <= desk.services for desk in self.desks):
                return both
        return frozenset([first])

    def _service(self) -> str:
        return self.chance.choices(self.codes, cum_weights=self.heights)[0]
