"""The database of one installation: where it is, and what must be in it."""

import asyncio
import logging
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
from queue_app.queries import reference
from queue_app.store import db
from queue_app.store.cluster import cluster

T = TypeVar("T")

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
    """The DSN of the centre's database while the block runs: the one given, or the embedded one.

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
        yield dsn


def run(dsn: str, work: Callable[[], Awaitable[T]]) -> T:
    """`work` with this process' pool on the database `dsn`."""

    async def connected() -> T:
        try:
            await db.open_pool(dsn, max_size=4)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise InstallationError(f"the database cannot be reached: {error}") from None
        try:
            return await work()
        except asyncpg.UndefinedTableError:
            raise InstallationError(
                "the database has no tables yet; start it with: queue-app serve"
            ) from None
        finally:
            await db.close_pool()

    return asyncio.run(connected())


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
    """The newest schema; one line for the operator if that cannot be."""
    said = StringIO()
    try:
        with redirect_stdout(said):  # Piccolo tells its progress there
            await db.migrate()
    except RuntimeError as error:
        raise InstallationError(str(error)) from None
