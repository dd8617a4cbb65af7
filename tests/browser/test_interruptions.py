"""An air-raid alert as everybody sees it: one press, every screen, and on by itself afterwards."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from queue_app.clock import Clock, ShiftedClock
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import accounts, booking
from queue_app.flow.act import By
from queue_app.store import db
from tests.browser.scene import ready
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD, install
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.usefixtures("database")]

SHELTER = {"uk": "підвал, вхід із двору", "en": "the basement, entrance from the yard"}
SIZES = {
    "console": {"width": 1440, "height": 900},
    "board": {"width": 1920, "height": 1080},
    "panel": {"width": 1280, "height": 720},
    "phone": {"width": 390, "height": 844},
    "kiosk": {"width": 1080, "height": 1920},
}
WITHIN_MS = 30_000
"""A heartbeat of the hub, and a door that the kiosk asks about, with room to spare."""

Open = Callable[[str, str], Awaitable[Page]]


@pytest.fixture(scope="module")
def served(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Clock]]:
    """One server from ten o'clock on a Monday, and its time."""
    clock = ShiftedClock(MONDAY, 1.0, datetime.now(UTC))
    started = start_servers(1, dsn, tmp_path_factory.mktemp("interruptions"), clock=MONDAY)
    yield started[0], clock
    stop_servers(started)


@pytest.fixture
async def shelter(database: str) -> AsyncIterator[None]:
    """The branch says where its shelter is, as long as the test runs."""
    say = "UPDATE branch SET shelter = $2::jsonb WHERE slug = $1"
    await db.fetch(say, BRANCH, json.dumps(SHELTER))
    await db.fetch("UPDATE centre SET version = version + 1")
    yield
    await db.fetch(say, BRANCH, None)
    await db.fetch("UPDATE centre SET version = version + 1")


@pytest.fixture
async def screen(browser: Browser, served: tuple[Server, Clock]) -> AsyncIterator[Open]:
    """Opens a face at its own size; a script's error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def show(face: str, path: str) -> Page:
        size = SIZES[face]
        context = await browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale="uk-UA",
            timezone_id="Europe/Kyiv",
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{face}: {error}"))
        await page.goto(served[0].url + path)
        return page

    yield show
    for context in contexts:
        await context.close()
    assert errors == []


async def clerk_at_a_desk(screen: Open, clock: Clock) -> Page:
    await accounts.add_staff(By(OPERATOR, clock.now()), "clerk1", "clerk", BRANCH, PASSWORD)
    page = await screen("console", "/console")
    await page.locator("input[name=login]").fill("clerk1")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("button[type=submit]").last.click()
    await page.locator(".desk").first.get_by_role("button").click()
    await page.wait_for_url("**/desks/*")
    return page


async def kiosk_of_the_branch(screen: Open) -> Page:
    device = await install(MONDAY)
    return await screen("kiosk", f"/kiosk/{BRANCH}?device={device.token}")


async def assert_within(inner: Locator, outer: Locator) -> None:
    """Nothing of it is cut off at the top or the bottom."""
    part, whole = await inner.bounding_box(), await outer.bounding_box()
    assert part and whole
    assert whole["y"] <= part["y"]
    assert part["y"] + part["height"] <= whole["y"] + whole["height"]


async def assert_where_to_go_is_largest(board: Page) -> None:
    """On a board that lies or stands, nothing of it cut."""
    stage = board.locator(".scene-interrupted")
    sizes = """(stage) => [...stage.children].filter((one) => one.checkVisibility())
        .map((one) => [one.classList.contains("stop-advice"),
                       parseFloat(getComputedStyle(one).fontSize)])"""
    for width, height in ((1280, 720), (1080, 1920), (1920, 1080)):
        await board.set_viewport_size({"width": width, "height": height})
        found = await stage.evaluate(sizes)
        [advice] = [size for is_advice, size in found if is_advice]
        assert advice > max(size for is_advice, size in found if not is_advice), (width, found)
        await assert_within(stage, board.locator("#stage"))


@pytest.mark.usefixtures("shelter")
@pytest.mark.slow
async def test_an_alert_is_said_on_every_screen_and_after_it_everything_goes_on_by_itself(
    served: tuple[Server, Clock], screen: Open
) -> None:
    clock = served[1]
    earlier = await take_ticket(clock.now())
    await (await open_desk("2", clock.now())).call(earlier.id)
    first = await take_ticket(clock.now())
    mine = await take_ticket(clock.now())
    console = await clerk_at_a_desk(screen, clock)
    board = await screen("board", f"/display/{BRANCH}")
    await expect(board.locator("#cells")).to_contain_text(earlier.number)
    panel = await screen("panel", f"/display/{BRANCH}/desks/1")
    phone = await screen("phone", f"/t/{mine.token}")
    called = await screen("phone", f"/t/{earlier.token}")
    kiosk = await kiosk_of_the_branch(screen)
    await expect(console.locator("#person")).to_have_attribute("data-mode", "free")

    await console.get_by_role("button", name="Зупинити виклики…").click()
    await assert_accessible(console)
    await console.get_by_role("button", name="Зупинити всі виклики").click()

    await expect(console.locator("#person")).to_have_attribute("data-mode", "interrupted")
    await expect(console.locator("#stops")).to_contain_text("Повітряна тривога")
    await expect(console.locator("#primary")).to_have_attribute("aria-disabled", "true")
    await expect(console.locator("#queue .row-number")).to_have_text([first.number, mine.number])
    stage = board.locator(".scene-interrupted")
    await expect(stage).to_be_visible()
    await expect(stage).to_contain_text("Повітряна тривога")
    await expect(stage).to_contain_text("Air-raid alert")
    await expect(stage).to_contain_text(SHELTER["uk"])
    await expect(stage).to_contain_text("через 10 хв після відбою")
    await assert_within(stage, board.locator("#stage"))
    await assert_where_to_go_is_largest(board)
    await expect(panel.locator(".scene-interrupted")).to_be_visible()
    await expect(phone.locator("#stop")).to_contain_text("Повітряна тривога")
    await expect(phone.locator("#stop")).to_contain_text(SHELTER["uk"])
    await expect(phone.locator('[data-field="wait"]')).to_have_text("пауза")
    await expect(phone.locator('[data-field="ahead"]')).to_have_text("1\u00a0особа")
    await expect(phone.locator('[data-field="hedge"]')).to_contain_text("місце в черзі збережено")
    await expect(kiosk.locator("#stop-title")).to_have_text("Повітряна тривога", timeout=WITHIN_MS)
    await expect(kiosk.locator("#stop-advice")).to_contain_text(SHELTER["uk"])
    await expect(kiosk.get_by_role("button", name="Я маю запис")).to_be_visible()
    await expect(kiosk.locator("#booking-qr")).to_be_hidden()  # where to go stands alone
    await expect(called.locator("#stop")).to_contain_text(SHELTER["uk"])
    await expect(called.locator(".go-desk")).to_have_text("2")
    for page in (console, board, panel, phone, called, kiosk):
        await assert_accessible(page)

    await console.get_by_role("button", name="Відбій: відновити через 10 хв").click()
    await expect(console.locator("#stops")).to_contain_text("Відбій тривоги")
    await expect(stage).to_contain_text("Відбій тривоги")
    await expect(stage).to_contain_text("Відновимо виклики о 10:1")
    await assert_within(stage, board.locator("#stage"))
    await expect(phone.locator("#stop")).to_contain_text("Відновимо виклики о 10:1")
    await expect(phone.locator('[data-field="wait"]')).not_to_have_text("пауза")
    await expect(kiosk.locator('[data-screen="start"]')).to_be_visible(timeout=WITHIN_MS)
    await expect(kiosk.locator("#stop-note")).to_contain_text("Відновимо виклики о 10:1")
    await expect(kiosk.locator("#stop-note")).to_contain_text("Талон можна взяти вже зараз.")
    for page in (console, board, phone, kiosk):
        await assert_accessible(page)

    await console.get_by_role("button", name="Відновити зараз…").click()
    await expect(console.locator("#resume-note")).to_contain_text("ще до 10 хв повертаються")
    await assert_accessible(console)
    await console.keyboard.press("Escape")
    await expect(stage).to_contain_text("Відновимо виклики о 10:1")

    # The ten minutes are over in five seconds; nobody presses anything and nothing is announced.
    await db.fetch("UPDATE interruption SET resumes_at = $1", clock.now() + timedelta(seconds=5))
    await expect(console.locator("#person")).to_have_attribute(
        "data-mode", "free", timeout=WITHIN_MS
    )
    await expect(console.locator("#stops")).to_be_hidden()
    await expect(stage).to_be_hidden(timeout=WITHIN_MS)
    await expect(phone.locator("#stop")).to_be_hidden(timeout=WITHIN_MS)
    await expect(kiosk.locator("#stop-note")).to_be_hidden(timeout=WITHIN_MS)
    await ready(console)
    await console.locator("#primary").click()
    await expect(board.locator("#call-number")).to_have_text(first.number)


@pytest.mark.slow
async def test_a_registry_that_is_down_stops_its_services_and_no_others(
    served: tuple[Server, Clock], screen: Open
) -> None:
    clock = served[1]
    stopped = await take_ticket(clock.now())
    other = await take_ticket(clock.now(), service="debt-amount")
    called = await take_ticket(clock.now(), service="tariffs")
    await (await open_desk("5", clock.now())).call(called.id)
    console = await clerk_at_a_desk(screen, clock)
    board = await screen("board", f"/display/{BRANCH}")
    await expect(board.locator("#call-number")).to_have_text(called.number)
    kiosk = await kiosk_of_the_branch(screen)
    await expect(console.locator("#queue .row-number")).to_have_text([stopped.number, other.number])

    await console.get_by_role("button", name="Зупинити виклики…").click()
    await console.get_by_text("Реєстри недоступні").click()
    await console.get_by_text("Лише деякі послуги").click()
    await console.get_by_role("button", name="Зупинити ці послуги").click()
    await expect(console.locator("#stop-error")).to_be_visible()
    await console.locator("#stop-search").press_sequentially("рахунку дублікат")
    await expect(console.locator("#stop-some .choice >> visible=true")).to_have_count(1)
    await console.locator(f'#stop-some label:has(input[value="{SERVICE}"])').click()
    await assert_accessible(console)
    await console.get_by_role("button", name="Зупинити ці послуги").click()

    await expect(console.locator("#queue .row-number")).to_have_text([other.number, stopped.number])
    await expect(console.locator("#queue .row").nth(1)).to_contain_text("Послугу призупинено")
    await expect(console.locator(".next-number")).to_have_text(other.number)
    await expect(board.locator("#part")).to_contain_text("Реєстри недоступні")
    await assert_within(board.locator(".scene-call"), board.locator("#stage"))
    await expect(kiosk.locator("#stop-note")).to_contain_text("Реєстри недоступні")
    tile = kiosk.locator(f'[data-service="{SERVICE}"]').first
    await expect(tile).to_have_attribute("aria-disabled", "true", timeout=WITHIN_MS)
    for page in (console, board, kiosk):
        await assert_accessible(page)

    await console.get_by_role("button", name="Відновити виклики").click()
    await expect(console.locator("#stops")).to_be_hidden()
    await expect(console.locator("#queue .row-number")).to_have_text([stopped.number, other.number])
    await expect(board.locator("#part")).to_be_hidden()
    await expect(tile).to_have_attribute("aria-disabled", "false", timeout=WITHIN_MS)


@pytest.mark.slow
async def test_a_booked_visitor_checks_in_during_an_alert_and_keeps_the_place(
    served: tuple[Server, Clock], screen: Open
) -> None:
    clock = served[1]
    starts_at = MONDAY.replace(hour=11)
    held = await booking.hold(By(RESIDENT, clock.now()), BRANCH, [SERVICE], starts_at, "visit")
    booked = await booking.confirm(
        By(RESIDENT, clock.now()), held.token, "Ян", "0671234567", None, "uk"
    )
    console = await clerk_at_a_desk(screen, clock)
    await console.get_by_role("button", name="Зупинити виклики…").click()
    await console.get_by_role("button", name="Зупинити всі виклики").click()
    await expect(console.locator("#stops")).to_be_visible()
    kiosk = await kiosk_of_the_branch(screen)
    await kiosk.get_by_role("button", name="Я маю запис").click()
    await kiosk.keyboard.type(booked.code)
    await kiosk.keyboard.press("Enter")
    await expect(kiosk.locator("#ticket-paused")).to_be_visible()
    await expect(kiosk.locator("#ticket-unknown")).to_be_hidden()
    await assert_accessible(kiosk)
