"""Screens that come back, in another process: `python -m tests.load.comers HOST PORT A_SECOND`.

Reads addresses from its input, one a line, until the input ends; connects one screen to each,
`A_SECOND` of them each second, all at once for 0. Prints in JSON for each screen the seconds from
the moment at which it began to connect until it had its first frame.
"""

import asyncio
import json
import sys
import time

from tests.load.crowd import Board, Crowd


class Comer(Board):
    """A screen that is told what it wants to watch as soon as it is connected."""

    def __init__(self, crowd: Crowd, host: str, path: str, took: list[float]) -> None:
        super().__init__(crowd, host, path)
        self.took = took
        self.began = time.monotonic()

    def connection_lost(self, error: Exception | None) -> None:
        if self.version < 0:
            raise SystemExit(f"{self.path}: no frame came ({error})")

    def _read(self, frame: bytes) -> None:
        if self.version < 0:
            self.took.append(time.monotonic() - self.began)
        super()._read(frame)


async def main() -> None:
    host, port, a_second = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    paths = sys.stdin.read().split()
    crowd, took = Crowd(len(paths)), list[float]()
    loop = asyncio.get_running_loop()
    began = time.monotonic()

    async def come(number: int, path: str) -> None:
        if a_second:
            await asyncio.sleep(began + number / a_second - time.monotonic())
        await loop.create_connection(lambda: Comer(crowd, host, path, took), host, port)

    coming = [asyncio.create_task(come(number, path)) for number, path in enumerate(paths)]
    await asyncio.gather(*coming)
    await crowd.every_open.wait()
    print(json.dumps({"all": time.monotonic() - began, "each": took}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
