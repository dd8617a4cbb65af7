from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from queue_app.clock import FixedClock, ShiftedClock, SystemClock

MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/Kyiv"))


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_shifted_clock_shows_its_start_at_its_origin_and_runs_at_its_rate() -> None:
    clock = ShiftedClock(MORNING, rate=60, origin=datetime.now(UTC) - timedelta(seconds=10))
    shown = clock.now()
    assert timedelta(minutes=10) <= shown - MORNING < timedelta(minutes=11)
    assert shown.utcoffset() == timedelta(0)
    assert clock.real_seconds(60) == 1


def test_two_processes_with_the_same_three_values_agree() -> None:
    origin = datetime.now(UTC) - timedelta(hours=1)
    one, other = (ShiftedClock(MORNING, rate=1, origin=origin) for _ in range(2))
    assert abs(one.now() - other.now()) < timedelta(seconds=1)


@pytest.mark.parametrize("rate", [0, -1])
def test_a_clock_does_not_stand_still_or_run_backwards(rate: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        ShiftedClock(MORNING, rate=rate, origin=MORNING)


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(MORNING)
    assert clock.now() == clock.now() == MORNING
    assert clock.advance(minutes=5) == MORNING + timedelta(minutes=5)
