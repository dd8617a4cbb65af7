"""What a screen says is read as people say it: no figure, no sign, no abbreviation is left."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.aloud import read_aloud
from queue_app.texts.spoken import spoken_in


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("uk", "Ваш талон: А42.", "Ваш талон: а сорок два."),
        ("uk", "Попереду: 1 особа", "Попереду: одна особа"),
        ("uk", "чекають 22 особи", "чекають двадцять дві особи"),
        ("uk", "Далі 2 пункти.", "Далі два пункти."),
        ("uk", "Орієнтовно 15–25 хв", "Орієнтовно п’ятнадцять, двадцять п’ять хвилин"),
        ("uk", "Запис на 10:05", "Запис на десять нуль п’ять"),
        ("uk", "Вівторок, 24 листопада", "Вівторок, двадцять чотири листопада"),
        (
            "uk",
            "Телефон: 067 123 45 67",
            "Телефон: нуль шість сім, сто двадцять три, сорок п’ять, шістдесят сім",
        ),
        ("uk", "← Назад [[a]] «Пошук»", "Назад a Пошук"),
        ("en", "Your ticket: А42", "Your ticket: A forty-two"),
        ("en", "About 15–25 min", "About fifteen, twenty-five minutes"),
        ("en", "1 person", "one person"),
        ("uk", "непрацюючої/відсутньої", "непрацюючої відсутньої"),
    ],
)
def test_a_text_is_read_as_people_say_it(language: str, text: str, said: str) -> None:
    assert read_aloud(spoken_in([language]), text) == said


@given(st.sampled_from(["uk", "en"]), st.text(max_size=80))
def test_no_figure_is_left_and_nothing_that_a_voice_would_obey(language: str, text: str) -> None:
    said = read_aloud(spoken_in([language]), text)
    assert not re.search(r"[0-9\[\]<>]", said)
    assert said == said.strip()
