"""How soon a free desk calls, learned from how long desks stood free while somebody waited."""

from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.readiness import (
    EDGES,
    CallRates,
    FreeDesk,
    Stay,
    StoodFree,
    readiness_of,
    standing,
    stood_by,
)

BILLS = frozenset({"bill"})
LEGAL = frozenset({"legal"})
ALWAYS = Stay(BILLS, 0.0, 10_000.0)


def test_a_desk_of_which_nothing_was_learned_calls_at_once() -> None:
    assert CallRates().left(5.0, 0.9) == 0.0


def test_what_is_assumed_grows_with_how_long_the_desk_has_stood() -> None:
    assumed = readiness_of(StoodFree())
    assert 0.2 < assumed.left(0.0, 0.5) < 0.6
    assert assumed.left(0.0, 0.5) < assumed.left(1.0, 0.5) < assumed.left(10.0, 0.5)


@given(st.floats(0, 60), st.floats(0, 0.98), st.floats(0, 0.019))
def test_a_greater_share_waits_longer_and_nobody_below_zero(
    stood: float, share: float, more: float
) -> None:
    assumed = readiness_of(StoodFree())
    assert 0 <= assumed.left(stood, share) <= assumed.left(stood, share + more)


def test_the_median_that_was_seen_is_learned() -> None:
    """Half of these desks write up a visit for a quarter of a minute and call; a tenth take ten."""
    chance = Random(1)
    took = [chance.expovariate(4.0) if chance.random() < 0.9 else 10.0 for _ in range(2000)]
    desks = [FreeDesk(BILLS, 0.0, minutes, called=True) for minutes in took]
    found = readiness_of(standing(desks, [ALWAYS]))
    drawn = [found.left(0.0, (one + 0.5) / 1000) for one in range(1000)]
    assert median(drawn) == pytest.approx(median(took), rel=0.15)
    standing_still = [one - 2.0 for one in took if one > 2.0]
    assert found.left(2.0, 0.5) == pytest.approx(median(standing_still), rel=0.4)


def test_minutes_count_only_while_somebody_waits_whom_the_desk_may_call() -> None:
    desk = FreeDesk(BILLS, 0.0, 60.0, called=True)
    assert standing([desk], [Stay(LEGAL, 0.0, 60.0)]) == StoodFree()
    found = standing([desk], [Stay(BILLS, 50.0, 60.0), Stay(BILLS, 52.0, 55.0)])
    assert sum(found.risk) == pytest.approx(10.0)
    assert sum(found.calls) == 1
    assert found.calls[-1] == 1, "it had stood free for an hour"


def test_a_queue_that_runs_out_or_a_pause_is_no_call() -> None:
    desks = [FreeDesk(BILLS, 0.0, 5.0, called=False), FreeDesk(BILLS, 0.0, 9.0, called=True)]
    found = standing(desks, [Stay(BILLS, 0.0, 4.0)])
    assert sum(found.calls) == 0
    assert sum(found.risk) == pytest.approx(8.0)


def test_a_call_in_the_moment_in_which_the_visit_ended_is_one_at_once() -> None:
    found = standing([FreeDesk(BILLS, 7.0, 7.0, called=True)] * 100, [ALWAYS])
    assert found.calls[0] == 100
    assert readiness_of(found).left(0.0, 0.9) < 0.01


def test_days_add_up() -> None:
    one = standing([FreeDesk(BILLS, 0.0, 3.0, called=True)], [ALWAYS])
    two = standing([FreeDesk(BILLS, 0.0, 0.2, called=True)], [ALWAYS])
    assert sum((one + two).calls) == 2
    assert sum((one + two).risk) == pytest.approx(3.2)
    assert len(one.calls) == len(EDGES)


def test_a_desk_that_serves_nobody_for_long_though_somebody_waits_has_paused() -> None:
    long = FreeDesk(BILLS, 0.0, 30.0, called=True)
    assert stood_by(long, [ALWAYS])
    assert not stood_by(long, [Stay(BILLS, 29.5, 30.0)])
    assert not stood_by(long, [Stay(LEGAL, 0.0, 30.0)])
    assert not stood_by(FreeDesk(BILLS, 0.0, 9.0, called=True), [ALWAYS])
