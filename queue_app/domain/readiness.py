"""How soon a desk calls that is free while somebody waits: learned from how long desks stood so.

A clerk writes up the visit, fetches a paper, looks up late: an open desk with nobody at it does not
call this second, and the longer it has stood free though somebody waits, the less it is to be
expected to call soon. The rate at which such desks call is taken as constant within each span of
minutes since the desk was free, and counted as calls over minutes at risk; a queue that runs out, a
pause or a closed desk only ends the minutes at risk (the piecewise exponential form of the product
limit: Friedman, "Piecewise Exponential Models for Survival Data with Covariates", 1982). What is
assumed beforehand counts as `WEIGHT` desks that were seen (a gamma prior, which is conjugate).
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec import Struct

EDGES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6)
"""Minutes since the desk was free, from which on each rate counts."""
WEIGHT = 5.0
"""Desks that the assumption beforehand is worth."""
_SOONEST = 0.3
"""Of desks of which nothing is known, half call in so many minutes; and half of those that have
stood free for so many minutes longer call in as many more."""
_FASTEST = 1e4
"""A minute; a rate that is higher is at once."""


def _assumed() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Calls and minutes at risk of one desk, by span, where the share that still stands free falls
    as `_SOONEST` / (`_SOONEST` + minutes)."""
    calls, risk = [], []
    for begins, ends in zip(EDGES, (*EDGES[1:], math.inf), strict=True):
        left = _SOONEST / (_SOONEST + ends)
        calls.append(_SOONEST / (_SOONEST + begins) - left)
        until = min(ends, 2 * EDGES[-1])
        risk.append(_SOONEST * math.log((_SOONEST + until) / (_SOONEST + begins)))
    return tuple(calls), tuple(risk)


_CALLS, _RISK = _assumed()


class StoodFree(Struct, frozen=True):
    """What was seen of free desks while somebody waited: calls, and minutes at risk, by span."""

    calls: tuple[float, ...] = (0.0,) * len(EDGES)
    risk: tuple[float, ...] = (0.0,) * len(EDGES)

    def __add__(self, other: "StoodFree") -> "StoodFree":
        return StoodFree(
            tuple(map(sum, zip(self.calls, other.calls, strict=True))),
            tuple(map(sum, zip(self.risk, other.risk, strict=True))),
        )


def share_ended(seen: StoodFree, worth: float, minutes: float) -> float:
    """The share that has ended of itself by then; so many minutes without any end in each span
    stand before what was seen."""
    total = 0.0
    for ends, risk, begins, until in zip(
        seen.calls, seen.risk, EDGES, (*EDGES[1:], math.inf), strict=True
    ):
        total += ends / (risk + worth) * max(0.0, min(minutes, until) - begins)
    return -math.expm1(-total)


class CallRates(Struct, frozen=True, dict=True):
    """How many desks in a minute call, by span of `EDGES`; None: every free desk calls at once."""

    rates: tuple[float, ...] | None = None

    @cached_property
    def _reached(self) -> tuple[float, ...]:
        """The rates added up until each edge."""
        found, total = [0.0], 0.0
        for rate, begins, ends in zip(self.rates or (), EDGES, EDGES[1:], strict=False):
            total += rate * (ends - begins)
            found.append(total)
        return tuple(found)

    def left(self, stood: float, share: float) -> float:
        """Minutes until a desk calls that has been free for `stood`, which only this share of its
        like beats."""
        rates = self.rates
        if rates is None:
            return 0.0
        reached = self._reached
        stood = max(0.0, stood)
        span = bisect_right(EDGES, stood) - 1
        goal = reached[span] + rates[span] * (stood - EDGES[span]) - math.log1p(-share)
        span = bisect_right(reached, goal) - 1
        return max(0.0, EDGES[span] + (goal - reached[span]) / rates[span] - stood)


def readiness_of(seen: StoodFree) -> CallRates:
    """What was seen, beside what is assumed."""
    return CallRates(
        tuple(
            min(_FASTEST, (calls + WEIGHT * usual) / (risk + WEIGHT * minutes))
            for calls, risk, usual, minutes in zip(
                seen.calls, seen.risk, _CALLS, _RISK, strict=True
            )
        )
    )


class FreeDesk(Struct, frozen=True):
    """A desk that was open and free from one minute until another, and whether it called then."""

    services: frozenset[str]
    since: float
    until: float
    called: bool


class Stay(Struct, frozen=True):
    """Somebody who waited from one minute until another for these services."""

    services: frozenset[str]
    since: float
    until: float


PAUSE_LEAST = 10.0
"""Minutes without a visit, though somebody waited whom the desk serves, that are a pause."""
PASSED_OVER = 1.0
"""Minutes that somebody must have waited in it."""


def stood_by(desk: FreeDesk, stays: Iterable[Stay]) -> bool:
    """Whether it must have paused, where nothing says when desks do."""
    return desk.until - desk.since > PAUSE_LEAST and any(
        min(one.until, desk.until) - max(one.since, desk.since) > PASSED_OVER
        for one in stays
        if one.services <= desk.services
    )


def standing(desks: Iterable[FreeDesk], stays: Sequence[Stay]) -> StoodFree:
    """What desks that were free show of how soon they call: while anybody waits whom they may
    call. A call to whoever came to a desk that was free, and was called in the same moment, is
    none that was waited for."""
    by_services: dict[frozenset[str], list[tuple[float, float]]] = {}
    calls, risk = [0.0] * len(EDGES), [0.0] * len(EDGES)
    for desk in desks:
        busy = by_services.get(desk.services)
        if busy is None:
            busy = by_services[desk.services] = _joined(
                (one.since, one.until)
                for one in stays
                if one.services <= desk.services and one.until > one.since
            )
        place = max(0, bisect_right(busy, (desk.since, math.inf)) - 1)
        for begins, ends in busy[place:]:
            if begins > desk.until:
                break
            _add(risk, max(0.0, begins - desk.since), min(ends, desk.until) - desk.since)
            if desk.called and begins < desk.until <= ends:
                calls[bisect_right(EDGES, max(0.0, desk.until - desk.since - 1e-9)) - 1] += 1
    return StoodFree(tuple(calls), tuple(risk))


def lasting(spans: Iterable[tuple[float, bool]]) -> StoodFree:
    """The same counts of whatever lasts so many minutes from its beginning, and whether it then
    ended of itself."""
    ends, risk = [0.0] * len(EDGES), [0.0] * len(EDGES)
    for minutes, ended in spans:
        _add(risk, 0.0, minutes)
        if ended:
            ends[bisect_right(EDGES, max(0.0, minutes - 1e-9)) - 1] += 1
    return StoodFree(tuple(ends), tuple(risk))


def _joined(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for begins, ends in sorted(spans):
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((begins, ends))
    return found


def _add(risk: list[float], since: float, until: float) -> None:
    """The minutes between these two, to the spans that they lie in."""
    span = bisect_right(EDGES, since) - 1
    while since < until:
        ends = EDGES[span + 1] if span + 1 < len(EDGES) else math.inf
        risk[span] += min(ends, until) - since
        since, span = ends, span + 1
