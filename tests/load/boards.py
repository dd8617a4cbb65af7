"""From a call to the last of a thousand boards, beside a bare broadcast of the same bytes.

Both are measured in turn in one run: from the moment a client sends the call (the POST of a
clerk; a message to the bare server) until the last board, in another process, has the frame.
"""

import asyncio
import re
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from tests.load.stage import HALL, Client, Stage, core_seconds, speaking
from tests.load.table import Table, ms, part

BOARDS = 1000
ROUNDS = 25
WARM_UP = 3
IDLE_SECONDS = 20.0
OPEN_WITHIN = 180.0
"""Seconds; generous, for a machine that does much else."""
PEOPLE = 40
"""Who wait while the calls are measured."""


async def measure(stage: Stage) -> list[Table]:
    async with speaking(stage, stage.kiosk) as kiosk:
        for _ in range(PEOPLE):
            await kiosk.post(f"/branches/{HALL}/tickets", {"services": ["debt-amount"]})
    host, port = stage.server.url.removeprefix("http://").split(":")
    async with (
        bare_server() as bare_port,
        crowd(host, port, f"/ws/branches/{HALL}/board") as ours,
        crowd("127.0.0.1", bare_port, "/board") as theirs,
    ):
        idle = await core_share(stage)
        return [
            await calls(stage, ours, theirs, bare_port),
            Table(
                f"A process with {BOARDS} boards while nothing happens",
                ("", "of a core"),
                [(f"over {IDLE_SECONDS:.0f} s, heartbeats and pings included", f"{idle:.1%}")],
            ),
        ]


async def calls(stage: Stage, ours: Process, theirs: Process, bare_port: str) -> Table:
    """Calls and bare broadcasts in turn."""
    product: list[float] = []
    answers: list[float] = []
    reference: list[float] = []
    size = 0
    async with (
        speaking(stage, stage.clerks[0]) as clerk,
        connect(f"ws://127.0.0.1:{bare_port}/desk") as desk,
    ):
        for turn in range(ROUNDS + WARM_UP):
            frame = (await clerk.get(f"/branches/{HALL}/board")).decode()
            version = int(frame[11 : frame.index(",")]) + 1
            size = len(frame.encode())
            await expect(ours, version)
            sent = time.monotonic_ns()
            called = await clerk.post(f"/desks/{stage.desks[0]}/calls")
            answered = time.monotonic_ns()
            last = await shown(ours)
            await free_desk(clerk, called["id"], ours, version + 1)

            await expect(theirs, turn + 1)
            text = re.sub(r'^\{"version":\d+', f'{{"version":{turn + 1}', frame)
            began = time.monotonic_ns()
            await desk.send(text)
            ended = await shown(theirs)
            if turn >= WARM_UP:
                product.append((last - sent) / 1e9)
                answers.append((answered - sent) / 1e9)
                reference.append((ended - began) / 1e9)
    ratio = part(product, 0.5) / part(reference, 0.5)
    return Table(
        f"Call to the last of {BOARDS} boards ({ROUNDS} calls, frames of {size} bytes)",
        ("", "p50", "p95", "ratio of p50"),
        [
            row("queue-app: POST of the call to the last board", product, f"{ratio:.2f}"),
            row("of which until the clerk has the answer", answers, ""),
            row("bare websockets broadcast of the same bytes", reference, "1"),
        ],
    )


async def core_share(stage: Stage) -> float:
    """What the server's process takes of a core while nobody comes and nobody calls."""
    own = stage.server.process.pid
    assert own
    await asyncio.sleep(1)
    before = core_seconds(own)
    await asyncio.sleep(IDLE_SECONDS)
    return (core_seconds(own) - before) / IDLE_SECONDS


def row(name: str, seconds: list[float], ratio: str) -> tuple[str, str, str, str]:
    return name, ms(part(seconds, 0.5)), ms(part(seconds, 0.95)), ratio


async def free_desk(clerk: Client, ticket: int, ours: Process, version: int) -> None:
    """The person goes; when every board has that, the hall is quiet again."""
    await expect(ours, version)
    await clerk.post(f"/tickets/{ticket}/no-shows")
    await shown(ours)
    await asyncio.sleep(0.15)


@asynccontextmanager
async def bare_server() -> AsyncIterator[str]:
    async with process("tests.load.bare") as server:
        yield await line(server)


@asynccontextmanager
async def crowd(host: str, port: str, paths: str, count: int = BOARDS) -> AsyncIterator[Process]:
    """So many screens, all open."""
    async with process("tests.load.crowd", host, port, paths, str(count)) as screens:
        assert await line(screens, OPEN_WITHIN) == "open"
        yield screens


@asynccontextmanager
async def process(module: str, *arguments: str) -> AsyncIterator[Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=PIPE, stdout=PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def expect(boards: Process, version: int) -> None:
    assert boards.stdin
    boards.stdin.write(f"{version}\n".encode())
    assert await line(boards) == "ready"


async def shown(boards: Process) -> int:
    """The instant at which the last board had the version that was expected."""
    return int(await line(boards))


async def line(of: Process, within: float = 30) -> str:
    assert of.stdout
    return (await asyncio.wait_for(of.stdout.readline(), within)).decode().strip()
