"""A free start is taken: the first fitting lane that the database lets us have."""

import secrets
from datetime import datetime, timedelta

from queue_app.domain import slots
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.directory import Branch
from queue_app.domain.numbering import link_token
from queue_app.domain.slots import Visit
from queue_app.flow.act import Act
from queue_app.flow.appointment_records import Slot
from queue_app.queries import appointments
from queue_app.queries import slots as free
from queue_app.store import db

_CODES = 3
"""How many codes are tried in one lane; a code is taken by chance once in thousands."""


async def take(
    act: Act,
    branch: Branch,
    services: tuple[str, ...],
    starts_at: datetime,
    channel: Channel,
    language: Language,
    held_until: datetime,
    wish_id: int | None = None,
) -> Appointment | None:
    """The hold; None where no lane is to be had, or where the wish has an offer already."""
    directory = act.directory
    visit = free.visit_of(directory, services, channel)
    ends_at = starts_at + timedelta(minutes=visit.minutes)
    day = directory.local(starts_at).date()
    capacity = await free.capacity_of(directory, branch, day, 1, act.now)
    for lane_id in slots.lanes_free_at(capacity, visit, starts_at, act.now):
        if not await still_fits(act, branch, lane_id, visit, starts_at):
            continue
        for _ in range(_CODES):
            held = await act.hold(
                Slot(
                    branch_id=branch.id,
                    lane_id=lane_id,
                    token=link_token(branch.id, secrets.token_urlsafe(16)),
                    code=f"{secrets.randbelow(1_000_000):06d}",
                    channel=channel,
                    services=services,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    held_until=held_until,
                    language=language,
                    wish_id=wish_id,
                )
            )
            if held:
                return held
            if await appointments.lane_is_busy(branch.id, lane_id, starts_at, ends_at):
                break
    return None


async def still_fits(
    act: Act,
    branch: Branch,
    lane_id: int,
    visit: Visit,
    starts_at: datetime,
    leaving_out: int | None = None,
) -> bool:
    """Whether a lane with pauses, or with a share of its day for walk-ins, can still take the
    visit; at once only one asks this of such a lane, to the end of the transaction.

    The exclusion constraint knows one visit and the next, and neither what lies between them nor
    how many there are in a day: for any other lane it has the last word.
    """
    lane = next(lane for lane in branch.lanes if lane.id == lane_id)
    if not lane.pause_minutes and not lane.walk_in_percent:
        return True
    await db.fetch("SELECT pg_advisory_xact_lock(hashtext('lane'), $1)", lane_id)
    day = act.directory.local(starts_at).date()
    capacity = await free.capacity_of(act.directory, branch, day, 1, act.now, leaving_out)
    return lane_id in slots.lanes_free_at(capacity, visit, starts_at, act.now)
