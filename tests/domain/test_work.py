"""The quiet challenge: an answer is good for one booking and costs what the centre says."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.work import LONGEST, answer_to, is_done

challenges = st.text("abcXYZ019-_", min_size=10, max_size=30)


@given(challenges, st.integers(1, 8))
def test_law_an_answer_has_as_many_zero_bits_as_are_asked_for(challenge: str, bits: int) -> None:
    answer = answer_to(bits, challenge)
    digest = sha256(f"{challenge}.{answer}".encode()).digest()
    assert f"{int.from_bytes(digest):0256b}".startswith("0" * bits)
    assert is_done(bits, challenge, answer)


def test_an_answer_is_of_no_use_for_another_booking() -> None:
    answer = answer_to(12, "7-first")
    assert not is_done(12, "7-second", answer)


@pytest.mark.parametrize("answer", ["", "x" * (LONGEST + 1), "\udcff", "яблуко", "-1"])
def test_what_is_no_answer_is_refused_calmly(answer: str) -> None:
    assert not is_done(16, "7-first", answer)


def test_where_nothing_is_asked_anything_is_right() -> None:
    assert is_done(0, "7-first", "")


def test_an_answer_takes_about_as_many_tries_as_two_to_that_power() -> None:
    tries = [int(answer_to(8, f"7-{one}")) + 1 for one in range(300)]
    assert 200 < sum(tries) / len(tries) < 320
