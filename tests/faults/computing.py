"""Faults in the middle of what takes long to work out: what was learned, foretold, and the ranges
of a full hall. Jobs whose process is killed go on when its lease has run out, a minute later."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import httpx

from queue_app.jobs.runner import LEASE_SECONDS
from tests.faults.altered import COMPUTATIONS
from tests.faults.trial import Scene, Trial
from tests.load.stage import HALL

JOBS = {"learning": "learn_times", "foretelling": "foretell_waits"}
"""Who computes it; ranges are of whoever asks."""
WITHIN = 2.5 * LEASE_SECONDS
"""For a job to be begun or done, whose lease must run out first and whose turn must come."""
SOON = 30.0


async def killed(scene: Scene) -> None:
    """A worker is killed in the middle of learning, then of foretelling waits, then of the ranges
    of a full hall (kill -9); its jobs run again when their leases are over."""
    for name in COMPUTATIONS:
        hold = scene.home.data / f"hold-{name}"
        hold.touch()
        worker = await _worker_at(scene, name)
        if worker:
            os.kill(worker, signal.SIGKILL)
            scene.note(f"{name}: killed {time.monotonic() - scene.began:.0f} s after the beginning")
        hold.unlink()
        (scene.home.data / f"held-{name}").unlink(missing_ok=True)
        if job := JOBS.get(name):
            await _until_done_again(scene, job)


async def failing(scene: Scene) -> None:
    """Learning, foretelling waits and the ranges of the hall raise for a while, all at once."""
    failed = [scene.home.data / f"failed-{name}" for name in COMPUTATIONS]
    if not await _comes_true(lambda: all(one.exists() for one in failed), WITHIN):
        scene.amiss(f"not all failed: {[one.name for one in failed if not one.exists()]}")
    if not await _says(scene, ranges=False):
        scene.amiss("a board tells ranges that nobody could compute")
    for name in COMPUTATIONS:
        (scene.home.data / f"fail-{name}").unlink()
    for job in JOBS.values():
        await _until_done_again(scene, job)
    if not await _says(scene, ranges=True):
        scene.amiss("no board tells ranges again")


async def _worker_at(scene: Scene, name: str) -> int | None:
    """The worker that computes this by now."""
    held = scene.home.data / f"held-{name}"
    if not await _comes_true(held.exists, WITHIN):
        scene.amiss(f"nobody computed {name} within {WITHIN:.0f} s")
        return None
    await asyncio.sleep(0.2)
    return int(held.read_text())


async def _until_done_again(scene: Scene, job: str) -> None:
    began, before = time.monotonic(), await _runs(scene, job)
    while time.monotonic() - began < WITHIN:
        if await _runs(scene, job) > before:
            return scene.note(f"{job} was done {time.monotonic() - began:.0f} s later")
        await asyncio.sleep(0.5)
    return scene.amiss(f"{job} was not done again within {WITHIN:.0f} s")


async def _runs(scene: Scene, job: str) -> int:
    """How often it has ended well."""
    runs = await scene.home.database.ask(
        f"SELECT coalesce(sum(runs), 0)::int FROM job WHERE name = '{job}' AND error IS NULL"
    )
    return int(runs)


async def _says(scene: Scene, ranges: bool) -> bool:
    """Whether the board comes to tell when people will be called, or not to."""
    deadline = time.monotonic() + SOON
    async with httpx.AsyncClient(base_url=scene.service.address, trust_env=False) as client:
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = await client.get(f"/api/v1/branches/{HALL}/board")
                if answer.status_code == 200 and bool(answer.json()["next_calls"]) == ranges:
                    return True
            await asyncio.sleep(0.5)
    return False


async def _comes_true(state: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not state() and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    return state()


TRIALS = (
    Trial("computing", killed, begins=("hold-learning", "hold-foretelling")),
    Trial("estimator", failing, begins=tuple(f"fail-{name}" for name in COMPUTATIONS)),
)
