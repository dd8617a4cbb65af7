"""SMS go out through a real gateway's HTTP, which fails, times out and repeats."""

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from config.settings import PROJECT
from config.sms_gateway import Gateway, Generic, Success, TurboSms, read_gateway
from queue_app.clock import FixedClock
from queue_app.delivery import gateway as gateways
from queue_app.delivery.gateway import SmsGateway
from queue_app.jobs.sending import Sender
from queue_app.store import db
from tests.flow.letters import Desk, book, waiting
from tests.support.sms_server import Counter, sms_server

pytestmark = pytest.mark.usefixtures("proven")

PHONE = "067 123 45 67"


def turbosms(whole: int, status: str, own: int | None = None, own_status: str = "") -> Any:
    result = None if own is None else [{"response_code": own, "response_status": own_status}]
    return 200, {"response_code": whole, "response_status": status, "response_result": result}


TAKEN = turbosms(801, "SUCCESS_MESSAGE_SENT", 0, "OK")


def turbo(counter: Counter) -> Gateway:
    return TurboSms(token="secret-token", sender="CKS", url=f"{counter.url}/message/send.json")


async def send(gateway: Gateway, clock: FixedClock) -> int:
    return await Sender({"sms": SmsGateway(gateway)}).deliver(clock)


async def test_turbosms_is_asked_once_for_each_message_and_knows_a_repeat(
    clock: FixedClock,
) -> None:
    await book(clock, None, PHONE)
    with sms_server(TAKEN) as counter:
        assert [await send(turbo(counter), clock) for _ in range(2)] == [1, 0]
    (asked,) = counter.asked
    assert asked.headers["Authorization"] == "Bearer secret-token"
    assert asked.json["recipients"] == ["380671234567"]
    assert asked.json["sms"]["sender"] == "CKS"
    assert "11:00" in asked.json["sms"]["text"]
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    assert asked.json["sequence_id"] == identity


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        (TAKEN, "sent", None),
        (turbosms(0, "OK", 0, "OK"), "sent", None),
        (turbosms(507, "FAILED_DUPLICATE_REQUEST", 0, "OK"), "sent", None),
        (
            turbosms(507, "FAILED_DUPLICATE_REQUEST"),
            "waiting",
            "the gateway answered 507",
        ),
        (
            turbosms(802, "SUCCESS_MESSAGE_PARTIAL_ACCEPTED", 406, "NOT_ALLOWED_RECIPIENT_COUNTRY"),
            "failed",
            "the gateway refused it: NOT_ALLOWED_RECIPIENT_COUNTRY",
        ),
        (
            turbosms(404, "NOT_ALLOWED_NUMBER_STOPLIST"),
            "failed",
            "the gateway refused it: NOT_ALLOWED_NUMBER_STOPLIST",
        ),
        (turbosms(103, "REQUIRED_TOKEN"), "waiting", "the gateway answered 103"),
        (turbosms(999, "FATAL_ERROR", 0, "OK"), "waiting", "the gateway answered 999"),
        ((200, b"<html>maintenance"), "waiting", "the gateway answered 200"),
        ((503, b""), "waiting", "the gateway answered 503"),
        ((302, b""), "waiting", "the gateway answered 302"),
        ("hang up", "waiting", "the gateway cannot be used: RemoteProtocolError"),
    ],
)
async def test_what_turbosms_answers_is_judged_by_its_codes(
    answer: Any, state: str, error: str | None, clock: FixedClock
) -> None:
    await book(clock, None, PHONE)
    with sms_server(answer) as counter:
        await send(turbo(counter), clock)
    assert [one for *_, one in await waiting()] == [state]
    assert await db.fetch_value("SELECT error FROM message") == error


async def test_a_gateway_that_times_out_and_comes_back_is_told_the_same_again(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(gateways, "SECONDS", 0.2)
    await book(clock, None, PHONE)
    with sms_server("hang", (500, b""), TAKEN) as counter:
        for _ in range(3):
            await send(turbo(counter), clock)
            clock.advance(minutes=10)
    assert len({one.body for one in counter.asked}) == 1
    assert len(counter.asked) == 3
    assert [one for *_, one in await waiting()] == ["sent"]
    assert "380671234567" not in caplog.text and "secret-token" not in caplog.text


async def test_any_gateway_is_described_by_templates(clock: FixedClock) -> None:
    await book(clock, None, PHONE)
    with sms_server((202, {"result": {"status": "queued"}})) as counter:
        own = Generic(
            url=f"{counter.url}/send?ref={{identity}}&t={{text}}",
            headers={"X-Centre": "cks"},
            json={"to": "{digits}", "from": "CKS", "parts": [{"text": "{text}"}], "flash": False},
            user="centre",
            password="p:w",
            success=Success(path="result.status", values=("queued", "accepted")),
        )
        assert await send(own, clock) == 1
    (asked,) = counter.asked
    assert asked.json["to"] == "380671234567"
    assert asked.json["flash"] is False
    text = asked.json["parts"][0]["text"]
    assert "11:00" in text
    assert parse_qs(urlsplit(asked.path).query)["t"] == [text]
    assert asked.headers["X-Centre"] == "cks"
    assert asked.headers["Authorization"] == "Basic " + b64encode(b"centre:p:w").decode()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((200, {"code": "invalid_number"}), "failed"),
        ((400, {"code": "invalid_number"}), "failed"),
        ((200, {"code": "busy"}), "waiting"),
        ((200, b"thanks"), "waiting"),
        ((429, {"code": "ok"}), "waiting"),
        ((200, {"code": "ok"}), "sent"),
    ],
)
async def test_success_looks_as_the_file_says(answer: Any, state: str, clock: FixedClock) -> None:
    await book(clock, None, PHONE)
    success = Success(path="code", values=("ok",), final=("invalid_number",))
    with sms_server(answer) as counter:
        form = {"phone": "{phone}", "text": "{text}"}
        await send(Generic(url=counter.url, form=form, success=success), clock)
    assert [one for *_, one in await waiting()] == [state]
    assert parse_qs(counter.asked[0].body.decode())["phone"] == ["+380671234567"]


@pytest.mark.parametrize(
    ("status", "header", "asked", "rest"),
    [
        (429, "600", 1, 600),
        (503, "Mon, 23 Nov 2026 10:10:00 GMT", 1, 600),
        (429, "0", 2, 30),
        (429, "5", 1, 5),
        (429, "soon", 2, 30),
        (429, "Mon, 23 Nov 2026 09:10:00 GMT", 2, 30),
        (429, "99999999999999999999", 1, 86_400),
        (500, "600", 2, 30),
    ],
)
async def test_a_gateway_that_says_when_it_takes_more_is_left_alone_until_then(
    status: int, header: str, asked: int, rest: int, clock: FixedClock
) -> None:
    for number in ("067 123 45 67", "067 123 45 68"):
        await book(clock, None, number)
    busy = (status, b"", {"Retry-After": header, "Date": "Mon, 23 Nov 2026 10:00:00 GMT"})
    with sms_server(busy) as counter:
        sender = Sender({"sms": SmsGateway(turbo(counter))})
        assert await sender.deliver(clock) == 0
        assert len(counter.asked) == asked, "the others wait with it"
        counter.say = [TAKEN]
        clock.advance(seconds=rest - 1)
        assert await sender.deliver(clock) == 0
        clock.advance(seconds=40)
        assert await sender.deliver(clock) == 2
    attempts = await db.fetch("SELECT attempts FROM message ORDER BY id")
    assert [row["attempts"] for row in attempts] == [2, asked]


async def test_what_one_gateway_says_delays_no_mail(clock: FixedClock) -> None:
    await book(clock, None, PHONE)
    desk = Desk()
    with sms_server((429, b"", {"Retry-After": "600"})) as counter:
        sender = Sender({"sms": SmsGateway(turbo(counter)), "mail": desk})
        await sender.deliver(clock)
        await book(clock, "olena@example.com")
        assert await sender.deliver(clock) == 1
        clock.advance(minutes=-5)
        await sender.deliver(clock)
    assert [one.channel for one in desk.letters] == ["mail"]


async def test_a_number_is_told_from_a_text_as_the_file_says(clock: FixedClock) -> None:
    await book(clock, None, PHONE)
    success = Success(path="code", values=("ok",), no_number=("none",), final=("words",))
    form = {"phone": "{phone}", "text": "{text}"}
    for said, marks in (("words", 0), ("none", 1)):
        await db.fetch("UPDATE message SET state = 'waiting'")
        with sms_server((400, {"code": said})) as counter:
            await send(Generic(url=counter.url, form=form, success=success), clock)
        assert [one for *_, one in await waiting()] == ["failed"]
        assert await db.fetch_value("SELECT count(*) FROM refused_contact") == marks


@pytest.mark.parametrize(
    ("answer", "state", "marks"),
    [
        ((200, {"messagelistId": 1, "messages": [{"status": "accepted", "parts": 1}]}), "sent", 0),
        ((200, {"messagelistId": 1, "messages": [{"status": "failed"}]}), "waiting", 0),
        ((422, {"status": 422, "error": "Unprocessable Entity", "code": 1003}), "failed", 1),
        ((401, {"status": 401, "error": "Unauthorized", "code": 1001}), "waiting", 0),
    ],
)
async def test_smsbat_is_asked_and_judged_as_its_documentation_says(
    answer: Any, state: str, marks: int, clock: FixedClock
) -> None:
    await book(clock, None, PHONE)
    secrets = {"SMSBAT_KEY": "a-key", "SMSBAT_SENDER": "CKS"}
    preset = read_gateway(str(PROJECT / "config" / "gateways" / "smsbat.toml"), secrets)
    assert isinstance(preset, Generic)
    with sms_server(answer) as counter:
        await send(replace(preset, url=f"{counter.url}/bat/messagelist"), clock)
    (asked,) = counter.asked
    assert (asked.method, asked.path) == ("POST", "/bat/messagelist")
    assert asked.headers["X-Authorization-Key"] == "a-key"
    (message,) = asked.json["messages"]
    assert "11:00" in message.pop("text")
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    assert message == {
        "type": "sms", "from": "CKS", "to": "+380671234567", "customerMessageId": identity,
    }  # fmt: skip
    assert [one for *_, one in await waiting()] == [state]
    assert await db.fetch_value("SELECT count(*) FROM refused_contact") == marks
