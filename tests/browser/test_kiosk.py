"""The kiosk in a real browser at its real size: one visitor after the other at one panel."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, Route, expect

from queue_app.flow import booking
from queue_app.store import db
from tests.conftest import KYIV, MONDAY, StartServers
from tests.support.browser import assert_accessible, intercept
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, install
from tests.support.server import Server, start_servers, stop_servers

pytestmark = pytest.mark.browser

ELSEWHERE = "darnytskyi"
SERVICE = "no-debt-certificate"
SEVEN_TO_ONE = {"rules": {"color-contrast-enhanced": {"enabled": True}}}
PANEL = {"width": 1080, "height": 1920}

Switch = Callable[[Server], Awaitable[Page]]


@pytest.fixture
async def switched_on(browser: Browser) -> AsyncIterator[Switch]:
    """Makes a fresh browser the kiosk of the branch, as an administrator does."""
    contexts = []

    async def switch_on(server: Server) -> Page:
        device = await install(MONDAY)
        context = await browser.new_context(
            viewport=PANEL,  # type: ignore[arg-type]
            has_touch=True,
            locale="uk-UA",
            timezone_id="America/New_York",
        )
        contexts.append(context)
        page = await context.new_page()
        await page.goto(f"{server.url}/kiosk/{BRANCH}?device={device.token}")
        assert device.token not in page.url
        return page

    yield switch_on
    for context in contexts:
        await context.close()


@pytest.fixture(scope="module")
async def hall(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One server for all tests of a Monday morning; each test empties the hall before it."""
    running = start_servers(1, dsn, tmp_path_factory.mktemp("kiosk"), clock=MONDAY)
    yield running[0]
    stop_servers(running)


@pytest.fixture
async def kiosk(database: str, hall: Server, switched_on: Switch) -> Page:
    return await switched_on(hall)


async def press(page: Page, selector: str) -> None:
    await page.locator(f"{selector} >> visible=true").first.click()


async def choose(page: Page, group: str = "certificates", service: str = SERVICE) -> None:
    await press(page, "[data-go=groups-1]")
    await press(page, f"[data-group={group}]")
    await press(page, f"[data-service={service}]")
    await expect(page.locator("[data-screen=confirm]")).to_be_visible()


async def tickets() -> int:
    count: int = await db.fetch_value("SELECT count(*) FROM ticket")
    return count


async def booked(
    starts: datetime, branch: str = BRANCH, channel: str = "visit", service: str = SERVICE
) -> str:
    """The code of a booking that a resident made this morning."""
    early = MONDAY - timedelta(hours=2)
    held = await booking.hold(branch, [service], starts, channel, early)  # type: ignore[arg-type]
    await booking.confirm(held.token, "Олена Мельник", "067 123 45 67", None, "uk", early)
    return held.code


async def type_code(page: Page, code: str) -> None:
    await press(page, "[data-go=check-in]")
    for digit in code:
        await press(page, f'[data-digit="{digit}"]')
    await press(page, "#check-in")


async def scan(page: Page, text: str) -> None:
    """As a scanner types: no pause between the keys, then Enter."""
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def assert_shows_ticket(page: Page, number: str) -> None:
    await expect(page.locator("#ticket-number")).to_have_text(number)
    await expect(page.locator("#ticket-number")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "title", "ahead"),
    [("uk", "Ваш талон А1", "Ви наступні"), ("en", "Your ticket А1", "You are next")],
)
async def test_a_walk_in_takes_a_ticket_in_either_language(
    kiosk: Page, language: str, title: str, ahead: str
) -> None:
    await press(kiosk, f"[data-language={language}]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-go=groups-1]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-group=certificates]")
    await assert_accessible(kiosk)
    await press(kiosk, f"[data-service={SERVICE}]")
    await assert_accessible(kiosk)
    await press(kiosk, "#take")

    await assert_shows_ticket(kiosk, "А1")
    await expect(kiosk.get_by_role("heading", level=1)).to_have_text(title, use_inner_text=True)
    await expect(kiosk.locator("#ticket-ahead")).to_have_text(ahead)
    await expect(kiosk.locator("#ticket-qr svg")).to_be_visible()
    await assert_accessible(kiosk)
    assert await db.fetch_value("SELECT language FROM ticket") == language

    await press(kiosk, "#ticket-done")
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    assert await kiosk.locator("html").get_attribute("lang") == "uk"
    assert "А1" not in (await kiosk.locator("body").text_content() or "")


async def test_a_kiosk_opened_in_english_begins_each_visit_in_english(kiosk: Page) -> None:
    await kiosk.clock.install()
    await kiosk.goto(f"{kiosk.url}?lang=en")
    await press(kiosk, "[data-language=uk]")
    await expect(kiosk.locator("html")).to_have_attribute("lang", "uk")
    await kiosk.clock.run_for(41_000)
    await expect(kiosk.locator("html")).to_have_attribute("lang", "en")


async def test_the_wait_is_told_before_the_ticket(kiosk: Page) -> None:
    await open_desk("1", MONDAY)
    for _ in range(3):
        await take_ticket(MONDAY, service=SERVICE)
    await choose(kiosk)
    await expect(kiosk.locator("#prospect-ahead")).to_have_text("3 особи")
    await expect(kiosk.locator("#prospect-wait")).to_have_text(re.compile(r"\d+–\d+.хв"))
    await expect(kiosk.locator("#prospect-warning")).to_be_hidden()
    await assert_accessible(kiosk, **SEVEN_TO_ONE)


@pytest.mark.parametrize("language", ["uk", "en"])
async def test_whoever_may_not_be_served_today_is_told_and_offered_a_booking(
    kiosk: Page, language: str
) -> None:
    served, title = {
        "uk": ("perhaps", "можливо, сьогодні вас не встигнуть прийняти"),
        "en": ("not_today", "you would not be served today"),
    }[language]
    foretold = {
        "people_ahead": 41,
        "wait": {"people_ahead": 41, "low_minutes": 130, "high_minutes": 190},
        "closes_at": "2026-11-23T18:00:00+02:00",
        "served": served,
    }
    await intercept(kiosk, "**/prospects?**", lambda route: route.fulfill(json=foretold))
    await press(kiosk, f"[data-language={language}]")
    await press(kiosk, "[data-mode=large]")
    await choose(kiosk)
    await expect(kiosk.locator("#prospect-warning-title")).to_contain_text("18:00")
    await expect(kiosk.locator("#prospect-warning-title")).to_contain_text(title)
    await expect(kiosk.locator("#prospect-warning svg")).to_be_visible()
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    fits = "(one) => one.scrollHeight <= one.clientHeight"
    assert await kiosk.locator(".screens").evaluate(fits)
    await expect(kiosk.locator("#take")).to_be_visible(visible=served == "perhaps")


async def test_a_double_tap_gives_one_ticket(kiosk: Page) -> None:
    await choose(kiosk)
    await kiosk.locator("#take").dblclick()
    await assert_shows_ticket(kiosk, "А1")
    assert await tickets() == 1


async def test_a_tap_is_answered_in_the_frame_that_follows_it(kiosk: Page) -> None:
    """Without waiting for the server: far below the tenth of a second that a finger notices."""
    await choose(kiosk)
    answered = await kiosk.locator("#take").evaluate(
        "(button) => { button.click(); return button.offsetParent === null; }"
    )
    assert answered
    await assert_shows_ticket(kiosk, "А1")


async def test_a_lost_answer_is_said_and_asked_for_again_without_a_second_ticket(
    kiosk: Page,
) -> None:
    keys: list[str | None] = []

    async def lose_twice(route: Route) -> None:
        keys.append(await route.request.header_value("idempotency-key"))
        if len(keys) <= 2:
            await route.fetch()
            return await route.abort()
        return await route.continue_()

    await intercept(kiosk, "**/tickets?**", lose_twice)
    await choose(kiosk)
    await press(kiosk, "#take")
    await expect(kiosk.locator("#sending-note")).to_contain_text("другого талона не буде")
    await assert_shows_ticket(kiosk, "А1")
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert await tickets() == 1

    await press(kiosk, "#ticket-done")
    await kiosk.wait_for_timeout(500)
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А2")
    assert keys[3] not in keys[:3]


async def test_whoever_does_not_wait_for_a_lost_answer_leaves_no_ticket_behind(
    kiosk: Page,
) -> None:
    """The next visitor gets a ticket of their own, and nobody is called by the abandoned one."""
    await kiosk.clock.install()
    lost = True

    async def lose(route: Route) -> None:
        if not lost:
            return await route.continue_()
        await route.fetch()
        return await route.abort()

    await intercept(kiosk, "**/tickets?**", lose)
    await choose(kiosk)
    await press(kiosk, "#take")
    way_out = kiosk.locator("#sending-out [data-restart]")
    await expect(kiosk.locator("#sending-note")).not_to_be_empty()
    await expect(way_out).to_be_hidden()
    await kiosk.clock.run_for(15_000)
    await expect(way_out).to_be_visible()
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    await way_out.click()
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    lost = False
    async with kiosk.expect_response("**/leavings?**"):
        await kiosk.clock.run_for(9_000)
    assert await db.fetch_value("SELECT state FROM ticket WHERE number = 'А1'") == "left"
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А2")


async def test_several_services_of_one_desk_and_a_right_to_go_first_make_one_visit(
    kiosk: Page,
) -> None:
    await choose(kiosk, "payments", "debt-amount")
    await press(kiosk, "#add-service")
    await press(kiosk, "[data-group=accounts]")
    elsewhere = kiosk.locator("[data-service=owner-change]")
    await expect(elsewhere).to_have_attribute("aria-disabled", "true")
    await elsewhere.click(force=True)
    await expect(kiosk.locator("#announcer")).to_contain_text("окремий талон")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-back]")
    await press(kiosk, "[data-group=payments]")
    await press(kiosk, "[data-service=payment-search]")
    await expect(kiosk.locator("#chosen > li")).to_have_count(2)
    await press(kiosk, "[data-go=priority]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-priority=veteran]")
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "П1")
    row = await db.fetch_row("SELECT services, priority FROM ticket")
    assert row is not None
    assert list(row["services"]) == ["debt-amount", "payment-search"]
    assert row["priority"] == "veteran"


async def test_a_booked_visitor_checks_in_by_the_digits_and_has_one_ticket_however_often(
    kiosk: Page,
) -> None:
    code = await booked(MONDAY + timedelta(minutes=40))
    await press(kiosk, "[data-go=check-in]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-restart]")
    await kiosk.wait_for_timeout(500)
    for _ in range(2):
        await type_code(kiosk, code)
        await assert_shows_ticket(kiosk, "К1")
        await expect(kiosk.locator("#ticket-due")).to_have_text("10:40")
        await press(kiosk, "#ticket-done")
        await kiosk.wait_for_timeout(500)
    assert await tickets() == 1


@pytest.mark.parametrize("form", ["{}", "QA:{}", "ЙФЖ{}", "https://example.org/visit?code={}"])
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
    await expect(title).to_have_text("Ваш запис: завтра, вівторок, 24 листопада, 10:20")
    await expect(kiosk.locator("[data-way=ticket]")).to_be_visible()
    await press(kiosk, "[data-language=en]")
    await expect(title).to_have_text("Your booking: tomorrow, Tuesday, 24 November, 10:20")
    await press(kiosk, "[data-language=uk]")

    await scan(kiosk, await booked(MONDAY + timedelta(minutes=40), ELSEWHERE))
    await expect(onward).to_contain_text("Дарницький район, сьогодні, 10:40")

    by_phone = await booked(MONDAY + timedelta(minutes=50), channel="phone", service="debt-amount")
    await scan(kiosk, by_phone)
    await expect(onward).to_contain_text("зателефонуємо вам: сьогодні, 10:50")

    await scan(kiosk, "not a booking")
    await expect(title).to_have_text("Це не QR-код запису")
    await press(kiosk, "[data-way=code]")
    await expect(kiosk.locator("[data-screen=check-in]")).to_be_visible()
    assert await tickets() == 0


async def test_a_closed_kiosk_says_when_it_opens_and_how_to_book(
    servers: StartServers, switched_on: Switch
) -> None:
    friday = datetime(2026, 11, 27, 20, 0, tzinfo=KYIV)
    page = await switched_on((await servers(1, clock=friday))[0])
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Зараз зачинено", use_inner_text=True
    )
    await expect(page.locator("#closed-lead")).to_have_text(
        "Відчинимося: понеділок, 30 листопада, 09:00"
    )
    await expect(page.locator("#booking-qr svg")).to_be_visible()
    await expect(page.locator("[data-go=groups-1]").first).to_be_hidden()
    await assert_accessible(page)


async def test_past_the_last_ticket_only_a_booking_lets_in(
    servers: StartServers, switched_on: Switch
) -> None:
    evening = MONDAY.replace(hour=17, minute=40)
    code = await booked(MONDAY.replace(hour=17, minute=20))
    page = await switched_on((await servers(1, clock=evening))[0])
    await expect(page.locator("#closed-lead")).to_contain_text("До 18:00")
    await assert_accessible(page)
    await type_code(page, code)
    await assert_shows_ticket(page, "К1")
    await expect(page.locator("#ticket-note")).to_contain_text("17:20")


async def test_a_lost_connection_is_said_within_twelve_seconds_and_heals_by_itself(
    servers: StartServers, switched_on: Switch
) -> None:
    server = (await servers(1, clock=MONDAY))[0]
    port = int(server.url.rpartition(":")[2])
    page = await switched_on(server)
    await press(page, "[data-go=groups-1]")
    server.stop()
    await expect(page.locator("#link-bar")).to_be_visible(timeout=30_000)
    await assert_accessible(page)
    await press(page, "[data-back]")
    await expect(page.locator("[data-screen=offline]")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Немає зв’язку", use_inner_text=True
    )
    await assert_accessible(page)
    await servers(1, clock=MONDAY, port=port)
    await expect(page.locator("[data-screen=start]")).to_be_visible(timeout=30_000)


async def test_a_forgotten_visit_is_asked_about_and_leaves_nothing(kiosk: Page) -> None:
    await kiosk.clock.install()
    await kiosk.reload()
    await press(kiosk, "[data-language=en]")
    await choose(kiosk)
    await kiosk.clock.run_for(41_000)
    await expect(kiosk.locator("#still-here")).to_be_visible()
    await assert_accessible(kiosk)
    await press(kiosk, "#stay")
    await expect(kiosk.locator("[data-screen=confirm]")).to_be_visible()

    await kiosk.clock.run_for(41_000)
    await kiosk.clock.run_for(16_000)
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    assert await kiosk.locator("html").get_attribute("lang") == "uk"
    await expect(kiosk.locator("#chosen > li")).to_have_count(0)


async def test_the_ticket_stays_for_twenty_seconds_and_as_long_as_it_is_held(
    kiosk: Page,
) -> None:
    await kiosk.clock.install()
    await kiosk.reload()
    await choose(kiosk)
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "А1")
    await kiosk.clock.run_for(21_000)
    await press(kiosk, "#ticket-pause")
    await kiosk.clock.run_for(60_000)
    await assert_shows_ticket(kiosk, "А1")
    await press(kiosk, "#ticket-pause")
    await kiosk.clock.run_for(12_000)
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()


async def test_the_whole_visit_works_by_keyboard(kiosk: Page) -> None:
    async def tab_to(selector: str) -> None:
        for _ in range(20):
            await kiosk.keyboard.press("Tab")
            if await kiosk.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"Tab does not reach {selector}")

    for selector in ("[data-go=groups-1]", "[data-group=certificates]"):
        await tab_to(selector)
        await kiosk.keyboard.press("Enter")
    await expect(kiosk.locator("h1:focus")).to_be_visible()
    await tab_to(f"[data-service={SERVICE}]")
    await kiosk.keyboard.press("Enter")
    await tab_to("#take")
    await kiosk.keyboard.press("Enter")
    await assert_shows_ticket(kiosk, "А1")


async def test_every_target_is_large_enough_and_nothing_scrolls(kiosk: Page) -> None:
    """In both languages, also with larger text: 88 px, and 24 px apart."""
    names = await kiosk.locator("[data-screen]").evaluate_all(
        "(all) => all.map((one) => one.dataset.screen)"
    )
    for language in ("uk", "en"):
        for modes in ((), ("large",), ("low",), ("large", "low")):
            await press(kiosk, f"[data-language={language}]")
            for mode in modes:
                await press(kiosk, f"[data-mode={mode}]")
            found = await kiosk.evaluate(_MEASURE, names)
            assert not found, (language, modes, found)
            for mode in modes:
                await press(kiosk, f"[data-mode={mode}]")


async def test_lower_choices_stay_as_large_as_they_were(kiosk: Page) -> None:
    size = "(one) => parseFloat(getComputedStyle(one).fontSize)"
    title = kiosk.locator("[data-group=certificates] .choice-title")
    await press(kiosk, "[data-go=groups-1]")
    plain = await title.evaluate(size)
    await press(kiosk, "[data-mode=large]")
    large = await title.evaluate(size)
    await press(kiosk, "[data-mode=low]")
    assert await title.evaluate(size) == large > plain


_MEASURE = """(names) => {
    const found = [];
    const screens = [...document.querySelectorAll("[data-screen]")];
    const before = screens.find((one) => !one.hidden);
    for (const name of names) {
        for (const one of screens) one.hidden = one.dataset.screen !== name;
        const main = document.querySelector(".screens");
        if (main.scrollHeight > main.clientHeight) found.push(`${name} scrolls`);
        if (document.documentElement.scrollWidth > innerWidth) found.push(`${name} is too wide`);
        const boxes = [...document.querySelectorAll("button")]
            .filter((button) => button.offsetParent)
            .map((button) => [button.textContent.trim(), button.getBoundingClientRect()]);
        for (const [text, box] of boxes) {
            if (box.width < 87.9 || box.height < 87.9) found.push(`${name}: ${text} is small`);
        }
        for (const [i, [text, a]] of boxes.entries()) for (const [, b] of boxes.slice(i + 1)) {
            const across = Math.max(b.left - a.right, a.left - b.right);
            const down = Math.max(b.top - a.bottom, a.top - b.bottom);
            if (Math.max(across, down) < 21.9) found.push(`${name}: ${text} is too near`);
        }
    }
    for (const one of screens) one.hidden = one !== before;
    return found;
}"""
