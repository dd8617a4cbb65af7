"""A text that stands in another language than its page is marked as what it is."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import DictLoader

from queue_app.domain.catalogue import Text
from queue_app.web.tongues import (
    BEGINS,
    ENDS,
    NAMED,
    MarkingFormats,
    Templates,
    marked,
    marking_words,
    unmarked,
    with_elements,
    without_full_stop,
)
from tests.support.spoken import texts

FROM_THE_LEFT, FROM_THE_RIGHT = ["uk", "en"], ["he", "en"]


def test_a_text_gets_an_element_of_its_language() -> None:
    said = marked("en", "Wait here")
    assert (
        with_elements(f"<p>{said}</p>", FROM_THE_LEFT) == '<p><span lang="en">Wait here</span></p>'
    )


def test_on_a_page_from_the_right_it_is_also_said_from_which_side_it_is() -> None:
    page = with_elements(f"<p>{marked('en', 'Wait here.')}</p>", FROM_THE_RIGHT)
    assert page == '<p><span lang="en" dir="ltr">Wait here.</span></p>'


def test_a_link_within_a_sentence_stays_in_it() -> None:
    said = marked("en", 'See <a href="/a?b=1&gt;2">the list</a>.')
    page = with_elements(f"<p>{said} Далі</p>", FROM_THE_LEFT)
    assert list(texts(f'<div lang="uk">{page}</div>')) == [
        ("See", "en"),
        ("the list", "en"),
        (".", "en"),
        ("Далі", "uk"),
    ]


@pytest.mark.parametrize(
    "around",
    [
        '<input placeholder="%s">',
        "<input placeholder='a > b %s'>",
        "<option>%s</option>",
        "<title>%s</title>",
        "<textarea>%s</textarea>",
        '<script type="application/json">{"a": "%s"}</script>',
        "<!-- %s -->",
    ],
)
def test_where_no_element_may_stand_a_text_stands_alone(around: str) -> None:
    assert with_elements(around % marked("en", "Wait"), FROM_THE_LEFT) == around % "Wait"


@given(
    st.text(alphabet=f"{BEGINS}{NAMED}{ENDS}enz<b> /=\"'", max_size=60),
    st.sampled_from([FROM_THE_LEFT, FROM_THE_RIGHT]),
)
@example(f"{BEGINS}zz{NAMED}Ann{ENDS}", FROM_THE_RIGHT)
@example(f"{BEGINS}{NAMED}Ann{ENDS}", FROM_THE_RIGHT)
def test_whatever_somebody_writes_no_sign_is_left(written: str, languages: list[str]) -> None:
    page = with_elements(f"<p>{BEGINS}{written}</p>", languages)
    assert not {BEGINS, NAMED, ENDS} & set(page)
    assert page.count("</span>") <= page.count("<span")


def test_nothing_stays_nothing() -> None:
    assert marked("en", "") == ""


def test_what_a_language_lacks_is_marked_where_a_template_asks_for_it() -> None:
    templates = Templates(loader=DictLoader({"a": "{{ t[code] }}|{{ t[code]|truncate(12) }}"}))
    text, page = Text({"uk": "Довідка"}), templates.get_template("a")
    assert page.render(t=text, code="uk") == "Довідка|Довідка"
    assert page.render(t=text, code="en") == f"{marked('uk', 'Довідка')}|Довідка"
    english = Text({"uk": "Card", "en": "Card"}).instead({"uk": "en"})
    assert page.render(t=english, code="uk") == f"{marked('en', 'Card')}|Card"


def test_words_that_nobody_has_translated_are_marked_as_english() -> None:
    spoken = marking_words("sq")
    assert spoken.gettext("Language") == marked("en", "Language")
    assert spoken.pgettext("ticket", "nobody") == marked("en", "nobody")
    assert spoken.ngettext("%(n)s person", "%(n)s people", 2) == marked("en", "%(n)s people")
    assert marking_words("uk").gettext("Language") == "Мова"
    assert marking_words("en").gettext("Language") == "Language"


def test_words_of_a_time_are_marked_but_not_the_unit_of_a_number() -> None:
    formats = MarkingFormats("he", UTC)
    night = formats.night(datetime(2026, 11, 24, 1, tzinfo=UTC))
    assert night.startswith(f"{BEGINS}en{NAMED}night ") and night.endswith(ENDS)
    assert unmarked(formats.minutes(5)) == formats.minutes(5) == "5\u00a0min"


@pytest.mark.parametrize("said", ["No such desk.", "No such desk"])
def test_a_heading_has_no_full_stop(said: str) -> None:
    assert without_full_stop(said) == "No such desk"
    assert unmarked(without_full_stop(marked("en", said))) == "No such desk"
