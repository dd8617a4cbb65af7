"""Every mail in a real browser, at a phone's width and on a desk, by day and by night."""

from typing import Literal

import pytest
from playwright.async_api import Browser

from queue_app.delivery.letters import KINDS
from queue_app.delivery.samples import sample_letter
from queue_app.queries import reference
from tests.support.browser import assert_accessible

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("database")]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
OF_WHOLE_PAGES = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}
"""A mail is an article within the page of whoever's program shows it."""


@pytest.mark.parametrize("language", ["uk", "en"])
async def test_every_mail_is_whole_at_any_width_by_day_and_by_night(
    browser: Browser, language: str
) -> None:
    directory = await reference.directory()
    page = await browser.new_page()
    for kind in KINDS:
        for channel in ("visit", "phone"):
            html = sample_letter(directory, kind, language, channel=channel).html
            assert html
            await page.set_content(html)
            for width in (320, 390, 1280):
                await page.set_viewport_size({"width": width, "height": 844})
                wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, (kind, channel, width)
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                await assert_accessible(page, rules=OF_WHOLE_PAGES)
    await page.close()
