"""A supervisor's whole day by keyboard alone: every act of the office, in both languages, at every
size; and what it leaves behind."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, expect

from queue_app.clock import Clock, ShiftedClock
from queue_app.domain.people import OPERATOR, Role, Staff
from queue_app.flow import accounts, desk_asks
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.store import db
from tests.browser.keyboard import WAYS, sign_in, tab_to
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]

CUT = """[...document.querySelectorAll(".table-wide, .figure, .notice, .desk, .button")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent.trim())"""
"""What does not fit into its place."""
PLACE = f"/office/branches/{BRANCH}"


@pytest.fixture(scope="module")
def served(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Clock]]:
    clock = ShiftedClock(MONDAY, 1.0, datetime.now(UTC))
    started = start_servers(1, dsn, tmp_path_factory.mktemp("office-day"), clock=MONDAY)
    yield started[0], clock
    stop_servers(started)


@pytest.fixture
def clock(served: tuple[Server, Clock], database: str) -> Clock:
    return served[1]


@pytest.fixture
async def page(served: tuple[Server, Clock], browser: Browser) -> AsyncIterator[Page]:
    """Any script error fails the test."""
    errors: list[str] = []
    context = await browser.new_context(locale="uk-UA", timezone_id="Europe/Kyiv")
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []


async def add(clock: Clock, login: str, role: Role, branch: str | None = BRANCH) -> Staff:
    return await accounts.add_staff(By(OPERATOR, clock.now()), login, role, branch, PASSWORD)


class Office:
    """One who presses keys on the branch's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def do(self, action: str, done: str, fields: dict[str, str], button: str = "") -> None:
        """Unfold what holds the form with this action, fill it in, send it, and be told."""
        form = f"form[action$='{action}']"
        folded = await self.page.evaluate(
            "s => !!document.querySelector(s).closest('details')", form
        )
        if folded:
            await tab_to(self.page, f"details:has({form}) > summary")
            await self.page.keyboard.press("Enter")
        for name, typed in fields.items():
            await tab_to(self.page, f"{form} [name='{name}']")
            await self.page.keyboard.type(typed) if len(typed) != 1 else (
                await self.page.keyboard.press("Space" if typed == " " else "ArrowDown")
            )
        await tab_to(self.page, f"{form} button{button}")
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url(f"**?done={done}")
        await expect(self.page.get_by_role("status")).to_be_visible()
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def hall(clock: Clock) -> tuple[Desk, Desk]:
    """Two desks at work, which ask for something, three people, and a clerk without a desk."""
    one, two = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    await desk_asks.ask_help(By(one.clerk, clock.now()), one.id)
    await desk_asks.ask_break(By(two.clerk, clock.now()), two.id, "Чай")
    await add(clock, "zoya", "clerk")
    for _ in range(3):
        await take_ticket(clock.now())
    return one, two


@pytest.mark.parametrize(("size", "language"), WAYS)
async def test_a_whole_day_by_keyboard(
    size: tuple[int, int], language: str, page: Page, served: tuple[Server, Clock], clock: Clock
) -> None:
    boss = await add(clock, "boss", "supervisor")
    one, two = await hall(clock)
    desks = {it.number: it.id for it in (await reference.directory()).branch(BRANCH).desks}
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await sign_in(page, served[0].url, boss.login, language)
    await tab_to(page, "a[href^='/office']")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{PLACE}")
    office = Office(page)
    await expect(page.locator("#staffing tbody tr")).to_have_count(3, timeout=30_000)
    assert await page.evaluate(CUT) == []
    await assert_accessible(page)
    await office.do(f"/desks/{one.id}/help-end", "helped", {})
    await office.do(f"/desks/{two.id}/break", "granted", {}, "[value=grant]")
    await expect(page.locator(f"[data-live=desk-{two.id}]")).to_contain_text("Чай")
    await office.do(f"/desks/{two.id}/open", "opened", {"reason": "Черга росте"})
    await office.do(f"/desks/{two.id}/pause", "paused", {"reason": "Обід"})
    await office.do(f"/desks/{two.id}/close", "closed", {"reason": "Хвора"})
    await office.do(f"/desks/{desks['3']}/open", "opened", {"clerk": "zoya", "reason": "Заміна"})
    skills = f"/desks/{desks['3']}/skills"
    await office.do(skills, "skills", {"skill": " ", "reason": "Для черги"})
    await office.do(skills, "skills", {"reason": "Як було"}, "[name=plan]")
    await office.do("/people/calls", "called", {"reason": "З немовлям"})
    await office.do("/people/moves", "moved", {"desk": "3", "reason": "До юриста"})
    await office.do("/tickets", "tickets", {"reason": "Немає бланків"})
    await office.do("/line", "line", {"line-uk": "Вода у фоє", "line-en": "Water in the hall"})
    await office.do("/stops", "stopped", {"reason": "Дощ"})
    await assert_accessible(page)
    await office.do("/stops/1/end", "resumed", {}, "[name=now]")
    await office.do("/day-end", "ended", {"reason": "Прорвало трубу"})
    await assert_accessible(page)
    await everything_is_kept(boss)


async def everything_is_kept(boss: Staff) -> None:
    """Who, and why: of every act."""
    rows = await db.fetch(
        "SELECT verb, after->>'reason' AS reason FROM office_event"
        " WHERE kind = 'hall' AND actor = $1 ORDER BY id",
        boss.actor,
    )
    assert [(one["verb"], one["reason"]) for one in rows if one["reason"]] == [
        ("open", "Черга росте"),
        ("open", "Заміна"),
        ("skills", "Для черги"),
        ("skills", "Як було"),
        ("summon", "З немовлям"),
        ("redirect", "До юриста"),
        ("limit", "Немає бланків"),
        ("end", "Прорвало трубу"),
    ]
    desk_rows = await db.fetch(
        "SELECT verb, reason FROM desk_event WHERE actor = $1 AND verb <> 'open'", boss.actor
    )
    assert {("pause", "Обід"), ("close", "Хвора")} <= {tuple(one) for one in desk_rows}
    [stop] = await db.fetch("SELECT staff_id, note FROM interruption")
    assert tuple(stop) == (boss.id, "Дощ")


@pytest.mark.parametrize(("size", "language"), WAYS)
async def test_all_branches_are_stopped_and_go_on_by_keyboard(
    size: tuple[int, int], language: str, page: Page, served: tuple[Server, Clock], clock: Clock
) -> None:
    chief = await add(clock, "chief", "administrator", None)
    one, _ = await hall(clock)
    await one.call()
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await sign_in(page, served[0].url, chief.login, language)
    await page.goto(f"{served[0].url}/office?lang={language}")
    office = Office(page)
    await expect(page.locator(f"[data-live={BRANCH}]")).to_contain_text(
        {"uk": "Просять допомоги: вікно 1", "en": "Help is asked for: desk 1"}[language]
    )
    await assert_accessible(page)
    await office.do("/office/stops", "stopped", {"reason": "Тривога"})
    await assert_accessible(page)
    await office.do("/office/stops/ends", "resumed", {})
    assert await db.fetch_value("SELECT count(*) FROM interruption WHERE ended_at IS NULL") == 0
    assert await db.fetch_value("SELECT count(*) FROM interruption") > 5
