"""The clerk's screen in a real browser: lost answers, a lost line, a lost desk, a lost session."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Route, expect

from queue_app.clock import Clock
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts, staffing
from queue_app.flow.act import By
from queue_app.store import db
from tests.browser.console.clerk import Arrive, sign_in
from tests.conftest import MONDAY, StartServers
from tests.support.browser import intercept
from tests.support.hall import take_ticket
from tests.support.people import BRANCH, PASSWORD
from tests.support.server import stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.mark.slow
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


@pytest.mark.slow
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
    await clerk.mode("free")
    await clerk.press("Space", "called")


@pytest.mark.slow
async def test_a_lost_line_is_said_within_twelve_seconds_and_heals(
    servers: StartServers, context: BrowserContext, clock: Clock
) -> None:
    (first,) = await servers(1, clock=MONDAY)
    await accounts.add_staff(By(OPERATOR, clock.now()), "clerk1", "clerk", BRANCH, PASSWORD)
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


@pytest.mark.slow
async def test_a_desk_closed_by_a_supervisor_leads_to_another_one(
    arrive: Arrive, clock: Clock
) -> None:
    clerk = await arrive()
    boss = await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD
    )
    await staffing.close_desk(By(boss, clock.now()), clerk.desk)
    await clerk.mode("away")
    await expect(clerk.number).to_have_text("Ви вже не працюєте за цим вікном")
    await clerk.primary.click()
    await expect(clerk.page).to_have_url(re.compile(r"/console$"))


@pytest.mark.slow
async def test_a_session_that_ended_leads_to_the_sign_in(arrive: Arrive, clock: Clock) -> None:
    await take_ticket(clock.now())
    clerk = await arrive()
    await clerk.mode("free")
    await db.fetch("DELETE FROM session")
    await clerk.page.keyboard.press("Space")
    await expect(clerk.page).to_have_url(re.compile(r"/console/sign-in$"))


@pytest.mark.slow
async def test_a_screen_whose_session_is_over_leads_to_the_sign_in_by_itself(
    servers: StartServers, context: BrowserContext, clock: Clock
) -> None:
    """As in the morning, when the server was started anew overnight."""
    (first,) = await servers(1, clock=MONDAY)
    await accounts.add_staff(By(OPERATOR, clock.now()), "clerk1", "clerk", BRANCH, PASSWORD)
    page = await context.new_page()
    await sign_in(page, first, "clerk1")
    await page.locator(".desk").first.get_by_role("button").click()
    await expect(page.locator("#primary")).to_be_focused()  # by the script, which is there now
    await db.fetch("DELETE FROM session")
    stop_servers([first])
    await servers(1, clock=MONDAY, port=urlsplit(first.url).port)
    await expect(page).to_have_url(re.compile(r"/console/sign-in$"), timeout=45_000)
