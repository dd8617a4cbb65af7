"""Whoever asks `/health/ready` four times a second, as a balancer does, each time anew."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

EVERY = 0.25
WITHIN = 2.0
"""Seconds after which no answer is a no."""
CONTENT_AFTER = 8
"""Times yes in a row."""


@dataclass(frozen=True)
class Asked:
    """One question; times are of `time.monotonic`."""

    sent: float
    answered: float
    ready: bool


class Probe:
    """All that was asked and answered in a trial."""

    def __init__(self, url: str) -> None:
        self.host, port = url.removeprefix("http://").split(":")
        self.port = int(port)
        self.asked: list[Asked] = []

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Ask until the block ends."""
        task = asyncio.create_task(self._ask_on())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def is_content(self) -> bool:
        """Whether the last answers all said yes."""
        last = sorted(self.asked, key=lambda one: one.sent)[-CONTENT_AFTER:]
        return len(last) == CONTENT_AFTER and all(one.ready for one in last)

    def said_no_after(self, start: float) -> float | None:
        """Seconds from `start` to the first no; None where it never said it."""
        noes = [one.answered for one in self.asked if one.sent >= start and not one.ready]
        return min(noes) - start if noes else None

    def said_yes_after(self, start: float, end: float) -> float | None:
        """Seconds from `end` to the first yes after the last no since `start`, at least 0; None
        where it said no to the end."""
        noes = [one.sent for one in self.asked if one.sent >= start and not one.ready]
        last = max(noes, default=start)
        yes = [one.answered for one in self.asked if one.sent > last and one.ready]
        return max(0.0, min(yes) - end) if yes else None

    async def _ask_on(self) -> None:
        async with asyncio.TaskGroup() as questions:
            while True:
                questions.create_task(self.ask())
                await asyncio.sleep(EVERY)

    async def ask(self) -> bool:
        sent = time.monotonic()
        try:
            async with asyncio.timeout(WITHIN):
                ready = await self._is_ready()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            ready = False
        self.asked.append(Asked(sent, time.monotonic(), ready))
        return ready

    async def _is_ready(self) -> bool:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(b"GET /health/ready HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
            head = await reader.readuntil(b"\r\n")
            return b" 200 " in head
        finally:
            writer.close()
