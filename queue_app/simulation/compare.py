"""Policies compared on the same synthetic days: the same people, lengths and rosters for each."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice
from random import Random
from statistics import NormalDist, fmean, stdev

from msgspec import Struct

from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.dispatch import PolicyName
from queue_app.domain.policies import policy_named
from queue_app.simulation.run import FIGURES, run_day
from queue_app.simulation.synthetic_branch import DayKind, open_days, synthetic_branch
from queue_app.simulation.synthetic_day import SyntheticDay, draw

_NORMAL = NormalDist().inv_cdf(0.975)
_FEW = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
"""Student's quantiles where the expansion for many days is off: any table has them."""


class Interval(Struct, frozen=True):
    """A mean over days and the half width of its 95 % confidence interval (Student's t)."""

    mean: float
    half: float


class Comparison(Struct, frozen=True):
    """`figures`: by figure and policy. `differs`: the same, whether the difference to the first
    policy, taken day by day, is more than chance at 95 %."""

    kind: DayKind
    days: int
    policies: tuple[PolicyName, ...]
    figures: dict[str, dict[PolicyName, Interval]]
    differs: dict[str, dict[PolicyName, bool]]


def synthetic_days(
    centre: Centre, branch: BranchPlan, kind: DayKind, first: date, days: int, seed: int
) -> list[SyntheticDay]:
    """So many days from `first`, each with a truth of its own, so that days are independent."""
    found = []
    for number, day in enumerate(islice(open_days(centre, branch, first), days)):
        chance = Random(f"days {seed} {kind} {number}")
        found.append(draw(synthetic_branch(centre, branch, kind, chance), day, chance))
    return found


def compare(
    kind: DayKind, days: Sequence[SyntheticDay], policies: Sequence[PolicyName]
) -> Comparison:
    """Every figure under each policy with the centre's own minutes, over at least two days."""
    found: Mapping[PolicyName, list[dict[str, float]]] = {
        name: [run_day(day, policy_named(name, day.branch.centre.rules)).figures for day in days]
        for name in policies
    }
    figures: dict[str, dict[PolicyName, Interval]] = {}
    differs: dict[str, dict[PolicyName, bool]] = {}
    for figure in FIGURES:
        rows = {name: [one.get(figure, math.nan) for one in found[name]] for name in policies}
        figures[figure] = {name: interval(row) for name, row in rows.items()}
        differs[figure] = {
            name: _more_than_chance(rows[policies[0]], row) for name, row in rows.items()
        }
    return Comparison(kind, len(days), tuple(policies), figures, differs)


def interval(values: Sequence[float]) -> Interval:
    """Days without the figure (nan) do not count."""
    known = [one for one in values if not math.isnan(one)]
    if len(known) < 2:
        return Interval(known[0] if known else math.nan, math.nan)
    return Interval(fmean(known), _student(len(known) - 1) * stdev(known) / math.sqrt(len(known)))


def _student(freedom: int) -> float:
    """The 97.5th percentile of Student's t.

    Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5; from five on right to
    three decimals.
    """
    if freedom in _FEW:
        return _FEW[freedom]
    x = _NORMAL
    return (
        x
        + (x**3 + x) / (4 * freedom)
        + (5 * x**5 + 16 * x**3 + 3 * x) / (96 * freedom**2)
        + (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / (384 * freedom**3)
        + (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / (92160 * freedom**4)
    )


def _more_than_chance(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    difference = interval([b - a for a, b in zip(ours, theirs, strict=True)])
    return abs(difference.mean) > difference.half
