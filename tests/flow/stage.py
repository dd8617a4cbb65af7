"""A database of one's own: several server processes on it, and this process' pool beside them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from queue_app.queries import reference
from queue_app.store import db
from tests.support.database import RUN_FOLDER, drop_database, own_database


@asynccontextmanager
async def own(database_server: str, name: str) -> AsyncIterator[str]:
    """A database from the run's template, with this process' pool on it; its DSN."""
    name = f"{Path(os.environ[RUN_FOLDER]).name}-{name}"
    dsn = await own_database(database_server, name)
    try:
        async with pool_on(dsn):
            yield dsn
    finally:
        await drop_database(database_server, name)


@asynccontextmanager
async def pool_on(dsn: str, max_size: int = 8) -> AsyncIterator[None]:
    """This process' pool on another database, and back again."""
    kept, config = db.engine.pool, db.engine.config
    try:
        async with db.pool(dsn, max_size=max_size):
            reference.forget()
            yield
    finally:
        db.engine.pool, db.engine.config = kept, config
        reference.forget()
