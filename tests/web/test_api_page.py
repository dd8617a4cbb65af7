"""The API as a page: everything that the document says, without scripts and from this server."""

import re

import pytest
from playwright.async_api import BrowserContext, expect

from tests.conftest import MONDAY, StartServers
from tests.support.browser import assert_accessible
from tests.web.api import Centre, done


async def test_every_operation_and_every_shape_stands_on_the_page(centre: Centre) -> None:
    document = done(await centre.get("/openapi.json"))
    page = await centre.client.get("/api", headers={"Accept-Language": "uk"})
    assert page.status_code == 200 and "інтерфейс для програм" in page.text
    operations = [
        one
        for methods in document["paths"].values()
        for one in methods.values()
        if "operationId" in one
    ]
    names = set(re.findall(r'<details class="card api-operation" id="(\w+)"', page.text))
    assert names == {one["operationId"] for one in operations}
    shapes = set(re.findall(r'id="shape-(\w+)"', page.text))
    assert shapes == document["components"]["schemas"].keys()
    assert set(re.findall(r'href="#shape-(\w+)"', page.text)) <= shapes
    assert "<script" not in page.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)


async def test_who_may_ask_and_which_key_is_honoured_stand_in_the_document(centre: Centre) -> None:
    document = done(await centre.get("/openapi.json"))
    paths = document["paths"]
    ways = {name for way in paths["/api/v1/desks/{desk}/calls"]["post"]["security"] for name in way}
    assert ways == {"session", "sessionCookie"}
    kiosk = paths["/api/v1/branches/{branch}/tickets"]["post"]
    assert [one["name"] for one in kiosk["parameters"]] == ["branch", "Idempotency-Key"]
    assert {name for way in kiosk["security"] for name in way} >= {"device"}
    assert ways <= document["components"]["securitySchemes"].keys()
    signing = paths["/api/v1/sessions"]["post"]
    assert "401" in signing["responses"] and "parameters" not in signing
    named = {one["name"] for one in paths["/api/v1/branches/{branch}/slots"]["get"]["parameters"]}
    assert named == {"branch", "service", "from", "days", "channel"}
    shapes = document["components"]["schemas"]
    asked = {
        way["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        for methods in paths.values()
        for way in methods.values()
        if "requestBody" in way
    }
    assert len(asked) > 20
    assert [one for one in asked if shapes[one].get("additionalProperties") is not False] == []
    ticket = shapes["NewTicket"]
    assert ticket["properties"]["services"]["items"]["maxLength"] == 80
    every = [one for methods in paths.values() for one in methods.values()]
    assert all("application/json" not in str(one["responses"].get("400")) for one in every)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
async def test_the_page_is_read_on_a_phone_and_by_a_screen_reader(
    context: BrowserContext, servers: StartServers, width: int
) -> None:
    (server,) = await servers(1, clock=MONDAY)
    page = await context.new_page()
    await page.set_viewport_size({"width": width, "height": 844})
    await page.goto(f"{server.url}/api")
    await page.locator("#holdSlot summary").click()
    await expect(page.locator("#holdSlot")).to_contain_text("starts_at")
    wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wider
    edges = [
        await page.evaluate(f"document.querySelector('{one}').getBoundingClientRect().left")
        for one in (".site-header-inner", "main")
    ]
    assert edges[0] == edges[1], "the header stands over what it heads"
    await assert_accessible(page)
