"""Ranges that correct themselves: the ends go where past calls say they should have been."""

from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.correction import (
    FARTHEST,
    HIGH_LEAST,
    HIGH_MOST,
    LOW_LEAST,
    LOW_MOST,
    Correction,
    End,
    corrected,
)

ends = st.builds(End, st.integers(0, 5000), st.floats(-1000, 1000))


def told(correction: Correction, low: float, high: float) -> tuple[End, End]:
    """Where calls fall in the ranges told, if they fall from `low` to `high` in those forecast."""
    middle = (correction.low + correction.high) / 2
    half = (correction.high - correction.low) / 2
    return End(2000, (low - middle) / half), End(2000, (high - middle) / half)


def test_nothing_is_corrected_before_anything_was_seen() -> None:
    assert Correction().applied(12.5, 30.0) == (12.5, 30.0)
    assert corrected(Correction(), End(0, -9.0), End(0, 9.0)) == Correction()


def test_ranges_that_hold_stay_as_they_are() -> None:
    kept = Correction(-0.7, 1.9)
    assert corrected(kept, End(300, -1.0), End(300, 1.0)) == kept


def test_a_day_says_little_however_bad_it_was() -> None:
    once = corrected(Correction(), End(300, -0.5), End(300, 100.0))
    assert 1.0 < once.high < 1.5
    assert -1.0 < once.low < -0.85
    one_ticket = corrected(Correction(), End(0, -1.0), End(1, 360.0))
    assert one_ticket.high - 1.0 < FARTHEST / 1000


def test_each_end_moves_by_what_spoke_of_it() -> None:
    """Many ranges that begin at once do not lend their weight to the one that does not."""
    after = corrected(Correction(), End(1, 3.0), End(500, 1.0))
    assert -1.0 < after.low < -0.99
    assert after.high == 1.0


@given(st.floats(-3.5, -0.5), st.floats(0.5, 3.5))
def test_the_ends_come_to_where_nine_in_ten_calls_fall_beyond_or_before(
    low: float, high: float
) -> None:
    correction = Correction()
    for _ in range(60):
        correction = corrected(correction, *told(correction, low, high))
    assert abs(correction.low - low) < 0.01
    assert abs(correction.high - high) < 0.01


@given(st.lists(st.tuples(ends, ends), max_size=20), st.floats(1, 200), st.floats(0.01, 100))
def test_whatever_is_seen_a_range_is_a_range_around_its_middle(
    seen: list[tuple[End, End]], low: float, wide: float
) -> None:
    correction = Correction()
    for one in seen:
        correction = corrected(correction, *one)
    assert LOW_MOST <= correction.low <= LOW_LEAST
    assert HIGH_LEAST <= correction.high <= HIGH_MOST
    begins, ends = correction.applied(low, low + wide)
    assert begins <= low + wide / 2 <= ends
