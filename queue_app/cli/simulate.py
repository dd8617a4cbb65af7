"""`queue-app simulate`: policies, estimates and rosters tried on synthetic days.

Needs the centre's files and nothing else, no server and no database; only `kept` and, where there
is one, `staffing` read the centre's database.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from queue_app.cli import simulation_tables
from queue_app.cli.kept_and_staffing import kept, staffing
from queue_app.cli.operator import Parsed, counted
from queue_app.cli.replaying import replay
from queue_app.cli.simulation_options import (
    PolicyNames,
    branch_option,
    first_option,
    kind_option,
    percent,
    place_of,
    seed_option,
)
from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.dispatch import POLICIES, PolicyName
from queue_app.simulation.compare import compare, synthetic_days
from queue_app.simulation.estimate_check import check_estimates
from queue_app.simulation.synthetic_branch import (
    KINDS,
    TITLES,
    DayKind,
)


@click.group(invoke_without_command=True)
@branch_option
@kind_option
@click.option("--days", type=click.IntRange(2, 100_000), default=200, show_default=True)
@first_option
@seed_option
@click.option(
    "--policies",
    type=PolicyNames(),
    default=",".join(POLICIES),
    show_default=True,
    help="Which to compare; the others are compared with the first.",
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw an SVG file.")
@click.pass_context
def simulate(
    context: click.Context,
    branch: str | None,
    kind: DayKind,
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
    centre, place = place_of(branch)
    comparison = compare(
        kind, synthetic_days(centre, place, kind, first.date(), days, seed), policies
    )
    lasts = counted(days, "day")
    click.echo(f"{place.slug}, {lasts}, {TITLES[kind]}, seed {seed}; minutes unless %.")
    click.echo(simulation_tables.comparison_table(comparison))
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
                f"{name} is given before {command}, which does not read it there; what {command}"
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


@simulate.command()
@click.option(
    "--branch",
    "branches",
    metavar="SLUG",
    multiple=True,
    help="May be repeated; `all`; the first unless given.",
)
@click.option(
    "--kind", "kinds", type=click.Choice(KINDS), multiple=True, help="All of them unless given."
)
@click.option(
    "--days", type=click.IntRange(1, 10_000), default=60, show_default=True, help="Of each kind."
)
@click.option(
    "--mistaken",
    type=Parsed("percent", percent),
    metavar="PERCENT",
    help="Take learned visits to be this much shorter: how the ranges correct themselves.",
)
@first_option
@seed_option
def accuracy(
    branches: tuple[str, ...],
    kinds: tuple[DayKind, ...],
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
    try:
        wanted = tuple(dict.fromkeys(kinds)) or KINDS
        found = list(check_estimates(centre, places, wanted, first.date(), days, seed, mistaken))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if len(places) == 1:
        where, seeds = places[0].slug, f"seed {seed}"
    else:
        where, seeds = f"{len(places)} branches", f"seeds {seed} to {seed + len(places) - 1}"
    click.echo(f"{where}, {counted(days, 'day')} of each kind, {seeds}; minutes unless %.")
    click.echo(simulation_tables.accuracy_table(found, len(places)))


def _places(slugs: tuple[str, ...]) -> tuple[Centre, list[BranchPlan]]:
    """The branches of these names, each once; with "all" every one."""
    named = dict.fromkeys(slug for slug in slugs if slug != "all")
    found = [place_of(slug) for slug in named or (None,)]
    centre = found[0][0]
    return centre, list(centre.branches) if "all" in slugs else [place for _, place in found]


simulate.add_command(kept)
simulate.add_command(replay)
simulate.add_command(staffing)
