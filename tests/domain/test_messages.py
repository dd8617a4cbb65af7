"""How often and after which pauses a message is tried again."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.messages import ATTEMPTS, FIRST_PAUSE, pause_after


@given(st.integers(1, ATTEMPTS - 1), st.floats(0, 1))
def test_each_pause_is_four_times_the_last_and_at_most_a_quarter_longer(
    attempts: int, jitter: float
) -> None:
    pause = pause_after(attempts, jitter)
    least = FIRST_PAUSE * 4 ** (attempts - 1)
    assert pause is not None
    assert least <= pause <= least * 1.25


@given(st.integers(ATTEMPTS, 100), st.floats(0, 1))
def test_after_enough_attempts_it_is_given_up(attempts: int, jitter: float) -> None:
    assert pause_after(attempts, jitter) is None


def test_eight_attempts_last_about_two_days() -> None:
    whole = sum((pause_after(n, 0) or timedelta() for n in range(1, ATTEMPTS)), timedelta())
    assert timedelta(days=1) < whole < timedelta(days=3)
