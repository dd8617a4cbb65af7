"""Whatever happens to a centre's files, they are loaded or refused in an operator's words."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest

from config import reading
from config.files import ConfigError, check_centre, load_centre
from config.toml_text import parse
from tests.domain.mutations import (
    Mutation,
    Tables,
    of_keys,
    of_texts,
    of_values,
    originals,
    write,
)

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
@pytest.mark.parametrize("kind", [of_keys, of_values, of_texts])
def test_no_mistake_ends_in_a_programs_words(
    tmp_path: Path, kind: Callable[[dict[str, Tables]], Iterator[Mutation]]
) -> None:
    raw = originals()
    folder = write(raw, tmp_path / "centre")
    load_centre(folder)
    assert list(complaints(folder, kind(raw))) == []
