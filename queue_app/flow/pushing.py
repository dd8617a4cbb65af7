"""Browsers that are to be told of a visit, and the key by which push services know this centre."""

from datetime import datetime, timedelta
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from msgspec import Struct

from queue_app.domain.appointments import OPEN, Appointment, as_of
from queue_app.domain.catalogue import Language
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.messages import Outgoing
from queue_app.domain.pushes import MOST_PER_VISIT, PushSubscription
from queue_app.domain.tickets import LIVE
from queue_app.flow.act import Act, verb
from queue_app.queries import appointments, tickets
from queue_app.store import db

Of = Literal["ticket", "appointment"]
KEPT_AFTER = timedelta(hours=24)
"""After the visit: who did not come may be put back into the queue on the same day."""


class PushedVisit(Struct, frozen=True):
    """What a browser is told of: a booking with its ticket, or a ticket without a booking."""

    branch_id: int
    appointment_id: int | None
    ticket_id: int | None


@verb
async def allow_push(
    act: Act, token: str, of: Of, subscription: PushSubscription, language: Language
) -> None:
    """From now on this browser is told of the visit behind this link; again is the same as once.

    NotFound `unknown_link`; RuleBroken `bad_push` for a key that is none; Conflict `visit_over`,
    `too_many_browsers`.
    """
    _require_point(subscription.p256dh)
    visit = await _visit(act, token, of)
    await db.fetch(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"push {visit.branch_id} {visit.appointment_id} {visit.ticket_id}",
    )
    await _drop(visit, subscription.endpoint)
    known = await db.fetch_value(f"SELECT count(*) FROM push_subscription WHERE {_OF}", *_of(visit))
    if known >= MOST_PER_VISIT:
        raise Conflict("too_many_browsers", limit=MOST_PER_VISIT)
    await db.fetch(
        "INSERT INTO push_subscription (branch_id, appointment_id, ticket_id, endpoint, p256dh,"
        " auth, language, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *_of(visit),
        subscription.endpoint,
        subscription.p256dh,
        subscription.auth,
        act.directory.spoken(language),
        act.now,
    )


@verb
async def stop_push(act: Act, token: str, of: Of, endpoint: str) -> None:
    """This browser is told of the visit no more, whether or not it was. NotFound `unknown_link`."""
    await _drop(await _visit(act, token, of, over=True), endpoint)


def _require_point(p256dh: bytes) -> None:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise RuleBroken("bad_push", field="p256dh") from error


async def _visit(act: Act, token: str, of: Of, over: bool = False) -> PushedVisit:
    """`over`: also where nothing more will happen."""
    if of == "ticket":
        ticket = await tickets.by_token(token)
        if not over and ticket.progress.state not in LIVE:
            raise Conflict("visit_over")
        mine = ticket.appointment_id
        return PushedVisit(ticket.branch_id, mine, None if mine else ticket.id)
    booking = as_of(await appointments.by_token(token), act.now)
    if not over and booking.state not in OPEN:
        raise Conflict("visit_over")
    return PushedVisit(booking.branch_id, booking.id, None)


_OF = "branch_id = $1 AND (appointment_id = $2 OR ticket_id = $3)"


def _of(visit: PushedVisit) -> tuple[int, int | None, int | None]:
    return visit.branch_id, visit.appointment_id, visit.ticket_id


async def _drop(visit: PushedVisit, endpoint: str) -> None:
    await db.fetch(
        f"DELETE FROM push_subscription WHERE {_OF} AND endpoint = $4", *_of(visit), endpoint
    )


async def forget(booking: Appointment) -> None:
    """The browsers that were to be told of it; in the transaction that forgets who booked it."""
    await db.fetch(
        "DELETE FROM push_subscription WHERE branch_id = $1 AND appointment_id = $2",
        booking.branch_id,
        booking.id,
    )


async def forget_browser(branch_id: int, subscription_id: int) -> None:
    """Its push service says that nobody listens there any more; of every visit, as it is gone."""
    await db.fetch(
        "DELETE FROM push_subscription WHERE branch_id IN (SELECT id FROM branch) AND endpoint ="
        " (SELECT endpoint FROM push_subscription WHERE branch_id = $1 AND id = $2)",
        branch_id,
        subscription_id,
    )


async def subscription(branch_id: int, subscription_id: int) -> PushSubscription | None:
    row = await db.fetch_row(
        "SELECT endpoint, p256dh, auth FROM push_subscription WHERE branch_id = $1 AND id = $2",
        branch_id,
        subscription_id,
    )
    return PushSubscription(row["endpoint"], row["p256dh"], row["auth"]) if row else None


class ToBeTold(Struct, frozen=True):
    """Somebody in the queue whose browser is to be told when it is soon their turn."""

    branch_id: int
    ticket_id: int


_WAITING = """
WITH told AS (
    SELECT t.branch_id, t.id, t.state, t.channel, s.id AS browser FROM push_subscription s
    JOIN ticket t ON t.branch_id = s.branch_id AND t.id = s.ticket_id
    UNION ALL
    SELECT t.branch_id, t.id, t.state, t.channel, s.id FROM push_subscription s
    JOIN ticket t ON t.branch_id = s.branch_id AND t.appointment_id = s.appointment_id
)
SELECT DISTINCT branch_id, id FROM told
WHERE state = 'waiting' AND channel = 'visit'
    AND NOT EXISTS (SELECT FROM message m WHERE m.branch_id = told.branch_id
        AND m.event = 'soon ' || told.id AND m.channel = 'push'
        AND m.recipient = 'browser ' || told.browser)
ORDER BY 1, 2
"""


async def waiting() -> list[ToBeTold]:
    """Those who have not been told yet."""
    return [ToBeTold(row["branch_id"], row["id"]) for row in await db.fetch(_WAITING)]


@verb
async def tell_soon(act: Act, branch_id: int, ticket_id: int) -> None:
    """It is soon this ticket's turn: each of its browsers is told so, once."""
    ticket = await tickets.by_id([branch_id], ticket_id)
    if ticket.progress.state != "waiting":
        return
    act.tell(
        Outgoing(
            branch_id=ticket.branch_id,
            event=f"soon {ticket.id}",
            kind="soon",
            channel="push",
            recipient="",
            language=ticket.language,
            due_at=act.now,
            appointment_id=ticket.appointment_id,
            ticket_id=ticket.id,
        )
    )


async def private_key() -> ec.EllipticCurvePrivateKey:
    """The centre's own (RFC 8292), made when it is first asked for. In the database, so that all
    processes have the same, and a backup that is restored speaks to the browsers of before."""
    stored = await db.fetch_value("SELECT private_key FROM push_key")
    if stored is None:
        made = ec.generate_private_key(ec.SECP256R1())
        await db.fetch(
            "INSERT INTO push_key (private_key) VALUES ($1) ON CONFLICT DO NOTHING",
            made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        )
        stored = await db.fetch_value("SELECT private_key FROM push_key")
    key = load_der_private_key(stored, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


_OVER = """
DELETE FROM push_subscription s WHERE branch_id IN (SELECT id FROM branch) AND created_at < $1
    AND NOT EXISTS (SELECT FROM appointment a WHERE a.branch_id = s.branch_id
        AND a.id = s.appointment_id AND (a.state IN ('held', 'booked') OR a.changed_at >= $1))
    AND NOT EXISTS (SELECT FROM ticket t WHERE t.branch_id = s.branch_id
        AND t.id = s.ticket_id AND coalesce(t.ended_at >= $1, true))
"""


async def drop_old(now: datetime) -> int:
    """The browsers that were to be told of a visit which is over for a day."""
    rows = await db.fetch(_OVER + " RETURNING id", now - KEPT_AFTER)
    return len(rows)
