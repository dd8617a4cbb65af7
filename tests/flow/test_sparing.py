"""One address cannot take all times, and what is given back cannot be waited for."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import QueueError, TooMany
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import booking, proving, reaching
from queue_app.flow import sparing as sparing_rules
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.jobs import holds, retention
from queue_app.queries import appointments, doctor, reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.bookings import ONE, TUESDAY, centre_with_a_night, starts
from tests.flow.stage import own
from tests.support.application import alive, build, speaking_to
from tests.support.database import CONFIG
from tests.support.people import BRANCH
from tests.web.api import HERE, SERVICE

LIMIT = 20
HOME_AND_NEXT_DOOR = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")


def at(address: str | None, now: datetime = MONDAY) -> By:
    return By(RESIDENT, now, address=address)


async def hold(address: str | None, place: int, now: datetime = MONDAY) -> Appointment:
    free = await starts(BRANCH, TUESDAY, now)
    return await booking.hold(at(address, now), BRANCH, [SERVICE], free[place])


async def test_one_address_holds_twenty_times_at_once_and_others_hold_theirs(
    database: str,
) -> None:
    held = [await hold("203.0.113.7", 0) for _ in range(LIMIT)]
    with pytest.raises(TooMany, match="too_many_holds"):
        await hold("203.0.113.7", 0)
    assert (await hold("203.0.113.8", 0)).state == "held"
    assert (await hold(None, 0)).state == "held"
    await booking.confirm(at("203.0.113.7"), held[0].token, "Олена", "+380671234567", None, "uk")
    await booking.cancel(at("203.0.113.7"), held[1].token)
    assert [(await hold("203.0.113.7", 0)).state for _ in range(2)] == ["held"] * 2
    with pytest.raises(TooMany, match="too_many_holds"):
        await hold("203.0.113.7", 0)
    later = MONDAY + timedelta(minutes=10)
    assert (await hold("203.0.113.7", 0, later)).state == "held"
    assert await doctor.check(later) == []


async def test_a_crowd_of_requests_from_one_address_takes_no_more(database: str) -> None:
    free = await starts(BRANCH, TUESDAY, MONDAY)
    asked = [
        booking.hold(at("203.0.113.7"), BRANCH, [SERVICE], start) for start in free[: 2 * LIMIT]
    ]
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, Appointment) for one in done) == LIMIT
    assert all(isinstance(one, Appointment | TooMany) for one in done), done


async def test_a_browser_that_asks_for_many_at_once_holds_three_from_whatever_address(
    database: str,
) -> None:
    free = await starts(BRANCH, TUESDAY, MONDAY)
    asked = [
        booking.hold(at(f"203.0.113.{place}").through("one browser"), BRANCH, [SERVICE], start)
        for place, start in enumerate(free[:12])
    ]
    done = await asyncio.gather(*asked, return_exceptions=True)
    held = [one for one in done if isinstance(one, Appointment)]
    assert len(held) == 3
    assert {getattr(one, "code", None) for one in done if one not in held} == {"enough_holds"}
    kept = await sparing_rules.held_by("one browser", MONDAY)
    assert {one.token for one in kept} == {one.token for one in held}
    assert await sparing_rules.held_by("another", MONDAY) == []
    assert await sparing_rules.held_by("one browser", MONDAY + timedelta(minutes=10)) == []


async def test_whence_times_are_held_is_kept_hashed_and_no_longer_than_they_are(
    database: str, clock: FixedClock
) -> None:
    await hold("203.0.113.7", 0)
    rows = await db.fetch("SELECT h::text AS all FROM hold_from h")
    assert len(rows) == 1 and "203.0.113" not in rows[0]["all"]
    clock.advance(minutes=10)
    await retention.drop_leftovers(clock)
    assert await db.fetch("SELECT FROM hold_from") == []


@pytest.mark.slow
async def test_an_attack_from_one_address_is_refused_with_a_clear_429(
    database: str, data: Path, clock: FixedClock
) -> None:
    free = await starts(BRANCH, TUESDAY, MONDAY)
    app = build(database, data, clock, rate_limits=True)
    async with alive(app), speaking_to(app) as client:
        for place in range(LIMIT + 1):
            body = {"services": [SERVICE], "starts_at": free[place].isoformat()}
            answer = await client.post(f"{HERE}/appointments", json=body)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_holds")
    assert answer.headers["retry-after"] == "600"
    assert await db.fetch_value("SELECT count(*) FROM appointment") == LIMIT


async def test_the_addresses_of_one_home_are_one_and_those_of_another_are_not(
    database: str, data: Path, clock: FixedClock
) -> None:
    free = await starts(BRANCH, TUESDAY, MONDAY)
    app = build(database, data, clock, rate_limits=True)
    async with alive(app):
        for place, address in enumerate(
            ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"]
        ):
            transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                body = {"services": [SERVICE], "starts_at": free[place].isoformat()}
                await client.post(f"{HERE}/appointments", json=body)
    rows = await db.fetch("SELECT count(*) FROM hold_from GROUP BY address ORDER BY 1")
    assert [row["count"] for row in rows] == [1, 2]


@pytest.fixture
async def sparing(
    database_server: str, worker: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FixedClock]:
    """A centre that shows what is given back within an hour, and takes two bookings a day from
    one address. ONE has a single lane."""
    monkeypatch.setattr(sparing_rules, "_dice", random.Random(7))
    centre = centre_with_a_night()
    rules = msgspec.structs.replace(
        load_centre(CONFIG).rules, freed_slot_minutes=60, bookings_per_address=2
    )
    async with own(database_server, f"{worker}-sparing"):
        await apply(By(OPERATOR, MONDAY), msgspec.structs.replace(centre, rules=rules))
        reference.forget()
        yield clock
    reference.forget()


@pytest.mark.slow
async def test_one_address_books_only_so_often_in_a_day(sparing: FixedClock) -> None:
    async def book(place: int, phone: str, now: datetime = MONDAY) -> str:
        free = await starts(ONE, TUESDAY, now)
        held = await booking.hold(at("203.0.113.7", now), ONE, [SERVICE], free[place])
        by = at("203.0.113.7", now)
        try:
            return (await booking.confirm(by, held.token, "Ян", phone, None, "uk")).state
        except QueueError as error:
            return error.code

    assert await book(0, "not a number") == "bad_contact"
    assert [await book(0, f"+38067123450{n}") for n in range(3)] == [
        "booked",
        "booked",
        "too_many_from_address",
    ]
    assert await book(0, "+380671234509", MONDAY + timedelta(hours=18)) == "booked"


async def test_one_address_asks_for_so_many_codes_a_day_whomever_they_go_to(
    sparing: FixedClock,
) -> None:
    for place in range(2):
        await proving.ask_code(at("203.0.113.7"), f"+38067123450{place}")
    with pytest.raises(TooMany, match="too_many_from_address"):
        await proving.ask_code(at("203.0.113.7"), "+380671234509")
    await proving.ask_code(at("203.0.113.8"), "+380671234509")


async def test_a_contact_that_is_changed_again_and_again_is_counted_too(
    sparing: FixedClock,
) -> None:
    free = await starts(ONE, TUESDAY, MONDAY)
    held = await booking.hold(at("203.0.113.7"), ONE, [SERVICE], free[0])
    by = at("203.0.113.7")
    await booking.confirm(by, held.token, "Ян", "+380671234500", None, "uk")
    await reaching.correct(by, held.token, phone="+380671234501")
    with pytest.raises(TooMany, match="too_many_from_address"):
        await reaching.correct(by, held.token, phone="+380671234502")
    assert (await appointments.by_token(held.token)).phone == "+380671234501"


async def test_what_is_given_back_is_shown_at_a_moment_that_nobody_knows(
    sparing: FixedClock,
) -> None:
    free = await starts(ONE, TUESDAY, MONDAY)
    given = free[:24:2]
    for start in given:
        held = await booking.hold(at(None), ONE, [SERVICE], start)
        await booking.cancel(at(None), held.token)
    assert not set(given) & set(await starts(ONE, TUESDAY, MONDAY))
    with pytest.raises(QueueError, match="slot_taken"):
        await booking.hold(at(None), ONE, [SERVICE], given[0])
    shown = []
    for minutes in range(0, 61, 10):
        now = MONDAY + timedelta(minutes=minutes)
        shown.append(len(set(given) & set(await starts(ONE, TUESDAY, now))))
    assert shown == sorted(shown) and shown[0] == 0 and shown[-1] == len(given)
    assert 0 < shown[3] < len(given)
    sparing.set(MONDAY + timedelta(hours=1))
    await retention.drop_leftovers(sparing)
    assert await db.fetch("SELECT FROM freed_slot") == []


async def test_a_hold_that_ran_out_and_a_booking_that_moved_come_back_so_too(
    sparing: FixedClock,
) -> None:
    free = await starts(ONE, TUESDAY, MONDAY)
    held = await booking.hold(at(None), ONE, [SERVICE], free[0])
    moved = await booking.hold(at(None), ONE, [SERVICE], free[4])
    await booking.move(at(None), moved.token, free[8])
    ran_out = held.held_until
    assert ran_out
    assert free[0] not in await starts(ONE, TUESDAY, ran_out)
    sparing.set(ran_out)
    await holds.expire(sparing)
    free_at = {
        row["at"]: row["free_at"]
        for row in await db.fetch("SELECT lower(period) AS at, free_at FROM freed_slot")
    }
    assert free_at.keys() == {free[0], free[4], free[8]}
    for start, moment in free_at.items():
        before = moment - timedelta(microseconds=1)
        assert start not in await starts(ONE, TUESDAY, before)
        assert start in await starts(ONE, TUESDAY, moment)
