"""A letter as a mail (RFC 5322): its words, its looks, and the booking for a calendar."""

from email.header import Header
from email.headerregistry import (
    Address,
    HeaderRegistry,
    UniqueUnstructuredHeader,
    UnstructuredHeader,
)
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime

from queue_app.delivery.adapter import CalendarPart, Letter


class _Verbatim(UnstructuredHeader):
    """An address as it is, however long: folded it would be encoded, and lead nowhere."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


class _Subject(UniqueUnstructuredHeader):
    """Encoded as a whole or not at all: in parts a blank is added where two of them meet."""

    def fold(self, *, policy: Policy) -> str:
        text = str(self)
        charset = None if text.isascii() else "utf-8"
        whole = Header(text, charset, header_name="Subject").encode(linesep=policy.linesep)
        return f"{self.name}: {whole}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)  # type: ignore[arg-type]
_HEADERS.map_to_type("list-unsubscribe", _Verbatim)  # type: ignore[arg-type]
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")
"""Seven bits, which no server on the way has to change: what it changes is signed no more."""


def mail(
    letter: Letter, sender: str, recipient: str | None = None, name: str | None = None
) -> bytes:
    """The bytes that are sent, the same however often: a repeat bears the same Message-ID.

    `sender`: a bare address, whose domain names the message, too. `recipient`: the letter's as
    mail servers take it. `name`: of who sends, where it is not the centre's title.
    """
    message = EmailMessage(policy=_POLICY)
    message["Message-ID"] = f"<{letter.identity}@{sender.rpartition('@')[2]}>"
    message["Date"] = format_datetime(letter.created_at)
    message["From"] = Address(_one_line(name or letter.centre or ""), addr_spec=sender)
    message["To"] = recipient or letter.recipient
    message["Subject"] = _one_line(letter.subject)
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    if letter.calendar:
        _add_calendar(message, letter.calendar)
    message["Content-Language"] = letter.language  # what sets a content drops what stood before it
    _name_parts(message, letter.identity)
    return message.as_bytes()


def _add_calendar(message: EmailMessage, calendar: CalendarPart) -> None:
    """Once as what mail programs act on, and once as a file for those that do not."""
    message.add_alternative(
        calendar.content.decode(), subtype="calendar", params={"method": calendar.method}
    )
    message.add_attachment(
        calendar.content, maintype="application", subtype="ics", filename="invite.ics"
    )


def _name_parts(message: EmailMessage, identity: str) -> None:
    """Boundaries would be drawn anew each time; ours follow from the message."""
    several = [one for one in message.walk() if one.is_multipart()]
    for place, part in enumerate(several):
        part.set_boundary(f"{identity}-{place}")


def _one_line(text: str) -> str:
    """A title may come from an operator's file, with a line break in it."""
    return " ".join(text.splitlines())
