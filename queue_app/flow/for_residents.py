"""What staff do for a resident who asks them, at the counter or on the telephone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from queue_app.domain import rights
from queue_app.domain.appointments import Appointment, require_changeable, require_not_come
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.company import CompanyKind
from queue_app.domain.contacts import Resident
from queue_app.domain.errors import NotFound, RuleBroken
from queue_app.flow import reaching, refusing
from queue_app.flow.act import Act, verb
from queue_app.flow.admission import check_services
from queue_app.flow.arrival import IssuedTicket, come_for, walk_in
from queue_app.flow.booking import (
    change_to,
    check_time,
    expire_lapsed,
    give_up,
    move_to,
    not_to_be_had,
    require_one_desk,
)
from queue_app.flow.taking import take
from queue_app.queries import appointments


@verb
async def issue_for(
    act: Act,
    branch_slug: str,
    services: list[str],
    priority: str | None,
    language: Language,
    people: int = 1,
    company: CompanyKind | None = None,
) -> IssuedTicket:
    """A ticket for somebody at the counter; refuses what `arrival.issue` refuses."""
    return await walk_in(act, branch_slug, services, priority, language, people, company)


@verb
async def check_in_for(act: Act, branch_slug: str, appointment_id: int) -> IssuedTicket:
    """They stand at the counter, with their code or without; refuses what `arrival.check_in`
    refuses of whoever has the link. Conflict `appointment_state`."""
    booked = await _booking(act, branch_slug, appointment_id)
    return await come_for(act, act.branch(branch_slug), booked)


@verb
async def book_for(
    act: Act,
    branch_slug: str,
    services: list[str],
    starts_at: datetime,
    channel: Channel,
    name: str,
    phone: str | None,
    email: str | None,
    language: Language,
    as_it_is: Sequence[str] = (),
) -> Appointment:
    """A booking at once: who stands there or speaks need not prove a contact nor hold a time.

    Conflict `slot_taken`; RuleBroken as for `booking.hold` and `booking.confirm`, but for proofs.
    """
    await act.plans_stand()
    branch = act.branch(branch_slug)
    starts_at = check_time(starts_at, act.now)
    if channel == "site":
        raise RuleBroken("not_by_visit", services=services)
    chosen = check_services(act.directory, services, channel)
    require_one_desk(branch, chosen, channel)
    await expire_lapsed(act, branch.id)
    until = act.now + timedelta(minutes=act.directory.rules.hold_minutes)
    held = await take(act, branch, chosen, starts_at, channel, language, until)
    if held is None:
        raise await not_to_be_had(act, branch, chosen, channel, starts_at)
    entered = Resident(name, phone, email)
    known = await reaching.checked(act, held, entered, as_it_is, proven=True)
    await refusing.trust(known.phone, known.email)
    return await act.record(known, "confirm", language=language)


@verb
async def move_for(
    act: Act, branch_slug: str, appointment_id: int, starts_at: datetime
) -> Appointment:
    """As `booking.move`, and also while the booked time has passed and nobody has come."""
    await act.plans_stand()
    booked = await _booking(act, branch_slug, appointment_id)
    require_not_come(booked, act.now)
    return await move_to(act, booked, starts_at)


@verb
async def change_services_for(
    act: Act, branch_slug: str, appointment_id: int, services: list[str]
) -> Appointment:
    """As `booking.change_services`, at the time that it has."""
    await act.plans_stand()
    booked = await _booking(act, branch_slug, appointment_id)
    require_changeable(booked, act.now)
    return await change_to(act, booked, services)


@verb
async def cancel_for(act: Act, branch_slug: str, appointment_id: int) -> Appointment:
    """As `booking.cancel`."""
    return await give_up(act, await _booking(act, branch_slug, appointment_id))


async def _booking(act: Act, branch_slug: str, appointment_id: int) -> Appointment:
    """The booking, locked. NotFound `unknown_booking`; NotAllowed `other_branch`."""
    branch = act.directory.ever(branch_slug)
    rights.require(act.right, act.who, branch.id)
    found = await appointments.locked([(branch.id, appointment_id)])
    if not found:
        raise NotFound("unknown_booking")
    return found[0]
