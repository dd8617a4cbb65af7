"""How long visits really take: the published time, moved by what was observed.

A service's time is taken as lognormal, as service times at counters are (Brown et al.,
"Statistical Analysis of a Telephone Call Center", JASA 2005). In log-minutes it is normal with
unknown mean and spread, so learning is the conjugate normal-inverse-gamma update (Gelman et
al., "Bayesian Data Analysis", 3.3): the published time counts as `PRIOR_WEIGHT` visits that
were seen before the first one, so few observations move it little and many settle it.

A visit whose "finish" was forgotten is not an observation of a service time: whatever lies farther
than `OUTLIER` robust spreads from the median is left out.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct

from queue_app.domain.catalogue import Service, planned_minutes

PRIOR_WEIGHT = 10.0
"""Visits that the published time is worth."""
OUTLIER = 2.5
"""Robust spreads from the median beyond which a duration is a forgotten click."""
KEPT_VARIANCE = 0.911
"""Of a normal's variance, what is left within `OUTLIER` standard deviations: honest visits lie
beyond as well, and leaving them out must not make the spread seem smaller."""
SPREAD_EXACT = 0.35
"""Spread in log-minutes of a service published with one number."""
SPREAD_OPEN = 0.5
"""Spread in log-minutes of a service published as "від N"."""
SPREAD_MIN = 0.2
_NINETIETH = 1.2815515655446004
"""The standard normal's 90th percentile: a published range is read as the 10th to the 90th."""
_MAD = 1.4826
"""A median absolute deviation times this is a normal's standard deviation."""


class ServiceTime(Struct, frozen=True):
    """A lognormal length: `mu` and `sigma` of log-minutes, and how many visits speak for it."""

    mu: float
    sigma: float
    visits: float

    @property
    def mean_minutes(self) -> float:
        return math.exp(self.mu + self.sigma**2 / 2)

    @property
    def variance(self) -> float:
        """Of the minutes."""
        return math.expm1(self.sigma**2) * self.mean_minutes**2


def published(service: Service, open_minutes: int) -> ServiceTime:
    """The prior: what the catalogue says, before anybody was served."""
    low, high = service.duration.min_minutes, service.duration.max_minutes
    if high is None:
        return ServiceTime(
            math.log(planned_minutes(service, open_minutes)), SPREAD_OPEN, PRIOR_WEIGHT
        )
    if low == high:
        return ServiceTime(math.log(low), SPREAD_EXACT, PRIOR_WEIGHT)
    spread = max(SPREAD_MIN, math.log(high / low) / 2 / _NINETIETH)
    return ServiceTime(math.log(math.sqrt(low * high)), spread, PRIOR_WEIGHT)


def usual_minutes(services: Iterable[Service], open_minutes: int) -> float:
    """How long a visit for one of these takes by the catalogue, on average; 0 of none."""
    each = [published(service, open_minutes).mean_minutes for service in services]
    return sum(each) / len(each) if each else 0.0


def learned(before: ServiceTime, minutes: Iterable[float]) -> ServiceTime:
    """`before` moved by these observed lengths in minutes, forgotten clicks left out."""
    logs = plausible([math.log(length) for length in minutes if length > 0], before)
    if not logs:
        return before
    count, weight = len(logs), before.visits
    mean = math.fsum(logs) / count
    scatter = math.fsum((one - mean) ** 2 for one in logs) / KEPT_VARIANCE
    moved = count * weight / (count + weight) * (mean - before.mu) ** 2
    return ServiceTime(
        mu=(weight * before.mu + count * mean) / (weight + count),
        sigma=math.sqrt((weight * before.sigma**2 + scatter + moved) / (weight + count)),
        visits=weight + count,
    )


def plausible(logs: Sequence[float], before: ServiceTime) -> list[float]:
    """The log-lengths without outliers; while they are few, the prior says what is far."""
    if not logs:
        return []
    share = len(logs) / (len(logs) + before.visits)
    usual = median(logs)
    middle = (1 - share) * before.mu + share * usual
    deviation = _MAD * median([abs(one - usual) for one in logs])
    spread = max(SPREAD_MIN, (1 - share) * before.sigma + share * deviation)
    return [one for one in logs if abs(one - middle) <= OUTLIER * spread]


def of_people(time: ServiceTime, people: int) -> ServiceTime:
    """A visit in which so many are served one after the other, each as long as one alone."""
    return time if people == 1 else visit_time([time] * people)


def visit_time(times: Sequence[ServiceTime]) -> ServiceTime:
    """One visit for several services: their sum, matched by mean and variance to a lognormal.

    Source: Fenton, "The Sum of Log-Normal Probability Distributions", 1960.
    """
    if len(times) == 1:
        return times[0]
    mean = math.fsum(one.mean_minutes for one in times)
    variance = math.fsum(one.variance for one in times)
    sigma = math.sqrt(math.log1p(variance / mean**2))
    return ServiceTime(math.log(mean) - sigma**2 / 2, sigma, min(one.visits for one in times))
