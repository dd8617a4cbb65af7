"""The kiosk in a real browser at its real size: booked visitors check in."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from tests.browser.kiosk.panel import (
    ELSEWHERE,
    assert_shows_ticket,
    booked,
    press,
    scan,
    tickets,
    type_code,
)
from tests.browser.scene import GUARD_MS
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible, let_pass
from tests.support.people import CALLS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_a_booked_visitor_checks_in_by_the_digits_and_has_one_ticket_however_often(
    kiosk: Page,
) -> None:
    code = await booked(MONDAY + timedelta(minutes=40))
    await press(kiosk, "[data-go=check-in]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-restart]")
    await let_pass(kiosk, GUARD_MS)
    for _ in range(2):
        await type_code(kiosk, code)
        await assert_shows_ticket(kiosk, "К1")
        await expect(kiosk.locator("#ticket-due")).to_have_text("10:40")
        await expect(kiosk.locator("#ticket-note")).to_contain_text("чекаємо на вас о 10:40")
        await press(kiosk, "#ticket-done")
        await let_pass(kiosk, GUARD_MS)
    assert await tickets() == 1


async def test_its_time_is_not_broken_in_two_beside_a_language_without_blanks(kiosk: Page) -> None:
    await type_code(kiosk, await booked(MONDAY + timedelta(minutes=40)))
    await expect(kiosk.locator("#ticket-due")).to_have_text("10:40")
    lines = await kiosk.locator("#ticket-due").evaluate(
        """(due) => {
          document.querySelector("#ticket-ahead").textContent = "下一位就是您".repeat(12);
          document.querySelector("#ticket-wait").textContent = "0 分鐘至 1 小時 10 分鐘左右";
          const text = document.createRange();
          text.selectNodeContents(due);
          return text.getClientRects().length;
        }"""
    )
    assert lines == 1


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "QA:{}",
        "ЙФЖ{}",
        "https://example.org/visit?code={}",
    ],
)
async def test_a_scanner_checks_in_from_any_screen(kiosk: Page, form: str) -> None:
    code = await booked(MONDAY + timedelta(minutes=40))
    await press(kiosk, "[data-go=groups-1]")
    await kiosk.locator("[data-group=payments]").focus()
    await scan(kiosk, form.format(code))
    await assert_shows_ticket(kiosk, "К1")


async def test_whoever_cannot_check_in_is_told_why_and_what_to_do(kiosk: Page) -> None:
    tuesday = MONDAY + timedelta(days=1, minutes=20)
    title, onward = kiosk.locator("#problem-title"), kiosk.locator("#problem-next")

    await scan(kiosk, "000000")
    await expect(title).to_have_text(re.compile("Запису з кодом 000.000 на сьогодні немає"))
    await assert_accessible(kiosk)

    await scan(kiosk, await booked(tuesday))
    await expect(title).to_have_text("Цей запис на інший день")
    await expect(kiosk.locator("[data-way=ticket]")).to_be_visible()
    await press(kiosk, "[data-language=en]")
    await expect(title).to_have_text("This booking is for another day")
    await press(kiosk, "[data-language=uk]")

    await scan(kiosk, await booked(MONDAY + timedelta(minutes=40), ELSEWHERE))
    await expect(title).to_have_text("На вас чекають в іншому відділенні")

    in_an_hour = MONDAY + timedelta(minutes=50)
    by_phone = await booked(in_an_hour, CALLS, channel="phone", service="debt-amount")
    await scan(kiosk, by_phone)
    await expect(onward).to_contain_text("зателефонуємо вам у записаний час")

    await scan(kiosk, "not a booking")
    await expect(title).to_have_text("Це не QR-код запису")
    await press(kiosk, "[data-way=code]")
    await expect(kiosk.locator("[data-screen=check-in]")).to_be_visible()
    assert await tickets() == 0
