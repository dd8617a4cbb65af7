"""A centre whose first language is written from the right: which side each text begins on."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from queue_app.store import db
from queue_app.texts.formats import direction
from queue_app.web.i18n import tongue
from tests.support.application import alive, build, speaking_to
from tests.support.browser import assert_accessible
from tests.support.people import Machine, install
from tests.support.server import Server, start_servers, stop_servers
from tests.web.test_second_centre import MORNING, VALLETTA


def cairo(folder: Path) -> Path:
    """The second centre in Egypt, its Maltese texts under the name of Arabic."""
    for path in VALLETTA.glob("*.toml"):
        text = path.read_text().replace(".mt", ".ar").replace('["en", "mt"]', '["ar", "en"]')
        text = text.replace("Europe/Malta", "Africa/Cairo").replace('"MT"', '"EG"')
        (folder / path.name).write_text(text)
    return folder


async def put_in_force(dsn: str, folder: Path) -> Machine:
    kept, config = db.engine.pool, db.engine.config
    async with db.pool(dsn, max_size=2):
        await db.fetch("TRUNCATE centre, service, branch, branch_version, desk, lane CASCADE")
        await apply(By(OPERATOR, MORNING), load_centre(folder))
        kiosk = await install(MORNING, branch="quay")
    db.engine.pool, db.engine.config = kept, config
    return kiosk


def test_only_where_a_language_is_written_from_the_right_is_a_side_said() -> None:
    assert [direction(one) for one in ("uk", "pt-BR", "ar", "he", "sr-Latn")] == [
        "ltr", "ltr", "rtl", "rtl", "ltr",
    ]  # fmt: skip
    assert str(tongue("uk", ("uk", "en"))) == ' lang="uk"'
    assert str(tongue("ar", ("ar", "en"))) == ' lang="ar" dir="rtl"'
    assert str(tongue("en", ("ar", "en"))) == ' lang="en" dir="ltr"'


@pytest.fixture
async def client(spare_database: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    folder = cairo(tmp_path)
    await put_in_force(spare_database, folder)
    app = build(spare_database, tmp_path, FixedClock(MORNING), config=folder)
    async with alive(app), speaking_to(app) as client:
        reference.forget()
        yield client


async def test_pages_begin_on_the_side_of_their_language(client: httpx.AsyncClient) -> None:
    arabic = (await client.get("/", headers={"Accept": "text/html"})).text
    assert '<html lang="ar" dir="rtl"' in arabic
    assert 'lang="en" dir="ltr" hreflang="en"' in arabic
    assert '<html lang="en" dir="ltr"' in (await client.get("/?lang=en")).text
    board = (await client.get("/display/quay")).text
    assert '<span class="first" lang="ar" dir="rtl">' in board
    assert '<span class="second" lang="en" dir="ltr">' in board


@pytest.fixture
async def server(spare_database: str, tmp_path: Path) -> AsyncIterator[tuple[Server, Machine]]:
    folder = cairo(tmp_path)
    kiosk = await put_in_force(spare_database, folder)
    environment = {"QUEUE_APP_CONFIG": str(folder)}
    running = start_servers(1, spare_database, tmp_path, clock=MORNING, environment=environment)
    yield running[0], kiosk
    stop_servers(running)


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.slow
async def test_its_pages_can_be_used_and_the_kiosk_changes_sides_with_its_language(
    server: tuple[Server, Machine], browser: Browser
) -> None:
    running, kiosk = server
    context = await browser.new_context(
        locale="ar-EG", timezone_id="Africa/Cairo", viewport={"width": 360, "height": 740}
    )
    page = await context.new_page()
    for path in ("/", "/branch?service=card&channel=visit", "/now/quay", "/console/sign-in"):
        await page.goto(running.url + path)
        await assert_accessible(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path
    back = page.locator(".back .arrow")
    await page.goto(f"{running.url}/now/quay")
    assert await back.evaluate("(one) => getComputedStyle(one).scale") == "-1 1"
    await page.set_viewport_size({"width": 1080, "height": 1500})
    await page.goto(f"{running.url}/kiosk/quay?device={kiosk.token}")
    html = page.locator("html")
    for language, side in (("en", "ltr"), ("ar", "rtl")):
        await page.locator(f"[data-language={language}]").first.click()
        await expect(html).to_have_attribute("lang", language)
        await expect(html).to_have_attribute("dir", side)
    await assert_accessible(page)
    await context.close()
