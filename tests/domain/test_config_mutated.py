"""Whatever happens to a centre's files, they are loaded or refused in an operator's words."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest
from msgspec import structs

from config import reading
from config.files import ConfigError, check_centre, load_centre, write_centre
from config.rules import BOUNDS
from config.toml_text import parse
from queue_app.domain.centre import Rules
from tests.domain.mutations import (
    FILES,
    Mutation,
    Tables,
    of_keys,
    of_texts,
    of_values,
    originals,
    write,
)
from tests.domain.spoiling import problems_after

OF_PROGRAMS = re.compile(
    r"Traceback|\[0\]|`|NoneType|Object |Expected|enum|Exceeds|out of range|\bint\b|\bstr\b"
    r"|<class|Error|None\b|tuple|\\x|[\x00-\x1f]"
)
"""What no operator should have to read."""
MOST_SIGNS = 420


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The four files that stay as they are need no second look."""
    monkeypatch.setattr(reading, "parse", lru_cache(parse))


def complaints(folder: Path, mutations: Iterator[Mutation]) -> Iterator[str]:
    """The mistakes whose refusal an operator could not use."""
    for one in mutations:
        path = folder / one.file
        before = path.read_bytes()
        path.write_bytes(one.content)
        try:
            _, said = check_centre(folder, date(2026, 11, 23))
        except ConfigError as error:
            said = error.problems
            assert said
        finally:
            path.write_bytes(before)
        for problem in said:
            line = str(problem)
            if OF_PROGRAMS.search(line) or len(line) > MOST_SIGNS or not problem.key:
                yield f"{one} -> {line[:500]}"


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("kind", [of_keys, of_values, of_texts])
def test_no_mistake_ends_in_a_programs_words(
    tmp_path: Path, kind: Callable[[dict[str, Tables]], Iterator[Mutation]], file: str
) -> None:
    raw = originals()
    folder = write(raw, tmp_path / "centre")
    load_centre(folder)
    mistakes = [one for one in kind(raw) if one.file == file]
    assert len(mistakes) > 10
    assert list(complaints(folder, iter(mistakes))) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "capacity.toml",
            'number = "1"',
            'numbr = "1"',
            'layouts[district].desks[#1].numbr: unknown key; did you mean "number"?',
        ),
        (
            "capacity.toml",
            'skills = ["accounts", "certificates"]',
            'skils = ["accounts", "certificates"]',
            'layouts[district].desks[4].skils: unknown key; did you mean "skills"?',
        ),
        (
            "capacity.toml",
            'number = "1"',
            "number = 1",
            (
                "layouts[district].desks[#1].number: must be text in quotation marks, not a whole"
                ' number; write "1"'
            ),
        ),
        (
            "centre.toml",
            "hold_minutes = 10 ",
            "hold_minutes = 99999999999 ",
            "rules.hold_minutes: must be from 1 to 1440",
        ),
        (
            "centre.toml",
            "hold_minutes = 10 ",
            'hold_minutes = "10" ',
            (
                "rules.hold_minutes: must be a whole number, not text in quotation marks ('10');"
                " write 10 without quotation marks"
            ),
        ),
        (
            "centre.toml",
            'prove_contact = "never"',
            'prove_contact = "allways"',
            (
                "rules.prove_contact: 'allways' is none of always, never, second; did you mean"
                ' "always"?'
            ),
        ),
        (
            "centre.toml",
            "lead_minutes = 30 ",
            "lead_minutes = 30240 ",
            (
                "rules.lead_minutes: is longer than the 21 days of horizon_days, so nothing could"
                " be booked"
            ),
        ),
        (
            "centre.toml",
            'timezone = "Europe/Kyiv"',
            'timezone = "Europe/Kyiv"\nhold_minutes = 5',
            "hold_minutes: unknown key here; it belongs to [rules] of centre.toml",
        ),
        (
            "centre.toml",
            'title.uk = "Центр',
            'title.uk = "Цен\\u0000тр',
            "title.uk: has the sign U+0000, which cannot be shown here; delete it",
        ),
        (
            "centre.toml",
            'title.uk = "Центр комунального сервісу"',
            'title.uk = "Центр комунального сервісу',
            (
                "line 11, column 12: a quotation mark is not closed: look in line 11 for one"
                " without a partner"
            ),
        ),
        (
            "centre.toml",
            'title.uk = "Центр комунального сервісу"',
            "title.uk = “Центр комунального сервісу”",
            (
                "line 11, column 12: is not valid TOML: “ is no quotation mark of these files;"
                ' texts stand in straight ones: "…"'
            ),
        ),
        (
            "advice.toml",
            'url = "https://www.cks.kiev.ua"',
            'url = "www.cks.kiev.ua"',
            (
                "contacts[remote-service].url: 'www.cks.kiev.ua' is no address; it begins with"
                " https://, tel: or mailto:"
            ),
        ),
        (
            "advice.toml",
            'en = "Photos of the meters"',
            "en = 7",
            (
                "checklists[meter-replacement].items[4].en: must be text in quotation marks, not a"
                ' whole number; write "7"'
            ),
        ),
    ],
)
def test_a_refusal_says_what_was_probably_meant(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    assert problems_after(folder, file, old, new) == [f"{file}: {said}"]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "centre.toml",
            'walk_in_prefix = "А"',
            'walk_in_prefix = "К"\nbooked_prefix = "K"  # ',
            "rules.booked_prefix: 'K' is Latin and looks the same as the Cyrillic walk_in_prefix",
        ),
        (
            "centre.toml",
            'booked_prefix = "К"',
            'booked_prefix = "C"',
            (
                "rules.booked_prefix: 'C' is Latin beside Cyrillic prefixes; is the Cyrillic letter"
                " meant?"
            ),
        ),
        (
            "centre.toml",
            'phone_example = "067 123 45 67"',
            'phone_example = "912 345 67"',
            (
                "phone_example: '912 345 67' is none as UA writes numbers: people who follow it are"
                " refused"
            ),
        ),
        (
            "catalogue.toml",
            "duration = 7",
            "duration = 10080",
            (
                "services[payment-search].duration: is planned with 10080 minutes, which is 168"
                " hours for one visit; durations are minutes"
            ),
        ),
        (
            "branches.toml",
            'layout = "district"',
            (
                'layout = "district"\n[[branches.closures]]\nday = 2026-01-01\n'
                'reason.uk = "Новий рік"\nreason.en = "New Year"'
            ),
            "branches[holosiivskyi].closures[2026-01-01]: is over, so it changes nothing",
        ),
    ],
)
def test_what_is_probably_a_mistake_is_warned_of_and_loaded(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    text = text.replace('booked_prefix = "К"', "") if "walk_in" in old else text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    _, doubts = check_centre(folder, date(2026, 11, 23))
    told = [str(one) for one in doubts if one.key != "branches"]
    assert told == [f"{file}: {said}"], "beside the addresses that are not published"


def test_every_rule_that_is_a_number_has_its_bounds_and_its_value_of_today_lies_in_them() -> None:
    numbers = {
        field.name: field.default for field in structs.fields(Rules) if type(field.default) is int
    }
    assert BOUNDS.keys() == numbers.keys()
    outside = [n for n, (least, most) in BOUNDS.items() if not least <= numbers[n] <= most]
    assert outside == []


def test_what_was_loaded_is_written_and_loaded_again(tmp_path: Path) -> None:
    centre = load_centre(write(originals(), tmp_path / "centre"))
    write_centre(centre, tmp_path / "again")
    assert load_centre(tmp_path / "again") == centre
