"""Every command of `queue-app`, its arguments, and what it prints."""

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from config.files import load_centre, write_centre
from config.settings import parse_clock, parse_rate
from queue_app.cli import dumps, operator
from queue_app.cli.operator import OperatorGroup
from queue_app.cli.simulate import simulate
from queue_app.domain.people import DEVICE_KINDS, ROLES
from queue_app.flow import configuring, staffing
from queue_app.queries import reference

T = TypeVar("T")

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


class _Parsed(click.ParamType[Any]):
    """A value that `config.settings` reads, from an option as from the environment."""

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


@click.group(cls=OperatorGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("queue-app"), prog_name="queue-app")
def main() -> None:
    """An electronic queue: booking, kiosk, console, hall board and phone.

    Settings come from QUEUE_APP_* variables; README.md lists them.
    """


@main.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 unless QUEUE_APP_HOST says else.")
@click.option("--port", type=click.IntRange(0, 65535), help="8000 unless QUEUE_APP_PORT says else.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that answer.")
@click.option("--clock", type=_Parsed("instant", parse_clock), help="Start the hall's clock here.")
@click.option("--rate", type=_Parsed("rate", parse_rate), help="The hall's seconds in a real one.")
@click.option("--trial", is_flag=True, help="Make staff and devices to try it with; say how.")
def serve(
    host: str | None,
    port: int | None,
    workers: int | None,
    clock: datetime | None,
    rate: float | None,
    trial: bool,
) -> None:
    """Serve the centre: migrate first, load its files into an empty database."""
    from queue_app.cli.serve import serve as run

    given = {"host": host, "port": port, "workers": workers, "clock": clock, "rate": rate}
    chosen = {name: value for name, value in given.items() if value is not None}
    run(msgspec.structs.replace(operator.settings(), **chosen), trial)


@main.command()
@click.option(
    "--rate",
    type=_Parsed("rate", parse_rate),
    default=60.0,
    show_default=True,
    help="The hall's seconds in a real one.",
)
@click.option(
    "--clock",
    type=_Parsed("instant", parse_clock),
    help="When the day begins; else ten minutes before a Monday's opening.",
)
@click.option("--branch", metavar="SLUG", help="The first one unless given.")
@click.option(
    "--visitors",
    type=click.IntRange(1, 20_000),
    help="In a day; as many as keep the clerks busy unless given.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Other people, another day.")
@click.option("--port", type=click.IntRange(1, 65535), help="8000 unless QUEUE_APP_PORT says else.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes that answer.",
)
@click.option("--once", is_flag=True, help="End after one day instead of starting the next.")
@click.option("--until", type=click.DateTime(["%H:%M"]), help="End at this hour of the hall.")
@click.option(
    "--alert/--no-alert", default=True, help="An air-raid alert at noon.", show_default=True
)
def demo(
    rate: float,
    clock: datetime | None,
    branch: str | None,
    visitors: int | None,
    seed: int,
    port: int | None,
    workers: int,
    once: bool,
    until: datetime | None,
    alert: bool,
) -> None:
    """A working day in a full hall, at any hour, with synthetic visitors and clerks.

    A scratch database and a server of its own on this machine alone; one day follows another
    until Ctrl-C, which leaves nothing behind. Exit code 1 where the server answered anything
    that it should not or the day's records break an invariant.
    """
    from queue_app.cli.demo import Options
    from queue_app.cli.demo import demo as run

    run(
        Options(
            port=operator.settings().port if port is None else port,
            rate=rate,
            clock=clock,
            seed=seed,
            branch=branch,
            visitors=visitors,
            workers=workers,
            once=once,
            until=(until.hour, until.minute) if until else None,
            alert=alert,
        )
    )


@main.group()
def config() -> None:
    """The centre's files: catalogue, branches, desks, hours, rules."""


@config.command()
@click.argument("folder", type=FOLDER, required=False)
def check(folder: Path | None) -> None:
    """Read the files strictly and say every problem; touches no database."""
    folder = folder or operator.settings().config
    centre = load_centre(folder)
    click.echo(
        f"{folder}: {len(centre.services)} services in {len(centre.groups)} groups, "
        f"{len(centre.branches)} branches. Nothing wrong."
    )


@config.command()
@click.argument("folder", type=FOLDER, required=False)
def apply(folder: Path | None) -> None:
    """Load the files into the database; print what that changes."""
    settings = operator.settings()
    centre = load_centre(folder or settings.config)
    now = operator.clock(settings).now()

    async def work() -> None:
        await operator.migrate()
        changes = await configuring.apply(centre, now)
        click.echo("\n".join(map(str, changes)) or "Nothing changes.")

    with operator.server(settings) as dsn:
        operator.run(dsn, work)


@config.command()
@click.argument("folder", type=FOLDER)
@click.option("--force", is_flag=True, help="Replace the files of a folder that has some.")
def export(folder: Path, force: bool) -> None:
    """Write the centre in force to a folder of files."""
    if not force and folder.is_dir() and any(folder.glob("*.toml")):
        raise click.ClickException(
            f"{folder} has files already, and their comments would be lost; name another folder,"
            " or add --force"
        )

    async def work() -> None:
        write_centre((await reference.directory()).centre, folder)

    _with_database(work)
    click.echo(f"Written to {folder}.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As GET /api/v1/catalogue gives it.")
def catalogue(as_json: bool) -> None:
    """The services as loaded."""
    from queue_app.api.centre import catalogue_view

    async def work() -> None:
        view = catalogue_view(await reference.directory())
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(view)).decode())
            return
        for group in view.groups:
            click.echo(f"{group.title.uk}")
            for service in group.services:
                click.echo(
                    f"  {service.code:<28} {service.planned_minutes:>3} хв  {service.title.uk}"
                )

    _with_database(work)


@main.group()
def staff() -> None:
    """People who sign in."""


@staff.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--branch", metavar="SLUG", help="Needed for all but administrators.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the input.")
def add_staff(login: str, role: str, branch: str | None, password_stdin: bool) -> None:
    """A new member of staff; asks for the password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    now = operator.clock(operator.settings()).now()
    _with_database(partial(staffing.add_staff, login, role, branch, password, now))
    click.echo(f"Added {login}, {role}.")


@main.group()
def device() -> None:
    """Kiosks and boards."""


@device.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice(DEVICE_KINDS), required=True)
@click.option("--branch", metavar="SLUG", required=True)
def add_device(name: str, kind: str, branch: str) -> None:
    """A new device; prints its token, this once."""
    now = operator.clock(operator.settings()).now()
    click.echo(_with_database(partial(staffing.add_device, name, kind, branch, now)))


@main.command()
def doctor() -> None:
    """Prove every invariant over the database; exit 1 and a list where one is broken."""
    from queue_app.queries import doctor as invariants

    now = operator.clock(operator.settings()).now()
    findings = _with_database(partial(invariants.check, now))
    for finding in findings:
        click.echo(f"{finding.invariant}: {finding.where}", err=True)
    if findings:
        raise SystemExit(1)
    click.echo("Every invariant holds.")


main.add_command(simulate)


@main.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """Write the whole database to FILE, while it is served."""
    with operator.server(operator.settings(), must_exist=True) as dsn:
        dumps.backup(dsn, file)
    click.echo(f"Written to {file}, {file.stat().st_size:,} bytes.")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Drop what the database holds now.")
def restore(file: Path, force: bool) -> None:
    """Put the database back as FILE has it, whole or not at all."""
    with operator.server(operator.settings()) as dsn:
        if not force and not operator.run(dsn, dumps.is_empty):
            raise click.ClickException(
                "the database is not empty; --force drops what it holds and restores"
            )
        dumps.restore(dsn, file)
        operator.run(dsn, operator.migrate)
    click.echo(f"Restored from {file}.")


def _with_database(work: Callable[[], Awaitable[T]]) -> T:
    """What `work` gives, on the database of a centre that has been served before."""
    with operator.server(operator.settings(), must_exist=True) as dsn:
        return operator.run(dsn, work)
