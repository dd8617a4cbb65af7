"""Letters go out through a real mail server, which refuses, hangs and hangs up."""

import asyncio
import multiprocessing
import os
import signal
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from config.dkim import Dkim, PrivateKey
from config.relay import Relay, parse_relay
from queue_app.clock import FixedClock
from queue_app.delivery.adapter import CalendarPart, Letter
from queue_app.delivery.mail import mail
from queue_app.delivery.signing import signer
from queue_app.delivery.smtp import SmtpMailer
from queue_app.jobs import sending
from queue_app.jobs.sending import Sender
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.letters import book, waiting
from tests.support.mail_server import PASSWORD, USER, Office, mail_server, make_certificate

pytestmark = pytest.mark.usefixtures("proven")

SENDER = "noreply@queue.example.org"


@pytest.fixture
def office() -> Iterator[Office]:
    with mail_server() as running:
        yield running


def mailer(office: Office, bounces: str | None = None) -> SmtpMailer:
    return SmtpMailer(Relay("127.0.0.1", office.port, "none"), SENDER, bounces)


async def test_a_letter_arrives_once_from_us_to_its_recipient(
    clock: FixedClock, office: Office
) -> None:
    await book(clock)
    sender = Sender({"mail": mailer(office)})
    assert [await sender.deliver(clock) for _ in range(2)] == [1, 0]
    (received,) = office.received
    assert (received.sender, received.recipients) == (SENDER, ["olena@example.com"])
    message = received.message
    assert message["To"] == "olena@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "uk"
    assert "11:00" in message["Subject"]
    assert message["Message-ID"].endswith("@queue.example.org>")
    words = message.get_body(("plain",))
    assert words and "11:00" in words.get_content()


async def test_one_connection_is_enough_for_all_that_is_due(
    clock: FixedClock, office: Office
) -> None:
    for number in range(5):
        await book(clock, f"n{number}@example.com")
    sender = Sender({"mail": mailer(office)})
    assert await sender.deliver(clock) == 5
    await book(clock, "later@example.com")
    assert await sender.deliver(clock) == 1
    assert [one.line for one in office.received] == [0, 0, 0, 0, 0, 1]


async def test_what_is_refused_for_now_is_tried_again_and_what_is_refused_for_good_is_not(
    clock: FixedClock, office: Office
) -> None:
    office.refused = {"gone@example.com": "550 5.1.1 no such olena", "full@example.com": "452 full"}
    for address in ("gone@example.com", "full@example.com", "good@example.com"):
        await book(clock, address)
    sender = Sender({"mail": mailer(office)})
    assert await sender.deliver(clock) == 1
    assert [state for *_, state in await waiting()] == ["failed", "waiting", "sent"]
    assert await errors() == [
        "the recipient was refused with 550 5.1.1", "the recipient was refused with 452", None,
    ]  # fmt: skip
    del office.refused["full@example.com"]
    clock.advance(minutes=1)
    assert await sender.deliver(clock) == 1
    assert [state for *_, state in await waiting()] == ["failed", "sent", "sent"]
    assert [one.recipients for one in office.received] == [
        ["good@example.com"], ["full@example.com"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        ("451 busy", "waiting", "the letter was refused with 451"),
        ("554 olena looks like spam", "failed", "the letter was refused with 554"),
        ("hang up", "waiting", "the mail server cannot be used: SMTPServerDisconnected"),
    ],
)
async def test_what_the_server_says_of_the_letter_is_understood_and_not_repeated(
    answer: str, state: str, error: str, clock: FixedClock, office: Office
) -> None:
    office.say = [answer]
    await book(clock, "first@example.com")
    await book(clock, "second@example.com")
    sender = Sender({"mail": mailer(office)})
    assert await sender.deliver(clock) == 1, "the next letter goes on a new line"
    assert [one for *_, one in await waiting()] == [state, "sent"]
    assert await errors() == [error, None]


async def test_a_server_that_hangs_is_given_up_and_asked_again(
    clock: FixedClock, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "DELIVER_SECONDS", 0.3)
    office.say = ["hang"]
    await book(clock)
    sender = Sender({"mail": mailer(office)})
    assert await sender.deliver(clock) == 0
    assert [state for *_, state in await waiting()] == ["waiting"]
    clock.advance(minutes=1)
    monkeypatch.undo()
    assert await sender.deliver(clock) == 1


async def test_a_server_that_is_away_loses_nothing(clock: FixedClock) -> None:
    with mail_server() as gone:
        port = gone.port
    await book(clock)
    sender = Sender({"mail": SmtpMailer(Relay("127.0.0.1", port, "none"), SENDER)})
    assert await sender.deliver(clock) == 0
    assert await errors() == ["the mail server cannot be used: SMTPConnectError"]
    assert [state for *_, state in await waiting()] == ["waiting"]


async def test_passwords_go_over_tls_alone_to_a_server_that_is_known(
    clock: FixedClock, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    with mail_server(certificate) as office:
        address = f"{USER.replace('@', '%40')}:{PASSWORD.replace('/', '%2F')}@localhost"
        known = parse_relay(f"smtp://{address}:{office.port}?tls=starttls&ca={certificate}")
        strange = parse_relay(f"smtp://{address}:{office.port}?tls=starttls")
        await book(clock)
        assert await Sender({"mail": SmtpMailer(strange, SENDER)}).deliver(clock) == 0
        clock.advance(minutes=1)
        assert await Sender({"mail": SmtpMailer(known, SENDER)}).deliver(clock) == 1
    assert office.received[0].encrypted


async def test_a_refused_sign_in_is_said_and_the_letter_waits(
    clock: FixedClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = make_certificate(tmp_path)
    with mail_server(certificate) as office:
        relay = parse_relay(f"smtp://queue:wrong@localhost:{office.port}?ca={certificate}")
        await book(clock)
        assert await Sender({"mail": SmtpMailer(relay, SENDER)}).deliver(clock) == 0
    assert await errors() == ["the mail server refused our sign-in with 535"]
    assert "wrong" not in caplog.text and "olena" not in caplog.text


async def test_what_comes_back_says_whose_it_was(clock: FixedClock, office: Office) -> None:
    await book(clock)
    await Sender({"mail": mailer(office, "bounces@example.org")}).deliver(clock)
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    assert office.received[0].sender == f"bounces+{identity}@example.org"


@pytest.mark.slow
async def test_a_worker_killed_after_sending_repeats_a_mail_that_can_be_told_as_one(
    clock: FixedClock, office: Office, dsn: str
) -> None:
    await book(clock)
    dying = multiprocessing.get_context("spawn").Process(
        target=_send_and_die, args=(dsn, office.port)
    )
    dying.start()
    await asyncio.to_thread(dying.join)
    assert dying.exitcode == -signal.SIGKILL
    assert [state for *_, state in await waiting()] == ["waiting"]
    clock.advance(minutes=3)
    assert await Sender({"mail": mailer(office)}).deliver(clock) == 1
    first, second = office.received
    assert first.content == second.content
    assert first.message["Message-ID"] == second.message["Message-ID"]


class _Dying(SmtpMailer):
    async def deliver(self, letter: Letter) -> None:
        await super().deliver(letter)
        os.kill(os.getpid(), signal.SIGKILL)


def _send_and_die(dsn: str, port: int) -> None:
    async def work() -> None:
        async with db.pool(dsn, max_size=2):
            relay = Relay("127.0.0.1", port, "none")
            await Sender({"mail": _Dying(relay, SENDER)}).deliver(FixedClock(MONDAY))

    asyncio.run(work())


async def test_a_signed_letter_is_verified_as_it_was_received_and_no_other(
    clock: FixedClock, office: Office
) -> None:
    """As whoever receives it does, with the public half of the key that stands in the DNS."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    named = Dkim(PrivateKey(Path("key.pem"), private, exposed=False), "queue", "queue.example.org")
    await book(clock)
    relay = Relay("127.0.0.1", office.port, "none")
    await Sender({"mail": SmtpMailer(relay, SENDER, None, signer(named))}).deliver(clock)
    received = office.received[0].content
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b64encode(public)
    asked: list[bytes] = []

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    assert dkim.verify(received, dnsfunc=look_up)
    assert asked == [b"queue._domainkey.queue.example.org."]
    assert max(received) < 128, "no server has to change a sign of it"
    assert not dkim.verify(received.replace(b"Subject:", b"Subject: x", 1), dnsfunc=look_up)
    assert not dkim.verify(b"From: evil@example.com\r\n" + received, dnsfunc=look_up)
    assert not dkim.verify(received.replace(b"text/html", b"text/xxxx", 1), dnsfunc=look_up)


async def test_the_sender_is_the_centre_in_the_letters_language_or_who_was_named(
    clock: FixedClock, office: Office
) -> None:
    relay = Relay("127.0.0.1", office.port, "none")
    for name in (None, "Queue, North"):
        await book(clock)
        await Sender({"mail": SmtpMailer(relay, SENDER, name=name)}).deliver(clock)
    # Python's own reading of an address puts a blank into a name that was folded.
    raw = [message_from_bytes(one.content)["From"] for one in office.received]
    first, second = (parseaddr(str(make_header(decode_header(one)))) for one in raw)
    assert first == ("Центр комунального сервісу", SENDER)
    assert second == ("Queue, North", SENDER)
    assert office.received[0].sender == SENDER


def letter(**more: Any) -> Letter:
    values: dict[str, Any] = {
        "identity": "0f6c3b1e-0000-4000-8000-000000000000",
        "outbox": "one",
        "channel": "mail",
        "recipient": "olena@example.com",
        "language": "uk",
        "subject": "Вас записано: завтра",
        "text": "Вас записано.\nКод: 123 456",
        "created_at": MONDAY + timedelta(minutes=1),
    }
    return Letter(**(values | more))


def test_a_letter_has_its_words_its_looks_and_the_booking_for_a_calendar() -> None:
    content = "BEGIN:VCALENDAR\r\nSUMMARY:Візит\r\nEND:VCALENDAR\r\n".encode()
    whole = letter(
        html="<p>Вас <b>записано</b></p>",
        calendar=CalendarPart("REQUEST", content),
        unsubscribe="https://q.example/x",
    )
    sent = mail(whole, SENDER)
    assert sent == mail(whole, SENDER)
    read = message_from_bytes(sent, policy=policy.default)
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
        "application/ics",
    ]  # fmt: skip
    assert read["List-Unsubscribe"] == "<https://q.example/x>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    calendar = next(part for part in read.walk() if part.get_content_type() == "text/calendar")
    assert calendar.get_param("method") == "REQUEST"
    assert "Візит" in calendar.get_content()


def test_a_long_address_to_unsubscribe_stands_in_the_letter_as_it_is() -> None:
    address = f"https://queue.example.org/visit/1-{'a' * 80}/reminders"
    sent = mail(letter(unsubscribe=address), SENDER)
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in sent


def test_no_title_puts_a_header_into_a_letter() -> None:
    evil = "Центр\r\nBcc: all@example.com"
    sent = mail(letter(subject=evil, centre=evil), SENDER)
    assert b"\nBcc:" not in sent


async def errors() -> list[str | None]:
    return [row["error"] for row in await db.fetch("SELECT error FROM message ORDER BY id")]
