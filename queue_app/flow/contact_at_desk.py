"""Staff are told, at a desk or by telephone, where our messages will arrive instead."""

from collections.abc import Sequence

from msgspec.structs import replace

from queue_app.domain import rights
from queue_app.domain.appointments import Appointment
from queue_app.domain.contacts import Resident
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.tickets import Ticket
from queue_app.flow import reaching, refusing
from queue_app.flow.act import Act, verb
from queue_app.queries import appointments, refused, unsettled

AT_DESK = "desk"
"""Why the contact of a visit that is under way is another: whoever it is of has just said so."""


@verb
async def correct_contact(
    act: Act,
    ticket_id: int,
    phone: str | None = None,
    email: str | None = None,
    as_it_is: Sequence[str] = (),
) -> Ticket:
    """Another phone or e-mail for the person at the desk, and for what else they have booked in
    this branch with a contact at which nothing arrives: of that they are told there.

    Conflict `ticket_state`, `no_booking`; RuleBroken `bad_contact`, `contact_unsure`. Staff see
    who it is: nothing is to be proven, nor is anything newly booked.
    """
    ticket = await act.ticket(ticket_id)
    if ticket.appointment_id is None:
        raise Conflict("no_booking")
    (here,) = await appointments.locked([(ticket.branch_id, ticket.appointment_id)])
    await _correct(act, here, phone, email, as_it_is, why=AT_DESK)
    return ticket


@verb
async def correct_unsettled(
    act: Act,
    branch_slug: str,
    appointment_id: int,
    phone: str | None = None,
    email: str | None = None,
    as_it_is: Sequence[str] = (),
) -> Appointment:
    """Another phone or e-mail for somebody whom changed plans left without a place, and who was
    reached otherwise: they are told there what has happened to their booking.

    NotFound `unknown_branch`, `unknown_booking`; NotAllowed `other_branch`; Conflict
    `already_settled`; RuleBroken as for `correct_contact`.
    """
    branch = act.directory.ever(branch_slug)
    rights.require(act.right, act.who, branch.id)
    found = await appointments.locked([(branch.id, appointment_id)])
    if not found:
        raise NotFound("unknown_booking")
    if await unsettled.reason(branch.id, appointment_id) is None:
        raise Conflict("already_settled")
    return await _correct(act, found[0], phone, email, as_it_is)


async def _correct(
    act: Act,
    here: Appointment,
    phone: str | None,
    email: str | None,
    as_it_is: Sequence[str],
    why: str | None = None,
) -> Appointment:
    """The booking with what was said, which is trusted again, and others with it."""
    phone, email = ((one or "").strip() or None for one in (phone, email))
    if phone is None and email is None:
        raise RuleBroken("bad_contact", fields={"email": "contact_missing"})
    said = Resident(here.name or "", phone or here.phone, email or here.email)
    known = reaching.read(act.directory, here.channel, said, as_it_is)
    corrected = replace(here, phone=known.phone, email=known.email)
    if corrected == here:
        await refusing.trust(phone and known.phone, email and known.email)
        act.touch(here.branch_id)
        return here
    others = await _others(act, here, corrected)
    await refusing.trust(known.phone, known.email)
    await act.record(corrected, "correct", **({"why": why} if why else {}))
    for one in others:
        await act.record(one, "correct")
    await refusing.drop_of(here.phone, here.email)
    return corrected


async def _others(act: Act, here: Appointment, corrected: Appointment) -> list[Appointment]:
    """What else of this branch names a refused contact that is another now; locked, and with it."""
    unheard = await refused.among([here.phone, here.email])
    phone, email = (
        one if one and refused.canonical(one) in unheard and one != now else None
        for one, now in ((here.phone, corrected.phone), (here.email, corrected.email))
    )
    to_come = await appointments.to_come_with(phone, email, act.now)
    keys = [(one.branch_id, one.id) for one in to_come if one.branch_id == here.branch_id]
    return [
        replace(
            one,
            phone=corrected.phone if phone and one.phone == phone else one.phone,
            email=corrected.email if email and _same(one.email, email) else one.email,
        )
        for one in await appointments.locked(keys)
        if one.id != here.id and one.state == "booked" and one.checked_in_at is None
    ]


def _same(one: str | None, other: str) -> bool:
    return one is not None and refused.canonical(one) == refused.canonical(other)
