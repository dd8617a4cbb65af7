"""Holds whose time ran out give their slots back."""

from functools import partial

from queue_app.clock import Clock
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import Act, By, verb
from queue_app.flow.booking import expire_lapsed
from queue_app.jobs.each import each
from queue_app.queries import appointments


async def expire(clock: Clock) -> int:
    """Branch by branch, so that no transaction spans two."""
    now = clock.now()
    branches = await appointments.branches_with_lapsed_holds(now)
    by_name = {f"branch {one}": one for one in branches}
    return sum(await each(by_name, partial(expire_holds, By(SYSTEM, now))))


@verb
async def expire_holds(act: Act, branch_id: int) -> int:
    return await expire_lapsed(act, branch_id)
