"""Frames as a hub pushes them, without a server."""

import asyncio
import json
from typing import Any


def text_of(frame: bytes) -> str:
    """What a websocket message of a server says; it is not masked."""
    assert frame[0] == 0x81, "not a whole text message"
    length, start = frame[1], 2
    if length > 125:
        start = 4 if length == 126 else 10
        length = int.from_bytes(frame[2:start], "big")
    assert len(frame) == start + length
    return frame[start:].decode()


class Shown:
    """A screen that keeps every frame until it is looked at."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.push = self._frames.put_nowait

    async def waiting(self, wanted: int) -> dict[str, Any]:
        """The first frame that says that so many people are waiting."""
        async with asyncio.timeout(10):
            while True:
                seen: dict[str, Any] = json.loads(text_of(await self._frames.get()))
                if seen.get("waiting") == wanted:
                    return seen
