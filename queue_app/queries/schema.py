"""The tables themselves, whatever they hold."""

import re
from pathlib import Path

from queue_app.store import db, migrations

_MIGRATION = re.compile(
    r"queue_app_(\d{4})_(\d\d)_(\d\d)t(\d\d)_(\d\d)_(\d\d)_(\d{6})\.py", re.ASCII
)


async def is_empty() -> bool:
    """Whether the database has no table at all."""
    sql = "SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"
    return bool(await db.fetch_value(sql))


def known_migrations() -> set[str]:
    """The ids of all migrations, by the names of their files: nothing is imported."""
    files = (_MIGRATION.fullmatch(file.name) for file in Path(migrations.__path__[0]).iterdir())
    return {"{}-{}-{}T{}:{}:{}:{}".format(*found.groups()) for found in files if found}


async def is_newest() -> bool:
    """Whether every migration has run."""
    if await db.fetch_value("SELECT to_regclass('public.migration')") is None:
        return False
    rows = await db.fetch("SELECT name FROM migration WHERE app_name = 'queue_app'")
    return known_migrations() <= {row["name"] for row in rows}
