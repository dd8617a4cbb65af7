"""What comes back marks its contact: read in a real mailbox, or handed over by a mail server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.relay import Relay
from queue_app.clock import FixedClock
from queue_app.delivery import mailbox as mailboxes
from queue_app.delivery.mailbox import Mailbox, MailboxAway
from queue_app.delivery.smtp import SmtpMailer
from queue_app.domain.messages import Medium
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import By
from queue_app.jobs.reading_bounces import BounceReader, take
from queue_app.jobs.sending import Sender
from queue_app.store import db
from tests.flow.letters import Desk, book, waiting
from tests.support.bounced import out_of_office, report
from tests.support.imap_server import PASSWORD, USER, Post, imap_server
from tests.support.mail_server import Office, mail_server, make_certificate

pytestmark = pytest.mark.usefixtures("proven")

BOUNCES = "bounces@example.org"
MAIL, PHONE = "olena@example.com", "+380671234567"
WAYS: tuple[Medium, ...] = ("mail", "sms")


@pytest.fixture
def office() -> Iterator[Office]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("imap"))


def reader(post: Post, certificate: Path) -> BounceReader:
    return BounceReader(Mailbox(post.inbox(certificate), BOUNCES), BOUNCES, WAYS)


async def sent(clock: FixedClock, office: Office) -> str:
    """The return path of a booking's letter, as its server was told it."""
    await book(clock, MAIL, PHONE)
    relay = Relay("127.0.0.1", office.port, "none")
    mailer = SmtpMailer(relay, "noreply@queue.example.org", BOUNCES)
    assert await Sender({"mail": mailer}, ways=WAYS).deliver(clock) == 1
    return office.received[-1].sender


async def marked() -> dict[str, str]:
    rows = await db.fetch("SELECT contact, reason FROM refused_contact")
    return {row["contact"]: row["reason"] for row in rows}


async def test_a_letter_that_comes_back_marks_its_contact_and_the_phone_is_told(
    clock: FixedClock, office: Office, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    back_to = await sent(clock, office)
    other = b"To: info@example.org\r\n\r\nGood morning\r\n"
    async with imap_server(certificate, report(back_to), out_of_office(back_to), other) as post:
        assert await reader(post, certificate).read(clock) == 1
        assert [one.seen for one in post.mails] == [True, True, False]
        assert await reader(post, certificate).read(clock) == 0
        assert post.asked.count("UID FETCH") == 2, "each is read once"
    assert await marked() == {MAIL: "it came back: 5.1.1"}
    phones = Desk()
    await Sender({"sms": phones}, ways=WAYS).deliver(clock)
    assert [one.recipient for one in phones.letters] == [PHONE]
    assert await waiting() == [
        ("booked", "mail", MAIL, "failed"),
        ("booked", "sms", PHONE, "sent"),
    ]
    assert MAIL not in caplog.text


async def test_a_mail_that_was_dealt_with_but_not_marked_as_read_counts_once(
    clock: FixedClock, office: Office, certificate: Path
) -> None:
    back_to = await sent(clock, office)
    async with imap_server(certificate, report(back_to)) as post:
        post.say["UID STORE"] = "hang up"
        with pytest.raises(MailboxAway):
            await reader(post, certificate).read(clock)
        assert await marked()
        assert [one.seen for one in post.mails] == [False]
        post.say.clear()
        assert await reader(post, certificate).read(clock) == 0
        assert [one.seen for one in post.mails] == [True]
    assert len(await waiting()) == 2


@pytest.mark.parametrize(
    ("command", "reply", "said"),
    [
        ("LOGIN", "NO bounces@example.org is not known", "refused us"),
        ("SELECT", "NO no such folder", "refused us"),
        ("UID SEARCH", "BAD what", "refused us"),
        ("UID FETCH", "hang up", "hung up"),
        ("LOGIN", "hang up", "hung up"),
    ],
)
async def test_a_mailbox_that_refuses_or_hangs_up_is_said_without_what_it_says(
    command: str, reply: str, said: str, clock: FixedClock, certificate: Path
) -> None:
    async with imap_server(certificate, report("bounces+1@example.org")) as post:
        post.say[command] = reply
        with pytest.raises(MailboxAway, match=said) as caught:
            await reader(post, certificate).read(clock)
        assert USER not in str(caught.value) and PASSWORD not in str(caught.value)


async def test_a_mailbox_is_spoken_to_over_tls_that_is_known_alone(
    clock: FixedClock, certificate: Path, tmp_path: Path
) -> None:
    strange = make_certificate(tmp_path)
    async with imap_server(strange, report("bounces+1@example.org")) as post:
        with pytest.raises(MailboxAway, match="SSLCertVerificationError"):
            await reader(post, certificate).read(clock)
    assert post.asked == []
    with pytest.raises(MailboxAway, match="ConnectionRefusedError"):
        await reader(post, certificate).read(clock)


async def test_a_mailbox_that_hangs_is_left_alone_and_holds_nobody_up(
    clock: FixedClock, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "SECONDS", 0.6)
    async with imap_server(certificate, report("bounces+1@example.org")) as post:
        post.say["UID SEARCH"] = "hang"
        hanging = reader(post, certificate)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await hanging.read(clock)
        assert await hanging.read(clock) == 0, "not asked again while it hangs"
        assert post.asked.count("LOGIN") == 1


async def test_a_mail_stays_unread_while_the_database_is_away(
    clock: FixedClock, office: Office, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_to = await sent(clock, office)
    async with imap_server(certificate, report(back_to)) as post:
        with monkeypatch.context() as patch:
            patch.setattr(db, "transact", gone)
            with pytest.raises(ConnectionRefusedError):
                await reader(post, certificate).read(clock)
        assert not post.mails[0].seen
        assert await reader(post, certificate).read(clock) == 1


async def gone(*_: object) -> None:
    raise ConnectionRefusedError


async def test_a_refusal_of_the_letter_alone_fails_it_and_marks_nobody(
    clock: FixedClock, office: Office
) -> None:
    back_to = await sent(clock, office)
    spam = report(back_to, status="5.7.1", diagnostic="smtp; 554 5.7.1 spam")
    assert await take(By(SYSTEM, clock.now()), spam, BOUNCES, WAYS)
    assert await marked() == {}
    assert await waiting() == [("booked", "mail", MAIL, "failed")]


@pytest.mark.parametrize("action", ["delayed", "delivered"])
async def test_a_letter_under_way_is_no_letter_that_failed(
    action: str, clock: FixedClock, office: Office
) -> None:
    back_to = await sent(clock, office)
    mail = report(back_to, action=action, status="4.4.1")
    assert not await take(By(SYSTEM, clock.now()), mail, BOUNCES, WAYS)
    assert await waiting() == [("booked", "mail", MAIL, "sent")]


async def test_nobody_marks_a_contact_who_was_not_sent_its_letter(
    clock: FixedClock, office: Office
) -> None:
    """Numbers of bookings and messages can be guessed; what is asked for cannot."""
    back_to = await sent(clock, office)
    guessed = back_to[:8] + "00000000-0000-4000-8000-000000000001" + back_to[44:]
    for forged in (guessed, "bounces+1@example.org", BOUNCES):
        assert not await take(By(SYSTEM, clock.now()), report(forged), BOUNCES, WAYS)
    assert await marked() == {}
    identities = await db.fetch("SELECT identity FROM message")
    assert all(row["identity"].version == 4 for row in identities)
