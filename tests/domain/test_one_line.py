"""What people type stands on one line, as it is seen."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.people import one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Олена\u200bКовальчук", "ОленаКовальчук"),
        ("\ufeffОлена \u200eКовальчук\u200f", "Олена Ковальчук"),
        ("Ко\u00adвальчук", "Ковальчук"),
        ("Мар\u2060'яна\ufe0f", "Мар'яна"),
        ("\u3164\u115f", ""),
        ("Олена\u00a0 \tКовальчук\n", "Олена Ковальчук"),
        ("Олена\0Ковальчук\u2028Б", "Олена Ковальчук Б"),
        ("Сергі\u0438\u0306", "Сергі\u0439"),
        ("Zoe\u0308", "Zo\u00eb"),
    ],
)
def test_signs_without_width_vanish_and_letters_are_composed(typed: str, kept: str) -> None:
    assert one_line(typed) == kept


@given(st.text())
def test_a_line_is_printable_composed_without_ends_and_stays_as_it_is(typed: str) -> None:
    line = one_line(typed)
    assert line.isprintable()
    assert line == line.strip() == unicodedata.normalize("NFC", line)
    assert "  " not in line
    assert one_line(line) == line


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F), min_size=1))
def test_letters_stay(word: str) -> None:
    assert one_line(word) == unicodedata.normalize("NFC", word)
