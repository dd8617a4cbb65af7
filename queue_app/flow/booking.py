"""Booking: hold a slot, confirm it, move it, give it back."""

import secrets
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import slots
from queue_app.domain.appointments import Appointment, lapsed
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.numbering import link_token
from queue_app.domain.people import one_line
from queue_app.flow.arrival import check_services
from queue_app.flow.unit import announce, once
from queue_app.queries import appointments, reference
from queue_app.queries import slots as free
from queue_app.store import db

REGION = "UA"
NAME_MAX = 120
FARTHEST = timedelta(days=400)
"""A wanted start farther away than this is no start at all, whatever the horizon."""


async def hold(
    branch_slug: str,
    services: list[str],
    starts_at: datetime,
    channel: Channel,
    now: datetime,
    key: UUID | None = None,
    language: Language = "uk",
) -> Appointment:
    """Take a free start for `hold_minutes`.

    Conflict `slot_taken` with the nearest `alternatives`; RuleBroken `unknown_service`,
    `not_by_visit`, `not_by_phone`, `too_many_services`, `no_such_time`.
    """
    directory = await reference.directory()
    branch = directory.branch(branch_slug)
    starts_at = check_time(starts_at, now)

    async def work() -> Appointment:
        if channel == "site":
            raise RuleBroken("not_by_visit", services=services)
        chosen = check_services(directory, services, channel)
        await _drop_lapsed(branch, now)
        held = await _take(directory, branch, chosen, starts_at, channel, language, now)
        await announce(branch.id)
        return held

    asked = (services, starts_at, channel)
    try:
        return await once(key, f"hold:{branch.id}", asked, Appointment, now, work)
    except Conflict as error:
        raise await _with_alternatives(
            error, directory, branch, services, channel, starts_at, now
        ) from error


def check_time(starts_at: datetime, now: datetime) -> datetime:
    """The instant in UTC, where adding minutes and comparing know no change of clocks.

    RuleBroken `no_such_time` without an offset from UTC, or out of all reach.
    """
    if starts_at.tzinfo is None or not -FARTHEST < starts_at - now < FARTHEST:
        raise RuleBroken("no_such_time", starts_at=starts_at)
    return starts_at.astimezone(UTC)


def check_day(day: date, today: date) -> None:
    """RuleBroken `no_such_time` for a day out of all reach."""
    if abs(day - today) > FARTHEST:
        raise RuleBroken("no_such_time", day=day)


async def _drop_lapsed(branch: Branch, now: datetime) -> None:
    """Holds whose time ran out give their slots back before anybody asks for one."""
    await db.fetch(
        "UPDATE appointment SET state = 'expired', changed_at = $2"
        " WHERE branch_id = $1 AND state = 'held' AND held_until <= $2",
        branch.id,
        now,
    )


_TAKE = """
INSERT INTO appointment (branch_id, lane_id, token, code, channel, services, period, state,
    held_until, language, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, tstzrange($7, $8), 'held', $9, $10, $11, $11)
ON CONFLICT DO NOTHING
RETURNING *, lower(period) AS starts_at, upper(period) AS ends_at
"""
_CODES = 3
"""How many codes are tried in one lane; a code is taken by chance once in thousands."""


async def _take(
    directory: Directory,
    branch: Branch,
    services: tuple[str, ...],
    starts_at: datetime,
    channel: Channel,
    language: Language,
    now: datetime,
) -> Appointment:
    """The first fitting lane that the database lets us have. Conflict `slot_taken` if none."""
    visit = free.visit_of(directory, services, channel)
    day = directory.local(starts_at).date()
    capacity = await free.capacity_of(directory, branch, day, 1, now)
    for lane_id in slots.lanes_free_at(capacity, visit, starts_at, now):
        for _ in range(_CODES):
            row = await db.fetch_row(
                _TAKE,
                branch.id,
                lane_id,
                link_token(branch.id, secrets.token_urlsafe(16)),
                f"{secrets.randbelow(1_000_000):06d}",
                channel,
                list(services),
                starts_at,
                starts_at + timedelta(minutes=visit.minutes),
                now + timedelta(minutes=directory.rules.hold_minutes),
                language,
                now,
            )
            if row:
                return appointments.from_row(row)
            if not await _code_clash(branch, lane_id, starts_at, visit.minutes):
                break
    raise Conflict("slot_taken")


async def _code_clash(branch: Branch, lane_id: int, starts_at: datetime, minutes: int) -> bool:
    """Whether the lane is free after all, so that only the code was taken."""
    busy = await db.fetch_value(
        "SELECT true FROM appointment WHERE branch_id = $1 AND lane_id = $2"
        " AND state IN ('held', 'booked') AND period && tstzrange($3, $4) LIMIT 1",
        branch.id,
        lane_id,
        starts_at,
        starts_at + timedelta(minutes=minutes),
    )
    return busy is None


async def _with_alternatives(
    error: Conflict,
    directory: Directory,
    branch: Branch,
    services: list[str],
    channel: Channel,
    wanted: datetime,
    now: datetime,
    leaving_out: int | None = None,
) -> Conflict:
    """The same refusal with what is possible instead."""
    if error.code != "slot_taken":
        return error
    near = await free.alternatives(directory, branch, services, channel, wanted, now, leaving_out)
    return Conflict("slot_taken", alternatives=near)


async def confirm(
    token: str,
    name: str,
    phone: str | None,
    email: str | None,
    language: Language,
    now: datetime,
) -> Appointment:
    """Book what was held; confirming again with a booking is the same as once.

    RuleBroken `bad_contact` with the sentence code of each field in `fields`,
    `too_many_bookings`, or `branch_retired`; Conflict `hold_expired`, `appointment_state`.
    """
    directory = await reference.directory()

    async def work() -> Appointment:
        held = await _locked(token)
        if held.state == "booked":
            return held
        if held.state == "expired" or lapsed(held, now):
            raise Conflict("hold_expired")
        if held.state != "held":
            raise Conflict("appointment_state", state=held.state)
        _require_open_branch(directory, held)
        person = check_contact(name, phone, email, held.channel)
        await _check_bookings(directory, person.phone, person.email, now)
        await db.fetch(
            "UPDATE appointment SET state = 'booked', held_until = NULL, name = $3, phone = $4,"
            " email = $5, language = $6, changed_at = $7 WHERE branch_id = $1 AND id = $2",
            held.branch_id,
            held.id,
            person.name,
            person.phone,
            person.email,
            language,
            now,
        )
        await announce(held.branch_id)
        return await appointments.by_token(token)

    return await db.transact(work)


def _require_open_branch(directory: Directory, appointment: Appointment) -> None:
    """RuleBroken `branch_retired` where nobody will receive anybody any more."""
    branch = directory.branch_of(appointment.branch_id)
    if branch.retired:
        raise RuleBroken("branch_retired", branch=branch.slug)


async def _locked(token: str) -> Appointment:
    """The appointment behind a link, so that what happens to it happens one after the other."""
    found = await appointments.by_token(token)
    await db.fetch(
        "SELECT id FROM appointment WHERE branch_id = $1 AND id = $2 FOR UPDATE",
        found.branch_id,
        found.id,
    )
    return await appointments.by_token(token)


class Resident(Struct, frozen=True):
    """A name and at least one way to reach it, cleaned."""

    name: str
    phone: str | None
    email: str | None


def check_contact(name: str, phone: str | None, email: str | None, channel: Channel) -> Resident:
    """The contact as it is kept: the phone in E.164, the e-mail normalised.

    RuleBroken `bad_contact`, `fields` saying for each field which sentence applies. A phone
    appointment needs a phone.
    """
    fields: dict[str, str] = {}
    clean = one_line(name)
    if not clean:
        fields["name"] = "name_missing"
    elif len(clean) > NAME_MAX:
        fields["name"] = "name_too_long"
    number = _number(phone, fields)
    address = _address(email, fields)
    if not number and not address and not {"phone", "email"} & fields.keys():
        fields["phone"] = "contact_missing"
    elif channel == "phone" and not number and "phone" not in fields:
        fields["phone"] = "phone_missing"
    if fields:
        raise RuleBroken("bad_contact", fields=fields)
    return Resident(clean, number, address)


def _number(phone: str | None, fields: dict[str, str]) -> str | None:
    if not phone or not phone.strip():
        return None
    try:
        parsed = phonenumbers.parse(phone, REGION)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        fields["phone"] = "phone_invalid"
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _address(email: str | None, fields: dict[str, str]) -> str | None:
    if not email or not email.strip():
        return None
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        fields["email"] = "email_invalid"
        return None


async def _check_bookings(
    directory: Directory, phone: str | None, email: str | None, now: datetime
) -> None:
    """RuleBroken `too_many_bookings`. The lock makes two confirmations of one person wait."""
    for column, value in (("phone", phone), ("email", email)):
        if value is None:
            continue
        await db.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", value)
        count = await db.fetch_value(
            f"SELECT count(*) FROM appointment WHERE {column} = $1 AND state = 'booked'"
            " AND upper(period) > $2",
            value,
            now,
        )
        if count >= directory.rules.max_bookings:
            raise RuleBroken("too_many_bookings", limit=directory.rules.max_bookings)


async def reschedule(
    token: str, starts_at: datetime, now: datetime, key: UUID | None = None
) -> Appointment:
    """Move to another free start; the old one is kept until the new one is sure.

    Conflict `slot_taken` with `alternatives`, `already_checked_in`, `appointment_state`,
    `too_late_to_change`; RuleBroken `no_such_time`, `branch_retired`.
    """
    directory = await reference.directory()
    known = await appointments.by_token(token)
    _require_open_branch(directory, known)
    branch = directory.branch_of(known.branch_id)
    starts_at = check_time(starts_at, now)

    async def work() -> Appointment:
        booked = await _changeable(token, now)
        if booked.starts_at == starts_at:
            return booked
        await _drop_lapsed(branch, now)
        await _move(directory, branch, booked, starts_at, now)
        await announce(branch.id)
        return await appointments.by_token(token)

    try:
        return await once(key, f"reschedule:{token}", starts_at, Appointment, now, work)
    except Conflict as error:
        raise await _with_alternatives(
            error,
            directory,
            branch,
            list(known.services),
            known.channel,
            starts_at,
            now,
            leaving_out=known.id,
        ) from error


async def _changeable(token: str, now: datetime) -> Appointment:
    """A booking that its resident may still move or cancel, locked."""
    booked = await _locked(token)
    if booked.state not in ("booked", "held") or lapsed(booked, now):
        raise Conflict("appointment_state", state=as_of(booked, now).state)
    if booked.ticket_token is not None:
        raise Conflict("already_checked_in")
    if booked.starts_at <= now:
        raise Conflict("too_late_to_change")
    return booked


async def _move(
    directory: Directory, branch: Branch, booked: Appointment, starts_at: datetime, now: datetime
) -> None:
    """One update of the same row, lane by lane; the exclusion constraint has the last word."""
    visit = free.visit_of(directory, booked.services, booked.channel)
    day = directory.local(starts_at).date()
    capacity = await free.capacity_of(directory, branch, day, 1, now, leaving_out=booked.id)
    for lane_id in slots.lanes_free_at(capacity, visit, starts_at, now):
        try:
            await _set_period(booked, lane_id, starts_at, visit.minutes, now)
        except asyncpg.ExclusionViolationError:
            continue
        return
    raise Conflict("slot_taken")


async def _set_period(
    booked: Appointment, lane_id: int, starts_at: datetime, minutes: int, now: datetime
) -> None:
    """Within a savepoint, so that a lane that is lost does not lose the transaction."""
    async with db.savepoint():
        await db.fetch(
            "UPDATE appointment SET lane_id = $3, period = tstzrange($4, $5), changed_at = $6"
            " WHERE branch_id = $1 AND id = $2",
            booked.branch_id,
            booked.id,
            lane_id,
            starts_at,
            starts_at + timedelta(minutes=minutes),
            now,
        )


async def cancel(token: str, now: datetime) -> Appointment:
    """Give the slot back; cancelling twice is the same as once.

    Conflict `already_checked_in`, `appointment_state`, `too_late_to_change`.
    """

    async def work() -> Appointment:
        booked = await _locked(token)
        if booked.state == "cancelled":
            return booked
        await _changeable(token, now)
        await db.fetch(
            "UPDATE appointment SET state = 'cancelled', held_until = NULL, changed_at = $3"
            " WHERE branch_id = $1 AND id = $2",
            booked.branch_id,
            booked.id,
            now,
        )
        await announce(booked.branch_id)
        return await appointments.by_token(token)

    return await db.transact(work)


def as_of(appointment: Appointment, now: datetime) -> Appointment:
    """The appointment with a hold that ran out shown as expired, swept or not."""
    return replace(appointment, state="expired") if lapsed(appointment, now) else appointment
