"""How requests are counted: `/metrics`."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[str, str, str]
"""Method, pattern of the address, status."""


async def figures(client: httpx.AsyncClient, name: str) -> dict[Labels, float]:
    answer = await client.get("/metrics")
    return {
        (one.labels["method"], one.labels["path"], one.labels["status_code"]): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
        if one.name == name
    }


async def test_an_answer_counts_once_by_the_pattern_of_its_address_with_its_time(
    client: httpx.AsyncClient,
) -> None:
    names = ("queue_app_requests_total", "queue_app_request_duration_seconds_count")
    before = [await figures(client, name) for name in names]
    for token in ("1-abcdefghijklmnopqrstuv", "1-bbcdefghijklmnopqrstuv"):
        assert (await client.get(f"/t/{token}")).status_code == 404
    for name, earlier in zip(names, before, strict=True):
        found = await figures(client, name)
        more = {key: value - earlier.get(key, 0) for key, value in found.items()}
        (key,) = [key for key, value in more.items() if value and key[1] != "/metrics"]
        assert key[0] == "GET"
        assert key[1].startswith("/t/{")
        assert key[2] == "404"
        assert more[key] == 2
        assert "abcdef" not in str(found)


async def test_whoever_asks_for_a_head_alone_counts_as_whoever_gets_the_page(
    client: httpx.AsyncClient,
) -> None:
    async def seen() -> float:
        found = await figures(client, "queue_app_requests_total")
        return found.get(("GET", "/health/live", "200"), 0)

    before = await seen()
    await client.get("/health/live")
    await client.head("/health/live")
    assert await seen() == before + 2


async def test_an_address_without_a_page_is_not_counted(client: httpx.AsyncClient) -> None:
    before = await figures(client, "queue_app_requests_total")
    assert (await client.get("/made-up/for/no/end")).status_code == 404
    after = await figures(client, "queue_app_requests_total")
    assert {key: value for key, value in after.items() if before.get(key) != value} == {
        ("GET", "/metrics", "200"): before.get(("GET", "/metrics", "200"), 0) + 1
    }


async def test_what_is_being_answered_is_counted_until_it_is(client: httpx.AsyncClient) -> None:
    sent, go_on = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b'{"login": "nobody",'
        sent.set()
        await go_on.wait()
        yield b'"password": "nothing at all"}'

    async def under_way() -> float:
        answer = await client.get("/metrics")
        (found,) = re.findall(r"^queue_app_requests_in_progress (.+)$", answer.text, re.MULTILINE)
        return float(found)

    before = await under_way()
    headers = {"content-type": "application/json"}
    asked = asyncio.create_task(client.post("/api/v1/sessions", content=body(), headers=headers))
    async with asyncio.timeout(5):
        await sent.wait()
    assert await under_way() == before + 1
    go_on.set()
    assert (await asked).status_code == 401
    assert await under_way() == before
