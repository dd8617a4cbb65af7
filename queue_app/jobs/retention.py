"""What is kept for a time goes when it is over: people's data first of all."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from queue_app.clock import Clock
from queue_app.delivery.folder import MessageFolder
from queue_app.flow import (
    braking,
    devices,
    proving,
    pushing,
    refusing,
    reminding,
    sparing,
    tallies,
)
from queue_app.flow.promising import drop_old
from queue_app.flow.visit_notes import drop_old_notes
from queue_app.queries import outbox, reference
from queue_app.store import db

REQUEST_HOURS = 24
"""How long an idempotency key is remembered."""
FILES_AT_ONCE = 1000
"""So many files of messages are looked up in one query."""

_OVER = """
appointment.state NOT IN ('held', 'booked')
AND CASE WHEN appointment.state IN ('cancelled', 'expired') THEN appointment.changed_at
    ELSE upper(appointment.period) END < $1
"""
_FORGET = f"""
WITH sent AS (
    DELETE FROM message USING appointment
    WHERE message.branch_id = appointment.branch_id AND message.appointment_id = appointment.id
        AND message.branch_id IN (SELECT id FROM branch) AND message.created_at < $1 AND {_OVER}
), wished AS (
    UPDATE wish SET name = NULL, phone = NULL, email = NULL
    WHERE state <> 'open' AND changed_at < $1 AND num_nonnulls(name, phone, email) > 0
), sent_of_no_booking AS (
    DELETE FROM message WHERE branch_id IN (SELECT id FROM branch) AND appointment_id IS NULL
        AND created_at < $1
)
UPDATE appointment SET name = NULL, phone = NULL, email = NULL
WHERE branch_id IN (SELECT id FROM branch) AND num_nonnulls(name, phone, email) > 0 AND {_OVER}
RETURNING id
"""
"""A message names its recipient itself, so it goes even where the booking names nobody any more.
It is as old as what it tells of, which was before the booking was over. Branch by branch, as the
indexes begin with it."""


async def forget_people(clock: Clock) -> int:
    """Names and contacts, notes of visits, messages to people and wishes for none go
    `retention_days` after the visit, or after it was given up, and after nobody waits for one any
    more. Of a message its row goes here, its file by `drop_letters`."""
    rules = (await reference.directory()).rules
    before = clock.now() - timedelta(days=rules.retention_days)
    return await db.transact(partial(_forget, before))


async def _forget(before: datetime) -> int:
    rows = await db.fetch(_FORGET, before)
    await drop_old_notes(before)
    await reminding.drop_useless()
    await refusing.drop_unknown()
    return len(rows)


_USELESS = """
SELECT place FROM unnest($1::uuid[], $2::boolean[]) WITH ORDINALITY AS file (identity, draft, place)
WHERE NOT EXISTS (SELECT FROM message WHERE message.identity = file.identity
        AND (state = 'waiting' OR NOT file.draft))
    AND EXISTS (SELECT FROM outbox WHERE identity = $3)
"""
"""A draft is at work only while its message waits to be sent. Where another database was restored
in the meantime, nothing is known of these files."""


async def drop_letters(folder: MessageFolder, clock: Clock) -> int:  # noqa: ARG001 - rows tell
    """The files of messages whose rows are gone, and drafts that nobody will finish; how many.

    It asks what there is, not what was just forgotten: a crash in between leaves nothing behind,
    nor does a backup that is restored. A file is younger than its row, so the folder is looked at
    first.
    """
    own = await outbox.identity()
    useless: list[Path] = []
    every = await folder.files(own)
    for first in range(0, len(every), FILES_AT_ONCE):
        files = every[first : first + FILES_AT_ONCE]
        named = [file.identity for file in files], [file.draft for file in files]
        rows = await db.fetch(_USELESS, *named, own)
        useless += [files[row["place"] - 1].path for row in rows]
    await folder.remove(useless)
    return len(useless)


async def drop_leftovers(clock: Clock) -> int:
    """Sessions that ended, keys that nobody will repeat, old promises, proofs of contacts, who
    asked how often or signed in in vain, what was kept back, browsers that were told of a visit,
    and codes of machines that nobody confirmed."""
    now = clock.now()
    shown_until = now - timedelta(seconds=clock.hall_seconds(devices.PAIRING_SECONDS))
    sessions = await db.fetch("DELETE FROM session WHERE expires_at <= $1 RETURNING staff_id", now)
    keys = await db.fetch(
        "DELETE FROM request WHERE created_at < $1 RETURNING key",
        now - timedelta(hours=REQUEST_HOURS),
    )
    old = (
        drop_old,
        proving.drop_old,
        tallies.drop_old,
        sparing.drop_old,
        braking.drop_old,
        pushing.drop_old,
    )
    paired = await devices.drop_old(shown_until)
    return len(sessions) + len(keys) + paired + sum([await drop(now) for drop in old])
