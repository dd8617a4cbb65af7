"""What is known of a person goes before its time, because they wish it."""

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.appointments import OPEN, Appointment, as_of, require_changeable
from queue_app.domain.contacts import read_contact
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.people import RESIDENT
from queue_app.flow import offering, pushing, refusing, reminding, repeats, tallies, wishing
from queue_app.flow.act import Act, By, verb
from queue_app.flow.visit_notes import drop_notes_of
from queue_app.queries import appointments
from queue_app.store import db

_KEPT_ANSWERS = ("confirm", "correct", "move", "change_services", "cancel")
"""Verbs of a booking whose answers are kept under the key of their request."""


class Somebody(Struct, frozen=True):
    """Somebody as far as they are known: by a phone or by an e-mail."""

    phone: str | None
    email: str | None

    @property
    def canonical(self) -> str:
        return self.phone or (self.email or "").lower()


class Erased(Struct, frozen=True):
    """Codes of bookings: which were deleted, and which cannot be yet, as their visit is now; and
    how many places on the waiting list."""

    deleted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    waiting: int = 0


def person_of(contact: str, country: str | None) -> Somebody:
    """RuleBroken `bad_contact` for what is neither a phone nor an e-mail."""
    phone, email = read_contact(contact, country)
    if phone is None and email is None:
        raise RuleBroken("bad_contact", fields={"contact": "contact_missing"})
    return Somebody(phone, email)


@verb
async def forget(act: Act, token: str) -> None:
    """Cancel one's booking, where that is to come, and delete who booked it and what was sent.

    Conflict `already_checked_in`, `too_late_to_change`: while the visit is, its desk needs to know.
    """
    await _forget(act, await act.appointment(token))


async def erase(by: By, person: Somebody) -> Erased:
    """The same for all that a person has booked or wished for, branch by branch, and what else
    names them. The list first, lest what they give back is offered to themselves."""
    waiting = await wishing.erase_wishes(by, person.phone, person.email)
    found = [
        await erase_person(by, branch_id, person.phone, person.email)
        for branch_id in await appointments.branches_of(person.phone, person.email)
    ]
    erased = Erased(
        tuple(code for one in found for code in one.deleted),
        tuple(code for one in found for code in one.kept),
        waiting,
    )
    await note_person(by, "erase", len(erased.deleted), person.canonical)
    return erased


@verb
async def erase_person(act: Act, branch_id: int, phone: str | None, email: str | None) -> Erased:
    """In one branch. A visit that is now keeps its name until it is over."""
    deleted, kept = [], []
    for one in await appointments.all_with(branch_id, phone, email):
        try:
            await _forget(act, one)
            deleted.append(one.code)
        except Conflict:
            kept.append(one.code)
    return Erased(tuple(deleted), tuple(kept))


@verb
async def note_person(act: Act, what: str, bookings: int, canonical: str) -> None:
    """That staff looked at, took along or erased what is known of somebody: not of whom.

    Erased with it is what names them beside their bookings: codes that were sent, and counts.
    """
    if what == "erase":
        await db.fetch("DELETE FROM unreminded WHERE contact = $1", canonical)
        await db.fetch("DELETE FROM proof WHERE contact = $1", canonical)
        await refusing.drop_of(canonical)
        await db.fetch(
            "DELETE FROM message WHERE branch_id IN (SELECT id FROM branch)"
            " AND appointment_id IS NULL AND lower(recipient) = $1",
            canonical,
        )
        kinds = ("look_up", "code")
        subjects = [tallies.hashed(kind, canonical) for kind in kinds]
        await db.fetch("DELETE FROM tally WHERE subject = ANY($1)", subjects)
    await act.note("person", "somebody", what, after={"bookings": bookings})


async def _forget(act: Act, one: Appointment) -> None:
    """Nobody is told: whoever is forgotten is written to no more."""
    nobody = replace(one, name=None, phone=None, email=None)
    if as_of(one, act.now).state in OPEN:
        require_changeable(one, act.now)
        await act.record(nobody, "cancel")
        await offering.give_back(act, one)
    else:
        await db.fetch(
            "UPDATE appointment SET name = NULL, phone = NULL, email = NULL"
            " WHERE branch_id = $1 AND id = $2",
            one.branch_id,
            one.id,
        )
    await db.fetch(
        "DELETE FROM message WHERE branch_id = $1 AND appointment_id = $2", one.branch_id, one.id
    )
    await drop_notes_of(one)
    await refusing.drop_of(one.phone, one.email)
    await pushing.forget(one)
    await db.fetch(
        "DELETE FROM request WHERE scope = ANY($1)",
        [
            scope
            for name in _KEPT_ANSWERS
            for scope in repeats.scopes(name, RESIDENT.actor, one.token, one.token)
        ],
    )
    await reminding.drop_useless()
