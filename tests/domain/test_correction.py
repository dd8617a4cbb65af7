"""Ranges that correct themselves: minutes are added where past calls say they should have been."""

import math
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain import correction
from queue_app.domain.correction import (
    AHEAD,
    FITTED_FROM,
    FITTED_ON,
    HALF_LIFE,
    IN_FULL,
    PACE_HALF,
    RECENT,
    STRETCH,
    AddedMinutes,
    Correction,
    Miss,
    Pace,
    class_of,
    corrected,
    ends_of,
    paced,
)

minutes = st.floats(-500, 500)
misses = st.lists(st.builds(Miss, st.integers(0, 30), minutes, minutes), max_size=40)


def test_without_anything_learned_ranges_are_told_as_they_are_forecast() -> None:
    assert Correction().applied(12.5, 30.0, 4) == (12.5, 30.0)


def test_before_the_first_call_ranges_are_told_wider() -> None:
    low, high = corrected(()).applied(10.0, 20.0, 1)
    assert (low, high) == (10 - 10 * STRETCH, 20 + 10 * STRETCH)


@given(st.integers(0, 2000))
def test_each_number_of_people_ahead_belongs_to_one_class(ahead: int) -> None:
    place = class_of(ahead)
    assert AHEAD[place] <= ahead
    assert place + 1 == len(AHEAD) or ahead < AHEAD[place + 1]


def test_a_range_of_no_width_and_a_wrong_middle_are_mended() -> None:
    """Everybody was told "at once", and called after four to six minutes."""
    chance = Random(1)
    found = corrected([Miss(0, *2 * (chance.uniform(4, 6),)) for _ in range(RECENT)])
    low, high = found.applied(0.0, 0.0, 0)
    assert 3.2 < low < 4.6
    assert 4.8 < high < 6.0


def test_four_in_five_fall_into_the_range_once_enough_has_come_true() -> None:
    chance = Random(2)
    came = [chance.gauss(3, 10) for _ in range(2 * RECENT)]
    found = corrected([Miss(4, 20 + one - 10, 20 + one - 30) for one in came[:RECENT]])
    low, high = found.applied(10.0, 30.0, 4)
    held = sum(low <= 20 + one <= high for one in came[RECENT:]) / RECENT
    assert held == pytest.approx(0.8, abs=0.06)


def test_a_class_that_is_rare_has_the_minutes_of_all_and_a_common_one_its_own() -> None:
    usual = [Miss(0, 1.0, -1.0) for _ in range(RECENT)]
    late = [Miss(12, 9.0, 9.0) for _ in range(3)]
    found = corrected([*late, *usual])
    assert found.shifts[class_of(12)].high < 1.0
    many = corrected([*(Miss(12, 9.0, 9.0) for _ in range(RECENT)), *usual])
    assert many.shifts[class_of(12)].high > 7.0
    assert many.shifts[class_of(0)].high < 0.0


def test_what_is_still_wrong_with_one_service_is_added_for_whoever_wants_it_alone() -> None:
    """Two services, one of which is called five minutes later than the forecast says."""
    chance = Random(3)
    seen = [
        Miss(1, noise + late, noise + late - 10, service)
        for _ in range(RECENT)
        for service, late in (("bill", 0.0), ("legal", 5.0))
        for noise in [chance.uniform(0, 10)]
    ]
    found = corrected(seen)
    bill, legal, both, unknown = (
        found.applied(20.0, 30.0, 1, services)
        for services in ({"bill"}, {"legal"}, {"bill", "legal"}, {"meter"})
    )
    assert 3 < legal[0] - bill[0] < 6
    assert 3 < legal[1] - bill[1] < 6
    assert both == unknown == found.applied(20.0, 30.0, 1)


def test_what_a_branch_was_like_before_its_last_calls_is_forgotten() -> None:
    now = [Miss(1, 0.0, 2.0) for _ in range(RECENT)]
    assert corrected([Miss(1, 50.0, 90.0)] * 1000 + now) == corrected(now)


CLASSES = (0, 1, 2, 4, 8, 12)
"""People ahead, one number of each class."""


def days_of_calls(days: int, changes: int, seed: int) -> list[Miss]:
    """Thirty calls a day, as many of each class; from the day `changes` on, whoever has eight ahead
    is called eight minutes later than before."""
    chance, seen = Random(seed), []
    for day in range(days):
        for number in range(30):
            ahead = CLASSES[number % len(CLASSES)]
            late = chance.gauss(0, 5) + 8.0 * (ahead == 8 and day >= changes)
            clock = 540 + 10.0 * number
            told = 1440 * day + clock
            seen.append(Miss(ahead, 6.4 + late, late - 6.4, None, 13.6, told, 0.0, day, clock))
    return seen


def found_after(seen: list[Miss]) -> Correction:
    paces, late = paced(seen, seen[-1].called)
    last = paces[-FITTED_ON:]
    return corrected(last, ends_of(last), late)


def held_and_score(found: Correction, late: float) -> tuple[float, float]:
    """Of whoever has eight ahead: the share in range, and the mean interval score."""
    chance, held, total = Random(99), 0, 0.0
    low, high = found.applied(13.6, 26.4, 8)
    for _ in range(2000):
        came = 20 + late + chance.gauss(0, 5)
        held += low <= came <= high
        total += high - low + 10 * (max(0.0, low - came) + max(0.0, came - high))
    return held / 2000, total / 2000


def means(days: int, changes: int, late: float) -> tuple[float, float]:
    found = [
        held_and_score(found_after(days_of_calls(days, changes, seed)), late)
        for seed in range(1, 7)
    ]
    return fmean(held for held, _ in found), fmean(total for _, total in found)


def test_a_branch_that_changes_is_right_again_after_a_half_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five calls a day speak for the class that changed, and ten weeks of others before it."""
    days = 70 + round(HALF_LIFE)
    held, total = means(days, 70, 8.0)
    assert 0.73 < held < 0.88
    monkeypatch.setattr(correction, "HALF_LIFE", math.inf)
    forgetting_nothing, worse = means(days, 70, 8.0)
    assert forgetting_nothing < held - 0.08
    assert worse > 1.05 * total


def test_a_branch_that_does_not_change_loses_nothing_by_forgetting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, total = means(80, 80, 0.0)
    assert 0.77 < held < 0.87
    monkeypatch.setattr(correction, "HALF_LIFE", math.inf)
    assert total < 1.01 * means(80, 80, 0.0)[1]


def test_the_last_calls_of_a_class_count_in_full_however_old_they_are() -> None:
    """A long queue once a year; since then a year of other calls."""
    long = [Miss(12, 9.0, 9.0, day=1) for _ in range(IN_FULL)]
    usual = [Miss(0, 1.0, -1.0, day=365) for _ in range(RECENT)]
    now = [Miss(12, 9.0, 9.0, day=365) for _ in range(IN_FULL)]
    assert (
        corrected([*long, *usual]).shifts[class_of(12)]
        == (corrected([*now, *usual]).shifts[class_of(12)])
    )
    older = [Miss(12, -9.0, -9.0, day=1) for _ in range(RECENT - IN_FULL)]
    mixed = corrected([*older, *now, *usual]).shifts[class_of(12)]
    assert mixed.low > 1.0, "old calls beyond these count for next to nothing"


def test_what_is_still_wrong_at_a_time_of_the_day_is_added_then_and_at_no_other() -> None:
    """From two to three in the afternoon all are called six minutes later."""
    chance = Random(6)
    seen = [
        Miss(1, late + noise, late + noise - 10, day=day, clock=clock)
        for day in range(20)
        for clock in map(float, range(540, 1080, 10))
        for late, noise in [(6.0 * (840 <= clock < 900), chance.uniform(0, 10))]
    ]
    at = {clock: corrected(seen, clock=clock).applied(20.0, 30.0, 1) for clock in (630.0, 870.0)}
    never = corrected(seen).applied(20.0, 30.0, 1)
    assert 2.5 < at[870.0][0] - at[630.0][0] < 6
    assert 1.5 < at[870.0][1] - at[630.0][1] < 6
    assert at[630.0][1] < never[1] < at[870.0][1]


def test_few_calls_at_a_time_of_the_day_say_little_and_midnight_parts_none() -> None:
    usual = [Miss(1, 5.0, -5.0, clock=600.0) for _ in range(RECENT)]
    late = [Miss(1, 15.0, 5.0, clock=1435.0) for _ in range(5)]
    night = [corrected([*late, *usual], clock=clock).by_clock for clock in (1425.0, 5.0, 60.0)]
    assert 0 < night[0].high < 1.5
    assert night[0] == night[1]
    assert night[2] == AddedMinutes()


def test_one_call_says_little_however_late_it_was() -> None:
    assert corrected([Miss(0, 360.0, 360.0)]).shifts[0].high < 7.0


@given(misses, st.floats(0, 300), st.floats(0, 100), st.integers(0, 40))
def test_no_range_is_turned_round_or_begins_before_now(
    seen: list[Miss], low: float, wide: float, ahead: int
) -> None:
    begins, ends = corrected(seen).applied(low, low + wide, ahead)
    assert 0 <= begins <= ends


def call(told: float, low: float, wide: float, came: float) -> Miss:
    return Miss(1, came - low, came - low - wide, None, low, told)


def test_the_pace_says_whether_the_last_calls_came_late_in_their_ranges_and_fades() -> None:
    pace = Pace()
    assert pace.at(0.0) == 0.0
    for minute in range(20):
        pace.hear(call(minute, 5.0, 10.0, 20.0))
    now = pace.at(40.0)
    assert 0.7 < now < 1.0, "all were called a width after the middle"
    assert 0 < pace.at(40.0 + 5 * PACE_HALF) < now / 3
    early = Pace()
    for minute in range(20):
        early.hear(call(minute, 5.0, 10.0, 0.0))
    assert early.at(20.0) < -0.7


def test_nobody_is_told_by_a_call_that_had_not_come_yet() -> None:
    seen = [call(float(minute), 5.0, 10.0, 30.0) for minute in range(60)]
    found, now = paced(seen, 60.0)
    assert [one.late for one in found[:31]] == [0.0] * 30 + [found[30].late]
    assert found[30].late > 0
    assert now >= found[59].late > found[31].late
    assert paced(seen[:25], 25.0)[1] == 0.0


def slow_hours(count: int, seed: int) -> list[Miss]:
    """Every other ten hours all are called later than told, which no forecast knows."""
    chance, seen = Random(seed), []
    for number in range(count):
        told = 2.0 * number
        slow = 8.0 if int(told / 600) % 2 else 0.0
        seen.append(call(told, 10.0, 10.0, 10.0 + slow + chance.uniform(0, 10)))
    return paced(seen, 2.0 * count)[0]


def test_in_an_hour_in_which_all_come_late_the_range_is_told_later() -> None:
    seen = slow_hours(1500, 4)
    ends = ends_of(seen[:1200])
    usual, slow = (corrected(seen[:1200], ends, late) for late in (0.0, 0.8))
    low, high = usual.applied(10.0, 20.0, 1)
    later = slow.applied(10.0, 20.0, 1)
    assert later[0] > low + 0.3
    assert later[1] > high + 0.3

    def score(told: list[tuple[float, float]]) -> float:
        total = 0.0
        for (begins, until), one in zip(told, seen[1200:], strict=True):
            came = one.low + one.after_low
            total += until - begins + 10 * (max(0.0, begins - came) + max(0.0, came - until))
        return total

    plain = corrected(seen[:1200])
    with_pace = [
        corrected(seen[:1200], ends, one.late).applied(10.0, 20.0, 1) for one in seen[1200:]
    ]
    assert score(with_pace) < score([plain.applied(10.0, 20.0, 1)] * 300)


def test_where_ranges_hold_the_lines_move_little_and_of_few_calls_there_are_none() -> None:
    chance = Random(5)
    seen = [call(3.0 * one, 10.0, 8.0, 10 + chance.uniform(-1, 9)) for one in range(1000)]
    assert ends_of(seen[: FITTED_FROM - 1]) == ()
    found = corrected(paced(seen, 3000.0)[0], ends_of(paced(seen, 3000.0)[0]))
    assert found.applied(10.0, 18.0, 1) == pytest.approx((10.0, 18.0), abs=0.7)


@given(misses, st.floats(0, 300), st.floats(0, 100), st.floats(-3, 3))
def test_no_line_turns_a_range_round(
    seen: list[Miss], low: float, wide: float, late: float
) -> None:
    begins, ends = corrected(seen, ends_of(seen * 10), late).applied(low, low + wide, 1)
    assert 0 <= begins <= ends
