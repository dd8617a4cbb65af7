"""The panel of a kiosk, and what a visitor does at it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from playwright.async_api import Page, expect

from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.people import BRANCH
from tests.support.server import Server

ELSEWHERE = "darnytskyi"
SERVICE = "no-debt-certificate"
SEVEN_TO_ONE = {"rules": {"color-contrast-enhanced": {"enabled": True}}}
PANEL = {"width": 1080, "height": 1920}

Switch = Callable[[Server], Awaitable[Page]]


async def press(page: Page, selector: str) -> None:
    await page.locator(f"{selector} >> visible=true").first.click()


async def ease(page: Page, *modes: str) -> None:
    """Switches these on, or off again, on the panel for it."""
    if not modes:
        return
    await press(page, "#open-ease")
    for mode in modes:
        await press(page, f"#ease [data-mode={mode}]")
    await press(page, "#ease-done")
    await expect(page.locator("#ease")).to_be_hidden()


async def choose(page: Page, group: str = "certificates", service: str = SERVICE) -> None:
    await press(page, "[data-go=groups-1]")
    await press(page, f"[data-group={group}]")
    await press(page, f"[data-service={service}]")
    await expect(page.locator("[data-screen=confirm]")).to_be_visible()


async def tickets() -> int:
    count: int = await db.fetch_value("SELECT count(*) FROM ticket")
    return count


async def booked(
    starts: datetime, branch: str = BRANCH, channel: str = "visit", service: str = SERVICE
) -> str:
    """The code of a booking that a resident made this morning."""
    early = MONDAY - timedelta(hours=2)
    held = await booking.hold(By(RESIDENT, early), branch, [service], starts, channel)  # type: ignore[arg-type]
    await booking.confirm(
        By(RESIDENT, early), held.token, "Олена Мельник", "067 123 45 67", None, "uk"
    )
    return held.code


async def type_code(page: Page, code: str) -> None:
    await press(page, "[data-go=check-in]")
    for digit in code:
        await press(page, f'[data-digit="{digit}"]')
    await press(page, "#check-in")


async def scan(page: Page, text: str) -> None:
    """As a scanner types: no pause between the keys, then Enter."""
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def assert_shows_ticket(page: Page, number: str) -> None:
    await expect(page.locator("#ticket-number")).to_have_text(number)
    await expect(page.locator("#ticket-number")).to_be_visible()
