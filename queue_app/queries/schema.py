"""The tables themselves, whatever they hold."""

from queue_app.store import db


async def is_empty() -> bool:
    """Whether the database has no table at all."""
    sql = "SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"
    return bool(await db.fetch_value(sql))
