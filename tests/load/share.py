"""What a crowd of one address takes from a clerk: with the public's share, and with it off.

The clerk calls and takes the call back while sixty connections ask for the free starts of a month
again and again. Two servers on one database, with the share and without, are measured in turn.
"""

import asyncio
import time
from asyncio.subprocess import Process
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

from tests.conftest import MONDAY
from tests.load.boards import line, process
from tests.load.stage import HALL, Client, Stage, speaking
from tests.load.table import Table, ms, part
from tests.support.server import start_servers, stop_servers

CROWD = 60
ROUNDS = 3
CALLS = 20
"""In a round."""
PAUSE_SECONDS = 0.05
PEOPLE = 20
COSTLY = f"/api/v1/branches/{HALL}/slots?service=debt-amount"


@dataclass
class Met:
    """Seconds of each answer to the clerk, and the crowd's answers in each second."""

    answers: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


async def measure(stage: Stage) -> list[Table]:
    async with speaking(stage, stage.kiosk) as kiosk:
        for _ in range(PEOPLE):
            await kiosk.post(f"/branches/{HALL}/tickets", {"services": ["debt-amount"]})
    servers = start_servers(1, stage.dsn, stage.folder, MONDAY, rate_limits=True)
    try:
        ways = {"with the share": replace(stage, server=servers[0]), "share off": stage}
        met = {(way, crowd): Met() for way in ways for crowd in (False, True)}
        for _ in range(ROUNDS):
            for (way, crowd), one in met.items():
                await call(ways[way], crowd, one)
    finally:
        stop_servers(servers)
    table = Table(
        f"A clerk's answer in a crowd of {CROWD} at one address ({ROUNDS * CALLS} calls)",
        ("", "p50", "p95", "to the same without a crowd", "the crowd's answers a second"),
    )
    table.rows += [
        (f"{way}, {'crowd' if crowd else 'no crowd'}", *row(one, met[way, False]))
        for (way, crowd), one in met.items()
    ]
    return [table]


def row(met: Met, alone: Met) -> tuple[str, str, str, str]:
    ratio = part(met.answers, 0.5) / part(alone.answers, 0.5)
    rate = f"{part(met.rates, 0.5):.0f}" if met.rates else ""
    return ms(part(met.answers, 0.5)), ms(part(met.answers, 0.95)), f"{ratio:.1f}", rate


async def call(stage: Stage, crowd: bool, met: Met) -> None:
    """One round of calls, each taken back."""
    host, port = stage.server.url.removeprefix("http://").split(":")
    asking = process("tests.load.askers", host, port, str(CROWD), COSTLY)
    async with (
        asking if crowd else nullcontext() as askers,
        speaking(stage, stage.clerks[0]) as clerk,
    ):
        if askers:
            await settled(askers)
        began, before = time.monotonic(), await answers(askers)
        for _ in range(CALLS):
            met.answers.append(await called(clerk, stage.desks[0]))
            await asyncio.sleep(PAUSE_SECONDS)
        if askers:
            met.rates.append((await answers(askers) - before) / (time.monotonic() - began))


async def called(clerk: Client, desk: int) -> float:
    """Seconds until the clerk has the answer to a call, which is then taken back."""
    began = time.monotonic()
    ticket = await clerk.post(f"/desks/{desk}/calls")
    took = time.monotonic() - began
    await clerk.post(f"/tickets/{ticket['id']}/undo")
    return took


async def settled(askers: Process) -> None:
    """Until each of the crowd has been answered a few times."""
    had = 0
    while had < 3 * CROWD:
        await asyncio.sleep(PAUSE_SECONDS)
        had = await answers(askers)


async def answers(askers: Process | None) -> int:
    if askers is None:
        return 0
    assert askers.stdin
    askers.stdin.write(b"\n")
    return int(await line(askers))
