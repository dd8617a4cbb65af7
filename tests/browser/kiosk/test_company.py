"""At the kiosk: who comes to the desk with a ticket, and in which language they are served."""

import pytest
from playwright.async_api import Page, expect

from queue_app.store import db
from tests.browser.kiosk.panel import SEVEN_TO_ONE, assert_shows_ticket, choose, press
from tests.support.browser import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize(
    ("language", "chosen", "said"),
    [
        ("uk", "Нас троє", "Цей талон на 3 особи: підходьте до вікна разом."),
        ("en", "Three of us", "For 3 people: come to the desk together."),
    ],
)
async def test_a_group_with_one_question_takes_one_number(
    kiosk: Page, language: str, chosen: str, said: str
) -> None:
    await press(kiosk, f"[data-language={language}]")
    await choose(kiosk)
    await press(kiosk, "[data-go=company]")
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    await press(kiosk, "[data-go=group]")
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    await press(kiosk, "[data-people='3']")
    await expect(kiosk.locator("#company-chosen")).to_have_text(chosen, use_inner_text=True)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    await expect(kiosk.locator("#ticket-company")).to_have_text(said)
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    row = await db.fetch_row("SELECT people, company, language FROM ticket")
    assert row is not None
    assert tuple(row) == (3, None, language)

    await press(kiosk, "#ticket-done")
    await kiosk.wait_for_timeout(500)  # what a finger touches twice begins no visit
    await press(kiosk, "[data-language=uk]")
    await choose(kiosk)
    await expect(kiosk.locator("#company-chosen")).to_contain_text("З помічником")
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А2")
    await expect(kiosk.locator("#ticket-company")).to_be_hidden()


async def test_a_helper_uses_the_kiosk_in_one_language_for_somebody_of_another(
    kiosk: Page,
) -> None:
    """The screen stays in the helper's; the call, the paper and the phone are in the other's."""
    await choose(kiosk)
    await press(kiosk, "[data-go=company]")
    own = kiosk.locator("[data-visit-language=uk]")
    await expect(own).to_have_attribute("aria-pressed", "true")
    await press(kiosk, "[data-visit-language=en]")
    await expect(own).to_have_attribute("aria-pressed", "false")
    await expect(kiosk.locator("html")).to_have_attribute("lang", "uk")
    await press(kiosk, "[data-company=helped]")
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    await expect(kiosk.locator("#ticket-company")).to_contain_text("із тим, хто вам допомагає")
    row = await db.fetch_row("SELECT people, company, language FROM ticket")
    assert row is not None
    assert tuple(row) == (1, "helped", "en")
