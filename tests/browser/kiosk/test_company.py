"""At the kiosk: who comes to the desk with a ticket, and in which language they are served."""

import pytest
from playwright.async_api import Page, expect

from queue_app.store import db
from tests.browser.kiosk.panel import SEVEN_TO_ONE, assert_shows_ticket, choose, ease, press
from tests.support.browser import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [(1080, 1920), (1920, 1080), (768, 1024)]


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
    told = kiosk.locator("#language-chosen")
    await expect(told).to_have_text("Мова візиту: English", use_inner_text=True)
    await expect(told.locator("strong")).to_have_text("English")
    await press(kiosk, "[data-language=en]")
    await expect(told).to_be_hidden()  # what the screen speaks goes without saying
    await press(kiosk, "[data-language=uk]")
    await expect(told).to_be_visible()
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    await expect(kiosk.locator("#ticket-company")).to_contain_text("із тим, хто вам допомагає")
    row = await db.fetch_row("SELECT people, company, language FROM ticket")
    assert row is not None
    assert tuple(row) == (1, "helped", "en")
    await press(kiosk, "#ticket-done")
    await kiosk.wait_for_timeout(500)
    await choose(kiosk)
    await expect(told).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["uk", "en"])
async def test_the_longest_ticket_is_whole_in_every_size_and_with_whatever_makes_it_easier(
    kiosk: Page, size: tuple[int, int], language: str
) -> None:
    """A right to go first and a person who is acted for: no word of it is cut or put across."""
    await kiosk.set_viewport_size({"width": size[0], "height": size[1]})
    await press(kiosk, f"[data-language={language}]")
    await choose(kiosk)
    await press(kiosk, "[data-go=priority]")
    await press(kiosk, "[data-priority=veteran]")
    await press(kiosk, "[data-go=company]")
    await press(kiosk, "[data-company=represents]")
    assert await kiosk.evaluate(_CUT, "confirm") == []
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "П1")
    await press(kiosk, "#ticket-pause")
    await expect(kiosk.locator("#turner")).to_be_hidden()
    for modes in ((), ("large",), ("low",), ("large", "low")):
        await ease(kiosk, *modes)
        assert await kiosk.evaluate(_CUT, "ticket") == [], modes
        await kiosk.locator("#ticket-company").scroll_into_view_if_needed()
        await expect(kiosk.locator("#ticket-company")).to_be_in_viewport(ratio=0.99)
        await ease(kiosk, *modes)


_CUT = """(screen) => {
    const place = document.querySelector(`[data-screen=${screen}]`);
    const room = place.getBoundingClientRect();
    const isText = ({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim();
    return [...place.querySelectorAll("*")].filter((one) => {
        if (!one.checkVisibility() || one.closest(".leaf, .visually-hidden, svg")) return false;
        if (![...one.childNodes].some(isText)) return false;
        const box = one.getBoundingClientRect();
        const across = box.left < room.left - 1 || box.right > room.right + 1;
        return across || one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 2;
    }).map((one) => `${one.tagName} ${one.id || one.className}`);
}"""
