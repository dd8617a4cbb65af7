"""The clerk's screen in a real browser: by keyboard, in races, with lost answers and lost lines."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from queue_app import db
from queue_app.clock import Clock, ShiftedClock
from queue_app.domain.people import Staff
from queue_app.flow import arrival, booking, calling, interrupting, staffing
from queue_app.queries import reference
from queue_app.queries.appointments import SELECT, from_row
from tests.conftest import MONDAY, StartServers
from tests.support.browser import assert_accessible, follow, intercept
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.server]

SIZE = {"width": 1440, "height": 900}
METER = "meter-readings"


@dataclass
class Clerk:
    """A signed-in clerk with a browser of their own, at an open desk."""

    page: Page
    staff: Staff
    desk: int

    @property
    def number(self) -> Any:
        return self.page.locator("#number")

    @property
    def primary(self) -> Any:
        return self.page.locator("#primary")

    @property
    def result(self) -> Any:
        return self.page.locator("#result")

    @property
    def rows(self) -> Any:
        return self.page.locator("#queue .row")

    async def mode(self, mode: str) -> None:
        await expect(self.page.locator("#person")).to_have_attribute("data-mode", mode)
        await self.page.wait_for_timeout(550)  # a new action does not take the old one's press

    async def press(self, key: str, mode: str) -> None:
        await self.page.keyboard.press(key)
        await self.mode(mode)

    def row(self, number: str) -> Any:
        return self.page.locator(".row").filter(has=self.page.get_by_text(number, exact=True))


Arrive = Callable[..., Awaitable[Clerk]]


@pytest.fixture(scope="module")
def served(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Clock]]:
    """One server for all of these tests, from ten o'clock on a Monday, and its time."""
    clock = ShiftedClock(MONDAY, 1.0, datetime.now(UTC))
    started = start_servers(1, dsn, tmp_path_factory.mktemp("console"), clock=MONDAY)
    yield started[0], clock
    stop_servers(started)


@pytest.fixture
def server(served: tuple[Server, Clock], database: str) -> Server:
    return served[0]


@pytest.fixture
def clock(served: tuple[Server, Clock]) -> Clock:
    return served[1]


@pytest.fixture
async def arrive(server: Server, browser: Browser, clock: Clock) -> AsyncIterator[Arrive]:
    """Brings a clerk to a desk: `await arrive("1")`; any script error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def come(desk: str = "1", **options: Any) -> Clerk:
        settings = {"locale": "uk-UA", "timezone_id": "Europe/Kyiv", "viewport": SIZE} | options
        context = await browser.new_context(**settings)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        staff = await staffing.add_staff(f"clerk{desk}", "clerk", BRANCH, PASSWORD, clock.now())
        await sign_in(page, server, staff.login)
        await page.locator(".desk").nth(int(desk) - 1).get_by_role("button").click()
        await page.wait_for_url("**/desks/*")
        return Clerk(page, staff, int(page.url.rsplit("/", 1)[1]))

    yield come
    for context in contexts:
        await context.close()
    assert errors == []


async def sign_in(page: Page, server: Server, login: str) -> None:
    await page.goto(f"{server.url}/console")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(".desks")).to_be_visible()


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
    await expect(clerk.page.locator("#missed-list summary")).to_have_text("Не прийшли: 1")
    await clerk.press("Space", "called")
    await clerk.press("Digit3", "empty")
    await expect(clerk.page.locator("#parked-list summary")).to_have_text("Відкладено: 1")
    await clerk.press("Digit0", "empty")
    await clerk.page.keyboard.press("ArrowDown")
    await clerk.press("Enter", "paused")
    await expect(clerk.page.locator("#pill")).to_have_text("Перерва: Обід")
    await clerk.press("Space", "empty")


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


async def test_nothing_in_the_queue_moves_under_the_pointer(arrive: Arrive, clock: Clock) -> None:
    tickets = [await take_ticket(clock.now() + timedelta(seconds=n)) for n in range(3)]
    other = await open_desk("2", clock.now())
    clerk = await arrive()
    await expect(clerk.rows).to_have_count(3)
    await clerk.rows.nth(1).hover()
    before = await clerk.rows.nth(1).bounding_box()
    await other.call(tickets[0].id)
    await arrival.issue_ticket(BRANCH, ["bill-duplicate"], "veteran", "uk", "kiosk", clock.now())
    await expect(clerk.page.locator("#held")).to_be_visible()
    await expect(clerk.row("А1")).to_contain_text("уже не чекає")
    assert await clerk.rows.nth(1).bounding_box() == before
    await clerk.page.mouse.move(300, 300)
    await expect(clerk.page.locator("#held")).to_be_hidden()
    await expect(clerk.rows.locator("[data-slot=number]")).to_have_text(["П1", "А2", "А3"])


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


async def test_a_lost_answer_is_asked_for_again_and_the_person_called_once(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    await take_ticket(clock.now())
    clerk = await arrive()
    keys: list[str] = []

    async def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        answer = await route.fetch()
        if len(keys) == 1:
            await route.abort()
        else:
            await route.fulfill(response=answer)

    await intercept(clerk.page, "**/calls", lose_the_first_answer)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    await expect(clerk.result).to_have_text("А1 викликано.")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert await db.fetch_value("SELECT count(*) FROM ticket_event WHERE verb = 'call'") == 1


async def test_a_server_that_answers_nothing_is_said_and_the_buttons_come_back(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await intercept(clerk.page, "**/calls", lambda route: route.abort())
    await clerk.mode("free")
    await clerk.page.keyboard.press("Space")
    await expect(clerk.result).to_contain_text("Сервер не відповів", timeout=10_000)
    await clerk.page.unroute("**/calls")
    await clerk.press("Space", "called")


async def test_a_lost_line_is_said_within_twelve_seconds_and_heals(
    servers: StartServers, context: BrowserContext, clock: Clock
) -> None:
    (first,) = await servers(1, clock=MONDAY)
    await staffing.add_staff("clerk1", "clerk", BRANCH, PASSWORD, clock.now())
    page = await context.new_page()
    await sign_in(page, first, "clerk1")
    await page.locator(".desk").first.get_by_role("button").click()
    stale = page.locator("#stale")
    await expect(page.locator("#person")).to_have_attribute("data-mode", "empty")
    await expect(page.locator("#primary")).to_be_focused()
    await expect(stale).to_be_hidden()
    first.kill()
    await expect(stale).to_be_visible(timeout=12_000)
    await take_ticket(clock.now())
    await servers(1, clock=MONDAY, port=int(first.url.rsplit(":", 1)[1]))
    await expect(stale).to_be_hidden(timeout=30_000)
    await expect(page.locator("#person")).to_have_attribute("data-mode", "free")


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
    chosen = dialog.locator("#transfer-now input:checked")
    await expect(chosen).to_have_count(1)
    await chosen.uncheck()
    await dialog.get_by_role("button", name="Передати").click()
    await expect(dialog.locator("#transfer-error")).to_have_text("Оберіть принаймні одну послугу.")
    await dialog.locator("#transfer-search").fill("площі квартири")
    await expect(dialog.locator(".choice:visible input[name=service]")).to_have_count(1)
    await dialog.locator(".choice:visible input[name=service]").check()
    await dialog.get_by_role("button", name="Передати").click()
    await clerk.mode("empty")
    await expect(clerk.result).to_have_text("А1 передано.")
    await expect(clerk.page.locator("#elsewhere")).to_have_text("1 особа в черзі до інших вікон")
    await clerk.press("Control+z", "called")


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


@pytest.mark.parametrize("opener", ["#stop", "#pause", "[data-verb=transfer]"])
async def test_space_is_the_main_action_again_after_a_cancelled_dialog(
    opener: str, arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.press("Space", "called")
    for way_out in ("Escape", "Enter"):
        await clerk.page.locator(opener).click()
        dialog = clerk.page.locator("dialog[open]")
        await expect(dialog).to_be_visible()
        if way_out == "Enter":
            await dialog.locator("[data-close]").focus()
        await clerk.page.keyboard.press(way_out)
        await expect(clerk.primary).to_be_focused()
    await clerk.press("Space", "serving")
    await expect(clerk.page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 хв"), (59, "59 хв"), (60, "1 год"), (125, "2 год 5 хв")]
)
async def test_hours_are_said_without_no_minutes(
    minutes: int, said: str, arrive: Arrive, clock: Clock
) -> None:
    words = "(n) => import('/static/web/lib/formats.js').then((formats) => formats.minutes(n))"
    shown = await (await arrive()).page.evaluate(words, minutes)
    assert shown.replace("\u00a0", " ") == said


async def test_time_past_the_plan_turns_amber(arrive: Arrive, clock: Clock) -> None:
    ticket = await take_ticket(clock.now())
    clerk = await arrive()
    long_ago = clock.now() - timedelta(minutes=30)
    await db.fetch(
        "UPDATE ticket SET issued_at = $2, queued_at = $2 WHERE id = $1", ticket.id, long_ago
    )
    await calling.call(clerk.desk, clerk.staff, long_ago)
    await clerk.mode("called")
    timer = clerk.page.locator("#timer")
    await expect(timer).to_have_class(re.compile("timer-over"))
    await expect(timer).to_contain_text("можна позначити, що не прийшли")
    await clerk.press("Space", "serving")
    await expect(timer).not_to_have_class(re.compile("timer-over"))
    await expect(timer).to_contain_text("за планом 2 хв")


async def test_a_phone_visit_shows_the_number_to_dial(arrive: Arrive, clock: Clock) -> None:
    clerk = await arrive()
    await phone_visit(clock)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    link = clerk.page.locator(".contact-phone")
    await expect(link).to_have_attribute("href", "tel:+380671234567")
    await expect(clerk.page.locator("#contact")).to_contain_text("Олена Мельник")
    await expect(clerk.page.locator("[data-verb=no_show]")).to_contain_text("Не відповідають")


async def phone_visit(clock: Clock) -> None:
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    at_eleven = MONDAY.replace(hour=11)
    held = await booking.hold(BRANCH, ["debt-amount"], at_eleven, "phone", clock.now())
    await booking.confirm(held.token, "Олена Мельник", "067 123 45 67", None, "uk", clock.now())
    row = await db.fetch_row(f"{SELECT} WHERE token = $1", held.token)
    assert row
    appointment = from_row(row)
    await db.transact(lambda: arrival.admit_phone_call(directory, branch, appointment, clock.now()))


async def test_a_desk_closed_by_a_supervisor_leads_to_another_one(
    arrive: Arrive, clock: Clock
) -> None:
    clerk = await arrive()
    boss = await staffing.add_staff("boss", "supervisor", BRANCH, PASSWORD, clock.now())
    await staffing.close_desk(clerk.desk, boss, clock.now())
    await clerk.mode("away")
    await expect(clerk.number).to_have_text("Ви вже не працюєте за цим вікном")
    await clerk.primary.click()
    await expect(clerk.page).to_have_url(re.compile(r"/console$"))


async def test_a_session_that_ended_leads_to_the_sign_in(arrive: Arrive, clock: Clock) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.mode("free")
    await db.fetch("DELETE FROM session")
    await clerk.page.keyboard.press("Space")
    await expect(clerk.page).to_have_url(re.compile(r"/console/sign-in$"))


async def test_a_screen_whose_session_is_over_leads_to_the_sign_in_by_itself(
    servers: StartServers, context: BrowserContext, clock: Clock
) -> None:
    """As in the morning, when the server was started anew overnight."""
    (first,) = await servers(1, clock=MONDAY)
    await staffing.add_staff("clerk1", "clerk", BRANCH, PASSWORD, clock.now())
    page = await context.new_page()
    await sign_in(page, first, "clerk1")
    await page.locator(".desk").first.get_by_role("button").click()
    await expect(page.locator("#primary")).to_be_focused()  # by the script, which is there now
    await db.fetch("DELETE FROM session")
    stop_servers([first])
    await servers(1, clock=MONDAY, port=urlsplit(first.url).port)
    await expect(page).to_have_url(re.compile(r"/console/sign-in$"), timeout=45_000)


async def test_what_the_server_paints_the_script_leaves_as_it_is(
    arrive: Arrive, clock: Clock
) -> None:
    then = clock.now() - timedelta(seconds=6)  # waits turn to a minute well after the test
    await take_ticket(then, service=METER)
    booked = await booking.hold(
        BRANCH, [METER, "bill-duplicate"], MONDAY.replace(hour=11), "visit", then
    )
    booked = await booking.confirm(booked.token, "Іван Ко", "0671234567", None, "en", then)
    ticket = await arrival.check_in(BRANCH, booked.code, "kiosk", then)
    clerk = await arrive("3")
    await calling.call(clerk.desk, clerk.staff, then, ticket.id)
    for language in ("uk", "en"):
        assert await painted(clerk, language, scripts=False) == await painted(
            clerk, language, scripts=True
        )


async def painted(clerk: Clerk, language: str, scripts: bool) -> list[str]:
    """What the page says, apart from the running time and the undo that only a script offers."""
    page = clerk.page
    if not scripts:
        await page.route("**/*.js*", lambda route: route.abort())
    await page.goto(f"{page.url.split('?')[0]}?lang={language}")
    if scripts:
        await expect(page.locator("#undo")).to_be_visible()
    else:
        await page.unroute("**/*.js*")
    parts = ("#person", "#side", "#secondary", "#primary", "#pill")
    texts = [await page.locator(part).inner_text() for part in parts]
    return [re.sub(r"\d+:\d\d", "", text) for text in texts]


@pytest.mark.parametrize(("language", "scheme"), [("uk", "light"), ("en", "dark")])
async def test_axe_finds_nothing_in_any_state(
    language: str, scheme: str, arrive: Arrive, clock: Clock
) -> None:
    for service in (METER, "bill-duplicate", "bill-duplicate", "quality-check"):
        await take_ticket(clock.now(), service=service)
    locale = {"uk": "uk-UA", "en": "en-GB"}[language]
    clerk = await arrive("5", locale=locale, color_scheme=scheme)
    page = clerk.page
    await clerk.mode("free")
    await assert_accessible(page)
    await clerk.press("Space", "called")
    await assert_accessible(page)
    await page.keyboard.press("Digit4")
    await expect(page.locator("#transfer-dialog")).to_be_visible()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await clerk.press("Digit2", "free")
    await clerk.press("Space", "called")
    await clerk.press("Digit3", "free")
    await page.locator("#parked-list summary").click()
    await page.locator("#missed-list summary").click()
    await clerk.rows.first.get_by_role("button").click()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await clerk.primary.focus()
    await clerk.press("Space", "called")
    await clerk.press("Space", "serving")
    await page.keyboard.press("Digit0")
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    await expect(page.locator("#pill")).to_have_attribute("data-state", "paused")
    await clerk.mode("serving")
    await clerk.press("Space", "paused")
    await assert_accessible(page)


async def test_axe_finds_nothing_before_the_desk(
    server: Server, clock: Clock, context: BrowserContext
) -> None:
    await staffing.add_staff("admin", "administrator", None, PASSWORD, clock.now())
    page = await context.new_page()
    await page.goto(f"{server.url}/console/sign-in")
    await assert_accessible(page)
    await page.locator("#login").fill("admin")
    await page.locator("#password").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await assert_accessible(page)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Оберіть відділення")).to_be_visible()
    await assert_accessible(page)
    await follow(page.get_by_role("link", name="Дарницький район"))
    await expect(page.locator(".desks")).to_be_visible()
    await assert_accessible(page)


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (720, 450), (320, 640)])
async def test_the_screen_fits_small_windows_and_large_letters(
    width: int, height: int, arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now(), service=METER)
    clerk = await arrive("5", viewport={"width": width, "height": height})
    await clerk.press("Space", "called")
    overflow = "document.documentElement.scrollWidth - innerWidth"
    assert await clerk.page.evaluate(overflow) <= 0
    await assert_accessible(clerk.page)


async def test_the_screen_asks_no_other_host_and_moves_nothing_while_it_loads(
    arrive: Arrive, clock: Clock, server: Server
) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    hosts: set[str] = set()
    clerk.page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    await clerk.page.add_init_script(
        "globalThis.shift = 0; new PerformanceObserver(list => { for (const entry of"
        " list.getEntries()) globalThis.shift += entry.value })"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    await clerk.page.reload()
    await clerk.mode("free")
    assert hosts == {server.url.removeprefix("http://")}
    assert await clerk.page.evaluate("globalThis.shift") == 0


async def test_the_list_of_desks_follows_the_hall_for_whoever_has_no_desk(
    server: Server, context: BrowserContext, clock: Clock
) -> None:
    await staffing.add_staff("chief", "supervisor", BRANCH, PASSWORD, clock.now())
    page = await context.new_page()
    await sign_in(page, server, "chief")
    await expect(page.locator(".desk").first).to_contain_text("Вільне")
    desk = await open_desk("1", clock.now())
    await expect(page.locator(".desk").first).to_contain_text("Працює")
    await take_ticket(clock.now())
    await expect(page.locator("main")).to_contain_text("У залі чекає 1 особа")
    stop = await interrupting.interrupt(BRANCH, "alert", None, "", desk.clerk, clock.now())
    await expect(page.locator("main")).to_contain_text("Повітряна тривога з 10:0")
    await page.get_by_text("Відновити зараз…").click()
    await expect(page.locator(".resume-now")).to_contain_text("Відбою ще не було.")
    await assert_accessible(page)
    await page.get_by_text("Відновити зараз…").click()
    await interrupting.resume(stop.id, 10, desk.clerk, clock.now())
    await expect(page.locator("main")).to_contain_text("Відбій тривоги о 10:0")
    await interrupting.resume(stop.id, 0, desk.clerk, clock.now())
    await expect(page.get_by_text("Відбій тривоги")).to_be_hidden()
