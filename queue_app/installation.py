"""The database of one installation: where it is, and what must be in it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import TypeVar

import asyncpg

from config.files import load_centre
from config.settings import Settings
from queue_app.clock import Clock, hall_clock
from queue_app.domain.errors import NotFound
from queue_app.domain.people import OPERATOR
from queue_app.flow import configuring
from queue_app.flow.act import By
from queue_app.queries import reference, schema
from queue_app.store import db
from queue_app.store.cluster import cluster
from queue_app.store.outages import Outage
from queue_app.store.roles import ordinary

T = TypeVar("T")

ASK_SECONDS = 0.5
"""Between two looks whether a database is there that is waited for."""

log = logging.getLogger(__name__)


class InstallationError(Exception):
    """What whoever runs the installation can fix; the message is a line for them."""


def clock(settings: Settings) -> Clock:
    return hall_clock(settings.clock, settings.rate, settings.clock_origin)


def has_database(settings: Settings) -> bool:
    """Whether a database is named, or the data folder has one."""
    return bool(settings.database_url) or (settings.data / "postgres").exists()


@contextmanager
def server(settings: Settings, must_exist: bool = False, watched: bool = False) -> Iterator[str]:
    """The DSN of the centre's database while the block runs: the one given, or the embedded one as
    an ordinary role.

    With `must_exist`, a data folder that nobody ever served is an operator's mistake. `watched`:
    an embedded one that dies is started again.
    """
    if settings.database_url:
        yield settings.database_url
        return
    if must_exist and not has_database(settings):
        raise InstallationError(
            f"there is no centre in {settings.data}; start it with: queue-app serve"
        )
    with cluster(settings.data, watched) as dsn:
        yield ordinary(dsn)


def run(dsn: str, work: Callable[[], Awaitable[T]], patience: float = 0.0) -> T:
    """`work` with this process' pool on the database `dsn`, for which so many seconds are waited.

    InstallationError where it cannot be reached, or has no tables.
    """

    async def connected() -> T:
        try:
            async with db.pool(dsn, max_size=4):
                await _reached(patience)
                return await work()
        except Outage as outage:
            cause = outage.__cause__
            if isinstance(cause, asyncpg.UndefinedTableError):
                said = "the database has no tables yet; start it with: queue-app serve"
            else:
                said = f"the database cannot be reached: {cause or outage}"
            raise InstallationError(said) from None
        except (ValueError, asyncpg.PostgresError) as error:
            raise InstallationError(f"the database cannot be used: {error}") from None

    return asyncio.run(connected())


async def _reached(patience: float) -> None:
    """The database answers. An Outage where it does not within so many seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            return await db.ping()
        except Outage:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(ASK_SECONDS)


async def prepare(settings: Settings, clock: Clock) -> None:
    """Migrate, and load the centre's files into a database that has no centre yet."""
    await migrate()
    try:
        await reference.directory()
    except NotFound:
        await configuring.apply(By(OPERATOR, clock.now()), load_centre(settings.config))
        reference.forget()
        log.info("loaded the centre of %s", settings.config)


async def migrate() -> None:
    """The newest schema; one line for the operator if that cannot be.

    Where it is there already, Piccolo's tools are not even imported: they take 9 MB, which a
    single process would keep while it serves, and half a second.
    """
    if await schema.is_newest():
        return
    said = StringIO()
    try:
        with redirect_stdout(said):  # Piccolo tells its progress there
            await db.migrate()
    except RuntimeError as error:
        raise InstallationError(str(error)) from None
