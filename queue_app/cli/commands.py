"""Every command of `queue-app`, its arguments, and what it prints."""

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click
import msgspec

from config.files import check_centre, write_centre
from config.settings import parse_clock, parse_rate
from queue_app.cli import changes, dumps, operator
from queue_app.cli.operator import OperatorGroup, Parsed
from queue_app.cli.simulate import simulate
from queue_app.domain.people import DEVICE_KINDS, ROLES
from queue_app.flow import accounts, configuring, staffing
from queue_app.queries import reference, retired
from queue_app.queries import staff as people
from queue_app.store import db

T = TypeVar("T")

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


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
@click.option("--clock", type=Parsed("instant", parse_clock), help="Start the hall's clock here.")
@click.option("--rate", type=Parsed("rate", parse_rate), help="The hall's seconds in a real one.")
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
    type=Parsed("rate", parse_rate),
    default=60.0,
    show_default=True,
    help="The hall's seconds in a real one.",
)
@click.option(
    "--clock",
    type=Parsed("instant", parse_clock),
    help="When the day begins; the next opening where the branch is closed then. Else a Monday.",
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
    """Read the files strictly and say every problem; touches no database.

    What can be loaded but hardly be meant is a warning, and no failure.
    """
    folder = folder or operator.settings().config
    centre, doubts = check_centre(folder)
    for doubt in doubts:
        click.echo(f"warning: {doubt}", err=True)
    click.echo(
        f"{folder}: {len(centre.services)} services in {len(centre.groups)} groups, "
        f"{len(centre.branches)} branches. "
        + (f"No errors; warnings: {len(doubts)}." if doubts else "Nothing wrong.")
    )


@config.command()
@click.argument("folder", type=FOLDER, required=False)
def apply(folder: Path | None) -> None:
    """Load the files into the database; print what that changes, and whom it concerns."""
    settings = operator.settings()
    centre, doubts = check_centre(folder or settings.config)
    for doubt in doubts:
        click.echo(f"warning: {doubt}", err=True)
    now = operator.clock(settings).now()

    async def work() -> None:
        await operator.migrate()
        applied = await configuring.apply(centre, now)
        said = changes.warnings(await retired.desks_in_use(), await retired.still_needed(now))
        said += changes.report(applied) or ["Nothing changes."]
        click.echo("\n".join(said))

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
        try:
            write_centre((await reference.directory()).centre, folder)
        except OSError as error:
            raise click.ClickException(f"cannot write to {folder}: {error.strerror}") from None

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
    now = operator.clock(operator.settings()).now()

    async def work() -> None:
        await staffing.check_account(login, role, branch)
        await staffing.add_staff(login, role, branch, _password(password_stdin), now)

    _with_database(work)
    click.echo(f"Added {login}, {role}.")


def _password(from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


@staff.command("password")
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="Read the password from the input.")
def change_password(login: str, password_stdin: bool) -> None:
    """A new password for somebody; every session of theirs ends."""

    async def work() -> None:
        await accounts.require_account(login)
        await accounts.change_password(login, _password(password_stdin))

    _with_database(work)
    click.echo(f"{login} signs in with the new password from now on; every session has ended.")


@staff.command("retire")
@click.argument("login")
def retire_staff(login: str) -> None:
    """Sign somebody out for good; their desk is free, and its visitor waits again.

    Their account stays, since tickets and desks name it.
    """
    now = operator.clock(operator.settings()).now()
    left = _with_database(partial(accounts.retire, login, now))
    click.echo(f"{left.login} is signed out for good.")
    if left.desks:
        click.echo(f"Closed: desk {', '.join(left.desks)}.")
    if left.tickets:
        click.echo(f"Waits again, in the same place: {', '.join(left.tickets)}.")


@staff.command("list")
def list_staff() -> None:
    """Everybody who signs in, at which desk; who has left comes last."""
    now = operator.clock(operator.settings()).now()
    zone, everybody = _with_database(partial(_with_zone, partial(people.accounts, now)))
    _table(
        ("LOGIN", "ROLE", "BRANCH", "DESK", "SESSIONS", "SINCE", "RETIRED"),
        [
            (
                one.login,
                one.role,
                one.branch or "all",
                one.desk or "-",
                str(one.sessions),
                _day(one.created_at, zone),
                _day(one.retired_at, zone),
            )
            for one in everybody
        ],
    )


async def _with_zone(work: Callable[[], Awaitable[T]]) -> tuple[ZoneInfo, T]:
    return (await reference.directory()).zone, await work()


def _day(instant: datetime | None, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).date().isoformat() if instant else "-"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as their widest value."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


@main.group()
def device() -> None:
    """Kiosks and boards."""


@device.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice(DEVICE_KINDS), required=True)
@click.option("--branch", metavar="SLUG", required=True)
def add_device(name: str, kind: str, branch: str) -> None:
    """A new device; prints its token, this once, and the address to open on it."""
    settings = operator.settings()
    now = operator.clock(settings).now()
    token = _with_database(partial(staffing.add_device, name, kind, branch, now))
    click.echo(token)
    path = f"/kiosk/{branch}?device={token}" if kind == "kiosk" else f"/display/{branch}"
    click.echo(f"Open on it: {operator.address(settings)}{path}", err=True)
    if settings.public_url is None:
        click.echo(
            "From another machine: the same behind QUEUE_APP_PUBLIC_URL, once it is set.", err=True
        )


@device.command("revoke")
@click.argument("name")
@click.option("--branch", metavar="SLUG", help="Needed where several branches have the name.")
def revoke_device(name: str, branch: str | None) -> None:
    """A device that was lost or replaced: its token stops working at once."""
    now = operator.clock(operator.settings()).now()
    _with_database(partial(accounts.revoke_device, name, branch, now))
    click.echo(f"The token of {name} opens nothing any more.")


@device.command("list")
def list_devices() -> None:
    """Every kiosk and board; the revoked come last."""
    zone, every = _with_database(partial(_with_zone, people.installed))
    _table(
        ("NAME", "KIND", "BRANCH", "SINCE", "REVOKED"),
        [
            (one.name, one.kind, one.branch, _day(one.created_at, zone), _day(one.revoked_at, zone))
            for one in every
        ],
    )


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
        if not force and not operator.run(dsn, db.is_empty):
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
