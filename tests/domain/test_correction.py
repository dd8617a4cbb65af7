"""Ranges that mend themselves: the ends go where past calls say they should have been."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.correction import (
    HIGH_LEAST,
    HIGH_MOST,
    LOW_LEAST,
    LOW_MOST,
    Correction,
    Places,
    corrected,
)

DAY = date(2026, 11, 23)
shares = st.floats(0.0, 1.0)
places = st.builds(
    lambda count, low, wide: Places(count, low, low + wide),
    st.integers(0, 5000),
    st.floats(-6, 6),
    st.floats(0, 6),
)


def told(correction: Correction, low: float, high: float) -> Places:
    """Where calls fall in the ranges told, if they fall from `low` to `high` in those forecast."""
    middle = (correction.low + correction.high) / 2
    half = (correction.high - correction.low) / 2
    return Places(2000, (low - middle) / half, (high - middle) / half)


def test_nothing_is_corrected_before_anything_was_seen() -> None:
    assert Correction().applied(12.5, 30.0) == (12.5, 30.0)
    assert corrected(Correction(), Places(0, -1.0, 1.0), DAY) == Correction(until=DAY)


def test_ranges_that_hold_stay_as_they_are() -> None:
    kept = Correction(-0.7, 1.9)
    assert corrected(kept, Places(300, -1.0, 1.0), DAY) == Correction(-0.7, 1.9, DAY)


def test_a_day_says_little_and_many_days_say_it_all() -> None:
    late = Places(300, -0.5, 2.0)
    once = corrected(Correction(), late, DAY)
    assert 1.0 < once.high < 1.3
    assert -1.0 < once.low < -0.85


@given(st.floats(-3.5, -0.5), st.floats(0.5, 3.5))
def test_the_ends_come_to_where_nine_in_ten_calls_fall_beyond_or_before(
    low: float, high: float
) -> None:
    correction = Correction()
    for _ in range(40):
        correction = corrected(correction, told(correction, low, high), DAY)
    assert abs(correction.low - low) < 0.01
    assert abs(correction.high - high) < 0.01


@given(st.lists(places, max_size=20), st.floats(1, 200), st.floats(0.01, 100))
def test_whatever_is_seen_a_range_is_a_range_around_its_middle(
    seen: list[Places], low: float, wide: float
) -> None:
    correction = Correction()
    for one in seen:
        correction = corrected(correction, one, DAY)
    assert LOW_MOST <= correction.low <= LOW_LEAST
    assert HIGH_LEAST <= correction.high <= HIGH_MOST
    begins, ends = correction.applied(low, low + wide)
    assert begins <= low + wide / 2 <= ends
