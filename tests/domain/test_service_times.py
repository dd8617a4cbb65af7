"""Service times: the published one first, then what was seen, never what was forgotten."""

import math
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain import service_times
from queue_app.domain.catalogue import Duration, Service, Text
from queue_app.domain.service_times import (
    PRIOR_WEIGHT,
    SPREAD_EXACT,
    SPREAD_OPEN,
    ServiceTime,
    learned,
    published,
    visit_time,
)

PRIOR = ServiceTime(math.log(7), SPREAD_EXACT, PRIOR_WEIGHT)
lengths = st.lists(st.floats(0.5, 120), max_size=60)


def service(low: int, high: int | None) -> Service:
    return Service("one", "group", Text(uk="Одна", en="One"), Duration(low, high), ("visit",))


@pytest.mark.parametrize(
    ("one", "middle", "spread"),
    [
        (service(7, 7), 7, SPREAD_EXACT),
        (service(10, None), 15, SPREAD_OPEN),
        (service(2, 10), math.sqrt(20), math.log(5) / 2 / 1.2815515655446004),
    ],
)
def test_the_published_time_is_the_middle_to_begin_with(
    one: Service, middle: float, spread: float
) -> None:
    prior = published(one, open_minutes=15)
    assert math.exp(prior.mu) == pytest.approx(middle)
    assert prior.sigma == pytest.approx(spread)
    assert prior.visits == PRIOR_WEIGHT


def test_a_published_range_holds_four_visits_in_five() -> None:
    prior = published(service(2, 10), 15)
    chance = random.Random(1)
    drawn = [chance.lognormvariate(prior.mu, prior.sigma) for _ in range(20_000)]
    assert sum(2 <= one <= 10 for one in drawn) / len(drawn) == pytest.approx(0.8, abs=0.01)


def test_ten_visits_weigh_as_much_as_the_published_time() -> None:
    after = learned(PRIOR, [9.0] * int(PRIOR_WEIGHT))
    assert math.exp(after.mu) == pytest.approx(math.sqrt(7 * 9))
    assert after.visits == 2 * PRIOR_WEIGHT


def test_one_visit_moves_it_little_and_none_not_at_all() -> None:
    assert learned(PRIOR, []) == PRIOR
    assert math.exp(learned(PRIOR, [10.0]).mu) == pytest.approx(7, rel=0.04)


@pytest.mark.parametrize(("middle", "spread"), [(4, 0.35), (9, 0.4), (15, 0.45)])
def test_forgotten_finishes_do_not_move_what_is_learned(middle: float, spread: float) -> None:
    """One visit in twenty has its "finish" pressed after an hour."""
    chance = random.Random(3)
    true = ServiceTime(math.log(middle), spread, math.inf)
    seen = [
        60.0 if place % 20 == 0 else chance.lognormvariate(true.mu, true.sigma)
        for place in range(2000)
    ]
    after = learned(PRIOR, seen)
    assert after.mean_minutes == pytest.approx(true.mean_minutes, rel=0.04)
    assert after.sigma == pytest.approx(true.sigma, rel=0.08)


def test_forgotten_finishes_are_left_out_from_the_first_day() -> None:
    assert learned(PRIOR, [60.0, 60.0]) == PRIOR


def test_with_many_visits_the_truth_is_learned() -> None:
    chance = random.Random(4)
    after = learned(PRIOR, [chance.lognormvariate(math.log(12), 0.5) for _ in range(3000)])
    assert math.exp(after.mu) == pytest.approx(12, rel=0.03)
    assert after.sigma == pytest.approx(0.5, rel=0.05)


@given(lengths, st.randoms())
def test_the_order_of_the_visits_does_not_matter(minutes: list[float], chance: object) -> None:
    shuffled = list(minutes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = learned(PRIOR, minutes), learned(PRIOR, shuffled)
    assert one.mu == pytest.approx(other.mu)
    assert one.sigma == pytest.approx(other.sigma)


@given(lengths)
def test_what_is_learned_lies_between_the_prior_and_what_was_seen(minutes: list[float]) -> None:
    after = learned(PRIOR, minutes)
    known = [PRIOR.mu, *map(math.log, minutes)]
    assert min(known) - 1e-9 <= after.mu <= max(known) + 1e-9
    assert PRIOR_WEIGHT <= after.visits <= PRIOR_WEIGHT + len(minutes)


def test_several_services_take_the_sum_of_their_means_and_variances() -> None:
    one, two = ServiceTime(2.0, 0.4, 20), ServiceTime(1.5, 0.6, 10)
    both = visit_time([one, two])
    assert both.mean_minutes == pytest.approx(one.mean_minutes + two.mean_minutes)
    assert both.variance == pytest.approx(one.variance + two.variance)
    assert visit_time([one]) == one


def test_ten_times_the_visits_take_no_hundred_times_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The median of all is asked for once, not once for each of them."""
    asked: list[int] = []

    def counted(values: list[float]) -> float:
        asked.append(len(values))
        return median(values)

    monkeypatch.setattr(service_times, "median", counted)
    visits = [5.0 + (one % 50) / 10 for one in range(500)]
    learned(PRIOR, visits)
    assert asked == [500, 500]
