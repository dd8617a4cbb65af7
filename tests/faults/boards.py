"""Boards that follow the hall and connect again when they are cut off, as the page does."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.faults.book import longest_gap

AGAIN_AFTER = 0.5
FRESH = 3.0
_VERSION = re.compile(r'^\{"version":(\d+)')


@dataclass
class Screen:
    """`version`: of the frame that it shows. `news`: when it showed another than before."""

    version: int | None = None
    news: list[float] = field(default_factory=list)


class Boards:
    """All boards of a trial."""

    def __init__(self, url: str, branch: str, count: int) -> None:
        self.address = f"{url.replace('http://', 'ws://')}/ws/branches/{branch}/board"
        self.screens = [Screen() for _ in range(count)]

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._watch(screen)) for screen in self.screens]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def are_fresh(self) -> bool:
        """Whether each has shown something new just now."""
        since = time.monotonic() - FRESH
        return all(screen.news and screen.news[-1] > since for screen in self.screens)

    def stood_still(self, start: float, end: float) -> float:
        """The longest stretch of that time in which some board showed nothing new."""
        return max((longest_gap(one.news, start, end) for one in self.screens), default=0.0)

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
        if screen.version != int(found[1]):
            screen.version = int(found[1])
            screen.news.append(time.monotonic())
