"""The night in which Cairo's clocks go on from midnight to one o'clock, lived at a night desk."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queue_app.clock import FixedClock
from queue_app.queries import doctor, reference
from tests.support.application import alive, build, speaking_to
from tests.support.made_up import made_up_centre
from tests.web.api import API, done, refused
from tests.web.test_second_centre import QUAY, Point, put_in_force

CAIRO = ZoneInfo("Africa/Cairo")
EVENING = datetime(2026, 4, 23, 21, 50, tzinfo=CAIRO)


@pytest.fixture
async def point(spare_database: str, tmp_path: Path) -> AsyncIterator[Point]:
    folder = made_up_centre(tmp_path / "centre", "ar", "EG", CAIRO.key)
    branches = folder / "branches.toml"
    branches.write_text(branches.read_text().replace("8:00-14:00", "22:00-6:00"))
    clock = FixedClock(EVENING)
    kiosk, clerk = await put_in_force(spare_database, folder)
    app = build(spare_database, tmp_path, clock, config=folder)
    async with alive(app), speaking_to(app) as client:
        reference.forget()
        yield Point(client, clock, kiosk, clerk)
        assert await doctor.check(clock.now()) == []


async def starts_of(point: Point, day: str) -> list[str]:
    """Hours and minutes on the wall."""
    asked = await point.get(f"{QUAY}/slots?service=card&days=1&from={day}&channel=visit")
    return [one[11:16] for one in asked["days"][0]["starts"]]


async def test_only_hours_that_are_open_and_that_there_are_can_be_booked(point: Point) -> None:
    usual, short = await starts_of(point, "2026-04-25"), await starts_of(point, "2026-04-24")
    assert (usual[0], usual[-1]) == ("00:00", "23:50")
    assert short == [one for one in usual if one >= "01:00"]
    gone = {"services": ["card"], "starts_at": "2026-04-24T00:30:00+02:00"}
    held = await point.post(f"{QUAY}/appointments", gone)
    assert done(held, 201)["starts_at"] == "2026-04-24T01:30:00+03:00", "the same moment"
    late = {"services": ["card"], "starts_at": "2026-04-24T06:10:00+03:00"}
    assert refused(await point.post(f"{QUAY}/appointments", late), 422)["reason"] == "closed_then"


async def test_the_night_is_lived_through_and_is_an_hour_shorter(point: Point) -> None:
    clock, kiosk, clerk = point.clock, point.kiosk, point.clerk
    booked = await _booked(point, "2026-04-24T01:00:00+03:00")
    desk = (await point.get(f"{QUAY}/desks", clerk))[0]["id"]
    done(await point.post(f"{API}/desks/{desk}/openings", None, clerk))
    clock.set(datetime(2026, 4, 23, 23, 55, tzinfo=CAIRO))
    first = done(await point.post(f"{QUAY}/tickets", {"services": ["card"]}, kiosk), 201)
    came = done(await point.post(f"{QUAY}/check-ins", {"code": booked["code"]}, kiosk), 201)
    clock.advance(minutes=5)
    board = await point.get(f"{QUAY}/board")
    assert board["at"].startswith("2026-04-23T22:00"), "which the wall calls one o'clock"
    for number in (came["number"], first["number"]):
        called = done(await point.post(f"{API}/desks/{desk}/calls", None, clerk))
        assert called["number"] == number
        done(await point.post(f"{API}/tickets/{called['id']}/starts", None, clerk))
        clock.advance(minutes=5)
        done(await point.post(f"{API}/tickets/{called['id']}/finishes", None, clerk))
    clock.set(datetime(2026, 4, 24, 5, 20, tzinfo=CAIRO))
    last = done(await point.post(f"{QUAY}/tickets", {"services": ["card"]}, kiosk), 201)
    assert last["number"] == "A2", "it is the same night"
    done(await point.post(f"{API}/desks/{desk}/calls", None, clerk))
    clock.set(datetime(2026, 4, 24, 5, 40, tzinfo=CAIRO))
    too_late = await point.post(f"{QUAY}/tickets", {"services": ["card"]}, kiosk)
    assert refused(too_late, 422)["closes_at"] == "2026-04-24T06:00:00+03:00"


async def _booked(point: Point, starts_at: str) -> Any:
    body = {"services": ["card"], "starts_at": starts_at}
    held = done(await point.post(f"{QUAY}/appointments", body), 201)
    person = {"name": "سامي", "phone": "٠١٠٠١٢٣٤٥٦٧"}
    return done(await point.post(f"{API}/appointments/{held['token']}/confirmation", person))
