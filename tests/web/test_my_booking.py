"""A booking is found by code and contact: the link goes to the contact, and nobody is told more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking, reaching
from queue_app.flow.act import By
from queue_app.jobs.sending import Sender
from queue_app.queries import appointments, doctor
from queue_app.store import db
from tests.flow.letters import Desk
from tests.web.resident import HTML, PERSON, booked, get, hold, post, words_of

API = "/api/v1/appointments/lookups"
LINKS = "SELECT channel, recipient FROM message WHERE kind = 'link' ORDER BY id"


async def sent() -> list[tuple[str, str]]:
    return [tuple(row) for row in await db.fetch(LINKS)]


async def code_of(link: str) -> str:
    return (await appointments.by_token(link.removeprefix("/visit/"))).code


async def test_the_link_goes_to_the_contact_as_it_was_booked(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(client)
    await post(client, held.url.path, PERSON | {"email": "Olena@example.com"})
    code = await code_of(held.url.path)
    form = {"code": f"{code[:3]} {code[3:]}", "contact": "8 067 123 45 67"}
    page = await post(client, "/my", form)
    assert page.url.path == "/my" and "Посилання вже в дорозі" in words_of(page)
    assert await sent() == [("sms", "+380671234567")]
    await post(client, "/my", form | {"contact": "mailto:olena@EXAMPLE.com"})
    assert await sent() == [("sms", "+380671234567"), ("mail", "Olena@example.com")]
    desk = Desk()
    await Sender({"mail": desk, "sms": desk}, "https://queue.example.org").deliver(clock)
    letters = [one for one in desk.letters if one.subject.startswith("Ваш запис")]
    assert len(letters) == 2
    assert all(f"https://queue.example.org{held.url.path}" in one.text for one in letters)
    assert await doctor.check(clock.now()) == []


@pytest.mark.parametrize(
    ("code", "contact"),
    [
        (None, "067 999 99 99"),
        (None, "nobody@example.com"),
        ("000000", "067 123 45 67"),
        ("x", "067 123 45 67"),
        (None, "rubbish"),
        (None, ""),
    ],
)
async def test_whoever_has_no_booking_is_answered_alike_and_nothing_leaves(
    client: httpx.AsyncClient, code: str | None, contact: str
) -> None:
    own = await code_of(await booked(client))
    true = await client.post(API, json={"code": own, "contact": PERSON["phone"]})
    other = await client.post(API, json={"code": code or own, "contact": contact})
    assert (true.status_code, true.content) == (other.status_code, other.content)
    assert other.status_code == 202
    varying = {"date", "x-request-id"}
    assert {k: v for k, v in true.headers.items() if k not in varying} == {
        k: v for k, v in other.headers.items() if k not in varying
    }
    assert await sent() == [("sms", "+380671234567")]


async def test_what_can_be_no_code_or_contact_is_said_at_its_field(
    client: httpx.AsyncClient,
) -> None:
    page = await post(client, "/my", {"code": "12", "contact": "olena"})
    assert page.status_code == 422
    assert 'id="code-error"' in page.text and 'id="contact-error"' in page.text
    assert 'value="olena"' in page.text


async def test_the_answer_is_out_before_anything_is_looked_for(
    app: Litestar, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no query can make it slower where there is a booking."""
    link = await booked(client)
    order: list[str] = []
    look_up: Callable[..., Any] = reaching.look_up

    async def looking(*asked: Any) -> None:
        order.append("looked")
        await look_up(*asked)

    monkeypatch.setattr(reaching, "look_up", looking)

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        async def said(message: Any) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                order.append("answered")
            await send(message)

        await app(scope, receive, said)

    transport = httpx.ASGITransport(app=noting)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as asker:
        body = {"code": await code_of(link), "contact": PERSON["phone"]}
        assert (await asker.post(API, json=body)).status_code == 202
        assert (await asker.post("/my", data=body, headers=HTML)).status_code == 303
    assert order == ["answered", "looked"] * 2
    assert len(await sent()) == 1


async def test_one_contact_is_written_to_so_often_and_no_more(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    code = await code_of(await booked(client))
    by = By(RESIDENT, clock.now())
    for _ in range(3):
        await reaching.look_up(by, code, PERSON["phone"])
    assert len(await sent()) == 1
    for minutes in range(10, 60, 10):
        later = By(RESIDENT, clock.now() + timedelta(minutes=minutes))
        await reaching.look_up(later, code, PERSON["phone"])
    assert len(await sent()) == 3
    await reaching.look_up(By(RESIDENT, clock.now() + timedelta(hours=1)), code, PERSON["phone"])
    assert len(await sent()) == 4


async def test_a_booking_that_is_none_any_more_has_no_link_to_send(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    code = await code_of(link)
    await booking.cancel(By(RESIDENT, clock.now()), link.removeprefix("/visit/"))
    await reaching.look_up(By(RESIDENT, clock.now()), code, PERSON["phone"])
    assert await sent() == []


async def test_every_page_of_the_way_to_a_booking_leads_there(client: httpx.AsyncClient) -> None:
    for path in ("/", "/about", await booked(client)):
        assert 'href="/my"' in (await get(client, path)).text
