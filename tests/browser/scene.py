"""People with browsers, the screens of a working hall, and what each of them does and reads."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from queue_app.domain.catalogue import Language
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.web.qr import qr_svg
from tests.conftest import MONDAY, StartServers
from tests.support.browser import assert_accessible, follow, let_pass
from tests.support.people import BRANCH, PASSWORD, hire, install
from tests.support.server import Server

SUNDAY_EVENING = MONDAY - timedelta(hours=16)
SHORTLY_BEFORE = MONDAY + timedelta(minutes=11)
BOOKED_FOR = MONDAY + timedelta(minutes=20)
SERVICE = "tariffs"
"""Given in person and by telephone, so that a booking asks which; at desks 1, 2, 3 and 5."""
PHONE = {"width": 390, "height": 844}
KIOSK = {"width": 1080, "height": 1920}
CONSOLE = {"width": 1440, "height": 900}
HALL = {"width": 1920, "height": 1080}
LOCALES: dict[Language, str] = {"uk": "uk-UA", "en": "en-GB"}
OTHER: dict[Language, Language] = {"uk": "en", "en": "uk"}
SEVEN_TO_ONE = {"color-contrast-enhanced": {"enabled": True}}
AT_ONCE_MS = 3_000
"""A push takes a few hundredths of a second; the rest is for a machine that does much else."""
GUARD_MS = 550
"""The console takes no press for half a second after its buttons changed; nor does the kiosk's
first screen after a visit."""


@dataclass(frozen=True)
class Said:
    """What a visitor and a clerk read, in one language."""

    come: str
    booked: str
    open_ticket: str
    one_ahead: str
    next_at_kiosk: str
    nobody_ahead: str
    on_time: str
    go: str
    called_again: str
    missed: str
    served: str
    thanks: str
    put_back: str


SAID: dict[Language, Said] = {
    "uk": Said(
        come="Прийду до центру",
        booked="Вас записано",
        open_ticket="Відкрити мій талон",
        one_ahead="1 особа",
        next_at_kiosk="Ви наступні",
        nobody_ahead="нікого",
        on_time="Запис на 10:20, вчасно",
        go="Підійдіть до вікна 1",
        called_again="Повторний виклик",
        missed="Ви пропустили виклик",
        served="Вас обслуговують у вікні 1",
        thanks="Прийом завершено. Дякуємо, що прийшли!",
        put_back="А2 знову в черзі",
    ),
    "en": Said(
        come="I will come",
        booked="You are booked",
        open_ticket="Open my ticket",
        one_ahead="1 person",
        next_at_kiosk="You are next",
        nobody_ahead="nobody",
        on_time="Booked for 10:20, on time",
        go="Go to desk 1",
        called_again="Called again",
        missed="You missed the call",
        served="You are being served at desk 1",
        thanks="Finished. Thank you for coming!",
        put_back="А2 is waiting again",
    ),
}


@dataclass
class Scene:
    """Opens a browser for each person and screen, and remembers whatever went wrong in any."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    async def enter(self, size: dict[str, int], language: Language, **options: Any) -> Page:
        context = await self.browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            locale=LOCALES[language],
            timezone_id="Europe/Kyiv",
            **options,
        )
        self.contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("console", self.hear)
        page.on("request", lambda request: self.check_host(request.url))
        page.on("websocket", lambda socket: self.check_host(socket.url))
        return page

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type}: {message.text} {message.location}")

    def check_host(self, url: str) -> None:
        if urlsplit(url).netloc not in self.origins:
            self.wrong.append(f"asked elsewhere: {url}")


@dataclass(frozen=True)
class Hall:
    """The screens of a working hall and the clerk at desk 1; `door` and `desks` are processes."""

    door: Server
    desks: Server
    kiosk: Page
    board: Page
    clerk: Page


async def open_hall(
    scene: Scene, servers: StartServers, language: Language, now: datetime, port: int | None = None
) -> Hall:
    (door,) = await servers(1, clock=now, port=port)
    (desks,) = await servers(1, clock=now)
    scene.origins |= {urlsplit(one.url).netloc for one in (door, desks)}
    device = await install(now)
    kiosk = await scene.enter(KIOSK, language, has_touch=True)
    await kiosk.goto(f"{door.url}/kiosk/{BRANCH}?device={device.token}")
    board = await scene.enter(HALL, language)
    await board.goto(f"{door.url}/display/{BRANCH}")
    clerk = await scene.enter(CONSOLE, language)
    await take_desk(clerk, desks, now)
    return Hall(door, desks, kiosk, board, clerk)


async def take_desk(clerk: Page, desks: Server, now: datetime) -> None:
    """Signs in by hand and takes desk 1."""
    person = await hire(now)
    await clerk.goto(f"{desks.url}/console")
    await clerk.fill("#login", person.login)
    await clerk.fill("#password", PASSWORD)
    await clerk.keyboard.press("Enter")
    await expect(clerk.locator(".desks")).to_be_visible()
    await clerk.locator(".desk").first.get_by_role("button").click()
    await expect(clerk.locator("#person")).to_be_visible()


async def look(*pages: Page) -> None:
    """Each page as axe sees it, and no page wider than its screen.

    Every page by itself, in every state, is looked at by the tests of its face.
    """
    for page in pages:
        large = page.viewport_size == HALL or page.viewport_size == KIOSK
        await assert_accessible(page, rules=SEVEN_TO_ONE if large else {})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


async def press(clerk: Page, key: str, mode: str) -> None:
    """One key of the clerk, and what the screen turns into."""
    await ready(clerk)
    await clerk.keyboard.press(key)
    await expect(clerk.locator("#person")).to_have_attribute("data-mode", mode)


async def ready(clerk: Page) -> None:
    """Until the console takes the next press: the last one is done, its moment of grace over."""
    await expect(clerk.locator("#primary")).not_to_have_attribute("aria-busy", "true")
    await let_pass(clerk, GUARD_MS)


async def tap(kiosk: Page, *selectors: str) -> None:
    for selector in selectors:
        await kiosk.locator(f"{selector} >> visible=true").first.click()


async def seen_at_once(number: str, board: Page, *phones: Page, go: str) -> None:
    """The board shows number and desk, every phone where to go, all at the same time."""
    await asyncio.gather(
        expect(board.locator("#call-number")).to_have_text(number, timeout=AT_ONCE_MS),
        expect(board.locator("#call-desk")).to_have_text("1", timeout=AT_ONCE_MS),
        *(expect(phone.locator(".go")).to_have_text(go, timeout=AT_ONCE_MS) for phone in phones),
    )
    await expect(board.locator("#hall")).to_have_attribute("data-scene", "call")
    for phone in phones:
        await expect(phone.locator(".go")).to_be_visible()


def lead(page: Page) -> Any:
    """The sentence of a ticket's page for the state that it is in."""
    return page.locator("section.state:visible .headline")


def ahead(phone: Page) -> Any:
    return phone.locator('[data-field="ahead"]')


async def follow_qr(scene: Scene, hall: Hall, token: str, language: Language) -> Page:
    """Opens, on another phone, the address that is in the QR code on the kiosk."""
    address = f"{hall.door.url}/t/{token}"
    drawn = await hall.kiosk.locator("#ticket-qr path").last.get_attribute("d")
    assert drawn is not None
    assert f'd="{drawn}"' in qr_svg(address, "")
    phone = await scene.enter(PHONE, language, is_mobile=True, has_touch=True)
    await phone.goto(address)
    await expect(phone.locator("html")).to_have_attribute("lang", language)
    return phone


async def book(phone: Page, server: Server, said: Said) -> str:
    """Every page of a booking; the code of the confirmation."""
    await phone.goto(server.url)
    await phone.locator("#search").press_sequentially("тариф" if said is SAID["uk"] else "tariff")
    await phone.locator(f"input[value={SERVICE}]").check()
    await follow(phone.locator(".next-bar button"))
    await follow(phone.get_by_text(said.come))
    await follow(phone.locator(f".choice-link[href*='branch={BRANCH}']"))
    await follow(phone.locator(f".month-free[href*='day={BOOKED_FOR:%Y-%m-%d}']"))
    await follow(phone.get_by_role("button", name=f"{BOOKED_FOR:%H:%M}"))
    await expect(phone.locator("#left")).to_be_visible()
    await phone.fill("#name", "Олена Ковальчук")
    await phone.fill("#phone", "067 123 45 67")
    await follow(phone.locator("form .button-primary"))
    await expect(phone.locator("h1")).to_have_text(said.booked)
    await look(phone)
    return re.sub(r"\D", "", await phone.locator(".code").inner_text())


async def somebody_booked_before(now: datetime) -> str:
    """The code of another resident's booking, ten minutes earlier."""
    starts = BOOKED_FOR - timedelta(minutes=10)
    held = await booking.hold(By(RESIDENT, now), BRANCH, [SERVICE], starts, "visit")
    await booking.confirm(
        By(RESIDENT, now), held.token, "Андрій Бойко", "050 765 43 21", None, "uk"
    )
    return held.code


async def check_in(kiosk: Page, code: str, language: Language) -> str:
    """By the keypad; the token of the ticket."""
    await tap(kiosk, f"[data-language={language}]")
    async with kiosk.expect_request("**/qr/*") as asked:
        await tap(kiosk, "[data-go=check-in]")
        await tap(kiosk, *(f'[data-digit="{digit}"]' for digit in code), "#check-in")
    await expect(kiosk.locator("#ticket-qr svg")).to_be_visible()
    return token_in((await asked.value).url)


def token_in(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[1]


async def serve_the_one_before(hall: Hall, number: str) -> None:
    """Calls, starts and finishes whoever is first, so that the one behind comes next."""
    await press(hall.clerk, "Space", "called")
    await expect(hall.board.locator("#call-number")).to_have_text(number)
    await press(hall.clerk, "Space", "serving")
    await press(hall.clerk, "Space", "free")


async def take_ticket(kiosk: Page, language: Language, number: str) -> str:
    """Language, group, service, ticket; the token that the QR code carries."""
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    await let_pass(kiosk, GUARD_MS)
    ways = (f"[data-language={language}]", "[data-go=groups-1]", "[data-group=charges]")
    for way in (*ways, "[data-service=bill-duplicate]"):
        await tap(kiosk, way)
    async with kiosk.expect_request("**/qr/*") as asked:
        await tap(kiosk, "#take")
    await expect(kiosk.locator("#ticket-number")).to_have_text(number)
    await expect(kiosk.locator("#ticket-qr svg")).to_be_visible()
    return token_in((await asked.value).url)
