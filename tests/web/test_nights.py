"""Pages, letters and the API say which night is meant, and which of two times that look alike."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.delivery.letters import letter_of
from queue_app.domain.appointments import Appointment
from queue_app.domain.messages import Message
from queue_app.queries import reference
from queue_app.store import db
from tests.support import application
from tests.support.every_page import broken, live, stop
from tests.support.night import (
    FRIDAY,
    SATURDAY,
    SERVICE,
    THURSDAY,
    TO_WINTER,
    WEDNESDAY,
    at,
    book,
)
from tests.support.people import hire, install

EVE = at(TO_WINTER, 12) - timedelta(days=1)
FIRST, SECOND = at(TO_WINTER, 3, 30), at(TO_WINTER, 3, 30, fold=1)
TWICE = (
    "Цієї ночі годинник переводять назад, і одна година настає двічі: спершу UTC+3, потім UTC+2."
)
HERE = {"service": SERVICE, "channel": "visit", "branch": "harbour"}


@pytest.fixture(scope="session")
def night_app(
    night_dsn: str, own_clock: FixedClock, tmp_path_factory: pytest.TempPathFactory
) -> Litestar:
    return application.build(night_dsn, tmp_path_factory.mktemp("night"), own_clock)


@pytest.fixture
async def client(
    night: str, night_app: Litestar, clock: FixedClock
) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the night centre's application, which starts before any of these nights: time
    that is set back would end bookings that a job of its start still sees in the past."""
    clock.set(EVE)
    async with application.alive(night_app) as running, application.speaking_to(running) as one:
        yield one


async def page(client: httpx.AsyncClient, path: str, **asked: str) -> str:
    """What stands on a page, as text."""
    answer = await client.get(path, params=asked | {"lang": "uk"})
    assert answer.status_code == 200, answer.text
    text = unescape(re.sub(r"<[^>]+>", " ", answer.text)).replace("\u00a0", " ")
    return re.sub(r"\s+", " ", text)


async def letter(booked: Appointment) -> str:
    """What is written to whoever booked it."""
    row = await db.fetch_row("SELECT * FROM message WHERE appointment_id = $1", booked.id)
    assert row
    plain = {name: str(value) for name, value in row.items() if name in ("identity", "outbox")}
    by_mail = {"outbox": "", **row, "channel": "mail"}  # an SMS says less
    message = msgspec.convert(by_mail | plain, type=Message, strict=False)
    now = booked.changed_at
    return (await letter_of(await reference.directory(), message, now)).text.replace("\u00a0", " ")


async def get(client: httpx.AsyncClient, path: str, **asked: Any) -> Any:
    answer = await client.get(f"/api/v1{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.slow
@pytest.mark.parametrize(
    "begins", [at(WEDNESDAY, 23, 40), at(TO_WINTER, 2, 50)], ids=["midnight", "the doubled hour"]
)
async def test_every_page_stands_in_the_night_in_both_languages(
    client: httpx.AsyncClient, clock: FixedClock, begins: datetime
) -> None:
    clock.set(begins)
    lived = await live(clock)
    assert clock.now() > begins + timedelta(minutes=20), "people came on both sides of it"
    assert await broken(client, lived, "uk") == []
    await stop(lived, clock)
    assert await broken(client, lived, "en") == []


async def test_the_page_of_times_tells_which_night_a_time_belongs_to(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    clock.set(at(FRIDAY, 12))
    here = {"service": SERVICE, "channel": "visit", "branch": "harbour"}
    evening = await page(client, "/time", **here, day=str(SATURDAY))
    assert "22:00" in evening and "ніч" not in evening
    assert "Увечері" in evening and "Після обіду" not in evening
    night = await page(client, "/time", **here, day=str(SATURDAY + timedelta(days=1)))
    assert "ніч субота – неділя" in night
    assert "05:50" in night and "22:00" not in night
    assert "годинник" not in night, "no clock changes in this night"


async def test_the_earliest_time_of_the_small_hours_is_said_with_its_date_and_night(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    clock.set(at(WEDNESDAY, 23, 55))
    branch = await page(client, "/branch", service=SERVICE, channel="visit")
    assert "четвер, 26 листопада, 00:10, ніч середа – четвер" in branch


STOPPED = "Знеструмлення. Зараз прийом у відділенні зупинено"


async def test_whoever_books_for_this_night_is_told_that_calls_are_stopped_in_it(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    clock.set(at(WEDNESDAY, 23))
    clerk = await hire(clock.now(), role="supervisor", branch="station")
    begun = await client.post(
        "/api/v1/branches/station/interruptions", json={"kind": "power"}, headers=clerk.bearer
    )
    assert begun.status_code == 201, begun.text
    here = {"service": SERVICE, "channel": "visit", "branch": "station"}
    told = [
        "Знеструмлення. Зараз прийом у відділенні зупинено"
        in (await page(client, "/time", **here, day=str(day)))
        for day in (WEDNESDAY, THURSDAY, FRIDAY)
    ]
    assert told == [True, True, False]


async def test_a_booking_of_the_small_hours_says_its_night_on_its_page_and_in_the_letter(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    clock.set(at(WEDNESDAY, 12))
    booked = await book("station", at(THURSDAY, 1, 30), clock.now(), "0671234567")
    said = await page(client, f"/visit/{booked.token}")
    assert "четвер, 26 листопада, 01:30 ніч середа – четвер" in said
    assert "четвер, 26 листопада, 01:30, ніч середа – четвер" in await letter(booked)
    await book("station", at(WEDNESDAY, 22), clock.now(), "0671234568")


async def test_free_starts_of_a_night_stand_under_the_dates_of_their_local_time(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    clock.set(at(WEDNESDAY, 12))
    found = await get(
        client, "/branches/station/slots", service=SERVICE, days=2, **{"from": str(WEDNESDAY)}
    )
    days = {day["date"]: day["starts"] for day in found["days"]}
    assert all(start.startswith(day) for day, starts in days.items() for start in starts)
    assert days[str(WEDNESDAY)][0] == "2026-11-25T22:00:00+02:00"
    assert days[str(THURSDAY)][0] == "2026-11-26T00:00:00+02:00"


async def test_the_hours_of_a_night_are_shown_as_they_are_written(
    client: httpx.AsyncClient,
) -> None:
    shown = {one["slug"]: one["hours"] for one in await get(client, "/branches")}
    assert shown["station"]["mon"] == [{"opens": "22:00", "closes": "06:00"}]
    assert shown["station"]["fri"] == [{"opens": "22:00", "closes": "24:00"}]
    assert shown["square"]["mon"] == [{"opens": "04:00", "closes": "04:00"}]
    assert shown["harbour"]["sat"][1] == {"opens": "25:30", "closes": "30:00"}


async def test_two_times_that_look_alike_are_told_apart_where_one_is_chosen(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    clock.set(EVE)
    said = await page(client, "/time", **HERE, day=str(TO_WINTER))
    buttons = (await client.get("/time", params=HERE | {"day": str(TO_WINTER)})).text
    assert "03:30 <small>(UTC+3)</small>" in buttons, "on a phone three stand side by side"
    assert said.index("03:30 (UTC+3)") < said.index("03:30 (UTC+2)")
    assert TWICE in said
    assert "02:50 " in said and "02:50 (" not in said
    assert "04:00 " in said and "04:00 (" not in said
    found = await get(
        client, "/branches/harbour/slots", service=SERVICE, days=1, **{"from": str(TO_WINTER)}
    )
    alike = [one for one in found["days"][0]["starts"] if "T03:30" in one]
    assert alike == ["2026-10-25T03:30:00+03:00", "2026-10-25T03:30:00+02:00"]


@pytest.mark.parametrize(("start", "name"), [(FIRST, "UTC+3"), (SECOND, "UTC+2")])
async def test_a_booking_of_a_time_that_comes_twice_is_told_apart_wherever_it_is_shown(
    client: httpx.AsyncClient, clock: FixedClock, start: Any, name: str
) -> None:
    """Its page, the API, the letter, the calendar, the kiosk's ticket, the phone, the console."""
    clock.set(EVE)
    booked = await book("harbour", start, EVE, "0671234567")
    said = await page(client, f"/visit/{booked.token}")
    assert f"неділя, 25 жовтня, 03:30 ({name})" in said
    assert TWICE in said
    seen = await get(client, f"/appointments/{booked.token}")
    assert seen["starts_at"] == f"2026-10-25T03:30:00+0{name[-1]}:00"
    written = await letter(booked)
    assert f"03:30 ({name}), ніч субота – неділя" in written
    assert TWICE in written
    calendar = (await client.get(f"/visit/{booked.token}/calendar.ics")).text
    assert f"DTSTART:20261025T0{0 if start == FIRST else 1}3000Z" in calendar

    clock.set(start - timedelta(minutes=5))
    kiosk = await install(clock.now(), branch="harbour")
    issued = await client.post(
        "/api/v1/branches/harbour/check-ins", json={"code": booked.code}, headers=kiosk.bearer
    )
    assert issued.status_code == 201, issued.text
    assert datetime.fromisoformat(issued.json()["due_at"]) == start
    assert f"03:30 ({name})" in await page(client, f"/t/{issued.json()['token']}")

    clerk = await hire(clock.now(), branch="harbour")
    harbour = (await reference.directory()).branch("harbour")
    await client.post(f"/api/v1/desks/{harbour.desks[0].id}/openings", headers=clerk.bearer)
    queue = await client.get(f"/api/v1/desks/{harbour.desks[0].id}/queue", headers=clerk.bearer)
    assert f"03:30 ({name})" in queue.text.replace("\u00a0", " ")
    console = await client.get(
        f"/console/desks/{harbour.desks[0].id}", headers=clerk.bearer, params={"lang": "uk"}
    )
    assert f"03:30 ({name})" in unescape(console.text).replace("\u00a0", " ")
