"""The mailbox to which mail comes back: `QUEUE_APP_BOUNCES_IMAP`."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

_EXAMPLE = "imaps://user:password@mail.example.org/INBOX"


class Inbox(Struct, frozen=True):
    """Where it is, always over TLS. `ca`: a file with the certificate of who signed the server's,
    None: the usual ones of this machine."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    ca: Path | None = None

    def __repr__(self) -> str:
        return f"Inbox({self.host}:{self.port}/{self.folder})"


def parse_inbox(raw: str) -> Inbox:
    """ValueError says what is wrong; it never repeats the address, as a password stands in it."""
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError:
        raise ValueError("has no valid port") from None
    if parts.scheme != "imaps" or not parts.hostname:
        raise ValueError(f"is not an address such as {_EXAMPLE}")
    if not parts.username or not parts.password:
        raise ValueError(f"names no user and password, as {_EXAMPLE} does")
    if parts.fragment:
        raise ValueError("has a #; a /, ? or # in the password is written %2F, %3F, %23")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not (folder.isascii() and folder.isprintable()):
        raise ValueError("names a folder in other signs than Latin letters")
    try:
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise ValueError("has options that are not written as name=value") from None
    if unknown := sorted(options.keys() - {"ca"}):
        raise ValueError(f"has an unknown option {unknown[0]!r}; there is ca")
    ca = Path(options["ca"]).expanduser().absolute() if "ca" in options else None
    if ca and not ca.is_file():
        raise ValueError("names a ca that is not a file")
    user, password = unquote(parts.username), unquote(parts.password)
    return Inbox(parts.hostname, port or 993, user, password, folder, ca)
