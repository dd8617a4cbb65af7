"""Each path of a resident, with scripts and without, with words typed in three languages."""

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.browser.resident_paths import EVERYBODY, PATHS, Path, Typed, Visitor
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
async def test_a_path_is_gone_to_its_end_in_each_language(
    server: Server, browser: Browser, path: Path, scripts: bool
) -> None:
    for says in EVERYBODY:
        await go(server, browser, path, scripts, says)


async def go(server: Server, browser: Browser, path: Path, scripts: bool, says: Typed) -> None:
    context = await browser.new_context(
        locale=says.locale,
        timezone_id="Europe/Kyiv",
        java_script_enabled=scripts,
        viewport=PHONE,
    )
    page = await context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("response", lambda one: broken.append(one.url) if one.status >= 500 else None)
    await path(Visitor(page, server.url, says, scripts))
    await expect(page.locator("html")).to_have_attribute("lang", says.page)
    assert broken == []
    await context.close()
