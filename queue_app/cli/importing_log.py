"""The command `history`: a centre's past from a log of its former system, and that it goes."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import click
from msgspec.structs import replace

from queue_app import installation
from queue_app.cli import operator
from queue_app.cli.operator import counted
from queue_app.cli.replaying import desks_option, named_columns, read_files
from queue_app.cli.simulation_options import branch_option, now_option
from queue_app.cli.simulation_tables import columns
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.service_times import published
from queue_app.domain.visit_log import LoggedAbsence, LoggedVisit, VisitLog
from queue_app.flow import importing
from queue_app.flow.importing import Import, ImportRefused, LoggedPast
from queue_app.jobs import learning
from queue_app.queries import habits, reference
from queue_app.queries.habits import Learned
from queue_app.simulation.log_learning import habits_after, head_start, seen
from queue_app.simulation.logged_day import LoggedDay, days_of, supposed_states


@click.group()
def history() -> None:
    """A centre's past: the log of its former system, from which the branch learns."""


@history.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@branch_option
@click.option("--map", "names", multiple=True, metavar="NAME=COLUMN",
              help="What a column is called there.")  # fmt: skip
@desks_option
@click.option("--services", "services_file",
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Lines of THEIRS,CODE: what the log calls our services.")  # fmt: skip
@click.option(
    "--timezone", type=ZoneInfo, help="Of times that say none; the centre's unless given."
)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--lenient", is_flag=True, help="Also with many rows that cannot be true.")
@now_option
def import_log(
    file: Path,
    branch: str | None,
    names: tuple[str, ...],
    desk_file: Path | None,
    services_file: Path | None,
    timezone: ZoneInfo | None,
    dry_run: bool,
    lenient: bool,
    now: datetime | None,
) -> None:
    """Write a log of visits as days that are over, and learn from them.

    In one transaction, each row once however often this runs, and never into days of which the
    branch has tickets. `history forget` takes all of it back. Names of desks are not stored.
    """
    now = now or installation.clock(operator.settings()).now()
    mapped = _mapped(services_file)
    operator.with_database(
        partial(
            _import,
            file,
            desk_file,
            branch,
            named_columns(names),
            mapped,
            timezone,
            dry_run,
            lenient,
            now,
        )
    )


@history.command("forget")
@branch_option
@now_option
def forget(branch: str | None, now: datetime | None) -> None:
    """Take back whatever was imported into a branch, and learn anew from what is left."""
    now = now or installation.clock(operator.settings()).now()
    slug, gone = operator.with_database(partial(_forget, branch, now))
    click.echo(f"{slug}: {counted(gone, 'imported row')} taken back.")


def _mapped(file: Path | None) -> dict[str, str]:
    """What the log calls our services, from lines of "theirs,code"."""
    found: dict[str, str] = {}
    for number, line in enumerate(file.read_text("utf-8").splitlines() if file else (), start=1):
        if not line.strip():
            continue
        theirs, comma, code = line.rpartition(",")
        if not comma or not theirs.strip() or not code.strip():
            raise click.ClickException(f"{file}, line {number}: this is not THEIRS,CODE")
        found[theirs.strip()] = code.strip()
    return found


async def _import(
    file: Path,
    desk_file: Path | None,
    slug: str | None,
    names: dict[str, str],
    mapped: dict[str, str],
    timezone: ZoneInfo | None,
    dry_run: bool,
    lenient: bool,
    now: datetime,
) -> None:
    directory = await reference.directory()
    branch = _branch(directory, slug)
    zone = timezone or directory.zone
    log, states = read_files(file, desk_file, names, zone, lenient, click.echo)
    past = _in_our_codes(directory, log, mapped)
    if not past.visits:
        raise click.ClickException("there is nothing to import")
    days = days_of(past.visits, directory.zone, states=states)
    click.echo("\n".join(_inferred(days, past)))
    told = desk_file is not None
    past = replace(past, states=states or supposed_states(days, directory.zone), told=told)
    if dry_run:
        click.echo("Nothing was written: --dry-run.")
        return
    try:
        done = await importing.write_log(directory, branch, past, now)
    except ImportRefused as error:
        raise click.ClickException(f"nothing was written: {file.name}, {error}") from None
    click.echo(_written(branch, done))
    await learning.learn_anew(directory, branch, now)
    click.echo("\n".join(_learned(directory, await habits.learned(branch.id))))


async def _forget(slug: str | None, now: datetime) -> tuple[str, int]:
    directory = await reference.directory()
    branch = _branch(directory, slug)
    gone = await importing.forget_log(branch)
    await learning.learn_anew(directory, branch, now)
    return branch.slug, gone


def _branch(directory: Directory, slug: str | None) -> Branch:
    return directory.branch(slug or next(iter(directory.branches)))


def _in_our_codes(directory: Directory, log: VisitLog, mapped: dict[str, str]) -> LoggedPast:
    """What the log says with the centre's own codes; the command fails where any service is
    unknown."""
    known = {one.code for one in directory.centre.services}
    wrong = sorted(code for code in mapped.values() if code not in known)
    if wrong:
        raise click.ClickException(f"--services names what is no service: {', '.join(wrong)}")
    visits = [replace(one, service=mapped.get(one.service, one.service)) for one in log.visits]
    absences = [replace(one, service=mapped.get(one.service, one.service)) for one in log.absences]
    rows: list[LoggedVisit | LoggedAbsence] = [*visits, *absences]
    unknown = Counter(one.service for one in rows if one.service not in known)
    if unknown:
        lines = {one.service: one.line for one in sorted(rows, key=lambda one: -one.line)}
        said = [
            f"  {name} ({counted(count, 'row')}, the first is line {lines[name]}):"
            f" {_nearest(name, known)}"
            for name, count in unknown.most_common()
        ]
        raise click.ClickException(
            "\n".join(["these services are unknown; name them with --services:", *said])
        )
    return LoggedPast(visits, absences)


def _nearest(name: str, known: set[str]) -> str:
    near = get_close_matches(name.lower(), sorted(known), n=3, cutoff=0.4)
    return f"perhaps {', '.join(near)}" if near else "nothing is called alike"


def _inferred(days: Sequence[LoggedDay], past: LoggedPast) -> list[str]:
    """What the log shows, before anything is written."""
    people = [one for day in days for one in day.people]
    served = [one for one in people if one.turn is not None]
    waits = sorted(one.until - one.arrives for one in served)
    learned = habits_after([seen(day) for day in days])
    pauses = [gap.until - gap.since for day in days for gap in day.gaps if gap.paused]
    ahead = f", nine in ten at most {waits[int(0.9 * len(waits))]:.1f}" if waits else ""
    lasting, left = median(pauses or [0.0]), len(people) - len(served)
    span = f"{counted(len(days), 'day')}, {days[0].date} to {days[-1].date}"
    lines = [
        f"{span}: {counted(len(people), 'ticket')}, {len(served)} served, {left} left.",
        f"Waits: median {median(waits or [0.0]):.1f} minutes{ahead}.",
        f"Desks: {_desks(days)}.",
        f"Pauses that nothing tells of: {len(pauses)}, median {lasting:.0f} minutes.",
        f"Between two visits, while somebody waits: half within {learned.between:.1f} minutes.",
    ]
    booked = sum(one.due is not None for one in past.visits)
    if booked or past.absences:
        stayed_away = (
            f"Bookings: {booked + len(past.absences)}, of which {len(past.absences)} were missed"
        )
        unsaid = "" if past.absences else ": if the log leaves those out, all are taken to come"
        lines.append(f"{stayed_away}{unsaid}.")
    if any(one.priority for one in people):
        lines.append(
            f"Priority: goes before those who came up to {head_start(days, 1.0):g} minutes before."
        )
    return lines


def _desks(days: Sequence[LoggedDay]) -> str:
    at_work = [len({one.desk for one in day.people if one.desk is not None}) for day in days]
    services = sorted(len(given) for given in days[0].skills.values())
    each = f", which give {services[0]} to {services[-1]} services" if services else ""
    return f"{len(services)}, of which {min(at_work)} to {max(at_work)} work on a day{each}"


def _written(branch: Branch, done: Import) -> str:
    known = f"; {counted(done.known, 'row')} had been before" if done.known else ""
    booked = f", {counted(done.bookings, 'booking')} among them" if done.bookings else ""
    lost = (
        f" No lane of the branch takes bookings: {counted(done.unbooked, 'booking')} left out."
        if done.unbooked
        else ""
    )
    return (
        f"{branch.slug}: {counted(done.written, 'row')} of {counted(done.days, 'day')}"
        f" written{booked}{known}.{lost}"
    )


def _learned(directory: Directory, learned: Learned) -> list[str]:
    """Each service whose time was learned, beside what is published."""
    if not learned.times:
        return ["Nothing was learned: no visit of the last 90 days."]
    rows = [("service", "published", "learned", "visits")]
    for code, time in sorted(learned.times.items()):
        before = published(directory.services_ever[code], directory.rules.open_service_minutes)
        rows.append(
            (
                code,
                f"{before.mean_minutes:.1f}",
                f"{time.mean_minutes:.1f}",
                f"{time.visits - before.visits:.0f}",
            )
        )
    return ["Learned, in minutes:", columns(rows)]
