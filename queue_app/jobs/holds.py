"""Holds whose time ran out give their slots back."""

from queue_app.clock import Clock
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import Act, By, verb
from queue_app.flow.booking import expire_lapsed
from queue_app.queries import appointments


async def expire(clock: Clock) -> int:
    """Branch by branch, so that no transaction spans two."""
    now = clock.now()
    branches = await appointments.branches_with_lapsed_holds(now)
    return sum([await expire_holds(By(SYSTEM, now), branch_id) for branch_id in branches])


@verb
async def expire_holds(act: Act, branch_id: int) -> int:
    return await expire_lapsed(act, branch_id)
