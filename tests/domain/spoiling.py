"""The first centre's files, and what is said of a copy with a mistake in it."""

from pathlib import Path

import pytest

from config.files import ConfigError, load_centre
from config.settings import PROJECT

KYIV_CKS = PROJECT / "config" / "kyiv-cks"


def problems_after(folder: Path, file: str, old: str, new: str) -> list[str]:
    """What loading says once the first `old` in a file has become `new`."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    return str(caught.value).splitlines()


def add_to_last_office(folder: Path, text: str) -> None:
    """Below the last district, above the contact centre."""
    path = folder / "branches.toml"
    offices, mark, rest = path.read_text(encoding="utf-8").partition(
        "\n# The contact centre is one"
    )
    path.write_text(offices + text + mark + rest, encoding="utf-8")
