"""A hall with everybody's wait, which a large one has made beside the loop.

Ranges are hundreds of runs of the whole hall: with 300 people an eighth to a quarter of a second,
in which the process would answer nobody. So they run in a thread, which gives way to the loop every
few milliseconds; in a hall of a few dozen people it costs less to compute them on the spot.
"""

import asyncio
from datetime import datetime

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import Waiting
from queue_app.domain.hall import Hall
from queue_app.domain.ranges import Forecasts
from queue_app.domain.told_range import Wait
from queue_app.queries import halls

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
    return await asyncio.to_thread(hall.forecasts.waits_of, now)


def _is_large(hall: Hall) -> bool:
    return len(hall.waiting) + len(hall.appointed) > LARGE
