"""What every command shares: settings, the database, and errors as one line."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any, TypeVar

import asyncpg
import click

from config.files import load_centre
from config.reading import ConfigError
from config.settings import Settings, SettingsError, from_environment
from queue_app.clock import Clock, hall_clock
from queue_app.domain.errors import NotFound, QueueError
from queue_app.domain.people import OPERATOR
from queue_app.flow import configuring
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.store import db
from queue_app.store.cluster import ClusterError, cluster

T = TypeVar("T")

log = logging.getLogger(__name__)


class OperatorGroup(click.Group):
    """Commands whose expected mistakes end in one line instead of a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None
        except ConfigError as error:
            raise click.ClickException(f"nothing was loaded:\n{error}") from None
        except ClusterError as error:
            raise click.ClickException(str(error)) from None
        except QueueError as error:
            raise click.ClickException(_sentence(error)) from None


def _sentence(error: QueueError) -> str:
    """The words that the pages have for it, then its code and facts.

    Such as "… account of this name. Choose another name. (login_taken: login=clerk1)".
    """
    from queue_app.web.errors import SENTENCES

    facts = ", ".join(f"{name}={_plain(value)}" for name, value in error.details.items())
    code = f"{error.code}: {facts}" if facts else error.code
    if error.code not in SENTENCES:
        return code
    happened, advice = (words % error.details for words in SENTENCES[error.code])
    return f"{happened}. {advice} ({code})"


def _plain(value: object) -> str:
    return "|".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


class Parsed(click.ParamType[Any]):
    """An option's value as `parse` reads it, whose ValueError says what is allowed."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self.parse = parse

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def settings() -> Settings:
    return from_environment()


def clock(settings: Settings) -> Clock:
    return hall_clock(settings.clock, settings.rate, settings.clock_origin)


def address(settings: Settings) -> str:
    """Where this site is to be opened: the public address, else the one on this machine."""
    return settings.public_url or local_address(settings.host, settings.port)


def local_address(host: str, port: int) -> str:
    """The address to open on this machine, where the server listens so."""
    host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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
        raise click.ClickException(
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
            raise click.ClickException(f"the database cannot be reached: {error}") from None
        try:
            return await work()
        except asyncpg.UndefinedTableError:
            raise click.ClickException(
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
        raise click.ClickException(str(error)) from None
