"""A real Chromium, and axe-core's opinion of a page."""

import re
import shutil
from collections.abc import Callable
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, Playwright, Route, expect

_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-software-rasterizer",  # else a process of its own draws what nobody looks at
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=PreloadTopChromeWebUI,InitialWebUI",
)
_axe = Axe()
_PATIENCE_MS = 15_000
"""For a page to show what it should, on a machine that does much else."""


async def launch(playwright: Playwright) -> Browser:
    """The installed Chromium where there is one, else Playwright's own."""
    expect.set_options(timeout=_PATIENCE_MS)
    installed = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return await playwright.chromium.launch(
        executable_path=installed, headless=True, args=list(_FLAGS)
    )


async def follow(link: Locator) -> None:
    """Click what leads to another page, and wait until that page is there to be looked at."""
    async with link.page.expect_navigation():
        await link.click()


async def let_pass(page: Page, milliseconds: int) -> None:
    """The page's stopwatch jumps ahead: what it refuses for a moment, it takes now.

    Timers and the time of day are not touched.
    """
    await page.evaluate(
        """(milliseconds) => {
          const passed = performance.now.bind(performance);
          performance.now = () => passed() + milliseconds;
        }""",
        milliseconds,
    )


async def intercept(
    page: Page, pattern: str | re.Pattern[str], handler: Callable[[Route], Any]
) -> None:
    """Answer these requests in the server's place, from a page loaded afresh.

    Chromium tells a page that is already there of the interception by a way of its own, which
    the very next request can be ahead of.
    """
    await page.route(pattern, handler)
    await page.reload()


async def assert_accessible(page: Page, **options: Any) -> None:
    """Nothing that axe-core finds wrong, of any weight. The page's CSP stays as it is."""
    results = await _axe.run(page, options={"resultTypes": ["violations"]} | options)
    found = results.response["violations"]
    said = [
        f"{finding['id']} ({finding['impact']}): {finding['help']}\n"
        + "\n".join(f"    {node['html'][:200]}" for node in finding["nodes"][:5])
        for finding in found
    ]
    assert not found, f"{page.url}\n" + "\n".join(said)
