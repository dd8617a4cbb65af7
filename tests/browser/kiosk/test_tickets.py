"""The kiosk in a real browser at its real size: walk-ins take a ticket."""

import re

import pytest
from playwright.async_api import Page, expect

from queue_app.store import db
from tests.browser.kiosk.panel import (
    SERVICE,
    SEVEN_TO_ONE,
    assert_shows_ticket,
    choose,
    press,
    tickets,
)
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible, intercept
from tests.support.hall import open_desk, take_ticket

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("language", "title", "ahead"),
    [
        ("uk", "Ваш талон А1", "Ви наступні"),
        pytest.param("en", "Your ticket А1", "You are next", marks=pytest.mark.slow),
    ],
)
async def test_a_walk_in_takes_a_ticket_in_either_language(
    kiosk: Page, language: str, title: str, ahead: str
) -> None:
    await open_desk("1", MONDAY)
    await press(kiosk, f"[data-language={language}]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-go=groups-1]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-group=certificates]")
    await assert_accessible(kiosk)
    await press(kiosk, f"[data-service={SERVICE}]")
    await assert_accessible(kiosk)
    await press(kiosk, "#take")

    await assert_shows_ticket(kiosk, "А1")
    await expect(kiosk.get_by_role("heading", level=1)).to_have_text(title, use_inner_text=True)
    await expect(kiosk.locator("#ticket-ahead")).to_have_text(ahead)
    await expect(kiosk.locator("#ticket-qr svg")).to_be_visible()
    await assert_accessible(kiosk)
    assert await db.fetch_value("SELECT language FROM ticket") == language

    await press(kiosk, "#ticket-done")
    await expect(kiosk.locator("[data-screen=start]")).to_be_visible()
    assert await kiosk.locator("html").get_attribute("lang") == "uk"
    assert "А1" not in (await kiosk.locator("body").text_content() or "")


@pytest.mark.slow
async def test_a_kiosk_opened_in_english_begins_each_visit_in_english(kiosk: Page) -> None:
    await kiosk.clock.install()
    await kiosk.goto(f"{kiosk.url}?lang=en")
    await press(kiosk, "[data-language=uk]")
    await expect(kiosk.locator("html")).to_have_attribute("lang", "uk")
    await kiosk.clock.run_for(41_000)
    await expect(kiosk.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.slow
async def test_the_wait_is_told_before_the_ticket(kiosk: Page) -> None:
    await open_desk("1", MONDAY)
    for _ in range(3):
        await take_ticket(MONDAY, service=SERVICE)
    await choose(kiosk)
    await expect(kiosk.locator("#prospect-ahead")).to_have_text("3 особи")
    await expect(kiosk.locator("#prospect-wait")).to_have_text(re.compile(r"\d+–\d+.хв"))
    await expect(kiosk.locator("#prospect-warning")).to_be_hidden()
    await assert_accessible(kiosk, **SEVEN_TO_ONE)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["uk", "en"])
async def test_whoever_may_not_be_served_today_is_told_and_offered_a_booking(
    kiosk: Page, language: str
) -> None:
    served, title = {
        "uk": ("perhaps", "можливо, сьогодні вас не встигнуть прийняти"),
        "en": ("not_today", "you would not be served today"),
    }[language]
    foretold = {
        "people_ahead": 41,
        "wait": {"people_ahead": 41, "low_minutes": 130, "high_minutes": 190},
        "closes_at": "2026-11-23T18:00:00+02:00",
        "served": served,
    }
    await intercept(kiosk, "**/prospects?**", lambda route: route.fulfill(json=foretold))
    await press(kiosk, f"[data-language={language}]")
    await choose(kiosk)
    await expect(kiosk.locator("#prospect-warning-title")).to_contain_text("18:00")
    await expect(kiosk.locator("#prospect-warning-title")).to_contain_text(title)
    await expect(kiosk.locator("#prospect-warning svg")).to_be_visible()
    await assert_accessible(kiosk, **SEVEN_TO_ONE)
    fits = "(one) => one.scrollHeight <= one.clientHeight"
    assert await kiosk.locator(".screens").evaluate(fits)
    await expect(kiosk.locator("#take")).to_be_visible(visible=served == "perhaps")


async def test_a_double_tap_gives_one_ticket(kiosk: Page) -> None:
    await choose(kiosk)
    await kiosk.locator("#take").dblclick()
    await assert_shows_ticket(kiosk, "А1")
    assert await tickets() == 1


async def test_a_tap_is_answered_in_the_frame_that_follows_it(kiosk: Page) -> None:
    """Without waiting for the server: far below the tenth of a second that a finger notices."""
    await choose(kiosk)
    answered = await kiosk.locator("#take").evaluate(
        "(button) => { button.click(); return button.offsetParent === null; }"
    )
    assert answered
    await assert_shows_ticket(kiosk, "А1")


@pytest.mark.slow
async def test_several_services_of_one_desk_and_a_right_to_go_first_make_one_visit(
    kiosk: Page,
) -> None:
    await choose(kiosk, "payments", "debt-amount")
    await press(kiosk, "#add-service")
    await press(kiosk, "[data-group=accounts]")
    elsewhere = kiosk.locator("[data-service=owner-change]:visible")
    await expect(elsewhere).to_have_attribute("aria-disabled", "true")
    await elsewhere.click(force=True)
    await expect(kiosk.locator("#announcer")).to_contain_text("окремий талон")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-back]")
    await press(kiosk, "[data-group=payments]")
    await press(kiosk, "[data-service=payment-search]")
    await expect(kiosk.locator("#chosen > li")).to_have_count(2)
    await press(kiosk, "[data-go=priority]")
    await assert_accessible(kiosk)
    await press(kiosk, "[data-priority=veteran]")
    await press(kiosk, "#take")
    await assert_shows_ticket(kiosk, "П1")
    row = await db.fetch_row("SELECT services, priority FROM ticket")
    assert row is not None
    assert list(row["services"]) == ["debt-amount", "payment-search"]
    assert row["priority"] == "veteran"
