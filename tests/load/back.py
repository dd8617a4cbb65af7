"""Everybody comes back at once: 2,000 screens connect, while others ask and a clerk calls.

As after a restart of the server or an outage of the network. Boards all watch one thing; phones
have a hundred tickets. The reference is a bare `websockets` server that sends each comer a frame
of the same size, met by the same crowd in the same run. What the server's process took of a core
is told as well: other work on the machine disturbs that less than the time that passes.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.load.boards import line, process
from tests.load.stage import HALL, Client, Stage, core_seconds, speaking
from tests.load.table import Table, ms, part

SCREENS = 2000
PEOPLE = 100
"""Who wait in the hall; twenty phones show the ticket of each."""
A_SECOND = 200
"""How many come in the slower of the two rushes."""
ASKERS = 4
EVERY_SECONDS = 0.1
CALL_SECONDS = 1.0
QUIET_SECONDS = 1.0
WITHIN_SECONDS = 90.0
BOARD = f"/ws/branches/{HALL}/board"
ASKED = (f"/branches/{HALL}/board", "/branches", f"/branches/{HALL}/slots?service=debt-amount")


@dataclass
class Rush:
    """Seconds: to the last frame, of each screen, of the server's process, and of what others
    asked and called meanwhile."""

    last: float = 0.0
    each: list[float] = field(default_factory=list)
    core: float = 0.0
    asked: list[float] = field(default_factory=list)
    called: list[float] = field(default_factory=list)


async def measure(stage: Stage) -> list[Table]:
    async with speaking(stage, stage.kiosk) as kiosk:
        tokens = [await issued(kiosk) for _ in range(PEOPLE)]
        size = len(await kiosk.get(f"/branches/{HALL}/board"))
    phones = [f"/ws/tickets/{tokens[n % PEOPLE]}" for n in range(SCREENS)]
    boards = [BOARD] * SCREENS
    host, port = stage.server.url.removeprefix("http://").split(":")
    own = stage.server.process.pid
    assert own
    async with process("tests.load.bare", str(size)) as server:
        bare_port = await line(server)
        bare = await rush(server.pid, "127.0.0.1", bare_port, ["/board"] * SCREENS)
    alone = await rush(own, host, port, boards)
    at_once = await beside_others(stage, lambda: rush(own, host, port, boards))
    called = await beside_others(stage, lambda: rush(own, host, port, phones))
    slowly = await beside_others(stage, lambda: rush(own, host, port, boards, A_SECOND))
    table = Table(
        f"{SCREENS} screens come back ({PEOPLE} people in the hall, frames of {size} bytes)",
        ("", "to the last", "server", "GET p50", "p95", "max", "call p50", "max"),
    )
    table.rows += [
        row("bare websockets server", bare),
        row("boards, and nothing else", alone),
        row("boards, while others ask and call", at_once),
        row("phones, while others ask and call", called),
        row(f"boards, {A_SECOND} a second: from its own beginning", slowly, max(slowly.each)),
    ]
    return [table]


def row(name: str, met: Rush, last: float | None = None) -> tuple[str, ...]:
    asked = [ms(part(met.asked, share)) if met.asked else "" for share in (0.5, 0.95, 1.0)]
    called = [ms(part(met.called, share)) if met.called else "" for share in (0.5, 1.0)]
    return (name, ms(met.last if last is None else last), ms(met.core), *asked, *called)


async def issued(kiosk: Client) -> str:
    ticket = await kiosk.post(f"/branches/{HALL}/tickets", {"services": ["debt-amount"]})
    token: str = ticket["token"]
    return token


async def rush(pid: int, host: str, port: str, paths: list[str], a_second: int = 0) -> Rush:
    """The screens come, and go again once the last of them has its frame."""
    before = core_seconds(pid)
    async with process("tests.load.comers", host, port, str(a_second)) as comers:
        assert comers.stdin and comers.stdout
        comers.stdin.write("\n".join(paths).encode())
        comers.stdin.write_eof()
        said = await asyncio.wait_for(comers.stdout.readline(), WITHIN_SECONDS)
        found = json.loads(said)
        core = core_seconds(pid) - before
    await asyncio.sleep(QUIET_SECONDS)
    return Rush(found["all"], found["each"], core)


async def beside_others(stage: Stage, work: Callable[[], Awaitable[Rush]]) -> Rush:
    """The rush, with what others met from its beginning to its end."""
    over = asyncio.Event()
    asked, called = list[float](), list[float]()
    others = [
        *(asyncio.create_task(ask(stage, asked, over, turn)) for turn in range(ASKERS)),
        asyncio.create_task(call(stage, called, over)),
    ]
    try:
        met = await work()
    finally:
        over.set()
        await asyncio.gather(*others)
    return Rush(met.last, met.each, met.core, asked, called)


async def ask(stage: Stage, took: list[float], over: asyncio.Event, turn: int) -> None:
    """Somebody who looks at one page after the other, each over a connection of its own."""
    while not over.is_set():
        began = time.monotonic()
        async with speaking(stage) as client:
            await client.get(ASKED[turn % len(ASKED)])
        took.append(time.monotonic() - began)
        turn += 1
        await asyncio.sleep(EVERY_SECONDS)


async def call(stage: Stage, took: list[float], over: asyncio.Event) -> None:
    """A clerk who calls one person again and again: each call changes every screen."""
    async with speaking(stage, stage.clerks[0]) as clerk:
        while not over.is_set():
            began = time.monotonic()
            called = await clerk.post(f"/desks/{stage.desks[0]}/calls")
            took.append(time.monotonic() - began)
            await clerk.post(f"/tickets/{called['id']}/undo")
            await asyncio.sleep(CALL_SECONDS)
