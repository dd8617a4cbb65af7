"""A centre that lets browsers compute before they book: who cannot is asked for a code instead."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.domain.work import answer_to
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from queue_app.store import db
from tests.flow.stage import pool_on
from tests.support.application import alive, build, speaking_to
from tests.support.database import CONFIG
from tests.web.api import API
from tests.web.resident import PERSON, TUESDAY_TEN, hold, post, words_of
from tests.web.test_proofs import code_sent

BITS = 16
"""Of ten bits one in a thousand answers is right by chance, also of those that are none."""


@pytest.fixture
async def working(
    spare_database: str, data: Path, clock: FixedClock
) -> AsyncIterator[httpx.AsyncClient]:
    centre = load_centre(CONFIG)
    rules = msgspec.structs.replace(centre.rules, booking_work_bits=BITS)
    async with pool_on(spare_database):
        await apply(By(OPERATOR, clock.now()), msgspec.structs.replace(centre, rules=rules))
    app = build(spare_database, data, clock)
    async with alive(app), speaking_to(app) as client:
        yield client
    reference.forget()


def worked(link: str) -> dict[str, str]:
    return {"work": answer_to(BITS, link.removeprefix("/visit/"))}


async def test_who_has_computed_is_booked_without_a_code(working: httpx.AsyncClient) -> None:
    held = await hold(working)
    assert f'data-bits="{BITS}"' in held.text and 'name="work" value=""' in held.text
    page = await post(working, held.url.path, PERSON | worked(held.url.path))
    assert page.url.path == held.url.path and "Вас записано" in words_of(page)
    assert await db.fetch("SELECT FROM proof") == []


@pytest.mark.slow
async def test_who_cannot_compute_proves_the_contact_by_a_code(
    working: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(working)
    page = await post(working, held.url.path, PERSON)
    assert page.url.path == f"{held.url.path}/code"
    done = await post(working, page.url.path, {"code": await code_sent(clock)})
    assert "Вас записано" in words_of(done)


@pytest.mark.slow
async def test_what_was_computed_stays_while_something_is_corrected_and_is_of_no_use_elsewhere(
    working: httpx.AsyncClient,
) -> None:
    first = await hold(working)
    answer = worked(first.url.path)
    wrong = await post(working, first.url.path, PERSON | answer | {"name": ""})
    assert f'name="work" value="{answer["work"]}"' in wrong.text
    second = await hold(working, TUESDAY_TEN + timedelta(hours=1))
    page = await post(working, second.url.path, PERSON | answer)
    assert page.url.path == f"{second.url.path}/code"


async def test_a_late_confirmation_computes_anew_for_the_new_hold(
    working: httpx.AsyncClient, clock: FixedClock
) -> None:
    held = await hold(working)
    answer = worked(held.url.path)
    clock.advance(minutes=11)
    again = await post(working, held.url.path, PERSON | answer)
    assert again.url.path != held.url.path and "перевірте й запишіться" in words_of(again)
    assert PERSON["name"] in again.text and 'name="work" value=""' in again.text


async def test_a_program_is_told_how_much_and_books_with_it(working: httpx.AsyncClient) -> None:
    slots = (await working.get(f"{API}/branches/podilskyi/slots?service=debt-amount")).json()
    start = slots["days"][0]["starts"][0]
    made = await working.post(
        f"{API}/branches/podilskyi/appointments",
        json={"services": ["debt-amount"], "starts_at": start, "channel": "visit"},
    )
    held = made.json()
    confirmation = f"{API}/appointments/{held['token']}/confirmation"
    said = {"name": "Ян", "phone": "0671112233"}
    assert held["work_bits"] == BITS
    refused = await working.post(confirmation, json=said)
    assert (refused.status_code, refused.json()["code"]) == (422, "contact_unproven")
    answer = answer_to(held["work_bits"], held["token"])
    done = await working.post(confirmation, json=said | {"work": answer})
    assert done.json()["state"] == "booked" and done.json()["work_bits"] == 0
