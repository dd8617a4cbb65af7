"""Whoever sees nothing does a whole visit with headphones and a keypad: hears each step, presses
what they heard."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import CDPSession, Page, Response, expect

from tests.browser.kiosk.panel import assert_shows_ticket, booked, ease, press
from tests.conftest import MONDAY
from tests.support.hall import open_desk, take_ticket

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLUGGED, UNPLUGGED, HELP, UP, DOWN, ROUND, BACK, NEXT = (
    *("F15", "F16", "F17", "F18"),
    *("F19", "F20", "F21", "F22"),
)
"""What keypads send: EZ Access by the Trace Center, EZ-Key and Audio-Nav by Storm."""
MOST_STEPS = 25
FOCUSED = """() => {
  const one = document.activeElement;
  const title = one.querySelector(".choice-title, .home-choice-title, .tool-title") ?? one;
  return title.innerText.split("\\n")[0].replace("←", "").trim();
}"""
COUNT_SOUNDS = """
window.sounds = [];
const play = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...when) {
  window.sounds.push(this.buffer.duration);
  return play.apply(this, when);
};
"""


@dataclass
class Listener:
    """Hears what the kiosk asks the server to say, and has a keypad."""

    page: Page
    line: CDPSession
    heard: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def hear(self, answer: Response) -> None:
        address = urlsplit(answer.url)
        if not address.path.endswith("/aloud.wav"):
            return
        self.heard.append(parse_qs(address.query)["text"][0])
        if answer.status != 200:
            self.refused.append(answer.status)

    async def key(self, code: str) -> None:
        """As the system hands it on: beyond F12 by its place alone."""
        for kind in ("rawKeyDown", "keyUp"):
            await self.line.send("Input.dispatchKeyEvent", {"type": kind, "code": code})

    async def until(self, text: str, seconds: float = 15) -> None:
        """Until this was said after what was heard before."""
        async with asyncio.timeout(seconds):
            while not any(text in one for one in self.heard):
                await self.page.wait_for_timeout(50)

    async def go_to(self, text: str, way: str = DOWN) -> None:
        """Steps on, each step said, until this is."""
        for _ in range(MOST_STEPS):
            self.heard.clear()
            await self.key(way)
            title = await self.page.evaluate(FOCUSED)
            await self.until(title)
            if text in title:
                return
        raise AssertionError(f"nobody says {text}")

    async def press(self, text: str) -> None:
        await self.go_to(text)
        self.heard.clear()
        await self.key(ROUND)


Listen = Callable[[Page], Awaitable[Listener]]


@pytest.fixture
def listen() -> Listen:
    async def begin(page: Page) -> Listener:
        await page.add_init_script(COUNT_SOUNDS)
        await page.reload()
        mine = Listener(page, await page.context.new_cdp_session(page))
        page.on("response", mine.hear)
        return mine

    return begin


async def test_a_blind_visitor_takes_a_ticket_by_ear_and_keypad(
    kiosk: Page, listen: Listen
) -> None:
    await open_desk("1", MONDAY)
    await take_ticket(MONDAY, service="no-debt-certificate")
    ear = await listen(kiosk)
    await ear.key(PLUGGED)
    await ear.until("Звук увімкнено")
    await ear.until("Чим допомогти?")
    await ear.press("Взяти талон")
    await ear.until("питання")
    await ear.press("Надання довідок")
    await ear.until("Оберіть послугу")
    await ear.press("відсутність")
    await ear.until("Ваш візит")
    await ear.until("1 особа")
    await ear.key(NEXT)
    await ear.until("Отримати талон")
    ear.heard.clear()
    await ear.key(ROUND)
    await assert_shows_ticket(kiosk, "А2")
    await ear.until("А2")
    await ear.until("1 особа")
    ear.heard.clear()
    await ear.key(HELP)
    await ear.until("А2")
    assert ear.refused == []
    async with asyncio.timeout(20):
        while not await kiosk.evaluate("window.sounds.some((one) => one > 0.5)"):
            await kiosk.wait_for_timeout(100)
    await ear.press("Готово")
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    await expect(kiosk.locator("#ease [data-mode=aloud]")).to_have_attribute(
        "aria-pressed", "false"
    )


async def test_a_booking_is_checked_in_by_ear_with_arrows_and_figures(
    kiosk: Page, listen: Listen
) -> None:
    """By an ordinary keypad of figures; the sound is asked for on the panel."""
    code = await booked(MONDAY + timedelta(minutes=40))
    ear = await listen(kiosk)
    await ease(kiosk, "aloud")
    await ear.until("Чим допомогти?")
    await ear.go_to("Я маю запис", "ArrowDown")
    ear.heard.clear()
    await kiosk.keyboard.press("Enter")
    await ear.until("Введіть код запису")
    await kiosk.keyboard.press(code[0])
    await ear.until("1 ")
    for digit in code[1:]:
        await kiosk.keyboard.press(digit)
        await kiosk.wait_for_timeout(350)  # a scanner is quicker
    ear.heard.clear()
    await kiosk.keyboard.press("Enter")
    await ear.until("Ваш талон")
    await expect(kiosk.locator("#ticket-number")).to_be_visible()


async def test_what_is_pressed_quickly_is_not_said_and_headphones_pulled_out_end_it(
    kiosk: Page, listen: Listen
) -> None:
    ear = await listen(kiosk)
    await ear.key(PLUGGED)
    await ear.until("Чим допомогти?")
    ear.heard.clear()
    await ear.key(DOWN)
    await ear.key(DOWN)
    await ear.until("Я маю запис")
    assert not any("Взяти талон" in one for one in ear.heard)
    await ear.key(BACK)
    await ear.key(UNPLUGGED)
    ear.heard.clear()
    await ear.key(UP)
    await ear.until("Звук увімкнено")
    await ear.key(UNPLUGGED)
    ear.heard.clear()
    await press(kiosk, "[data-go=groups-1]")
    await kiosk.wait_for_timeout(600)
    assert ear.heard == []


async def test_a_keypad_of_other_keys_is_named_in_the_address_of_the_kiosk(
    kiosk: Page, listen: Listen
) -> None:
    """What is no meaning is left out, and keys that nobody named keep theirs."""
    await kiosk.goto(f"{kiosk.url}?keys=F13:plugged,F14:unplugged,KeyQ:down,F20:nonsense")
    ear = await listen(kiosk)
    await ear.key("F13")
    await ear.until("Чим допомогти?")
    ear.heard.clear()
    await ear.key("KeyQ")
    await ear.until("Взяти талон")
    ear.heard.clear()
    await ear.key(ROUND)
    await ear.until("питання")
    await ear.key("F14")
    await expect(kiosk.locator("#ease [data-mode=aloud]")).to_have_attribute(
        "aria-pressed", "false"
    )
