"""Series of numbers, and tokens that lead with their branch."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain import numbering
from queue_app.domain.centre import Rules
from queue_app.domain.errors import NotFound

RULES = Rules(walk_in_prefix="А", booked_prefix="К", priority_prefix="П")


@pytest.mark.parametrize(
    ("booked", "priority", "series"),
    [(False, None, "А"), (False, "veteran", "П"), (True, None, "К"), (True, "veteran", "К")],
)
def test_bookings_walk_ins_and_priorities_have_series_of_their_own(
    booked: bool, priority: str | None, series: str
) -> None:
    assert numbering.prefix(RULES, booked, priority) == series


def test_a_number_is_its_series_and_its_count() -> None:
    assert numbering.number("А", 12) == "А12"


@given(st.integers(0, 99_999_999), st.text("abcXYZ019_-", min_size=16, max_size=64))
def test_a_token_gives_its_branch_back(branch: int, secret: str) -> None:
    assert numbering.branch_of_token(numbering.link_token(branch, secret)) == branch


@pytest.mark.parametrize(
    "token", ["", "7", "7-", "7-short", "-" + "x" * 20, "a-" + "x" * 20, "７-" + "x" * 20,
              "7-" + "x" * 65, "1234567890-" + "x" * 20],
)  # fmt: skip
def test_what_is_no_token_is_an_unknown_link(token: str) -> None:
    with pytest.raises(NotFound, match="unknown_link"):
        numbering.branch_of_token(token)


@given(st.text())
def test_no_text_whatsoever_breaks_the_reader(text: str) -> None:
    with suppress(NotFound):
        assert numbering.branch_of_token(text) >= 0
