"""The console's list of the day, and what is done from it, without a browser."""

import re
from datetime import timedelta

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import reference, slots
from queue_app.store import db
from queue_app.web.guards import SESSION_COOKIE
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, hire

HERE = f"/console/branches/{BRANCH}"
TODAY = f"{HERE}/today"
SERVICE = "debt-amount"


@pytest.fixture
async def clerk(client: httpx.AsyncClient, clock: FixedClock) -> httpx.AsyncClient:
    """A browser in which a clerk is signed in."""
    client.cookies.set(SESSION_COOKIE, (await hire(clock.now())).token)
    client.headers["Accept-Language"] = "en"
    return client


async def free(clock: FixedClock) -> list[str]:
    directory = await reference.directory()
    branch, day = directory.branch(BRANCH), directory.local(clock.now()).date()
    found = await slots.free_days(directory, branch, [SERVICE], "visit", day, 1, clock.now())
    return [one.isoformat() for one in found[0].starts]


async def book(clerk: httpx.AsyncClient, at: str, **said: str) -> httpx.Response:
    form = {
        "service": SERVICE,
        "channel": "visit",
        "starts_at": at,
        "name": "Ян Нечай",
        "phone": "0671234567",
        "language": "en",
        **said,
    }
    return await clerk.post(f"{HERE}/booking", data=form)


def groups(page: str) -> dict[str, list[str]]:
    """The numbers and codes of each group that is shown."""
    parts = re.split(r'<h2 id="stage-(\w+)">', page)[1:]
    return {
        name: re.findall(r'day-number">([^<]+)<', text)
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


async def test_everybody_of_the_day_stands_in_the_group_that_is_theirs(
    clerk: httpx.AsyncClient, clock: FixedClock
) -> None:
    for _ in range(4):
        await take_ticket(clock.now())
    desk = await open_desk("1", clock.now())
    called = await desk.call()
    await desk.park(called.id)
    called = await desk.call()
    await desk.no_show(called.id)
    await desk.call()
    await book(clerk, (await free(clock))[0])
    shown = groups((await clerk.get(TODAY)).text)
    assert shown.keys() == {"parked", "waiting", "at_desk", "booked", "missed"}
    assert [shown[one] for one in ("parked", "missed", "at_desk", "waiting")] == [
        ["А1"], ["А2"], ["А3"], ["А4"],
    ]  # fmt: skip
    assert groups((await clerk.get(f"{TODAY}?stage=parked")).text).keys() == {"parked"}


async def test_a_clerk_finds_by_phone_and_sees_only_its_end(
    clerk: httpx.AsyncClient, clock: FixedClock
) -> None:
    await book(clerk, (await free(clock))[0])
    page = (await clerk.get(TODAY, params={"q": "067 123 45 67"})).text
    assert "Ян Нечай" in page
    assert "+380671234567" not in page
    assert "234567" not in page
    assert "Ян Нечай" not in (await clerk.get(TODAY, params={"q": "0671234568"})).text


async def test_a_supervisor_sees_the_whole_number(
    client: httpx.AsyncClient, clerk: httpx.AsyncClient, clock: FixedClock
) -> None:
    await book(clerk, (await free(clock))[0])
    boss = await hire(clock.now(), "boss", "supervisor")
    client.cookies.set(SESSION_COOKIE, boss.token)
    assert 'href="tel:+380671234567"' in (await client.get(TODAY)).text


async def test_a_late_person_is_checked_in_from_the_list(
    clerk: httpx.AsyncClient, clock: FixedClock
) -> None:
    await book(clerk, (await free(clock))[0])
    clock.advance(hours=1)
    page = (await clerk.get(TODAY)).text
    assert groups(page).keys() == {"late"}
    (action,) = re.findall(r'action="([^"]+/check-in)"', page)
    answer = await clerk.post(action)
    assert (answer.status_code, "said=checked_in" in answer.headers["location"]) == (303, True)
    page = (await clerk.get(answer.headers["location"])).text
    assert groups(page) == {"waiting": ["К1"]}
    assert "Checked in: ticket К1" in page


async def test_pressed_twice_the_ticket_is_one(clerk: httpx.AsyncClient) -> None:
    page = (await clerk.get(f"{HERE}/ticket")).text
    (key,) = re.findall(r'name="key" value="([^"]+)"', page)
    form = {"key": key, "service": SERVICE, "language": "en", "priority": ""}
    first, second = [await clerk.post(f"{HERE}/ticket", data=form) for _ in range(2)]
    assert first.headers["location"] == second.headers["location"]
    page = (await clerk.get(first.headers["location"])).text
    assert groups(page) == {"waiting": ["А1"]}
    (paper,) = re.findall(r'href="(/t/[^"]+/paper\?print)"', page)
    clerk.cookies.set("language", "uk")
    assert '<html lang="en"' in (await clerk.get(paper)).text, "as the person speaks"


@pytest.mark.parametrize(
    ("chosen", "people", "company", "said"),
    [
        ("", 1, None, ""),
        ("3", 3, None, "Group: 3 people"),
        ("helped", 1, "helped", "Somebody comes along to help"),
        ("represents", 1, "represents", "Acts for another person: ask for the document"),
        ("6", 1, None, ""),
    ],
)
async def test_whoever_comes_along_is_said_at_the_counter_and_in_the_list(
    chosen: str, people: int, company: str | None, said: str, clerk: httpx.AsyncClient
) -> None:
    assert 'value="5"' in (await clerk.get(f"{HERE}/ticket")).text
    form = {"service": SERVICE, "language": "en", "company": chosen}
    await clerk.post(f"{HERE}/ticket", data=form)
    assert [tuple(one) for one in await db.fetch("SELECT people, company FROM ticket")] == [
        (people, company)
    ]
    page = (await clerk.get(TODAY)).text
    assert groups(page) == {"waiting": ["А1"]}
    if said:
        assert said in page
    else:
        assert not any(one in page for one in ("Group:", "comes along", "Acts for"))


async def test_what_was_entered_wrongly_is_asked_again_beside_the_rest(
    clerk: httpx.AsyncClient, clock: FixedClock
) -> None:
    at = (await free(clock))[0]
    answer = await book(clerk, at, phone="12")
    assert answer.status_code == 422
    assert 'value="Ян Нечай"' in answer.text
    assert f'value="{at}" checked' in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_a_time_that_somebody_took_meanwhile_is_said_and_nothing_is_lost(
    clerk: httpx.AsyncClient, clock: FixedClock
) -> None:
    at = (await free(clock))[0]
    number = 0
    while at in await free(clock):
        number += 1
        resident = By(RESIDENT, clock.now())
        await booking.hold(resident, BRANCH, [SERVICE], clock.now().fromisoformat(at), "visit")
    answer = await book(clerk, at)
    assert number
    assert (answer.status_code, 'value="Ян Нечай"' in answer.text) == (409, True)


async def test_a_booking_is_moved_and_cancelled_for_somebody(
    clerk: httpx.AsyncClient, clock: FixedClock
) -> None:
    times = await free(clock)
    await book(clerk, times[0])
    page = (await clerk.get(TODAY)).text
    (move,) = re.findall(r'href="([^"]+/bookings/\d+)"', page)
    assert f'value="{times[-1]}"' in (await clerk.get(move)).text
    moved = await clerk.post(f"{move}/moves", data={"starts_at": times[-1]})
    assert "said=moved" in moved.headers["location"]
    again = await clerk.post(f"{move}/moves", data={"starts_at": "tomorrow"})
    assert again.status_code == 422
    gone = await clerk.post(f"{move}/cancellation")
    assert "said=cancelled" in gone.headers["location"]
    assert groups((await clerk.get(TODAY)).text).keys() == {"gone"}


async def test_a_hold_is_nobody_of_the_day(clerk: httpx.AsyncClient, clock: FixedClock) -> None:
    at = clock.now().fromisoformat((await free(clock))[0])
    resident = By(RESIDENT, clock.now())
    held = await booking.hold(resident, BRANCH, [SERVICE], at, "visit")
    assert groups((await clerk.get(TODAY)).text) == {}
    await booking.cancel(resident, held.token)
    assert groups((await clerk.get(TODAY)).text) == {}
    assert (await clerk.get(f"{HERE}/bookings/{held.id}")).status_code == 200
    assert (await clerk.get(f"{HERE}/bookings/999")).status_code == 404


async def test_tomorrow_is_another_day(clerk: httpx.AsyncClient, clock: FixedClock) -> None:
    await take_ticket(clock.now())
    await book(clerk, (await free(clock))[0])
    clock.set(clock.now() + timedelta(days=1))
    assert groups((await clerk.get(TODAY)).text) == {}
