"""Two clerks with a browser each who press at the same moment: one is first, the other is told so,
and both go on with the next press."""

import asyncio

import pytest
from playwright.async_api import expect

from queue_app.clock import Clock
from queue_app.store import db
from tests.browser.console.clerk import Arrive, Clerk
from tests.support.hall import take_ticket

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]


async def at_desks() -> list[tuple[str, int]]:
    rows = await db.fetch(
        "SELECT number, desk_id FROM ticket WHERE state IN ('called', 'serving') ORDER BY number"
    )
    return [(row["number"], row["desk_id"]) for row in rows]


async def is_at_work(clerk: Clerk) -> bool:
    """What came of the last press is on the screen; whether somebody is at the desk."""
    await expect(clerk.result).not_to_be_empty()
    await expect(clerk.primary).not_to_have_attribute("aria-busy", "true")
    return await clerk.page.locator("#person").get_attribute("data-mode") == "called"


async def ask_for(clerk: Clerk, number: str) -> None:
    """The question whether to call this one before others is open, with a reason chosen."""
    await clerk.mode("free")
    await clerk.row(number).get_by_role("button").focus()
    await clerk.page.keyboard.press("Enter")
    await expect(clerk.page.locator("#pick-dialog")).to_be_visible()
    await clerk.page.locator("#pick-reasons input").first.focus()
    await clerk.page.keyboard.press("Space")


async def test_of_two_who_pick_one_person_at_once_one_calls_them(
    arrive: Arrive, clock: Clock
) -> None:
    for _ in range(3):
        await take_ticket(clock.now())
    both = [await arrive("1"), await arrive("2")]
    for clerk in both:
        await ask_for(clerk, "А2")
    await asyncio.gather(*(clerk.page.keyboard.press("Enter") for clerk in both))
    won, lost = both if await is_at_work(both[0]) else both[::-1]
    assert await at_desks() == [("А2", won.desk)]
    await expect(won.number).to_have_text("А2")
    await lost.mode("free")
    await expect(lost.result).to_contain_text("Подивіться, як є зараз, і вирішіть ще раз")
    await lost.press("Space", "called")
    assert await at_desks() == [("А1", lost.desk), ("А2", won.desk)]


async def test_of_an_undo_and_a_call_of_one_person_one_is_done(
    arrive: Arrive, clock: Clock
) -> None:
    await take_ticket(clock.now())
    one, two = await arrive("1"), await arrive("2")
    await one.mode("free")
    await one.press("Space", "called")
    await one.press("Digit5", "free")
    await two.mode("free")
    await asyncio.gather(one.page.keyboard.press("Control+z"), two.page.keyboard.press("Space"))
    here, there = await is_at_work(one), await is_at_work(two)
    assert here is not there
    won, lost = (one, two) if here else (two, one)
    assert await at_desks() == [("А1", won.desk)]
    await lost.mode("empty")
    await won.mode("called")
    await won.press("Space", "serving")
