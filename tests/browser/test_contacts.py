"""A contact in a real browser: the question about an address, and the link that is taken along."""

import pytest
from playwright.async_api import Browser, Page, expect

from queue_app.clock import FixedClock
from tests.flow.letters import book
from tests.support.browser import assert_accessible, follow
from tests.support.every_page import reminder
from tests.support.server import Server
from tests.web.resident import CHOICE

pytestmark = [pytest.mark.browser, pytest.mark.server]


async def held(page: Page, url: str) -> None:
    await page.goto(f"{url}/time?{CHOICE}&day=2026-11-24")
    await follow(page.locator("button.slot").nth(4))


@pytest.mark.slow
async def test_a_doubtful_address_is_asked_back_and_the_link_of_the_booking_is_taken_along(
    server: Server, browser: Browser
) -> None:
    context = await browser.new_context(
        locale="uk-UA", permissions=["clipboard-read", "clipboard-write"]
    )
    await context.add_init_script(
        "window.print = () => { document.title = 'printed'; };"
        "navigator.share = async (what) => { document.title = what.url; };"
    )
    page = await context.new_page()
    await held(page, server.url)
    await page.fill("#name", "Олена Ковальчук")
    await page.fill("#email", "olena@gmail.con")
    await follow(page.locator("form .button-primary"))
    await expect(page.locator(".error-summary")).to_be_focused()
    await expect(page.locator("#email")).to_have_value("olena@gmail.con")
    await expect(page.locator("#email-error")).to_contain_text("olena@gmail.com")
    await assert_accessible(page)
    await follow(page.locator("button[name=suggested]"))
    await expect(page.locator(".whose")).to_contain_text("o•••@gmail.com")
    await page.click("#copy")
    await expect(page.locator("#copied")).to_have_text("Посилання скопійовано")
    assert await page.evaluate("navigator.clipboard.readText()") == page.url
    await page.click("#share")
    await expect(page).to_have_title(page.url)
    await page.click("#print")
    await expect(page).to_have_title("printed")
    await page.emulate_media(media="print")
    await expect(page.locator(".print-only")).to_contain_text(page.url)
    await expect(page.locator("#print")).to_be_hidden()
    await context.close()


@pytest.mark.slow
async def test_enter_in_a_field_never_takes_the_suggestion(
    server: Server, browser: Browser
) -> None:
    context = await browser.new_context(locale="uk-UA")
    page = await context.new_page()
    await held(page, server.url)
    await page.fill("#name", "Олена Ковальчук")
    await page.fill("#email", "olena@gmail.con")
    await follow(page.locator("form .button-primary"))
    async with page.expect_navigation():
        await page.press("#email", "Enter")
    await expect(page.locator(".whose")).to_contain_text("o•••@gmail.con")
    await context.close()


@pytest.mark.slow
async def test_who_is_reminded_wishes_for_no_more_and_takes_that_back(
    server: Server, browser: Browser, clock: FixedClock
) -> None:
    await book(clock)
    context = await browser.new_context(locale="uk-UA")
    page = await context.new_page()
    await page.goto(f"{server.url}/reminders/{await reminder()}")
    await assert_accessible(page)
    await follow(page.locator("main button"))
    await expect(page.locator("h1")).to_have_text("Ви більше не отримуєте нагадувань")
    await assert_accessible(page)
    await follow(page.locator("main button"))
    await expect(page.locator("h1")).to_have_text("Нагадування про записи")
    await context.close()
