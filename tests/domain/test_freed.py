"""When a slot that was given back is shown again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.centre import Rules
from queue_app.domain.slots import freed_at

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_without_a_window_it_is_shown_at_once() -> None:
    assert freed_at(NOW, NOW + timedelta(days=3), Rules(), 0.9) == NOW


def test_a_slot_far_away_is_shown_within_the_window() -> None:
    rules = Rules(freed_slot_minutes=60)
    later = NOW + timedelta(days=3)
    assert freed_at(NOW, later, rules, 0.0) == NOW
    assert freed_at(NOW, later, rules, 1.0) == NOW + timedelta(hours=1)


@given(
    window=st.integers(0, 600),
    lead=st.integers(0, 120),
    ahead=st.integers(-60, 5000),
    chance=st.floats(0, 1),
)
def test_law_it_is_never_shown_too_late_to_be_booked(
    window: int, lead: int, ahead: int, chance: float
) -> None:
    rules = Rules(freed_slot_minutes=window, lead_minutes=lead)
    starts_at = NOW + timedelta(minutes=ahead)
    shown = freed_at(NOW, starts_at, rules, chance)
    assert NOW <= shown <= NOW + timedelta(minutes=window)
    bookable = starts_at - timedelta(minutes=lead)
    if bookable > NOW:
        assert shown <= NOW + (bookable - NOW) / 2
    else:
        assert shown == NOW
