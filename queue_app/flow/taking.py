"""A free start is taken: the first fitting lane that the database lets us have."""

import secrets
from datetime import datetime, timedelta

from queue_app.domain import slots
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.directory import Branch
from queue_app.domain.numbering import link_token
from queue_app.flow.act import Act
from queue_app.flow.records import Slot
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
        if await pause_is_taken(branch, lane_id, starts_at, ends_at):
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


async def pause_is_taken(
    branch: Branch, lane_id: int, starts_at: datetime, ends_at: datetime, of: int | None = None
) -> bool:
    """Whether somebody else, but for the appointment `of`, has part of the visit or of the pauses
    around it; at once only one asks this of a lane with pauses, to the end of the transaction.

    The exclusion constraint knows visits alone.
    """
    pauses = {lane.id: timedelta(minutes=lane.pause_minutes) for lane in branch.lanes}
    pause = pauses.get(lane_id, timedelta())
    if not pause:
        return False
    await db.fetch("SELECT pg_advisory_xact_lock(hashtext('lane'), $1)", lane_id)
    return await appointments.lane_is_busy(
        branch.id, lane_id, starts_at - pause, ends_at + pause, of
    )
