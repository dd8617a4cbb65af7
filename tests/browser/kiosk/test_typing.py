"""One's own words typed at the kiosk by large letters, found by the search that booking has."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.kiosk.panel import SERVICE, SEVEN_TO_ONE, assert_shows_ticket, ease, press
from tests.support.browser import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def write(page: Page, words: str) -> None:
    """By touch, a letter after the other."""
    for letter in words.upper():
        await press(page, f'[data-screen=typing] [data-letter="{letter}"]')


async def begin(page: Page) -> None:
    for way in ("groups-1", "topics-1", "typing"):
        await press(page, f"[data-go={way}]")
    await expect(page.locator("[data-screen=typing]")).to_be_visible()


async def test_ones_own_words_lead_to_a_ticket_by_touch(kiosk: Page) -> None:
    await begin(kiosk)
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    await write(kiosk, "нема боргівю")
    await press(kiosk, "[data-typing=back]")
    await expect(kiosk.locator("#typed-words")).to_have_text("нема боргів")
    await press(kiosk, "#find-typed")
    await expect(kiosk.locator("[data-screen=typed]")).to_be_visible()
    await expect(kiosk.locator("#typed-over")).to_have_text("нема боргів")
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    await press(kiosk, f"[data-screen=typed] [data-service={SERVICE}]")
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    await press(kiosk, "#ticket-done")
    await kiosk.wait_for_timeout(500)  # a second tap of the last visitor begins nothing
    await begin(kiosk)
    await expect(kiosk.locator("#typed-words")).to_have_text("")


async def test_english_and_latin_letters_and_larger_ones(kiosk: Page) -> None:
    await press(kiosk, "[data-language=en]")
    await ease(kiosk, "large")
    await begin(kiosk)
    await write(kiosk, "debt")
    await press(kiosk, "#find-typed")
    await expect(kiosk.locator("[data-screen=typed]")).to_be_visible()
    await expect(kiosk.locator("#typed-found [data-service]:visible")).not_to_have_count(0)
    await press(kiosk, "[data-back]")
    await press(kiosk, "[data-typing=alphabet]")
    await expect(kiosk.locator('[data-letter="Ї"]')).to_be_visible()


async def test_by_keyboard_what_fits_nothing_says_so_and_leads_on(kiosk: Page) -> None:
    await begin(kiosk)
    await kiosk.keyboard.type("driving licence", delay=60)
    await expect(kiosk.locator("#typed-words")).to_have_text("driving licence")
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.locator("#typed-said")).to_contain_text("тут нічого немає")
    await press(kiosk, "[data-screen=typed] [data-go=groups-1]")
    await expect(kiosk.locator("[data-screen=groups-1]")).to_be_visible()


async def test_a_small_panel_shows_half_of_the_letters_at_a_time(kiosk: Page) -> None:
    await kiosk.set_viewport_size({"width": 768, "height": 1024})
    await begin(kiosk)
    await write(kiosk, "га")
    await press(kiosk, "[data-typing=half]")
    await write(kiosk, "я")
    await expect(kiosk.locator("#typed-words")).to_have_text("гая")
