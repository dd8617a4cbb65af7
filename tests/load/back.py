"""Everybody comes back at once: 2,000 screens connect, while others ask and a clerk calls.

As after a restart of the server or an outage of the network. Boards all watch one thing; each
phone has a ticket of its own. The reference is a bare `websockets` server that sends each comer a
frame of the same size, met by the same crowd in the same run.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.load.boards import bare_server, process
from tests.load.stage import HALL, Client, Stage, speaking
from tests.load.table import Table, ms, part

SCREENS = 2000
PEOPLE = 100
"""Who wait in the hall; as many phones as screens share their tickets."""
A_SECOND = 200
"""How many come in the slower of the two rushes."""
ASKERS = 4
EVERY_SECONDS = 0.02
QUIET_SECONDS = 1.0
WITHIN_SECONDS = 60.0
BOARD = f"/ws/branches/{HALL}/board"
ASKED = (f"/branches/{HALL}/board", "/branches", f"/branches/{HALL}/slots?service=debt-amount")


@dataclass
class Rush:
    """Seconds: to the last frame, of each screen, of what others asked and called meanwhile."""

    last: float = 0.0
    each: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    called: list[float] = field(default_factory=list)


async def measure(stage: Stage) -> list[Table]:
    async with speaking(stage, stage.kiosk) as kiosk:
        tokens = [await issued(kiosk) for _ in range(PEOPLE)]
        size = len(await kiosk.get(f"/branches/{HALL}/board"))
    phones = [f"/ws/tickets/{tokens[n % PEOPLE]}" for n in range(SCREENS)]
    boards = [BOARD] * SCREENS
    host, port = stage.server.url.removeprefix("http://").split(":")
    async with bare_server(size) as bare_port:
        bare = await rush("127.0.0.1", bare_port, ["/board"] * SCREENS)
    at_once = await beside_others(stage, lambda: rush(host, port, boards))
    called = await beside_others(stage, lambda: rush(host, port, phones))
    slowly = await beside_others(stage, lambda: rush(host, port, boards, A_SECOND))
    table = Table(
        f"{SCREENS} screens come back ({PEOPLE} people in the hall, frames of {size} bytes)",
        ("", "to the last", "GET p50", "p95", "max", "call p50", "max"),
    )
    table.rows += [
        ("bare websockets server, all at once", ms(bare.last), "", "", "", "", ""),
        row("boards, all at once", at_once),
        row("phones, all at once", called),
        row(f"boards, {A_SECOND} a second", slowly),
    ]
    return [table]


def row(name: str, met: Rush) -> tuple[str, ...]:
    last = ms(max(met.each)) + " each" if met.last > SCREENS / A_SECOND else ms(met.last)
    asked = (ms(part(met.asked, share)) for share in (0.5, 0.95, 1.0))
    called = (ms(part(met.called, share)) for share in (0.5, 1.0))
    return (name, last, *asked, *called)


async def issued(kiosk: Client) -> str:
    ticket = await kiosk.post(f"/branches/{HALL}/tickets", {"services": ["debt-amount"]})
    token: str = ticket["token"]
    return token


async def rush(host: str, port: str, paths: list[str], a_second: int = 0) -> Rush:
    """The screens come, and go again once the last of them has its frame."""
    async with process("tests.load.comers", host, port, str(a_second)) as comers:
        assert comers.stdin and comers.stdout
        comers.stdin.write("\n".join(paths).encode())
        comers.stdin.write_eof()
        said = await asyncio.wait_for(comers.stdout.readline(), WITHIN_SECONDS)
        found = json.loads(said)
    await asyncio.sleep(QUIET_SECONDS)
    return Rush(found["all"], found["each"])


async def beside_others(stage: Stage, work: Callable[[], Awaitable[Rush]]) -> Rush:
    """The rush, with what others met from its beginning to its end."""
    over = asyncio.Event()
    asked, called = list[float](), list[float]()
    others = [
        *(asyncio.create_task(ask(stage, asked, over, turn)) for turn in range(ASKERS)),
        asyncio.create_task(call(stage, called, over)),
    ]
    met = await work()
    over.set()
    await asyncio.gather(*others)
    return Rush(met.last, met.each, asked, called)


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
            await asyncio.sleep(10 * EVERY_SECONDS)
