"""The switch of notifications: what the pages show, what the API takes, and the worker's file."""

import httpx
import pytest

from queue_app.domain.people import RESIDENT
from queue_app.flow import outbox, pushing
from queue_app.flow.act import By
from queue_app.queries import appointments
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.test_pushing import reminder_of
from tests.support.hall import take_ticket
from tests.support.subscriber import Subscriber, bytes_of
from tests.web.resident import booked, get, words_of

API = "/api/v1"
ENDPOINT = "https://updates.push.example.org/wpush/v2/abc"


async def test_the_centres_key_is_one_that_browsers_take(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{API}/push-key")
    key = bytes_of(answer.json()["key"])
    assert (answer.status_code, len(key), key[0]) == (200, 65, 4)
    assert (await client.get(f"{API}/push-key")).json() == answer.json()


async def test_a_ticket_and_a_booking_are_told_and_told_no_more(client: httpx.AsyncClient) -> None:
    ticket, phone = await take_ticket(MONDAY), Subscriber()
    visit = (await booked(client)).removeprefix("/visit/")
    for path in (f"{API}/tickets/{ticket.token}/pushes", f"{API}/appointments/{visit}/pushes"):
        body = {**phone.told(ENDPOINT), "language": "en"}
        for _ in range(2):
            assert (await client.post(path, json=body)).status_code == 204
        [kept] = await db.fetch("SELECT language, p256dh FROM push_subscription")
        assert (kept["language"], kept["p256dh"]) == ("en", phone.point)
        ended = await client.post(f"{path}/endings", json={"endpoint": ENDPOINT})
        assert ended.status_code == 204
        assert await db.fetch("SELECT FROM push_subscription") == []


@pytest.mark.parametrize(
    ("path", "changed", "status", "code"),
    [
        ("tickets/{token}", {"endpoint": "https://10.0.0.1/x"}, 422, "bad_push"),
        ("tickets/{token}", {"endpoint": "http://push.example.org/"}, 422, "bad_push"),
        ("tickets/{token}", {"p256dh": "AAAA"}, 422, "bad_push"),
        ("tickets/{token}", {"auth": "?"}, 422, "bad_push"),
        ("tickets/1-0123456789abcdef012345", {}, 404, "unknown_link"),
        ("appointments/{token}", {}, 404, "unknown_link"),
    ],
)
async def test_what_cannot_be_told_is_refused(
    client: httpx.AsyncClient, path: str, changed: dict[str, str], status: int, code: str
) -> None:
    ticket = await take_ticket(MONDAY)
    body = Subscriber().told(ENDPOINT) | changed
    answer = await client.post(f"{API}/{path.format(token=ticket.token)}/pushes", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await db.fetch("SELECT FROM push_subscription") == []


async def test_the_pages_of_a_ticket_and_of_a_booking_have_the_switch(
    client: httpx.AsyncClient,
) -> None:
    ticket = await take_ticket(MONDAY)
    hall, home = f"/t/{ticket.token}", await booked(client)
    for address, switch in ((hall, 'id="push" data-asleep'), (home, 'id="push" hidden')):
        page = await get(client, address)
        assert switch in page.text, "nothing on a ticket's page moves when it comes"
        assert "Надсилати сповіщення на цей телефон" in words_of(page)


async def test_the_worker_is_a_script_of_its_own_and_asked_for_anew(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/static/web/push/worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "fetch" not in answer.text and "caches" not in answer.text


async def test_what_was_pushed_stands_in_what_is_known_without_an_address(
    client: httpx.AsyncClient,
) -> None:
    link = await booked(client)
    booking = await appointments.by_token(link.removeprefix("/visit/"))
    by = By(RESIDENT, MONDAY)
    await pushing.allow_push(by, booking.token, "appointment", Subscriber().at(ENDPOINT), "uk")
    await outbox.put([reminder_of(booking, MONDAY)])
    known = await client.get(f"{link}/data.json")
    assert known.status_code == 200
    pushed = [one for one in known.json()["messages"] if one["channel"] == "push"]
    assert [one["kind"] for one in pushed] == ["reminder"]
    assert "push.example.org" not in known.text
