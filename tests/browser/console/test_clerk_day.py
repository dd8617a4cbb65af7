"""A clerk's whole day by keyboard alone: in both languages, at every size, and what it leaves
behind. Whatever happens, the next action is in sight at its place and axe finds nothing."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from playwright.async_api import Page, expect

from config.files import load_centre
from queue_app.clock import Clock
from queue_app.domain.people import OPERATOR, RESIDENT, SYSTEM
from queue_app.flow import accounts, arrival, booking, configuring, desk_asks
from queue_app.flow.act import By
from queue_app.queries.tickets import history
from queue_app.store import db
from tests.browser.console.clerk import Clerk
from tests.browser.console.hands import Hands, Size, answer, looks_right
from tests.browser.keyboard import WAYS, tab_to
from tests.conftest import MONDAY
from tests.flow.desks import now_of, verbs_of
from tests.support.browser import assert_accessible, let_pass
from tests.support.database import CONFIG
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, CALLS, KIOSK, PASSWORD
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]


@pytest.mark.parametrize(("size", "language"), WAYS)
async def test_people_are_served_by_keyboard(
    size: Size, language: str, hands: Hands, clock: Clock
) -> None:
    tickets = [await take_ticket(clock.now(), language="en") for _ in range(3)]
    clerk = await hands(size, language)
    page = clerk.page
    await clerk.mode("free")
    await looks_right(clerk)
    await page.keyboard.press("?")
    await answer(page, "keys-dialog", "Enter")
    await clerk.press("Space", "called")
    await looks_right(clerk)
    await let_pass(page, 6_000)
    recall = page.locator("[data-verb=recall]")
    await expect(recall).to_have_attribute("aria-disabled", "false")
    await page.keyboard.press("1")
    await expect(page.locator("#tags")).to_contain_text({"uk": "2 рази", "en": "2 times"}[language])
    await clerk.press("Space", "serving")
    await looks_right(clerk)
    await what_was_done(page)
    await clerk.mode("free")
    progress = (await now_of(tickets[0].id)).progress
    assert (progress.state, len(progress.given), progress.outcome) == ("finished", 2, "solved")
    await clerk.press("Control+z", "serving")
    await page.keyboard.press("h")
    await expect(page.locator("#history li")).to_have_count(6)
    await answer(page, "history-dialog", "Enter")
    await clerk.press("Space", "free")
    await clerk.press("Space", "called")
    await set_aside_and_back(clerk, "3", "6", "parked-list")
    await set_aside_and_back(clerk, "2", "7", "missed-list")
    await clerk.press("5", "free")
    await expect(page.locator("#undo")).to_be_visible()
    await clerk.press("Control+z", "called")
    await clerk.press("Space", "serving")
    await clerk.press("Enter", "free")
    assert await verbs_of(tickets[1].id) == [
        "issue", "call", "park", "return", "call", "no_show", "return", "call",
        "transfer", "undo", "start", "finish",
    ]  # fmt: skip


async def what_was_done(page: Page) -> None:
    """One service more, an outcome and a note."""
    await page.keyboard.press("9")
    await expect(page.locator("#done-yes")).to_be_focused()
    await page.keyboard.press("2")
    await tab_to(page, "#done-dialog input[name=outcome]")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "#done-note")
    await page.keyboard.type("Принесе довідку")
    await tab_to(page, "#done-yes")
    await answer(page, "done-dialog", "Enter")


async def set_aside_and_back(clerk: Clerk, key: str, list_key: str, people: str) -> None:
    """The person at the desk goes into this list, and is put back and called again by keys."""
    number = await clerk.number.inner_text()
    await clerk.press(key, "free")
    await clerk.page.keyboard.press(list_key)
    row = clerk.page.locator(f"#{people} .row")
    await expect(row).to_contain_text(number)
    await expect(row.get_by_role("button")).to_be_focused()
    await expect(row.get_by_role("button")).to_be_in_viewport(ratio=1)
    await assert_accessible(clerk.page)
    await clerk.page.keyboard.press("Enter")
    await expect(clerk.result).to_contain_text(number)
    await expect(clerk.page.locator(f"#{people}")).to_be_hidden()
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(number)


@pytest.mark.parametrize(("size", "language"), WAYS)
async def test_people_are_picked_and_sent_on_by_keyboard(
    size: Size, language: str, hands: Hands, clock: Clock
) -> None:
    first = await take_ticket(clock.now())
    group = await arrival.issue(
        By(KIOSK, clock.now()), BRANCH, [SERVICE], None, "uk", people=3, company="helped"
    )
    other = await open_desk("2", clock.now())
    clerk = await hands(size, language)
    page = clerk.page
    said = {
        "uk": "Група: 3 особи; Прийде разом із помічником",
        "en": "Group: 3 people; Somebody comes along to help",
    }[language]
    await clerk.mode("free")
    await expect(clerk.row(group.number)).to_contain_text(said)
    await tab_to(page, f"#queue .row[data-ticket='{group.id}'] button")
    await page.keyboard.press("Enter")
    await expect(page.locator("#pick-company")).to_have_text(said)
    await page.keyboard.press("Enter")
    await expect(page.locator("#pick-error")).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Space")
    await answer(page, "pick-dialog", "Enter")
    await clerk.mode("called")
    await expect(clerk.number).to_have_text(group.number)
    await expect(page.locator(".tag-company")).to_have_text(said)
    await looks_right(clerk)
    await clerk.press("Space", "serving")
    await page.keyboard.press("9")
    await expect(page.locator("#done-company")).to_have_text(said)
    await expect(page.locator("#done-group")).to_be_visible()
    await answer(page, "done-dialog", "Escape")
    await page.keyboard.press("4")
    await tab_to(page, "#transfer-desks input:checked")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "#transfer-note")
    await page.keyboard.type("Чекає на копії")
    await answer(page, "transfer-dialog", "Enter")
    await clerk.mode("free")
    await expect(clerk.result).to_contain_text(group.number)
    called = await other.call()
    assert called.id == group.id
    assert await db.fetch_value("SELECT text FROM visit_note") == "Чекає на копії"
    picked = (await history((await now_of(group.id)).branch_id, group.id))[1]
    assert (picked.verb, picked.why) == ("call", "returned")
    assert (await now_of(first.id)).progress.state == "waiting"


@pytest.mark.parametrize(("size", "language"), WAYS)
async def test_help_breaks_stops_and_the_way_out_by_keyboard(
    size: Size, language: str, hands: Hands, clock: Clock
) -> None:
    for _ in range(3):
        await take_ticket(clock.now())
    clerk = await hands(size, language)
    page = clerk.page
    await clerk.mode("free")
    await page.keyboard.press("c")
    await expect(page.locator("#help")).to_have_attribute("aria-pressed", "true")
    await looks_right(clerk)
    await page.keyboard.press("c")
    await expect(page.locator("#help")).to_have_attribute("aria-pressed", "false")
    await page.keyboard.press("0")
    await page.keyboard.press("ArrowDown")
    await answer(page, "pause-dialog", "Enter")
    await clerk.mode("paused")
    await looks_right(clerk)
    await clerk.press("Space", "free")
    await tab_to(page, "#stop")
    await page.keyboard.press("Enter")
    await answer(page, "stop-dialog", "Enter")
    await clerk.mode("interrupted")
    await looks_right(clerk)
    await tab_to(page, "#stops [data-after='0']")
    await page.keyboard.press("Enter")
    await tab_to(page, "#resume-dialog [value=yes]")
    await answer(page, "resume-dialog", "Enter")
    await clerk.mode("free")
    await tab_to(page, "#next-on")
    await page.keyboard.press("Space")
    await tab_to(page, "#primary")
    await clerk.press("Space", "called")
    await clerk.press("Space", "serving")
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text("А2")
    await page.context.set_offline(True)
    await expect(page.locator("#stale")).to_be_visible(timeout=15_000)
    await looks_right(clerk)
    await page.context.set_offline(False)
    await expect(page.locator("#stale")).to_be_hidden(timeout=30_000)
    await clerk.press("Space", "serving")
    await tab_to(page, "form[action$='/sign-out'] button")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/leaving")
    await assert_accessible(page)
    await tab_to(page, "[name=what][value=park]")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in")
    assert await db.fetch_value("SELECT state FROM ticket WHERE number = 'А2'") == "parked"
    assert await db.fetch_value("SELECT count(*) FROM desk WHERE staff_id IS NOT NULL") == 0


@pytest.mark.parametrize(("size", "language"), WAYS)
async def test_people_are_phoned_by_keyboard(
    size: Size, language: str, hands: Hands, clock: Clock
) -> None:
    """Nobody is said to come, to be here or not: it is a call everywhere."""
    for hour in (10, 9):
        await call_booked(clock, MONDAY.replace(hour=hour))
    call, talk, silent, open_still = {
        "uk": (
            "Телефонний дзвінок",
            "Розмова телефоном",
            "Не відповіда",
            "Дзвінок К1 ще не завершено",
        ),
        "en": ("Phone call", "On the phone", "No answer", "The phone call К1 is not over"),
    }[language]
    clerk = await hands(size, language, branch=CALLS)
    page = clerk.page
    await clerk.mode("free")
    await expect(page.locator(".next-who")).to_contain_text(call)
    await expect(clerk.row("К2")).to_contain_text(call)
    await clerk.press("Space", "called")
    await expect(page.locator("#state")).to_have_text(call)
    await expect(page.locator(".contact-phone")).to_be_in_viewport()
    await expect(page.locator("[data-verb=no_show]")).to_contain_text(silent)
    await looks_right(clerk)
    await clerk.press("Space", "serving")
    await expect(page.locator("#state")).to_have_text(talk)
    await looks_right(clerk)
    await page.keyboard.press("h")
    began = {"uk": "Розмову розпочато", "en": "The call began"}[language]
    await expect(page.locator("#history")).to_contain_text(began)
    await answer(page, "history-dialog", "Enter")
    await tab_to(page, "form[action$='/sign-out'] button")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/leaving")
    await expect(page.get_by_role("heading")).to_have_text(open_still)
    await assert_accessible(page)
    await tab_to(page, "[name=what][value=finish]")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in")
    assert await db.fetch_value("SELECT state FROM ticket WHERE number = 'К1'") == "finished"


async def call_booked(clock: Clock, at: datetime) -> None:
    """A phone call that was booked for this time, and waits to be made."""
    then = By(RESIDENT, MONDAY - timedelta(days=1))
    held = await booking.hold(then, CALLS, ["debt-amount"], at, "phone")
    await booking.confirm(then, held.token, "Олена Мельник", "067 123 45 67", None, "uk")
    await arrival.admit_call(By(SYSTEM, clock.now()), held.token, clock.now())


@pytest.fixture
async def granted_breaks(server: Server, clock: Clock) -> AsyncIterator[None]:
    """A centre whose clerks ask for their breaks."""
    centre, operator = load_centre(CONFIG), By(OPERATOR, clock.now())
    rules = replace(centre.rules, ask_breaks=True)
    await configuring.apply(operator, replace(centre, rules=rules))
    yield
    await configuring.apply(operator, centre)


@pytest.mark.usefixtures("granted_breaks")
@pytest.mark.parametrize(("size", "language"), WAYS)
async def test_a_break_is_asked_for_taken_back_and_granted(
    size: Size, language: str, hands: Hands, clock: Clock
) -> None:
    await take_ticket(clock.now())
    boss = await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD
    )
    clerk = await hands(size, language)
    page = clerk.page
    asked = {"uk": "Перерву запитано: відкликати", "en": "Break asked for: take back"}[language]
    await clerk.mode("free")
    for _ in range(2):
        await page.keyboard.press("0")
        await answer(page, "pause-dialog", "Enter")
        await expect(page.locator("#pause")).to_contain_text(asked)
        await looks_right(clerk)
        await page.keyboard.press("0")
        await expect(page.locator("#pause")).not_to_contain_text(asked)
    await page.keyboard.press("0")
    await answer(page, "pause-dialog", "Enter")
    await expect(page.locator("#pause")).to_contain_text(asked)
    await clerk.press("Space", "called")
    await desk_asks.grant_break(By(boss, clock.now()), clerk.desk)
    await expect(page.locator("#pill")).to_have_attribute("data-state", "paused")
    await looks_right(clerk)
    await clerk.press("Space", "serving")
    await clerk.press("Space", "paused")
    await clerk.press("Space", "empty")
