"""Files of messages from before these had identities: named by branch and number."""

import os
import re
from pathlib import Path

from msgspec import Struct

_NUMBERED = re.compile(
    r"(?P<branch>[1-9][0-9]{0,8})-(?P<message>[1-9][0-9]{0,17})"
    r"\.(?:eml|json|(?P<draft>[0-9]+(?:-[0-9]+)?))"
)
"""The names that were given, with numbers that the database can be asked for."""


class NumberedFile(Struct, frozen=True):
    """A letter, or the draft of one."""

    path: Path
    branch_id: int
    message_id: int
    draft: bool


def numbered_files(folder: Path, until: int) -> list[NumberedFile]:
    """The letters and drafts that lie here with a message's number up to this one."""
    try:
        with os.scandir(folder) as entries:
            here = [Path(one.path) for one in entries if one.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    named = [
        NumberedFile(path, int(name["branch"]), int(name["message"]), name["draft"] is not None)
        for path in here
        if (name := _NUMBERED.fullmatch(path.name))
    ]
    return [file for file in named if file.message_id <= until and _is_letter(file)]


def _is_letter(file: NumberedFile) -> bool:
    """Whether it begins as every letter of its name did, since others name files so, too.

    A draft without a word does not; it holds nothing of anybody.
    """
    name = f"{file.branch_id}-{file.message_id}"
    beginnings = (f"Message-ID: <{name}@".encode(), f'{{\n  "identity": "{name}",'.encode())
    try:
        with file.path.open("rb") as opened:
            return opened.read(64).startswith(beginnings)
    except OSError:
        return False
