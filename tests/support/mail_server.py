"""A real mail server on loopback, which refuses, hangs and hangs up as it is told to."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USER, PASSWORD = "queue@example.org", "pass:w/ord"
logging.getLogger("mail.log").setLevel(logging.WARNING)
"""It writes whom each letter is for, which is not to be found in what the product logs."""


@dataclass(frozen=True)
class Received:
    sender: str
    recipients: Sequence[str]
    content: bytes
    line: int
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        read = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read


@dataclass
class Office:
    """What a mail server does with what comes. `say`: the answers to the next letters, in turn:
    a reply, "hang" or "hang up"; `refused`: the reply for each recipient that is not known."""

    received: list[Received] = field(default_factory=list)
    say: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    lines: list[Any] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - named by the library
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - named by the library
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        said = self.say.pop(0) if self.say else "250 OK"
        if said == "hang":
            await asyncio.sleep(60)
        if said == "hang up":
            assert server.transport
            server.transport.close()
            return "250 nobody hears this"
        if session not in self.lines:
            self.lines.append(session)
        if said.startswith("250"):
            content = envelope.original_content
            assert content is not None and envelope.mail_from is not None
            line = self.lines.index(session)
            self.received.append(
                Received(
                    envelope.mail_from, envelope.rcpt_tos, content, line, session.ssl is not None
                )
            )
        return said


def signed_in(
    server: SMTP, session: Session, envelope: Envelope, how: str, data: Any
) -> AuthResult:
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(certificate: Path | None = None) -> Iterator[Office]:
    """With a certificate and its key in one file: whoever sends must ask for TLS and sign in."""
    office = Office()
    options: dict[str, Any] = {}
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        options = {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": signed_in,
            "auth_required": True,
        }
    office.port = _free_port()
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def make_certificate(folder: Path) -> Path:
    """Signed by itself, for localhost, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
