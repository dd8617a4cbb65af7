"""A booked phone call joins the queue by itself shortly before its time."""

from datetime import timedelta
from functools import partial

from queue_app.clock import Clock
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import By
from queue_app.flow.arrival import admit_call
from queue_app.jobs.each import each
from queue_app.queries import appointments, reference


async def admit(clock: Clock) -> int:
    now = clock.now()
    directory = await reference.directory()
    soon = now + timedelta(minutes=directory.rules.early_minutes)
    open_branches = [branch.id for branch in directory.branches.values()]
    due = await appointments.calls_due(open_branches, now, soon)
    by_name = {f"appointment {one.branch_id}-{one.id}": one.token for one in due}
    admitted = await each(by_name, partial(admit_call, By(SYSTEM, now), soon=soon))
    return sum(issued is not None for issued in admitted)
