"""The centre of the tests of API v1."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.queries import doctor
from tests.conftest import MONDAY
from tests.support.application import alive, speaking_to
from tests.support.database import empty
from tests.support.people import hire, install
from tests.web.api import API, ELSEWHERE, HERE, Centre


@pytest.fixture(scope="module")
async def served(
    built: Litestar, own_clock: FixedClock
) -> AsyncIterator[tuple[Litestar, FixedClock]]:
    """The worker's application, alive for all tests of this file, and its clock."""
    async with alive(built) as app:
        yield app, own_clock


@pytest.fixture
async def centre(dsn: str, served: tuple[Litestar, FixedClock]) -> AsyncIterator[Centre]:
    """A centre in which nothing has happened yet; what the test leaves in it is sound."""
    app, clock = served
    clock.set(MONDAY)
    await empty(dsn)
    now = clock.now()
    async with speaking_to(app) as client:
        clerk = await hire(now)
        desks = await client.get(f"{HERE}/desks", headers=clerk.bearer)
        first = desks.json()[0]["id"]
        await client.post(f"{API}/desks/{first}/openings", headers=clerk.bearer)
        yield Centre(
            client=client,
            clock=clock,
            clerk=clerk,
            other_clerk=await hire(now, "clerk2"),
            supervisor=await hire(now, "supervisor1", "supervisor"),
            stranger=await hire(now, "clerk9", branch=ELSEWHERE),
            kiosk=await install(now),
            board=await install(now, "board"),
            far_kiosk=await install(now, branch=ELSEWHERE),
            desk=first,
        )
    assert await doctor.check(clock.now()) == []
