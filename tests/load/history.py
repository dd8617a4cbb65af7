"""What five years of ten branches take from the hall of today, beside an empty past.

Two databases of one cluster, a server on each, the same people in the same hall: each step is taken
on both in turn. Nobody compares milliseconds of two servers: each figure is divided by that of a
request without a database to the same server, and then by what it was on the empty past.
`QUEUE_APP_PAST=full` makes ten million tickets and three million appointments instead of a
twentieth of them, which takes half an hour.
"""

import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import asyncpg
from websockets.asyncio.client import connect

from queue_app.clock import FixedClock
from queue_app.delivery.folder import MessageFolder
from queue_app.jobs import learning, upkeep
from queue_app.jobs.sending import Sender
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.stage import pool_on
from tests.load import slots
from tests.load.stage import HALL, Client, Stage, serving, settle, speaking
from tests.load.table import Table, ms, part
from tests.support import long_past
from tests.support.database import at
from tests.support.long_past import Past

T = TypeVar("T")

YEARS = 5
PASTS = {"quick": (40, 12), "full": (800, 240)}
"""People of a branch on an open day, and how many of them had booked."""
PEOPLE = 40
"""Who wait in the hall."""
ROUNDS = 200
WARM_UP = 20
JOB_RUNS = 5
SERVICE = "debt-amount"
SLOTS = f"/branches/{slots.BUSY}/slots?service={SERVICE}&from={MONDAY.date()}&days={slots.DAYS}"
BOARD = f"/branches/{HALL}/board"
LIVE = "a request without a database"


@dataclass
class Side:
    """A server with its past, and the seconds that each step took there, by its name."""

    stage: Stage
    kiosk: Client
    clerk: Client
    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def p50(self, step: str) -> float:
        return part(self.took[step], 0.5)

    def in_requests(self, step: str) -> float:
        """The step's time, where a request without a database takes 1."""
        return self.p50(step) / self.p50(LIVE)


async def measure(stage: Stage) -> list[Table]:
    people, booked = PASTS[os.environ.get("QUEUE_APP_PAST", "quick")]
    past = Past(MONDAY.date(), 52 * YEARS, people, booked)
    async with (
        hall(stage, "past-grown", past) as long,
        hall(stage, "past-empty", taught_by="past-grown") as short,
    ):
        tickets = await tickets_of(long)
        for one in (short, long):
            await fill(one)
        async with side(short) as empty, side(long) as grown:
            await rounds(empty, grown)
        ran = [await jobs_of(one) for one in (short, long)]
    return [steps_table(empty, grown, tickets), jobs_table(*ran)]


@asynccontextmanager
async def hall(
    stage: Stage, name: str, past: Past | None = None, taught_by: str | None = None
) -> AsyncIterator[Stage]:
    """A database of that name with that past and today's hall, and its server.

    Both have learned the same, and are not due to learn again: what is learned changes what a
    forecast costs, and is no matter of how long a past is.
    """
    maintenance = await asyncpg.connect(stage.dsn)
    try:
        await maintenance.execute(f'CREATE DATABASE "{name}"')
    finally:
        await maintenance.close()
    dsn = at(stage.dsn, name)
    async with pool_on(dsn):
        await settle()
        if past:
            await long_past.write(dsn, past)
        directory = await reference.directory()
        if taught_by:
            await copy_lessons(at(stage.dsn, taught_by), dsn)
        else:
            await learning.learn(directory, MONDAY)
            await learning.learn_habits(directory, MONDAY)
        await slots.fill(directory, directory.branch(slots.BUSY), MONDAY.date())
        async with serving(dsn, stage.folder) as own:
            yield own


async def copy_lessons(source: str, target: str) -> None:
    giver, taker = await asyncpg.connect(source), await asyncpg.connect(target)
    for table in ("service_time", "branch_habits"):
        rows = BytesIO()
        await giver.copy_from_table(table, output=rows, format="binary")
        rows.seek(0)
        await taker.copy_to_table(table, source=rows, format="binary")
    await giver.close()
    await taker.close()


async def tickets_of(stage: Stage) -> int:
    """All that there are."""
    async with pool_on(stage.dsn):
        tickets: int = await db.fetch_value("SELECT count(*) FROM ticket")
    return tickets


async def fill(stage: Stage) -> None:
    """With people in the hall; the first tickets after a long past was made take their time."""
    async with speaking(stage, stage.kiosk) as kiosk:
        for _ in range(PEOPLE):
            await issue(kiosk)


@asynccontextmanager
async def side(stage: Stage) -> AsyncIterator[Side]:
    """With connections that nobody has left idle: a server closes them after some seconds."""
    async with (
        speaking(stage, stage.kiosk) as kiosk,
        speaking(stage, stage.clerks[0]) as clerk,
    ):
        yield Side(stage, kiosk, clerk)


async def rounds(empty: Side, grown: Side) -> None:
    for turn in range(-WARM_UP, ROUNDS):
        if turn == 0:
            empty.took.clear()
            grown.took.clear()
        for one in (empty, grown) if turn % 2 else (grown, empty):
            await round_of(one)


async def round_of(one: Side) -> None:
    """Each step once; whoever comes takes the place of who was called.

    Before what shows ranges somebody asks for them: now and then they are made anew in it, which
    takes three times as long as all the rest, and as long with a past as without.
    """
    desk = one.stage.desks[0]
    await timed(one, "issue", lambda: issue(one.kiosk))
    called = await timed(one, "call", lambda: one.clerk.post(f"/desks/{desk}/calls"))
    await one.clerk.post(f"/tickets/{called['id']}/no-shows")
    await one.clerk.get(BOARD)
    await timed(one, "board", lambda: one.clerk.get(BOARD))
    await timed(one, "search for slots", lambda: one.clerk.get(SLOTS))
    await timed(one, "console's queue", lambda: one.clerk.get(f"/desks/{desk}/queue"))
    await one.clerk.get(BOARD)
    await timed(one, "console's first frame", lambda: first_frame(one.stage, desk))


async def timed(one: Side, step: str, act: Callable[[], Awaitable[T]]) -> T:
    """What the step answered; right before it, the request that all are compared with."""
    began = time.perf_counter()
    await one.clerk.get("/health/live", under="")
    asked = time.perf_counter()
    answer = await act()
    one.took[LIVE].append(asked - began)
    one.took[step].append(time.perf_counter() - asked)
    return answer


async def issue(kiosk: Client) -> None:
    await kiosk.post(f"/branches/{HALL}/tickets", {"services": [SERVICE]})


async def first_frame(stage: Stage, desk: int) -> None:
    address = f"{stage.server.ws}/ws/desks/{desk}"
    async with connect(address, additional_headers=stage.clerks[0].bearer) as screen:
        await screen.recv()


async def jobs_of(stage: Stage) -> dict[str, float]:
    """Seconds that a run of each job takes here, learning included each time."""
    took = defaultdict[str, list[float]](list)
    letters = MessageFolder(Path(stage.folder) / "letters")
    sender = Sender({"mail": letters, "sms": letters})
    async with pool_on(stage.dsn):
        for _ in range(JOB_RUNS):
            await db.fetch("DELETE FROM service_time")
            await db.fetch("DELETE FROM branch_habits")
            for job in upkeep.with_delivery(sender, letters):
                began = time.perf_counter()
                await job.run(FixedClock(MONDAY))
                took[job.name].append(time.perf_counter() - began)
    return {name: part(seconds, 0.5) for name, seconds in took.items()}


def steps_table(empty: Side, grown: Side, tickets: int) -> Table:
    table = Table(
        f"With {tickets} tickets in the past ({ROUNDS} rounds, {PEOPLE} people in the hall)",
        ("", "empty past", "grown past", "in requests, empty", "grown", "ratio"),
    )
    for step in empty.took:
        ratio = grown.in_requests(step) / empty.in_requests(step)
        table.rows.append(
            (
                step,
                *(ms(one.p50(step)) for one in (empty, grown)),
                *(f"{one.in_requests(step):.1f}" for one in (empty, grown)),
                "1" if step == LIVE else f"{ratio:.2f}",
            )
        )
    return table


def jobs_table(empty: dict[str, float], grown: dict[str, float]) -> Table:
    table = Table("A run of each job", ("", "empty past", "grown past"))
    table.rows += [(name, ms(empty[name]), ms(grown[name])) for name in empty]
    return table
