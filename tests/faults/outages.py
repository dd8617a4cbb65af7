"""Faults of the database: away, frozen, full, read-only, or another one."""

import asyncio
from contextlib import AsyncExitStack, suppress

import asyncpg

from tests.faults.homes import apart, pair
from tests.faults.postgres import APPLICATION
from tests.faults.postgres import CUT as CUT_ALL
from tests.faults.trial import Scene, Trial, during

FROZEN = 10.0
CUT = 5.0
TAKEN = 8.0
TRIES, AT_ONCE = 40, 10
READ_ONLY = 5.0


async def freeze(scene: Scene) -> None:
    """Every process of PostgreSQL is stopped where it stands (SIGSTOP) for 10 s."""
    scene.home.database.freeze()
    try:
        await asyncio.sleep(FROZEN)
    finally:
        scene.home.database.thaw()


async def cut(scene: Scene) -> None:
    """All connections are cut off (pg_terminate_backend), ten times in 5 s."""
    await during(CUT, scene.home.database.cut, every=0.5)


async def taken(scene: Scene) -> None:
    """Somebody else takes every connection that PostgreSQL has, the product's too, for 8 s."""
    hog = Hog(scene)
    async with hog.stack:
        await hog.take_all()
        await during(TAKEN, hog.take_what_is_left, every=0.05)
        scene.note(f"{len(hog.held)} connections were held, {await hog.product_has()} left to it")


class Hog:
    """Whoever connects and does nothing with it."""

    def __init__(self, scene: Scene) -> None:
        self.stack = AsyncExitStack()
        self.held: list[asyncpg.Connection] = []
        self._database = scene.home.database

    async def take_all(self) -> None:
        """Cut the product off until it is always too late to come back."""
        for _ in range(TRIES):
            await asyncio.gather(*(self.take_what_is_left() for _ in range(AT_ONCE)))
            if not await self.product_has():
                return
            await self.held[0].execute(CUT_ALL)

    async def product_has(self) -> int:
        """Its connections."""
        has: int = await self.held[0].fetchval(COUNT)
        return has

    async def take_what_is_left(self) -> None:
        with suppress(asyncpg.TooManyConnectionsError):
            while True:
                self.held.append(await self.stack.enter_async_context(self._database.connected()))


async def read_only(scene: Scene) -> None:
    """PostgreSQL takes no changes (default_transaction_read_only, by a reload) for 5 s."""
    database = scene.home.database
    await database.ask("ALTER SYSTEM SET default_transaction_read_only = on", RELOAD)
    await asyncio.sleep(READ_ONLY)
    await database.ask("ALTER SYSTEM RESET default_transaction_read_only", RELOAD)


async def standby(scene: Scene) -> None:
    """The primary is gone for good, and a second later its standby is promoted. The server knows
    both hosts (target_session_attrs=read-write), and every commit was on both."""
    first, second = scene.home.database, scene.home.second
    assert second
    await second.until_it_answers()
    await first.ask("ALTER SYSTEM SET synchronous_standby_names = '*'", RELOAD)
    await asyncio.sleep(1)
    await asyncio.to_thread(first.stop, "immediate")
    await asyncio.sleep(1)
    await second.ask("SELECT pg_promote()")
    scene.home.database = second


async def late(scene: Scene) -> None:
    """Everything is stopped; `serve` starts, and PostgreSQL 5 s after it."""
    await asyncio.to_thread(scene.service.stop)
    await asyncio.to_thread(scene.home.database.stop)
    scene.service.start()
    await asyncio.sleep(5)
    await asyncio.to_thread(scene.home.database.start)
    if not scene.service.stands():
        scene.note(f"serve had ended: {scene.service.lines()[-1]}")


COUNT = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{APPLICATION}'"
RELOAD = "SELECT pg_reload_conf()"

TRIALS = (
    Trial("freeze", freeze),
    Trial("cut", cut),
    Trial("taken", taken, apart),
    Trial("read-only", read_only),
    Trial("standby", standby, pair),
    Trial("late", late, apart),
)
