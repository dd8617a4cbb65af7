"""An operator's catalogues: what in them cannot be used is found, said, and left out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from queue_app.cli.commands import main
from queue_app.texts.catalogues import read_catalogues
from queue_app.texts.words import (
    LOCALE_FOLDER,
    Words,
    _Catalogues,
    also_from,
    catalogues_of_none,
    of_no_text,
    words,
)
from tests.support.night import NIGHT_CENTRE

CODED = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
HEAD = CODED + '"Plural-Forms: {rule};\\n"\n'
TWO = "nplurals=2; plural=(n != 1)"
THREE = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)"


@pytest.fixture(autouse=True)
def catalogues_of_this_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_Catalogues, "folders", (LOCALE_FOLDER,))
    yield
    words.cache_clear()


def entry(said: str, english: str = "Code: %(code)s") -> str:
    return f'\nmsgid "{english}"\nmsgstr "{said}"\n'


def plurals(english: tuple[str, str], *said: str) -> str:
    forms = "".join(f'msgstr[{place}] "{one}"\n' for place, one in enumerate(said))
    return f'\nmsgid "{english[0]}"\nmsgid_plural "{english[1]}"\n{forms}'


def catalogue(folder: Path, language: str, *entries: str, rule: str = TWO, name: str = "a") -> Path:
    place = folder / language
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{name}.po").write_text(HEAD.format(rule=rule) + "".join(entries))
    return place


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("Código: %(codigo)s", "has %(codigo)s, which the English has not"),
        ("Código", "lacks %(code)s"),
        ("Código: %(code)d", "has %(code)d, which the English has not"),
        ("Código: %(code)s 100%", "has %, which the English has not"),
    ],
)
def test_a_translation_that_cannot_be_filled_in_is_a_fault_and_is_left_out(
    tmp_path: Path, said: str, fault: str
) -> None:
    place = catalogue(tmp_path, "pt", entry("Fechar", "Close"), entry(said))
    found = read_catalogues(place)
    (only,) = found.faults
    assert only.startswith(f"{place / 'a.po'}:9: 'Code: %(code)s' ")
    assert only.endswith(fault)
    assert found.said is not None
    assert found.said.get("Code: %(code)s") is None
    assert found.said.get("Close") is not None


def test_a_plural_form_may_leave_out_its_number_and_nothing_else(tmp_path: Path) -> None:
    english = ("%(n)s person at %(time)s", "%(n)s people at %(time)s")
    good = plurals(english, "uma pessoa, %(time)s", "%(n)s pessoas, %(time)s")
    assert read_catalogues(catalogue(tmp_path, "pt", good)).faults == ()
    bad = plurals(english, "uma pessoa", "%(n)s pessoas, %(time)s")
    assert len(read_catalogues(catalogue(tmp_path, "pt", bad)).faults) == 1


def test_a_plural_that_lacks_a_form_is_a_fault_and_is_left_out(tmp_path: Path) -> None:
    english = ("%(n)s person", "%(n)s people")
    two = plurals(english, "%(n)s особа", "%(n)s особи")
    found = read_catalogues(catalogue(tmp_path, "uk", two, rule=THREE))
    (only,) = found.faults
    assert only.endswith("'%(n)s person' has 2 of 3 plural forms")
    assert found.said is not None and found.said.get(english[0]) is None
    none = plurals(english, "", "", "")
    assert read_catalogues(catalogue(tmp_path, "uk", none, rule=THREE)).faults == ()


def test_what_a_file_translates_twice_and_otherwise_is_a_fault_and_the_first_is_said(
    tmp_path: Path,
) -> None:
    said = entry("Fechar", "Close"), entry("Fechar", "Close"), entry("Encerrar", "Close")
    place = catalogue(tmp_path, "pt", *said)
    found = read_catalogues(place)
    assert found.faults == (f"{place / 'a.po'}:12: 'Close' is translated elsewhere otherwise",)
    assert found.said is not None
    close = found.said.get("Close")
    assert close is not None and close.string == "Fechar"


def test_a_catalogue_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    place = catalogue(tmp_path, "pt", entry("Fechar", "Close"))
    (place / "a.po").write_text((place / "a.po").read_text(), encoding="utf-8-sig")
    found = read_catalogues(place)
    assert found.faults == ()
    assert found.said is not None and found.said.get("Close") is not None
    (slip,) = of_no_text(place.parent, "pt")
    assert slip.endswith("a.po:6: 'Close' is no text of the product")


@pytest.mark.parametrize("cut", ['"Fechar', '"Fechar\\"', '"'])
def test_a_text_without_its_last_quotation_mark_is_a_fault(tmp_path: Path, cut: str) -> None:
    place = catalogue(tmp_path, "pt", f'\nmsgid "Close"\nmsgstr {cut}\n')
    (only,) = read_catalogues(place).faults
    assert only.endswith(
        "a.po: cannot be read: line 7: its text does not end with a quotation mark"
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("nplurals=2; plural=(n !!= 1)", "cannot be read"),
        ("nplurals=many; plural=(n != 1)", "cannot be read"),
        ("nplurals=2; plural=(n % 5)", "more than nplurals=2"),
    ],
)
def test_a_file_whose_rule_of_plurals_is_none_is_a_fault(
    tmp_path: Path, rule: str, said: str
) -> None:
    place = catalogue(tmp_path, "pt", entry("Fechar", "Close"), rule=rule)
    other = catalogue(tmp_path, "pt", entry("Abrir", "Open"), name="b")
    found = read_catalogues(place)
    assert place == other
    assert len(found.faults) == 1
    assert said in found.faults[0]
    assert found.said is not None
    assert found.said.get("Close") is None and found.said.get("Open") is not None


def test_a_merge_that_was_not_ended_and_an_unknown_encoding_are_faults(tmp_path: Path) -> None:
    place = catalogue(tmp_path, "pt", entry("Fechar", "Close"), "<<<<<<< HEAD\n")
    assert "cannot be read" in read_catalogues(place).faults[0]
    coded = (place / "a.po").read_text().partition("<<<")[0].replace("utf-8", "utf-9")
    (place / "a.po").write_text(coded)
    assert "utf-9" in read_catalogues(place).faults[0]


@pytest.mark.parametrize(
    ("rule", "forms", "expected"),
    [
        (TWO, ["uma", "outras"], {0: "outras", 1: "uma", 2: "outras", 101: "outras"}),
        (THREE, ["osoba", "osoby", "osób"], {0: "osób", 1: "osoba", 3: "osoby", 112: "osób"}),
    ],
)
def test_a_script_chooses_as_the_catalogue_does_whatever_its_browser_thinks(
    tmp_path: Path, rule: str, forms: list[str], expected: dict[int, str]
) -> None:
    """`TWO` is what editors write for Portuguese; browsers take no people as one there."""
    english = ("%(n)s thing", "%(n)s things")
    also_from(tmp_path)
    catalogue(tmp_path, "sw", plurals(english, *forms), rule=rule)
    spoken: Words = words("sw")
    given = spoken.forms(*english)
    assert {number: given[int(spoken.plural_rule[number])] for number in expected} == expected


@pytest.mark.parametrize("rule", ["nplurals=1; plural=0", "nplurals=2; plural=(n > 1)", THREE])
def test_what_is_not_translated_is_counted_as_english_counts(tmp_path: Path, rule: str) -> None:
    """In Chinese, with one form for all numbers, a kiosk said "in 30 second"."""
    also_from(tmp_path)
    catalogue(tmp_path, "rw", entry("Fechar", "Close"), rule=rule)
    spoken = words("rw")
    forms = spoken.forms("%(n)s thing", "%(n)s things")
    chosen = [forms[int(spoken.plural_rule[number])] for number in (0, 1, 2, 21, 30)]
    assert chosen == ["%(n)s things", "%(n)s thing", *["%(n)s things"] * 3]


def centre(tmp_path: Path) -> Path:
    """The night centre in a folder of its own, with Portuguese beside Ukrainian and English."""
    folder = tmp_path / "centre"
    folder.mkdir()
    for path in NIGHT_CENTRE.glob("*.toml"):
        (folder / path.name).write_text(path.read_text())
    own = folder / "centre.toml"
    own.write_text(own.read_text().replace('["uk", "en"]', '["uk", "en", "lb"]'))
    return folder


def check(folder: Path) -> tuple[int, str]:
    found = CliRunner().invoke(main, ["config", "check", str(folder)])
    return found.exit_code, found.output + found.stderr


def test_the_check_refuses_what_would_break_a_page_and_names_its_line(tmp_path: Path) -> None:
    folder = centre(tmp_path)
    place = catalogue(folder / "locale", "lb", entry("Kode: %(kode)s"))
    code, said = check(folder)
    assert code == 1
    assert "not every translation can be used" in said
    assert f"{place / 'a.po'}:6: 'Code: %(code)s' has %(kode)s" in said
    assert "Traceback" not in said


def test_the_check_warns_of_a_catalogue_of_no_language_of_the_centre(tmp_path: Path) -> None:
    folder = centre(tmp_path)
    place = catalogue(folder / "locale", "lb_LU", entry("Code: %(code)s"))
    code, said = check(folder)
    assert code == 0
    assert f"warning: {place}: no language of the centre is called so; it has uk, en, lb" in said


def test_the_check_names_a_translation_of_what_the_product_does_not_say(tmp_path: Path) -> None:
    folder = centre(tmp_path)
    catalogue(folder / "locale", "lb", entry("Ären Ticket", "Your ticket"), entry("Min", "min"))
    code, said = check(folder)
    assert code == 0
    assert f"{folder}/locale/lb/a.po:9: 'min' is no text of the product" in said
    assert "'Your ticket' is no" not in said


@pytest.mark.parametrize("name", ["zh_Hant", "zh-Hant"])
def test_a_folder_is_called_as_the_language_or_as_gettext_writes_it(
    tmp_path: Path, name: str
) -> None:
    catalogue(tmp_path, name, entry("關閉", "Close"), rule="nplurals=1; plural=0")
    also_from(tmp_path)
    assert words("zh-Hant").gettext("Close") == "關閉"
    assert not catalogues_of_none(tmp_path, ["zh-Hant"])


def test_the_check_counts_a_translation_in_doubt_as_missing(tmp_path: Path) -> None:
    folder = centre(tmp_path)
    catalogue(folder / "locale", "lb", entry("Ticket huelen", "Take a ticket"))
    missing = check(folder)[1]
    catalogue(folder / "locale", "lb", "\n#, fuzzy" + entry("Ticket huelen", "Take a ticket"))
    doubted = check(folder)[1]
    count = [int(said.split("/lb: ")[1].split()[0]) for said in (missing, doubted)]
    assert count[1] == count[0] + 1


def test_the_check_counts_one_group_as_one(tmp_path: Path) -> None:
    assert "3 services in 1 group, 3 branches. " in check(centre(tmp_path))[1]
