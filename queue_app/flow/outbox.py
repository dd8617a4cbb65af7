"""The outbox: what is to leave is written with the event that calls for it, and sent after commit.

Sending is claimed for a while, done outside any transaction, and then marked. A process that dies
in between leaves its claim to run out: the message is sent again with the same identity, so that
nothing is lost and a repeat can be told from a second message.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from queue_app.domain.messages import FIRST_PAUSE, Medium, Message, Outgoing, pause_after
from queue_app.domain.pushes import TOLD_BY_PUSH
from queue_app.store import db

LEASE = timedelta(minutes=2)
"""How long a claim holds, in the machine's time: longer than one message takes at worst."""


async def put(messages: Sequence[Outgoing]) -> None:
    """In the transaction of the event; what stands there already stays once."""
    for one in messages:
        if one.kind in TOLD_BY_PUSH:
            await _put_pushes(one)
        if one.channel == "push":
            continue
        if one.channel == "print":
            await _put_print(one)
            continue
        await db.fetch(
            "INSERT INTO message (branch_id, event, kind, channel, recipient, language,"
            " appointment_id, ticket_id, created_at, due_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)"
            " ON CONFLICT ON CONSTRAINT message_once DO NOTHING",
            one.branch_id,
            one.event,
            one.kind,
            one.channel,
            one.recipient,
            one.language,
            one.appointment_id,
            one.ticket_id,
            one.due_at,
        )


def pushes(branches: str, event: str, kind: str, appointment: str, ticket: str, due: str) -> str:
    """SQL: one message for each browser that is to be told of a visit, none without a `kind`.

    `branches`: what has the visit's `branch_id`; the others: the statement's parameters.
    """
    return f"""INSERT INTO message (branch_id, event, kind, channel, recipient, language,
        appointment_id, ticket_id, created_at, due_at)
    SELECT s.branch_id, {event}::text, {kind}::text, 'push', 'browser ' || s.id, s.language,
        {appointment}::bigint, {ticket}::bigint, {due}::timestamptz, {due}
    FROM {branches} JOIN push_subscription s USING (branch_id)
    WHERE {kind} IS NOT NULL AND (s.appointment_id = {appointment} OR s.ticket_id = {ticket})
    ON CONFLICT ON CONSTRAINT message_once DO NOTHING"""


_PUSHES = pushes("(SELECT $1::integer AS branch_id) own", "$2", "$3", "$4", "$5", "$6")


async def _put_pushes(one: Outgoing) -> None:
    """One for each browser that is to be told of this visit, be it told by mail as well."""
    await db.fetch(
        _PUSHES,
        one.branch_id,
        one.event,
        one.kind,
        one.appointment_id,
        one.ticket_id,
        one.due_at,
    )


_PRINT = """
INSERT INTO message (branch_id, event, kind, channel, recipient, language, ticket_id,
    created_at, due_at)
SELECT $1, $2, $3, 'print', 'printer ' || id, $4, $5, $6::timestamptz, $6
FROM (SELECT p.id, p.address
    FROM printer p LEFT JOIN device d ON d.branch_id = p.branch_id AND 'device:' || d.id = $7
    WHERE p.branch_id = $1 AND p.retired_at IS NULL AND ('printer ' || p.id = $7
        OR $7 LIKE 'device:%' AND (p.kiosk IS NULL OR p.kiosk = d.name)
        OR $7 LIKE 'staff:%' AND p.kiosk IS NULL)
    ORDER BY p.kiosk IS NULL, p.position, p.id LIMIT 1) nearest
WHERE address <> 'browser'
ON CONFLICT ON CONSTRAINT message_once DO NOTHING
"""


async def _put_print(one: Outgoing) -> None:
    """For the kiosk's own printer, else, and for what staff give, for that of the hall; for none
    where there is none, or where the kiosk's browser prints by itself."""
    await db.fetch(
        _PRINT,
        one.branch_id,
        one.event,
        one.kind,
        one.language,
        one.ticket_id,
        one.due_at,
        one.recipient,
    )


_CLAIM = """
WITH due AS (
    SELECT branch_id, id FROM message
    WHERE state = 'waiting' AND due_at <= $1
        AND (leased_until IS NULL OR leased_until <= $1 OR leased_until > $3)
        AND channel <> ALL($4::text[])
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE message SET leased_until = $2, attempts = attempts + 1
FROM due WHERE message.branch_id = due.branch_id AND message.id = due.id
RETURNING message.*, (SELECT identity::text FROM outbox) AS outbox
"""


async def claim(
    now: datetime, lease: timedelta = LEASE, without: Collection[Medium] = ()
) -> Message | None:
    """Take the message that is due first; nobody else takes it until the lease, in the hall's time,
    ends. One by one, so that none spends its lease behind others.

    A lease that ends later than any could by now is from before the clock was set back.
    """
    row = await db.transact(
        lambda: db.fetch_row(_CLAIM, now, now + lease, now + 2 * lease, list(without))
    )
    if row is None:
        return None
    return msgspec.convert(dict(row) | {"identity": str(row["identity"])}, type=Message)


async def give_back(message: Message, now: datetime) -> None:
    """That it was not sent was no fault of its own. Others go first for a while."""
    await _write(message, "attempts = attempts - 1, due_at = $4", now + FIRST_PAUSE)


async def put_off(message: Message, until: datetime) -> None:
    """It is not the time to send it; nothing has failed."""
    await _write(message, "attempts = attempts - 1, due_at = $4", until)


async def mark_sent(message: Message, now: datetime) -> None:
    """Whoever else has claimed it since: it has left the house."""
    await db.fetch(
        "UPDATE message SET state = 'sent', sent_at = $3, leased_until = NULL, error = NULL"
        " WHERE branch_id = $1 AND id = $2 AND state = 'waiting'",
        message.branch_id,
        message.id,
        now,
    )


async def mark_failed(
    message: Message,
    now: datetime,
    reason: str,
    jitter: float,
    final: bool = False,
    least: timedelta = timedelta(),
) -> None:
    """Try again after a pause that grows, and is `least` so long; give up when that is useless or
    was tried enough."""
    pause = None if final else pause_after(message.attempts, jitter)
    pause = max(pause, least) if pause else None
    state = "failed" if pause is None else "waiting"
    await _write(
        message, "state = $4, due_at = $5, error = $6", state, now + (pause or timedelta()), reason
    )


async def mark_dropped(message: Message, reason: str) -> None:
    """Nobody is to be told any more: it is not tried again, and has not failed."""
    await _write(message, "state = 'dropped', error = $4", reason)


async def _write(message: Message, change: str, *values: object) -> None:
    """The end of an attempt, unless somebody else has made another since."""
    await db.fetch(
        f"UPDATE message SET leased_until = NULL, {change}"
        " WHERE branch_id = $1 AND id = $2 AND attempts = $3 AND state = 'waiting'",
        message.branch_id,
        message.id,
        message.attempts,
        *values,
    )
