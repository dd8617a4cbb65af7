"""`queue-app simulate`: policies, estimates and rosters tried on synthetic days.

Needs the centre's files and nothing else: no server, no database.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import click

from config.files import load_centre
from queue_app.cli import operator
from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.dispatch import POLICIES, PolicyName
from queue_app.simulation.accuracy import Accuracy, measure_rows
from queue_app.simulation.compare import Comparison, Interval, compare, synthetic_days
from queue_app.simulation.day import roster
from queue_app.simulation.demand import expected_demand
from queue_app.simulation.run import FIGURES
from queue_app.simulation.staffing import Quarter, Target, Task, Waits, parse_target, propose
from queue_app.simulation.world import KINDS, TITLES, Kind, periods_of, world

MONDAY = date(2026, 11, 23)
"""The first synthetic day, unless told otherwise: an ordinary Monday."""


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


class _Target(click.ParamType[Any]):
    name = "promise"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Target:
        try:
            return parse_target(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


_branch = click.option("--branch", metavar="SLUG", help="The first of the centre unless given.")
_kind = click.option(
    "--kind", type=click.Choice(KINDS), default="rush", show_default=True, help="What days."
)
_seed = click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
_first = click.option(
    "--first",
    type=click.DateTime(["%Y-%m-%d"]),
    default=str(MONDAY),
    show_default=True,
    help="The first day; closed days are left out.",
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
    known = ", ".join(branch.slug for branch in centre.branches)
    raise click.BadParameter(f"{slug!r} is none of: {known}", param_hint="--branch")


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
@_branch
@click.option(
    "--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="All of them unless given."
)
@click.option(
    "--days", type=click.IntRange(1, 10_000), default=60, show_default=True, help="Of each kind."
)
@_first
@_seed
def accuracy(
    branch: str | None, kinds: tuple[Kind, ...], days: int, first: datetime, seed: int
) -> None:
    """Check the estimates: ranges against what came true, beside an oracle and the formula."""
    centre, place = _place(branch)
    found: list[Accuracy] = []
    for kind in kinds or KINDS:
        try:
            found += measure_rows(centre, place, kind, first.date(), days, seed)
        except ValueError as error:
            raise click.ClickException(f"{kind}: {error}") from None
    click.echo(f"{place.slug}, {days} days of each kind, seed {seed}; minutes unless %.")
    click.echo(accuracy_table(found))


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


def accuracy_table(found: Sequence[Accuracy]) -> str:
    """A row for each kind of day, or each phase of a kind with an interruption.

    `range`: how wide; `error`: mean absolute, ours and theirs.
    """
    head = ["days", *(title for title, _ in _ACCURACY)]
    return columns(
        [head, *([_days(one), *(form.format(one) for _, form in _ACCURACY)] for one in found)]
    )


def _days(one: Accuracy) -> str:
    return TITLES[one.kind] if one.phase is None else f"{TITLES[one.kind]}, {one.phase}"


@simulate.command()
@_branch
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option(
    "--target", type=_Target(), default="90% within 15 min", show_default=True, metavar="PROMISE"
)
@_kind
@_seed
def staffing(branch: str | None, day: datetime, target: Target, kind: Kind, seed: int) -> None:
    """Propose desks by quarter hour and skill, beside the present roster."""
    centre, place = _place(branch)
    periods = periods_of(place, day.date())
    if not periods:
        raise click.ClickException(f"{place.slug} is closed on {day.date()}")
    truth = world(centre, place, kind, Random(f"staffing {seed}"))
    task = Task(
        demand=expected_demand(truth, day.date(), seed),
        desks=truth.desks,
        present=roster(truth, day.date(), periods),
        time_of=truth.time_of,
        target=target,
        change_over=truth.manner.change_over,
    )
    click.echo(
        f"{place.slug}, {day.date():%A %d %B %Y}, {TITLES[kind]}, seed {seed}: "
        f"{100 * target.share:.0f} % within {target.minutes:.0f} min."
    )
    click.echo(staffing_table(propose(task, seed), [desk.number for desk in place.desks]))


def staffing_table(quarters: Sequence[Quarter], numbers: Sequence[str]) -> str:
    """Desks by number; 3x2 is three desks with the skills of desk 2."""
    head = ("", "come", "present", "in time %", "wait", "proposed", "desks", "in time %", "wait")
    rows = [head, *(_quarter(one, numbers) for one in quarters)]
    present, proposed = (
        sum(len(desks) for desks in column) / 4
        for column in ([one.present for one in quarters], [one.proposed for one in quarters])
    )
    return (
        f"{columns(rows)}\n"
        f"Desk hours: {present:.1f} present, {proposed:.1f} proposed. "
        "3x2 is three desks with the skills of desk 2."
    )


def _quarter(one: Quarter, numbers: Sequence[str]) -> tuple[str, ...]:
    return (
        f"{one.begins // 60:02}:{one.begins % 60:02}",
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
