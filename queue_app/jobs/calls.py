"""A booked phone call joins the queue by itself: at its time, or shortly before.

Nobody has to come for a call, so whom the contact centre calls is called at the time they chose.
"""

from datetime import datetime, timedelta
from functools import partial

from queue_app.clock import Clock
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import By
from queue_app.flow.arrival import admit_call
from queue_app.jobs.each import each
from queue_app.queries import appointments, reference


async def admit(clock: Clock) -> int:
    now, directory = clock.now(), await reference.directory()
    admitted = 0
    for soon, branches in _by_moment(directory, now).items():
        due = await appointments.calls_due([one.id for one in branches], now, soon)
        by_name = {f"appointment {one.branch_id}-{one.id}": one.token for one in due}
        issued = await each(by_name, partial(admit_call, By(SYSTEM, now), soon=soon))
        admitted += sum(one is not None for one in issued)
    return admitted


def _by_moment(directory: Directory, now: datetime) -> dict[datetime, list[Branch]]:
    """The branches, by until when calls have to begin there to join now."""
    early = now + timedelta(minutes=directory.rules.early_minutes)
    found: dict[datetime, list[Branch]] = {}
    for branch in directory.branches.values():
        found.setdefault(now if branch.kind == "contact_centre" else early, []).append(branch)
    return found
