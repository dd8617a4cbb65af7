"""Messages as files in the data folder: `.eml` for mail, `.json` for everything else."""

import asyncio
import os
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import msgspec

from queue_app.delivery.adapter import Letter

DOMAIN = "queue-app.invalid"
"""No mail server stands behind a file."""


class MessageFolder:
    """Writes each letter once under its identity: sent again, it takes its own place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, letter: Letter) -> None:
        await asyncio.to_thread(self._write, letter)

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
