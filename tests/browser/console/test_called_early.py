"""Somebody who booked is called early and is not there: what the clerk and they themselves see."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from queue_app.clock import Clock
from queue_app.domain.people import RESIDENT
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from tests.browser.console.clerk import Arrive
from tests.browser.scene import PHONE
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible, let_pass
from tests.support.hall import SERVICE
from tests.support.people import BRANCH, KIOSK
from tests.support.server import Server

DUE = MONDAY + timedelta(hours=7, minutes=10)


async def keep(page: Page, name: str) -> None:
    """A picture of the page, for whoever wants to look: `LOOK=FOLDER`."""
    if folder := os.environ.get("LOOK"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.slow
async def test_not_here_says_until_when_and_the_phone_says_what_may_be_counted_on(
    arrive: Arrive, server: Server, browser: Browser, clock: Clock
) -> None:
    held = await booking.hold(By(RESIDENT, MONDAY), BRANCH, [SERVICE], DUE, "visit")
    await booking.confirm(By(RESIDENT, MONDAY), held.token, "Олена", "0671234567", None, "uk")
    ticket = await arrival.check_in(By(KIOSK, clock.now()), BRANCH, held.code)
    context = await browser.new_context(locale="uk-UA", viewport=PHONE)  # type: ignore[arg-type]
    phone = await context.new_page()
    await phone.goto(f"{server.url}/t/{ticket.token}")
    promise = phone.locator("#promise")
    await expect(promise).to_have_text(
        "Можливо, викличемо вас раніше. Якщо вас не буде, чекаємо на вас о 17:10."
    )
    await keep(phone, "phone-early")
    clerk = await arrive("1")
    page = clerk.page
    await page.locator("#primary").click()
    away = page.locator("[data-verb=no_show]")
    await expect(away).to_contain_text("Немає: чекаємо о 17:10")
    await keep(page, "console-called")
    await let_pass(page, 1000)
    await away.click()
    await expect(page.locator("#result")).to_have_text(
        f"{ticket.number} викликали раніше часу: чекаємо о 17:10."
    )
    row = page.locator("#queue .row")
    await expect(row).to_contain_text("Викликали раніше, не було: чекаємо о 17:10")
    await expect(page.locator("#person")).to_have_attribute("data-mode", "empty")
    await expect(page.locator("#undo-what")).to_contain_text("чекаємо пізніше")
    await assert_accessible(page)
    await keep(page, "console-away")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await keep(page, "console-away-1280")
    await expect(promise).to_contain_text("Ми викликали вас раніше, але вас не було.")
    await expect(phone.locator("#figures")).to_be_hidden()
    await assert_accessible(phone)
    await keep(phone, "phone-away")
    await phone.locator("#leave summary").click()
    await phone.locator("#leave-form .button-danger").click()
    await expect(promise).to_contain_text("Ваш запис на 17:10 ще діє")
    await expect(phone.locator("#anew")).to_be_hidden()
    await keep(phone, "phone-left")
    await phone.goto(f"{server.url}/visit/{held.token}")
    await expect(phone.locator("main")).to_contain_text("Ваш запис ще діє")
    await expect(phone.locator(".code")).to_be_visible()
    await assert_accessible(phone)
    await keep(phone, "visit-left")
    await context.close()
