"""What is kept for a time goes when it is over: people's data first of all."""

from collections.abc import Sequence
from datetime import timedelta

from queue_app.clock import Clock
from queue_app.delivery.folder import MessageFile, MessageFolder
from queue_app.flow.promising import drop_old
from queue_app.queries import reference
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
        AND {_OVER}
), sent_of_no_booking AS (
    DELETE FROM message WHERE appointment_id IS NULL AND created_at < $1
)
UPDATE appointment SET name = NULL, phone = NULL, email = NULL
WHERE num_nonnulls(name, phone, email) > 0 AND {_OVER}
RETURNING id
"""
"""A message names its recipient itself, so it goes even where the booking names nobody any more."""


async def forget_people(clock: Clock) -> int:
    """Names and contacts, and messages to them, go `retention_days` after the visit, or after it
    was given up. Of a message its row goes here, its file by `drop_letters`."""
    rules = (await reference.directory()).rules
    before = clock.now() - timedelta(days=rules.retention_days)
    rows = await db.fetch(_FORGET, before)
    return len(rows)


async def drop_letters(folder: MessageFolder, clock: Clock) -> int:  # noqa: ARG001 - rows tell
    """The files of messages whose rows are gone, and drafts that nobody will finish; how many.

    It asks what there is, not what was just forgotten: a crash in between leaves nothing behind.
    A file is younger than its row, so the folder is looked at first. A draft is at work only while
    its message waits to be sent.
    """
    files = await folder.files()
    useless: list[MessageFile] = []
    for first in range(0, len(files), FILES_AT_ONCE):
        useless += await _useless(files[first : first + FILES_AT_ONCE])
    await folder.remove(useless)
    return len(useless)


async def _useless(files: Sequence[MessageFile]) -> list[MessageFile]:
    rows = await db.fetch(
        "SELECT branch_id, id, state = 'waiting' AS waiting"
        " FROM unnest($1::int[], $2::bigint[]) AS file (branch_id, id)"
        " JOIN message USING (branch_id, id)",
        [file.branch_id for file in files],
        [file.message_id for file in files],
    )
    waiting = {(row["branch_id"], row["id"]): row["waiting"] for row in rows}

    def useful(file: MessageFile) -> bool:
        message = (file.branch_id, file.message_id)
        return message in waiting and (waiting[message] or not file.draft)

    return [file for file in files if not useful(file)]


async def drop_leftovers(clock: Clock) -> int:
    """Sessions that ended, idempotency keys that nobody will repeat, and old promises."""
    now = clock.now()
    sessions = await db.fetch("DELETE FROM session WHERE expires_at <= $1 RETURNING staff_id", now)
    keys = await db.fetch(
        "DELETE FROM request WHERE created_at < $1 RETURNING key",
        now - timedelta(hours=REQUEST_HOURS),
    )
    return len(sessions) + len(keys) + await drop_old(now)
