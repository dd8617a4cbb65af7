"""The estimates checked on several branches and kinds of days."""

from collections.abc import Iterator, Sequence
from datetime import date

from queue_app.domain.centre import BranchPlan, Centre
from queue_app.simulation.correcting import measure_mistaken
from queue_app.simulation.estimates import EstimateAccuracy, measure_rows
from queue_app.simulation.synthetic_branch import DayKind


def check_estimates(
    centre: Centre,
    plans: Sequence[BranchPlan],
    kinds: Sequence[DayKind],
    first: date,
    days: int,
    seed: int,
    mistaken: int | None = None,
) -> Iterator[tuple[BranchPlan, EstimateAccuracy]]:
    """The rows of each branch and kind over `days` days from `first`.

    Each next branch has the next seed: most branches are laid out alike, and would have the same
    days. `mistaken`: by how many in a hundred learned visits are taken for shorter. ValueError says
    on which days of which branch nobody had to wait.
    """
    for own_seed, plan in enumerate(plans, start=seed):
        for kind in kinds:
            span = centre, plan, kind, first, days, own_seed
            try:
                rows = (
                    measure_rows(*span) if mistaken is None else measure_mistaken(*span, mistaken)
                )
            except ValueError as error:
                raise ValueError(f"{plan.slug}, {kind}: {error}") from None
            yield from ((plan, row) for row in rows)
