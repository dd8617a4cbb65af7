"""The kiosk in a real browser at its real size: lost answers, a lost line, a closed hall."""

from datetime import datetime

import pytest
from playwright.async_api import Page, Route, expect

from queue_app.store import db
from tests.browser.kiosk.panel import (
    SEVEN_TO_ONE,
    Switch,
    assert_shows_ticket,
    booked,
    choose,
    press,
    tickets,
    type_code,
)
from tests.browser.scene import GUARD_MS
from tests.conftest import KYIV, MONDAY, StartServers
from tests.support.browser import assert_accessible, intercept, let_pass

pytestmark = pytest.mark.browser


@pytest.mark.slow
async def test_a_lost_answer_is_said_and_asked_for_again_without_a_second_ticket(
    kiosk: Page,
) -> None:
    keys: list[str | None] = []

    async def lose_twice(route: Route) -> None:
        keys.append(await route.request.header_value("idempotency-key"))
        if len(keys) <= 2:
            await route.fetch()
            return await route.abort()
        return await route.continue_()

    await intercept(kiosk, "**/tickets?**", lose_twice)
    await choose(kiosk)
    await press(kiosk, "#take")
    await expect(kiosk.locator("#sending-note")).to_contain_text("другого талона не буде")
    await assert_shows_ticket(kiosk, "А1")
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert await tickets() == 1

    await press(kiosk, "#ticket-done")
    await let_pass(kiosk, GUARD_MS)
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А2")
    assert keys[3] not in keys[:3]


@pytest.mark.slow
async def test_whoever_does_not_wait_for_a_lost_answer_leaves_no_ticket_behind(
    kiosk: Page,
) -> None:
    """The next visitor gets a ticket of their own, and nobody is called by the abandoned one."""
    await kiosk.clock.install()
    lost = True

    async def lose(route: Route) -> None:
        if not lost:
            return await route.continue_()
        await route.fetch()
        return await route.abort()

    await intercept(kiosk, "**/tickets?**", lose)
    await choose(kiosk)
    await press(kiosk, "#take")
    way_out = kiosk.locator("#sending-out [data-restart]")
    await expect(kiosk.locator("#sending-note")).not_to_be_empty()
    await expect(way_out).to_be_hidden()
    await kiosk.clock.run_for(15_000)
    await expect(way_out).to_be_visible()
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    await way_out.click()
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    lost = False
    async with kiosk.expect_response("**/leavings?**"):
        await kiosk.clock.run_for(9_000)
    assert await db.fetch_value("SELECT state FROM ticket WHERE number = 'А1'") == "left"
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А2")


@pytest.mark.slow
async def test_a_closed_kiosk_says_when_it_opens_and_how_to_book(
    servers: StartServers, switched_on: Switch
) -> None:
    friday = datetime(2026, 11, 27, 20, 0, tzinfo=KYIV)
    page = await switched_on((await servers(1, clock=friday))[0])
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Зараз зачинено", use_inner_text=True
    )
    await expect(page.locator("#closed-lead")).to_have_text(
        "Талони: понеділок, 30 листопада, 08:45. Вікна відкриваються о 09:00."
    )
    await expect(page.locator("#booking-qr svg")).to_be_visible()
    await expect(page.locator("[data-go=groups-1]").first).to_be_hidden()
    await assert_accessible(page)


@pytest.mark.slow
async def test_past_the_last_ticket_only_a_booking_lets_in(
    servers: StartServers, switched_on: Switch
) -> None:
    evening = MONDAY.replace(hour=17, minute=40)
    code = await booked(MONDAY.replace(hour=17, minute=20))
    page = await switched_on((await servers(1, clock=evening))[0])
    await expect(page.locator("#closed-lead")).to_contain_text("До 18:00")
    await assert_accessible(page)
    await type_code(page, code)
    await assert_shows_ticket(page, "К1")
    await expect(page.locator("#ticket-note")).to_contain_text("17:20")


@pytest.mark.slow
async def test_a_lost_connection_is_said_within_twelve_seconds_and_heals_by_itself(
    servers: StartServers, switched_on: Switch
) -> None:
    server = (await servers(1, clock=MONDAY))[0]
    port = int(server.url.rpartition(":")[2])
    page = await switched_on(server)
    await press(page, "[data-go=groups-1]")
    server.stop()
    await expect(page.locator("#link-bar")).to_be_visible(timeout=30_000)
    await assert_accessible(page)
    await press(page, "[data-back]")
    await expect(page.locator("[data-screen=offline]")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Немає зв’язку", use_inner_text=True
    )
    await assert_accessible(page)
    await servers(1, clock=MONDAY, port=port)
    await expect(page.locator("[data-screen=start]")).to_be_visible(timeout=30_000)
