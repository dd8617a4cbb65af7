"""What the limits of a connection cost: uvicorn's own protocol beside ours, the same small answer.

Both servers are asked in turn, round by round; what counts is the CPU time of the server's process,
which other work on the machine disturbs least.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.load.stage import Stage
from tests.load.table import Table, part

ROUNDS = 9
CONNECTIONS = 4
EACH = 2_500
"""Requests of a connection in a round."""
FRESH = 1_500
"""Connections of one request in a round."""
IDLE = 1_000
IDLE_SECONDS = 10.0
GET = (
    b"GET /branch?service=debt-amount HTTP/1.1\r\nHost: queue.example.org\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    b"Accept-Language: uk,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
    b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nConnection: keep-alive\r\n\r\n"
)
POST = GET.replace(b"GET", b"POST", 1).replace(b"\r\n\r\n", b"\r\nContent-Length: 200\r\n\r\n")
POST += b"a" * 200

Ask = Callable[[int], Awaitable[int]]
"""Asks the server at this port; how many answers it gave."""


class Plain:
    """A server process, and the microseconds of its CPU that an answer took, by round."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port
        self.costs: dict[str, list[float]] = {}

    def seconds(self) -> float:
        """Of CPU time so far."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[0]) / 1e9

    async def cost(self, name: str, ask: Ask) -> None:
        began = self.seconds()
        answers = await ask(self.port)
        self.costs.setdefault(name, []).append((self.seconds() - began) / answers * 1e6)


async def measure(_stage: Stage) -> list[Table]:
    asked: dict[str, Ask] = {
        "GET on a connection that stays": lambda port: on_few(port, GET),
        "POST of 200 bytes on a connection that stays": lambda port: on_few(port, POST),
        "GET on a connection of its own": on_fresh,
    }
    async with plain("stock") as stock, plain("bounded") as bounded:
        for turn in range(ROUNDS):
            for name, ask in asked.items():
                for server in (stock, bounded) if turn % 2 else (bounded, stock):
                    await server.cost(name, ask)
        idle = [await idle_cost(server) for server in (stock, bounded)]
    table = Table(
        f"CPU time of the server for a request ({ROUNDS} rounds each)",
        ("", "uvicorn's protocol", "ours", "ratio"),
    )
    for name in asked:
        theirs, ours = (part(server.costs[name], 0.5) for server in (stock, bounded))
        table.rows.append((name, f"{theirs:.1f} µs", f"{ours:.1f} µs", f"{ours / theirs:.2f}"))
    table.rows.append(
        (f"{IDLE} idle connections, in a second", *(f"{one * 1e6:.0f} µs" for one in idle), "")
    )
    return [table]


async def on_few(port: int, request: bytes) -> int:
    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(EACH):
            writer.write(request)
            await reader.readuntil(b"hello")
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return CONNECTIONS * EACH


async def on_fresh(port: int) -> int:
    for _ in range(FRESH):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        await reader.readuntil(b"hello")
        writer.close()
    return FRESH


async def idle_cost(server: Plain) -> float:
    """CPU seconds that connections which say nothing after their first request take in a second."""
    async with AsyncExitStack() as stack:
        for _ in range(IDLE):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            stack.callback(writer.close)
            writer.write(GET)
            await reader.readuntil(b"hello")
        began = server.seconds()
        await asyncio.sleep(IDLE_SECONDS)
        return (server.seconds() - began) / IDLE_SECONDS


@asynccontextmanager
async def plain(kind: str) -> AsyncIterator[Plain]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.load.plain", kind, stdout=PIPE
    )
    assert process.stdout
    try:
        yield Plain(process, int(await process.stdout.readline()))
    finally:
        process.kill()
        await process.wait()
