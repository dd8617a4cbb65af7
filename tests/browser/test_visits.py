"""The two whole visits as people live them: five browsers at once, two server processes.

The kiosk and the phones talk to one process, the clerk to the other: whatever a visitor sees of
the clerk's work has crossed the database.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from queue_app.domain.catalogue import Language
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.queries import doctor
from tests.browser.scene import (
    AT_ONCE_MS,
    OTHER,
    PHONE,
    SAID,
    SHORTLY_BEFORE,
    SUNDAY_EVENING,
    Scene,
    ahead,
    book,
    check_in,
    follow_qr,
    lead,
    look,
    open_hall,
    press,
    seen_at_once,
    serve_the_one_before,
    somebody_booked_before,
    take_ticket,
    tap,
)
from tests.conftest import MONDAY, StartServers
from tests.support.browser import follow
from tests.support.people import BRANCH, KIOSK

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture
async def scene(browser: Browser, servers: StartServers) -> AsyncIterator[Scene]:
    """Asks for `servers` so that the browsers close before the servers end."""
    own = Scene(browser)
    yield own
    for context in own.contexts:
        await context.close()
    assert own.wrong == []


async def test_a_booked_visit_from_the_sofa_to_the_thanks(
    scene: Scene, servers: StartServers
) -> None:
    """In Ukrainian; a second phone follows the same ticket."""
    language: Language = "uk"
    said = SAID[language]
    (evening,) = await servers(1, clock=SUNDAY_EVENING)
    scene.origins.add(urlsplit(evening.url).netloc)
    resident = await scene.enter(PHONE, language, is_mobile=True, has_touch=True)
    code = await book(resident, evening, said)
    other = await somebody_booked_before(SUNDAY_EVENING)
    # On a slow machine the page would become the ticket by itself before its link is tapped.
    await resident.route(
        "**/api/v1/appointments/*", lambda route: route.fulfill(json={"ticket_token": None})
    )
    evening.stop()

    hall = await open_hall(
        scene, servers, language, SHORTLY_BEFORE, port=urlsplit(evening.url).port
    )
    await arrival.check_in(By(KIOSK, SHORTLY_BEFORE), BRANCH, other)
    token = await check_in(hall.kiosk, code, language)
    await expect(hall.kiosk.locator("#ticket-number")).to_have_text("К2")
    await expect(hall.kiosk.locator("#ticket-ahead")).to_have_text(said.one_ahead)
    await look(hall.kiosk)

    await resident.reload()
    await follow(resident.get_by_text(said.open_ticket))
    companion = await follow_qr(scene, hall, token, language)
    phones = (resident, companion)
    for phone in phones:
        await expect(ahead(phone)).to_have_text(said.one_ahead)

    await serve_the_one_before(hall, "К1")
    for phone in phones:
        await expect(ahead(phone)).to_have_text(said.nobody_ahead)
    await expect(hall.clerk.locator(".row")).to_contain_text(["К2"])
    await expect(hall.clerk.locator(".row-why")).to_have_text(said.on_time)

    await press(hall.clerk, "Space", "called")
    await seen_at_once("К2", hall.board, *phones, go=said.go)
    await expect(hall.clerk.locator(".contact-name")).to_have_text("Олена Ковальчук")
    await look(hall.board, hall.clerk, *phones)
    await press(hall.clerk, "Space", "serving")
    await expect(lead(resident)).to_have_text(said.served)
    await press(hall.clerk, "Space", "empty")
    for phone in phones:
        await expect(lead(phone)).to_have_text(said.thanks)
    await look(hall.board, hall.clerk, *phones)
    assert await doctor.check(SHORTLY_BEFORE) == []


@pytest.mark.slow
async def test_a_walk_in_is_called_again_missed_put_back_and_served(
    scene: Scene, servers: StartServers
) -> None:
    """In English, behind somebody who reads Ukrainian."""
    language: Language = "en"
    said = SAID[language]
    hall = await open_hall(scene, servers, language, MONDAY)
    other = OTHER[language]
    token = await take_ticket(hall.kiosk, other, "А1")
    await expect(hall.kiosk.locator("#ticket-ahead")).to_have_text(SAID[other].next_at_kiosk)
    first = await follow_qr(scene, hall, token, other)
    await expect(ahead(first)).to_have_text(SAID[other].nobody_ahead)
    await tap(hall.kiosk, "#ticket-done")
    token = await take_ticket(hall.kiosk, language, "А2")
    await expect(hall.kiosk.locator("#ticket-ahead")).to_have_text(said.one_ahead)
    await look(hall.kiosk)
    phone = await follow_qr(scene, hall, token, language)
    await expect(ahead(phone)).to_have_text(said.one_ahead)

    await serve_the_one_before(hall, "А1")
    await expect(lead(first)).to_have_text(SAID[other].thanks)
    await expect(ahead(phone)).to_have_text(said.nobody_ahead)

    await press(hall.clerk, "Space", "called")
    await seen_at_once("А2", hall.board, phone, go=said.go)
    await expect(phone.locator("#again")).to_be_hidden()
    await expect(hall.clerk.locator("[data-verb=recall]")).to_have_attribute(
        "aria-disabled", "false", timeout=8_000
    )
    await press(hall.clerk, "Digit1", "called")
    await expect(phone.locator("#again")).to_have_text(said.called_again, timeout=AT_ONCE_MS)
    await expect(phone.locator("#again")).to_be_visible()
    await expect(hall.board.locator("#hall")).to_have_attribute("data-again", "true")
    await seen_at_once("А2", hall.board, phone, go=said.go)
    await look(hall.board, hall.clerk, phone)

    await press(hall.clerk, "Digit2", "empty")
    await expect(lead(phone)).to_have_text(said.missed)
    await hall.clerk.locator("#missed-list summary").click()
    await hall.clerk.locator("#missed button").click()
    await expect(hall.clerk.locator("#result")).to_contain_text(said.put_back)
    await expect(ahead(phone)).to_have_text(said.nobody_ahead)
    await expect(ahead(phone)).to_be_visible()

    await press(hall.clerk, "Space", "called")
    await seen_at_once("А2", hall.board, phone, go=said.go)
    await press(hall.clerk, "Space", "serving")
    await expect(lead(phone)).to_have_text(said.served)
    await press(hall.clerk, "Space", "empty")
    await expect(lead(phone)).to_have_text(said.thanks)
    await look(hall.board, hall.clerk, phone)
    assert await doctor.check(MONDAY + timedelta(minutes=5)) == []
