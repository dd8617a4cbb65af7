"""The kiosk in a real browser at its real size: one visitor after the other, within reach."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.kiosk.panel import SERVICE, assert_shows_ticket, choose, press
from tests.support.browser import assert_accessible

pytestmark = pytest.mark.browser


async def test_a_forgotten_visit_is_asked_about_and_leaves_nothing(kiosk: Page) -> None:
    await kiosk.clock.install()
    await kiosk.reload()
    title, skip = await kiosk.title(), kiosk.locator(".skip-link")
    assert title.startswith("Термінал, ") and " – " in title
    await expect(skip).to_have_text("Перейти до основного вмісту", use_inner_text=True)
    await press(kiosk, "[data-language=en]")
    assert (await kiosk.title()).startswith("Kiosk, ")
    await expect(skip).to_have_text("Skip to the main content", use_inner_text=True)
    await choose(kiosk)
    await kiosk.clock.run_for(41_000)
    await expect(kiosk.locator("#still-here")).to_be_visible()
    await assert_accessible(kiosk)
    await press(kiosk, "#stay")
    await expect(kiosk.locator("[data-screen=confirm]")).to_be_visible()

    await kiosk.clock.run_for(41_000)
    await kiosk.clock.run_for(16_000)
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    assert await kiosk.locator("html").get_attribute("lang") == "uk"
    await expect(kiosk.locator("#chosen > li")).to_have_count(0)
    assert await kiosk.title() == title


async def test_the_ticket_stays_for_twenty_seconds_and_as_long_as_it_is_held(
    kiosk: Page,
) -> None:
    await kiosk.clock.install()
    await kiosk.reload()
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    await kiosk.clock.run_for(21_000)
    await press(kiosk, "#ticket-pause")
    await kiosk.clock.run_for(60_000)
    await assert_shows_ticket(kiosk, "А1")
    await press(kiosk, "#ticket-pause")
    await kiosk.clock.run_for(12_000)
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()


async def test_the_whole_visit_works_by_keyboard(kiosk: Page) -> None:
    async def tab_to(selector: str) -> None:
        for _ in range(20):
            await kiosk.keyboard.press("Tab")
            if await kiosk.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab does not reach {selector}")

    for selector in ("[data-go=groups-1]", "[data-group=certificates]"):
        await tab_to(selector)
        await kiosk.keyboard.press("Enter")
    await expect(kiosk.locator("h1:focus")).to_be_visible()
    await tab_to(f"[data-service={SERVICE}]")
    await kiosk.keyboard.press("Enter")
    await tab_to("#take")
    await kiosk.keyboard.press("Enter")
    await assert_shows_ticket(kiosk, "А1")


async def test_a_plain_word_leads_to_its_services_and_back(kiosk: Page) -> None:
    await press(kiosk, "[data-go=groups-1]")
    await press(kiosk, "[data-go=topics-1]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-go=found-certificate]")
    await press(kiosk, f"[data-service={SERVICE}]")
    await expect(kiosk.locator("[data-screen=confirm]")).to_be_visible()
    await expect(kiosk.locator("#chosen > li")).to_have_count(1)
    await press(kiosk, "[data-back]")
    await expect(kiosk.locator("[data-screen=found-certificate]")).to_be_visible()
    await press(kiosk, "[data-service=household-certificate]")
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")


async def test_every_target_is_large_enough_and_nothing_scrolls(kiosk: Page) -> None:
    """In both languages, also with larger text: 88 px, and 24 px apart."""
    names = await kiosk.locator("[data-screen]").evaluate_all(
        "(all) => all.map((one) => one.dataset.screen)"
    )
    for language in ("uk", "en"):
        for modes in ((), ("large",), ("low",), ("large", "contrast", "low")):
            await press(kiosk, f"[data-language={language}]")
            for mode in modes:
                await press(kiosk, f"[data-mode={mode}]")
            found = await kiosk.evaluate(_MEASURE, names)
            assert not found, (language, modes, found)
            for mode in modes:
                await press(kiosk, f"[data-mode={mode}]")


@pytest.mark.parametrize("size", [(1920, 1080), (768, 1024)])
async def test_a_panel_that_lies_and_a_tablet_have_layouts_of_their_own(
    size: tuple[int, int], kiosk: Page
) -> None:
    await kiosk.set_viewport_size({"width": size[0], "height": size[1]})
    names = await kiosk.locator("[data-screen]").evaluate_all(
        "(all) => all.map((one) => one.dataset.screen)"
    )
    assert await kiosk.evaluate(_MEASURE, names) == []
    await press(kiosk, "[data-mode=contrast]")
    await assert_accessible(kiosk)


async def test_lower_choices_stay_as_large_as_they_were(kiosk: Page) -> None:
    size = "(one) => parseFloat(getComputedStyle(one).fontSize)"
    title = kiosk.locator("[data-group=certificates] .choice-title")
    await press(kiosk, "[data-go=groups-1]")
    plain = await title.evaluate(size)
    await press(kiosk, "[data-mode=large]")
    large = await title.evaluate(size)
    await press(kiosk, "[data-mode=low]")
    assert await title.evaluate(size) == large > plain


_MEASURE = """(names) => {
    const found = [];
    const screens = [...document.querySelectorAll("[data-screen]")];
    const before = screens.find((one) => !one.hidden);
    for (const name of names) {
        for (const one of screens) one.hidden = one.dataset.screen !== name;
        const main = document.querySelector(".screens");
        if (main.scrollHeight > main.clientHeight) found.push(`${name} scrolls`);
        if (document.documentElement.scrollWidth > innerWidth) found.push(`${name} is too wide`);
        const boxes = [...document.querySelectorAll("button")]
            .filter((button) => button.offsetParent)
            .map((button) => [button.textContent.trim(), button.getBoundingClientRect()]);
        for (const [text, box] of boxes) {
            if (box.width < 87.9 || box.height < 87.9) found.push(`${name}: ${text} is small`);
        }
        for (const [i, [text, a]] of boxes.entries()) for (const [, b] of boxes.slice(i + 1)) {
            const across = Math.max(b.left - a.right, a.left - b.right);
            const down = Math.max(b.top - a.bottom, a.top - b.bottom);
            if (Math.max(across, down) < 21.9) found.push(`${name}: ${text} is too near`);
        }
    }
    for (const one of screens) one.hidden = one !== before;
    return found;
}"""
