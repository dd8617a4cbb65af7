"""Messages as files in the data folder: `.eml` for mail, `.json` for everything else."""

import os
import re
from collections.abc import Iterable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from queue_app.delivery.adapter import Letter
from queue_app.delivery.scribe import Scribe

DOMAIN = "queue-app.invalid"
"""No mail server stands behind a file."""

_OURS = re.compile(
    r"(?P<branch>[1-9][0-9]{0,8})-(?P<message>[1-9][0-9]{0,17})"
    r"\.(?:eml|json|(?P<draft>[0-9]+(?:-[0-9]+)?))"
)
"""The names that are given here, with numbers that the database can be asked for."""


class MessageFile(Struct, frozen=True):
    """A file of ours, as its name tells: a letter, or the draft of one."""

    path: Path
    branch_id: int
    message_id: int
    draft: bool


class MessageFolder:
    """Writes each letter once under its identity: sent again, it takes its own place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scribe = Scribe("messages")

    @property
    def hangs(self) -> bool:
        return self._scribe.busy

    async def deliver(self, letter: Letter) -> None:
        await self._scribe.do(partial(self._write, letter))

    async def files(self) -> list[MessageFile]:
        """The letters and drafts that lie here now; what else does is somebody else's."""
        return await self._scribe.do(self._look)

    async def remove(self, files: Iterable[MessageFile]) -> None:
        """These go, or have gone. OSError if one cannot; the others go all the same."""
        await self._scribe.do(partial(_unlink, [file.path for file in files]))

    def _write(self, letter: Letter) -> None:
        """Whole or not at all, whenever the process dies. People's data: for the owner alone."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ending, content = (
            ("eml", mail(letter)) if letter.channel == "mail" else ("json", note(letter))
        )
        path = self._folder / f"{letter.identity}.{ending}"
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)

    def _look(self) -> list[MessageFile]:
        try:
            with os.scandir(self._folder) as entries:
                here = [Path(one.path) for one in entries if one.is_file(follow_symlinks=False)]
        except FileNotFoundError:  # nothing was sent yet
            return []
        return [
            MessageFile(path, int(name["branch"]), int(name["message"]), name["draft"] is not None)
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


def mail(letter: Letter) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{letter.identity}@{DOMAIN}>"
    message["Date"] = format_datetime(letter.created_at)
    message["From"] = f"noreply@{DOMAIN}"
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language
    message.set_content(letter.text)
    return message.as_bytes()


def note(letter: Letter) -> bytes:
    return msgspec.json.format(msgspec.json.encode(letter))
