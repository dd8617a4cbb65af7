"""A centre of another country: English first, Maltese second, visits only, desks with names.

Its files are all that there is of it (`tests/centres/valletta`).
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx
import pytest
from babel.messages.pofile import read_po
from playwright.async_api import Browser, Page, expect

from config.files import CATALOGUES, check_centre, load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import doctor, reference
from queue_app.store import db
from queue_app.texts.words import TEMPLATE, also_from, catalogue_of, untranslated, words
from queue_app.web.guards import SESSION_COOKIE
from queue_app.web.tongues import BEGINS, ENDS, NAMED
from tests.browser.kiosk.panel import press
from tests.support.application import alive, build, speaking_to
from tests.support.browser import assert_accessible
from tests.support.every_page import broken, live, pages, stop
from tests.support.people import Machine, Person, hire, install
from tests.support.server import Server, start_servers, stop_servers
from tests.support.spoken import texts
from tests.web.api import API, done, refused

VALLETTA = Path(__file__).parents[1] / "centres" / "valletta"
MALTA = ZoneInfo("Europe/Malta")
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=MALTA)
QUAY = f"{API}/branches/quay"
OF_ANOTHER_CENTRE = re.compile(
    r"district|combatant|air-raid|registr(?:y|ies) (?:is|are)", re.IGNORECASE
)
SIGNS = re.compile(f"[{BEGINS}{NAMED}{ENDS}]")
CYRILLIC = re.compile(r"[\u0400-\u04ff]+")


class Point(NamedTuple):
    """The centre in force, spoken to in this process."""

    client: httpx.AsyncClient
    clock: FixedClock
    kiosk: Machine
    clerk: Person

    async def post(
        self, path: str, body: Any = None, who: Person | Machine | None = None
    ) -> httpx.Response:
        return await self.client.post(path, json=body, headers=who.bearer if who else {})

    async def get(self, path: str, who: Person | Machine | None = None) -> Any:
        return done(await self.client.get(path, headers=who.bearer if who else {}))


@asynccontextmanager
async def _beside(dsn: str) -> AsyncIterator[None]:
    """A pool of its own; the test's is there again afterwards."""
    kept, config = db.engine.pool, db.engine.config
    async with db.pool(dsn, max_size=2):
        yield
    db.engine.pool, db.engine.config = kept, config


async def put_in_force(dsn: str, folder: Path = VALLETTA) -> tuple[Machine, Person]:
    """This centre, and nothing left of another; its kiosk, and a clerk."""
    async with _beside(dsn):
        await db.fetch("TRUNCATE centre, service, branch, branch_version, desk, lane CASCADE")
        await apply(By(OPERATOR, MORNING), load_centre(folder))
        kiosk = await install(MORNING, branch="quay")
        clerk = await hire(MORNING, branch="quay")
    return kiosk, clerk


@pytest.fixture
async def point(spare_database: str, tmp_path: Path) -> AsyncIterator[Point]:
    clock = FixedClock(MORNING)
    kiosk, clerk = await put_in_force(spare_database)
    app = build(spare_database, tmp_path, clock, config=VALLETTA)
    async with alive(app), speaking_to(app) as client:
        reference.forget()
        yield Point(client, clock, kiosk, clerk)
        assert await doctor.check(clock.now()) == []


def test_what_is_not_translated_is_listed() -> None:
    _, doubts = check_centre(VALLETTA)
    assert [str(one) for one in doubts if one.key != "branches"] == [
        "catalogue.toml: services[permit].title.mt: is missing; shown in en instead"
    ]
    also_from(VALLETTA / CATALOGUES)
    missing, every = untranslated("mt")
    assert missing == every - 5
    assert untranslated("en") == (0, every)
    assert untranslated("uk")[0] == 0


def test_plural_forms_are_those_of_the_language() -> None:
    also_from(VALLETTA / CATALOGUES)
    spoken = words("mt")
    forms = spoken.forms("%(n)s person", "%(n)s people")
    assert forms[3] == "%(n)s-il persuna"
    assert forms[4] == "%(n)s persuna"
    assert [spoken.plural_rule[number] for number in (1, 2, 7, 12, 20)] == list("01234")
    assert spoken.ngettext("%(n)s person", "%(n)s people", 12) == forms[3]


def english_texts() -> set[str]:
    """What a Maltese page says in English, where it stands alone and as it is."""
    also_from(VALLETTA / CATALOGUES)
    maltese = catalogue_of("mt")
    assert maltese is not None
    with TEMPLATE.open("rb") as file:
        every = [one.id for one in read_po(file) if isinstance(one.id, str) and one.id]
    return {one for one in every if maltese.get(one) is None}


def is_read_aloud(address: str) -> bool:
    """Paper goes to a printer, and what programs send is in nobody's language."""
    return "/paper" not in address and not address.startswith("/api")


@pytest.mark.slow
async def test_every_page_is_rendered_in_both_of_its_languages(point: Point) -> None:
    lived = await live(point.clock)
    assert await broken(point.client, lived) == []
    await stop(lived, point.clock)
    english, met = english_texts(), 0
    for language in ("en", "mt"):
        async for address, answer in pages(point.client, lived, language):
            assert answer.status_code in (200, 303, 422), (address, answer.text[-300:])
            if answer.headers["content-type"].startswith("audio/"):
                continue
            assert not CYRILLIC.findall(answer.text), address
            assert not OF_ANOTHER_CENTRE.findall(answer.text), address
            assert not SIGNS.findall(answer.text), address
            if "html" in answer.headers["content-type"] and is_read_aloud(address):
                said = [
                    claimed or language for text, claimed in texts(answer.text) if text in english
                ]
                assert set(said) <= {"en"}, address
                met += len(said)
            if address.startswith(("/?", "/about", "/console/sign-in")):
                assert f'<html lang="{language}"' in answer.text, address
    assert met > 1000


@pytest.mark.slow
async def test_only_the_languages_of_the_centre_are_offered_and_the_first_is_the_usual_one(
    point: Point,
) -> None:
    ukrainian = {"Accept-Language": "uk", "Accept": "text/html"}
    page = (await point.client.get("/", headers=ukrainian)).text
    assert '<html lang="en"' in page
    assert "Malti" in page and "Українська" not in page
    maltese = (await point.client.get("/", headers={"Accept-Language": "mt,en;q=0.8"})).text
    assert "Fuq xiex hu?" in maltese
    kiosk = point.kiosk
    screens = (await point.client.get("/kiosk/quay", headers=kiosk.bearer)).text
    assert 'data-language="mt"' in screens and 'data-language="uk"' not in screens
    assert '<span class="in in-2" lang="mt">Ħu biljett</span>' in screens
    board = (await point.client.get("/display/quay")).text
    assert "Jekk jogħġbok ejja fil-bank" in board


async def test_a_language_that_the_centre_has_not_is_refused(point: Point) -> None:
    kiosk = point.kiosk
    body = {"services": ["card"], "language": "uk"}
    where = f"{QUAY}/tickets?lang=mt"
    problem = refused(await point.post(where, body, kiosk), 400, "unreadable")
    assert not SIGNS.findall(str(problem)), "programs read what is said as it is"
    assert problem["fields"][0]["field"] == "language"
    body["language"] = "mt"
    done(await point.post(f"{QUAY}/tickets", body, kiosk), 201)


async def test_a_whole_day_is_lived_in_it(point: Point) -> None:
    clock = point.clock
    clerk = point.clerk
    kiosk = point.kiosk
    booked = await _booked(point)
    desks = await point.get(f"{QUAY}/desks", clerk)
    assert [one["number"] for one in desks] == ["Anchor", "Compass"]
    desk = desks[0]["id"]
    done(await point.post(f"{API}/desks/{desk}/openings", None, clerk))

    first = done(await point.post(f"{QUAY}/tickets", {"services": ["permit"]}, kiosk), 201)
    assert first["number"] == "A1"
    clock.set(datetime.fromisoformat(booked["starts_at"]))
    came = done(await point.post(f"{QUAY}/check-ins", {"code": booked["code"]}, kiosk), 201)
    assert came["number"] == "C1"

    called = done(await point.post(f"{API}/desks/{desk}/calls", None, clerk))
    board = await point.get(f"{QUAY}/board")
    assert [(one["number"], one["desk"]) for one in board["called"]] == [
        (called["number"], "Anchor")
    ]
    screen = await point.get(f"/console/desks/{desk}/screen", clerk)
    assert screen["current"]["number"] == called["number"]
    assert set(screen["queue"][0]["reason"]) == {"en", "mt"}
    done(await point.post(f"{API}/tickets/{called['id']}/starts", None, clerk))
    clock.advance(minutes=8)
    done(await point.post(f"{API}/tickets/{called['id']}/finishes", None, clerk))

    missed = done(await point.post(f"{API}/desks/{desk}/calls", None, clerk))
    clock.advance(minutes=5)
    done(await point.post(f"{API}/tickets/{missed['id']}/no-shows", None, clerk))
    assert (await point.post(f"{API}/desks/{desk}/calls", None, clerk)).status_code == 204
    seen = await point.get(f"{API}/tickets/{first['token']}")
    assert seen["state"] in ("finished", "no_show")
    done(await point.post(f"{API}/desks/{desk}/closings", None, clerk))
    clock.set(MORNING.replace(hour=15))
    problem = refused(await point.post(f"{QUAY}/tickets", {"services": ["card"]}, kiosk), 422)
    assert problem["code"] == "branch_closed"


async def _booked(point: Point) -> Any:
    """A visit for today; a number without a country's code is Maltese."""
    days = await point.get(f"{QUAY}/slots?service=card&days=1&from=2026-11-23&channel=visit")
    start = days["days"][0]["starts"][2]
    held = done(
        await point.post(f"{QUAY}/appointments", {"services": ["card"], "starts_at": start}), 201
    )
    confirmation = f"{API}/appointments/{held['token']}/confirmation"
    ukrainian = {"name": "Ann Borg", "phone": "067 123 45 67"}
    refused(await point.post(confirmation, ukrainian), 422, "bad_contact")
    return done(await point.post(confirmation, {"name": "Ann Borg", "phone": "7912 3456"}))


@pytest.fixture
async def quay(
    spare_database: str, tmp_path: Path
) -> AsyncIterator[tuple[Server, Machine, Person]]:
    kiosk, clerk = await put_in_force(spare_database)
    environment = {"QUEUE_APP_CONFIG": str(VALLETTA)}
    running = start_servers(1, spare_database, tmp_path, clock=MORNING, environment=environment)
    yield running[0], kiosk, clerk
    stop_servers(running)


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.slow
async def test_its_pages_can_be_used_by_everybody(
    quay: tuple[Server, Machine, Person], browser: Browser
) -> None:
    server, kiosk, clerk = quay
    context = await browser.new_context(locale="mt-MT", timezone_id="Europe/Malta")
    page = await context.new_page()
    for path in ("/", "/?lang=en", "/way?service=card", "/about", "/console/sign-in"):
        await page.goto(server.url + path)
        await assert_accessible(page)
    board = await context.new_page()
    await board.set_viewport_size({"width": 1920, "height": 1080})
    await board.goto(f"{server.url}/display/quay")
    await expect(board.locator("h1 .first")).to_have_text("The Quay")
    await expect(board.locator("h1 .second")).to_have_text("Il-Moll")
    await expect(board.locator("#day")).to_have_text("Monday, 23\u00a0November")
    await assert_accessible(board)
    await page.goto(f"{server.url}/kiosk/quay?device={kiosk.token}")
    await _take_a_ticket_in_maltese(page)
    panel = await context.new_page()
    await panel.set_viewport_size({"width": 1920, "height": 1080})
    await panel.goto(f"{server.url}/display/quay/desks/Compass")
    await _call_to_the_compass(server, clerk)
    for screen in (board, panel):
        await expect(screen.get_by_text("A1").first).to_be_visible()
        assert await screen.evaluate(CUT_OFF) == []
    await board.set_viewport_size({"width": 1080, "height": 1920})
    await board.reload()
    assert await board.evaluate(CUT_OFF) == []
    await context.close()


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.slow
async def test_no_name_of_a_desk_is_broken_in_two_in_the_office(
    quay: tuple[Server, Machine, Person], spare_database: str, browser: Browser
) -> None:
    url = quay[0].url
    async with _beside(spare_database):
        boss = await hire(MORNING, "boss", "supervisor", "quay")
    context = await browser.new_context()
    await context.add_cookies([{"name": SESSION_COOKIE, "value": boss.token, "url": url}])
    page = await context.new_page()
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(f"{url}/office/branches/quay")
        names = page.locator(".desk .number")
        await expect(names).to_have_text(["Anchor", "Compass"])
        lines = "(names) => names.map((name) => name.getClientRects().length)"
        assert await names.evaluate_all(lines) == [1, 1], width
    await context.close()


CUT_OFF = """() => [...document.querySelectorAll(".cell, .stage, .call, .plate h1, .sign-body")]
    .flatMap((box) => [...box.querySelectorAll(".number")].map((one) => [box, one]))
    .filter(([box, one]) => one.textContent && one.checkVisibility())
    .filter(([box, one]) => {
        const [room, taken] = [box, one].map((it) => it.getBoundingClientRect());
        return taken.left < room.left || taken.right > room.right + 0.5;
    })
    .map(([box, one]) => `${box.className}: ${one.textContent}`)"""


async def _call_to_the_compass(server: Server, clerk: Person) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers=clerk.bearer) as client:
        (*_, desk) = done(await client.get(f"{QUAY}/desks"))
        for step in ("openings", "calls"):
            done(await client.post(f"{API}/desks/{desk['id']}/{step}"))


@pytest.mark.slow
async def test_what_a_language_lacks_does_not_stand_twice_on_a_screen(point: Point) -> None:
    board = (await point.client.get("/display/quay")).text
    assert board.count("Take a ticket at the kiosk: you will be called at once.") == 1
    assert "Jekk jogħġbok ejja fil-bank" in board


async def _take_a_ticket_in_maltese(page: Page) -> None:
    """The kiosk changes its language without the network, words and plurals alike."""
    await assert_accessible(page)
    await press(page, "[data-language=mt]")
    await expect(page.locator("html")).to_have_attribute("lang", "mt")
    await page.get_by_role("button", name="Ħu biljett").first.click()
    await press(page, "[data-group=papers]")
    await expect(page.get_by_text("Karta ġdida")).to_be_visible()
    english = page.locator('.in-2[lang="en"]', has_text="A permit")
    await expect(english).to_be_visible()
    await expect(page.get_by_text("A new card")).to_be_hidden()
    await press(page, "[data-service=card]")
    await press(page, "#take")
    await expect(page.locator("#ticket-number")).to_have_text("A1")
    await assert_accessible(page)
