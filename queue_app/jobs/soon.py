"""Whoever is next is told so on their phone, by the rule by which its page says so."""

from itertools import groupby

from queue_app.clock import Clock
from queue_app.domain.people import SYSTEM
from queue_app.domain.pushes import is_soon
from queue_app.domain.ranges import Forecasts
from queue_app.flow import pushing
from queue_app.flow.act import By
from queue_app.queries import foretold, reference


async def tell(forecasts: Forecasts | None, clock: Clock) -> int:
    """How many tickets; only halls in which some browser waits to be told are looked at."""
    directory = await reference.directory()
    told = 0
    for branch_id, waiting in groupby(await pushing.waiting(), lambda one: one.branch_id):
        now = clock.now()
        hall = await foretold.load(directory, directory.branch_of(branch_id), now, forecasts)
        for one in waiting:
            if is_soon(hall, one.ticket_id):
                await pushing.tell_soon(By(SYSTEM, now), branch_id, one.ticket_id)
                told += 1
    return told
