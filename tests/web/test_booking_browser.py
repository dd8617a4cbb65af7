"""The residents' face in a real browser: whole with and without scripts, and for everyone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from queue_app.domain.errors import Conflict
from queue_app.domain.people import RESIDENT, SYSTEM
from queue_app.flow import arrival, booking, interrupting
from queue_app.flow.act import By
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible, follow
from tests.support.hall import open_desk
from tests.support.people import CALLS
from tests.support.server import Server
from tests.web.resident import CHOICE

pytestmark = [pytest.mark.browser, pytest.mark.server]
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}

Visit = Callable[[str], Awaitable[None]]


@pytest.fixture
async def without_scripts(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        locale="uk-UA", java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    yield context
    await context.close()


async def book(page: Page, url: str, look: Visit) -> None:
    """The whole way to a booked visit; `look` is told the name of each page."""
    await page.goto(url)
    await look("services")
    await page.locator("summary").nth(3).click()
    await page.locator("input[value=no-debt-certificate]").check()
    await look("services chosen")
    await follow(page.locator(".next-bar button"))
    await look("branch")
    await follow(page.locator(".choice-link").nth(7))
    await look("day")
    await follow(page.locator(".month-free").nth(1))
    await look("time")
    await follow(page.locator("button.slot").nth(4))
    await look("details")
    await follow(page.locator("form .button-primary"))
    await expect(page.locator(".error-summary")).to_be_visible()
    await look("errors")
    await page.fill("#name", "Олена Ковальчук")
    await page.fill("#phone", "067 123 45 67")
    await follow(page.locator("form .button-primary"))
    await expect(page.locator(".code")).to_be_visible()
    await look("booked")


async def nothing(_name: str) -> None:
    return None


@pytest.mark.slow
async def test_a_visit_is_booked_without_scripts(
    server: Server, without_scripts: BrowserContext
) -> None:
    page = await without_scripts.new_page()
    await book(page, server.url, nothing)
    await expect(page.locator("h1")).to_have_text("Вас записано")


@pytest.mark.parametrize(
    ("language", "scheme", "viewport"),
    [("uk", "dark", NARROW), ("en", "light", PHONE)],
)
@pytest.mark.slow
async def test_every_page_is_whole_for_everyone(
    server: Server, browser: Browser, language: str, scheme: str, viewport: dict[str, int]
) -> None:
    context = await browser.new_context(
        locale={"uk": "uk-UA", "en": "en-GB"}[language],
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport=viewport,  # type: ignore[arg-type]
    )
    page = await context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(server.url) else broken.append(request.url),
    )

    async def look(name: str) -> None:
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await assert_accessible(page)
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{name} is wider than the screen"

    await book(page, server.url, look)
    link = page.url
    for name in ("day", "contact", "cancellation"):
        await page.goto(f"{link}/{name}")
        await look(name)
    await follow(page.locator(".button-danger"))
    await look("cancelled")
    for path in ("/about", "/my", "/my?sent", "/way", "/no-such-page"):
        await page.goto(server.url + path)
        await look(path)
    assert broken == []
    await context.close()


@pytest.mark.slow
async def test_what_is_said_of_an_alert_and_to_the_late_is_whole_for_everyone(
    server: Server, browser: Browser
) -> None:
    context = await browser.new_context(
        locale="uk-UA",
        color_scheme="dark",
        viewport=NARROW,  # type: ignore[arg-type]
    )
    page = await context.new_page()
    await book(page, server.url, nothing)
    link = page.url
    desk = await open_desk("1", MONDAY, "podilskyi")
    begin = MONDAY - timedelta(minutes=40)
    end = begin + timedelta(minutes=10)
    await db.fetch("UPDATE appointment SET period = tstzrange($1, $2)", begin, end)

    await page.goto(link)
    await expect(page.locator("h1")).to_have_text("Ще можна прийти сьогодні")
    await expect(page.locator(".notice-warning")).to_contain_text("живу чергу")
    await assert_accessible(page)

    await interrupting.interrupt(By(desk.clerk, MONDAY), "podilskyi", "alert", None, "")
    choice = "service=no-debt-certificate&channel=visit&branch=podilskyi&day=2026-11-23"
    for url in (link, f"{server.url}/time?{choice}"):
        await page.goto(url)
        await expect(page.locator(".notice-warning").first).to_contain_text("овітряна тривога")
        await assert_accessible(page)
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await context.close()


@pytest.mark.slow
async def test_back_never_asks_to_send_a_form_again(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await book(page, server.url, nothing)
    seen = []
    while urlsplit(page.url).path != "/":
        await page.go_back()
        seen.append(await page.locator("h1").inner_text())
        assert len(seen) < 20
    assert "Який день вам підходить?" in seen
    assert seen[-1] == "З яким питанням ви звертаєтеся?"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "right", "done"),
    [
        ("/my", {"#code": "123456", "#contact": "a@example.com"}, "Посилання вже в дорозі"),
        ("/my/all", {"#contact": "a@example.com"}, "Введіть код"),
        (f"/wish?{CHOICE}", {"#name": "Ян", "#email": "a@example.com"}, "Ви у списку очікування"),
    ],
)
async def test_back_from_what_was_corrected_and_a_reload_find_the_form(
    server: Server, context: BrowserContext, path: str, right: dict[str, str], done: str
) -> None:
    page = await context.new_page()
    await page.goto(f"{server.url}{path}")
    question = await page.locator("h1").inner_text()
    await follow(page.locator("form > .button-primary"))
    await expect(page.locator(".error-summary")).to_be_visible()
    for field, value in right.items():
        await page.fill(field, value)
    await follow(page.locator("form > .button-primary"))
    await expect(page.locator("h1")).to_have_text(done)
    await page.go_back()
    await expect(page.locator("h1")).to_have_text(question)
    await page.reload()
    await expect(page.locator("h1")).to_have_text(question)


@pytest.mark.slow
async def test_services_are_found_by_any_of_their_words(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(server.url)
    counts = page.locator(".group-count")
    before = await counts.all_inner_texts()
    await page.fill("#search", "розʼяснення ПІЛЬГ")
    await expect(page.locator(".service:visible")).to_have_count(1)
    await expect(page.locator("#found")).to_have_text("Знайдено 1 послугу")
    await expect(page.locator("#results .service")).to_have_count(1)
    await page.locator(".service:visible input").check()
    await expect(page.locator("#chosen")).to_have_text("Обрано 1 послугу, 5 хв")
    for words in ("показники", "субсидія", "розстрочка", "довідок", "договір", "лічильник води"):
        await page.fill("#search", words)
        await expect(page.locator("#nothing-found")).to_be_hidden()
        assert await page.locator(".service:visible").count() > 0, words
    await page.fill("#search", "самовар")
    await expect(page.locator("#nothing-found")).to_be_visible()
    await expect(page.locator("summary:visible")).to_have_count(8)
    await page.fill("#search", "")
    assert await counts.all_inner_texts() == before


@pytest.mark.slow
async def test_whoever_does_not_see_the_page_hears_what_was_found(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(server.url)
    heard = page.locator("[role=status]#found-said")
    await page.fill("#search", "пломба")
    await expect(heard).to_have_text("Знайдено 1 послугу. Лічильник має бути опломбований.")
    await page.fill("#search", "прописка")
    await expect(heard).to_contain_text("Кількість зареєстрованих можна оновити без візиту")
    await page.fill("#search", "самовар")
    await expect(heard).to_contain_text("За цими словами тут нічого немає")
    await page.fill("#search", "")
    await expect(heard).to_have_text("")


@pytest.mark.slow
async def test_the_search_takes_every_key_and_enter_leads_nowhere(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{server.url}/?lang=en")
    address = page.url
    search = page.locator("#search")
    await search.focus()
    # `fill` would put the words there without a key.
    await page.keyboard.type("tarifg")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("f")
    await page.keyboard.press("Enter")
    await expect(search).to_have_value("tariff")
    await expect(page.locator(".service:visible").first).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(search).not_to_be_focused()
    assert page.url == f"{address}&q=tariff", "the same page, which Back finds as it was"


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_back_and_reload_find_what_was_asked_and_the_same_ticks(
    server: Server, browser: Browser, scripts: bool
) -> None:
    context = await browser.new_context(locale="uk-UA", java_script_enabled=scripts)
    page = await context.new_page()
    await page.goto(server.url)
    await page.fill("#search", "холодні батареї")
    if not scripts:
        await follow(page.locator("#find"))
    ticked = page.locator("input[name=service]:checked")
    await page.check("#results input[value=quality-check]")
    await follow(page.locator(".next-bar button"))
    await page.go_back()
    for again in (scripts, False):  # what a reload keeps without scripts is up to the browser
        await expect(page.locator("#search")).to_have_value("холодні батареї")
        await expect(ticked).to_have_count(1)
        assert await ticked.get_attribute("value") == "quality-check"
        await expect(page.locator("#results input[value=quality-check]")).to_be_visible()
        if again:
            await page.reload()
    await page.fill("#search", "пломба")
    if not scripts:
        await follow(page.locator("#find"))
    await follow(page.locator("[data-note=seals] a"))
    await follow(page.locator(".back a"))
    await expect(page.locator("#search")).to_have_value("пломба")
    await context.close()


@pytest.mark.slow
async def test_a_sixth_service_cannot_be_ticked(server: Server, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(server.url)
    await page.locator("summary").nth(1).click()
    boxes = page.locator("details").nth(1).locator("input")
    for box in range(5):
        await boxes.nth(box).check()
    await expect(boxes.nth(5)).to_be_disabled()
    await expect(page.locator("#chosen")).to_contain_text("не більше 5")
    await boxes.nth(0).uncheck()
    await expect(boxes.nth(5)).to_be_enabled()


@pytest.mark.slow
async def test_free_times_follow_the_hall_while_somebody_looks(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.clock.install(time=datetime.now(ZoneInfo("Europe/Kyiv")))
    await page.goto(f"{server.url}/time?{CHOICE}&day=2026-11-25")
    slots = page.locator("button.slot")
    every = await slots.evaluate_all("(all) => all.map((one) => one.value)")
    await slots.nth(2).focus()
    await take_all(every[1])
    await page.clock.run_for(timedelta(seconds=31).seconds * 1000)
    await expect(page.locator(f"button.slot[value='{every[1]}']")).to_have_count(0)
    await expect(page.locator(f"button.slot[value='{every[2]}']")).to_be_focused()
    await take_all(every[2])
    await page.clock.run_for(timedelta(seconds=31).seconds * 1000)
    await expect(page.locator(f"button.slot[value='{every[2]}']")).to_have_count(0)
    await expect(slots.first).to_be_focused()


async def take_all(start: str) -> None:
    """Whatever can be held at this start."""
    service = "no-debt-certificate"
    with suppress(Conflict):
        while True:
            by = By(RESIDENT, MONDAY)
            await booking.hold(by, "podilskyi", [service], datetime.fromisoformat(start), "visit")


@pytest.mark.slow
async def test_the_countdown_runs_and_the_page_says_when_it_is_over(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.clock.install(time=datetime.now(ZoneInfo("Europe/Kyiv")))
    await page.goto(
        f"{server.url}/time?service=no-debt-certificate&channel=visit&branch=podilskyi"
        "&day=2026-11-25"
    )
    await follow(page.locator("button.slot").first)
    left = page.locator("#left")
    await expect(left).to_have_text("Щоб завершити запис, лишилося 10 хвилин")
    await page.clock.run_for(timedelta(minutes=8, seconds=30).seconds * 1000)
    await expect(left).to_have_text("Щоб завершити запис, лишилося 2 хвилини")
    await expect(page.locator("#left-said")).to_have_text("Щоб завершити запис, лишилося 5 хвилин")
    await expect(page.locator("#left-warned")).to_contain_text("Цей час тримаємо ще дві хвилини.")
    await page.clock.run_for(timedelta(seconds=60).seconds * 1000)
    await expect(left).to_have_text("Лишилося менше хвилини, щоб завершити запис")
    await expect(page.locator("#left-said")).to_have_text(
        "Лишилося менше хвилини, щоб завершити запис"
    )


@pytest.mark.slow
async def test_the_page_of_a_call_follows_the_call_by_itself(
    server: Server, browser: Browser
) -> None:
    context = await browser.new_context(locale="uk-UA", viewport=NARROW)  # type: ignore[arg-type]
    page = await context.new_page()
    day = f"service=tariffs&channel=phone&branch={CALLS}&day={MONDAY:%Y-%m-%d}"
    await page.goto(f"{server.url}/time?{day}")
    await follow(page.locator("button.slot").first)
    await page.fill("#name", "Олена Ковальчук")
    await page.fill("#phone", "067 123 45 67")
    await follow(page.locator("form .button-primary"))
    await expect(page.locator("h1")).to_have_text("Вас записано")
    row = await db.fetch_row("SELECT token, lower(period) AS starts FROM appointment")
    assert row
    due = row["starts"]
    issued = await arrival.admit_call(By(SYSTEM, due), row["token"], due)
    assert issued
    desk = await open_desk("1", due, CALLS)
    steps = (
        (None, "Зателефонуємо вам о"),
        (desk.call, "Ми вам телефонуємо"),
        (desk.park, "Ваш дзвінок відкладено"),
        (desk.call, "Ми вам телефонуємо"),
        (desk.no_show, "Зателефонуємо ще раз о"),
    )
    for step, said in steps:
        if step:
            await step(issued.id)
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(page.locator(".notice-title")).to_contain_text(said)
        await assert_accessible(page)
    await desk.call(issued.id)
    await desk.no_show(issued.id)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator("h1")).to_have_text("Ми телефонували, але не додзвонилися")
    await context.close()
