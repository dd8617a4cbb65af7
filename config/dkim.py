"""The key by which our mail is signed (DKIM): `QUEUE_APP_DKIM_KEY` and what goes with it."""

import re
import stat
from importlib.util import find_spec
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from msgspec import Struct

LEAST_BITS = 1024
"""Shorter keys are taken by nobody (RFC 8301)."""
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.IGNORECASE)


class PrivateKey(Struct, frozen=True):
    """`pem`: as the signer takes it. `exposed`: whether others of the machine can read the file."""

    path: Path
    pem: bytes
    exposed: bool

    def __repr__(self) -> str:
        return f"PrivateKey({self.path})"


class Dkim(Struct, frozen=True):
    """Its public half stands in the DNS at `selector`._domainkey.`domain`."""

    key: PrivateKey
    selector: str
    domain: str


def read_key(raw: str) -> PrivateKey:
    """The RSA key in this PEM file. ValueError says what is wrong, and nothing of the key."""
    if find_spec("dkim") is None:
        raise ValueError("needs the extra mail-dkim: .venv/bin/pip install dkimpy")
    path = Path(raw).expanduser().absolute()
    try:
        content, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        raise ValueError(f"{path} is locked with a password") from None
    except Exception:  # of many kinds, and what they say may quote the file
        raise ValueError(f"{path} is not a private key in PEM") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise ValueError(f"{path} is not an RSA key of at least {LEAST_BITS} bits")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return PrivateKey(path, pem, bool(mode & stat.S_IROTH))


def parse_name(raw: str) -> str:
    """A selector, or a domain. ValueError."""
    if not _NAME.fullmatch(raw):
        raise ValueError(f"{raw!r} is not a name of the DNS, such as queue or example.org")
    return raw.lower()
