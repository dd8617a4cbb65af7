"""A day of a branch for which desks are proposed: synthetic, or by the branch's own records."""

from collections.abc import Sequence
from datetime import date, datetime
from random import Random

from msgspec import Struct

from queue_app.domain.branch_day import BranchDay
from queue_app.domain.centre import BranchPlan, Centre, Period, Rules
from queue_app.domain.directory import Directory
from queue_app.queries import reference
from queue_app.simulation.foreseen import Foreseen, foresee
from queue_app.simulation.roster_search import Quarter, StaffingTask, Target, propose
from queue_app.simulation.synthetic_branch import (
    DayKind,
    require_known,
    synthetic_branch,
)
from queue_app.simulation.synthetic_day import closes_of, roster
from queue_app.simulation.synthetic_demand import expected_demand


class StaffedDay(Struct, frozen=True):
    """The proposal for an open day. `numbers`: of the desks, by the ids that quarters name;
    `foreseen` and `directory`: where it was made from records."""

    slug: str
    numbers: Sequence[str]
    periods: Sequence[Period]
    rules: Rules
    quarters: Sequence[Quarter]
    foreseen: Foreseen | None = None
    directory: Directory | None = None


def staff_synthetic(
    centre: Centre, plan: BranchPlan, day: date, target: Target, kind: DayKind, seed: int
) -> StaffedDay:
    """ValueError: the branch is closed on that day, or no desk gives what is asked for."""
    branch = synthetic_branch(centre, plan, kind, Random(f"staffing {seed}"))
    open_day = _open(plan.slug, branch.on(day))
    task = StaffingTask(
        demand=expected_demand(branch, day, seed),
        desks=branch.desks,
        present=roster([desk.roster for desk in plan.desks], branch.desks, open_day),
        time_of=branch.time_of,
        target=target,
        policy=branch.policy,
        change_over=branch.manner.change_over,
        closes=closes_of(open_day),
    )
    numbers = [desk.number for desk in plan.desks]
    return StaffedDay(plan.slug, numbers, open_day.periods, centre.rules, propose(task, seed))


async def staff_by_records(
    slug: str | None, day: date, target: Target, now: datetime, seed: int
) -> StaffedDay:
    """As the database foresees the day at `now`; the first branch unless one is named.

    UnknownBranch; ValueError as for a synthetic day.
    """
    directory = await reference.directory()
    slug = slug or next(iter(directory.branches))
    require_known(slug, directory.branches)
    branch = directory.branches[slug]
    open_day = _open(slug, directory.day(branch, day))
    found = await foresee(directory, branch, open_day, target, now)
    return StaffedDay(
        slug=slug,
        numbers=[desk.number for desk in branch.desks],
        periods=open_day.periods,
        rules=directory.rules,
        quarters=propose(found.task, seed),
        foreseen=found,
        directory=directory,
    )


def _open(slug: str, day: BranchDay) -> BranchDay:
    if not day.periods:
        raise ValueError(f"{slug} is closed on {day.date}")
    return day
