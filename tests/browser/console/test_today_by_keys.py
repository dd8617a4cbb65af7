"""A branch's day by keyboard alone: everybody found, and everything done for them, in both
languages and at every size."""

from datetime import datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from queue_app.clock import Clock
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.store import db
from tests.browser.console.hands import Hands, Size
from tests.browser.keyboard import WAYS, tab_to
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]

ADDRESS = f"/console/branches/{BRANCH}"
WORDS = {"uk": ("дублікат", "сума заборгованості"), "en": ("duplicate", "how much is owed")}
MORE = {"uk": "діючих тарифів", "en": "current tariffs"}


async def booked(name: str, phone: str, at: datetime) -> str:
    """The code of a booking made the day before."""
    then = By(RESIDENT, MONDAY - timedelta(days=1))
    held = await booking.hold(then, BRANCH, ["debt-amount"], at, "visit")
    await booking.confirm(then, held.token, name, phone, None, "en")
    return held.code


async def looks_right(page: Page) -> None:
    await assert_accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


async def done(page: Page, said: str) -> None:
    """The list says that it is done, in sight, and takes the next question."""
    await page.wait_for_url(f"**/today?said={said}*")
    await expect(page.get_by_role("status").first).to_be_in_viewport(ratio=1)
    await expect(page.locator("#q")).to_be_focused()
    await looks_right(page)


async def find(page: Page, question: str) -> None:
    """Typed into the search, which has the focus; one person is left, and Enter leads to what can
    be done for them."""
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type(question)
    await expect(page.locator(".day-one")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.locator(".day-do .button").first).to_be_focused()


async def press(page: Page, selector: str) -> None:
    if not await page.evaluate("s => document.activeElement.matches(s)", selector):
        await tab_to(page, selector)
    await page.keyboard.press("Enter")


@pytest.mark.parametrize(("size", "language"), WAYS)
async def test_a_day_of_bookings_and_tickets(
    size: Size, language: str, hands: Hands, clock: Clock
) -> None:
    await booked("Марко Лис", "0501112233", MONDAY.replace(hour=9, minute=30))
    two = await open_desk("2", clock.now())
    parked = await take_ticket(clock.now())
    await two.call()
    await two.park(parked.id)
    page = (await hands(size, language)).page
    await page.keyboard.press("8")
    await page.wait_for_url(f"**{ADDRESS}/today")
    await expect(page.locator("#q")).to_be_focused()
    await looks_right(page)
    await find(page, "лис")
    await press(page, "form[action$='/check-in'] button")
    await done(page, "checked_in")
    await find(page, parked.number)
    await press(page, "form[action$='/return'] button")
    await done(page, "returned")
    await a_ticket_for_somebody(page, language)
    await find(page, "а2")
    async with page.context.expect_page() as opened:
        await press(page, "a[href*='/paper?reprint']")
    await (await opened.value).close()
    await page.locator("#q").focus()
    await a_booking_for_somebody(page, language)
    await another_time_and_services(page, language)
    await find(page, "6661122")
    await press(page, "details.day-ask > summary")
    await press(page, "form[action$='/cancellation'] button")
    await done(page, "cancelled")
    await press(page, "a[data-stage=served]")
    await page.wait_for_url("**stage=served*")
    await expect(page.locator("#list .empty")).to_be_visible()
    await looks_right(page)
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/desks/*")
    done_by_staff = await db.fetch(
        "SELECT verb FROM appointment_event WHERE actor LIKE 'staff%' ORDER BY appointment_id, seq"
    )
    assert [one["verb"] for one in done_by_staff] == [
        "check_in", "hold", "confirm", "move", "change", "cancel",
    ]  # fmt: skip


async def a_ticket_for_somebody(page: Page, language: str) -> None:
    """With a helper, in the other language."""
    await press(page, "a[href$='/ticket']")
    await expect(page.locator("#service-search")).to_be_focused()
    await page.keyboard.type(WORDS[language][0])
    await tab_to(page, "input[name=service]")
    await page.keyboard.press("Space")
    await tab_to(page, "input[name=language]:checked")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "#company")
    await page.keyboard.press("ArrowDown")
    await looks_right(page)
    await press(page, "main .button-primary")
    await done(page, "issued")
    [issued] = await db.fetch("SELECT language, company FROM ticket WHERE number = 'А2'")
    assert tuple(issued) == ("en", "helped")


async def a_booking_for_somebody(page: Page, language: str) -> None:
    """What is wrong is said beside what was entered."""
    await press(page, "a[href$='/booking']")
    await expect(page.locator("#service-search")).to_be_focused()
    await page.keyboard.type(WORDS[language][1])
    await tab_to(page, "input[name=service]")
    await page.keyboard.press("Space")
    await looks_right(page)
    await press(page, "main .button-primary")
    await page.wait_for_url(f"**{ADDRESS}/booking?*")
    await looks_right(page)
    await tab_to(page, "input[name=starts_at]:checked")
    await page.keyboard.press("ArrowRight")
    for field, typed in (("name", "Ада Ко"), ("phone", "12")):
        await tab_to(page, f"#{field}")
        await page.keyboard.type(typed)
    await page.keyboard.press("Enter")
    await expect(page.locator("#phone-error")).to_be_visible()
    await looks_right(page)
    await expect(page.locator("#phone")).to_be_focused()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("0676661122")
    await page.keyboard.press("Enter")
    await done(page, "booked")


async def another_time_and_services(page: Page, language: str) -> None:
    await find(page, "6661122")
    await press(page, "a[href*='/bookings/']")
    await page.wait_for_url("**/bookings/*")
    await looks_right(page)
    await press(page, "button[name=starts_at]")
    await done(page, "moved")
    await find(page, "6661122")
    await press(page, "a[href*='/bookings/']")
    await page.wait_for_url("**/bookings/*")
    await press(page, "details.day-ask > summary")
    await tab_to(page, "#service-search")
    await page.keyboard.type(MORE[language])
    await tab_to(page, "input[name=service]:not(:checked)")
    await page.keyboard.press("Space")
    await looks_right(page)
    await press(page, "form[action$='/services'] .button-primary")
    await done(page, "changed")
