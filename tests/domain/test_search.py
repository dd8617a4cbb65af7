"""Services found by people's own words."""

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.files import load_centre
from queue_app.domain import matching
from queue_app.domain.alphabets import inflects, likeness, same_stem, words_of
from queue_app.domain.catalogue import Text
from queue_app.domain.matching import SURE, Index, Keywords, SearchWords, Synonyms, Thing
from queue_app.queries.search import index_of
from tests.support.database import CONFIG

QUESTIONS = Path(__file__).with_name("questions.tsv")
"""How residents ask, and what must be among the first three."""
NOT_OURS = Path(__file__).with_name("not_ours.tsv")
"""What people ask a service centre that others give."""
FIRST = 3
Compare = Callable[[str, str], float]


@cache
def own() -> Index:
    return index_of(load_centre(CONFIG))


def first(question: str) -> list[str]:
    found = own().find(question)[:FIRST]
    return [f"note:{one.code}" if one.kind == "note" else one.code for one in found]


def questions() -> list[tuple[str, set[str]]]:
    with QUESTIONS.open(encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [(row["query"], set(row["accepted"].split("|"))) for row in rows]


def test_of_how_residents_ask_nearly_everything_leads_to_the_right_service() -> None:
    asked = questions()
    missed = [one for one, accepted in asked if not accepted & set(first(one))]
    assert len(missed) <= 0.02 * len(asked), missed


def test_a_question_is_compared_with_few_of_the_words_that_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it takes, however fast the machine: comparing is nearly all that a search does."""
    index = index_of(load_centre(CONFIG))
    compared = 0

    def counted(compare: Compare) -> Compare:
        def one_more(word: str, other: str) -> float:
            nonlocal compared
            compared += 1
            return compare(word, other)

        return one_more

    monkeypatch.setattr(matching, "likeness", counted(likeness))
    monkeypatch.setattr(matching, "same_stem", counted(same_stem))
    counts = []
    for question, _ in questions()[::5]:
        before = compared
        index.find(question)
        counts.append(compared - before)
    counts.sort()
    known = sum(map(len, index._alphabet.values()))
    assert 0 < counts[len(counts) // 2] < known / 5
    assert counts[len(counts) * 99 // 100] < known / 2
    before = compared
    index.find(question)
    assert compared == before, "what has just been asked is known"


def test_every_service_and_note_has_words_of_its_own() -> None:
    centre = load_centre(CONFIG)
    taught = {one.of: one.words for one in centre.search.keywords}
    codes = [one.code for one in centre.services] + [one.code for one in centre.notes]
    for code in codes:
        assert {"uk", "ru", "en"} <= taught[code].keys(), code


@pytest.mark.parametrize("question", ["Ф-2", "ф2", "ф 2", "F-2", "f2", "Ф‑2", "форма 2", "form 2"])
def test_a_code_is_known_however_it_is_spelt(question: str) -> None:
    assert first(question)[0] == "household-certificate"


@pytest.mark.parametrize(
    "question",
    ["сім'я", "сім’я", "сімʼя", "сім`я", "СІМ'Я", "семья", "simya", "довідка про скдад сім'ї"],
)
def test_apostrophes_case_alphabets_and_slips_make_no_difference(question: str) -> None:
    assert "household-certificate" in first(question)


@pytest.mark.parametrize(
    ("one", "other"), [("дізнатись борг", "дізнатися борг"), ("не користуюсь", "не користуюся")]
)
def test_an_ending_that_one_may_write_in_two_ways_is_one(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)
    assert first(one) == first(other) != []


def test_a_number_that_counts_something_is_no_form() -> None:
    assert first("форма 3")[0] == "household-certificate"
    assert own().find("3 роки тому") == []
    assert "household-certificate" not in first("відсутні були 3 місяці")


def test_words_that_say_nothing_are_not_read_in_another_alphabet() -> None:
    found = first("readings for october late")
    assert "meter-readings" in found and "household-certificate" not in found, "for is no форма"


def test_half_of_a_long_word_is_no_stem() -> None:
    assert likeness("потик", "потерял") < SURE <= likeness("счет", "счета")


def test_of_a_short_word_the_last_vowel_is_an_ending_and_a_consonant_is_none() -> None:
    assert inflects("виза", "визу")
    assert not inflects("брат", "брак"), "a brother is no marriage"


def test_a_word_that_is_known_as_it_stands_is_no_slip_of_another() -> None:
    assert likeness("сусиди", "субсидия") >= SURE
    assert first("сусіди") and "subsidy-payment" not in first("сусіди")


def test_one_word_that_means_each_of_two_is_no_whole_keyword() -> None:
    index = Index(
        [Thing("service", "away", Text(en="Absence")), Thing("service", "pay", Text(en="Money"))],
        SearchWords(
            synonyms=(Synonyms(("serve", "army")),),
            keywords=(
                Keywords("away", {"en": ("serve in the army",)}),
                Keywords("pay", {"en": ("army",)}),
            ),
        ),
    )
    assert index.find("serve permits")[0].code == "pay"


def test_what_was_typed_on_the_other_layout_is_understood() -> None:
    assert first("nfhbab") == first("тарифи")
    assert first("ef,cblbz")[:1] == [] or first("ce,cblsz")[0] == "subsidy-payment"


@pytest.mark.parametrize(
    "question", ["піца", "пилосос", "weather tomorrow", "замовити таксі", "кіно", "???", "", " "]
)
def test_what_is_not_ours_finds_nothing(question: str) -> None:
    assert own().find(question) == []


def test_of_what_others_give_nearly_nothing_is_taken_for_ours() -> None:
    asked = NOT_OURS.read_text(encoding="utf-8").splitlines()[1:]
    taken = [one for one in asked if own().find(one)]
    assert len(taken) <= 0.06 * len(asked), taken


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("технічний паспорт квартири", "area-change"),
        ("немає паспорта лічильника", "meter-registration-info"),
        ("мама в лікарні, квартира порожня", "absence-recalculation"),
        ("повістка в суд за борги", "instalments-pending-case"),
        ("потрібна Ф2 у пенсійний", "household-certificate"),
    ],
)
def test_a_word_of_others_hides_nothing_that_is_named_well_beside_it(
    question: str, code: str
) -> None:
    assert code in first(question)


def test_what_is_understood_by_half_or_less_is_not_sure() -> None:
    sure = {
        question: own().find(question)[0].sure for question in ("субсидія", "довідка чупакабри")
    }
    assert sure == {"субсидія": True, "довідка чупакабри": False}


def test_what_matched_is_said() -> None:
    (best, *_) = own().find("загубила платіжку")
    assert best.code == "bill-duplicate"
    assert "загубила платіжку" in best.matched


def test_without_any_words_of_the_operator_the_titles_are_searched() -> None:
    titles = {"repair": Text(en="Repairing roads"), "park": Text(en="Parks and playgrounds")}
    index = Index([Thing("service", code, title) for code, title in titles.items()], SearchWords())
    assert [one.code for one in index.find("playground")] == ["park"]
    assert [one.code for one in index.find("road repairs")] == ["repair"]


def titled(language: str, *titles: str) -> Index:
    things = [Thing("service", str(n), Text({language: one})) for n, one in enumerate(titles)]
    return Index(things, SearchWords())


LAND = titled(
    "hi",
    "सात-बारा (7/12) उतारा की प्रतिलिपि",
    "उत्तराधिकार के आधार पर स्वामित्व में परिवर्तन",
    "सीमांकन विवाद की सुनवाई",
    "फ़ोन पर सलाह",
    "संपत्ति पत्रक (प्रॉपर्टी कार्ड) की प्रतिलिपि",
)
REGISTRY = titled(
    "zh-Hant", "出生登記", "國民身分證補發", "戶籍謄本申請", "土地登記謄本與地籍圖影本"
)


@pytest.mark.parametrize(
    ("index", "question", "codes"),
    [
        (LAND, "सीमा", ["2"]),
        (LAND, "उतारा", ["0"]),
        (LAND, "फोन", ["3"]),
        (LAND, "विवाद", ["2"]),
        (LAND, "7/12", ["0"]),
        (REGISTRY, "謄本", ["2", "3"]),
        (REGISTRY, "身分證", ["1"]),
        (REGISTRY, "我要申請戶籍謄本", ["2"]),
        (REGISTRY, "地籍圖", ["3"]),
        (titled("th", "การจดทะเบียนเกิด", "บัตรประชาชน"), "ทะเบียน", ["0"]),
        (titled("pt-BR", "Certidão de óbito", "Registro de imóvel"), "obito", ["0"]),
        (titled("ar", "تجديد البطاقة", "شهادة ميلاد"), "شَهادة", ["1"]),
    ],
)
def test_a_part_of_a_title_finds_it_in_any_script(
    index: Index, question: str, codes: list[str]
) -> None:
    assert [one.code for one in index.find(question)] == codes


def test_synonyms_reach_across_languages_and_idle_words_say_nothing() -> None:
    index = Index(
        [
            Thing("service", "pet", Text(mt="Reġistrazzjoni tal-klieb")),
            Thing("service", "how", Text(mt="Kif tħallas")),
        ],
        SearchWords(
            idle={"mt": ("kif",)},
            synonyms=(Synonyms(("klieb", "dog", "hund")),),
            keywords=(Keywords("pet", {"en": ("lost puppy",)}),),
        ),
    )
    assert [one.code for one in index.find("my dog")] == ["pet"]
    assert [one.code for one in index.find("kif nista' hunde")] == ["pet"]
    assert [one.code for one in index.find("puppies lost")] == ["pet"]


@given(st.text(max_size=300))
def test_law_whatever_is_asked_is_answered_in_order(question: str) -> None:
    found = own().find(question)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len({(one.kind, one.code) for one in found}) == len(found) <= 8


_word = st.text("абвгдеєжзиіїйклмнопрстуфхцчшщьюя", min_size=1, max_size=12)


@given(_word, _word)
def test_law_likeness_is_mutual_and_surest_of_the_same(one: str, other: str) -> None:
    for a, b in zip(words_of(one), words_of(other), strict=False):
        assert likeness(a, b) == likeness(b, a)
        assert likeness(a, a) == 1.0 >= likeness(a, b) >= 0.0


@given(st.text(max_size=60))
def test_law_folding_twice_is_folding_once(text: str) -> None:
    once = words_of(text)
    assert words_of(" ".join(once)) == once or any(not word.isalpha() for word in once)
