"""A centre's files that cannot be read, are missing, or should not be there."""

import re
from pathlib import Path

import pytest

from config.files import ConfigError, Mistake, load_centre
from queue_app.domain.centre import Centre
from tests.domain.spoiling import problems_after


def test_broken_toml_is_said_with_its_line(folder: Path) -> None:
    said = problems_after(folder, "centre.toml", "timezone =", "timezone")
    assert re.fullmatch(r"centre\.toml: line \d+, column \d+: is not valid TOML: .+", said[0]), said


def test_what_an_unreadable_file_defines_is_not_called_unknown(folder: Path) -> None:
    said = problems_after(folder, "capacity.toml", "hours.mon-thu", "hours.пн-чт")
    assert len(said) == 1, said
    assert said[0].startswith("capacity.toml: line ")


def test_a_file_saved_with_a_byte_order_mark_is_read(folder: Path, centre: Centre) -> None:
    path = folder / "branches.toml"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert load_centre(folder) == centre


@pytest.mark.parametrize(
    ("encoding", "key"), [("cp1251", "line 11"), ("utf-16", "file")], ids=["cp1251", "utf-16"]
)
def test_a_file_that_is_not_utf_8_is_said_with_what_to_do(
    folder: Path, encoding: str, key: str
) -> None:
    path = folder / "centre.toml"
    path.write_text(path.read_text(encoding="utf-8"), encoding=encoding)
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    assert str(caught.value) == (f"centre.toml: {key}: is not UTF-8 text; save the file as UTF-8")


def test_a_missing_file_and_a_stray_one_are_said(folder: Path) -> None:
    (folder / "advice.toml").rename(folder / "advices.toml")
    with pytest.raises(ConfigError) as caught:
        load_centre(folder)
    assert Mistake("advice.toml", "file", "is missing") in caught.value.problems
    assert [one.file for one in caught.value.problems if "unknown" in one.reason] == [
        "advices.toml"
    ]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="folder: is missing"):
        load_centre(tmp_path / "nowhere")
