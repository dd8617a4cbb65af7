"""Printers in trouble, in a real browser: the clerk is told what to do, and prints it once more."""

import pytest
from playwright.async_api import expect

from queue_app.clock import Clock
from tests.browser.console.clerk import METER, Arrive
from tests.support.browser import assert_accessible
from tests.support.hall import take_ticket
from tests.support.printer_sink import printer_sink, put_printer, remove_printers

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]


async def test_a_ticket_that_ended_in_the_middle_is_printed_again_by_one_press(
    arrive: Arrive, clock: Clock
) -> None:
    async with printer_sink() as sink:
        sink.dies_after = 20_000
        await put_printer(sink.address)
        try:
            clerk = await arrive()
            await take_ticket(clock.now(), service=METER)
            told = clerk.page.locator("#paper")
            await expect(told).to_contain_text("Принтер талонів hall: немає зв’язку")
            await expect(told).to_contain_text("1 талон без паперу")
            await assert_accessible(clerk.page)
            sink.dies_after = None
            await told.get_by_role("button", name="Надрукувати А1").click()
            await expect(clerk.result).to_have_text("А1 друкується ще раз.")
            await expect(told).to_be_hidden()
            assert len(sink.tickets) == 1
        finally:
            await remove_printers()
