"""What tests of the hall share: a desk at work, and the proof that all is sound afterwards."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from queue_app.clock import FixedClock
from queue_app.queries import doctor
from tests.support.database import RUN_FOLDER, drop_database, own_database
from tests.support.hall import Desk, open_desk


@pytest.fixture
async def proven(database: str, clock: FixedClock) -> AsyncIterator[None]:
    """Whatever a test did, every invariant of the database holds."""
    yield
    assert await doctor.check(clock.now()) == []


@pytest.fixture(scope="session")
async def small_dsn(database_server: str, worker: str) -> AsyncIterator[str]:
    """The worker's own database for `wishing_hall.hall`, which says what stands in it."""
    name = f"{Path(os.environ[RUN_FOLDER]).name}-{worker}-small"
    yield await own_database(database_server, name)
    await drop_database(database_server, name)


@pytest.fixture
async def desk(database: str, clock: FixedClock) -> Desk:
    return await open_desk("1", clock.now())
