"""What the commands of `simulate` are told: how each option is read."""

from datetime import date, datetime
from typing import Any

import click

from config.files import load_centre
from config.settings import YEARS, parse_clock
from queue_app.cli import operator
from queue_app.cli.operator import Parsed
from queue_app.domain.centre import BranchPlan, Centre
from queue_app.domain.dispatch import POLICIES, PolicyName
from queue_app.simulation.synthetic_branch import KINDS, UnknownBranch, plan_named

MONDAY = date(2026, 11, 23)
"""The first synthetic day, unless told otherwise: an ordinary Monday."""
MISTAKEN = range(-300, 91)
"""By how many in a hundred learned visits may be taken for shorter."""


class PolicyNames(click.ParamType[Any]):
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


class CalendarDay(click.DateTime):
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


def percent(text: str) -> int:
    """From "30" or "30%"; ValueError says what is allowed."""
    try:
        percent = int(text.strip().removesuffix("%"))
    except ValueError:
        percent = MISTAKEN.stop
    if percent not in MISTAKEN:
        raise ValueError(
            f"{text!r} is not a percentage from {MISTAKEN.start} to {MISTAKEN.stop - 1}"
        )
    return percent


branch_option = click.option(
    "--branch", metavar="SLUG", help="The first of the centre unless given."
)
kind_option = click.option(
    "--kind", type=click.Choice(KINDS), default="rush", show_default=True, help="What days."
)
seed_option = click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
first_option = click.option(
    "--first",
    type=CalendarDay(["%Y-%m-%d"]),
    default=str(MONDAY),
    show_default=True,
    help="The first day; closed days are left out.",
)
now_option = click.option(
    "--now",
    type=Parsed("instant", parse_clock),
    help="The hall's time, where it was served with a clock of its own; else as the clock says.",
)


def place_of(slug: str | None) -> tuple[Centre, BranchPlan]:
    centre = load_centre(operator.settings().config)
    try:
        return centre, plan_named(centre, slug)
    except UnknownBranch as error:
        raise unknown_branch(error) from None


def unknown_branch(error: UnknownBranch) -> click.BadParameter:
    return click.BadParameter(str(error), param_hint="--branch")
