"""A booked phone call joins the queue by itself shortly before its time."""

from datetime import timedelta

from queue_app.clock import Clock
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import By
from queue_app.flow.arrival import admit_call
from queue_app.queries import appointments, reference


async def admit(clock: Clock) -> int:
    now = clock.now()
    directory = await reference.directory()
    soon = now + timedelta(minutes=directory.rules.early_minutes)
    open_branches = [branch.id for branch in directory.branches.values()]
    due = await appointments.calls_due(open_branches, now, soon)
    admitted = [await admit_call(By(SYSTEM, now), token, soon) for token in due]
    return sum(issued is not None for issued in admitted)
