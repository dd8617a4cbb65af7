"""The commands that run until they are told to stop: `serve` and `demo`."""

import sys
from datetime import datetime

import click
import msgspec

from config.settings import parse_clock, parse_rate
from queue_app.cli import operator
from queue_app.cli.operator import Parsed

DEMO_SERVER = (sys.executable, "-m", "queue_app.cli.demo_server")


@click.command()
@click.option(
    "--host", help="Address to listen on; 127.0.0.1 unless QUEUE_APP_HOST says otherwise."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help="8000 unless QUEUE_APP_PORT says otherwise."
)
@click.option("--workers", type=click.IntRange(1, 256), help="Processes that answer requests.")
@click.option("--clock", type=Parsed("instant", parse_clock), help="Start the hall's clock here.")
@click.option(
    "--rate", type=Parsed("rate", parse_rate), help="Seconds of the hall's clock in a real second."
)
@click.option(
    "--trial", is_flag=True, help="Make staff and devices to try it with, and print how to sign in."
)
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


@click.command()
@click.option(
    "--rate",
    type=Parsed("rate", parse_rate),
    default=60.0,
    show_default=True,
    help="Seconds of the hall's clock in a real second.",
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
@click.option(
    "--port", type=click.IntRange(1, 65535), help="8000 unless QUEUE_APP_PORT says otherwise."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes that answer requests.",
)
@click.option("--once", is_flag=True, help="End after one day instead of starting the next.")
@click.option("--until", type=click.DateTime(["%H:%M"]), help="End at this hour of the hall.")
@click.option(
    "--alert/--no-alert",
    default=True,
    help="Calls are stopped by an alert at noon.",
    show_default=True,
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
    from queue_app.cli.demo_lines import TerminalTeller
    from queue_app.demo.days import DemoOptions, run_demo

    settings = operator.settings()
    options = DemoOptions(
        port=settings.port if port is None else port,
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
    if not run_demo(options, settings, DEMO_SERVER, TerminalTeller(rate)):
        raise SystemExit(1)
