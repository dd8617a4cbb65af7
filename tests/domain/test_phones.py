"""Telephone numbers as people write them: one meaning is taken, else it is said what is wrong."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.phones import (
    can_be_called,
    example_phone,
    hidden_phone,
    numbers_of,
    read_phone,
)

KYIV = "+380671234567"
COUNTRIES = ["UA", "MT", "PL", "DE", "US", "IT"]
SEPARATORS = st.sampled_from(["", " ", "-", "–", ".", "\u00a0", " - ", "/", "\u200b", "\t"])


@pytest.mark.parametrize(
    "entered",
    [
        "067 123 45 67",
        "0671234567",
        "67 123 45 67",
        "380671234567",
        "+380671234567",
        "+38 (067) 123-45-67",
        "+380 (0) 67 123 45 67",
        "00380671234567",
        "00 380 67 123 45 67",
        "80671234567",
        "8 067 123 45 67",
        "8-067-123-45-67",
        "+8 067 123 45 67",
        "+067 123 45 67",
        "8 10 380 67 123 45 67",
        "+38O671234567",
        "O67 123 45 67",
        "О67 123 45 67",
        "067 123 45 67.",
        "тел. 067 123 45 67",
        "Тел.: 067 123 45 67",
        "tel:+380671234567",
        "моб 067 123 45 67",
        "\uff10\uff16\uff17 123 45 67",
        "٠٦٧ ١٢٣ ٤٥ ٦٧",
        "+۳۸۰ ۶۷ ۱۲۳ ۴۵ ۶۷",
        "\u202a+380 67 123 45 67\u202c",
        "067 123 45 67, 067 123 45 67",
        "067 123 45 67 +380671234567",
    ],
)
def test_one_meaning_is_taken_however_it_is_written(entered: str) -> None:
    assert read_phone(entered, "UA").value == KYIV


@pytest.mark.parametrize(
    ("entered", "problem"),
    [
        ("067 123 45 67 050 123 45 67", "phone_two"),
        ("067 123 45 67, 050 123 45 67", "phone_two"),
        ("067 123 45 67 або 050 123 45 67", "phone_two"),
        ("+380671234567+380501234567", "phone_two"),
        ("067 123 45 67 Олена", "phone_words"),
        ("Олена 067 123 45 67", "phone_words"),
        ("067 123 45 67 (мама)", "phone_words"),
        ("067 123 45 67 дод. 12", "phone_extension"),
        ("044 247 40 40 x12", "phone_extension"),
        ("044 247 40 40 #12", "phone_extension"),
        ("tel:+380442474040;ext=12", "phone_extension"),
        ("067 123 45 6", "phone_invalid"),
        ("067 123 45 67 8", "phone_invalid"),
        ("067 123 45 67, 12", "phone_invalid"),
        ("12", "phone_invalid"),
        ("103", "phone_invalid"),
        ("1551", "phone_invalid"),
        ("0800 FLOWERS", "phone_invalid"),
        ("+7 8 067", "phone_invalid"),
        ("\0", "phone_invalid"),
        ("немає", "phone_invalid"),
        ("067*123*45*67", "phone_invalid"),
        ("89161234567", "phone_invalid"),
        ("067 123 45 67 " * 20, "phone_invalid"),
    ],
)
def test_what_would_not_be_kept_is_not_accepted(entered: str, problem: str | None) -> None:
    reading = read_phone(entered, "UA")
    assert (reading.value, reading.problem) == (None, problem)


@pytest.mark.parametrize(
    ("country", "entered", "number"),
    [
        ("BR", "0055 51 99123-4567", "+5551991234567"),
        ("BR", "015 51 99123-4567", "+5551991234567"),
        ("BR", "Celular: (51) 9 9123-4567", "+5551991234567"),
        ("TW", "00886 912 345 678", "+886912345678"),
        ("TW", "002 886 912 345 678", "+886912345678"),
        ("TW", "0044 20 7946 0018", "+442079460018"),
        ("TW", "手機：０９１２-３４５-６７８", "+886912345678"),
        ("US", "0044 20 7946 0018", "+442079460018"),
        ("IN", "फ़ोन ०९८२२० १२३४५", "+919822012345"),
    ],
)
def test_two_noughts_stand_for_the_plus_whatever_a_country_dials(
    country: str, entered: str, number: str
) -> None:
    assert read_phone(entered, country).value == number


@pytest.mark.parametrize("entered", ["02-2720-8889 分機 1234", "(02)27208889轉12"])
def test_an_extension_is_known_by_the_word_of_the_country(entered: str) -> None:
    assert read_phone(entered, "TW").problem == "phone_extension"


@pytest.mark.parametrize("entered", [None, "", "  ", "\u00a0"])
def test_nothing_is_no_number_and_no_problem(entered: str | None) -> None:
    reading = read_phone(entered, "UA")
    assert (reading.value, reading.problem) == (None, None)


def test_where_no_country_is_known_a_number_needs_its_code() -> None:
    assert read_phone("+380 67 123 45 67", None).value == KYIV
    assert read_phone("00380 67 123 45 67", None).value == KYIV
    assert read_phone("067 123 45 67", None).problem == "phone_needs_country"
    assert read_phone("380671234567", None).problem == "phone_needs_country"
    assert read_phone("12", None).problem == "phone_invalid"


def test_what_one_country_dialled_is_no_number_in_another() -> None:
    assert read_phone("8 067 123 45 67", "MT").value is None
    assert read_phone("2123 4567", "MT").value == "+35621234567"
    assert read_phone("+8 067 123 45 67", None).value is None


@pytest.mark.parametrize(
    ("number", "called"),
    [
        (KYIV, True),
        ("+380442474040", True),
        ("+380800404407", False),
        ("+35621234567", True),
        ("+18005551234", False),
        ("+19005551234", False),
    ],
)
def test_behind_a_free_or_premium_number_nobody_is_called(number: str, called: bool) -> None:
    assert can_be_called(number) is called


@pytest.mark.parametrize("country", ["UA", "EG", "MT", "CA", "JP", "AQ", None])
def test_an_example_is_a_number_whatever_its_end(country: str | None) -> None:
    example = example_phone(country)
    for end in ("0000", "0417", "9999"):
        assert read_phone(example[:-4] + end, country).value == example[:-4] + end


def test_the_centres_own_numbers_are_found_among_its_contacts() -> None:
    values = ["(044) 247-40-40", "0 800 404 407", "www.cks.kiev.ua", "591-16-26, 591-21-12"]
    assert numbers_of(values, "UA") == {"+380442474040", "+380800404407"}


def test_a_hidden_number_shows_its_country_and_its_end() -> None:
    assert hidden_phone(KYIV) == "+380•••••4567"


@st.composite
def known_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A valid number in E.164 and its country."""
    country = draw(st.sampled_from(COUNTRIES))
    kind = draw(
        st.sampled_from(
            [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE]
        )
    )
    found = phonenumbers.example_number_for_type(country, kind)
    assert found
    changed = str(found.national_number)[:-4] + f"{draw(st.integers(0, 9999)):04}"
    number = phonenumbers.parse(
        f"+{found.country_code}{'0' if country == 'IT' and kind == 0 else ''}{changed}"
    )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), country


@given(known_numbers())
def test_law_what_was_read_is_read_again_as_the_same(known: tuple[str, str]) -> None:
    number, country = known
    once = read_phone(number, country)
    if once.value is not None:
        assert once.value == number
        assert read_phone(once.value, country) == once
        assert read_phone(once.value, None) == once


@given(known_numbers(), st.data())
def test_law_whatever_stands_between_its_digits_it_is_the_same_number(
    known: tuple[str, str], data: st.DataObject
) -> None:
    number, country = known
    loose = number[0] + "".join(one + data.draw(SEPARATORS) for one in number[1:])
    assert read_phone(loose, country) == read_phone(number, country)


@given(st.text(max_size=40), st.sampled_from([*COUNTRIES, None]))
def test_law_whatever_is_entered_it_is_a_number_or_a_reason(text: str, country: str | None) -> None:
    reading = read_phone(text, country)
    assert reading.value is None or reading.problem is None
    if reading.value is not None:
        assert read_phone(reading.value, country).value == reading.value


@given(st.integers(0, 9_999_999), st.sampled_from(["0", "380", "+380", "00380", "80", "8 0", ""]))
def test_law_a_ukrainian_mobile_is_one_number_under_every_prefix(rest: int, prefix: str) -> None:
    assert read_phone(f"{prefix}67{rest:07}", "UA").value == f"+38067{rest:07}"
