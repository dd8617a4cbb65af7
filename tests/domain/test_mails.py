"""Mail addresses: what was copied along is left out, what is probably mistyped is asked back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.mails import hidden_mail, read_mail

NAME = "name@gmail.com"


@pytest.mark.parametrize(
    "entered",
    [
        NAME,
        " name@gmail.com ",
        "name@gmail.com.",
        "name@gmail.com,",
        "<name@gmail.com>",
        "(name@gmail.com)",
        "«name@gmail.com»",
        '"name@gmail.com"',
        "mailto:name@gmail.com",
        "MAILTO: name@gmail.com",
        "<mailto:name@gmail.com?subject=x>.",
        "e-mail: name@gmail.com",
        "name @ gmail.com",
        "name@gmail .com",
        "name@\u200bgmail.com",
        "name@GMAIL.COM",
    ],
)
def test_what_was_copied_along_is_no_part_of_an_address(entered: str) -> None:
    assert read_mail(entered).value == NAME


@pytest.mark.parametrize(
    ("entered", "problem", "suggestion"),
    [
        ("іван@gmail.com", "email_letters", "ivan@gmail.com"),
        ("ярослав@ukr.net", "email_letters", "yaroslav@ukr.net"),
        ("nаme@gmail.com", "email_letters", NAME),
        ("josé@gmail.com", "email_letters", "jose@gmail.com"),
        ("name@gmail.con", "email_typo", NAME),
        ("name@gmial.com", "email_typo", NAME),
        ("name@gmai.com", "email_typo", NAME),
        ("name@gmaill.com", "email_typo", NAME),
        ("name@gmail.co", "email_typo", NAME),
        ("name@ukr.met", "email_typo", "name@ukr.net"),
        ("name@company.con", "email_typo", "name@company.com"),
    ],
)
def test_what_is_hardly_meant_is_asked_back_and_accepted_as_it_is(
    entered: str, problem: str, suggestion: str
) -> None:
    reading = read_mail(entered)
    assert (reading.value, reading.problem, reading.suggestion) == (None, problem, suggestion)
    assert read_mail(entered, as_it_is=True).value == entered
    assert read_mail(suggestion).value == suggestion


@pytest.mark.parametrize(
    ("entered", "problem", "suggestion"),
    [
        ("name@gmаil.com", "email_mixed", NAME),
        ("name@gmail.соm", "email_mixed", NAME),
        ("name@gmail,com", "email_invalid", NAME),
        ("name@gmail", "email_invalid", None),
        ("name", "email_invalid", None),
        ("@gmail.com", "email_invalid", None),
        ("name@gmail.com other@gmail.com", "email_two", None),
        ("name@gmail.com,other@gmail.com", "email_two", None),
        ("name@gmail.com; other@gmail.com", "email_two", None),
        ("Олена <name@gmail.com>", "email_words", None),
        ("a\0b@b.ua", "email_words", None),
        ("мій адрес", "email_invalid", None),
    ],
)
def test_what_can_be_no_address_is_refused_however_often(
    entered: str, problem: str, suggestion: str | None
) -> None:
    for as_it_is in (False, True):
        reading = read_mail(entered, as_it_is)
        assert (reading.value, reading.problem, reading.suggestion) == (None, problem, suggestion)


@pytest.mark.parametrize(
    "entered",
    ["name@mail.com", "name@ymail.com", "name@i.ua", "name@kmda.gov.ua", "іван@пошта.укр",
     "name@київ.com.ua", "o'brien@example.com", "a+b@example.org"],
)  # fmt: skip
def test_what_is_somebodys_own_is_not_doubted(entered: str) -> None:
    assert read_mail(entered).value == entered


def test_nothing_is_no_address_and_no_problem() -> None:
    assert read_mail("") == read_mail(None) == read_mail("  ")
    assert read_mail("").problem is None


def test_a_hidden_address_shows_its_first_letter_and_its_domain() -> None:
    assert hidden_mail("olena@gmail.com") == "o•••@gmail.com"


@given(st.emails())
def test_law_what_was_kept_is_kept_again_as_the_same(entered: str) -> None:
    once = read_mail(entered, as_it_is=True)
    if once.value is not None:
        assert read_mail(once.value, as_it_is=True) == once


@given(st.text(max_size=30))
def test_law_a_suggestion_is_an_address_that_is_not_doubted(entered: str) -> None:
    for text in (entered, f"{entered}@gmail.con", f"{entered}@gmаil.com"):
        reading = read_mail(text)
        assert reading.value is None or reading.problem is None
        if reading.suggestion is not None:
            assert read_mail(reading.suggestion).value == reading.suggestion
