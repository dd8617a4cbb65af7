"""Boards that follow the hall and connect again when they are cut off, as the page does."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

AGAIN_AFTER = 0.5
_VERSION = re.compile(r'^\{"version":(\d+)')


@dataclass
class Screen:
    """`version`: of the frame that it shows. `moved`: when it first showed another one than at
    the fault's end."""

    version: int | None = None
    at_end: int | None = None
    moved: float | None = None


class Boards:
    """All boards of a trial."""

    def __init__(self, url: str, branch: str, count: int) -> None:
        self.address = f"{url.replace('http://', 'ws://')}/ws/branches/{branch}/board"
        self.screens = [Screen() for _ in range(count)]
        self._ended = 0.0

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._watch(screen)) for screen in self.screens]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def mark(self) -> None:
        """The fault is over: from now on a board has moved when it shows something else."""
        self._ended = time.monotonic()
        for screen in self.screens:
            screen.at_end, screen.moved = screen.version, None

    def moved_after(self) -> float | None:
        """Seconds from the fault's end until the last board had moved; None before that."""
        times = [screen.moved for screen in self.screens if screen.moved]
        if len(times) < len(self.screens):
            return None
        return max(times, default=self._ended) - self._ended

    async def _watch(self, screen: Screen) -> None:
        while True:
            try:
                async with connect(self.address, open_timeout=10, ping_interval=None) as socket:
                    async for frame in socket:
                        self._show(screen, str(frame))
            except (OSError, WebSocketException, TimeoutError, EOFError):
                pass
            await asyncio.sleep(AGAIN_AFTER)

    def _show(self, screen: Screen, frame: str) -> None:
        found = _VERSION.match(frame)
        if not found:
            return
        screen.version = int(found[1])
        if self._ended and screen.moved is None and screen.version != screen.at_end:
            screen.moved = time.monotonic()
