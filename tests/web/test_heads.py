"""What browsers, monitors and search engines ask of any site."""

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from queue_app.clock import FixedClock
from queue_app.store import db
from tests.support.every_page import addresses, live, pages
from tests.support.jobs import sweep

VARIES = ("date", "etag", "content-length", "retry-after", "ratelimit-reset", "x-request-id")
"""Of two answers, whatever the method. The length is compared where the answers are alike."""


@pytest.mark.slow
async def test_head_answers_as_get_does_everywhere(
    app: Litestar, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    lived = await live(clock)
    paths = [path for group in addresses(lived).values() for path in group]
    paths += ["/favicon.ico", "/robots.txt", "/health/live", "/health/ready", "/metrics"]
    paths += ["/api/v1/catalogue", "/api/v1/openapi.json", "/static/web/base.css", "/no/such"]
    paths += [f"/api/v1/branches/{lived.branch}/board", "/api/v1/tickets/nobody", "/my/lookups"]
    wrong = []
    for path in paths:
        got, headed = await client.get(path), await client.head(path)
        if (headed.status_code, named(headed)) != (got.status_code, named(got)) or headed.content:
            wrong.append((path, got.status_code, headed.status_code))
    assert wrong == []
    assert len(paths) > 50


async def test_head_is_named_wherever_get_is_allowed(client: httpx.AsyncClient) -> None:
    for path, method in (("/", "OPTIONS"), ("/", "DELETE"), ("/api/v1/catalogue", "PUT")):
        answer = await client.request(method, path)
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS", (method, path)
    of_post = await client.put("/api/v1/sessions")
    assert "HEAD" not in of_post.headers["allow"]


KEPT = ("appointment", "wish", "ticket", "unreminded", "unsettled", "refused_contact", "desk")
COUNTED = ("message", "appointment_event", "wish_event", "ticket_event", "desk_event", "proof")
"""Of what changes by itself, such as a message that leaves, or is only added to."""


@pytest.mark.slow
async def test_whoever_opens_every_link_changes_nothing(
    app: Litestar, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """Mail servers open the links of a mail, and browsers what they may need next."""
    lived = await live(clock)
    await sweep(clock)
    before = await everything()
    opened = [answer.status_code async for _, answer in pages(client, lived)]
    assert opened.count(200) > 60
    assert await everything() == before


async def everything() -> dict[str, object]:
    rows = {one: await db.fetch(f"SELECT * FROM {one} ORDER BY 1, 2") for one in KEPT}
    found: dict[str, object] = {one: [tuple(row) for row in known] for one, known in rows.items()}
    return found | {one: await db.fetch_value(f"SELECT count(*) FROM {one}") for one in COUNTED}


def named(answer: httpx.Response) -> dict[str, Any]:
    alike = {name: said for name, said in answer.headers.items() if name not in VARIES}
    alike.pop("set-cookie", None)  # what is sealed differs each time
    alike["content-security-policy"] = alike.get("content-security-policy", "")
    return alike


async def test_the_length_of_a_page_is_told_without_the_page(client: httpx.AsyncClient) -> None:
    got, headed = await client.get("/about"), await client.head("/about")
    assert headed.content == b""
    assert headed.headers["content-length"] == got.headers["content-length"]
    assert int(headed.headers["content-length"]) > 100


async def test_the_icon_and_the_rules_for_robots_are_there(client: httpx.AsyncClient) -> None:
    icon, robots = await client.get("/favicon.ico"), await client.get("/robots.txt")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/x-icon")
    assert icon.content[:4] == b"\0\0\1\0"
    assert robots.status_code == 200
    assert robots.headers["content-type"].startswith("text/plain")
    assert "Disallow: /t/" in robots.text
    assert "Disallow: /\n" not in robots.text


@pytest.mark.parametrize("language", ["uk", "en"])
async def test_every_page_has_a_description_in_its_language(
    app: Litestar, client: httpx.AsyncClient, clock: FixedClock, language: str
) -> None:
    lived = await live(clock)
    assert any(isinstance(route, HTTPRoute) for route in app.routes)
    for path in ("/", "/about", "/my", f"/display/{lived.branch}", f"/t/{lived.tickets[-2]}"):
        page = await client.get(path, params={"lang": language})
        found = re.search(r'<meta name="description" content="([^"]{30,160})">', page.text)
        assert found, path
        if not path.startswith("/display/"):
            assert bool(re.search("[іїє]", found[1].split(":")[0])) is (language == "uk"), path
