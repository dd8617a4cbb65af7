"""A hall with everybody's wait, which a large one has made beside the loop.

Ranges are hundreds of runs of the whole hall: with 300 people an eighth to a quarter of a second,
in which the process would answer nobody. So they run in a thread, which gives way to the loop every
few milliseconds; in a hall of a few dozen people it costs less to compute them on the spot.
"""

import asyncio
import logging
from contextvars import Context
from datetime import datetime

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import Waiting
from queue_app.domain.hall import Hall
from queue_app.domain.ranges import Forecasts
from queue_app.domain.told_range import Wait
from queue_app.queries import halls
from queue_app.store.db import OUTAGES

_log = logging.getLogger(__name__)

LARGE = 20
"""So many people, and bookings to come, take some 20 ms, and three times that the first time."""


async def load(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts | None = None
) -> Hall:
    """As `halls.load`, for whoever shows what people's waits are."""
    hall = await halls.load(directory, branch, now, forecasts)
    if _is_large(hall):
        hall.know(await estimate(hall))
    return hall


async def estimate(hall: Hall, *newcomers: Waiting) -> dict[int, Wait]:
    """`Hall.estimate`, that of a large hall in a thread."""
    if not _is_large(hall):
        return hall.estimate(*newcomers)
    now = hall.with_newcomers(newcomers)
    async with _beside(hall.forecasts, hall.branch.id).turn:
        return await asyncio.to_thread(hall.forecasts.waits_of, now)


class _Beside:
    """What makes the ranges of a branch: one at a time, and a task for which nobody waits."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.task: asyncio.Task[None] | None = None


def _beside(forecasts: Forecasts, branch_id: int) -> _Beside:
    found: _Beside = forecasts.beside.setdefault(branch_id, _Beside())
    return found


def freshen(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts | None
) -> None:
    """Have the branch's ranges made anew where its line has outgrown them, beside what goes on:
    whoever joins is told by those that there are, and does not wait for it."""
    if forecasts is None or not forecasts.is_outgrown(branch.id):
        return
    beside = _beside(forecasts, branch.id)
    if not beside.turn.locked() and (beside.task is None or beside.task.done()):
        # A context of its own: not the transaction of whoever joins.
        making = _made_anew(directory, branch, now, forecasts)
        beside.task = asyncio.create_task(making, context=Context())


async def _made_anew(
    directory: Directory, branch: Branch, now: datetime, forecasts: Forecasts
) -> None:
    try:
        await load(directory, branch, now, forecasts)
    except OUTAGES as error:
        _log.debug("no ranges of branch %s: %s", branch.id, error)


def _is_large(hall: Hall) -> bool:
    return len(hall.waiting) + len(hall.appointed) > LARGE
