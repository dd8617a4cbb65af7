"""What comes back (RFC 3464): of which letter, and why. Anybody may write there, so little counts.

A report counts where it was sent to an address that only who was sent the letter can know: the
letter's identity stands in it, 122 random bits. Whatever else comes, such as replies that were
made by themselves, means nothing.
"""

import re
from collections.abc import Iterable
from email.message import Message as Mail
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses
from itertools import islice

from msgspec import Struct

from queue_app.domain import refusals

MOST_BYTES = 256 * 1024
"""So much of a mail is read: the report stands before the letter that it returns."""
_MOST_BLOCKS = 20
_MOST_WORDS = 1000
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
_IDENTITY = r"\+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@"
_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")


class Bounce(Struct, frozen=True):
    """The letter with this identity did not arrive. `of_recipient`: nor will any other there."""

    identity: str
    status: str
    of_recipient: bool

    @property
    def reason(self) -> str:
        return f"it came back: {self.status}"


def return_path(bounces: str, identity: str) -> str:
    """Where the letter with this identity comes back to (VERP)."""
    local, _, domain = bounces.rpartition("@")
    return f"{local}+{identity}@{domain}"


def read_bounce(content: bytes, bounces: str) -> Bounce | None:
    """What the mail says of a letter whose return path was made of `bounces`; None: nothing."""
    try:
        mail = BytesParser(policy=compat32).parsebytes(content[:MOST_BYTES])
    except RecursionError:  # parts in parts in parts: no server writes that
        return None
    identity = _identity(mail, bounces)
    if identity is None or mail.get_content_type() != "multipart/report":
        return None
    parts = mail.get_payload()
    if not isinstance(parts, list):
        return None
    # Not in what is returned or forwarded: there stands what others have said to others.
    report = [
        one.get_payload()
        for one in parts
        if isinstance(one, Mail) and one.get_content_type() == "message/delivery-status"
    ]
    blocks = report[0] if len(report) == 1 else None
    found = _said_by(islice(blocks, _MOST_BLOCKS)) if isinstance(blocks, list) else None
    return Bounce(identity, *found) if found else None


def _identity(mail: Mail, bounces: str) -> str | None:
    """The one letter to whose return path this was sent."""
    local, _, domain = bounces.rpartition("@")
    ours = re.compile(re.escape(local) + _IDENTITY + re.escape(domain), re.IGNORECASE)
    headers = [str(one) for name in _ADDRESSED for one in mail.get_all(name, [])]
    found = {
        named[1].lower()
        for _, address in getaddresses(one[:_MOST_WORDS] for one in headers[:_MOST_BLOCKS])
        if (named := ours.fullmatch(address))
    }
    return found.pop() if len(found) == 1 else None


def _said_by(blocks: Iterable[object]) -> tuple[str, bool] | None:
    """What failed for good, unless the letter has reached anybody or is still under way."""
    told = [one for one in blocks if isinstance(one, Mail) and one.get("Action")]
    actions = {_field(one, "Action").lower() for one in told}
    if actions != {"failed"}:
        return None
    for one in told:
        status = _STATUS.match(_field(one, "Status"))
        if status:
            return refusals.meant(status[0], _field(one, "Diagnostic-Code"))
    return None


def _field(block: Mail, name: str) -> str:
    return " ".join(str(block.get(name, ""))[:_MOST_WORDS].split())
