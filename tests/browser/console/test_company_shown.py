"""Who comes with a ticket, where staff, the hall and its holder look: one number for all."""

import pytest
from playwright.async_api import expect

from queue_app.clock import Clock
from queue_app.flow import arrival
from queue_app.flow.act import By
from tests.browser.console.clerk import Arrive
from tests.support.browser import assert_accessible
from tests.support.hall import SERVICE
from tests.support.people import BRANCH, KIOSK
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]


async def test_a_group_is_one_call_and_time_for_each_of_it(
    arrive: Arrive, clock: Clock, server: Server
) -> None:
    by = By(KIOSK, clock.now())
    group = await arrival.issue(by, BRANCH, [SERVICE], None, "uk", people=4)
    alone = await arrival.issue(by, BRANCH, [SERVICE], None, "uk", company="represents")
    clerk = await arrive()
    phone = await clerk.page.context.new_page()
    await phone.goto(f"{server.url}/t/{group.token}")
    await expect(phone.locator("#company")).to_have_text(
        "Цей талон на 4 особи: підходьте до вікна разом."
    )
    board = await clerk.page.context.new_page()
    await board.goto(f"{server.url}/display/{BRANCH}")
    await clerk.press("Space", "called")
    await expect(board.locator("#call-number")).to_have_text(group.number)
    await expect(board.locator("#cells").get_by_text(group.number, exact=True)).to_have_count(1)
    await expect(clerk.page.locator(".tag-company")).to_have_text("Група: 4 особи")
    each = clerk.page.locator(".services .minutes")
    await expect(each).to_contain_text("× 4")
    await clerk.page.reload()
    await expect(each).to_contain_text("× 4")
    await assert_accessible(clerk.page)
    await clerk.press("Space", "serving")
    minutes = int((await each.inner_text()).split()[0])
    await expect(clerk.page.get_by_text(f"за планом {4 * minutes} хв")).to_be_visible()
    await clerk.press("Space", "free")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(alone.number)
    await expect(clerk.page.locator(".tag-company")).to_have_text(
        "Діє за іншу людину: попросіть документ"
    )
    await expect(each).not_to_contain_text("×")
