"""The clerk's screen in a real browser: what it says, to everyone, at every size."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import BrowserContext, expect

from queue_app.clock import Clock
from queue_app.domain.people import OPERATOR, RESIDENT, SYSTEM
from queue_app.flow import accounts, arrival, booking, calling, interrupting
from queue_app.flow.act import By
from tests.browser.console.clerk import METER, Arrive, Clerk, sign_in
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible, follow
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK, PASSWORD
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]
PHONES = "contact-centre"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        pytest.param(0, "0 хв", marks=pytest.mark.slow),
        pytest.param(59, "59 хв", marks=pytest.mark.slow),
        (60, "1 год"),
        (125, "2 год 5 хв"),
    ],
)
async def test_hours_are_said_without_no_minutes(
    minutes: int, said: str, arrive: Arrive, clock: Clock
) -> None:
    words = "(n) => import('/static/web/lib/formats.js').then((formats) => formats.minutes(n))"
    shown = await (await arrive()).page.evaluate(words, minutes)
    assert shown.replace("\u00a0", " ") == said


async def test_time_past_the_plan_turns_amber(arrive: Arrive, clock: Clock) -> None:
    long_ago = clock.now() - timedelta(minutes=30)
    await take_ticket(long_ago)
    clerk = await arrive()
    await calling.call(By(clerk.staff, long_ago), clerk.desk)
    await clerk.mode("called")
    timer = clerk.page.locator("#timer")
    await expect(timer).to_have_class(re.compile("timer-over"))
    await expect(timer).to_contain_text("можна позначити, що не прийшли")
    await clerk.press("Space", "serving")
    await expect(timer).not_to_have_class(re.compile("timer-over"))
    await expect(timer).to_contain_text("за планом 2 хв")


async def test_a_phone_visit_shows_the_number_to_dial(arrive: Arrive, clock: Clock) -> None:
    clerk = await arrive(branch=PHONES)
    await phone_visit(clock)
    await clerk.mode("free")
    await clerk.press("Space", "called")
    link = clerk.page.locator(".contact-phone")
    await expect(link).to_have_attribute("href", "tel:+380671234567")
    await expect(clerk.page.locator("#contact")).to_contain_text("Олена Мельник")
    await expect(clerk.page.locator("[data-verb=no_show]")).to_contain_text("Не відповідають")
    await expect(clerk.result).to_have_text("К1 – дзвінок: наберіть номер.")
    undo = clerk.page.locator("#undo-what")
    await expect(undo).to_have_text("Скасувати: дзвінок К1")
    await clerk.press("Digit2", "empty")
    await expect(clerk.result).to_have_text("К1: ще не відповідає, зателефонувати ще раз.")
    await expect(undo).to_be_visible()
    missed = clerk.page.locator("#missed-list summary")
    await expect(missed).to_be_hidden()  # they are phoned once more
    await clerk.page.reload()
    await expect(missed).to_be_hidden()


async def phone_visit(clock: Clock) -> None:
    """A call that is due now: who does not answer earlier is phoned again at their time."""
    due = MONDAY.replace(hour=10)
    then = By(RESIDENT, due - timedelta(hours=1))
    held = await booking.hold(then, PHONES, ["debt-amount"], due, "phone")
    await booking.confirm(then, held.token, "Олена Мельник", "067 123 45 67", None, "uk")
    await arrival.admit_call(By(SYSTEM, clock.now()), held.token, clock.now())


async def test_what_the_server_paints_the_script_leaves_as_it_is(
    arrive: Arrive, clock: Clock
) -> None:
    then = clock.now() - timedelta(seconds=6)  # waits turn to a minute well after the test
    await take_ticket(then, service=METER)
    booked = await booking.hold(
        By(RESIDENT, then), BRANCH, [METER, "bill-duplicate"], MONDAY.replace(hour=11), "visit"
    )
    booked = await booking.confirm(
        By(RESIDENT, then), booked.token, "Іван Ко", "0671234567", None, "en"
    )
    ticket = await arrival.check_in(By(KIOSK, then), BRANCH, booked.code)
    clerk = await arrive("3")
    await calling.call(By(clerk.staff, then), clerk.desk, ticket.id)
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


@pytest.mark.parametrize(
    ("language", "choose", "branch"),
    [
        ("uk", "Оберіть відділення", "Дарницький район"),
        ("en", "Choose the branch", "Darnytskyi District"),
    ],
)
async def test_axe_finds_nothing_before_the_desk(
    language: str, choose: str, branch: str, server: Server, clock: Clock, context: BrowserContext
) -> None:
    await accounts.add_staff(By(OPERATOR, clock.now()), "admin", "administrator", None, PASSWORD)
    page = await context.new_page()
    await page.goto(f"{server.url}/console/sign-in?lang={language}")
    await assert_accessible(page)
    await page.locator("#login").fill("admin")
    await page.locator("#password").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await assert_accessible(page)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=choose)).to_be_visible()
    await assert_accessible(page)
    await follow(page.get_by_role("link", name=branch))
    await expect(page.locator(".desks")).to_be_visible()
    await assert_accessible(page)


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1024, 768),
        (720, 450),
        (320, 640),
    ],
)
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
    await accounts.add_staff(By(OPERATOR, clock.now()), "chief", "supervisor", BRANCH, PASSWORD)
    page = await context.new_page()
    await sign_in(page, server, "chief")
    await expect(page.locator(".desk").first).to_contain_text("Вільне")
    desk = await open_desk("1", clock.now())
    await expect(page.locator(".desk").first).to_contain_text("Працює")
    await take_ticket(clock.now())
    await expect(page.locator("main")).to_contain_text("У залі чекає 1 особа")
    stop = await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, "")
    await expect(page.locator("main")).to_contain_text("Повітряна тривога з 10:0")
    await page.get_by_text("Відновити зараз…").click()
    await expect(page.locator(".resume-now")).to_contain_text("Відбою ще не було.")
    await assert_accessible(page)
    await page.get_by_text("Відновити зараз…").click()
    await interrupting.resume(By(desk.clerk, clock.now()), stop.id, 10)
    await expect(page.locator("main")).to_contain_text("Відбій тривоги о 10:0")
    await interrupting.resume(By(desk.clerk, clock.now()), stop.id, 0)
    await expect(page.get_by_text("Відбій тривоги")).to_be_hidden()
