"""The pause of a lane and its share for walk-ins hold, whoever books at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from config.files import load_centre
from queue_app.domain.appointments import Appointment
from queue_app.domain.centre import BranchPlan, LanePlan
from queue_app.domain.errors import Conflict
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import doctor, reference
from tests.conftest import MONDAY
from tests.flow.stage import own
from tests.support.database import CONFIG

HERE, SERVICE = "podilskyi", "debt-amount"
TEN = MONDAY + timedelta(days=1)


@pytest.fixture
async def pausing(database_server: str, worker: str) -> AsyncIterator[None]:
    async with _one_lane(database_server, f"{worker}-pauses", pause_minutes=10):
        yield


@pytest.fixture
async def sharing(database_server: str, worker: str) -> AsyncIterator[None]:
    async with _one_lane(database_server, f"{worker}-shares", walk_in_percent=50):
        yield


@asynccontextmanager
async def _one_lane(database_server: str, name: str, **rules: int) -> AsyncIterator[None]:
    centre = load_centre(CONFIG)
    every = tuple(skill.code for skill in centre.skills)

    def with_rules(branch: BranchPlan) -> BranchPlan:
        lane = replace(LanePlan("only", "visit", every, branch.hours), **rules)
        return replace(branch, lanes=(lane,)) if branch.slug == HERE else branch

    branches = tuple(map(with_rules, centre.branches))
    async with own(database_server, name):
        await apply(By(OPERATOR, MONDAY), replace(centre, branches=branches))
        lane = (await reference.directory()).branch(HERE).lanes[0]
        assert {rule: getattr(lane, rule) for rule in rules} == rules
        yield
        assert await doctor.check(MONDAY) == []


async def hold(minutes: int) -> Appointment | Conflict:
    try:
        at = TEN + timedelta(minutes=minutes)
        return await booking.hold(By(RESIDENT, MONDAY), HERE, [SERVICE], at)
    except Conflict as conflict:
        return conflict


async def move(booked: Appointment, minutes: int) -> Appointment | Conflict:
    try:
        by = By(RESIDENT, MONDAY)
        return await booking.move(by, booked.token, TEN + timedelta(minutes=minutes))
    except Conflict as conflict:
        return conflict


@pytest.mark.usefixtures("pausing")
async def test_of_two_who_ask_at_once_one_has_the_time_and_the_pause_after_it() -> None:
    for hour in range(4):
        first, second = await asyncio.gather(hold(60 * hour), hold(60 * hour + 10))
        held = [one for one in (first, second) if isinstance(one, Appointment)]
        assert len(held) == 1, (first, second)
        assert isinstance(await hold(60 * hour + 30), Appointment)


@pytest.mark.usefixtures("pausing")
async def test_a_booking_is_moved_beside_itself_but_not_into_a_pause() -> None:
    mine = await hold(0)
    other = await hold(40)
    assert isinstance(mine, Appointment) and isinstance(other, Appointment)
    by = By(RESIDENT, MONDAY)
    moved = await booking.move(by, mine.token, TEN + timedelta(minutes=10))
    assert moved.starts_at == TEN + timedelta(minutes=10)
    with pytest.raises(Conflict, match="slot_taken"):
        await booking.move(by, mine.token, TEN + timedelta(minutes=30))


@pytest.mark.usefixtures("sharing")
async def test_however_many_book_at_once_a_lane_keeps_its_share_of_the_day() -> None:
    """Of nine hours half may be booked: 27 visits of ten minutes, wherever they lie."""
    asked = await asyncio.gather(*(hold(10 * step) for step in range(42)))
    assert len([one for one in asked if isinstance(one, Appointment)]) == 27


@pytest.mark.usefixtures("sharing")
async def test_whoever_moves_into_the_day_counts_towards_its_share_as_who_books_anew() -> None:
    """Of 27 visits 20 are taken; eight move here from the next day while eight book anew."""
    for step in range(20):
        assert isinstance(await hold(10 * step), Appointment)
    later = [await hold(24 * 60 + 10 * step) for step in range(8)]
    to_move = [one for one in later if isinstance(one, Appointment)]
    assert len(to_move) == 8
    asked = await asyncio.gather(
        *(hold(200 + 10 * step) for step in range(8)),
        *(move(one, 280 + 10 * step) for step, one in enumerate(to_move)),
    )
    assert len([one for one in asked if isinstance(one, Appointment)]) == 7
