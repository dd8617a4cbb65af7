"""A browser becomes a kiosk before one's eyes, once a supervisor has confirmed its code."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect

from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts, devices
from queue_app.flow.act import By
from queue_app.store import db
from tests.browser.console.clerk import sign_in
from tests.browser.kiosk.panel import PANEL
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.people import BRANCH, PASSWORD
from tests.support.server import Server

CODE = re.compile(r"\d{4}\s\d{4}")
OPERATES = By(OPERATOR, MONDAY)


@pytest.mark.slow
async def test_a_code_that_is_confirmed_in_the_console_opens_the_kiosk(
    database: str, hall: Server, browser: Browser
) -> None:
    await accounts.add_staff(OPERATES, "boss", "supervisor", BRANCH, PASSWORD)
    await devices.add_device(OPERATES, "Hall board", ["board"], BRANCH)
    await db.fetch("UPDATE device SET seen_at = $1, here_until = $1", MONDAY - timedelta(minutes=3))
    machine = await browser.new_page(viewport=PANEL, locale="uk-UA")  # type: ignore[arg-type]
    office = await browser.new_page(locale="uk-UA")
    try:
        await machine.goto(f"{hall.url}/kiosk/{BRANCH}")
        shown = machine.locator("#pairing-code")
        await expect(shown).to_have_text(CODE)
        code = await shown.text_content()
        await assert_accessible(machine)
        await machine.reload()
        await expect(shown).to_have_text(code or "")
        await sign_in(office, hall, "boss")
        await expect(office.get_by_text("Hall board (табло)")).to_be_visible()
        await office.get_by_role("link", name="Пристрої").click()
        await assert_accessible(office)
        await office.get_by_label("Код, який показує пристрій").fill(code or "")
        await office.locator(".device-code button").click()
        await assert_accessible(office)
        await office.get_by_label("Його назва").fill("Термінал біля входу")
        await office.get_by_role("button", name="Підтвердити пристрій").click()
        await expect(office.get_by_role("status")).to_contain_text("підтверджено")
        await expect(machine.locator(".kiosk-screens")).to_be_visible()
        assert await machine.evaluate("document.cookie") == ""
        kept = {one["name"]: one for one in await machine.context.cookies()}
        assert kept["device"]["httpOnly"] and "pairing" not in kept
    finally:
        await machine.close()
        await office.close()
