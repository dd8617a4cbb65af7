"""Whether a server has the database: each process that serves holds a lock that all may share."""

from typing import Any

from queue_app.store import db

_LOCK = "hashtext('queue-app served')"


async def mark(connection: Any) -> None:
    """From here on, as long as this connection of asyncpg lasts, somebody serves the database."""
    await connection.execute(f"SELECT pg_try_advisory_lock_shared({_LOCK})")


async def is_served() -> bool:
    """By whatever process on whatever machine."""
    return not await db.fetch_value(f"SELECT pg_try_advisory_xact_lock({_LOCK})")
