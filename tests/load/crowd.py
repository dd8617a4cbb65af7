"""A crowd of screens in a process of its own: `python -m tests.load.crowd HOST PORT PATHS COUNT`.

PATHS: one, or several with commas between them, among which the screens are shared out evenly.
Reads versions from its input, one a line, and answers each with the instant (nanoseconds of the
machine's monotonic clock) at which the last board had a frame of that version. The protocol is
read by hand, so that a thousand clients cost little of the machine that is measured.
"""

import asyncio
import sys
import time
from functools import partial
from typing import cast

TEXT, PING, PONG = 0x81, 0x89, 0x8A


class Crowd:
    """How many boards have the version that is waited for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.wanted = 0
        self.seen = 0
        self.complete = asyncio.Event()
        self.opened = 0
        self.every_open = asyncio.Event()
        self.last_ns = 0

    def expect(self, version: int) -> None:
        self.wanted, self.seen = version, 0
        self.complete.clear()

    def show(self, board: "Board", version: int) -> None:
        if board.version < self.wanted <= version:
            self.seen += 1
            if self.seen == self.count:
                self.last_ns = time.monotonic_ns()
                self.complete.set()
        board.version = version

    def open_one(self) -> None:
        self.opened += 1
        if self.opened == self.count:
            self.every_open.set()


class Board(asyncio.Protocol):
    """One websocket client that reads the version of each text frame."""

    def __init__(self, crowd: Crowd, host: str, path: str) -> None:
        self.crowd = crowd
        self.host = host
        self.path = path
        self.version = -1
        self.unread = b""
        self.upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        request = (
            f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n"
        )
        self.transport = cast(asyncio.WriteTransport, transport)
        self.transport.write(request.encode())

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if not self.upgraded:
            head, end, rest = self.unread.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head, head
            self.upgraded, self.unread = True, rest
        while (frame := self._frame()) is not None:
            self._read(frame)

    def connection_lost(self, error: Exception | None) -> None:
        raise SystemExit("a board lost its connection")

    def _frame(self) -> bytes | None:
        """The payload of the next whole frame; frames of a server are not masked."""
        if len(self.unread) < 2:
            return None
        length, start = self.unread[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(self.unread[2:start], "big")
        if len(self.unread) < start + length:
            return None
        frame, kind = self.unread[start : start + length], self.unread[0]
        self.unread = self.unread[start + length :]
        if kind == PING:
            self.transport.write(bytes([PONG, 0x80 | length, 0, 0, 0, 0]) + frame)
        return frame if kind == TEXT else b""

    def _read(self, frame: bytes) -> None:
        if not frame.startswith(b'{"version":'):
            return
        if self.version < 0:
            self.crowd.open_one()
        self.crowd.show(self, int(frame[11 : frame.index(b",")]))


async def main() -> None:
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[4])
    paths = sys.argv[3].split(",")
    loop = asyncio.get_running_loop()
    crowd = Crowd(count)
    for start in range(0, count, 50):
        await asyncio.gather(
            *(
                loop.create_connection(
                    partial(Board, crowd, host, paths[n % len(paths)]), host, port
                )
                for n in range(start, min(start + 50, count))
            )
        )
    await crowd.every_open.wait()
    print("open", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        crowd.expect(int(line))
        print("ready", flush=True)
        await crowd.complete.wait()
        print(crowd.last_ns, flush=True)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
