"""A message that did not arrive, in a real browser: at the desk, and on the resident's phone."""

import os
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment
from queue_app.domain.people import RESIDENT, SYSTEM
from queue_app.flow import arrival, booking, refusing
from queue_app.flow.act import By
from queue_app.queries import appointments
from queue_app.store import db
from tests.browser.console.clerk import METER, Arrive
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible, follow
from tests.support.people import BRANCH, KIOSK
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.server]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
MAIL = "olena.kovalchuk@gmail.com"


async def look(page: Page, name: str) -> None:
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if folder := os.environ.get("QUEUE_APP_LOOKS"):
        await page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.slow
async def test_the_desk_sees_it_and_the_resident_mends_it(
    arrive: Arrive, server: Server, browser: Browser, clock: Clock
) -> None:
    resident = By(RESIDENT, clock.now() - timedelta(hours=2))
    held = await booking.hold(resident, BRANCH, [METER], MONDAY + timedelta(minutes=10), "visit")
    booked = await booking.confirm(
        resident, held.token, "Олена Ковальчук", "+380671234567", MAIL, "uk"
    )
    clerk = await arrive()
    await arrival.check_in(By(KIOSK, clock.now()), BRANCH, booked.code)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    told = clerk.page.locator(".contact-refused")
    await expect(told).to_have_count(0)
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1")
    await expect(told).to_contain_text("Пошту не прийнято")
    await look(clerk.page, "desk")
    await clerk.page.reload()
    await expect(told).to_contain_text("Пошту не прийнято")
    for size in (PHONE, DESKTOP):
        await clerk.page.set_viewport_size(size)
        await look(clerk.page, f"desk-{size['width']}")
    await correct(clerk.page, booked)


async def correct(page: Page, booked: Appointment) -> None:
    """The clerk asks for the right address: what is none is said, what is doubted asked back."""
    await page.click("[data-correct=email]")
    asked, error = page.locator("#correct-contact"), page.locator("#correct-error")
    await expect(asked).to_be_focused()
    for wrong, said in (("", "Це не адреса пошти"), ("olena@gmail.con", "olena@gmail.com")):
        await asked.fill(wrong)
        await page.keyboard.press("Enter")
        await expect(error).to_contain_text(said)
        await look(page, f"correct-{len(wrong)}")
    await asked.fill("olena@gmail.com")
    await page.keyboard.press("Enter")
    await expect(page.locator("#correct-dialog")).to_be_hidden()
    await expect(page.locator(".contact-refused")).to_have_count(0)
    await expect(page.locator("#result")).to_contain_text("Контакт виправлено")
    assert (await appointments.by_token(booked.token)).email == "olena@gmail.com"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["uk", "en"])
async def test_the_resident_is_led_to_the_field(
    server: Server, browser: Browser, clock: Clock, language: str
) -> None:
    resident = By(RESIDENT, clock.now())
    held = await booking.hold(resident, BRANCH, [METER], MONDAY + timedelta(minutes=90), "visit")
    await booking.confirm(resident, held.token, "Олена Ковальчук", "+380671234567", MAIL, "uk")
    identity = str(await db.fetch_value("SELECT identity FROM message"))
    await refusing.refuse(By(SYSTEM, clock.now()), identity, "it came back: 5.1.1")
    context = await browser.new_context(locale=language, viewport=PHONE)
    page = await context.new_page()
    await page.goto(f"{server.url}/visit/{held.token}")
    notice = page.locator(".notice-warning")
    await expect(notice).to_contain_text("o•••@gmail.com")
    await look(page, f"booked-{language}")
    await page.set_viewport_size(DESKTOP)
    await look(page, f"booked-wide-{language}")
    await page.set_viewport_size(PHONE)
    await follow(notice.locator("a.button"))
    await look(page, f"contact-{language}")
    await page.fill("#email", "olena@gmail.com")
    await follow(page.locator("form .button-primary"))
    await expect(page.locator(".pass-code")).to_be_visible()
    await expect(notice).to_have_count(0)
    await context.close()
