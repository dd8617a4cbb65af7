"""A centre whose first language is written from the right: which side each text begins on."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.jobs import foretelling
from queue_app.queries import reference
from queue_app.store import db
from queue_app.texts.formats import direction
from queue_app.web.i18n import tongue
from tests.support.application import alive, build, speaking_to
from tests.support.browser import assert_accessible
from tests.support.made_up import made_up_centre
from tests.support.people import Machine, install
from tests.support.server import Server, start_servers, stop_servers
from tests.web.api import API, done
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


async def test_what_nobody_translated_is_marked_as_english_on_the_screens_of_a_hall(
    client: httpx.AsyncClient,
) -> None:
    """Else its full stop stands on the wrong side, and a voice reads it by Arabic rules."""
    board = (await client.get("/display/quay")).text
    assert '<span class="first" lang="en" dir="ltr">Called again</span>' in board
    kiosk = await install(MORNING, branch="quay", name="Second kiosk")
    screens = (await client.get("/kiosk/quay", headers=kiosk.bearer)).text
    assert '<span class="in in-1" lang="en" dir="ltr">Start over</span>' in screens
    assert 'lang="ar" dir="rtl"' in screens


async def test_the_bars_of_a_day_run_from_the_right(client: httpx.AsyncClient) -> None:
    await foretelling.foretell(FixedClock(MORNING))
    for language, backwards in (("ar", True), ("en", False)):
        page = (await client.get(f"/now/quay?lang={language}")).text
        chart = page[page.index("now-chart") :].partition("</svg>")[0]
        bars, hours = (
            [float(x) for x in re.findall(rf'<{mark} x="([0-9.]+)"', chart)]
            for mark in ("rect", "text")
        )
        assert len(bars) > 4
        assert bars == sorted(bars, reverse=backwards)
        width = 22
        assert hours[0] == (bars[0] + width if backwards else bars[0]), "where its bar begins"


@pytest.mark.parametrize("closes", ["13:00", "13:30", "14:00", "14:30"])
async def test_the_last_hour_below_the_bars_has_room_on_a_clock_of_twelve_hours(
    spare_database: str, tmp_path: Path, closes: str
) -> None:
    folder = cairo(tmp_path)
    branches = folder / "branches.toml"
    branches.write_text(branches.read_text().replace("14:00", closes))
    await put_in_force(spare_database, folder)
    clock = FixedClock(MORNING)
    app = build(spare_database, tmp_path, clock, config=folder)
    async with alive(app), speaking_to(app) as client:
        reference.forget()
        await foretelling.foretell(clock)
        page = (await client.get("/now/quay?lang=en")).text
    chart = page[page.index("now-chart") :].partition("</svg>")[0]
    last, said = re.findall(r'<text x="([0-9.]+)" y="[0-9]+">([^<]+)', chart)[-1]
    end = max(float(x) for x in re.findall(r'<rect x="([0-9.]+)"', chart)) + 22
    assert end - float(last) > 55, said


@pytest.fixture
async def server(spare_database: str, tmp_path: Path) -> AsyncIterator[tuple[Server, Machine]]:
    folder = made_up_centre(tmp_path / "centre", "ar", "EG", "Africa/Cairo")
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


READS_FROM_THE_LEFT = """([selector, text]) => {
    const box = [...document.querySelectorAll(selector)].find((one) =>
        one.textContent.includes(text));
    const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && !walker.currentNode.data.includes(text));
    const begins = walker.currentNode.data.indexOf(text);
    const left = (at) => {
        const sign = document.createRange();
        sign.setStart(walker.currentNode, at);
        sign.setEnd(walker.currentNode, at + 1);
        return sign.getBoundingClientRect().left;
    };
    const places = [...text].map((_, number) => left(begins + number));
    return places.every((one, number) => !number || one >= places[number - 1]);
}"""


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.slow
async def test_numbers_and_codes_are_read_from_the_left(
    server: tuple[Server, Machine], browser: Browser
) -> None:
    running, _ = server
    visit = await _booked(running)
    context = await browser.new_context(
        locale="ar-EG", timezone_id="Africa/Cairo", viewport={"width": 390, "height": 844}
    )
    page = await context.new_page()
    await page.goto(f"{running.url}/visit/{visit['token']}")
    code = f"{visit['code'][:3]}\u00a0{visit['code'][3:]}"
    for selector, text in ((".code", code), ("main li", "+20\u00a0••\u00a0••••4567")):
        assert await page.evaluate(READS_FROM_THE_LEFT, [selector, text]), text
    await context.close()


async def _booked(running: Server) -> Any:
    """A visit for today, with a telephone number as an Arabic keyboard types it."""
    async with httpx.AsyncClient(base_url=running.url + API) as client:
        query = "service=card&days=1&from=2026-11-23&channel=visit"
        days = (await client.get(f"/branches/quay/slots?{query}")).json()["days"]
        body = {"services": ["card"], "starts_at": days[0]["starts"][-1]}
        held = done(await client.post("/branches/quay/appointments", json=body), 201)
        return done(
            await client.post(
                f"/appointments/{held['token']}/confirmation",
                json={"name": "سامي", "phone": "٠١٠٠١٢٣٤٥٦٧"},
            )
        )


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.slow
async def test_on_a_board_that_stands_upright_both_languages_begin_on_the_same_side(
    server: tuple[Server, Machine], browser: Browser
) -> None:
    running, kiosk = server
    async with httpx.AsyncClient(base_url=running.url + API) as client:
        body = {"services": ["card"], "language": "ar"}
        done(await client.post("/branches/quay/tickets", json=body, headers=kiosk.bearer), 201)
    context = await browser.new_context(
        locale="ar-EG", timezone_id="Africa/Cairo", viewport={"width": 1080, "height": 1920}
    )
    board = await context.new_page()
    await board.goto(f"{running.url}/display/quay")
    for line in (".top h1", ".queue .queue-label"):
        sides = [
            await board.locator(f"{line} .{place}").first.evaluate(
                """(one) => { const all = document.createRange(); all.selectNodeContents(one);
                return all.getBoundingClientRect().right; }"""
            )
            for place in ("first", "second")
        ]
        assert abs(sides[0] - sides[1]) < 2, line
    await context.close()
