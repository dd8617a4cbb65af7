"""The screens in a real browser: a call is seen, heard in turn, never twice; silence is said."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.browser.chiming import Open, counting_chimes
from tests.conftest import MONDAY, StartServers
from tests.support.browser import assert_accessible
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("database")]

BOARD = f"/display/{BRANCH}"
STALE_WITHIN_MS = 12_000
HEALS_WITHIN_MS = 30_000
HALL_SCREEN = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}

SEVEN_TO_ONE = {"color-contrast-enhanced": {"enabled": True}}


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One process for the whole module: it goes on while each test begins with an empty hall."""
    started = start_servers(1, dsn, tmp_path_factory.mktemp("server"), clock=MONDAY)
    yield started[0]
    stop_servers(started)


@pytest.fixture
async def screen(browser: Browser) -> AsyncIterator[Open]:
    """Opens an address in a browser of its own that counts chimes; a script's error fails."""
    async with counting_chimes(browser, HALL_SCREEN) as show:
        yield show


async def chimes(page: Page) -> int:
    return int(await page.evaluate("window.chimes"))


async def places(page: Page) -> dict[str, int]:
    """Which cell each number stands in."""
    numbers = await page.locator(".cell-number").all_inner_texts()
    return {number: place for place, number in enumerate(numbers) if number}


async def test_a_call_is_seen_on_board_panel_and_phone_at_once(
    server: Server, screen: Open
) -> None:
    mine = await take_ticket(MONDAY)
    desk = await open_desk("5", MONDAY)
    board = await screen(server.url + BOARD)
    panel = await screen(f"{server.url}{BOARD}/desks/5", {"width": 1280, "height": 720})
    phone = await screen(f"{server.url}/t/{mine.token}", PHONE)
    untouched = await screen(f"{server.url}/t/{mine.token}", PHONE)
    await expect(board.get_by_text("Зачекайте на\u00a0свій номер")).to_be_visible()
    await expect(panel.get_by_text("Вільно")).to_be_visible()
    await phone.get_by_role("button", name="Сповістити звуком про виклик").click()
    rung = await chimes(phone)

    await desk.call(mine.id)
    await expect(board.locator("#call-number")).to_have_text("А1")
    await expect(board.locator("#call-desk")).to_have_text("5")
    await expect(board.locator("#said-uk")).to_have_text("Талон А1, вікно 5")
    await expect(board.locator("#said-en")).to_have_text("Ticket А1, desk 5")
    assert await chimes(board) == 1
    await expect(panel.locator("#number")).to_have_text("А1")
    await expect(panel.get_by_text("Підходьте, будь ласка")).to_be_visible()
    await expect(phone.locator(".go")).to_have_text("Підійдіть до вікна 5")
    await expect(phone).to_have_title("Підійдіть до вікна 5! – Центр комунального сервісу")
    await expect(phone.locator("#alarm")).to_have_text("Талон А1: підійдіть до вікна 5!")
    assert await chimes(phone) == rung + 1
    assert await phone.evaluate("window.shaken.length") > 1
    await expect(untouched.locator("#alarm")).to_have_text("Талон А1: підійдіть до вікна 5!")
    assert await untouched.evaluate("window.shaken ?? null") is None, "browsers forbid it, aloud"

    await desk.recall(mine.id)
    await expect(phone.get_by_text("Повторний виклик", exact=True)).to_be_visible()
    await expect(panel.get_by_text("Повторний виклик")).to_be_visible()
    assert await chimes(phone) == rung + 2

    await desk.start(mine.id)
    await expect(phone.get_by_text("Вас обслуговують у вікні 5")).to_be_visible()
    await expect(panel.get_by_text("Обслуговується")).to_be_visible()
    await desk.finish(mine.id)
    await expect(phone.get_by_text("Дякуємо")).to_be_visible()
    await expect(board.get_by_text("Зараз черги немає")).to_be_visible()
    await expect(board.locator('.cell[data-state="finished"] .cell-number')).to_have_text("А1")


@pytest.mark.slow
async def test_calls_of_one_moment_are_all_in_the_cells_and_called_out_in_turn(
    server: Server, screen: Open
) -> None:
    desks = [await open_desk(number, MONDAY) for number in ("1", "3", "5")]
    tickets = [await take_ticket(MONDAY, service="bill-duplicate") for _ in range(2)]
    tickets.append(await take_ticket(MONDAY, service="area-change"))
    board = await screen(server.url + BOARD)
    await desks[0].call(tickets[0].id)
    await desks[2].call(tickets[1].id)
    await desks[1].call(tickets[2].id)
    await expect(board.locator('.cell[data-state="called"]')).to_have_count(3)
    await expect(board.locator("#call-number")).to_have_text("А1")
    assert await chimes(board) == 1
    seen = ["А1"]
    for _ in range(2):
        await expect(board.locator("#call-number")).not_to_have_text(seen[-1], timeout=8000)
        seen.append(await board.locator("#call-number").inner_text())
    assert seen == ["А1", "А2", "А3"]
    assert await chimes(board) == 3


@pytest.mark.slow
async def test_a_newcomer_moves_nobody(server: Server, screen: Open) -> None:
    desks = [await open_desk(number, MONDAY) for number in ("1", "2", "5")]
    board = await screen(server.url + BOARD)
    before: dict[str, int] = {}
    for turn in range(9):
        desk = desks[turn % 2 * 2]
        ticket = await take_ticket(MONDAY)
        await desk.call(ticket.id)
        await expect(board.locator(".cell-number", has_text=ticket.number)).to_be_visible()
        now = await places(board)
        assert {number: before[number] for number in before if number in now}.items() <= now.items()
        before = now
        await desk.start(ticket.id)
        await desk.finish(ticket.id)
    assert len(before) == 9


@pytest.mark.slow
async def test_a_reload_repeats_nothing_and_a_recall_is_called_out(
    server: Server, screen: Open
) -> None:
    mine = await take_ticket(MONDAY)
    desk = await open_desk("5", MONDAY)
    board = await screen(server.url + BOARD)
    await desk.call(mine.id)
    await expect(board.locator("#said-uk")).to_have_text("Талон А1, вікно 5")
    async with board.expect_websocket() as awaited:
        await board.reload()
    await (await awaited.value).wait_for_event("framereceived")
    await expect(board.locator("#call-number")).to_have_text("А1")
    await expect(board.locator("#said-uk")).to_have_text("")
    await desk.recall(mine.id)
    await expect(board.get_by_text("Повторний виклик")).to_be_visible()
    await expect(board.locator("#said-uk")).to_have_text("Талон А1, вікно 5")
    assert await chimes(board) == 1


@pytest.mark.slow
async def test_a_call_taken_back_disappears(server: Server, screen: Open) -> None:
    mine = await take_ticket(MONDAY)
    desk = await open_desk("5", MONDAY)
    board = await screen(server.url + BOARD)
    phone = await screen(f"{server.url}/t/{mine.token}", PHONE)
    await desk.call(mine.id)
    await expect(phone.locator(".go")).to_be_visible()
    await desk.undo(mine.id)
    await expect(board.get_by_text("Зачекайте на\u00a0свій номер")).to_be_visible()
    await expect(phone.get_by_text("Ви наступні")).to_be_visible()
    await desk.call(mine.id)
    await expect(phone.locator(".go")).to_be_visible()
    await expect(board.locator("#call-number")).to_have_text("А1")
    async with asyncio.timeout(15):  # the first is heard to its end
        while await chimes(board) < 2:
            await board.wait_for_timeout(100)


@pytest.mark.slow
async def test_silence_is_said_within_twelve_seconds_and_heals_with_nothing_lost(
    servers: StartServers, screen: Open
) -> None:
    first, mine = await take_ticket(MONDAY), await take_ticket(MONDAY)
    one, two = await open_desk("1", MONDAY), await open_desk("5", MONDAY)
    started = (await servers(1, clock=MONDAY))[0]
    board = await screen(started.url + BOARD)
    panel = await screen(f"{started.url}{BOARD}/desks/5")
    phone = await screen(f"{started.url}/t/{mine.token}", PHONE)
    await one.call(first.id)
    await expect(board.locator("#said-uk")).to_have_text("Талон А1, вікно 1")

    started.kill()
    await expect(board.get_by_text("Табло втратило зв’язок")).to_be_visible(timeout=STALE_WITHIN_MS)
    await expect(panel.get_by_text("Немає зв’язку")).to_be_visible(timeout=STALE_WITHIN_MS)
    await expect(phone.get_by_text("Немає зв’язку. Останні дані – о 10:00")).to_be_visible(
        timeout=STALE_WITHIN_MS
    )
    for page in (board, panel):
        await assert_accessible(page, rules=SEVEN_TO_ONE)
    await assert_accessible(phone)

    await two.call(mine.id)
    await servers(1, clock=MONDAY, port=urlsplit(started.url).port)
    await expect(board.locator("#said-uk")).to_have_text(
        "Талон А2, вікно 5", timeout=HEALS_WITHIN_MS
    )
    await expect(board.get_by_text("Табло втратило зв’язок")).to_be_hidden()
    await expect(panel.locator("#number")).to_have_text("А2", timeout=HEALS_WITHIN_MS)
    await expect(phone.locator(".go")).to_have_text("Підійдіть до вікна 5", timeout=HEALS_WITHIN_MS)
    await expect(phone.locator("#stale")).to_be_hidden()
    assert await chimes(board) == 2


async def test_leaving_asks_first_and_says_that_it_is_done(server: Server, screen: Open) -> None:
    mine = await take_ticket(MONDAY, "en")
    phone = await screen(f"{server.url}/t/{mine.token}", PHONE)
    await phone.get_by_text("Leave the queue", exact=True).click()
    await phone.get_by_role("button", name="Stay in the queue").click()
    await expect(phone.get_by_role("button", name="Yes, leave the queue")).to_be_hidden()
    await phone.get_by_text("Leave the queue", exact=True).click()
    await phone.get_by_role("button", name="Yes, leave the queue").click()
    await expect(phone.get_by_text("This ticket is no longer in the queue")).to_be_visible()
    await expect(phone.get_by_text("Leave the queue", exact=True)).to_be_hidden()


async def test_a_phone_without_scripts_shows_the_state_and_can_leave(
    server: Server, browser: Browser
) -> None:
    mine = await take_ticket(MONDAY)
    context = await browser.new_context(java_script_enabled=False, locale="uk-UA")
    phone = await context.new_page()
    await phone.goto(f"{server.url}/t/{mine.token}")
    await phone.get_by_text("Вийти з черги", exact=True).click()
    await phone.get_by_role("button", name="Так, вийти з черги").click()
    await expect(phone.get_by_text("Цей талон більше не в черзі")).to_be_visible()
    await context.close()


async def test_an_english_phone_counts_people_and_minutes(server: Server, screen: Open) -> None:
    ahead = [await take_ticket(MONDAY) for _ in range(2)]
    mine = await take_ticket(MONDAY, "en")
    phone = await screen(f"{server.url}/t/{mine.token}", PHONE)
    await expect(phone.get_by_text("not known yet")).to_be_visible()
    await expect(phone.locator('[data-field="ahead"]')).to_have_text("2 people")
    desk = await open_desk("5", MONDAY)
    await expect(phone.locator('[data-field="wait"]')).to_contain_text("min")
    await desk.call(ahead[0].id)
    await expect(phone.locator('[data-field="ahead"]')).to_have_text("1 person")
    await expect(phone.locator("#news")).to_have_text("Ahead of you: 1 person")


@pytest.mark.slow
async def test_a_board_does_not_grow_and_fits_its_screen(server: Server, screen: Open) -> None:
    desk = await open_desk("5", MONDAY)
    board = await screen(server.url + BOARD)
    await expect(board.get_by_text("Зараз черги немає")).to_be_visible()
    nodes = await board.evaluate("document.querySelectorAll('*').length")
    for _ in range(12):
        ticket = await take_ticket(MONDAY)
        await desk.call(ticket.id)
        await desk.start(ticket.id)
        await desk.finish(ticket.id)
    await expect(board.locator(".cell-number", has_text="А12")).to_be_visible()
    assert await board.evaluate("document.querySelectorAll('*').length") == nodes
    assert await board.evaluate("document.body.scrollHeight <= innerHeight")
    assert await board.evaluate("document.body.scrollWidth <= innerWidth")


WITHOUT_ROOM = """() => {
    const hall = document.getElementById("hall");
    const stage = document.getElementById("stage");
    const cut = [];
    for (const cells of ["none", "some"]) {
        for (const scene of stage.querySelectorAll(".scene")) {
            const name = scene.className.match(/scene-(\\w+)/)[1];
            hall.dataset.cells = cells;
            hall.dataset.scene = name;
            const [words, room] = [scene, stage].map((one) => one.getBoundingClientRect());
            if (words.top < room.top || words.bottom > room.bottom) cut.push(`${name}, ${cells}`);
        }
    }
    return cut;
}"""


async def test_no_words_of_the_board_are_cut_off_whatever_it_says(
    server: Server, screen: Open
) -> None:
    await take_ticket(MONDAY)
    board = await screen(server.url + BOARD)
    assert await board.evaluate(WITHOUT_ROOM) == []


@pytest.mark.slow
async def test_the_board_says_when_the_next_numbers_may_be_called(
    server: Server, screen: Open
) -> None:
    desk = await open_desk("5", MONDAY)
    tickets = [await take_ticket(MONDAY) for _ in range(9)]
    board = await screen(server.url + BOARD)
    following = board.locator(".next-one")
    await expect(following).to_have_count(9)
    await desk.call(tickets[0].id)
    await expect(following).to_have_count(8)
    await expect(following.first).to_have_text(re.compile(r"^А2 \d+–\d+"))
    await expect(board.locator(".next-label .second")).to_have_text(["Next", "wait, min"])
    await assert_accessible(board, rules=SEVEN_TO_ONE)
    assert await board.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await board.evaluate("document.getElementById('sound').hidden = false")
    assert await board.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
async def test_a_refused_page_stops_asking_and_says_so(server: Server, browser: Browser) -> None:
    mine = await take_ticket(MONDAY)
    context = await browser.new_context(viewport={"width": 320, "height": 640}, locale="uk-UA")
    asked: list[str] = []

    async def refuse(socket: WebSocketRoute) -> None:
        asked.append(socket.url)
        await socket.close(code=4404)

    await context.route_web_socket("**/ws/**", refuse)
    phone = await context.new_page()
    await phone.goto(f"{server.url}/t/{mine.token}")
    await expect(phone.get_by_role("alert").filter(has_text="не оновлюється")).to_be_visible()
    await assert_accessible(phone)
    await phone.wait_for_timeout(500)
    assert len(asked) == 1
    await context.close()


@pytest.mark.slow
async def test_a_board_that_may_not_sound_offers_to(server: Server, screen: Open) -> None:
    board = await screen(server.url + BOARD)
    await expect(board.locator("#sound")).to_be_hidden()
    await board.wait_for_timeout(600)  # the page itself decides about the button half a second in
    await board.evaluate("document.getElementById('sound').hidden = false")
    await board.get_by_role("button", name="Увімкнути звук").click()
    await board.wait_for_function("window.chimes === 1")
    assert await board.evaluate("localStorage.getItem('board-sound')") == "on"


@pytest.mark.slow
async def test_the_branch_is_named_whole_beside_the_sound_button(
    server: Server, screen: Open
) -> None:
    for branch in (BRANCH, "sviatoshynskyi", "shevchenkivskyi"):
        board = await screen(f"{server.url}/display/{branch}")
        for hidden in ("true", "false"):
            await board.evaluate(f"document.getElementById('sound').hidden = {hidden}")
            name, header = board.locator(".top h1"), board.locator(".top")
            assert await name.evaluate("(one) => one.scrollWidth <= one.clientWidth"), branch
            box, around = await name.bounding_box(), await header.bounding_box()
            assert box and around
            assert around["y"] <= box["y"]
            assert box["y"] + box["height"] <= around["y"] + around["height"]


@pytest.mark.parametrize(
    "title", ["Повітряна тривога", "Знеструмлення", "Реєстри недоступні", "Відбій тривоги"]
)
async def test_a_panel_says_an_interruption_in_whole_words(
    server: Server, screen: Open, title: str
) -> None:
    panel = await screen(f"{server.url}{BOARD}/desks/5", {"width": 1280, "height": 720})
    await panel.evaluate(
        """(title) => {
            document.getElementById("sign").dataset.state = "interrupted";
            document.querySelector(".scene-interrupted .headline .first").textContent = title;
        }""",
        title,
    )
    headline = panel.locator(".scene-interrupted .headline")
    assert await headline.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    words = await headline.locator(".first").evaluate("(one) => one.getClientRects().length")
    assert words <= len(title.split())


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_is_accessible(server: Server, screen: Open, scheme: str) -> None:
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    mine, theirs = await take_ticket(MONDAY), await take_ticket(MONDAY, "en")
    pages = [
        await screen(server.url + BOARD, **options),
        await screen(f"{server.url}{BOARD}/desks/5", **options),
        await screen(f"{server.url}/t/{mine.token}", {"width": 320, "height": 640}, **options),
        await screen(f"{server.url}/t/{theirs.token}", PHONE, **options),
    ]

    async def check() -> None:
        for page, rules in zip(pages, [SEVEN_TO_ONE, SEVEN_TO_ONE, {}, {}], strict=True):
            await assert_accessible(page, rules=rules)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await check()
    one, five = await open_desk("1", MONDAY), await open_desk("5", MONDAY)
    await five.call(mine.id)
    await one.call(theirs.id)
    await expect(pages[2].locator(".go")).to_be_visible()
    await expect(pages[3].locator(".go")).to_be_visible()
    await check()
    await five.no_show(mine.id)
    await one.start(theirs.id)
    await one.park(theirs.id)
    await expect(pages[2].get_by_text("Ви пропустили виклик", exact=True)).to_be_visible()
    await expect(pages[3].get_by_text("Your ticket is set aside", exact=True)).to_be_visible()
    await check()
