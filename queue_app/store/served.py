"""Whether a server has the database: each process that serves holds a lock that all may share."""

from typing import Any

from queue_app.store import db
from queue_app.store.answers import bounded

_LOCK = "hashtext('queue-app served')"


async def mark(connection: Any, seconds: float) -> None:
    """From here on, as long as this connection of asyncpg lasts, somebody serves the database. An
    Outage where its other end is gone, or so long silent."""
    asked = connection.execute(f"SELECT pg_try_advisory_lock_shared({_LOCK})")
    await bounded(connection, asked, seconds)


async def is_served() -> bool:
    """By whatever process on whatever machine."""
    return not await db.fetch_value(f"SELECT pg_try_advisory_xact_lock({_LOCK})")
