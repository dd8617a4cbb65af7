"""The kiosk in a real browser at its real size: one visitor after the other, within reach."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.kiosk.panel import (
    SERVICE,
    SEVEN_TO_ONE,
    assert_shows_ticket,
    choose,
    ease,
    press,
)
from tests.support.browser import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [(1080, 1920), (1920, 1080), (768, 1024)]


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


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["uk", "en"])
async def test_every_screen_fits_its_panel_in_every_size_and_with_whatever_makes_it_easier(
    size: tuple[int, int], language: str, kiosk: Page
) -> None:
    """Targets of 88 px, 24 px apart; no word cut; larger is half as large again; "lower" keeps the
    upper 40 % free; what is longer than its panel can be turned."""
    await kiosk.set_viewport_size({"width": size[0], "height": size[1]})
    await press(kiosk, f"[data-language={language}]")
    plain = await kiosk.evaluate(_MEASURE, {})
    assert plain["wrong"] == [], "plain"
    assert not plain["turned"]
    for modes in (("contrast",), ("low",), ("large",), ("large", "contrast", "low")):
        await ease(kiosk, *modes)
        larger = plain["fonts"] if "large" in modes else {}
        found = await kiosk.evaluate(_MEASURE, {"low": "low" in modes, "fonts": larger})
        assert found["wrong"] == [], modes
        assert modes != ("contrast",) or not found["turned"]
        await ease(kiosk, *modes)


@pytest.mark.parametrize("size", SIZES)
async def test_the_panel_that_makes_it_easier_says_in_words_what_is_on(
    size: tuple[int, int], kiosk: Page
) -> None:
    await kiosk.set_viewport_size({"width": size[0], "height": size[1]})
    await press(kiosk, "#open-ease")
    panel = kiosk.locator("#ease")
    await expect(panel.get_by_role("heading", name="Зручніший екран")).to_be_visible()
    for title in ("Більші літери", "Чорне на білому", "Нижче", "Уголос"):
        await expect(panel.get_by_text(title, exact=True)).to_be_visible()
    await expect(panel.locator(".ease-off:visible")).to_have_count(4)
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    for mode in ("large", "contrast", "low"):
        await press(kiosk, f"#ease [data-mode={mode}]")
    await expect(panel.locator(".ease-on:visible")).to_have_text(
        ["увімкнено"] * 3, use_inner_text=True
    )
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    assert await panel.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    top = await panel.evaluate("(one) => one.getBoundingClientRect().top")
    assert top >= 0.4 * size[1] - 1
    await press(kiosk, "#ease-done")
    await expect(kiosk.locator("[data-screen=start] h1")).to_be_focused()


async def test_a_ticket_in_larger_letters_is_turned_to_its_end(kiosk: Page) -> None:
    await ease(kiosk, "large", "low")
    await kiosk.evaluate("document.querySelector('[data-go=groups-1]').click()")
    for way in ("[data-group=certificates]", f"[data-service={SERVICE}]", "#take"):
        await kiosk.locator(f"{way} >> visible=true").first.click()
    await assert_shows_ticket(kiosk, "А1")
    await expect(kiosk.locator("#turner")).to_be_visible()
    done = kiosk.locator("#ticket-done")
    for _ in range(9):
        if await done.evaluate(_IS_SEEN):
            break
        await press(kiosk, "#turn-down")
    assert await done.evaluate(_IS_SEEN)
    await expect(kiosk.locator("#turn-up")).to_have_attribute("aria-disabled", "false")
    await press(kiosk, "#ticket-done")
    await expect(kiosk.locator("html")).not_to_have_class(re.compile("large|low"))
    await expect(kiosk.locator("#turner")).to_be_hidden()


_IS_SEEN = """(one) => {
    const { top, bottom } = one.getBoundingClientRect();
    const room = document.querySelector(".screens").getBoundingClientRect();
    return top >= room.top - 1 && bottom <= room.bottom + 1;
}"""
_MEASURE = """async ({ low = false, fonts: smaller = {} }) => {
    const wrong = [], turned = [], fonts = {};
    const screens = [...document.querySelectorAll("[data-screen]")];
    const before = screens.find((one) => !one.hidden);
    const main = document.querySelector(".screens");
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const isCut = (one) => {
        const { overflowX, overflowY } = getComputedStyle(one);
        const cuts = [overflowX, overflowY].some((how) => ["hidden", "clip"].includes(how));
        const high = one.scrollHeight > one.clientHeight + 2;
        const wide = one.scrollWidth > one.clientWidth + 2;
        return cuts && !one.matches(".visually-hidden, .hero, .screen") && (high || wide);
    };
    for (const { dataset: { screen: name } } of screens) {
        for (const one of screens) one.hidden = one.dataset.screen !== name;
        main.scrollTop = 0;
        for (let waited = 0; waited < 4; waited += 1) await frame();
        const needs = main.scrollHeight > main.clientHeight + 1;
        if (needs === document.getElementById("turner").hidden) wrong.push(`${name}: turner`);
        if (needs) turned.push(name);
        if (document.documentElement.scrollWidth > innerWidth) wrong.push(`${name} is too wide`);
        if (main.scrollWidth > main.clientWidth) wrong.push(`${name} is wider than its place`);
        const seen = [...document.querySelectorAll("main *, footer *, .turner *")]
            .filter((one) => one.checkVisibility() && !one.closest(".visually-hidden"));
        for (const one of seen) {
            const isText = ({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim();
            const said = [...one.childNodes].some(isText);
            const box = one.getBoundingClientRect();
            if (low && box.height && box.top < 0.4 * innerHeight - 1 && !one.closest(".leaf")) {
                wrong.push(`${name}: ${one.className || one.tagName} is too high`);
            }
            if (isCut(one)) wrong.push(`${name}: ${one.className || one.tagName} is cut`);
            if (!said || one.closest("#turner, .tool-hint")) continue;
            const key = `${name} ${one.textContent.trim()} ${one.tagName}`;
            fonts[key] = parseFloat(getComputedStyle(one).fontSize);
            if (one.closest(".slip-number")) continue;
            if (key in smaller && fonts[key] < 1.5 * smaller[key] - 0.1) {
                wrong.push(`${key} is ${fonts[key]} px, which was ${smaller[key]}`);
            }
        }
        const boxes = seen.filter((one) => one.matches("button"))
            .map((button) => [button.textContent.trim(), button.getBoundingClientRect()]);
        for (const [text, box] of boxes) {
            if (box.width < 87.9 || box.height < 87.9) wrong.push(`${name}: ${text} is small`);
        }
        const room = main.getBoundingClientRect();
        const isSeen = ([, box]) => !needs || (box.top >= room.top && box.bottom <= room.bottom);
        for (const [i, [text, a]] of boxes.entries()) for (const [, b] of boxes.slice(i + 1)) {
            if (!isSeen(["", a]) || !isSeen(["", b])) continue;
            const across = Math.max(b.left - a.right, a.left - b.right);
            const down = Math.max(b.top - a.bottom, a.top - b.bottom);
            if (Math.max(across, down) < 21.9) wrong.push(`${name}: ${text} is too near`);
        }
    }
    for (const one of screens) one.hidden = one !== before;
    return { wrong, turned, fonts };
}"""
