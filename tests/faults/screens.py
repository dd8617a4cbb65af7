"""Many boards in a process of its own: `python -m tests.faults.screens HOST PORT PATH COUNT`.

Prints "open" when each has shown a frame. After a line of input each must show one on a new
connection; then "open" again. Whoever is cut off connects again half a second to a second later.
"""

import asyncio
import random
import sys
from collections.abc import Callable

from tests.load.crowd import Board, Crowd

AT_ONCE = 50


class Screen(Board):
    """A board that tells when it has its first frame and when it is cut off."""

    def __init__(self, crowd: Crowd, host: str, path: str, lost: Callable[[], None]) -> None:
        super().__init__(crowd, host, path)
        self.lost = lost

    def data_received(self, data: bytes) -> None:
        if not self.upgraded and b" 101 " not in self.unread + data:
            return  # an answer of a worker that goes: the end follows
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost()


class Screens:
    """All of them, each always connected or about to be."""

    def __init__(self, host: str, port: int, path: str, count: int) -> None:
        self.address = host, port
        self.path = path
        self.count = count
        self.crowd = Crowd(count)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin_anew(self) -> None:
        self.crowd.opened = 0
        self.crowd.every_open.clear()

    async def open_all(self) -> None:
        for start in range(0, self.count, AT_ONCE):
            await asyncio.gather(
                *(self._open(0) for _ in range(start, min(start + AT_ONCE, self.count)))
            )

    async def _open(self, after: float) -> None:
        await asyncio.sleep(after)
        host, port = self.address
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: Screen(self.crowd, host, self.path, self._again), host, port
            )
        except OSError:
            self._again()

    def _again(self) -> None:
        task = asyncio.get_running_loop().create_task(self._open(0.5 + random.random() / 2))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def main() -> None:
    host, port, path, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    screens = Screens(host, port, path, count)
    await screens.open_all()
    while True:
        await screens.crowd.every_open.wait()
        print("open", flush=True)
        if not await asyncio.to_thread(sys.stdin.readline):
            return
        screens.begin_anew()


if __name__ == "__main__":
    from tests.load.stage import open_files

    open_files()
    asyncio.run(main())
