"""A server that goes on from test to test, and halls that do not."""

import asyncio

import pytest

from queue_app.live.hub import QUIET_SECONDS


@pytest.fixture
async def own_hall(database: str) -> None:
    """An empty hall; what a server has read of the last test's is too old to be given out."""
    await asyncio.sleep(2 * QUIET_SECONDS)
