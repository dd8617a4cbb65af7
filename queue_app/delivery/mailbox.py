"""The mailbox to which mail comes back, read by IMAP over TLS."""

import imaplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from config.imap import Inbox
from queue_app.delivery.bounces import MOST_BYTES
from queue_app.scribe import Scribe

SECONDS = 20.0
"""For one answer of the server."""

T = TypeVar("T")


class CameBack(Struct, frozen=True):
    """A mail that nobody has read yet: its number in the mailbox, and how it begins."""

    number: str
    content: bytes


class MailboxAway(Exception):
    """It cannot be read now; `str()` says why, without anybody's data."""


class Mailbox:
    """What came to the return paths made of `bounces`; other mail in it is left alone.

    The library waits in a thread, which cannot be stopped: it has one of its own.
    """

    def __init__(self, inbox: Inbox, bounces: str) -> None:
        self._inbox = inbox
        self._wanted = _quoted(bounces.rpartition("@")[0] + "+")
        self._scribe = Scribe("bounces")
        self._line: imaplib.IMAP4_SSL | None = None

    @property
    def hangs(self) -> bool:
        """Whether it is at something yet that was given up."""
        return self._scribe.busy

    async def unread(self, most: int) -> list[CameBack]:
        """The oldest of what nobody has read. MailboxAway."""
        return await self._scribe.do(partial(self._telling, partial(self._unread, most)))

    async def mark_read(self, one: CameBack) -> None:
        """It is done with. MailboxAway: it will be met again."""
        await self._scribe.do(partial(self._telling, partial(self._mark, one.number)))

    async def rest(self) -> None:
        """Nothing more is wanted of it now. Raises nothing."""
        await self._scribe.do(self._hang_up)

    def _telling(self, work: Callable[[], T]) -> T:
        """What the server says beside yes and no may hold a name: it is not repeated. A line on
        which something went wrong is not used again, nor left open by whoever was given up."""
        try:
            return work()
        except (OSError, imaplib.IMAP4.error) as error:
            line, self._line = self._line, None
            if line:
                with suppress(OSError):
                    line.shutdown()
            raise MailboxAway(_meaning(error)) from None

    def _unread(self, most: int) -> list[CameBack]:
        line = self._connected()
        found = _said(line.uid("SEARCH", "UNSEEN", "HEADER", "TO", self._wanted))
        numbers = (found[0] or b"").decode().split()[:most]
        return [CameBack(number, _content(line, number)) for number in numbers]

    def _mark(self, number: str) -> None:
        _said(self._connected().uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)"))

    def _connected(self) -> imaplib.IMAP4_SSL:
        if self._line:
            return self._line
        inbox = self._inbox
        ca = str(inbox.ca) if inbox.ca else None
        context = ssl.create_default_context(cafile=ca)
        line = imaplib.IMAP4_SSL(inbox.host, inbox.port, ssl_context=context, timeout=SECONDS)
        try:
            line.login(inbox.user, inbox.password)
            _said(line.select(_quoted(inbox.folder)))
        except BaseException:
            line.shutdown()
            raise
        self._line = line
        return line

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line:
            with suppress(OSError, imaplib.IMAP4.error):
                line.logout()


def _meaning(error: Exception) -> str:
    if isinstance(error, imaplib.IMAP4.abort):
        return "the mailbox's server hung up"
    if isinstance(error, imaplib.IMAP4.error):
        return "the mailbox's server refused us, or the folder"
    return f"the mailbox cannot be reached: {type(error).__name__}"


def _said(answer: tuple[str, Sequence[Any]]) -> Sequence[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error
    return answer[1]


def _content(line: imaplib.IMAP4_SSL, number: str) -> bytes:
    """How the mail begins; nothing where somebody has removed it since."""
    parts = _said(line.uid("FETCH", number, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
    whole = next((one[1] for one in parts if isinstance(one, tuple)), b"")
    return bytes(whole)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
