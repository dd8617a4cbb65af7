"""The kiosk is loaded anew at bad moments: no ticket is left that nobody has."""

import asyncio
import json
import re
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Error, Page, Route, expect

from queue_app.store import db
from tests.browser.kiosk.panel import assert_shows_ticket, booked, choose, press, tickets, type_code
from tests.browser.scene import GUARD_MS
from tests.conftest import MONDAY
from tests.support.browser import intercept, let_pass

pytestmark = pytest.mark.browser

TICKETS = re.compile(r"/tickets\?")


async def states() -> list[str]:
    rows = await db.fetch("SELECT state FROM ticket ORDER BY id")
    return [row["state"] for row in rows]


async def kept(kiosk: Page) -> list[dict[str, Any]]:
    """What this device remembers of its visitors' wishes."""
    stored = await kiosk.evaluate("Object.entries(localStorage)")
    return [one for name, value in stored if "wishes" in name for one in json.loads(value)]


async def take_and_reload(kiosk: Page, made: bool) -> None:
    """The answer never comes; `made`: the server has done it all the same."""
    sent = asyncio.Event()

    async def swallow(route: Route) -> None:
        if made:
            await route.fetch()
        sent.set()

    await intercept(kiosk, TICKETS, swallow)
    await choose(kiosk)
    await press(kiosk, "#take")
    await sent.wait()
    await kiosk.unroute(TICKETS)
    await kiosk.reload()


@pytest.mark.slow
@pytest.mark.parametrize("made", [True, False])
async def test_a_reload_while_the_ticket_is_made_ends_with_it_on_the_screen(
    kiosk: Page, made: bool
) -> None:
    await take_and_reload(kiosk, made)
    await assert_shows_ticket(kiosk, "А1")
    await expect(kiosk.locator("#ticket-qr svg")).to_be_visible()
    assert await states() == ["waiting"]


@pytest.mark.slow
async def test_a_reload_while_the_ticket_is_shown_shows_it_for_the_rest_of_its_time(
    kiosk: Page,
) -> None:
    await press(kiosk, "[data-language=en]")
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    (one,) = await kept(kiosk)
    assert set(one) <= {"wish", "at", "language", "left", "held", "seenAt"}
    assert "А1" not in json.dumps(one, ensure_ascii=False)
    await expect(kiosk.locator("#ticket-left")).to_contain_text(re.compile("2[0-9] seconds"))
    await kiosk.reload()
    await assert_shows_ticket(kiosk, "А1")
    assert await kiosk.locator("html").get_attribute("lang") == "en"
    left = re.search(r"\d+", await kiosk.locator("#ticket-left").inner_text())
    assert left
    assert 10 < int(left[0]) < 30
    await press(kiosk, "#ticket-done")
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    assert await kept(kiosk) == []
    await kiosk.reload()
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    assert await states() == ["waiting"]


@pytest.mark.slow
async def test_a_ticket_whose_visitor_left_before_the_reload_is_given_back(kiosk: Page) -> None:
    await intercept(kiosk, TICKETS, _fetch_and_lose)
    await choose(kiosk)
    await press(kiosk, "#take")
    await expect(kiosk.locator("#sending-note")).to_contain_text("другого талона не буде")
    assert await states() == ["waiting"]
    await kiosk.evaluate("document.querySelector('#sending-out').hidden = false")
    await press(kiosk, "[data-restart]")
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    await kiosk.unroute(TICKETS)
    await kiosk.reload()
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    await _become(["left"])
    await let_pass(kiosk, GUARD_MS)
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А2")


async def _fetch_and_lose(route: Route) -> None:
    with suppress(Error):  # the page asks for itself from now on
        await route.fetch()
        await route.abort()


@pytest.mark.slow
async def test_a_ticket_that_comes_long_after_its_visitor_is_given_back(kiosk: Page) -> None:
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    (one,) = await kept(kiosk)
    unanswered = {"wish": one["wish"], "at": one["at"] - 120_000, "language": "uk"}
    await kiosk.add_init_script(
        f"""if (!sessionStorage.crashed) {{
          sessionStorage.crashed = "yes";
          const [name] = Object.keys(localStorage).filter((one) => /wishes/.test(one));
          localStorage.setItem(name, JSON.stringify([{json.dumps(unanswered)}]));
        }}"""
    )
    await kiosk.reload()
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    await _become(["left"])
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    assert await tickets() == 1


@pytest.mark.slow
async def test_a_reload_while_somebody_checks_in_ends_with_their_ticket(kiosk: Page) -> None:
    code = await booked(MONDAY.replace(hour=10, minute=20))
    checked = re.compile(r"/check-ins\?")
    sent = asyncio.Event()

    async def swallow(route: Route) -> None:
        await route.fetch()
        sent.set()

    await intercept(kiosk, checked, swallow)
    await type_code(kiosk, code)
    await sent.wait()
    await kiosk.unroute(checked)
    await kiosk.reload()
    await expect(kiosk.locator("#ticket-due")).to_have_text("10:20")
    assert await states() == ["waiting"]


async def _become(wanted: list[str]) -> None:
    for _ in range(100):
        if await states() == wanted:
            return
        await asyncio.sleep(0.05)
    assert await states() == wanted
