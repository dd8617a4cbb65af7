"""A city's screens at once: 1,000 boards and 2,000 phones, while a clerk calls.

Phones are in the hands of a hundred people of one hall, so that each call makes a frame for the
board and one for each of them. From sending the call to the last board, and to the last phone, that
has it; what the server's process takes of a core for a call with its no-show, and of memory.
"""

import asyncio
import time
from asyncio.subprocess import Process
from dataclasses import dataclass, field

from tests.load.back import issued
from tests.load.boards import BOARDS, core_share, crowd, expect, shown
from tests.load.memory import held_bytes
from tests.load.stage import HALL, Client, Stage, core_seconds, speaking
from tests.load.table import Table, ms, part

PHONES = 2000
PEOPLE = 100
"""Who wait; twenty phones show the ticket of each."""
CALLS = 15
WARM_UP = 2
QUIET_SECONDS = 0.2


@dataclass
class Met:
    """Seconds from sending each call."""

    answer: list[float] = field(default_factory=list)
    boards: list[float] = field(default_factory=list)
    phones: list[float] = field(default_factory=list)
    core: list[float] = field(default_factory=list)


async def measure(stage: Stage) -> list[Table]:
    async with speaking(stage, stage.kiosk) as kiosk:
        tokens = [await issued(kiosk) for _ in range(PEOPLE + CALLS + WARM_UP)]
    host, port = stage.server.url.removeprefix("http://").split(":")
    links = ",".join(f"/ws/tickets/{token}" for token in tokens[-PEOPLE:])
    async with (
        crowd(host, port, f"/ws/branches/{HALL}/board") as boards,
        crowd(host, port, links, PHONES) as phones,
    ):
        idle = await core_share(stage)
        met = await called(stage, boards, phones)
        memory = held_bytes(stage.server)
    return [table_of(met), state_of(idle, memory)]


async def called(stage: Stage, boards: Process, phones: Process) -> Met:
    """The first in the line is called, does not come, and is gone; those behind see both."""
    met = Met()
    async with speaking(stage, stage.clerks[0]) as clerk:
        for turn in range(CALLS + WARM_UP):
            if turn == WARM_UP:
                met = Met()
            await one_call(stage, clerk, boards, phones, met)
    return met


async def one_call(stage: Stage, clerk: Client, boards: Process, phones: Process, met: Met) -> None:
    pid = stage.server.process.pid
    assert pid
    version = await version_of(clerk) + 1
    await asyncio.gather(expect(boards, version), expect(phones, version))
    before, sent = core_seconds(pid), time.monotonic_ns()
    person = await clerk.post(f"/desks/{stage.desks[0]}/calls")
    met.answer.append((time.monotonic_ns() - sent) / 1e9)
    last = await asyncio.gather(shown(boards), shown(phones))
    await asyncio.gather(expect(boards, version + 1), expect(phones, version + 1))
    await clerk.post(f"/tickets/{person['id']}/no-shows")
    await asyncio.gather(shown(boards), shown(phones))
    met.core.append(core_seconds(pid) - before)
    for took, instant in zip((met.boards, met.phones), last, strict=True):
        took.append((instant - sent) / 1e9)
    await asyncio.sleep(QUIET_SECONDS)


async def version_of(clerk: Client) -> int:
    frame = (await clerk.get(f"/branches/{HALL}/board")).decode()
    return int(frame[11 : frame.index(",")])


def table_of(met: Met) -> Table:
    table = Table(
        f"A call with {BOARDS} boards and {PHONES} phones ({CALLS} calls)", ("", "p50", "max")
    )
    table.rows += [
        (name, ms(part(took, 0.5)), ms(part(took, 1.0)))
        for name, took in (
            ("until the clerk has the answer", met.answer),
            ("until the last board has it", met.boards),
            ("until the last phone has it", met.phones),
            ("of a core, for the call and its no-show", met.core),
        )
    ]
    return table


def state_of(idle: float, memory: int) -> Table:
    table = Table("The same process", ("", ""))
    table.rows += [
        ("of a core while nothing happens", f"{idle:.1%}"),
        ("memory (VmRSS)", f"{memory / 2**20:.0f} MB"),
    ]
    return table
