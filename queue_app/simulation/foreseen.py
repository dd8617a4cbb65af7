"""A day to staff as a branch's own records foresee it, and what that is made from."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from queue_app.domain.branch_day import BranchDay
from queue_app.domain.demand import Basis, Booked, PastDay, basis_of, expected, usual_level
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import CallingDesk
from queue_app.domain.forecast import Lengths
from queue_app.domain.policies import policy_of
from queue_app.domain.service_times import usual_minutes
from queue_app.jobs.learning import MEMORY_DAYS
from queue_app.queries.demand import demand_records
from queue_app.queries.habits import Learned
from queue_app.simulation.roster_search import StaffingTask, Target
from queue_app.simulation.synthetic_day import closes_of, roster

MEMORY = timedelta(days=MEMORY_DAYS)


class Foreseen(Struct, frozen=True):
    """`bookings` and `basis`: how many bookings, and past days before `until`, it was made from.
    `usual`: walk-ins of an average hour where nothing is known. `left_out`: the bookings and past
    walk-ins whose services no desk gives."""

    task: StaffingTask
    usual: float
    bookings: int
    basis: Basis
    until: date
    learned: Learned
    left_out: int


async def foresee(
    directory: Directory,
    branch: Branch,
    day: BranchDay,
    target: Target,
    now: datetime,
) -> Foreseen:
    """That open day, by the records of the days before it and before today."""
    until = min(day.date, directory.today(branch, now).oldest.date)
    records = await demand_records(directory, branch, day.date, until - MEMORY, until)
    learned, booked, past = records.learned, records.booked, records.past
    desks = [CallingDesk(place, desk.services) for place, desk in enumerate(branch.desks)]
    served = _Served(desks)
    offered = [
        one.code
        for one in directory.centre.services
        if "visit" in one.channels and served.gives(frozenset([one.code]))
    ]
    services = [directory.services_ever[code] for code in offered]
    usual = usual_minutes(services, directory.rules.open_service_minutes)
    known, seen = served.booked(booked), served.past(past)
    return Foreseen(
        task=StaffingTask(
            demand=expected(day, known, seen, offered, len(desks), usual),
            desks=desks,
            present=roster([desk.roster for desk in branch.desks], desks, day),
            time_of=Lengths(directory, learned.times),
            target=target,
            policy=policy_of(directory.rules),
            change_over=learned.habits.between,
            closes=closes_of(day),
        ),
        usual=usual_level(len(desks), usual),
        bookings=len(known),
        basis=basis_of(day.date, seen),
        until=until,
        learned=learned,
        left_out=len(booked) - len(known) + _visits(past) - _visits(seen),
    )


def _visits(past: Sequence[PastDay]) -> int:
    return sum(sum(asked.values()) for one in past for asked in one.walk_ins.values())


class _Served:
    """What the desks of today can give: who asked for anything else cannot be staffed for."""

    def __init__(self, desks: Sequence[CallingDesk]) -> None:
        self._desks = desks

    def gives(self, services: frozenset[str]) -> bool:
        return any(services <= desk.services for desk in self._desks)

    def booked(self, every: Sequence[Booked]) -> list[Booked]:
        return [one for one in every if self.gives(one.services)]

    def past(self, days: Sequence[PastDay]) -> list[PastDay]:
        return [
            PastDay(
                one.day,
                one.periods,
                {
                    quarter: {what: count for what, count in asked.items() if self.gives(what)}
                    for quarter, asked in one.walk_ins.items()
                },
            )
            for one in days
        ]
