"""A clerk's whole day at the counter, by keyboard alone."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from queue_app.clock import Clock
from queue_app.flow import calling
from queue_app.flow.act import By
from queue_app.queries.tickets import at_own_desk
from tests.browser.console.clerk import Arrive, Clerk
from tests.flow.desks import now_of
from tests.support.browser import assert_accessible
from tests.support.hall import take_ticket

pytestmark = [pytest.mark.browser, pytest.mark.server]
SMALL = {"width": 1280, "height": 720}


async def open_today(clerk: Clerk) -> None:
    await clerk.page.keyboard.press("Digit8")
    await clerk.page.wait_for_url("**/today")
    await expect(clerk.page.locator("#q")).to_be_focused()


async def in_sight(clerk: Clerk, selector: str) -> bool:
    """Whether all of it lies within the window."""
    box: Any = await clerk.page.locator(selector).bounding_box()
    size: Any = clerk.page.viewport_size
    fits_across = box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    fits_down = box["y"] >= 0 and box["y"] + box["height"] <= size["height"]
    return bool(fits_across and fits_down)


@pytest.mark.slow
async def test_parked_people_and_no_shows_are_one_key_away(arrive: Arrive, clock: Clock) -> None:
    for _ in range(2):
        await take_ticket(clock.now())
    clerk = await arrive(viewport=SMALL)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await clerk.press("Digit3", "free")
    await clerk.press("Space", "called")
    await clerk.press("Digit2", "empty")
    await clerk.page.keyboard.press("Digit6")
    await expect(clerk.row("А1").get_by_role("button")).to_be_focused()
    await clerk.page.keyboard.press("Digit7")
    await expect(clerk.row("А2").get_by_role("button")).to_be_focused()
    await clerk.press("Enter", "free")
    await expect(clerk.result).to_contain_text("А2")


@pytest.mark.slow
async def test_what_was_done_is_said_by_keys_and_undone(arrive: Arrive, clock: Clock) -> None:
    ticket = await take_ticket(clock.now())
    clerk = await arrive(viewport=SMALL)
    page = clerk.page
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await clerk.press("Space", "serving")
    await page.keyboard.press("Digit9")
    await expect(page.locator("#done-yes")).to_be_focused()
    await assert_accessible(page)
    await page.keyboard.press("Digit2")
    await page.locator("#done-note").fill("Принесе довідку")
    await page.locator("#done-dialog input[value=solved]").check()
    await page.locator("#done-yes").focus()
    await clerk.press("Enter", "empty")
    progress = (await now_of(ticket.id)).progress
    assert (len(progress.given), progress.outcome) == (2, "solved")
    await clerk.press("Control+z", "serving")
    assert (await now_of(ticket.id)).progress.given == ()
    await page.keyboard.press("h")
    await expect(page.locator("#history")).to_contain_text("Візит розпочато")
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    await expect(page.locator("#history-dialog")).to_be_hidden()


@pytest.mark.slow
async def test_who_is_picked_before_others_is_picked_for_a_reason(
    arrive: Arrive, clock: Clock
) -> None:
    for _ in range(2):
        await take_ticket(clock.now())
    clerk = await arrive(viewport=SMALL)
    await clerk.mode("free")
    await clerk.row("А2").get_by_role("button").click()
    await clerk.page.keyboard.press("Enter")
    await expect(clerk.page.locator("#pick-error")).to_be_visible()
    await clerk.page.keyboard.press("Space")
    await clerk.press("Enter", "called")
    await expect(clerk.number).to_have_text("А2")


@pytest.mark.slow
async def test_a_person_without_a_phone_gets_a_ticket_at_the_counter(
    arrive: Arrive, clock: Clock
) -> None:
    clerk = await arrive(viewport=SMALL)
    page = clerk.page
    await open_today(clerk)
    await assert_accessible(page)
    await page.get_by_role("link", name="Видати талон").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#service-search")).to_be_focused()
    await page.keyboard.type("дублікат")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/today?said=issued*")
    await expect(page.locator(".notice-success")).to_contain_text("Видано талон А1")
    await page.locator("#q").focus()
    await page.keyboard.type("а1")
    await expect(page.locator(".day-one")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/desks/*")


@pytest.mark.slow
async def test_a_call_that_nobody_began_is_said_calmly(arrive: Arrive, clock: Clock) -> None:
    long_ago = clock.now() - timedelta(minutes=5)
    await take_ticket(long_ago)
    clerk = await arrive(viewport=SMALL)
    await calling.call(By(clerk.staff, long_ago), clerk.desk)
    await clerk.mode("called")
    await expect(clerk.page.locator("#forgotten")).to_have_text(
        "А1: викликано 5\u00a0хв тому, ще не розпочато"
    )
    assert await in_sight(clerk, "#forgotten")
    assert await in_sight(clerk, "#primary")


@pytest.mark.slow
async def test_closing_the_window_with_somebody_at_the_desk_asks(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive(viewport=SMALL)
    asks = Asks(clerk)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await clerk.page.close(run_before_unload=True)
    await clerk.mode("called")
    assert asks.said == ["beforeunload"]
    await clerk.page.get_by_role("button", name="Вийти").click()
    await clerk.page.wait_for_url("**/leaving")
    assert asks.said == ["beforeunload"]
    await expect(clerk.page.get_by_role("heading")).to_have_text("А1 ще біля вашого вікна")


class Asks:
    """What the browser asked before it would close the window; the answer is to stay."""

    def __init__(self, clerk: Clerk) -> None:
        self.page = clerk.page
        self.said: list[str] = []
        self.page.on("dialog", self._stay)

    async def _stay(self, dialog: Any) -> None:
        self.said.append(dialog.type)
        await dialog.dismiss()

    async def close(self, event: str = "dialog") -> None:
        """Later than a way of one's own is believed, and until that event has come of it."""
        await asyncio.sleep(3.1)
        async with self.page.expect_event(event):
            await self.page.close(run_before_unload=True)


@pytest.mark.slow
async def test_closing_the_days_list_with_somebody_at_the_desk_asks_while_they_are_there(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive(viewport=SMALL)
    asks = Asks(clerk)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await open_today(clerk)
    assert asks.said == [], "from one page of the console to another nobody is asked"
    await clerk.page.keyboard.type("а1")
    await expect(clerk.page.locator(".day-one")).to_have_count(1)
    await asks.close()
    await expect(clerk.page.locator(".day-one")).to_have_count(1)
    assert asks.said == ["beforeunload"]
    ticket = await at_own_desk(clerk.staff.id)
    assert ticket
    await calling.no_show(By(clerk.staff, clock.now()), ticket.id)
    await expect(clerk.page.locator("#at-own-desk")).to_have_attribute("data-number", "")
    await asks.close("close")
    assert asks.said == ["beforeunload"]


@pytest.mark.slow
async def test_closing_the_office_with_somebody_at_ones_own_desk_asks(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    boss = await arrive(viewport=SMALL, role="supervisor")
    asks, mark = Asks(boss), boss.page.locator("#at-own-desk")
    await boss.mode("free")
    await boss.press("Space", "called")
    await open_today(boss)
    await boss.page.locator("header a[href^='/office/branches/']").click()
    await boss.page.wait_for_url("**/office/branches/*")
    await expect(mark).to_have_attribute("data-number", "А1")
    assert asks.said == [], "from the console to the office nobody is asked"
    await asks.close()
    await expect(mark).to_be_attached()
    assert asks.said == ["beforeunload"]
    ticket = await at_own_desk(boss.staff.id)
    assert ticket
    await calling.no_show(By(boss.staff, clock.now()), ticket.id)
    await expect(mark).to_have_attribute("data-number", "")
    await asks.close("close")
    assert asks.said == ["beforeunload"]


@pytest.mark.slow
@pytest.mark.parametrize("link", ["Видати талон", "Записати людину"])
async def test_closing_a_page_of_the_day_with_somebody_at_the_desk_asks(
    arrive: Arrive, clock: Clock, link: str
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive(viewport=SMALL)
    asks = Asks(clerk)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await open_today(clerk)
    await clerk.page.get_by_role("link", name=link).click()
    await expect(clerk.page.locator("#at-own-desk")).to_have_attribute("data-number", "А1")
    await asks.close()
    await expect(clerk.page.locator("#at-own-desk")).to_be_attached()
    assert asks.said == ["beforeunload"]
