"""The switch of notifications in a real browser, whose push service is one on this machine."""

import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from queue_app.store import db
from tests.conftest import MONDAY, StartServers
from tests.support.browser import assert_accessible
from tests.support.hall import open_desk, take_ticket
from tests.support.server import Server
from tests.support.sms_server import sms_server
from tests.support.subscriber import Subscriber
from tests.support.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.server]

STUB = """(told) => {
  let asked = 0;
  Object.defineProperty(Notification, "permission", {
    get: () => (asked || localStorage.length ? "granted" : "default") });
  Notification.requestPermission = async () => { asked += 1; return "granted"; };
  let kept = null;
  const made = { endpoint: told.endpoint, toJSON: () => ({
    endpoint: told.endpoint, keys: { p256dh: told.p256dh, auth: told.auth } }) };
  PushManager.prototype.subscribe = async function (options) {
    if (options.applicationServerKey.length !== 65) throw new Error("no key");
    return (kept = made);
  };
  PushManager.prototype.getSubscription = async () => kept ?? made;
}"""
"""Browsers ask their maker's service for an address, which no test does, and a browser
without a screen has no notifications."""


@pytest.fixture
async def trial(servers: StartServers) -> Server:
    return (await servers(1, clock=MONDAY, environment={"QUEUE_APP_TRIAL": "on"}))[0]


@pytest.fixture
async def phone(browser: Browser, trial: Server) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        locale="uk-UA", timezone_id="Europe/Kyiv", viewport={"width": 390, "height": 844}
    )
    yield context
    await context.close()


async def subscriptions() -> int:
    count: int = await db.fetch_value("SELECT count(*) FROM push_subscription")
    return count


@pytest.mark.slow
async def test_a_phone_is_notified_once_its_owner_wishes_so_and_no_longer(
    phone: BrowserContext, trial: Server
) -> None:
    desk, issued, reader = await open_desk("1", MONDAY), await take_ticket(MONDAY), Subscriber()
    with sms_server((201, b"")) as service:
        told = json.dumps(reader.told(f"{service.url}/p/1"))
        await phone.add_init_script(f"({STUB})({told})")
        page = await phone.new_page()
        await page.goto(f"{trial.url}/t/{issued.token}")
        await expect(page.locator("#push-on")).to_be_visible()
        await assert_accessible(page)
        assert await subscriptions() == 0
        await page.click("#push-on")
        await expect(page.locator("#push-off")).to_be_visible()
        await expect(page.locator("#push-state")).to_contain_text("ввімкнено")
        await assert_accessible(page)
        assert await subscriptions() == 1
        await page.reload()
        await expect(page.locator("#push-off")).to_be_visible()
        await until(lambda: service.asked)  # they are next
        said = reader.opened(service.asked[0].body).decode()
        assert await shown(page, trial, said) == [
            "Талон А1: ви наступні",
            "Будьте поруч із залом.",
            f"/t/{issued.token}",
        ]
        await page.click("#push-off")
        await expect(page.locator("#push-on")).to_be_visible()
        assert await subscriptions() == 0
        await desk.call()
        await expect(page.locator("#push")).to_be_hidden()
        assert len(service.asked) == 1


async def shown(page: Page, server: Server, said: str) -> list[str]:
    """What the worker shows for what the push service hands to the browser: title, text, page."""
    (worker,) = page.context.service_workers
    await worker.evaluate(
        "() => { registration.showNotification = async (title, options) => {"
        " self.shown = [title, options.body, options.data.url]; }; }"
    )
    session = await page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    await session.send("ServiceWorker.enable")
    await until(lambda: found)
    await session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": f"{server.url}/", "registrationId": found[0], "data": said},
    )
    answer: list[str] = await worker.evaluate(
        """async () => {
          for (let turn = 0; turn < 100 && !self.shown; turn += 1) {
            await new Promise((resume) => setTimeout(resume, 50));
          }
          return self.shown ?? [];
        }"""
    )
    return answer


@pytest.mark.slow
async def test_a_browser_that_refuses_is_told_kindly_that_all_works_without(
    phone: BrowserContext, trial: Server
) -> None:
    issued = await take_ticket(MONDAY)
    await phone.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' });"
        "Notification.requestPermission = async () => {"
        " document.title = 'asked'; return 'denied'; };"
    )
    page = await phone.new_page()
    await page.goto(f"{trial.url}/t/{issued.token}")
    await expect(page.locator("#push-state")).to_contain_text("працює і без них")
    await expect(page.locator("#push-on")).to_be_hidden()
    assert await page.title() != "asked"
    await assert_accessible(page)
