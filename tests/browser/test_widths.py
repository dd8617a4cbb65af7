"""What people and operators typed, however long and without a blank, widens no page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import Struct
from playwright.async_api import Browser, BrowserContext, Page

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR, RESIDENT, Staff
from queue_app.flow import accounts, arrival, booking, calling, configuring, staffing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.store import db
from queue_app.web.guards import DEVICE_COOKIE, SESSION_COOKIE
from tests.conftest import MONDAY
from tests.flow.stage import pool_on
from tests.support import wide_centre
from tests.support.people import BRANCH, KIOSK, PASSWORD, install
from tests.support.server import start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SERVICE = "debt-amount"
WIDE = """() => {
  const room = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll("body *")].filter((one) => {
    const { right, width } = one.getBoundingClientRect();
    return width > 0 && right > room + 1 && !one.closest(".visually-hidden, .skip-link");
  });
  const said = wide.map((one) => `${one.tagName}.${one.className} ${one.textContent.slice(0, 30)}`);
  return document.documentElement.scrollWidth > room ? said.slice(-4).concat(["wide"]) : [];
}"""
CUT = """() => [...document.querySelectorAll("body *")].filter((one) =>
  one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1
  && ["hidden", "clip"].includes(getComputedStyle(one).overflowX)
  && getComputedStyle(one).webkitLineClamp === "none"
).map((one) => `${one.tagName}.${one.className}: ${one.scrollWidth} in ${one.clientWidth}`)"""


class Hall(Struct, frozen=True):
    context: BrowserContext
    url: str
    paths: list[str]
    screens: list[str]


@pytest.fixture
async def hall(spare_database: str, browser: Browser, tmp_path: Path) -> AsyncIterator[Hall]:
    """A centre of endless words, a ticket beyond А999 called to a desk with a long name, and one
    that waits; a visit of somebody with a name without end."""
    centre = wide_centre.written_to(tmp_path / "centre")
    async with pool_on(spare_database):
        paths, screens, cookies = await _lived(centre)
    data = tmp_path / "data"
    data.mkdir()
    servers = start_servers(
        1, spare_database, data, clock=MONDAY, environment={"QUEUE_APP_CONFIG": str(centre)}
    )
    context = await browser.new_context(viewport={"width": 320, "height": 640}, locale="uk-UA")
    url = servers[0].url
    await context.add_cookies(
        [{"name": name, "value": token, "url": url} for name, token in cookies.items()]
    )
    yield Hall(context, url, paths, screens)
    await context.close()
    stop_servers(servers)


async def _lived(centre: Path) -> tuple[list[str], list[str], dict[str, str]]:
    clock = FixedClock(MONDAY)
    await configuring.apply(By(OPERATOR, MONDAY), load_centre(centre))
    branch = (await reference.directory()).branch(BRANCH)
    desk = next(one for one in branch.desks if one.number == wide_centre.DESK)
    await accounts.add_staff(
        By(OPERATOR, MONDAY), wide_centre.LOGIN, "supervisor", BRANCH, PASSWORD
    )
    signed = await staffing.sign_in(By(RESIDENT, MONDAY), wide_centre.LOGIN, PASSWORD)
    by = By(Staff(signed.staff.id, wide_centre.LOGIN, "supervisor", branch.id), MONDAY)
    await staffing.open_desk(by, desk.id)
    kiosk = await install(MONDAY)
    given = sorted(desk.services)[0]
    by_kiosk = By(KIOSK, clock.now())
    await arrival.issue(by_kiosk, BRANCH, [given], None, "uk")
    await db.fetch("UPDATE counter SET last = 12344")
    waits = await arrival.issue(by_kiosk, BRANCH, [given], None, "uk")
    resident = By(RESIDENT, MONDAY)
    booked = []
    for minutes in (30, 50):
        starts = MONDAY.replace(minute=minutes)
        held = await booking.hold(resident, BRANCH, [SERVICE], starts, "visit")
        booked.append(held.token)
        await booking.confirm(
            resident, held.token, wide_centre.NAME, "067 123 45 67", wide_centre.MAIL, "uk"
        )
    code = await db.fetch_value("SELECT code FROM appointment ORDER BY id LIMIT 1")
    came = await arrival.check_in(by_kiosk, BRANCH, code)
    called = await calling.call(by, desk.id, came.id)
    assert called
    await calling.start(by, came.id)
    chosen = f"service={SERVICE}&channel=visit&branch={BRANCH}"
    visit = f"/visit/{booked[1]}"
    paths = [
        "/", f"/way?service={SERVICE}", f"/branch?service={SERVICE}&channel=visit",
        f"/day?{chosen}", f"/time?{chosen}&day=2026-11-24", "/about", "/my",
        visit, f"{visit}/day", f"{visit}/contact", f"{visit}/data", f"{visit}/cancellation",
        f"/t/{waits.token}", f"/t/{came.token}", f"/display/{BRANCH}",
        f"/display/{BRANCH}/desks/{desk.number}",
        f"/console?branch={BRANCH}", f"/console/desks/{desk.id}",
    ]  # fmt: skip
    screens = [f"/display/{BRANCH}", f"/display/{BRANCH}/desks/{desk.number}"]
    return paths, screens, {DEVICE_COOKIE: kiosk.token, SESSION_COOKIE: signed.token}


async def looked_at(hall: Hall, page: Page, paths: list[str]) -> dict[str, list[str]]:
    wrong = {}
    for path in paths:
        answer = await page.goto(hall.url + path)
        assert answer
        assert answer.status == 200, path
        await page.evaluate(
            "() => document.querySelectorAll('details').forEach((d) => d.open = true)"
        )
        await page.wait_for_function("document.readyState === 'complete'")
        if found := await page.evaluate(WIDE):
            wrong[path] = found
    return wrong


async def test_no_page_is_wider_than_a_phone_of_320_pixels(hall: Hall) -> None:
    page = await hall.context.new_page()
    assert await looked_at(hall, page, hall.paths) == {}


async def test_on_paper_nothing_is_cut(hall: Hall) -> None:
    page = await hall.context.new_page()
    await page.emulate_media(media="print")
    wanted = [path for path in hall.paths if path.startswith(("/visit/", "/t/", "/about"))]
    assert await looked_at(hall, page, wanted) == {}


async def test_the_screens_of_a_hall_show_a_long_desk_and_number_whole(hall: Hall) -> None:
    page = await hall.context.new_page()
    for width, height in ((1920, 1080), (1280, 720), (1080, 1920)):
        await page.set_viewport_size({"width": width, "height": height})
        for path in hall.screens:
            assert await looked_at(hall, page, [path]) == {}
            assert await page.evaluate(CUT) == [], path


async def test_no_screen_of_a_kiosk_is_widened(hall: Hall) -> None:
    page = await hall.context.new_page()
    await page.set_viewport_size({"width": 1080, "height": 1920})
    await page.goto(f"{hall.url}/kiosk/{BRANCH}")
    screens = page.locator("[data-screen]")
    for place in range(await screens.count()):
        await screens.evaluate_all(
            "(all, place) => all.forEach((one, own) => (one.hidden = own !== place))", place
        )
        assert await page.evaluate(WIDE) == [], place
