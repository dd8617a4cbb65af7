"""Faults of the product's own processes, and of the PostgreSQL that it starts."""

import asyncio
import os
import signal

from tests.faults.homes import apart
from tests.faults.trial import Scene, Trial


async def worker(scene: Scene) -> None:
    """The busier one of two workers is killed (kill -9)."""
    os.kill(scene.service.workers()[0], signal.SIGKILL)


async def worker_and_database(scene: Scene) -> None:
    """A worker is killed, and then PostgreSQL for 5 s: the new worker starts without it."""
    os.kill(scene.service.workers()[0], signal.SIGKILL)
    await asyncio.to_thread(scene.home.database.stop, "immediate")
    await asyncio.sleep(5)
    await asyncio.to_thread(scene.home.database.start)


async def keeper(scene: Scene) -> None:
    """The process that keeps the workers is killed, and `serve` started again until it stays."""
    os.kill(scene.service.keeper, signal.SIGKILL)
    scene.end()
    times = await scene.service.start_until_it_stays()
    if times > 1:
        scene.note(f"started {times} times, a second after each end")


async def everything(scene: Scene) -> None:
    """Every process is killed at once, PostgreSQL too, and `serve` started again."""
    scene.home.database.kill()
    scene.service.kill_all()
    scene.end()
    times = await scene.service.start_until_it_stays()
    if times > 1:
        scene.note(f"started {times} times")


async def postmaster(scene: Scene) -> None:
    """The embedded PostgreSQL is killed (kill -9); it is started again by itself."""
    scene.home.database.kill()


TRIALS = (
    Trial("worker", worker),
    Trial("worker-database", worker_and_database, apart),
    Trial("keeper", keeper),
    Trial("everything", everything),
    Trial("postmaster", postmaster),
)
