"""The end of a session or a device, which is the end of its screens in every process."""

from queue_app.domain.people import Staff
from queue_app.store import db


async def end(token_hash: bytes) -> None:
    """Of whoever holds this token."""
    await db.fetch(
        "WITH ended AS (DELETE FROM session WHERE token_hash = $1 RETURNING staff_id)"
        " SELECT pg_notify('actor', 'staff:' || staff_id) FROM ended",
        token_hash,
    )


async def end_all(staff: Staff) -> None:
    """Every session of one person."""
    await db.fetch("DELETE FROM session WHERE staff_id = $1", staff.id)
    await tell_screens_of(staff.actor)


async def tell_screens_of(actor: str) -> None:
    """From the commit on whoever this is may see less: each process asks anew for its screens."""
    await db.fetch("SELECT pg_notify('actor', $1)", actor)
