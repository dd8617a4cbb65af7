"""A clerk's whole day at the counter, by keyboard alone."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from queue_app.clock import Clock
from queue_app.flow import calling
from queue_app.flow.act import By
from queue_app.queries.tickets import in_hand
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
    asked: list[str] = []

    async def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    clerk.page.on("dialog", stay)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await clerk.page.close(run_before_unload=True)
    await clerk.mode("called")
    assert asked == ["beforeunload"]
    await clerk.page.get_by_role("button", name="Вийти").click()
    await clerk.page.wait_for_url("**/leaving")
    assert asked == ["beforeunload"]
    await expect(clerk.page.get_by_role("heading")).to_have_text("А1 ще біля вашого вікна")


@pytest.mark.slow
async def test_closing_the_days_list_with_somebody_at_the_desk_asks_while_they_are_there(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive(viewport=SMALL)
    asked: list[str] = []

    async def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    clerk.page.on("dialog", stay)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await open_today(clerk)
    assert asked == [], "from one page of the console to another nobody is asked"
    await clerk.page.keyboard.type("а1")
    await expect(clerk.page.locator(".day-one")).to_have_count(1)
    await asyncio.sleep(3.1)  # that long a way of one's own is believed
    await clerk.page.close(run_before_unload=True)
    await expect(clerk.page.locator(".day-one")).to_have_count(1)
    assert asked == ["beforeunload"]
    ticket = await in_hand(clerk.staff.id)
    assert ticket
    await calling.no_show(By(clerk.staff, clock.now()), ticket.id)
    await expect(clerk.page.locator("#in-hand")).to_have_attribute("data-number", "")
    async with clerk.page.expect_event("close"):
        await clerk.page.close(run_before_unload=True)
    assert asked == ["beforeunload"]
