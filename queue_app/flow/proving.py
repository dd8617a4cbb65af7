"""Contacts are proven: a code goes to the contact, and whoever has read it is reached by it.

Who has proven a contact may book with it where the centre asks for that, and sees and releases
whatever was booked with it, so that nobody can block another's number.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec import Struct

from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Language
from queue_app.domain.contacts import read_contact
from queue_app.domain.errors import Conflict, NotFound, RuleBroken, TooMany
from queue_app.domain.messages import Outgoing
from queue_app.domain.numbering import digits_in
from queue_app.domain.people import token_hash
from queue_app.flow import refusing, sparing, tallies
from queue_app.flow.act import Act, By, verb
from queue_app.flow.passwords import hash_password, is_right
from queue_app.queries import appointments
from queue_app.store import db

CODE_MINUTES = 10
"""A code is good for so long after it was asked for."""
TRIES = 5
CODES = 5
"""So many codes go to one contact in an hour."""
HOUR = timedelta(hours=1)
PROVEN = HOUR
"""So long a proof lets one book, see and release."""


class Asked(Struct, frozen=True):
    """A code is on its way to `contact`; `token` is who asked for it, shown this once."""

    token: str
    contact: str
    expires_at: datetime


class Tried(Struct, frozen=True):
    """What a code turned out to be."""

    proven: bool
    tries_left: int


@verb.secret
async def ask_code(act: Act, contact: str, language: Language | None = None) -> Asked:
    """Send a code to a contact.

    RuleBroken `bad_contact`; TooMany `too_many_codes` for it, `too_many_from_address`.
    """
    phone, email = read_contact(contact, act.directory.centre.country)
    canonical = phone or (email and email.lower())
    if canonical is None:
        raise RuleBroken("bad_contact", fields={"contact": "contact_missing"})
    await sparing.require_few(act, "code_from")
    if await tallies.count("code", canonical, act.now, HOUR) > CODES:
        seconds = tallies.seconds_left(act.now, HOUR)
        raise TooMany("too_many_codes", retry_after_seconds=seconds)
    token = secrets.token_urlsafe(16)
    proof_id = await db.fetch_value(
        "INSERT INTO proof (token_hash, contact, asked_at) VALUES ($1, $2, $3) RETURNING id",
        token_hash(token),
        canonical,
        act.now,
    )
    act.tell(
        Outgoing(
            branch_id=next(iter(act.directory.branches_ever)),
            event=f"proof {proof_id}",
            kind="code",
            channel="sms" if phone else "mail",
            recipient=phone or email or "",
            language=act.directory.spoken(language),
            due_at=act.now,
        )
    )
    return Asked(token, canonical, act.now + timedelta(minutes=CODE_MINUTES))


async def new_code(event: str) -> str | None:
    """The code of the proof that this message tells of, made as it is sent: kept hashed alone.

    None where nobody waits for it any more. One that is sent again is another, and the last holds.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    kept = await db.fetch_value(
        "UPDATE proof SET code_hash = $2 WHERE id = $1 AND proven_at IS NULL RETURNING id",
        int(event.removeprefix("proof ")),
        await hash_password(code),
    )
    return code if kept else None


async def prove(by: By, token: str, code: str) -> None:
    """NotFound `unknown_proof`; Conflict `code_expired`; RuleBroken `wrong_code`."""
    tried = await try_code(by, token, code)
    if not tried.proven:
        raise RuleBroken("wrong_code", tries_left=tried.tries_left)


@verb.secret
async def try_code(act: Act, token: str, code: str) -> Tried:
    """Whether this is the code. A wrong one counts, so it is no error here, which undoes.

    The row is locked, so that tries come one after the other.
    """
    row = await db.fetch_row(
        "SELECT * FROM proof WHERE token_hash = $1 FOR UPDATE", token_hash(token)
    )
    if row is None:
        raise NotFound("unknown_proof")
    if row["proven_at"] and act.now < row["proven_at"] + PROVEN:
        return Tried(proven=True, tries_left=0)
    until = row["asked_at"] + timedelta(minutes=CODE_MINUTES)
    if until <= act.now or row["tries"] >= TRIES:
        raise Conflict("code_expired")
    right = await is_right(row["code_hash"], digits_in(code))
    if right:
        await refusing.trust(row["contact"])
    await db.fetch(
        "UPDATE proof SET tries = tries + 1, proven_at = $2 WHERE id = $1",
        row["id"],
        act.now if right else None,
    )
    return Tried(proven=right, tries_left=TRIES - row["tries"] - 1)


async def contact_of(token: str, now: datetime) -> str:
    """The contact that was proven with this. NotFound `unknown_proof`."""
    proven = await _proven([token], now)
    if not proven:
        raise NotFound("unknown_proof")
    return proven.pop()


async def booked_with(token: str, now: datetime) -> list[Appointment]:
    """Whatever is booked with the contact that was proven with this, as it comes."""
    contact = await contact_of(token, now)
    return await appointments.to_come_with(contact, contact, now)


async def require_proven(
    act: Act, field: str, contact: str, others: int, proofs: Collection[str], worked: bool = True
) -> None:
    """RuleBroken `contact_unproven` with its `field`, where the centre asks for a proof.

    `others`: how many other bookings this contact has to come. `worked`: whether the browser has
    computed what the centre asks for; who has none that can proves the contact instead.
    """
    rule = act.directory.rules.prove_contact
    if worked and (rule == "never" or (rule == "second" and not others)):
        return
    if contact not in await _proven(proofs, act.now):
        raise RuleBroken("contact_unproven", field=field)


async def _proven(tokens: Collection[str], now: datetime) -> set[str]:
    rows = await db.fetch(
        "SELECT contact FROM proof WHERE token_hash = ANY($1) AND proven_at > $2",
        [token_hash(one) for one in tokens],
        now - PROVEN,
    )
    return {row["contact"] for row in rows}


async def drop_old(now: datetime) -> int:
    """Those by which nobody proves anything any more, and the messages with their codes."""
    rows = await db.fetch("DELETE FROM proof WHERE asked_at < $1 RETURNING id", now - 2 * PROVEN)
    if rows:
        await db.fetch(
            "DELETE FROM message WHERE branch_id IN (SELECT id FROM branch) AND event = ANY($1)",
            [f"proof {row['id']}" for row in rows],
        )
    return len(rows)
