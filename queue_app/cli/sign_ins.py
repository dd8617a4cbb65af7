"""The commands `staff` and `device`: who and what signs in."""

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from queue_app import installation
from queue_app.cli import operator
from queue_app.domain.people import DEVICE_KINDS, OPERATOR, ROLES
from queue_app.flow import accounts, devices
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.queries import staff as people
from queue_app.queries.devices import installed
from queue_app.texts.formats import stamp

T = TypeVar("T")


@click.group()
def staff() -> None:
    """People who sign in."""


@staff.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--branch", metavar="SLUG", help="Needed for all but administrators.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the input.")
def add_staff(login: str, role: str, branch: str | None, password_stdin: bool) -> None:
    """A new member of staff; asks for the password."""
    now = installation.clock(operator.settings()).now()

    async def work() -> None:
        await accounts.check_account(login, role, branch)
        password = _password(password_stdin)
        await accounts.add_staff(By(OPERATOR, now), login, role, branch, password)

    operator.with_database(work)
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
    now = installation.clock(operator.settings()).now()

    async def work() -> None:
        await accounts.require_account(login)
        await accounts.change_password(By(OPERATOR, now), login, _password(password_stdin))

    operator.with_database(work)
    click.echo(f"{login} signs in with the new password from now on; every session has ended.")


@staff.command("retire")
@click.argument("login")
def retire_staff(login: str) -> None:
    """Sign somebody out for good; their desk is free, and its visitor waits again.

    Their account stays, since tickets and desks name it.
    """
    now = installation.clock(operator.settings()).now()
    left = operator.with_database(partial(accounts.retire_staff, By(OPERATOR, now), login))
    click.echo(f"{left.login} is signed out for good.")
    if left.desks:
        click.echo(f"Closed: desk {', '.join(left.desks)}.")
    if left.tickets:
        click.echo(f"Waits again, in the same place: {', '.join(left.tickets)}.")


@staff.command("list")
def list_staff() -> None:
    """Everybody who signs in, at which desk; who has left comes last."""
    now = installation.clock(operator.settings()).now()
    zone, everybody = operator.with_database(partial(_with_zone, partial(people.accounts, now)))
    table(
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


def _minute(instant: datetime | None, zone: ZoneInfo) -> str:
    return stamp(instant, zone) if instant else "-"


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as their widest value."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


@click.group()
def device() -> None:
    """Kiosks, boards, panels, printers and voices."""


@device.command("add")
@click.argument("name")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(DEVICE_KINDS),
    multiple=True,
    required=True,
    help="What it can do; may be given more than once.",
)
@click.option("--branch", metavar="SLUG", required=True)
def add_device(name: str, kinds: tuple[str, ...], branch: str) -> None:
    """A new device; prints its token, this once, and the address to open on it."""
    settings = operator.settings()
    by = By(OPERATOR, installation.clock(settings).now())
    token = operator.with_database(partial(devices.add_device, by, name, kinds, branch))
    click.echo(token)
    path = f"/kiosk/{branch}" if "kiosk" in kinds else f"/display/{branch}"
    click.echo(f"Open on it: {operator.address(settings)}{path}?device={token}", err=True)
    if settings.public_url is None:
        click.echo(
            "The address follows QUEUE_APP_PORT, not the --port of a running server; from another"
            " machine it is the same behind QUEUE_APP_PUBLIC_URL, once that is set.",
            err=True,
        )


@device.command("confirm")
@click.argument("code")
@click.option("--branch", metavar="SLUG", required=True)
@click.option("--name", required=True)
def confirm_device(code: str, branch: str, name: str) -> None:
    """A machine that shows this code belongs to the branch from now on, under this name."""
    by = By(OPERATOR, installation.clock(operator.settings()).now())
    made = operator.with_database(partial(devices.confirm_device, by, code, branch, name))
    click.echo(f"{name} belongs to {branch}: {', '.join(made.kinds)}.")


@device.command("revoke")
@click.argument("name")
@click.option("--branch", metavar="SLUG", help="Needed where several branches have the name.")
def revoke_device(name: str, branch: str | None) -> None:
    """A device that was lost or replaced: its token stops working at once."""
    now = installation.clock(operator.settings()).now()
    operator.with_database(partial(devices.revoke_device, By(OPERATOR, now), name, branch))
    click.echo(f"The token of {name} no longer works.")


@device.command("list")
def list_devices() -> None:
    """Every device, what it can do, and when it was seen last; the revoked come last."""
    zone, every = operator.with_database(partial(_with_zone, installed))
    table(
        ("NAME", "KIND", "BRANCH", "SINCE", "SEEN", "ADDRESS", "REVOKED"),
        [
            (
                one.name,
                ",".join(one.kinds),
                one.branch,
                _day(one.created_at, zone),
                _minute(one.seen_at, zone),
                one.address or "-",
                _day(one.revoked_at, zone),
            )
            for one in every
        ],
    )
