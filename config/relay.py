"""The mail server to which letters are handed: `QUEUE_APP_SMTP_URL` and what goes with it."""

import re
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from msgspec import Struct

Tls = Literal["none", "optional", "starttls", "always"]
"""always: from the first byte; starttls: after asking, or not at all; optional: if it offers it."""

_PORTS: dict[Tls, int] = {"none": 25, "optional": 25, "starttls": 587, "always": 465}
_BARE = re.compile(r"[^\s@<>()\"]+@[^\s@<>()\"]+")
_EXAMPLE = "smtp://user:password@mail.example.org:587?tls=starttls"


class Relay(Struct, frozen=True):
    """Where and how. `ca`: a file with the certificate of who signed the server's, None: the
    usual ones of this machine."""

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = None
    ca: Path | None = None

    def __repr__(self) -> str:
        return f"Relay({self.host}:{self.port}, tls={self.tls})"


def parse_relay(raw: str) -> Relay:
    """ValueError says what is wrong; it never repeats the address, as a password stands in it."""
    try:
        parts = urlsplit(raw)
        port = parts.port
    except ValueError:
        raise ValueError("has no valid port") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(f"is not an address such as {_EXAMPLE}")
    if parts.path not in ("", "/") or parts.fragment:
        raise ValueError("has a path; a /, ? or # in the password is written %2F, %3F, %23")
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if (user is None) != (password is None):
        raise ValueError("names a user without a password, or the other way round")
    options = _options(parts)
    tls = _tls(parts, options.get("tls"), signs_in=user is not None)
    if user and tls == "none" and not _is_here(parts.hostname):
        raise ValueError("would send the password readable: tls=none is for this machine alone")
    ca = Path(options["ca"]).expanduser().absolute() if "ca" in options else None
    if ca and not ca.is_file():
        raise ValueError("names a ca that is not a file")
    return Relay(parts.hostname, port or _PORTS[tls], tls, user, password, ca)


def _options(parts: SplitResult) -> dict[str, str]:
    try:
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise ValueError("has options that are not written as name=value") from None
    if unknown := sorted(options.keys() - {"tls", "ca"}):
        raise ValueError(f"has an unknown option {unknown[0]!r}; there are tls and ca")
    return options


def _tls(parts: SplitResult, wish: str | None, signs_in: bool) -> Tls:
    """A password is never sent readable, so with one encryption is asked for unless said."""
    if parts.scheme == "smtps":
        if wish not in (None, "always"):
            raise ValueError("says smtps, which is always encrypted, and another tls beside it")
        return "always"
    match wish:
        case None:
            return "starttls" if signs_in else "optional"
        case "none" | "optional" | "starttls" | "always":
            if signs_in and wish == "optional":
                raise ValueError("would send the password readable where the server offers no TLS")
            return wish
    raise ValueError("has an unknown tls; there are none, optional, starttls, always")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class MailFrom(Struct, frozen=True):
    """Who sends; `name` None: the centre's title in each letter's language."""

    address: str
    name: str | None = None


def parse_sender(raw: str) -> MailFrom:
    """An address, with a name before it or not; ValueError."""
    name, address = parseaddr(raw)
    if not name:
        return MailFrom(parse_address(raw))
    if raw.rstrip()[-1:] != ">" or not name.isprintable():
        raise ValueError(f"{raw!r} is not a sender such as Our Centre <noreply@example.org>")
    return MailFrom(parse_address(address), name)


def parse_address(raw: str) -> str:
    """A bare mail address; ValueError."""
    name, address = parseaddr(raw)
    if name or address != raw or not _BARE.fullmatch(raw) or not raw.isascii():
        raise ValueError(f"{raw!r} is not an address such as noreply@example.org")
    return address
