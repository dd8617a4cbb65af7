"""Screens that count how often they chime and shake, as a browser without a loudspeaker can."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from playwright.async_api import Browser, BrowserContext, Page

COUNT_CHIMES = """
window.chimes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
  if (this.frequency.value > 600 && this.frequency.value < 700) window.chimes += 1;
  return start.apply(this, when);
};
navigator.vibrate = (pattern) => { window.shaken = pattern; return true; };
"""

Open = Callable[..., Awaitable[Page]]


@asynccontextmanager
async def counting_chimes(browser: Browser, usual: dict[str, int]) -> AsyncIterator[Open]:
    """What opens an address in a browser of its own, `usual` in size; a script's error fails."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def show(address: str, size: dict[str, int] = usual, **options: object) -> Page:
        context = await browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            **{"locale": "uk-UA", **options},  # type: ignore[arg-type]
        )
        contexts.append(context)
        await context.add_init_script(COUNT_CHIMES)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{address}: {error}"))
        async with page.expect_websocket() as awaited:
            await page.goto(address)
        await (await awaited.value).wait_for_event("framereceived")
        return page

    yield show
    for context in contexts:
        await context.close()
    assert not errors
