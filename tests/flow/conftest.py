"""What tests of the hall share: a desk at work, and the proof that all is sound afterwards."""

from collections.abc import AsyncIterator

import pytest

from queue_app.clock import FixedClock
from queue_app.queries import doctor
from tests.support.hall import Desk, open_desk


@pytest.fixture
async def proven(database: str, clock: FixedClock) -> AsyncIterator[None]:
    """Whatever a test did, every invariant of the database holds."""
    yield
    assert await doctor.check(clock.now()) == []


@pytest.fixture
async def desk(database: str, clock: FixedClock) -> Desk:
    return await open_desk("1", clock.now())
