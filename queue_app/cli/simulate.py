"""`queue-app simulate`: policies, estimates and rosters tried on synthetic days.

Needs the centre's files and nothing else, no server and no database; only `kept` and, where there
is one, `staffing` read the centre's database.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import click
from click.core import ParameterSource

from config.files import load_centre
from config.settings import YEARS, Settings, parse_clock
from queue_app.cli import operator
from queue_app.cli.operator import Parsed
from queue_app.domain.centre import BranchPlan, Centre, Period, Rules
from queue_app.domain.demand import DAYS_WEIGHT, PER_HOUR
from queue_app.domain.directory import Directory
from queue_app.domain.dispatch import POLICIES, PolicyName
from queue_app.domain.hours import periods_on
from queue_app.flow.promising import KEPT_DAYS
from queue_app.queries import accuracy as promises
from queue_app.queries import reference
from queue_app.simulation.accuracy import Accuracy, measure_rows
from queue_app.simulation.compare import Comparison, Interval, compare, synthetic_days
from queue_app.simulation.correcting import measure_mistaken
from queue_app.simulation.day import minutes, roster
from queue_app.simulation.demand import expected_demand
from queue_app.simulation.foreseen import MEMORY, Foreseen, foresee
from queue_app.simulation.run import FIGURES
from queue_app.simulation.staffing import Quarter, Target, Task, Waits, parse_target, propose
from queue_app.simulation.world import KINDS, TITLES, Kind, periods_of, world

MONDAY = date(2026, 11, 23)
"""The first synthetic day, unless told otherwise: an ordinary Monday."""
MISTAKEN = range(-300, 91)
"""By how many in a hundred learned visits may be taken for shorter."""


class _Policies(click.ParamType[Any]):
    name = "names"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[PolicyName, ...]:
        names = [name.strip() for name in str(value).split(",")]
        known = {str(name): name for name in POLICIES}
        unknown = [name for name in names if name not in known]
        if unknown or len(set(names)) < len(names):
            self.fail(
                f"{value!r}: give each once, separated by commas, of: {', '.join(POLICIES)}",
                param,
                ctx,
            )
        return tuple(known[name] for name in names)


class _Day(click.DateTime):
    """A date whose neighbours, weeks before and after it, are dates as well."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        day: datetime = super().convert(value, param, ctx)
        if day.year not in YEARS:
            self.fail(
                f"{value!r} is not in the years {YEARS.start} to {YEARS.stop - 1}", param, ctx
            )
        return day


def _percent(text: str) -> int:
    """From "30" or "30%"; ValueError says what is allowed."""
    try:
        percent = int(text.strip().removesuffix("%"))
    except ValueError:
        percent = MISTAKEN.stop
    if percent not in MISTAKEN:
        raise ValueError(f"{text!r} is no percentage from {MISTAKEN.start} to {MISTAKEN.stop - 1}")
    return percent


_branch = click.option("--branch", metavar="SLUG", help="The first of the centre unless given.")
_kind = click.option(
    "--kind", type=click.Choice(KINDS), default="rush", show_default=True, help="What days."
)
_seed = click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
_first = click.option(
    "--first",
    type=_Day(["%Y-%m-%d"]),
    default=str(MONDAY),
    show_default=True,
    help="The first day; closed days are left out.",
)
_now = click.option(
    "--now",
    type=Parsed("instant", parse_clock),
    help="The hall's time, where it was served with a clock of its own; else as the clock says.",
)


@click.group(invoke_without_command=True)
@_branch
@_kind
@click.option("--days", type=click.IntRange(2, 100_000), default=200, show_default=True)
@_first
@_seed
@click.option(
    "--policies",
    type=_Policies(),
    default=",".join(POLICIES),
    show_default=True,
    help="Which to compare; the first is what the others are held against.",
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw an SVG file.")
@click.pass_context
def simulate(
    context: click.Context,
    branch: str | None,
    kind: Kind,
    days: int,
    first: datetime,
    seed: int,
    policies: tuple[PolicyName, ...],
    plot: Path | None,
) -> None:
    """Compare policies on synthetic days of a branch, with 95 % confidence intervals."""
    if context.invoked_subcommand:
        _refuse_strays(context, context.invoked_subcommand)
        return
    draw_plot = _plotter() if plot else None
    centre, place = _place(branch)
    drawn = synthetic_days(centre, place, kind, first.date(), days, seed)
    comparison = compare(kind, drawn, policies)
    click.echo(f"{place.slug}, {days} days, {TITLES[kind]}, seed {seed}; minutes unless %.")
    click.echo(comparison_table(comparison))
    if plot and draw_plot:
        try:
            draw_plot(comparison, plot)
        except OSError as error:
            raise click.ClickException(f"{plot}: {error.strerror}") from None
        click.echo(f"Drawn to {plot}.")


def _refuse_strays(context: click.Context, command: str) -> None:
    """Options before a subcommand are read for the comparison, which then does not take place."""
    for option in context.command.params:
        if context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
            name = option.opts[0]
            raise click.UsageError(
                f"{name} stands before {command}, which does not read it there; what {command}"
                f" takes comes after it: queue-app simulate {command} --help",
                context,
            )


def _plotter() -> Any:
    try:
        from queue_app.simulation.plots import draw_comparison
    except ImportError:
        raise click.ClickException(
            "plots need matplotlib: pip install 'queue-app[plots]'"
        ) from None
    return draw_comparison


def _place(slug: str | None) -> tuple[Centre, BranchPlan]:
    centre = load_centre(operator.settings().config)
    for branch in centre.branches:
        if slug in (None, branch.slug):
            return centre, branch
    raise _unknown(slug, [branch.slug for branch in centre.branches])


def _unknown(slug: str | None, known: Iterable[str]) -> click.BadParameter:
    return click.BadParameter(f"{slug!r} is none of: {', '.join(known)}", param_hint="--branch")


def comparison_table(comparison: Comparison) -> str:
    """Figures down, policies across; * where it differs from the first by more than chance."""
    rows = [["", *comparison.policies]]
    for figure, title in FIGURES.items():
        cells = [
            _cell(comparison.figures[figure][name], comparison.differs[figure][name])
            for name in comparison.policies
        ]
        rows.append([title, *cells])
    return (
        f"{columns(rows)}\n"
        f"* differs from {comparison.policies[0]} by more than chance (95 %, day by day)"
    )


def _cell(interval: Interval, differs: bool) -> str:
    return f"{interval.mean:.1f} ±{interval.half:.1f} {'*' if differs else ' '}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Aligned: the first column to the left, the others to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


@simulate.command()
@click.option(
    "--branch",
    "branches",
    metavar="SLUG",
    multiple=True,
    help="Again for more; `all`; the first unless given.",
)
@click.option(
    "--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="All of them unless given."
)
@click.option(
    "--days", type=click.IntRange(1, 10_000), default=60, show_default=True, help="Of each kind."
)
@click.option(
    "--mistaken",
    type=Parsed("percent", _percent),
    metavar="PERCENT",
    help="Learned visits are taken for so much shorter: how the ranges correct themselves.",
)
@_first
@_seed
def accuracy(
    branches: tuple[str, ...],
    kinds: tuple[Kind, ...],
    days: int,
    mistaken: int | None,
    first: datetime,
    seed: int,
) -> None:
    """Check the estimates: ranges against what came true, beside an oracle and the formula.

    Of several branches, each next one has the next seed: most of them are laid out alike, and
    would have the same days.
    """
    centre, places = _places(branches)
    found: dict[str, Accuracy] = {}
    for own_seed, place in enumerate(places, start=seed):
        for kind in kinds or KINDS:
            try:
                span = centre, place, kind, first.date(), days, own_seed
                rows = (
                    measure_rows(*span) if mistaken is None else measure_mistaken(*span, mistaken)
                )
            except ValueError as error:
                raise click.ClickException(f"{place.slug}, {kind}: {error}") from None
            of = "" if len(places) == 1 else f"{place.slug}, "
            found |= {of + _days(one): one for one in rows}
    if len(places) == 1:
        where, seeds = places[0].slug, f"seed {seed}"
    else:
        where, seeds = f"{len(places)} branches", f"seeds {seed} to {seed + len(places) - 1}"
    click.echo(f"{where}, {_count(days, 'day')} of each kind, {seeds}; minutes unless %.")
    click.echo(accuracy_table(found))


def _places(slugs: tuple[str, ...]) -> tuple[Centre, list[BranchPlan]]:
    """The branches of these names, each once; with "all" every one."""
    named = dict.fromkeys(slug for slug in slugs if slug != "all")
    found = [_place(slug) for slug in named or (None,)]
    centre = found[0][0]
    return centre, list(centre.branches) if "all" in slugs else [place for _, place in found]


_ACCURACY = (
    ("estimates", "{0.estimates}"),
    ("mean wait", "{0.mean_wait:.1f}"),
    ("in range %", "{0.percent:.1f}"),
    ("range", "{0.width:.1f}"),
    ("error", "{0.ours:.2f}"),
    ("oracle", "{0.oracle:.2f}"),
    ("ratio", "{0.ratio:.3f}"),
    ("formula", "{0.formula:.2f}"),
)


def accuracy_table(found: Mapping[str, Accuracy]) -> str:
    """A row for each kind of day, or each phase of a kind with an interruption.

    `range`: how wide; `error`: mean absolute, ours and theirs.
    """
    head = ["days", *(title for title, _ in _ACCURACY)]
    rows = ([days, *(form.format(one) for _, form in _ACCURACY)] for days, one in found.items())
    return columns([head, *rows])


@simulate.command()
@click.option("--branch", "branches", metavar="SLUG", multiple=True, help="All unless given.")
@click.option(
    "--days", type=click.IntRange(1, KEPT_DAYS), default=7, show_default=True, help="Until now."
)
@_now
def kept(branches: tuple[str, ...], days: int, now: datetime | None) -> None:
    """The accuracy of what people were really shown, by branch, from the centre's database."""
    settings = operator.settings()
    now, source = _moment(settings, now)

    async def work() -> list[promises.Accuracy]:
        directory = await reference.directory()
        wanted = {directory.branch(slug).slug for slug in branches} or directory.branches.keys()
        since = now - timedelta(days=days)
        found = await promises.accuracy(since)
        click.echo(
            f"Since {_local(directory, since)}, {_count(days, 'day')} before"
            f" {_local(directory, now)} ({source}); minutes unless %."
        )
        return [one for one in found if one.branch in wanted]

    with operator.server(settings, must_exist=True) as dsn:
        found = operator.run(dsn, work)
    click.echo(kept_table(found) if found else "Nobody was shown a range.")


def _moment(settings: Settings, asked: datetime | None) -> tuple[datetime, str]:
    """What time it is in the hall, and by what: no database says by which clock it was served."""
    if asked:
        return asked, "--now"
    own = settings.clock or settings.rate != 1
    return operator.clock(settings).now(), (
        "the clock of QUEUE_APP_CLOCK" if own else "the clock of this machine"
    )


def _local(directory: Directory, instant: datetime) -> str:
    return f"{directory.local(instant):%Y-%m-%d %H:%M}"


_KEPT = (
    ("estimates", "{0.promises}"),
    ("mean wait", "{0.wait_minutes:.1f}"),
    ("in range %", "{0.percent:.1f}"),
    ("range", "{0.range_minutes:.1f}"),
    ("error", "{0.error_minutes:.2f}"),
    ("cut", "{0.cut}"),
    ("else %", "{0.percent_else:.1f}"),
)
_UNCALLED = (
    ("left", "{0.left}"),
    ("at closing", "{0.closed}"),
    ("overdue", "{0.overdue}"),
    ("waiting", "{0.waiting}"),
)


def kept_table(found: Sequence[promises.Accuracy]) -> str:
    """Two rows for each branch: promises given with the ticket, and shown later.

    `cut`: an interruption began in the wait; `else %`: in range, of the rest. After the figures of
    those who were called: how many left, or waited until the day was over;
    `overdue`, of both, past their range; and who waits now.
    """
    rows = [["branch", "shown", *(title for title, _ in (*_KEPT, *_UNCALLED))]]
    for one in found:
        called = [form.format(one) if one.promises else "" for _, form in _KEPT]
        rows.append([one.branch, one.shown, *called, *(form.format(one) for _, form in _UNCALLED)])
    return columns(rows)


def _days(one: Accuracy) -> str:
    return TITLES[one.kind] if one.phase is None else f"{TITLES[one.kind]}, {one.phase}"


@simulate.command()
@_branch
@click.option("--date", "day", type=_Day(["%Y-%m-%d"]), required=True)
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
@_now
@_seed
def staffing(
    branch: str | None,
    day: datetime,
    target: Target,
    kind: Kind | None,
    now: datetime | None,
    seed: int,
) -> None:
    """Propose desks by quarter hour and skill, beside the present roster.

    By the bookings, the history and the roster of the branch in the centre's database. Without a
    database, or with --kind: by a synthetic day.
    """
    settings = operator.settings()
    if kind is None and operator.has_database(settings):
        moment = _moment(settings, now)
        with operator.server(settings) as dsn:
            told, task, numbers, ends = operator.run(
                dsn, partial(_by_records, branch, day.date(), target, moment)
            )
    elif now:
        raise click.UsageError("--now is of the records; a synthetic day has none")
    else:
        told, task, numbers, ends = _by_kind(branch, day.date(), target, kind, seed)
    try:
        quarters = propose(task, seed)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo("\n".join(told))
    click.echo(f"{staffing_table(quarters, numbers)}\n{ends}")


_Staffed = tuple[list[str], Task, list[str], str]
"""The first lines, the task, the desks' numbers, and how the day ends."""


def _by_kind(slug: str | None, day: date, target: Target, kind: Kind | None, seed: int) -> _Staffed:
    centre, place = _place(slug)
    periods = _open(place.slug, periods_of(place, day), day)
    truth = world(centre, place, kind or "rush", Random(f"staffing {seed}"))
    task = Task(
        demand=expected_demand(truth, day, seed),
        desks=truth.desks,
        present=roster([desk.roster for desk in place.desks], truth.desks, day, periods),
        time_of=truth.time_of,
        target=target,
        policy=truth.policy,
        change_over=truth.manner.change_over,
        closes=minutes(periods[-1].closes),
    )
    title = TITLES[kind or "rush"]
    told = [f"{place.slug}, {day:%A %d %B %Y}, {title}, seed {seed}: {_promise(target)}."]
    if kind is None:
        data = operator.settings().data
        told.append(f"There is no database in {data}: this is a synthetic day, no forecast.")
    return told, task, [desk.number for desk in place.desks], _ends(periods, centre.rules)


async def _by_records(
    slug: str | None, day: date, target: Target, moment: tuple[datetime, str]
) -> _Staffed:
    directory = await reference.directory()
    slug = slug or next(iter(directory.branches))
    if slug not in directory.branches:
        raise _unknown(slug, directory.branches)
    branch = directory.branches[slug]
    periods = _open(slug, periods_on(branch.hours, branch.closures, day), day)
    now, source = moment
    found = await foresee(directory, branch, day, periods, target, now)
    known = f"seen from {_local(directory, now)} ({source})"
    return (
        [f"{slug}, {day:%A %d %B %Y}, {known}: {_promise(target)}.", *made_from(found, day)],
        found.task,
        [desk.number for desk in branch.desks],
        _ends(periods, directory.rules),
    )


def _ends(periods: Sequence[Period], rules: Rules) -> str:
    """Rows without arrivals are no rows without work."""
    closes = int(minutes(periods[-1].closes))
    return (
        f"The kiosk gives its last ticket at {_wall(closes - rules.last_ticket_minutes)}; the"
        f" rows after that show who stays until {_wall(closes)} for whoever is in the house."
    )


def _wall(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _promise(target: Target) -> str:
    return f"{100 * target.share:.0f} % within {target.minutes:.0f} min"


def _open(slug: str, periods: tuple[Period, ...], day: date) -> tuple[Period, ...]:
    if not periods:
        raise click.ClickException(f"{slug} is closed on {day}")
    return periods


def made_from(found: Foreseen, day: date) -> list[str]:
    """What the demand of that day was made from, and what was assumed."""
    basis, learned, weekday = found.basis, found.learned, f"{day:%A}"
    made = (
        f"Made from {_count(found.bookings, 'booking')} as recorded, "
        f"{_count(basis.same, weekday)} and {_count(basis.others, 'other day')} of history: "
        f"the {MEMORY.days} days before {found.until}."
    )
    same, others, usual = (f"{100 * share:.0f} %" for share in basis.shares)
    walk_ins = (
        f"Walk-ins: {same} by the {weekday}s, {others} by the other days, "
        f"{usual} by the usual profile of {PER_HOUR:.0f} an hour."
    )
    visits = (
        f"Visits: times learned of {_count(len(learned.times), 'service')}, else as published; "
        f"{100 * learned.habits.comes:.0f} % of bookings come, "
        f"change-over {learned.habits.change_over:.1f} min, "
        f"{'as learned' if learned.times else 'as assumed: nothing was learned yet'}."
    )
    lines = [made, walk_ins, visits]
    if basis.same < DAYS_WEIGHT:
        lines.insert(1, f"Too little history of {weekday}s: most of this is assumed, as follows.")
    if found.left_out:
        lines.append(f"Left out, as no desk gives it now: {_count(found.left_out, 'visit')}.")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def staffing_table(quarters: Sequence[Quarter], numbers: Sequence[str]) -> str:
    """Desks by number; 3x2 is three desks with the skills of desk 2. Hours are those of the rows,
    which go on to closing."""
    head = ("", "come", "present", "in time %", "wait", "proposed", "desks", "in time %", "wait")
    rows = [head, *(_quarter(one, numbers) for one in quarters)]
    present, proposed = (
        sum(len(desks) for desks in column) / 4
        for column in ([one.present for one in quarters], [one.proposed for one in quarters])
    )
    return (
        f"{columns(rows)}\n"
        f"Desk hours until closing: {present:.1f} present, {proposed:.1f} proposed. "
        "3x2 is three desks with the skills of desk 2."
    )


def _quarter(one: Quarter, numbers: Sequence[str]) -> tuple[str, ...]:
    return (
        _wall(one.begins),
        f"{one.arrivals:.1f}",
        _desks(one.present, numbers),
        *_shown(one.present_waits),
        _desks(one.proposed, numbers),
        str(len(one.proposed)),
        *_shown(one.proposed_waits),
    )


def _desks(ids: Sequence[int], numbers: Sequence[str]) -> str:
    counted = {number: ids.count(number) for number in sorted(set(ids))}
    return " ".join(
        numbers[one] if count == 1 else f"{count}x{numbers[one]}" for one, count in counted.items()
    )


def _shown(waits: Waits | None) -> tuple[str, str]:
    return (f"{100 * waits.within:.0f}", f"{waits.mean:.1f}") if waits else ("", "")
