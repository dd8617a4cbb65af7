"""Services that no single desk gives are booked as two visits, one after another."""

import re
from contextlib import suppress
from datetime import datetime
from html import unescape

import httpx

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.store import db
from tests.web.resident import HTML, PERSON, get, post, words_of

BOTH = "service=debt-amount&service=owner-change"
HERE = f"{BOTH}&channel=visit&branch=podilskyi"


def fields_of(page: httpx.Response) -> dict[str, str | list[str]]:
    """Of the form with the times, and the first of them."""
    form = page.text.split('action="/two"')[1].split("</form>")[0]
    pairs = re.findall(r'name="([^"]+)" value="([^"]+)"', form)
    fields: dict[str, str | list[str]] = {name: unescape(value) for name, value in pairs}
    fields["service"] = [value for name, value in pairs if name == "service"]
    fields["starts"] = unescape(next(value for name, value in pairs if name == "starts"))
    return fields


async def held(client: httpx.AsyncClient) -> httpx.Response:
    page = await get(client, f"/two?{HERE}")
    form = fields_of(page)
    return await client.post("/two", data=form, headers=HTML, follow_redirects=True)


async def states() -> list[tuple[str, tuple[str, ...]]]:
    rows = await db.fetch("SELECT state, services FROM appointment ORDER BY lower(period)")
    return [(row["state"], tuple(row["services"])) for row in rows]


async def test_instead_of_a_refusal_there_are_two_visits(client: httpx.AsyncClient) -> None:
    asked = await get(client, f"/way?{BOTH}")
    assert asked.url.path == "/two" and "два візити" in words_of(asked)
    assert "Подільський" in words_of(asked)
    page = await get(client, f"/two?{HERE}")
    pairs = re.findall(r"(\d\d:\d\d), (\d\d:\d\d)", words_of(page))
    assert len(pairs) > 20 and all(first < then for first, then in pairs)


async def test_both_are_held_at_once_and_booked_with_one_name(client: httpx.AsyncClient) -> None:
    first = await held(client)
    assert "І ще один візит" in words_of(first)
    assert [state for state, _ in await states()] == ["held", "held"]
    then = re.findall(r'name="then" value="([^"]+)"', first.text)[0]
    booked = await post(client, first.url.path, {**PERSON, "then": then})
    assert "Вас записано" in words_of(booked) and f"/visit/{then}" in booked.text
    assert sorted(await states()) == [("booked", ("debt-amount",)), ("booked", ("owner-change",))]
    rows = await db.fetch("SELECT period, name FROM appointment ORDER BY lower(period)")
    assert rows[0]["period"].upper <= rows[1]["period"].lower
    assert {row["name"] for row in rows} == {PERSON["name"]}


async def test_what_is_wrong_with_the_name_loses_neither(client: httpx.AsyncClient) -> None:
    first = await held(client)
    then = re.findall(r'name="then" value="([^"]+)"', first.text)[0]
    again = await post(client, first.url.path, {**PERSON, "phone": "12", "then": then})
    assert f'name="then" value="{then}"' in again.text
    assert [state for state, _ in await states()] == ["held", "held"]
    longer = await post(client, f"{first.url.path}/extension", {**PERSON, "then": then})
    assert f'name="then" value="{then}"' in longer.text
    assert await db.fetch_value("SELECT count(*) FROM appointment_event WHERE verb = 'extend'") == 2


async def test_both_are_given_back_together(client: httpx.AsyncClient) -> None:
    first = await held(client)
    then = re.findall(r'name="then" value="([^"]+)"', first.text)[0]
    await post(client, f"{first.url.path}/cancellation", {"then": then})
    assert [state for state, _ in await states()] == ["cancelled", "cancelled"]


async def test_where_one_of_them_is_taken_neither_is_held(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    form = fields_of(await get(client, f"/two?{HERE}"))
    one, other = str(form["starts"]).split()
    later, service = max((one, "debt-amount"), (other, "owner-change"))
    start = datetime.fromisoformat(later)
    with suppress(Conflict):
        while await booking.hold(By(RESIDENT, clock.now()), "podilskyi", [service], start):
            pass  # in every lane that gives it then
    before = len(await states())
    lost = await client.post("/two", data=form, headers=HTML, follow_redirects=True)
    assert "щойно зайняли" in words_of(lost)
    assert [state for state, _ in await states()].count("held") == before
