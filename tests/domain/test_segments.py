"""In how many parts a short message is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.segments import GSM_7, segments


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ї" * 70, 1),
        ("ї" * 71, 2),
        ("ї" * 134, 2),
        ("ї" * 135, 3),
        ("a" * 69 + "ї", 1),
        ("€" * 80, 1),
        ("a" + "€" * 80, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),
    ],
)
def test_the_parts_are_those_that_a_phone_network_makes(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_the_alphabet_has_its_places_but_for_the_escape() -> None:
    assert len(GSM_7) == 127


@given(st.text(), st.characters())
def test_a_longer_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert segments(text) <= segments(text + more)
