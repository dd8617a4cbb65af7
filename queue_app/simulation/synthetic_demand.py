"""Expected arrivals of a synthetic branch, for staffing before there is a history."""

from collections.abc import Mapping
from datetime import date
from random import Random

from queue_app.domain.demand import QUARTER
from queue_app.simulation.synthetic_branch import SyntheticBranch
from queue_app.simulation.synthetic_day import draw

DAYS = 200


def expected_demand(
    branch: SyntheticBranch, day: date, seed: int
) -> Mapping[int, Mapping[frozenset[str], float]]:
    """The mean over synthetic days: by quarter hour of opening, by set of services.

    Who comes before opening counts in the first quarter; bookings count at their time.
    """
    found: dict[int, dict[frozenset[str], float]] = {}
    for number in range(DAYS):
        drawn = draw(branch, day, Random(f"demand {seed} {number}"))
        for one in drawn.people:
            at = max(drawn.opens, one.arrives if one.person.due is None else one.person.due)
            quarter = found.setdefault(int(at // QUARTER * QUARTER), {})
            services = one.person.services
            quarter[services] = quarter.get(services, 0.0) + 1 / DAYS
    return {
        quarter: dict(sorted(asked.items(), key=lambda pair: sorted(pair[0])))
        for quarter, asked in sorted(found.items())
    }
