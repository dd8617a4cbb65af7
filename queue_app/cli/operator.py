"""What every command shares: settings, options, addresses, and errors as one line."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from config.reading import ConfigError
from config.settings import Settings, SettingsError, from_environment
from queue_app import installation
from queue_app.domain.errors import QueueError
from queue_app.installation import InstallationError
from queue_app.store.cluster_folders import ClusterError
from queue_app.store.dumps import DumpError

T = TypeVar("T")


class OperatorGroup(click.Group):
    """Commands whose expected mistakes end in one line instead of a traceback."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None
        except ConfigError as error:
            raise click.ClickException(f"nothing was loaded:\n{error}") from None
        except (ClusterError, DumpError, InstallationError) as error:
            raise click.ClickException(str(error)) from None
        except QueueError as error:
            raise click.ClickException(_sentence(error)) from None


def _sentence(error: QueueError) -> str:
    """The words that the pages have for it, then its code and facts.

    Such as "… account with this name. Choose another name. (login_taken: login=clerk1)".
    """
    from queue_app.web.sentences import SENTENCES

    facts = ", ".join(f"{name}={_plain(value)}" for name, value in error.details.items())
    code = f"{error.code}: {facts}" if facts else error.code
    if error.code not in SENTENCES:
        return code
    happened, advice = (words % error.details for words in SENTENCES[error.code])
    return f"{happened}. {advice} ({code})"


def _plain(value: object) -> str:
    return "|".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def counted(number: int, one: str, several: str = "") -> str:
    """1 booking, 2 bookings; `several` where an s does not make it."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"


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


def address(settings: Settings) -> str:
    """Where this site is to be opened: the public address, else the one on this machine."""
    return settings.public_url or local_address(settings.host, settings.port)


def local_address(host: str, port: int) -> str:
    """The address to open on this machine, where the server listens so."""
    host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def with_database(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives, on the database of a centre that has been served before."""
    with installation.server(settings(), must_exist=True) as dsn:
        return installation.run(dsn, work)
