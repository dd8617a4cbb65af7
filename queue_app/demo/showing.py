"""What the page of all faces shows now: a file in the scratch folder, written anew on change."""

from pathlib import Path

import msgspec
from msgspec import Struct

FILE = "showing.json"


class Showing(Struct, frozen=True):
    """The faces of a running day.

    `login` and `password`: of the clerk whose screen stands at `console`; `ticket`: the token
    of somebody who waits now.
    """

    branch: str
    day: str
    kiosk: str
    login: str
    password: str
    ticket: str | None
    console: str


def write_showing(path: Path, showing: Showing) -> None:
    """For its owner only, and whole at any moment."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(showing))
    draft.replace(path)
