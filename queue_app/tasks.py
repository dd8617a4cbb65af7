"""Tasks that end when they are told to, whoever waits for what in them."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Any


async def wait_for(event: asyncio.Event, real_seconds: float) -> None:
    """Until the event, but no longer than this.

    `asyncio.wait_for` of Python 3.11 may swallow the cancelling of a task that hears of the event
    at the same moment: the task goes on for ever, and so does whoever waits for its end.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(real_seconds):
            await event.wait()


CANCEL_AGAIN_SECONDS = 2.0
"""For a task to tidy up, before it is told once more."""


async def cancelled(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Until all of these have ended, however. They are told so again and again: a library that
    waits by `asyncio.wait_for`, as one for mail, may keep a cancelling to itself."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
