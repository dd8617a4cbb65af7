"""Paper at the kiosk in a real browser: it comes, it does not come, it comes again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from queue_app.queries import reference
from queue_app.store import db
from tests.browser.kiosk.panel import (
    SEVEN_TO_ONE,
    assert_shows_ticket,
    booked,
    choose,
    press,
    type_code,
)
from tests.browser.kiosk.panel import Switch as SwitchOn
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.printer_sink import (
    PAPER_OUT,
    READY,
    PrinterSink,
    printer_sink,
    put_printer,
    remove_printers,
)
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FITS = "(one) => one.scrollHeight <= one.clientHeight"


@pytest.fixture
async def sink(database: str) -> AsyncIterator[PrinterSink]:
    async with printer_sink() as made:
        await put_printer(made.address)
        yield made
        await remove_printers()


@pytest.fixture
async def printing_kiosk(sink: PrinterSink, hall: Server, switched_on: SwitchOn) -> Page:
    """After the server knows of the printer, so that the page need not load itself anew."""
    await asyncio.sleep(reference.FRESH_SECONDS + 0.2)
    return await switched_on(hall)


async def test_the_ticket_comes_out_and_another_one_at_a_tap(
    printing_kiosk: Page, sink: PrinterSink
) -> None:
    said, again = printing_kiosk.locator("#paper-said"), printing_kiosk.locator("#reprint")
    await choose(printing_kiosk)
    await press(printing_kiosk, "#take")
    await assert_shows_ticket(printing_kiosk, "А1")
    await expect(said).to_have_text("Візьміть талон")
    assert len(sink.tickets) == 1
    await press(printing_kiosk, "#ticket-pause")
    await again.click()
    await expect(said).to_have_text("Друкуємо ваш талон")
    await expect(said).to_have_text("Візьміть талон")
    assert len(sink.tickets) == 2


async def test_without_paper_the_ticket_is_on_the_screen_whole(
    printing_kiosk: Page, sink: PrinterSink
) -> None:
    sink.status = dict(PAPER_OUT)
    await choose(printing_kiosk)
    await press(printing_kiosk, "#take")
    await assert_shows_ticket(printing_kiosk, "А1")
    await press(printing_kiosk, "#ticket-pause")
    await expect(printing_kiosk.locator("#paper")).to_have_attribute("data-paper", "none")
    await expect(printing_kiosk.locator("#ticket-qr svg")).to_be_visible()
    assert await printing_kiosk.locator(".screens").evaluate(FITS)
    await assert_accessible(printing_kiosk, **SEVEN_TO_ONE)
    sink.status = dict(READY)
    await expect(printing_kiosk.locator("#paper-said")).to_have_text("Візьміть талон")
    assert len(sink.tickets) == 1


async def test_a_kiosk_without_a_printer_says_nothing_of_paper(kiosk: Page) -> None:
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    await expect(kiosk.locator("#paper")).to_be_hidden()


async def test_whoever_checks_in_again_is_told_that_the_paper_came_out_before(
    printing_kiosk: Page, sink: PrinterSink
) -> None:
    code = await booked(MONDAY + timedelta(minutes=10))
    await type_code(printing_kiosk, code)
    await expect(printing_kiosk.locator("#paper-said")).to_have_text("Візьміть талон")
    await db.fetch("UPDATE ticket SET issued_at = issued_at - interval '5 min'")
    await press(printing_kiosk, "#ticket-done")
    await printing_kiosk.wait_for_timeout(500)
    await type_code(printing_kiosk, code)
    said = printing_kiosk.locator("#paper-said")
    await expect(said).to_have_text("Цей талон уже надруковано раніше")
    assert len(sink.tickets) == 1
    await printing_kiosk.locator("#reprint").click()
    await expect(said).to_have_text("Візьміть талон")
    assert len(sink.tickets) == 2
