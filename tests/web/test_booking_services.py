"""The services of a booking are changed through its link, without a script."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.web.resident import HTML, TUESDAY_TEN, booked, get, hold, post, words_of

MORE: dict[str, Any] = {"service": ["no-debt-certificate", "owner-change"]}


async def change(client: httpx.AsyncClient, link: str, form: dict[str, Any]) -> httpx.Response:
    return await client.post(f"{link}/services", data=form, headers=HTML, follow_redirects=True)


async def test_the_services_that_are_booked_are_ticked_and_others_keep_the_time(
    client: httpx.AsyncClient,
) -> None:
    link = await booked(client)
    assert f'href="{link}/services"' in (await get(client, link)).text
    page = await get(client, f"{link}/services")
    assert re.findall(r'value="([\w-]+)"[^>]* checked', page.text) == ["no-debt-certificate"]
    assert "вівторок, 24 листопада" in words_of(page)
    changed = await change(client, link, MORE)
    text = words_of(changed)
    assert changed.url.path == link and "Послуги змінено" in text
    assert "24 листопада, 10:00" in text and "власника" in text


async def test_a_search_without_a_script_stays_with_the_booking(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    page = await get(client, f"{link}/services?q=тарифи&service=no-debt-certificate")
    results = page.text.split('id="results"')[1].split('id="service-list"')[0]
    assert 'value="tariffs"' in results
    assert "checked" not in results


async def test_services_that_do_not_fit_are_offered_at_other_times(
    client: httpx.AsyncClient,
) -> None:
    link = await booked(client)
    for _ in range(2):
        await hold(client, TUESDAY_TEN.replace(minute=10))
    refused = await change(client, link, MORE)
    text = words_of(refused)
    assert refused.url.path == f"{link}/services/taken"
    assert "не вміщаються" in text and "Запис лишається" in text
    start = unescape(re.findall(r'name="starts_at" value="([^"]+)"', refused.text)[-1])
    moved = await change(client, link, {**MORE, "starts_at": start})
    assert moved.url.path == link and "Запис перенесено" in words_of(moved)
    assert "власника" in words_of(moved)


async def test_what_cannot_be_chosen_is_said_above_the_services(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    nothing = await change(client, link, {})
    assert "Оберіть принаймні одну послугу" in words_of(nothing)
    assert nothing.url.path == f"{link}/services"


async def test_what_is_cancelled_has_no_services_to_change(client: httpx.AsyncClient) -> None:
    link = await booked(client)
    await post(client, f"{link}/cancellation")
    assert (await get(client, f"{link}/services")).url.path == link
    assert (await change(client, link, MORE)).url.path == link


async def test_the_field_of_the_search_holds_what_was_looked_for_and_nothing_else(
    client: httpx.AsyncClient,
) -> None:
    for words in ("", "тариф", '">'):
        page = await get(client, f"/?{urlencode({'q': words})}")
        field = re.search(r'id="search"[^>]* value="([^"]*)"', page.text)
        assert field and unescape(field[1]) == words
        assert "answered.js" not in page.text, "nothing was sent"
