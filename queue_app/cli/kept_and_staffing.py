"""The commands of `simulate` that read the centre's own database, where there is one."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import click

from config.settings import Settings
from queue_app import installation
from queue_app.cli import operator, simulation_tables
from queue_app.cli.operator import Parsed, counted
from queue_app.cli.simulation_options import (
    CalendarDay,
    branch_option,
    now_option,
    place_of,
    seed_option,
    unknown_branch,
)
from queue_app.cli.simulation_tables import local_text
from queue_app.flow.promising import KEPT_DAYS
from queue_app.queries import accuracy as promises
from queue_app.simulation.kept_figures import by_branch
from queue_app.simulation.roster_search import Target, parse_target
from queue_app.simulation.staffed_day import StaffedDay, staff_by_records, staff_synthetic
from queue_app.simulation.synthetic_branch import (
    KINDS,
    DayKind,
    UnknownBranch,
)


@click.command()
@click.option("--branch", "branches", metavar="SLUG", multiple=True, help="All unless given.")
@click.option(
    "--days", type=click.IntRange(1, KEPT_DAYS), default=7, show_default=True, help="Until now."
)
@now_option
def kept(branches: tuple[str, ...], days: int, now: datetime | None) -> None:
    """The accuracy of what people were really shown, by branch, from the centre's database."""
    now, source = _moment(operator.settings(), now)
    since = now - timedelta(days=days)
    directory, found, parts = operator.with_database(partial(promises.accuracy_of, branches, since))
    click.echo(
        f"Since {local_text(directory, since)}, {counted(days, 'day')} before"
        f" {local_text(directory, now)} ({source}); minutes unless %."
    )
    click.echo(simulation_tables.kept_table(found) if found else "Nobody was shown a range.")
    for line in simulation_tables.kept_part_tables(by_branch(parts)):
        click.echo(line)


def _moment(settings: Settings, asked: datetime | None) -> tuple[datetime, str]:
    """What time it is in the hall, and by what: no database says by which clock it was served."""
    if asked:
        return asked, "--now"
    own = settings.clock or settings.rate != 1
    return installation.clock(settings).now(), (
        "the clock of QUEUE_APP_CLOCK" if own else "the clock of this machine"
    )


@click.command()
@branch_option
@click.option("--date", "day", type=CalendarDay(["%Y-%m-%d"]), required=True)
@click.option(
    "--target",
    type=Parsed("promise", parse_target),
    default="90% within 15 min",
    show_default=True,
)
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    help="A synthetic day of this kind instead of what the database foresees.",
)
@now_option
@seed_option
def staffing(
    branch: str | None,
    day: datetime,
    target: Target,
    kind: DayKind | None,
    now: datetime | None,
    seed: int,
) -> None:
    """Propose desks by quarter hour and skill, beside the present roster.

    By the bookings, the history and the roster of the branch in the centre's database. Without a
    database, or with --kind: by a synthetic day.
    """
    settings, wanted = operator.settings(), day.date()
    try:
        if kind is None and installation.has_database(settings):
            moment, source = _moment(settings, now)
            work = partial(staff_by_records, branch, wanted, target, moment, seed)
            staffed = _on_database(settings, work)
            lines = simulation_tables.by_records(staffed, wanted, target, moment, source)
        elif now:
            raise click.UsageError("--now is for records; a synthetic day has none")
        else:
            centre, place = place_of(branch)
            staffed = staff_synthetic(centre, place, wanted, target, kind or "rush", seed)
            lines = simulation_tables.by_kind(staffed, wanted, target, kind, seed, settings.data)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except UnknownBranch as error:
        raise unknown_branch(error) from None
    click.echo("\n".join(lines))
    click.echo(simulation_tables.staffing_table(staffed))
    click.echo(simulation_tables.closing_line(staffed))


def _on_database(settings: Settings, work: Any) -> StaffedDay:
    with installation.server(settings) as dsn:
        found: StaffedDay = installation.run(dsn, work)
        return found
