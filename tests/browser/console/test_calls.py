"""The clerk's screen in a real browser: by keyboard, in races, with a queue that keeps still."""

import asyncio
import re
from datetime import timedelta
from itertools import product

import pytest
from playwright.async_api import expect

from queue_app.clock import Clock
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.store import db
from tests.browser.console.clerk import Arrive
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK

pytestmark = [pytest.mark.browser, pytest.mark.server]


COUNT_ROWS_WITHOUT_A_WAIT = """() => {
    window.unsaid = 0;
    const list = document.getElementById("queue");
    new MutationObserver(() => {
        const waits = [...list.querySelectorAll("[data-slot=wait]")];
        window.unsaid += waits.filter((slot) => !slot.textContent).length;
    }).observe(list, { childList: true });
}"""


@pytest.mark.slow
async def test_a_clerk_works_by_keyboard_alone(arrive: Arrive, clock: Clock) -> None:
    for _ in range(3):
        await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text("А1")
    await expect(clerk.result).to_have_text("А1 викликано.")
    await clerk.press("Space", "serving")
    await clerk.press("Space", "free")
    await expect(clerk.page.locator("#undo-what")).to_have_text("Скасувати: завершення А1")
    await clerk.press("Control+z", "serving")
    await expect(clerk.number).to_have_text("А1")
    await clerk.press("Enter", "free")
    await clerk.press("Space", "called")
    await clerk.press("Digit2", "free")
    await expect(clerk.page.locator("#missed-list summary")).to_contain_text("Не прийшли: 1")
    await clerk.press("Space", "called")
    await clerk.press("Digit3", "empty")
    await expect(clerk.page.locator("#parked-list summary")).to_contain_text("Відкладено: 1")
    await clerk.press("Digit0", "empty")
    await clerk.page.keyboard.press("ArrowDown")
    await clerk.press("Enter", "paused")
    await expect(clerk.page.locator("#pill")).to_have_text("Перерва: Обід")
    await clerk.press("Space", "empty")


@pytest.mark.slow
async def test_two_clerks_who_press_at_once_get_different_people(
    arrive: Arrive, clock: Clock
) -> None:
    for _ in range(2):
        await take_ticket(clock.now())
    one, two = await arrive("1"), await arrive("2")
    await one.mode("free")
    await two.mode("free")
    await asyncio.gather(one.page.keyboard.press("Space"), two.page.keyboard.press("Space"))
    await one.mode("called")
    await two.mode("called")
    numbers = {await one.number.inner_text(), await two.number.inner_text()}
    assert numbers == {"А1", "А2"}


@pytest.mark.slow
async def test_a_picked_person_whom_another_desk_called_is_said_calmly(
    arrive: Arrive, clock: Clock
) -> None:
    ticket = await take_ticket(clock.now())
    await take_ticket(clock.now())
    other = await open_desk("2", clock.now())
    clerk = await arrive()
    await clerk.row("А1").get_by_role("button").click()
    await expect(clerk.page.locator("#pick-title")).to_have_text("Викликати А1 зараз?")
    await other.call(ticket.id)
    await clerk.page.keyboard.press("Enter")
    await expect(clerk.result).to_contain_text("Подивіться, як є зараз, і вирішіть ще раз")
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text("А2")


@pytest.mark.slow
async def test_when_nobody_waits_the_button_sleeps_and_wakes_with_the_next_visitor(
    arrive: Arrive, clock: Clock
) -> None:
    clerk = await arrive()
    await expect(clerk.primary).to_have_attribute("aria-disabled", "true")
    await expect(clerk.primary).to_contain_text("Нікого викликати")
    await clerk.page.keyboard.press("Space")
    await take_ticket(clock.now())
    await clerk.mode("free")
    await expect(clerk.primary).to_have_attribute("aria-disabled", "false")
    await expect(clerk.primary).to_be_focused()
    await clerk.press("Space", "called")


@pytest.mark.slow
async def test_nothing_in_the_queue_moves_under_the_pointer(arrive: Arrive, clock: Clock) -> None:
    tickets = [await take_ticket(clock.now() + timedelta(seconds=n)) for n in range(3)]
    other = await open_desk("2", clock.now())
    clerk = await arrive()
    await expect(clerk.rows).to_have_count(3)
    await clerk.rows.nth(1).hover()
    before = await clerk.rows.nth(1).bounding_box()
    await other.call(tickets[0].id)
    await arrival.issue(By(KIOSK, clock.now()), BRANCH, ["bill-duplicate"], "veteran", "uk")
    await expect(clerk.page.locator("#held")).to_be_visible()
    await expect(clerk.row("А1")).to_contain_text("уже не чекає")
    assert await clerk.rows.nth(1).bounding_box() == before
    await clerk.page.evaluate(COUNT_ROWS_WITHOUT_A_WAIT)
    await clerk.page.mouse.move(300, 300)
    await expect(clerk.page.locator("#held")).to_be_hidden()
    await expect(clerk.rows.locator("[data-slot=number]")).to_have_text(["П1", "А2", "А3"])
    assert await clerk.page.evaluate("window.unsaid") == 0


@pytest.mark.slow
async def test_the_queue_keeps_still_while_the_focus_is_in_it(arrive: Arrive, clock: Clock) -> None:
    ticket = await take_ticket(clock.now())
    await take_ticket(clock.now() + timedelta(seconds=1))
    other = await open_desk("2", clock.now())
    clerk = await arrive()
    button = clerk.row("А2").get_by_role("button")
    await button.focus()
    await other.call(ticket.id)
    await expect(clerk.page.locator("#held")).to_be_visible()
    await expect(clerk.rows).to_have_count(2)
    await expect(button).to_be_focused()
    await clerk.primary.focus()
    await expect(clerk.rows).to_have_count(1)


@pytest.mark.slow
async def test_a_double_click_calls_one_person_and_starts_nothing(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.primary.dblclick()
    await clerk.mode("called")
    await expect(clerk.number).to_have_text("А1")
    assert await db.fetch_value("SELECT count(*) FROM ticket_event WHERE verb <> 'issue'") == 1


@pytest.mark.slow
async def test_a_transfer_for_other_services_leaves_this_queue(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    await open_desk("4", clock.now())
    clerk = await arrive()
    await clerk.press("Space", "called")
    await clerk.page.keyboard.press("Digit4")
    dialog = clerk.page.locator("#transfer-dialog")
    await expect(dialog).to_be_visible()
    await expect(dialog.get_by_text("Працює clerk-4")).to_be_visible()
    await expect(dialog.get_by_role("radio", name=re.compile("Вікно 2"))).to_be_disabled()
    chosen = dialog.locator("#transfer-first input:checked")
    await expect(chosen).to_have_count(1)
    await chosen.uncheck()
    await dialog.get_by_role("button", name="Передати").click()
    await expect(dialog.locator("#transfer-error")).to_have_text("Оберіть принаймні одну послугу.")
    await dialog.locator("#transfer-search").press_sequentially("площі квартири")
    await expect(dialog.locator(".choice:visible input[name=service]")).to_have_count(1)
    await dialog.locator(".choice:visible input[name=service]").check()
    await dialog.get_by_role("button", name="Передати").click()
    await clerk.mode("empty")
    await expect(clerk.result).to_have_text("А1 передано.")
    await expect(clerk.page.locator("#elsewhere")).to_have_text("1 особа в черзі до інших вікон")
    await clerk.press("Control+z", "called")


@pytest.mark.slow
async def test_a_transfer_to_nowhere_is_refused_and_back_to_the_queue_is_told_as_such(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.press("Space", "called")
    await clerk.page.keyboard.press("Digit4")
    dialog = clerk.page.locator("#transfer-dialog")
    error = dialog.locator("#transfer-error")
    await dialog.get_by_role("button", name="Передати").click()
    await expect(error).to_have_text("Оберіть інше вікно або іншу послугу.")
    await clerk.page.keyboard.press("Escape")
    await clerk.mode("called")
    await clerk.press("Digit5", "free")
    await expect(clerk.page.locator("#undo-what")).to_have_text("Скасувати: А1 назад у чергу")


@pytest.mark.slow
async def test_a_missed_person_is_put_back_from_the_list(arrive: Arrive, clock: Clock) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.press("Space", "called")
    await clerk.press("Digit2", "empty")
    await clerk.page.locator("#missed-list summary").click()
    await clerk.page.locator("#missed button").click()
    await clerk.mode("free")
    await expect(clerk.result).to_contain_text("А1 знову в черзі")
    await expect(clerk.page.locator("#undo-what")).to_have_text("Скасувати: А1 повернуто в чергу")


@pytest.mark.slow
async def test_a_recall_waits_a_few_seconds(arrive: Arrive, clock: Clock) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.press("Space", "called")
    recall = clerk.page.locator("[data-verb=recall]")
    await expect(recall).to_have_attribute("aria-disabled", "true")
    await expect(recall).to_have_attribute("aria-disabled", "false", timeout=7000)
    await clerk.page.keyboard.press("Digit1")
    await expect(clerk.page.locator("#tags")).to_have_text("Викликано 2 рази")
    await expect(recall).to_have_attribute("aria-disabled", "true")


@pytest.mark.slow
async def test_the_digit_keys_can_be_switched_off(arrive: Arrive, clock: Clock) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.page.locator("#keys-on").uncheck()
    await clerk.primary.focus()
    await clerk.press("Space", "called")
    await clerk.page.keyboard.press("Digit2")
    await clerk.page.wait_for_timeout(300)
    await clerk.mode("called")
    await clerk.page.reload()
    await expect(clerk.page.locator("#keys-on")).not_to_be_checked()


@pytest.mark.slow
async def test_space_is_the_main_action_again_after_a_cancelled_dialog(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.press("Space", "called")
    openers = ("#stop", "#pause", "[data-verb=transfer]")
    for opener, way_out in product(openers, ("Escape", "Enter")):
        await clerk.page.locator(opener).click()
        dialog = clerk.page.locator("dialog[open]")
        await expect(dialog).to_be_visible()
        if way_out == "Enter":
            await dialog.locator("[data-close]").focus()
        await clerk.page.keyboard.press(way_out)
        await expect(clerk.primary).to_be_focused()
    await clerk.press("Space", "serving")
    await expect(clerk.page.locator("dialog[open]")).to_have_count(0)
