"""The pause of a lane holds, also against whoever books at the same moment."""

import asyncio
from collections.abc import AsyncIterator
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
    centre = load_centre(CONFIG)
    every = tuple(skill.code for skill in centre.skills)

    def with_pause(branch: BranchPlan) -> BranchPlan:
        lane = LanePlan("only", "visit", every, branch.hours, pause_minutes=10)
        return replace(branch, lanes=(lane,)) if branch.slug == HERE else branch

    branches = tuple(map(with_pause, centre.branches))
    async with own(database_server, f"{worker}-pauses"):
        await apply(By(OPERATOR, MONDAY), replace(centre, branches=branches))
        assert (await reference.directory()).branch(HERE).lanes[0].pause_minutes == 10
        yield
        assert await doctor.check(MONDAY) == []


async def hold(minutes: int) -> Appointment | Conflict:
    try:
        at = TEN + timedelta(minutes=minutes)
        return await booking.hold(By(RESIDENT, MONDAY), HERE, [SERVICE], at)
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
