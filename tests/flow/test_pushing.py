"""Browsers are told of calls, of being next and of their bookings, by a real push service."""

import asyncio
import ssl
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from queue_app.clock import FixedClock
from queue_app.delivery.webpush import WebPush, encrypted, public_key
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import Conflict, QueueError, RuleBroken
from queue_app.domain.messages import Medium, Outgoing
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.domain.pushes import read_subscription
from queue_app.flow import arrival, calling, forgetting, interrupting, outbox, pushing
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.jobs import retention, soon
from queue_app.jobs.sending import Sender
from queue_app.queries import doctor, tickets
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.letters import book, waiting
from tests.support.hall import open_desk, take_ticket
from tests.support.mail_server import make_certificate
from tests.support.people import BRANCH, KIOSK
from tests.support.sms_server import Counter, sms_server
from tests.support.subscriber import Subscriber, bytes_of, text_of
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("database")

TAKEN = (201, b"")
BY_PUSH: tuple[Medium, ...] = ("push",)


def pusher(anywhere: bool = True) -> Sender:
    push = WebPush("mailto:queue@example.org", anywhere)
    return Sender({"push": push}, only=BY_PUSH, at_once=4)


async def allow(
    issued: IssuedTicket,
    service: Counter,
    phone: Subscriber,
    path: str = "/p/1",
    by: By | None = None,
) -> None:
    who = by or By(RESIDENT, MONDAY)
    await pushing.allow_push(who, issued.token, "ticket", phone.at(service.url + path), "uk")


def reminder_of(booking: Appointment, now: datetime) -> Outgoing:
    """As the day before calls for it, by mail."""
    return Outgoing(
        branch_id=booking.branch_id,
        event=f"reminder {booking.id}",
        kind="reminder",
        channel="mail",
        recipient="olena@example.com",
        language="uk",
        due_at=now,
        appointment_id=booking.id,
    )


def test_what_the_standard_encrypted_is_read_by_the_browser_of_these_tests() -> None:
    """The example of RFC 8291, so that both ends cannot be wrong alike."""
    private = int.from_bytes(bytes_of("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    browser = Subscriber(
        ec.derive_private_key(private, ec.SECP256R1()), bytes_of("BTBZMqHH6r4Tts7J_aSIgg")
    )
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLoc"
        "InmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLV"
        "WGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.opened(bytes_of(body)) == b"When I grow up, I want to be a watermelon"
    assert browser.opened(encrypted(b"\xd0\x907", browser.point, browser.auth)) == b"\xd0\x907"


async def test_a_call_is_told_with_number_and_desk_and_nothing_else(clock: FixedClock) -> None:
    desk, phone = await open_desk("1", MONDAY), Subscriber()
    issued = await take_ticket(MONDAY)
    with sms_server(TAKEN) as service:
        await allow(issued, service, phone)
        await desk.call()
        assert await pusher().deliver(clock) == 1
        assert await pusher().deliver(clock) == 0
        [asked] = service.asked
    assert phone.read(asked.body) == {
        "title": "Талон А1: підійдіть до вікна 1",
        "body": "Ваша черга.",
        "url": f"/t/{issued.token}",
        "tag": "ticket А1",
    }
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert (headers["ttl"], headers["urgency"]) == ("60", "high")
    assert headers["content-encoding"] == "aes128gcm"
    assert len(headers["topic"]) == 32
    assert headers["host"] == service.url.removeprefix("http://")
    scheme, _, rest = headers["authorization"].partition(" ")
    assert scheme == "vapid"
    signed = dict(part.split("=", 1) for part in rest.split(", "))
    key = await pushing.private_key()
    assert signed["k"] == public_key(key)
    claims = jwt.decode(signed["t"], ECKey.import_key(key.public_key())).claims
    assert (claims["aud"], claims["sub"]) == (service.url, "mailto:queue@example.org")
    assert await doctor.check(MONDAY) == []


async def test_a_second_call_is_told_again_and_each_of_a_familys_phones_hears(
    clock: FixedClock,
) -> None:
    desk, phones = await open_desk("1", MONDAY), [Subscriber(), Subscriber()]
    issued = await take_ticket(MONDAY)
    with sms_server(TAKEN) as service:
        for place, phone in enumerate(phones):
            await allow(issued, service, phone, f"/p/{place}")
            await allow(issued, service, phone, f"/p/{place}")
        called = await desk.call()
        assert await pusher().deliver(clock) == 2
        clock.advance(seconds=20)
        by = By(desk.clerk, clock.now())
        await calling.recall(by, called.id)
        assert await pusher().deliver(clock) == 2
        last = {one.path: one.body for one in service.asked}
    assert phones[0].read(last["/p/0"])["body"] == "Повторний виклик."
    assert phones[1].read(last["/p/1"])["body"] == "Повторний виклик."


async def test_a_call_that_cannot_be_told_within_a_minute_is_told_no_more(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", MONDAY)
    issued = await take_ticket(MONDAY)
    with sms_server((429, b""), (503, b"")) as service:
        await allow(issued, service, Subscriber())
        await desk.call()
        assert await pusher().deliver(clock) == 0
        assert [one[3] for one in await waiting()] == ["waiting"]
        clock.advance(seconds=40)
        assert await pusher().deliver(clock) == 0
        clock.advance(minutes=3)
        assert await pusher().deliver(clock) == 0
        assert len(service.asked) == 2
    assert [one[3] for one in await waiting()] == ["dropped"]


async def test_a_call_that_is_over_is_not_told(clock: FixedClock) -> None:
    desk = await open_desk("1", MONDAY)
    issued = await take_ticket(MONDAY)
    with sms_server(TAKEN) as service:
        await allow(issued, service, Subscriber())
        called = await desk.call()
        await desk.start(called.id)
        assert await pusher().deliver(clock) == 0
        assert service.asked == []


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_told_of_nothing_any_more(
    clock: FixedClock, status: int
) -> None:
    desk = await open_desk("1", MONDAY)
    issued = [await take_ticket(MONDAY) for _ in range(2)]
    with sms_server((status, b"")) as service:
        for one in issued:
            await allow(one, service, Subscriber())
        await desk.call()
        await pusher().deliver(clock)
    assert await db.fetch("SELECT FROM push_subscription") == []
    assert [one[3] for one in await waiting()] == ["dropped"]


async def test_a_message_that_is_refused_for_good_is_given_up(clock: FixedClock) -> None:
    desk = await open_desk("1", MONDAY)
    issued = await take_ticket(MONDAY)
    with sms_server((413, b"")) as service:
        await allow(issued, service, Subscriber())
        await desk.call()
        await pusher().deliver(clock)
    assert [one[3] for one in await waiting()] == ["failed"]
    assert await db.fetch_value("SELECT error FROM message") == "the push service answered 413"


async def test_a_slow_push_service_holds_up_no_call_at_another(clock: FixedClock) -> None:
    desks = [await open_desk(number, MONDAY) for number in ("1", "2")]
    issued = [await take_ticket(MONDAY) for _ in desks]
    phone = Subscriber()
    with sms_server("hang") as slow, sms_server(TAKEN) as fast:
        await allow(issued[0], slow, Subscriber())
        await allow(issued[1], fast, phone)
        for desk in desks:
            await desk.call()
        delivering = asyncio.create_task(pusher().deliver(clock))
        await until(lambda: fast.asked)
        assert not delivering.done()
        assert await delivering == 1


async def test_who_is_next_is_told_so_once(clock: FixedClock) -> None:
    desk, phone = await open_desk("1", MONDAY), Subscriber()
    await take_ticket(MONDAY)
    issued = await take_ticket(MONDAY)
    tell = partial(soon.tell, None)
    with sms_server(TAKEN) as service:
        await allow(issued, service, phone)
        assert await tell(clock) == 0
        await desk.call()
        assert [await tell(clock), await tell(clock)] == [1, 0]
        assert await pusher().deliver(clock) == 1
        [asked] = service.asked
    assert phone.read(asked.body)["title"] == "Талон А2: ви наступні"
    assert asked.headers["TTL"] == "300"
    assert await doctor.check(MONDAY) == []


async def test_nobody_is_next_while_calls_are_stopped(clock: FixedClock) -> None:
    desk = await open_desk("1", MONDAY)
    issued = await take_ticket(MONDAY)
    with sms_server(TAKEN) as service:
        await allow(issued, service, Subscriber())
        await interrupting.interrupt(By(desk.clerk, MONDAY), BRANCH, "alert", None, "")
        assert await soon.tell(None, clock) == 0


async def test_a_booking_is_recalled_and_its_ticket_called_on_the_same_phone(
    clock: FixedClock,
) -> None:
    desk, phone = await open_desk("1", MONDAY), Subscriber()
    booking = await book(clock)
    await db.fetch("DELETE FROM message")
    reminder = reminder_of(booking, clock.now())
    with sms_server(TAKEN) as service:
        told = phone.at(f"{service.url}/p/1")
        await pushing.allow_push(By(RESIDENT, MONDAY), booking.token, "appointment", told, "en")
        await outbox.put([reminder])
        await outbox.put([reminder])
        assert await pusher().deliver(clock) == 1
        clock.set(booking.starts_at - timedelta(minutes=5))
        issued = await arrival.check_in(By(KIOSK, clock.now()), BRANCH, booking.code)
        await pushing.allow_push(By(RESIDENT, clock.now()), issued.token, "ticket", told, "en")
        await calling.call(By(desk.clerk, clock.now()), desk.id)
        assert await pusher().deliver(clock) == 1
        first, second = [phone.read(one.body) for one in service.asked]
    assert first["title"].startswith("Your booking: ")
    assert "Олена" not in str(first) and "debt" not in str(first)
    assert first["url"] == f"/visit/{booking.token}"
    assert second["title"] == "Ticket К1: go to desk 1"
    assert {one[1] for one in await waiting()} == {"mail", "push"}


async def test_the_switch_is_turned_off_again(clock: FixedClock) -> None:
    desk, phone = await open_desk("1", MONDAY), Subscriber()
    issued = await take_ticket(MONDAY)
    with sms_server(TAKEN) as service:
        await allow(issued, service, phone)
        stop = pushing.stop_push(By(RESIDENT, MONDAY), issued.token, "ticket", f"{service.url}/p/1")
        await stop
        await desk.call()
        assert await pusher().deliver(clock) == 0
        assert service.asked == []


async def test_five_browsers_are_told_of_one_visit_and_no_crowd_gets_more(
    clock: FixedClock,
) -> None:
    issued = await take_ticket(MONDAY)
    with sms_server(TAKEN) as service:
        done = await asyncio.gather(
            *(allow(issued, service, Subscriber(), f"/p/{place}") for place in range(9)),
            return_exceptions=True,
        )
    assert sum(one is None for one in done) == 5
    assert {one.code for one in done if isinstance(one, QueueError)} == {"too_many_browsers"}


async def test_nobody_is_told_of_a_visit_that_is_over(clock: FixedClock) -> None:
    issued = await take_ticket(MONDAY)
    await arrival.leave(By(RESIDENT, MONDAY), issued.token)
    with sms_server(TAKEN) as service, pytest.raises(Conflict, match="visit_over"):
        await allow(issued, service, Subscriber())


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.org/p", "https://127.0.0.1/p", "https://10.1.2.3/p",
        "https://[::1]/p", "https://[::ffff:10.0.0.1]/p", "https://169.254.169.254/p",
        "https://localhost/p", "https://printer.local/p", "https://intranet/p",
        "https://push.example.org:8443/p", "https://user@push.example.org/p", "https:///p",
        "ftp://push.example.org/p", "https://push.example.org/" + "x" * 1000, "https://224.0.0.1/p",
        "https://push.example.org/p\r\nX: 1", "", "https://[::1/p",
    ],
)  # fmt: skip
def test_an_address_that_is_no_push_services_is_refused(endpoint: str) -> None:
    phone = Subscriber()
    with pytest.raises(RuleBroken, match="bad_push"):
        read_subscription(endpoint, text_of(phone.point), text_of(phone.auth), anywhere=False)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/x:y",
        "https://web.push.apple.com/Q",
        "https://8.8.8.8/p",
    ],
)
def test_an_address_of_the_internet_is_taken(endpoint: str) -> None:
    phone = Subscriber()
    read = read_subscription(endpoint, text_of(phone.point), text_of(phone.auth), anywhere=False)
    assert read == phone.at(endpoint)


async def test_keys_that_are_none_are_refused() -> None:
    issued, phone = await take_ticket(MONDAY), Subscriber()
    for p256dh, auth in (("", text_of(phone.auth)), ("&&&", "x"), (text_of(phone.point), "AAAA")):
        with pytest.raises(RuleBroken, match="bad_push"):
            read_subscription("https://push.example.org/p", p256dh, auth, anywhere=False)
    crooked = read_subscription(
        "https://push.example.org/p", text_of(b"\4" * 65), text_of(phone.auth), anywhere=False
    )
    with pytest.raises(RuleBroken, match="bad_push"):
        await pushing.allow_push(By(RESIDENT, MONDAY), issued.token, "ticket", crooked, "uk")


async def test_a_name_that_leads_into_the_house_is_asked_nothing(clock: FixedClock) -> None:
    desk = await open_desk("1", MONDAY)
    issued = await take_ticket(MONDAY)
    with sms_server(TAKEN) as service:
        inner = Counter(url=service.url.replace("127.0.0.1", "localhost"))
        await allow(issued, inner, Subscriber())
        await desk.call()
        assert await pusher(anywhere=False).deliver(clock) == 0
        assert service.asked == []
    error = await db.fetch_value("SELECT error FROM message")
    assert error == "the push service is at an inner address"


async def test_a_push_service_must_be_who_its_name_says(clock: FixedClock, tmp_path: Path) -> None:
    """It is asked at the address that was looked up, and shows the certificate of its name."""
    certificate = make_certificate(tmp_path)
    tls = ssl.create_default_context(cafile=str(certificate))
    desk, phone = await open_desk("1", MONDAY), Subscriber()
    issued = await take_ticket(MONDAY)
    with sms_server(TAKEN, certificate=certificate) as service:
        known = service.url.replace("127.0.0.1", "localhost")
        for place, url in enumerate((known, service.url)):
            await allow(issued, Counter(url=url), phone, f"/p/{place}")
        await desk.call()
        push = WebPush("mailto:queue@example.org", anywhere=True, tls=tls)
        assert await Sender({"push": push}, only=BY_PUSH).deliver(clock) == 1
        [asked] = service.asked
    assert (asked.path, asked.headers["Host"]) == ("/p/0", known.removeprefix("https://"))
    error = await db.fetch_value("SELECT error FROM message WHERE state = 'waiting'")
    assert error == "the push service cannot be used: ConnectError"


async def test_several_processes_that_start_at_once_have_one_key() -> None:
    await db.fetch("DELETE FROM push_key")
    keys = await asyncio.gather(*(pushing.private_key() for _ in range(6)))
    assert len({public_key(key) for key in keys}) == 1
    assert public_key(await pushing.private_key()) == public_key(keys[0])


async def test_browsers_are_forgotten_with_the_booking_and_a_day_after_the_visit(
    clock: FixedClock,
) -> None:
    booking, issued = await book(clock), await take_ticket(MONDAY)
    kept = await take_ticket(MONDAY)
    with sms_server(TAKEN) as service:
        told = Subscriber().at(f"{service.url}/p/1")
        await pushing.allow_push(By(RESIDENT, MONDAY), booking.token, "appointment", told, "uk")
        await allow(issued, service, Subscriber())
        await allow(kept, service, Subscriber())
    await arrival.leave(By(RESIDENT, MONDAY), issued.token)
    await forgetting.erase(By(OPERATOR, MONDAY), forgetting.person_of("olena@example.com", "UA"))
    assert await left() == [issued.id, kept.id]
    clock.advance(hours=23)
    await retention.drop_leftovers(clock)
    assert await left() == [issued.id, kept.id]
    clock.advance(hours=2)
    await retention.drop_leftovers(clock)
    assert await left() == [kept.id]
    assert (await tickets.by_token(kept.token)).progress.state == "waiting"


async def left() -> list[int | None]:
    rows = await db.fetch("SELECT ticket_id FROM push_subscription ORDER BY id")
    return [row["ticket_id"] for row in rows]
