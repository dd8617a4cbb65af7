"""Messages as files in the data folder: `.eml` for mail, `.json` for everything else."""

import os
import re
import secrets
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from queue_app.delivery.adapter import Letter
from queue_app.delivery.mail import mail
from queue_app.scribe import Scribe

SENDER = "noreply@queue-app.invalid"
"""No mail server stands behind a file."""

_OURS = re.compile(
    r"(?P<identity>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?:eml|json|(?P<draft>[0-9a-f]{8}))"
)
"""The names that are given here."""


class MessageFile(Struct, frozen=True):
    """A file of ours, as its name tells: a letter, or the draft of one."""

    path: Path
    identity: UUID
    draft: bool


class MessageFolder:
    """Writes each letter once under its identity: sent again, it takes its own place.

    Each outbox has a folder of its own in it: whatever is named as we name lies there for us.
    """

    def __init__(self, folder: Path, sender: str = SENDER) -> None:
        self._folder = folder
        self._sender = sender
        self._scribe = Scribe("messages")

    @property
    def hangs(self) -> bool:
        return self._scribe.busy

    async def deliver(self, letter: Letter) -> None:
        await self._scribe.do(partial(self._write, letter))

    async def rest(self) -> None:
        """A file is closed as soon as it is written."""

    async def files(self, outbox: UUID) -> list[MessageFile]:
        """The letters and drafts of this outbox that lie here now."""
        return await self._scribe.do(partial(_look, self._folder / str(outbox)))

    async def remove(self, paths: Iterable[Path]) -> None:
        """These go, or have gone. OSError if one cannot; the others go all the same."""
        await self._scribe.do(partial(_unlink, list(paths)))

    def _write(self, letter: Letter) -> None:
        """Whole or not at all, whenever the process dies. People's data: for the owner alone."""
        folder = self._folder / letter.outbox
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        ending, content = (
            ("eml", mail(letter, self._sender))
            if letter.channel == "mail"
            else ("json", note(letter))
        )
        path = folder / f"{letter.identity}.{ending}"
        # Another process, on another machine perhaps, may be writing the same letter.
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        try:
            _written(draft, content)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def _written(path: Path, content: bytes) -> None:
    """A new file, on the disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _look(folder: Path) -> list[MessageFile]:
    try:
        with os.scandir(folder) as entries:
            here = [Path(one.path) for one in entries if one.is_file(follow_symlinks=False)]
    except FileNotFoundError:  # nothing was sent yet
        return []
    return [
        MessageFile(path, UUID(name["identity"]), name["draft"] is not None)
        for path in here
        if (name := _OURS.fullmatch(path.name))
    ]


def _unlink(paths: Iterable[Path]) -> None:
    kept: OSError | None = None
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            kept = error
    if kept:
        raise kept


def note(letter: Letter) -> bytes:
    return msgspec.json.format(msgspec.json.encode(letter))
