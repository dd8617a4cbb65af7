"""Who books: how they are reached, how often they may book, and what they change of it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from queue_app.domain.appointments import Appointment, require_correctable
from queue_app.domain.catalogue import Channel
from queue_app.domain.contacts import DOUBTED, Resident, check_contact, hidden, read_contact, same
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.hours import Window
from queue_app.domain.messages import Outgoing
from queue_app.domain.numbering import digits_in
from queue_app.domain.phones import numbers_of
from queue_app.flow import proving, refusing, sparing, tallies
from queue_app.flow.act import Act, verb
from queue_app.queries import appointments, refused
from queue_app.store import db

HOUR = timedelta(hours=1)
LINK_MINUTES = 10
"""The link of one booking goes to its contact once in so many minutes."""
LOOK_UPS = 5
"""So often in an hour a contact may be asked about, be there a booking or not."""


@verb
async def look_up(act: Act, code: str, contact: str) -> None:
    """Send the link of the booking with this code and contact to that contact, if there is one.

    Whoever asks is not told: it is done after they were answered.
    """
    phone, email = read_contact(contact, act.directory.centre.country)
    reached = phone or (email and email.lower())
    if not reached or await tallies.count("look_up", reached, act.now, HOUR) > LOOK_UPS:
        return
    digits = digits_in(code)
    for one in await appointments.to_come_with(phone, email, act.now):
        if one.code == digits:
            act.tell(_link(one, act.now, email is not None))


def _link(booking: Appointment, now: datetime, by_mail: bool) -> Outgoing:
    turn = int(now.timestamp()) // (LINK_MINUTES * 60)
    recipient = booking.email if by_mail else booking.phone
    assert recipient
    return Outgoing(
        branch_id=booking.branch_id,
        event=f"link {booking.id} {turn}",
        kind="link",
        channel="mail" if by_mail else "sms",
        recipient=recipient,
        language=booking.language,
        due_at=now,
        appointment_id=booking.id,
    )


@verb
async def correct(
    act: Act,
    token: str,
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    as_it_is: Sequence[str] = (),
    proofs: Sequence[str] = (),
) -> Appointment:
    """Another name or contact until check-in; what is not given stays as it is. A contact at which
    nothing arrived is tried once more where it is given again.

    RuleBroken and TooMany as for `confirm`; Conflict `already_checked_in`, `appointment_state`.
    """
    booked = await act.appointment(token)
    require_correctable(booked)
    said = Resident(name or booked.name or "", phone or booked.phone, email or booked.email)
    known = await checked(act, booked, said, as_it_is, proofs)
    given = [known.phone if phone else None, known.email if email else None]
    unheard = await refused.among(given)
    if known == booked and not unheard:
        return booked
    await sparing.require_few(act, "confirm")
    await refusing.trust(*given)
    reached = known.phone == booked.phone and known.email == booked.email and not unheard
    corrected = await act.record(known, "correct", why="name" if reached else None)
    await refusing.drop_of(booked.phone, booked.email)
    return corrected


async def checked(
    act: Act,
    appointment: Appointment,
    entered: Resident,
    as_it_is: Collection[str],
    proofs: Collection[str] = (),
    proven: bool = False,
    worked: bool = True,
) -> Appointment:
    """The appointment with what was entered, once it may be booked with that. `proven`: that the
    contact is theirs needs no proof any more; `worked`: as `require_proven` has it."""
    person = read(act.directory, appointment.channel, entered, as_it_is)
    known = replace(appointment, name=person.name, phone=person.phone, email=person.email)
    for field, contact, before in (
        ("phone", known.phone, appointment.phone),
        ("email", known.email and known.email.lower(), appointment.email),
    ):
        if contact and contact != (before and before.lower()):
            others = await _others(act, known, field, contact)
            if not proven:
                await proving.require_proven(act, field, contact, len(others), proofs, worked)
            _require_room(act, known, field, others, as_it_is)
    return known


def require_same(act: Act, booked: Appointment, entered: Resident) -> Appointment:
    """What is booked already. Conflict `already_booked` where other data were entered than are
    kept: nobody may be told that what was dropped is booked."""
    kept = Resident(booked.name or "", booked.phone, booked.email)
    if not same(kept, read(act.directory, booked.channel, entered, DOUBTED)):
        raise Conflict("already_booked", kept=hidden(kept))
    return booked


def read(
    directory: Directory, channel: Channel, entered: Resident, as_it_is: Collection[str]
) -> Resident:
    """The contact as it is kept; RuleBroken as `check_contact` has them."""
    country = directory.centre.country
    ours = numbers_of((one.value for one in directory.centre.contacts), country)
    return check_contact(entered, channel, country, ours, as_it_is)


_OTHERS = """
SELECT lower(period) AS starts_at, upper(period) AS ends_at FROM appointment
WHERE {contact} = $1 AND state = 'booked' AND upper(period) > $2
    AND (branch_id, id) <> ($3::int, $4::bigint)
"""
_COLUMNS = {"phone": "phone", "email": "lower(email)"}


async def _others(act: Act, known: Appointment, field: str, contact: str) -> list[Window]:
    """When this contact is booked otherwise.

    The lock makes two confirmations of one person wait for each other.
    """
    await db.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", contact)
    rows = await db.fetch(
        _OTHERS.format(contact=_COLUMNS[field]), contact, act.now, known.branch_id, known.id
    )
    return [Window(row["starts_at"], row["ends_at"]) for row in rows]


def _require_room(
    act: Act, known: Appointment, field: str, others: list[Window], as_it_is: Collection[str]
) -> None:
    """RuleBroken `too_many_bookings`, `overlapping_bookings`; `field`: whose."""
    limit = act.directory.rules.max_bookings
    if len(others) >= limit:
        raise RuleBroken("too_many_bookings", limit=limit, field=field)
    at_once = [
        one.opens for one in others if one.opens < known.ends_at and known.starts_at < one.closes
    ]
    if at_once and "overlap" not in as_it_is:
        starts_at = act.directory.local(at_once[0])
        raise RuleBroken("overlapping_bookings", starts_at=starts_at, field=field)
