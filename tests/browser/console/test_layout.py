"""The clerk's screen keeps still: at every size the next action is in sight, at one place."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from queue_app.clock import Clock
from queue_app.domain.people import RESIDENT
from queue_app.flow import arrival, booking, calling, interrupting
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.queries import reference
from tests.browser.console.clerk import CUT, Arrive, Clerk, stands
from tests.browser.keyboard import SEEN, tab_to
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]

SIZES = {
    "1280x720": {"width": 1280, "height": 720},
    "1440x900": {"width": 1440, "height": 900},
    "200 % zoom": {"width": 720, "height": 450},
}
"""At 200 % a window of 1440x900 has half as many of the page's own pixels each way."""
LOCALES = {"uk": "uk-UA", "en": "en-GB"}
SURNAME = "Ж" * 38 + "а"
"""39 letters without a place to break."""
NOTE = ("Принесе довідку про склад сім’ї та договір " * 12)[:500]


async def test_what_one_is_at_stays_in_sight_when_calls_are_stopped_above_it(
    arrive: Arrive, clock: Clock
) -> None:
    """At 1280x720 and 200 %, where the browser itself holds no place, as Safari."""
    other = await open_desk("2", clock.now())
    await take_ticket(clock.now())
    clerk = await arrive("1", viewport={"width": 640, "height": 360})
    page = clerk.page
    await clerk.mode("free")
    await page.evaluate("document.body.style.overflowAnchor = 'none'")
    await tab_to(page, "#next-on")
    await interrupting.interrupt(By(other.clerk, clock.now()), BRANCH, "alert", None, "")
    await expect(page.locator("#stops")).to_be_visible()
    assert await page.evaluate(SEEN)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LOCALES)
async def test_the_next_action_is_in_sight_at_one_place_whatever_happens(
    language: str, size: str, arrive: Arrive, clock: Clock
) -> None:
    ticket = await somebody_with_much_to_say(clock, language)
    clerk = await arrive("5", viewport=SIZES[size], locale=LOCALES[language])
    page = clerk.page
    await clerk.mode("free")
    place = await stands(clerk)
    await clerk.press("Space", "called")
    await expect(clerk.number).to_have_text(ticket.number)
    await expect(page.locator(".contact-name")).to_have_text(f"Олександр {SURNAME}")
    assert await stands(clerk) == place
    await assert_accessible(page)
    await clerk.press("Space", "serving")
    assert await stands(clerk) == place
    assert await reaches(clerk, ".services li") == place
    assert await reaches(clerk, ".contact-note") == place
    await interrupting.interrupt(By(clerk.staff, clock.now()), BRANCH, "alert", None, "")
    await expect(page.locator("#stops")).to_be_visible()
    assert await stands(clerk) == place
    await assert_accessible(page)
    await page.context.set_offline(True)
    await expect(page.locator("#stale")).to_be_visible(timeout=15_000)
    assert await stands(clerk) == place
    await page.context.set_offline(False)
    await expect(page.locator("#stale")).to_be_hidden(timeout=30_000)
    await clerk.press("Space", "interrupted")
    assert await stands(clerk) == place


async def somebody_with_much_to_say(clock: Clock, language: str) -> IssuedTicket:
    """Booked, with an endless surname, the two longest services, and the longest note."""
    then = By(RESIDENT, clock.now() - timedelta(seconds=5))
    held = await booking.hold(then, BRANCH, await longest(language), MONDAY.replace(hour=11))
    name = f"Олександр {SURNAME}"
    booked = await booking.confirm(
        then, held.token, name, "0671234567", f"{'olexandr' * 7}@example.org", "en"
    )
    ticket = await arrival.check_in(By(KIOSK, then.now), BRANCH, booked.code)
    five = await open_desk("3", then.now)
    await five.call(ticket.id)
    directory = await reference.directory()
    (desk,) = [one for one in directory.branch(BRANCH).desks if one.number == "5"]
    await calling.transfer(By(five.clerk, then.now), ticket.id, None, desk.id, NOTE)
    return ticket


async def longest(language: str) -> list[str]:
    """Of the services of desk 5 that can be booked, the two with the longest titles."""
    directory = await reference.directory()
    (desk,) = [one for one in directory.branch(BRANCH).desks if one.number == "5"]
    given = [
        one
        for one in directory.services.values()
        if one.code in desk.services and "visit" in one.channels
    ]
    return [one.code for one in sorted(given, key=lambda one: -len(one.title[language]))[:2]]


async def reaches(clerk: Clerk, selector: str) -> tuple[float, ...]:
    """The first is in sight, at 200 % once scrolled to, and so is every other one; where the main
    button is meanwhile."""
    lines = clerk.page.locator(selector)
    if clerk.page.viewport_size != SIZES["200 % zoom"]:
        await expect(lines.first).to_be_in_viewport()
    for one in await lines.all():
        await one.scroll_into_view_if_needed()
        await expect(one).to_be_in_viewport()
    return await stands(clerk)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LOCALES)
async def test_every_question_has_its_answer_in_sight(
    language: str, size: str, arrive: Arrive, clock: Clock
) -> None:
    await somebody_with_much_to_say(clock, language)
    await take_ticket(clock.now())
    clerk = await arrive("5", viewport=SIZES[size], locale=LOCALES[language])
    page = clerk.page
    await clerk.mode("free")
    await page.keyboard.press("?")
    await asked(clerk, "keys-dialog")
    await clerk.row("А1").get_by_role("button").focus()
    await page.keyboard.press("Enter")
    await asked(clerk, "pick-dialog")
    await page.locator("#stop").focus()
    await page.keyboard.press("Enter")
    await page.locator("#stop-dialog [name=scope][value=some]").check()
    await page.locator("#stop-dialog [name=kind][value=other]").check()
    await asked(clerk, "stop-dialog")
    await page.keyboard.press("Digit0")
    await asked(clerk, "pause-dialog")
    await clerk.press("Space", "called")
    await page.keyboard.press("Digit4")
    await asked(clerk, "transfer-dialog")
    await page.keyboard.press("h")
    await expect(page.locator("#history li").first).to_be_visible()
    await asked(clerk, "history-dialog")
    await clerk.press("Space", "serving")
    await page.keyboard.press("Digit9")
    await asked(clerk, "done-dialog")
    await clerk.mode("serving")


async def asked(clerk: Clerk, dialog: str) -> None:
    """The question is open, whole, accessible, its last button in sight; then it is closed."""
    page = clerk.page
    await expect(page.locator(f"#{dialog}")).to_be_visible()
    await expect(page.locator(f"#{dialog} .dialog-end .button").last).to_be_in_viewport(ratio=1)
    assert await page.evaluate(CUT) == []
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await expect(page.locator(f"#{dialog}")).to_be_hidden()
    await page.locator("#primary").focus()
