"""A contact at which nothing arrives is marked, and what was to be said goes the other way."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from config.relay import Relay
from config.sms_gateway import TurboSms
from queue_app.clock import FixedClock
from queue_app.delivery.gateway import SmsGateway
from queue_app.delivery.smtp import SmtpMailer
from queue_app.domain.errors import Conflict, NotAllowed, RuleBroken
from queue_app.domain.messages import Medium
from queue_app.domain.people import OPERATOR, RESIDENT, SYSTEM
from queue_app.flow import (
    arrival,
    booking,
    contact_at_desk,
    forgetting,
    proving,
    reaching,
    refusing,
)
from queue_app.flow.act import By
from queue_app.jobs import retention
from queue_app.jobs.sending import Sender
from queue_app.queries import appointments, known, reference, refused
from queue_app.store import db
from tests.flow.desks import screen_of
from tests.flow.letters import Desk, book, waiting
from tests.support.hall import Desk as OpenDesk
from tests.support.hall import open_desk, take_ticket
from tests.support.mail_server import Office, mail_server
from tests.support.people import BRANCH, KIOSK
from tests.support.sms_server import sms_server

pytestmark = pytest.mark.usefixtures("proven")

MAIL, PHONE = "Olena@example.com", "+380671234567"
GONE = {"Olena@example.com": "550 5.1.1 no such olena"}
WAYS: tuple[Medium, ...] = ("mail", "sms")


@pytest.fixture
def office() -> Iterator[Office]:
    with mail_server() as running:
        running.refused = dict(GONE)
        yield running


def mailer(office: Office) -> SmtpMailer:
    return SmtpMailer(Relay("127.0.0.1", office.port, "none"), "noreply@queue.example.org")


async def marked() -> dict[str, str]:
    rows = await db.fetch("SELECT contact, reason FROM refused_contact ORDER BY contact")
    return {row["contact"]: row["reason"] for row in rows}


async def test_a_refused_address_is_marked_and_the_phone_is_told_once(
    clock: FixedClock, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    await book(clock, MAIL, PHONE)
    phones = Desk()
    sender = Sender({"mail": mailer(office), "sms": phones}, ways=WAYS)
    assert [await sender.deliver(clock) for _ in range(2)] == [1, 0]
    assert await marked() == {"olena@example.com": "the recipient was refused with 550 5.1.1"}
    assert await waiting() == [
        ("booked", "mail", MAIL, "failed"),
        ("booked", "sms", PHONE, "sent"),
    ]
    assert [one.recipient for one in phones.letters] == [PHONE]
    assert "olena" not in caplog.text.lower()


async def test_without_a_gateway_the_phone_is_not_told_by_a_file(
    clock: FixedClock, office: Office
) -> None:
    await book(clock, MAIL, PHONE)
    await Sender({"mail": mailer(office), "sms": Desk()}, ways=["mail"]).deliver(clock)
    assert [channel for _, channel, *_ in await waiting()] == ["mail"]
    assert list(await marked()) == ["olena@example.com"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("550 5.7.1 looks like spam", "failed"),
        ("550 relay not permitted", "waiting"),
        ("530 5.7.0 sign in first", "waiting"),
        ("452 4.2.2 full", "waiting"),
    ],
)
async def test_what_is_refused_because_of_us_marks_nobody(
    answer: str, state: str, clock: FixedClock, office: Office
) -> None:
    office.refused = {MAIL: answer}
    await book(clock, MAIL, PHONE)
    await Sender({"mail": mailer(office), "sms": Desk()}, ways=WAYS).deliver(clock)
    assert await marked() == {}
    assert await waiting() == [("booked", "mail", MAIL, state)]


async def test_further_messages_are_not_tried_there_until_it_is_given_anew(
    clock: FixedClock, office: Office
) -> None:
    booked = await book(clock, MAIL)
    sender = Sender({"mail": mailer(office)}, ways=WAYS)
    await sender.deliver(clock)
    office.refused.clear()
    resident = By(RESIDENT, clock.now())
    moved_to = booked.starts_at + timedelta(minutes=90)
    await booking.move(resident, booked.token, moved_to)
    assert await sender.deliver(clock) == 0
    assert not office.received
    assert [state for *_, state in await waiting()] == ["failed", "failed"]
    # The same address once more says that it is right: it is tried.
    await reaching.correct(resident, booked.token, email="olena@example.com")
    assert await marked() == {}
    assert await sender.deliver(clock) == 1
    assert office.received[0].recipients == ["olena@example.com"]


async def test_a_corrected_contact_is_told_and_the_old_one_forgotten(
    clock: FixedClock, office: Office
) -> None:
    booked = await book(clock, MAIL)
    sender = Sender({"mail": mailer(office)}, ways=WAYS)
    await sender.deliver(clock)
    await reaching.correct(By(RESIDENT, clock.now()), booked.token, email="ok@example.com")
    assert await marked() == {}
    assert await sender.deliver(clock) == 1
    assert office.received[0].recipients == ["ok@example.com"]


async def test_another_name_alone_says_nothing_of_the_contact(
    clock: FixedClock, office: Office
) -> None:
    booked = await book(clock, MAIL)
    await Sender({"mail": mailer(office)}).deliver(clock)
    await reaching.correct(By(RESIDENT, clock.now()), booked.token, name="Олена Петренко")
    assert list(await marked()) == ["olena@example.com"]


async def test_a_new_booking_and_a_proof_try_a_contact_again(
    clock: FixedClock, office: Office
) -> None:
    await book(clock, MAIL)
    sender = Sender({"mail": mailer(office)})
    await sender.deliver(clock)
    assert await marked()
    await book(clock, "olena@EXAMPLE.com")
    assert await marked() == {}
    office.refused["olena@example.com"] = GONE[MAIL]
    await sender.deliver(clock)
    assert await marked()
    office.refused.clear()
    asked = await proving.ask_code(By(RESIDENT, clock.now()), MAIL)
    assert await sender.deliver(clock) == 1, "a code is sent there all the same"
    said = office.received[-1].message["Subject"]
    await proving.prove(By(RESIDENT, clock.now()), asked.token, said)
    assert await marked() == {}


async def test_a_number_that_the_gateway_refuses_is_marked(clock: FixedClock) -> None:
    await book(clock, None, PHONE)
    refusal = {"response_code": 305, "response_status": "INVALID_PHONE"}
    with sms_server((200, refusal)) as counter:
        gateway = SmsGateway(TurboSms(token="t", sender="CKS", url=counter.url))
        await Sender({"sms": gateway}, ways=WAYS).deliver(clock)
    assert await marked() == {PHONE: "the gateway refused it: INVALID_PHONE"}
    assert [state for *_, state in await waiting()] == ["failed"]


async def test_a_text_that_the_gateway_refuses_marks_no_number(clock: FixedClock) -> None:
    await book(clock, None, PHONE)
    refusal = {"response_code": 405, "response_status": "NOT_ALLOWED_MESSAGE_TEXT"}
    with sms_server((200, refusal)) as counter:
        gateway = SmsGateway(TurboSms(token="t", sender="CKS", url=counter.url))
        await Sender({"sms": gateway}).deliver(clock)
    assert await marked() == {}


async def test_the_same_refusal_twice_is_one(clock: FixedClock) -> None:
    await book(clock, MAIL, PHONE)
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    by = By(SYSTEM, clock.now())
    assert await refusing.refuse(by, identity, "it came back: 5.1.1", WAYS)
    assert not await refusing.refuse(by, identity, "it came back: 5.1.1", WAYS)
    assert len(await waiting()) == 2


async def test_what_nobody_sent_marks_nobody(clock: FixedClock) -> None:
    await book(clock, MAIL)
    stranger = "00000000-0000-4000-8000-000000000000"
    assert not await refusing.refuse(By(SYSTEM, clock.now()), stranger, "it came back: 5.1.1")
    assert await marked() == {}


async def test_a_booking_that_was_corrected_in_the_meantime_is_not_told_twice(
    clock: FixedClock,
) -> None:
    booked = await book(clock, MAIL, PHONE)
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    await reaching.correct(By(RESIDENT, clock.now()), booked.token, email="ok@example.com")
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1", WAYS)
    assert [channel for _, channel, *_ in await waiting()] == ["mail", "mail"]
    assert await marked() == {}


async def test_a_visit_long_over_is_not_told_of_by_another_way(clock: FixedClock) -> None:
    await book(clock, MAIL, PHONE)
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    clock.advance(minutes=60 * 24 * 5)
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1", WAYS)
    assert len(await waiting()) == 1


async def test_in_the_evening_the_phone_is_told_in_the_morning(clock: FixedClock) -> None:
    booked = await book(clock, MAIL, PHONE)
    free = booked.starts_at + timedelta(days=1)
    await booking.move(By(RESIDENT, clock.now()), booked.token, free)
    identity = str(await db.fetch_value("SELECT identity FROM message ORDER BY id DESC"))
    clock.advance(minutes=12 * 60)  # ten in the evening
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1", WAYS)
    due = await db.fetch_value("SELECT due_at FROM message WHERE channel = 'sms'")
    directory = await reference.directory()
    assert directory.local(due).hour == 8


async def test_the_mark_goes_with_the_data_of_the_last_booking(clock: FixedClock) -> None:
    first, second = await book(clock, MAIL), await book(clock, "olena@example.com")
    identity = str(await db.fetch_value("SELECT identity FROM message ORDER BY id DESC"))
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1")
    await forgetting.forget(By(RESIDENT, clock.now()), first.token)
    assert await marked()
    await forgetting.forget(By(RESIDENT, clock.now()), second.token)
    assert await marked() == {}


async def test_retention_and_erasing_take_the_mark(clock: FixedClock) -> None:
    for take_away in (erased, kept_long_enough):
        await book(clock, MAIL)
        identity = str(await db.fetch_value("SELECT identity FROM message ORDER BY id DESC"))
        await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1")
        assert await marked()
        await take_away(clock)
        assert await marked() == {}


async def erased(clock: FixedClock) -> None:
    await forgetting.erase(By(OPERATOR, clock.now()), forgetting.person_of(MAIL, "UA"))


async def kept_long_enough(clock: FixedClock) -> None:
    await retention.forget_people(clock)
    assert await marked(), "the booking is still to come"
    await db.fetch("UPDATE appointment SET name = NULL, email = NULL WHERE email IS NOT NULL")
    await retention.forget_people(clock)


async def test_who_asks_what_is_known_of_them_is_told_of_the_mark(clock: FixedClock) -> None:
    booked = await book(clock, MAIL, PHONE)
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1")
    found = await known.of_booking(await reference.directory(), booked)
    assert found.email_refused_at == clock.now() and found.phone_refused_at is None
    assert not await refused.of("other@example.com", None)


async def test_the_desk_sees_that_a_contact_is_refused(clock: FixedClock) -> None:
    booked = await book(clock, MAIL, PHONE)
    clock.advance(minutes=55)
    issued = await arrival.check_in(By(KIOSK, clock.now()), BRANCH, booked.code)
    desk = await open_desk("1", clock.now())
    await desk.call(issued.id)
    before = await screen_of(desk, clock)
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1", WAYS)
    seen = await screen_of(desk, clock)
    assert before.current and before.current.refused == ()
    assert seen.current and seen.current.refused == ("email",)
    assert seen.version > before.version, "the screen is told"


def by(desk: OpenDesk) -> By:
    return By(desk.clerk, desk.now)


async def at_the_desk(clock: FixedClock, code: str) -> tuple[OpenDesk, int]:
    """Whoever has this code is called and served; the desk and their ticket."""
    issued = await arrival.check_in(By(KIOSK, clock.now()), BRANCH, code)
    desk = await open_desk("1", clock.now())
    await desk.call(issued.id)
    return desk, issued.id


async def test_a_clerk_corrects_what_does_not_arrive_and_other_bookings_are_told_there(
    clock: FixedClock, office: Office
) -> None:
    booked = await book(clock, MAIL, PHONE)
    later = await book(clock, "olena@example.com")
    await Sender({"mail": mailer(office), "sms": Desk()}).deliver(clock)
    assert await marked()
    clock.advance(minutes=55)
    desk, ticket = await at_the_desk(clock, booked.code)
    await contact_at_desk.correct_contact(by(desk), ticket, email="olena@example.org")
    assert await marked() == {}
    seen = await screen_of(desk, clock)
    assert seen.current and seen.current.refused == ()
    kept = [(await appointments.by_token(one.token)).email for one in (booked, later)]
    assert kept == ["olena@example.org"] * 2
    told = Desk()
    await Sender({"mail": told, "sms": told}, "https://q.example.org").deliver(clock)
    assert [one.recipient for one in told.letters] == ["olena@example.org"]
    assert later.token in told.letters[0].text, "of the other booking; of this one they know"


async def test_a_clerk_corrects_at_their_own_desk_alone_and_only_what_was_booked(
    clock: FixedClock,
) -> None:
    booked = await book(clock, MAIL, PHONE)
    clock.advance(minutes=55)
    desk, ticket = await at_the_desk(clock, booked.code)
    other = await open_desk("2", clock.now())
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await contact_at_desk.correct_contact(by(other), ticket, email="a@example.com")
    for phone, email in ((None, None), (None, "  "), (None, "olena@"), ("067", None)):
        with pytest.raises(RuleBroken, match="bad_contact"):
            await contact_at_desk.correct_contact(by(desk), ticket, phone, email)
    with pytest.raises(RuleBroken, match="contact_unsure"):
        await contact_at_desk.correct_contact(by(desk), ticket, email="olena@gmail.con")
    assert (await appointments.by_token(booked.token)).email == MAIL
    await contact_at_desk.correct_contact(
        by(desk), ticket, email="olena@gmail.con", as_it_is=["email"]
    )
    assert (await appointments.by_token(booked.token)).email == "olena@gmail.con"
    walked_in = await take_ticket(clock.now())
    await other.call(walked_in.id)
    with pytest.raises(Conflict, match="no_booking"):
        await contact_at_desk.correct_contact(by(other), walked_in.id, email="a@example.com")


async def test_an_address_that_is_said_to_be_right_is_tried_once_more(clock: FixedClock) -> None:
    booked = await book(clock, MAIL, PHONE)
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1")
    clock.advance(minutes=55)
    desk, ticket = await at_the_desk(clock, booked.code)
    await contact_at_desk.correct_contact(by(desk), ticket, email=MAIL)
    assert await marked() == {}
