"""The page that asks for a code, and the page of whatever is booked with a contact."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.jobs.sending import Sender
from queue_app.queries import reference
from queue_app.store import db
from tests.flow.letters import Desk
from tests.flow.stage import pool_on
from tests.support.application import alive, build, speaking_to
from tests.support.database import CONFIG
from tests.web.api import API
from tests.web.resident import PERSON, booked, get, hold, post, words_of


@pytest.fixture
async def strict(
    spare_database: str, data: Path, clock: FixedClock
) -> AsyncIterator[httpx.AsyncClient]:
    """A centre that has each contact proven."""
    centre = load_centre(CONFIG)
    rules = msgspec.structs.replace(centre.rules, prove_contact="always")
    async with pool_on(spare_database):
        await apply(By(OPERATOR, clock.now()), msgspec.structs.replace(centre, rules=rules))
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        yield client
    reference.forget()


async def code_sent(clock: FixedClock) -> str:
    desk = Desk()
    await Sender({"mail": desk, "sms": desk}).deliver(clock)
    found = re.search(r"\b(\d{6})\b", desk.letters[-1].text)
    assert found
    return found[1]


async def test_where_the_centre_asks_a_booking_is_made_with_the_code(
    strict: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(strict)
    page = await post(strict, held.url.path, PERSON)
    assert page.url.path == f"{held.url.path}/code"
    assert "Ми надіслали шість цифр" in words_of(page)
    code = await code_sent(clock)
    wrong = await post(strict, page.url.path, {"code": f"{(int(code) + 1) % 1_000_000:06}"})
    assert wrong.status_code == 422
    assert "Код не той" in words_of(wrong) and "Залишилося спроб: 4" in words_of(wrong)
    done = await post(strict, page.url.path, {"code": code})
    assert done.url.path == held.url.path and "Вас записано" in words_of(done)


async def test_a_number_and_an_address_are_proven_one_after_the_other(
    strict: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(strict)
    page = await post(strict, held.url.path, PERSON | {"email": "olena@example.com"})
    page = await post(strict, page.url.path, {"code": await code_sent(clock)})
    assert page.url.path == f"{held.url.path}/code"
    rows = await db.fetch("SELECT recipient FROM message ORDER BY id")
    assert [row["recipient"] for row in rows] == ["+380671234567", "olena@example.com"]
    page = await post(strict, page.url.path, {"code": await code_sent(clock)})
    assert "Вас записано" in words_of(page)
    changed = {"name": "", "phone": "067 222 22 22", "email": ""}
    page = await post(strict, f"{held.url.path}/contact", changed)
    page = await post(strict, page.url.path, {"code": await code_sent(clock)})
    assert "+380 •• ••• 22 22" in words_of(page)


async def test_whoever_proves_a_contact_sees_what_is_booked_with_it_and_can_open_it(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    page = await post(client, "/my/all", {"contact": "067 123 45 67"})
    assert page.url.path.startswith("/my/proofs/")
    assert link not in page.text
    assert "Код не той" in words_of(await post(client, page.url.path, {"code": "x"}))
    page = await post(client, page.url.path, {"code": await code_sent(clock)})
    assert f'href="{link}"' in page.text and "Олена Ковальчук" in words_of(page)
    known = (await client.get(f"{page.url.path}/data.json")).json()["bookings"]
    assert [(one["name"], one["phone"]) for one in known] == [("Олена Ковальчук", "+380671234567")]
    clock.advance(hours=1)
    assert (await client.get(f"{page.url.path}/data.json")).status_code == 404


async def test_what_is_no_contact_is_said_at_its_field(client: httpx.AsyncClient) -> None:
    page = await post(client, "/my/all", {"contact": "olena"})
    assert page.status_code == 422 and 'id="contact-error"' in page.text


async def test_a_program_proves_a_contact_and_books_with_it(
    strict: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = (await hold(strict)).url.path.replace("/visit/", f"{API}/appointments/")
    body = {"name": "Олена", "phone": "067 123 45 67"}
    refused = await strict.post(f"{link}/confirmation", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "contact_unproven")
    assert refused.json()["field"] == "phone"
    asked = (await strict.post(f"{API}/proofs", json={"contact": body["phone"]})).json()
    assert asked["contact"] == "+380•••••4567"
    proof = f"{API}/proofs/{asked['proof']}"
    assert (await strict.get(proof)).status_code == 404
    wrong = await strict.post(f"{proof}/codes", json={"code": "nonsense"})
    assert (wrong.status_code, wrong.json()["tries_left"]) == (422, 4)
    proven = await strict.post(f"{proof}/codes", json={"code": await code_sent(clock)})
    assert proven.json() == {"contact": "+380•••••4567", "appointments": []}
    done = await strict.post(f"{link}/confirmation", json=body | {"proofs": [asked["proof"]]})
    assert done.json()["state"] == "booked"
    shown = (await strict.get(proof)).json()["appointments"]
    assert [one["token"] for one in shown] == [done.json()["token"]]


async def test_the_page_of_a_code_that_nobody_asked_for_leads_to_the_booking(
    client: httpx.AsyncClient,
) -> None:
    link = await booked(client)
    assert (await get(client, f"{link}/code")).url.path == link
    assert (await post(client, f"{link}/code", {"code": "123456"})).url.path == link
