"""A call-out in words: what a voice says of a ticket and a desk, in each language."""

import csv
import re
import tomllib
from pathlib import Path

import pytest

from queue_app.domain.callouts import (
    Spoken,
    call_out,
    folded,
    in_words,
    pronounced,
    unstressed,
    words_of_speech,
)
from queue_app.texts.spoken import UnreadableTableError, spoken_in

EXAMPLES = list(
    csv.DictReader(
        (Path(__file__).parent / "call_outs.tsv").read_text().splitlines(), delimiter="\t"
    )
)
UK, EN = spoken_in(["uk"]), spoken_in(["en"])
ACCENTED = """
тало́н пройді́ть ла́ска вікна́ вікно́ оди́н чоти́ри ві́сім де́в’ять де́сять одина́дцять двана́дцять
трина́дцять чотирна́дцять п’ятна́дцять шістна́дцять сімна́дцять вісімна́дцять дев’ятна́дцять
два́дцять три́дцять со́рок п’ятдеся́т шістдеся́т сімдеся́т вісімдеся́т дев’яно́сто дві́сті три́ста
чоти́риста п’ятсо́т шістсо́т сімсо́т вісімсо́т дев’ятсо́т ти́сяча ти́сячі м’яки́й і́грек
адміністра́тора за́лу кабіне́ту ка́си кімна́ти прийма́льні реєстрату́ри реце́пції столу́ юри́ста
"""
"""As dictionaries have it."""
VOWELS = "аеєиіїоуюя"
MNEMONICS = r"(?:'?(?:a|E|I|i:|o|u)|t\[|t;|d\[|d;|l\^|ts|tS|[BRSdbhjklmnpstz]|f|x|Z|g)+"
"""What espeak-ng 1.52 has for the sounds of Ukrainian."""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: "-".join(list(one.values())[:3]))
def test_each_call_out_is_said_as_it_must_be(example: dict[str, str]) -> None:
    language, ticket, desk, ticket_said, desk_said = example.values()
    said = call_out(UK if language == "uk" else EN, ticket, desk)
    if language == "uk":
        wanted = f"Талон {ticket_said}. Пройдіть, будь ласка, до вікна {desk_said}."
    else:
        wanted = f"Ticket {ticket_said}. Please go to desk {desk_said}."
    assert said == wanted


@pytest.mark.parametrize(
    ("ticket", "desk", "said", "to", "in_english"),
    [
        ("Ж31", "5А", "же тридцять один", ", до вікна п’ять а", "zhe thirty-one to desk five A"),
        ("ЛЩ2", "А-7", "ел ща два", ", до вікна а сім", "L shcha two to desk A seven"),
        ("B7", "№ 12", "бе сім", ", до вікна дванадцять", "B seven to desk twelve"),
        ("А1000", "1", "а тисяча", ", до вікна один", "A one thousand to desk one"),
        ("А2015", "2", "а дві тисячі п’ятнадцять", ", до вікна два", "A two thousand and fifteen to desk two"),  # noqa: E501
        ("А007", "3", "а нуль нуль сім", ", до вікна три", "A zero zero seven to desk three"),
        ("К5", "Каса", "ка п’ять", ", до каси", "K five to Kasa"),
        ("К5", "каса 2", "ка п’ять", ", до каси два", "K five to kasa two"),
        ("К5", "Кабінет В", "ка п’ять", ", до кабінету ве", "K five to Kabinet V"),
        ("К5", "Касир Оля", "ка п’ять", ": Касир Оля", "K five to Kasyr Olia"),
        ("К5", "Reception 3", "ка п’ять", ": Reception три", "K five to Reception three"),
        ("К5", "<b>[[x]] Zone&", "ка п’ять", ": b x Zone", "K five to b x Zone"),
    ],
)  # fmt: skip
def test_other_letters_large_numbers_and_desks_with_names_are_said_too(
    ticket: str, desk: str, said: str, to: str, in_english: str
) -> None:
    assert call_out(UK, ticket, desk) == f"Талон {said}. Пройдіть, будь ласка{to}."
    assert call_out(EN, ticket, desk) == f"Ticket {in_english.replace(' to ', '. Please go to ')}."


@pytest.mark.parametrize(
    ("ticket", "desk", "said"),
    [
        ("क12", "खिड़की क", "Ticket क twelve. Please go to खिड़की क."),
        ("A12", "甲櫃", "Ticket A twelve. Please go to 甲櫃."),
        ("A12", "甲", "Ticket A twelve. Please go to desk 甲."),
    ],
)
def test_a_letter_keeps_its_vowel_and_a_name_without_capitals_stays_whole(
    ticket: str, desk: str, said: str
) -> None:
    assert call_out(EN, ticket, desk) == said
    assert words_of_speech("खिड़की क") == ["खिड़की", "क"]


def test_every_number_up_to_9999_has_words_of_its_own() -> None:
    for spoken in (UK, EN):
        assert spoken.numerals
        assert len({in_words(spoken.numerals, one) for one in range(10_000)}) == 10_000


def test_every_letter_of_a_language_has_a_name_in_both() -> None:
    for letter in "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ":
        name = call_out(UK, f"{letter}1", "1").removeprefix("Талон ").partition(" один.")[0]
        assert name and name == name.lower(), letter
        latin = call_out(EN, f"{letter}1", "1").removeprefix("Ticket ").partition(" one.")[0]
        assert latin.isascii(), letter
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        name = call_out(UK, f"{letter}1", "1").removeprefix("Талон ").partition(" один.")[0]
        assert not name.isascii(), letter
        assert f"Ticket {letter} one." in call_out(EN, f"{letter}1", "1")


def test_each_ukrainian_word_that_can_be_stressed_wrongly_has_its_stress() -> None:
    """The n-th vowel that is stressed in a dictionary is the n-th vowel behind the mark."""
    stressed = {word.replace("\u0301", ""): word for word in ACCENTED.split()}
    for plain, word in stressed.items():
        before = word.partition("\u0301")[0]
        phonemes = UK.phonemes[folded(plain)]
        place = sum(letter in VOWELS for letter in before)
        marked = len(re.findall("[aEIiou]", phonemes.partition("'")[0])) + 1
        assert marked == place, (word, phonemes)


def test_every_phoneme_is_one_that_espeak_has_for_ukrainian() -> None:
    for word, phonemes in UK.phonemes.items():
        assert re.fullmatch(MNEMONICS, phonemes), (word, phonemes)
        assert phonemes.count("'") == (word not in ("до", "будь")), (word, phonemes)


def test_no_word_of_the_vocabulary_with_two_vowels_lacks_its_stress() -> None:
    assert UK.numerals
    numerals = UK.numerals
    numbers = (*numerals.units, *numerals.tens, *numerals.hundreds, *numerals.thousands)
    said = " ".join([*numbers, *UK.letters.values(), *UK.places.values(), call_out(UK, "А1", "1")])
    several = {one for one in words_of_speech(said) if sum(sign in VOWELS for sign in one) > 1}
    assert several - UK.phonemes.keys() == set()
    assert {"сорок", "вікна", "каси"} <= several


def test_the_phonemes_stand_in_brackets_and_nothing_else_changes() -> None:
    assert pronounced(UK, "Талон а сорок два.") == "[[t[al'on]] а [[s'oRok]] два."
    assert pronounced(EN, "Ticket A one.") == "Ticket [['eI]] one."


def test_a_word_with_a_known_stress_carries_it_and_one_that_has_it_keeps_it() -> None:
    spoken = Spoken("uk", "", "", "", stressed={"послуги": "по́слуги", "талон": "тало́н"})
    assert pronounced(spoken, "Послуги, замо́к, ТАЛОН") == "по́слуги, замо́к, тало́н"
    assert words_of_speech("замо́к і за́мок") == ["замок", "і", "замок"]


def test_only_words_of_several_vowels_need_a_stress_and_only_where_it_is_not_known() -> None:
    spoken = Spoken(
        "uk",
        "",
        "",
        "",
        phonemes={"вікно": "Bi:kn'o"},
        stressed={"довідка": "до́відка"},
        vowels=VOWELS,
    )
    assert unstressed(spoken, "Довідка про вікно; Оплата, оплата й дім") == ["оплата"]
    assert unstressed(EN, "Payments for housing") == []


def test_every_stress_of_the_product_is_on_a_vowel_and_no_word_has_two() -> None:
    assert len(UK.stressed) > 300
    for plain, word in UK.stressed.items():
        assert word.count("\u0301") == 1 and plain not in UK.phonemes, word
        assert word[word.index("\u0301") - 1] in VOWELS, word
    text = Path("queue_app/texts/speech/uk.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)["stressed"].split()
    assert len(listed) == len(UK.stressed)


@pytest.mark.parametrize("word", ["послуги", "\u0301послуги", "по\u0301слу\u0301ги"])
def test_a_table_with_a_stress_that_is_none_is_refused(tmp_path: Path, word: str) -> None:
    (tmp_path / "uk").mkdir()
    (tmp_path / "uk" / "speech.toml").write_text(f'stressed = "{word}"', encoding="utf-8")
    with pytest.raises(UnreadableTableError, match="stressed"):
        spoken_in(["uk"], tmp_path)


def test_a_language_without_a_phrase_is_said_in_the_next_and_at_last_in_english() -> None:
    assert spoken_in(["pl", "uk"]).language == "uk"
    assert spoken_in(["pl"]).language == "en"
    assert spoken_in([]).language == "en"


def test_an_operators_table_goes_before_and_what_is_wrong_in_it_is_named(tmp_path: Path) -> None:
    table = tmp_path / "uk" / "speech.toml"
    table.parent.mkdir()
    table.write_text('places."Каса" = "до нашої каси"\nletters."К" = "кей"\n')
    own = spoken_in(["uk"], tmp_path)
    assert call_out(own, "К2", "Каса").endswith("ласка, до нашої каси.")
    assert call_out(own, "К2", "1").startswith("Талон кей два.")
    assert call_out(own, "А2", "1").startswith("Талон а два.")
    table.write_text('[numerals]\nunits = ["нуль"]\n')
    with pytest.raises(UnreadableTableError, match=r"speech\.toml"):
        spoken_in(["uk"], tmp_path)
