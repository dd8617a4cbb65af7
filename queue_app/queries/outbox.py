"""How the messages that are to leave stand."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from queue_app.store import db


async def identity() -> UUID:
    """What tells this database's messages from those of others."""
    found: UUID | None = await db.fetch_value("SELECT identity FROM outbox")
    assert found, "the migration makes it, and nobody deletes it"
    return found


class OutboxFigures(Struct, frozen=True):
    """How many wait and for how many seconds the oldest has; how many were given up. What is not
    to leave before the morning does not wait yet."""

    waiting: int
    oldest_seconds: float
    failed: int


async def figures(now: datetime) -> OutboxFigures:
    row = await db.fetch_row(
        "SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,"
        " coalesce(extract(epoch FROM $1 - min(created_at) FILTER (WHERE state = 'waiting')), 0)"
        "::float8 AS oldest, count(*) FILTER (WHERE state = 'failed') AS failed FROM message"
        " WHERE state IN ('waiting', 'failed') AND created_at <= $1",
        now,
    )
    assert row
    return OutboxFigures(row["waiting"], max(0.0, row["oldest"]), row["failed"])
