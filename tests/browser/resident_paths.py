"""The ways that residents go through booking, each as a browser goes it from page to page.

A path says what is pressed and what has come of it in the end; it uses no script of its own, so
that a browser without scripts can go it as well. What is typed is in the resident's own language.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.async_api import Page, expect

from queue_app.clock import FixedClock
from queue_app.domain.hall_code import code_at
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import By
from queue_app.flow.offering import offer_times
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.browser import follow
from tests.support.jobs import sweep

KYIV = ZoneInfo("Europe/Kyiv")
BRANCH = "podilskyi"
CHOSEN = f"service=no-debt-certificate&channel=visit&branch={BRANCH}"
FIRST = f"/time?{CHOSEN}&day=2026-11-24"
FAR = "2027-01-15"
"""A Friday that cannot be booked yet, so that nobody is offered anything meanwhile."""
SUBMIT = "form .button-primary"


@dataclass(frozen=True)
class Typed:
    """How somebody says it: their browser's language, the page's, and what they type."""

    locale: str
    page: str
    name: str
    other_name: str
    phone: str
    asks: dict[str, str] = field(hash=False)
    """What they ask for each service, in their own words."""


UKRAINIAN = Typed(
    locale="uk-UA",
    page="uk",
    name="Ґанна Зав’ялова-Їжак",
    other_name="Дем’ян Щур",
    phone="067 123 45 67",
    asks={
        "no-debt-certificate": "немає боргів довідка",
        "household-certificate": "довідка про склад сім'ї",
        "debt-amount": "скільки я винен",
        "owner-change": "зміна власника",
        "tariffs": "тарифи",
    },
)
RUSSIAN = Typed(
    locale="ru-RU",
    page="uk",
    name="Алёна Объедкова",
    other_name="Эдуард Ёлкин",
    phone="+38 (050) 765-43-21",
    asks={
        "no-debt-certificate": "справка об отсутствии долгов",
        "household-certificate": "справка о составе семьи",
        "debt-amount": "сколько я должен",
        "owner-change": "смена собственника",
        "tariffs": "тарифы",
    },
)
ENGLISH = Typed(
    locale="en-GB",
    page="en",
    name="Siân O’Connor-Smith",
    other_name="Zoë Brontë",
    phone="+44 7911 123456",
    asks={
        "no-debt-certificate": "no debt certificate",
        "household-certificate": "household certificate",
        "debt-amount": "how much do I owe",
        "owner-change": "change of owner",
        "tariffs": "tariffs",
    },
)
EVERYBODY = (UKRAINIAN, RUSSIAN, ENGLISH)


@dataclass(frozen=True)
class Visitor:
    """Somebody at a browser, before the first page."""

    page: Page
    url: str
    says: Typed
    scripts: bool

    async def at(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def press(self, selector: str, nth: int = 0) -> None:
        """What leads to another page. Whatever page that is, it has its question."""
        await follow(self.page.locator(selector).nth(nth))
        await expect(self.page.locator("h1")).to_have_count(1)

    async def find(self, service: str) -> None:
        """Asks for it in their own words and ticks it among what is found."""
        await self.page.fill("#search", self.says.asks[service])
        if not self.scripts:
            await self.press("#find")
        row = self.page.locator(f"#results input[value={service}]")
        await expect(row).to_be_visible()
        await row.check()

    async def enter(self, name: str | None = None) -> None:
        await self.page.fill("#name", name or self.says.name)
        await self.page.fill("#phone", self.says.phone)

    async def booked(self) -> None:
        """From the first free time of a day to the booking."""
        await self.at(FIRST)
        await self.press("button.slot")
        await self.enter()
        await self.press(f"#details {SUBMIT[5:]}")
        await expect(self.page.locator(".pass .code")).to_be_visible()

    @property
    def token(self) -> str:
        return self.page.url.partition("?")[0].split("/visit/")[1].split("/")[0]

    async def row(self) -> dict[str, Any]:
        """What the database has of the booking whose page is open."""
        row = await db.fetch_row(
            "SELECT *, lower(period) AS starts_at FROM appointment WHERE token = $1", self.token
        )
        assert row
        return dict(row)


async def book_a_visit(one: Visitor) -> None:
    """One's own words, the service, the way, the place, the day, the time, the name."""
    await one.at("/")
    await one.find("household-certificate")
    await one.press(".next-bar button")
    await one.press(".choice-link[href*=podilskyi]")
    await one.press(".month-free", 1)
    await one.press("button.slot", 2)
    await one.press("#details .button-primary")
    await expect(one.page.locator(".error-summary")).to_be_visible()
    await one.enter()
    await one.press("#details .button-primary")
    await expect(one.page.locator(".pass .code")).to_be_visible()
    row = await one.row()
    assert (row["state"], row["name"]) == ("booked", one.says.name)
    assert list(row["services"]) == ["household-certificate"]


async def be_called_back(one: Visitor) -> None:
    """A call instead of a visit: at a time of the contact centre, and no code for any kiosk."""
    await one.at("/")
    await one.find("tariffs")
    await one.press(".next-bar button")
    await expect(one.page.locator("a[href^='tel:']").first).to_be_visible()
    await one.press(".choice-link[href*='channel=phone']")
    assert "/day?" in one.page.url, "nobody is asked which of one contact centre"
    await one.press(".month-free", 1)
    await one.press("button.slot", 3)
    await one.page.fill("#name", one.says.name)
    await one.press("#details .button-primary")
    await expect(one.page.locator("#phone-error")).to_be_visible()
    await expect(one.page.locator("#name")).to_have_value(one.says.name)
    await one.page.fill("#phone", one.says.phone)
    await one.press("#details .button-primary")
    await expect(one.page.locator(".pass")).to_be_visible()
    await expect(one.page.locator(".code")).to_have_count(0)
    row = await one.row()
    assert (row["state"], row["channel"], row["name"]) == ("booked", "phone", one.says.name)


async def come_after_five_wherever(one: Visitor) -> None:
    """The part of the day first, any branch, then the place of whoever has that time."""
    await one.at("/branch?service=household-certificate&channel=visit")
    await one.press(".part-of-day a[href*='hours=morning']")
    await one.press(".choice-link[href*=podilskyi]")
    await one.press(".month-free", 1)
    mornings = await one.page.locator("button.slot").evaluate_all(
        "(every) => every.map(b => b.value)"
    )
    assert mornings and all(datetime.fromisoformat(start).hour < 12 for start in mornings)
    await one.at("/branch?service=household-certificate&channel=visit")
    await one.press(".part-of-day a[href*='hours=evening']")
    await one.press(".choice-link")
    await one.press(".month-free", 1)
    await one.press("button.slot")
    assert "/at?" in one.page.url
    await one.press("button.choice-link", 2)
    await one.enter()
    await one.press("#details .button-primary")
    row = await one.row()
    assert row["state"] == "booked" and row["starts_at"].astimezone(KYIV).hour >= 17


async def need_more_time(one: Visitor) -> None:
    """More minutes by one press, the end of the hold, and the same time once more."""
    await one.at(FIRST)
    await one.press("button.slot", 1)
    await one.enter()
    first = (await one.row())["held_until"]
    await one.press("[formaction$='/extension']")
    assert (await one.row())["held_until"] > first
    await expect(one.page.locator("#name")).to_have_value(one.says.name)
    held = one.token
    await _run_out()
    await one.press("#details .button-primary")
    assert one.token != held and (await one.row())["state"] == "booked"
    await expect(one.page.locator(".notice-success")).to_be_visible()


async def come_back_too_late(one: Visitor) -> None:
    """The page of a hold that has ended: the same time again, with what was typed."""
    await one.at(FIRST)
    await one.press("button.slot", 1)
    await one.enter()
    await one.press("[formaction$='/extension']")
    await _run_out()
    await one.page.reload()
    await expect(one.page.locator("h1")).to_have_count(1)
    await one.press("form[action$='/again'] button")
    await expect(one.page.locator("#name")).to_have_value(one.says.name)
    await expect(one.page.locator("#phone")).to_have_value(one.says.phone)
    await one.press("form[action$='/cancellation'] button")
    assert (await one.row())["state"] == "cancelled"
    await one.press("a[href$='/day']")
    await one.press(".month-free", 2)
    await one.press("button.slot", 1)
    await expect(one.page.locator("#name")).to_have_value(one.says.name)
    await one.press("#details .button-primary")
    assert (await one.row())["state"] == "booked"


async def _run_out() -> None:
    """Whatever is held has its time behind it, and is swept."""
    await sweep(FixedClock(MONDAY + timedelta(minutes=30)))


async def change_move_and_cancel(one: Visitor) -> None:
    """Other services at the same time, another time, and none at all."""
    await one.booked()
    before = (await one.row())["starts_at"]
    await one.press("a[href$='/services']")
    await one.find("household-certificate")
    await one.press(".next-bar button")
    row = await one.row()
    assert sorted(row["services"]) == ["household-certificate", "no-debt-certificate"]
    assert row["starts_at"] == before
    await one.press(".actions a[href$='/day']")
    await one.press(".month-free", 3)
    await one.press("button.slot", 4)
    await one.press("button[name=starts_at]")
    moved = await one.row()
    assert moved["starts_at"] > before and moved["state"] == "booked"
    await one.press("a[href$='/cancellation']")
    await one.press(".button-danger")
    assert (await one.row())["state"] == "cancelled"
    await one.press("a.button-primary")
    assert "/day?" in one.page.url


async def change_the_contact_and_forget(one: Visitor) -> None:
    """Another name, what is known, and nothing of it any more."""
    await one.booked()
    await one.press("a[href$='/contact']")
    await one.page.fill("#name", one.says.other_name)
    await one.page.fill("#email", "no address")
    await one.press(SUBMIT)
    await expect(one.page.locator("#email-error")).to_be_visible()
    await expect(one.page.locator("#name")).to_have_value(one.says.other_name)
    await one.page.fill("#email", "")
    await one.press(SUBMIT)
    await expect(one.page.locator(".whose")).to_contain_text(one.says.other_name)
    assert (await one.row())["name"] == one.says.other_name
    await one.press("a[href$='/data']")
    await expect(one.page.locator(".whose")).to_contain_text(one.says.other_name)
    await expect(one.page.locator("a[download]")).to_be_visible()
    await one.press(".button-danger")
    await expect(one.page.locator(".whose")).to_have_count(0)
    row = await one.row()
    assert (row["state"], row["name"], row["phone"]) == ("cancelled", None, None)


async def say_i_am_here(one: Visitor) -> None:
    """Checking in by the code that the hall's board shows."""
    await one.booked()
    begin = MONDAY + timedelta(minutes=5 * (1 + EVERYBODY.index(one.says)))
    link = one.page.url
    await db.fetch(
        "UPDATE appointment SET period = tstzrange($2, $3) WHERE token = $1",
        one.token,
        begin,
        begin + timedelta(minutes=5),
    )
    directory = await reference.directory()
    shown = code_at(directory.branch(BRANCH).hall_secret, MONDAY, directory.rules.hall_code_minutes)
    await one.page.goto(link)
    await one.page.fill("#hall_code", f"{(int(shown) + 1) % 10_000:04}")
    await one.press("form[action$='/here'] button")
    await expect(one.page.locator("#hall_code-error")).to_be_visible()
    await one.page.fill("#hall_code", shown)
    await one.press("form[action$='/here'] button")
    assert "/t/" in one.page.url
    await one.page.goto(link)
    await one.press("a[href^='/t/']")


async def wait_for_a_time(one: Visitor) -> None:
    """A place on the waiting list: joined, changed and given up."""
    await one.at(f"/day?{CHOSEN}")
    await one.press("a[href^='/wish?']")
    await one.press("button.button-large")
    await expect(one.page.locator("#name-error")).to_be_visible()
    await one.page.fill("#first_day", FAR)
    await one.page.fill("#last_day", FAR)
    await one.enter()
    await one.press("button.button-large")
    link = one.page.url
    assert "/wish/" in link
    await one.press("a[href$='/change']")
    await one.page.fill("#name", one.says.other_name)
    await one.page.select_option("#from_hour", "12")
    await one.press("button.button-large")
    await one.press("a[href$='/data']")
    await expect(one.page.locator(".whose")).to_contain_text(one.says.other_name)
    await one.page.goto(link)
    await one.press("a[href$='/withdrawal']")
    await one.press(".button-danger")
    state = "SELECT state FROM wish WHERE token = $1"
    assert await db.fetch_value(state, link.split("/wish/")[1].partition("?")[0]) == "withdrawn"
    await one.press(".actions .button-primary")
    assert "/day?" in one.page.url or "/branch?" in one.page.url


async def answer_offers(one: Visitor) -> None:
    """From the waiting list: what is offered is declined, the next is taken."""
    await one.at(f"/wish?{CHOSEN}")
    await one.page.fill("#first_day", "2026-11-26")
    await one.page.fill("#last_day", "2026-11-26")
    await one.enter()
    await one.press("button.button-large")
    link = one.page.url
    declined = await _offered(one)
    await one.press("form[action$='/refusal'] button")
    assert one.page.url == link
    await expect(one.page.locator("a[href$='/withdrawal']")).to_be_visible()
    assert await _offered(one) != declined
    await one.press("form[action$='/acceptance'] button")
    await expect(one.page.locator(".pass .code")).to_be_visible()
    row = await one.row()
    assert (row["state"], row["name"]) == ("booked", one.says.name)
    await one.page.goto(link)
    assert "/visit/" in one.page.url, "the link from the message leads to the booking"


async def _offered(one: Visitor) -> str:
    """What the page of one's place on the list says is held, once it is."""
    directory = await reference.directory()
    await offer_times(By(SYSTEM, MONDAY), directory.branch(BRANCH).id)
    await one.page.reload()
    await expect(one.page.locator("form[action$='/acceptance'] button")).to_be_visible()
    return await one.page.locator("time").first.inner_text()


async def come_twice_in_a_row(one: Visitor) -> None:
    """Services of two desks: two visits, one after another, with one name."""
    await one.at("/")
    await one.find("debt-amount")
    await one.find("owner-change")
    await one.press(".next-bar button")
    await one.press(".choice-link[href*=podilskyi]")
    await one.press("button[name=starts]", 3)
    await one.enter()
    await one.press("#details .button-primary")
    await expect(one.page.locator(".pass .code")).to_be_visible()
    rows = await db.fetch("SELECT state, name FROM appointment WHERE name = $1", one.says.name)
    assert [row["state"] for row in rows] == ["booked", "booked"]


async def find_my_booking(one: Visitor) -> None:
    """By its code and contact; the answer is the same whoever asks."""
    await one.booked()
    code = (await one.row())["code"]
    await one.at("/")
    await one.press("a[href='/my']")
    await one.press(SUBMIT)
    await expect(one.page.locator("#code-error")).to_be_visible()
    await one.page.fill("#code", code)
    await one.page.fill("#contact", one.says.phone)
    await one.press(SUBMIT)
    assert one.page.url.endswith("/my?sent")


async def come_without_a_booking(one: Visitor) -> None:
    """When it is quiet, and from there to a booking after all."""
    await one.at("/now")
    await one.press(f"a[href='/now/{BRANCH}']")
    await expect(one.page.locator("h1")).to_be_visible()


Path = Callable[[Visitor], Awaitable[None]]
PATHS: tuple[Path, ...] = (
    book_a_visit,
    be_called_back,
    come_after_five_wherever,
    need_more_time,
    come_back_too_late,
    change_move_and_cancel,
    change_the_contact_and_forget,
    say_i_am_here,
    wait_for_a_time,
    answer_offers,
    come_twice_in_a_row,
    find_my_booking,
    come_without_a_booking,
)
