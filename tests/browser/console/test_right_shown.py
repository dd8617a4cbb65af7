"""A right to go first is asked for at the desk: the clerk says whether there was a document, and
ticket and board say why its holder goes first as long as it holds."""

import pytest
from playwright.async_api import Page, expect

from queue_app.clock import Clock
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.store import db
from tests.browser.console.clerk import Arrive, Clerk
from tests.support.browser import assert_accessible
from tests.support.hall import SERVICE, take_ticket
from tests.support.people import BRANCH, KIOSK
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]


async def beside(clerk: Clerk, address: str) -> Page:
    page = await clerk.page.context.new_page()
    await page.goto(address)
    return page


async def test_a_clerk_who_has_seen_the_document_says_so(
    arrive: Arrive, clock: Clock, server: Server
) -> None:
    usual = await take_ticket(clock.now())
    first = await arrival.issue(By(KIOSK, clock.now()), BRANCH, [SERVICE], "veteran", "uk")
    clerk = await arrive()
    phone = await beside(clerk, f"{server.url}/t/{first.token}")
    await expect(phone.locator("body")).to_contain_text("Ви йдете першими за законом:")
    board = await beside(clerk, f"{server.url}/display/{BRANCH}")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(first.number)
    await assert_called_first(board, first.number)
    await expect(clerk.page.locator("#right")).to_be_visible()
    await expect(clerk.page.locator("[data-verb=prove]")).to_have_attribute("aria-disabled", "true")
    await clerk.press("Space", "serving")
    await assert_accessible(clerk.page)
    await clerk.page.locator("[data-verb=prove]").click()
    await expect(clerk.page.locator("#tags")).to_contain_text("документ є")
    await expect(clerk.page.locator("#right")).to_be_hidden()
    assert await shown(first.id) is True
    assert await shown(usual.id) is None
    await phone.reload()
    await expect(phone.locator("body")).to_contain_text("Ви йдете першими за законом:")
    await clerk.press("Space", "free")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(usual.number)
    await expect(board.locator("#call-number")).to_have_text(usual.number)
    await expect(board.locator(".stage-why:visible")).to_have_count(0)
    await expect(clerk.page.locator("#right")).to_be_hidden()


async def test_without_a_document_its_holder_waits_in_the_usual_order_and_it_can_be_taken_back(
    arrive: Arrive, clock: Clock, server: Server
) -> None:
    usual = await take_ticket(clock.now())
    first = await arrival.issue(By(KIOSK, clock.now()), BRANCH, [SERVICE], "veteran", "uk")
    clerk = await arrive()
    phone = await beside(clerk, f"{server.url}/t/{first.token}")
    board = await beside(clerk, f"{server.url}/display/{BRANCH}")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(first.number)
    await assert_called_first(board, first.number)
    await clerk.page.locator("[data-verb=deny]").click()
    await clerk.mode("free")
    assert await shown(first.id) is False
    await expect(clerk.rows.first).to_contain_text(usual.number)
    await expect(board.locator("#call-number")).not_to_have_text(first.number)
    await expect(board.locator(".stage-why:visible")).to_have_count(0)
    await phone.reload()
    await expect(phone.locator("body")).not_to_contain_text("першими за законом")
    await clerk.press("Control+z", "called")
    await expect(clerk.number).to_have_text(first.number)
    assert await shown(first.id) is None
    await assert_called_first(board, first.number)
    await phone.reload()
    await expect(phone.locator("body")).to_contain_text("Ви йдете першими за законом:")


async def test_a_document_that_is_not_there_at_the_desk_lets_the_usual_order_go_first(
    arrive: Arrive, clock: Clock
) -> None:
    """Whoever is put back is called after those who came before, as if they had asked nothing."""
    usual = await take_ticket(clock.now())
    first = await arrival.issue(By(KIOSK, clock.now()), BRANCH, [SERVICE], "veteran", "uk")
    clerk = await arrive()
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(first.number)
    await clerk.page.locator("[data-verb=deny]").click()
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(usual.number)
    await clerk.press("Space", "serving")
    await clerk.press("Space", "free")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(first.number)
    await expect(clerk.page.locator("#right")).to_be_hidden()


async def assert_called_first(board: Page, number: str) -> None:
    """The board says beside the newest call why it comes before others."""
    await expect(board.locator("#call-number")).to_have_text(number)
    why = board.locator(".scene-call .label-called .why-first")
    await expect(why).to_be_visible()
    await expect(why).to_contain_text("пріоритет за законом")


async def shown(ticket: int) -> bool | None:
    found: bool | None = await db.fetch_value(
        "SELECT right_shown FROM ticket WHERE id = $1", ticket
    )
    return found
