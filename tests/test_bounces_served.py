"""A whole round with a real server: booked, signed, sent, refused far away, read, told by SMS."""

import asyncio
from base64 import b64encode
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from config.relay import Relay
from queue_app.clock import FixedClock
from queue_app.delivery.smtp import SmtpMailer
from queue_app.jobs.sending import Sender
from tests.flow.letters import book
from tests.support.bounced import report
from tests.support.imap_server import PASSWORD, imap_server
from tests.support.mail_server import mail_server, make_certificate
from tests.support.sms_server import sms_server
from tests.support.waiting import until
from tests.test_cli import Terminal

pytestmark = [pytest.mark.server, pytest.mark.slow]
BOUNCES = "bounces@example.org"
TAKEN = 200, {"response_code": 801, "response_result": [{"response_code": 0}]}


async def test_what_comes_back_is_read_and_the_person_told_by_sms(
    database: str, clock: FixedClock, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    key = rsa.generate_private_key(65537, 2048)
    path = tmp_path / "dkim.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o644)
    gateway = tmp_path / "gateway.toml"
    await book(clock, "olena@example.com", "+380671234567")
    with mail_server() as office, sms_server(TAKEN) as counter:
        relay = Relay("127.0.0.1", office.port, "none")
        await Sender({"mail": SmtpMailer(relay, "a@example.org", BOUNCES)}).deliver(clock)
        back_to = office.received.pop().sender
        await book(clock, "ivan@example.com")
        async with imap_server(certificate, report(back_to)) as post:
            gateway.write_text(
                f'kind = "turbosms"\ntoken = "t0ken"\nsender = "CKS"\nurl = "{counter.url}/send"\n'
            )
            password = PASSWORD.replace("\\", "%5C").replace('"', "%22")
            terminal = Terminal(tmp_path / "data", database)
            terminal.environment |= {
                "QUEUE_APP_SMTP_URL": f"smtp://127.0.0.1:{office.port}?tls=none",
                "QUEUE_APP_MAIL_FROM": "noreply@queue.example.org",
                "QUEUE_APP_MAIL_BOUNCES": BOUNCES,
                "QUEUE_APP_BOUNCES_IMAP": f"imaps://bounces%40example.org:{password}"
                f"@localhost:{post.port}/Came%20back?ca={certificate}",
                "QUEUE_APP_DKIM_KEY": str(path),
                "QUEUE_APP_DKIM_SELECTOR": "queue",
                "QUEUE_APP_SMS_GATEWAY": str(gateway),
            }
            server = await asyncio.to_thread(terminal.serve, "--clock", clock.now().isoformat())
            try:
                await until(lambda: office.received and counter.asked, 30)
            finally:
                await asyncio.to_thread(server.stop)
    log = server.log.read_text()
    assert "others can read" in log and "Traceback" not in log
    secrets = ("olena", "ivan", "380671234567", PASSWORD, "PRIVATE", "t0ken", back_to)
    assert not [one for one in secrets if one in log]
    received = office.received[0]
    assert received.message["To"] == "ivan@example.com"
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b64encode(public)
    assert dkim.verify(received.content, dnsfunc=lambda name, timeout=5: record)
    assert counter.asked[0].json["recipients"] == ["380671234567"]
    assert [one.seen for one in post.mails] == [True]
