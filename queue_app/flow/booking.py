"""Booking: hold a slot, confirm it, move it, give it back."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import asyncpg
from msgspec.structs import replace

from queue_app.domain import slots
from queue_app.domain.appointments import (
    Appointment,
    require_changeable,
    require_confirmable,
    require_correctable,
)
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.contacts import Resident
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.work import is_done
from queue_app.flow import offering, reaching, refusing, sparing
from queue_app.flow.act import Act, verb
from queue_app.flow.admission import check_services
from queue_app.flow.taking import still_fits, take
from queue_app.queries import appointments
from queue_app.queries import slots as free
from queue_app.store import db

FARTHEST = timedelta(days=400)
"""A wanted start farther away than this is not a start at all, whatever the horizon."""


@verb
async def hold(
    act: Act,
    branch_slug: str,
    services: list[str],
    starts_at: datetime,
    channel: Channel = "visit",
    language: Language | None = None,
    instead: str | None = None,
) -> Appointment:
    """Take a free start for `hold_minutes`. `instead`: the link of what this browser holds and
    gives back for it.

    Conflict `slot_taken` with `alternatives` near it; RuleBroken `unknown_service`,
    `not_by_visit`, `not_by_phone`, `too_many_services`, `nobody_serves`, `no_such_time` with its
    `reason` and `alternatives`; TooMany `too_many_holds`, `enough_holds`.
    """
    await act.plans_stand()
    branch = act.branch(branch_slug)
    starts_at = check_time(starts_at, act.now)
    if channel == "site":
        raise RuleBroken("not_by_visit", services=services)
    chosen = check_services(act.directory, services, channel)
    require_one_desk(branch, chosen, channel)
    await sparing.require_few_holds(act, instead)
    await expire_lapsed(act, branch.id)
    spoken = act.directory.spoken(language)
    until = act.now + timedelta(minutes=act.directory.rules.hold_minutes)
    held = await take(act, branch, chosen, starts_at, channel, spoken, until)
    if held is None:
        raise await not_to_be_had(act, branch, chosen, channel, starts_at)
    await sparing.note_hold(act, held)
    if instead:
        await sparing.give_back(act, instead)
    return held


def check_time(starts_at: datetime, now: datetime) -> datetime:
    """The instant in UTC, where adding minutes and comparing know no change of clocks.

    RuleBroken `no_such_time` without an offset from UTC, or out of all reach.
    """
    if starts_at.tzinfo is None:
        raise RuleBroken("no_such_time", starts_at=starts_at, reason="no_offset")
    if not -FARTHEST < starts_at - now < FARTHEST:
        why = "past" if starts_at < now else "beyond_horizon"
        raise RuleBroken("no_such_time", starts_at=starts_at, reason=why)
    return starts_at.astimezone(UTC)


def check_day(day: date, today: date) -> None:
    """RuleBroken `no_such_time` for a day out of all reach."""
    if abs(day - today) > FARTHEST:
        why = "past" if day < today else "beyond_horizon"
        raise RuleBroken("no_such_time", day=day, reason=why)


async def expire_lapsed(act: Act, branch_id: int) -> int:
    """Holds whose time ran out give their slots back before anybody asks for one; how many."""
    lapsed = await appointments.lapsed_holds(branch_id, act.now)
    for held in lapsed:
        await act.record(held, "expire")
    for held in lapsed:
        await offering.give_back(act, held)
    return len(lapsed)


async def not_to_be_had(
    act: Act,
    branch: Branch,
    services: tuple[str, ...],
    channel: Channel,
    wanted: datetime,
    leaving_out: int | None = None,
) -> Conflict | RuleBroken:
    """Whether somebody was first, or it was never a start; and what is possible instead."""
    asked = act.directory, branch, services, channel, wanted, act.now
    near = await free.alternatives(*asked, leaving_out)
    why = await free.why_no_start(*asked)
    if why is None:
        return Conflict("slot_taken", alternatives=near)
    closure = free.closure_on(act.directory, branch, wanted)
    known = {"closure": closure.reason} if closure else {}
    return RuleBroken("no_such_time", reason=why, starts_at=wanted, alternatives=near, **known)


@verb
async def extend(act: Act, token: str) -> Appointment:
    """`hold_minutes` more for a hold, up to `hold_extensions` times.

    Conflict `hold_expired`, `appointment_state`; RuleBroken `extended_enough` with the `limit`,
    and `too_late_to_extend` where the time itself would be too near by then.
    """
    held = await act.appointment(token)
    require_confirmable(held, act.now)
    limit = extensions_of(act.directory, held)
    if await appointments.extensions(held) >= limit:
        raise RuleBroken("extended_enough", limit=limit)
    assert held.held_until
    until = held.held_until + timedelta(minutes=act.directory.rules.hold_minutes)
    if until > held.starts_at:
        raise RuleBroken("too_late_to_extend")
    extended = await act.record(held, "extend", held_until=until)
    await sparing.note_extension(extended)
    return extended


def extensions_of(directory: Directory, held: Appointment) -> int:
    """How often a hold may be extended; never one that others on the waiting list wait for."""
    return directory.rules.hold_extensions if held.wish_id is None else 0


@verb
async def confirm(
    act: Act,
    token: str,
    name: str,
    phone: str | None,
    email: str | None,
    language: Language,
    as_it_is: Sequence[str] = (),
    proofs: Sequence[str] = (),
    work: str = "",
) -> Appointment:
    """Book what was held; confirming again with the same name and contact is the same as once.

    RuleBroken `bad_contact` and `contact_unsure` as `check_contact` has them, `too_many_bookings`,
    `contact_unproven` unless one of `proofs` proves it where the centre asks for that or `work` is
    not what the browser has to compute,
    `overlapping_bookings` unless "overlap" is in `as_it_is`, `branch_retired`; Conflict
    `already_booked` with what is kept, hidden, where something else was kept; `hold_expired`,
    `appointment_state`, `plans_changed` where the centre has taken the time back in the meantime;
    TooMany `too_many_from_address`.
    """
    await act.plans_stand()
    held = await act.appointment(token)
    entered = Resident(name, phone, email)
    if held.state == "booked":
        return reaching.require_same(act, held, entered)
    require_confirmable(held, act.now)
    _open_branch(act.directory, held)
    if why := await free.why_not(act.directory, held):
        raise Conflict("plans_changed", why=why)
    await sparing.require_few(act, "confirm")
    worked = is_done(act.directory.rules.booking_work_bits, held.token, work)
    known = await reaching.checked(act, held, entered, as_it_is, proofs, worked=worked)
    await refusing.trust(known.phone, known.email)
    return await act.record(known, "confirm", language=language)


def _open_branch(directory: Directory, appointment: Appointment) -> Branch:
    """RuleBroken `branch_retired` where nobody will receive anybody any more."""
    branch = directory.branch_of(appointment.branch_id)
    if branch.retired:
        raise RuleBroken("branch_retired", branch=branch.slug)
    return branch


@verb
async def move(act: Act, token: str, starts_at: datetime) -> Appointment:
    """To another free start; the old one is kept until the new one is sure.

    Conflict `slot_taken` with `alternatives`, `already_checked_in`, `appointment_state`,
    `too_late_to_change`; RuleBroken `no_such_time` as `hold` has it, `branch_retired`.
    """
    await act.plans_stand()
    booked = await act.appointment(token)
    _open_branch(act.directory, booked)
    require_changeable(booked, act.now)
    return await move_to(act, booked, starts_at)


async def move_to(act: Act, booked: Appointment, starts_at: datetime) -> Appointment:
    """As `move`, for whoever may change this booking."""
    branch = _open_branch(act.directory, booked)
    starts_at = check_time(starts_at, act.now)
    if booked.starts_at == starts_at:
        return booked
    await expire_lapsed(act, branch.id)
    moved = await _in_a_lane(act, branch, booked, booked.services, starts_at, "move")
    if moved is None:
        raise await not_to_be_had(
            act, branch, booked.services, booked.channel, starts_at, leaving_out=booked.id
        )
    await offering.give_back(act, booked)
    return moved


@verb
async def change_services(
    act: Act, token: str, services: list[str], starts_at: datetime | None = None
) -> Appointment:
    """Other services of a booking, at its own time where they fit there, else at `starts_at`; what
    is booked is kept until the new is sure.

    Conflict `does_not_fit` with `alternatives` where its own time is too short for them or their
    lane is taken, `slot_taken`, `already_checked_in`, `appointment_state`, `too_late_to_change`;
    RuleBroken `no_such_time` and of services as `hold` has them, `nobody_serves`, `branch_retired`.
    """
    await act.plans_stand()
    booked = await act.appointment(token)
    require_changeable(booked, act.now)
    return await change_to(act, booked, services, starts_at)


async def change_to(
    act: Act, booked: Appointment, services: list[str], starts_at: datetime | None = None
) -> Appointment:
    """As `change_services`, for whoever may change this booking."""
    branch = _open_branch(act.directory, booked)
    wanted = booked.starts_at if starts_at is None else check_time(starts_at, act.now)
    require_correctable(booked)
    chosen = check_services(act.directory, services, booked.channel)
    if (set(chosen), wanted) == (set(booked.services), booked.starts_at):
        return booked
    require_one_desk(branch, chosen, booked.channel)
    await expire_lapsed(act, branch.id)
    changed = await _in_a_lane(act, branch, booked, chosen, wanted, "change")
    if changed is None:
        raise await _does_not_fit(act, branch, booked, chosen, wanted)
    if not _covers(changed, booked):
        await offering.give_back(act, booked)
    return changed


def require_one_desk(branch: Branch, services: tuple[str, ...], channel: Channel) -> None:
    """RuleBroken `nobody_serves` unless all of them are one visit there."""
    if not branch.gives(services, channel):
        raise RuleBroken("nobody_serves", services=list(services))


def _covers(changed: Appointment, before: Appointment) -> bool:
    """Whether it still takes all that it took."""
    return (
        changed.lane_id == before.lane_id
        and changed.starts_at <= before.starts_at
        and before.ends_at <= changed.ends_at
    )


async def _does_not_fit(
    act: Act, branch: Branch, booked: Appointment, services: tuple[str, ...], wanted: datetime
) -> Conflict | RuleBroken:
    """Of one's own time it is no answer that somebody has just taken it, or that it is too near."""
    why = await not_to_be_had(act, branch, services, booked.channel, wanted, leaving_out=booked.id)
    if wanted != booked.starts_at:
        return why
    return Conflict("does_not_fit", alternatives=why.details["alternatives"])


async def _in_a_lane(
    act: Act,
    branch: Branch,
    booked: Appointment,
    services: tuple[str, ...],
    starts_at: datetime,
    what: Literal["move", "change"],
) -> Appointment | None:
    """One update of the same row, lane by lane; the exclusion constraint has the last word.

    Each within a savepoint, so that a lane that is lost does not lose the transaction. Whoever
    keeps their time had it before it came near.
    """
    visit = free.visit_of(act.directory, services, booked.channel)
    ends_at = starts_at + timedelta(minutes=visit.minutes)
    day = act.directory.local(starts_at).date()
    capacity = await free.capacity_of(act.directory, branch, day, 1, act.now, leaving_out=booked.id)
    keeps = starts_at == booked.starts_at
    if keeps:
        capacity = replace(capacity, rules=replace(capacity.rules, lead_minutes=0))
    facts: dict[str, Any] = {"ends_at": ends_at}
    facts |= {} if keeps else {"starts_at": starts_at}
    facts |= {"services": services} if what == "change" else {}
    for lane_id in slots.lanes_free_at(capacity, visit, starts_at, act.now):
        if not await still_fits(act, branch, lane_id, visit, starts_at, booked.id):
            continue
        try:
            async with db.savepoint():
                return await act.record(booked, what, lane_id=lane_id, **facts)
        except asyncpg.ExclusionViolationError:
            continue
    return None


@verb
async def cancel(act: Act, token: str) -> Appointment:
    """Give the slot back; cancelling twice is the same as once.

    Conflict `already_checked_in`, `appointment_state`, `too_late_to_change`.
    """
    return await give_up(act, await act.appointment(token))


async def give_up(act: Act, booked: Appointment) -> Appointment:
    """As `cancel`, for whoever may change this booking."""
    if booked.state == "cancelled":
        return booked
    require_changeable(booked, act.now)
    cancelled = await act.record(booked, "cancel")
    await offering.give_back(act, booked)
    return cancelled
