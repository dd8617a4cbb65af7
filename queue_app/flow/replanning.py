"""Whom changed plans concern, within the transaction that changes them."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import plans
from queue_app.domain.appointments import OPEN, Appointment
from queue_app.domain.people import SYSTEM
from queue_app.domain.plans import Hit
from queue_app.flow import appointment_records
from queue_app.flow.act import Act
from queue_app.queries import appointments, orders_today, reference, unsettled


class Concerned(Struct, frozen=True):
    """`moved`: bookings to come that go to another lane at the same time; nobody need be told.

    `stranded`: those that no lane takes. `restored`: those stranded before that fit again.
    `offers`: times held for the waiting list that no lane takes either.
    """

    moved: list[Hit]
    stranded: list[Hit]
    restored: list[Appointment]
    offers: list[Hit]


async def concerned(now: datetime) -> Concerned:
    """Whom the plans hit that were just written, each of them locked.

    Whoever books waits for this transaction, so only fewer can be hit than were seen first.
    """
    directory = await reference.anew()
    waiting = [one.appointment for one in await unsettled.still_open()]
    known = await unsettled.known()
    hits = {
        _key_of(hit.appointment): hit
        for hit in plans.hits(directory, await appointments.to_come(now))
    }
    fitting = plans.fitting_again(directory, waiting)
    restored = {_key_of(one) for one in fitting if not await orders_today.is_over(one)}
    kept = {
        _key_of(one): one
        for one in await appointments.locked(sorted(hits.keys() | restored))
        if one.state in OPEN and one.checked_in_at is None
    }
    still = [replace(hits[key], appointment=one) for key, one in kept.items() if key in hits]
    return Concerned(
        moved=[hit for hit in still if hit.lane_id is not None],
        stranded=[
            hit
            for hit in still
            if hit.lane_id is None
            and hit.appointment.state == "booked"
            and _key_of(hit.appointment) not in known
        ],
        restored=[one for key, one in kept.items() if key in restored],
        offers=[
            hit
            for hit in still
            if hit.lane_id is None
            and hit.appointment.state == "held"
            and hit.appointment.wish_id is not None
        ],
    )


def _key_of(one: Appointment) -> tuple[int, int]:
    return one.branch_id, one.id


async def settle_people(act: Act, found: Concerned) -> None:
    """A hold that no lane takes stays as it is: confirming it is refused. An offer is taken back,
    so that whoever waits is offered another time."""
    told = {_key_of(one.appointment) for one in await unsettled.still_open()}
    for hit in found.moved:
        one = hit.appointment
        moved = await act.record(
            one,
            "move",
            actor=SYSTEM.actor,
            lane_id=hit.lane_id,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            why=hit.why,
        )
        if _key_of(one) in told:  # that there is no place, which is true no more
            await act.record(moved, "restore", actor=SYSTEM.actor)
    for hit in found.stranded:
        left = await act.record(hit.appointment, "unsettle", actor=SYSTEM.actor, why=hit.why)
        await appointment_records.insert_unsettled(left, hit.why)
    for hit in found.offers:
        await act.record(hit.appointment, "cancel", actor=SYSTEM.actor, why=hit.why)
    for one in found.restored:
        await act.record(one, "restore", actor=SYSTEM.actor)
