"""Waiting for what comes by itself."""

import asyncio
from collections.abc import Callable

SOON = 10.0
"""Seconds; for a machine that does much else."""


async def until(state: Callable[[], object], seconds: float = SOON) -> None:
    """Until it is so; TimeoutError if it does not come to that."""
    async with asyncio.timeout(seconds):
        while not state():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
