"""`queue-app simulate replay`: a log of visits played through the estimates as if it were live."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click
import msgspec

from queue_app.cli.operator import counted
from queue_app.cli.simulation_tables import range_table
from queue_app.domain.desk_log import DeskLog, LoggedState, read_desks
from queue_app.domain.log_table import UnreadableLog, flaw_counts
from queue_app.domain.visit_log import COLUMNS, VisitLog, read_log
from queue_app.simulation.logged_day import days_of
from queue_app.simulation.replay import Assumed, Replay, Replayed
from queue_app.simulation.replay_figures import (
    RangeFigures,
    by_class,
    corrected,
    of,
    wrong_most,
)
from queue_app.simulation.rivals import RIVALS, TITLES, RivalName

MOST_BAD = 0.05
"""Of the rows; more are refused, unless asked otherwise."""
TOO_FEW_HELD = 0.7
"""With a smaller share in range the command fails."""


T = TypeVar("T")


class RivalNames(click.ParamType[object]):
    name = "names"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[RivalName, ...]:
        names = [name.strip() for name in str(value).split(",") if name.strip()]
        known = {str(name): name for name in RIVALS}
        unknown = [name for name in names if name not in known]
        if unknown:
            self.fail(f"{', '.join(unknown)}: there are {', '.join(RIVALS)}", param, ctx)
        return tuple(dict.fromkeys(known[name] for name in names))


def named_columns(values: Sequence[str]) -> dict[str, str]:
    """From NAME=COLUMN, each."""
    found = {}
    for value in values:
        ours, equals, theirs = value.partition("=")
        if not equals or ours not in COLUMNS or not theirs:
            raise click.BadParameter(
                f"{value!r}: NAME=COLUMN, where NAME is one of {', '.join(COLUMNS)}",
                param_hint="--map",
            )
        found[ours] = theirs
    return found


def read_files(
    file: Path,
    desk_file: Path | None,
    names: dict[str, str],
    zone: ZoneInfo,
    lenient: bool,
    say: Callable[[str], object],
) -> tuple[VisitLog, Sequence[LoggedState]]:
    """The log in this file, and how its desks stood; what is wrong with the rows is said.

    The command fails where a file is no log, or too many of its rows cannot be true.
    """
    log = _read(file, partial(read_log, zone=zone, names=names))
    _weigh(file, log, lenient, say)
    if desk_file is None:
        return log, ()
    desks = _read(desk_file, partial(read_desks, zone=zone, log=log))
    _weigh(desk_file, desks, lenient, say)
    return log, desks.states


def _read(file: Path, reading: Callable[[str], T]) -> T:
    try:
        return reading(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise click.ClickException(f"{file}, line {line}: this is not UTF-8") from None
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    except UnreadableLog as error:
        raise click.ClickException(f"{file}, {error}") from None


def _weigh(
    file: Path, log: VisitLog | DeskLog, lenient: bool, say: Callable[[str], object]
) -> None:
    say(f"{file.name}: {counted(log.rows, 'row')}.")
    for one in flaw_counts(log.faults, log.rows):
        say(
            f"{counted(one.count, 'row')} ({100 * one.share:.1f} %): {one.said};"
            f" line{'s' if one.count > 1 else ''} {', '.join(map(str, one.lines))}"
            f"{' …' if one.count > len(one.lines) else ''}"
        )
    if log.share_bad > MOST_BAD and not lenient:
        raise click.ClickException(
            f"{log.bad} of {log.rows} rows of {file.name} cannot be true, over"
            f" {100 * MOST_BAD:.0f} %; --lenient leaves them out"
        )


desks_option = click.option(
    "--desks",
    "desk_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rows of desk,state,from,until: when desks were open, paused and closed.",
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--learn-days", type=click.IntRange(0, 365), default=14, show_default=True,
              help="The first days, which only teach.")  # fmt: skip
@click.option("--against", type=RivalNames(), default=",".join(RIVALS), show_default=True,
              help="Which other estimates to play beside it.")  # fmt: skip
@click.option("--scale", type=click.FloatRange(0.01, 100), default=1.0, show_default=True,
              help="Minutes for each minute of the log.")  # fmt: skip
@click.option("--map", "names", multiple=True, metavar="NAME=COLUMN",
              help="What a column is called there.")  # fmt: skip
@desks_option
@click.option("--timezone", type=ZoneInfo, default="UTC", show_default=True,
              help="Of times that say none.")  # fmt: skip
@click.option("--pressed", type=click.FloatRange(0, 100), default=100.0, show_default=True,
              help="The share of pauses in % that clerks say by a press of a button.")  # fmt: skip
@click.option("--runs", type=click.IntRange(10, 1000), default=60, show_default=True,
              help="Of the branch run forward, for each range.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--lenient", is_flag=True, help="Also with many rows that cannot be true.")
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON.")
def replay(
    file: Path,
    learn_days: int,
    against: tuple[RivalName, ...],
    scale: float,
    names: tuple[str, ...],
    desk_file: Path | None,
    timezone: ZoneInfo,
    pressed: float,
    runs: int,
    seed: int,
    lenient: bool,
    as_json: bool,
) -> None:
    """Play a log of visits through the estimates as if it were live: what would have been told.

    Needs no database and no server. FILE has a header and the columns `arrival` and `service`, and
    for those who were served `start`, `end` and `desk`, for those who left `left_at`. Exits with 3
    where fewer than 70 % of the ranges held.
    """
    say = _silent if as_json else click.echo
    log, states = read_files(file, desk_file, named_columns(names), timezone, lenient, say)
    days = days_of(log.visits, timezone, scale, pressed / 100, seed, states)
    if len(days) <= learn_days:
        raise click.ClickException(
            f"the log has {counted(len(days), 'day')}: --learn-days {learn_days} leaves none to try"
        )
    found = Replay(days, scale, against, runs).run(learn_days)
    if not found.told:
        raise click.ClickException("nobody had to wait on those days: nothing was told")
    click.echo(_json(found, scale) if as_json else _report(found, learn_days, scale, bool(states)))
    if of(found.told, corrected).held < TOO_FEW_HELD:
        raise click.exceptions.Exit(3)


def _silent(line: str) -> None:
    """What is read by a program is figures alone."""


def _rows(found: Replayed) -> list[tuple[str, RangeFigures]]:
    told = found.told
    rows = [
        ("as shown, whole minutes", of(told, lambda one: one.shown)),
        ("before rounding", of(told, corrected)),
        ("before correction", of(told, lambda one: one.raw)),
    ]
    rows += [
        (TITLES[name], of(told, lambda one, name=name: one.rivals[name]))  # type: ignore[misc]
        for name in told[0].rivals
    ]
    if found.first_day:
        rows.append(("the first day of the log", of(found.first_day, corrected)))
    return rows


def _report(found: Replayed, learn_days: int, scale: float, desks_told: bool) -> str:
    days = len({one.day for one in found.told})
    head = (
        f"{counted(days, 'day')} after {learn_days} that only teach; minutes unless %, "
        f"{scale:g} for each of the log. Told nothing: {found.at_once} whom a desk took at once, "
        f"{found.silent} whom no desk would call, {found.left} who left."
    )
    parts = by_class(found.told, scale)
    lines = [
        head,
        range_table("", _rows(found)),
        *(range_table(title, part) for title, part in parts),
        _assumptions(found.assumed, scale, desks_told),
        wrong_most(found.told, found.assumed, scale),
    ]
    return "\n".join(lines)


def _assumptions(one: Assumed, scale: float, desks_told: bool) -> str:
    where = "a desk of which no row of --desks speaks" if desks_told else "it"
    return (
        "Assumed, as the log does not say: a desk gives whatever it was ever seen to give;"
        f" {where} is there from its first visit of a day to its last, and pauses where it serves"
        f" nobody for over ten minutes though somebody waits for it; pauses: {one.pauses}, median"
        f" {one.pause_median:.0f} minutes; every service is published with"
        f" {one.published:.1f} minutes; whoever has priority goes before those who came up to"
        f" {one.head_start / scale:g} minutes of the log before them; the branch knows at once who"
        " leaves."
    )


class _Part(msgspec.Struct, frozen=True):
    title: str
    rows: dict[str, RangeFigures]


def _json(found: Replayed, scale: float) -> str:
    parts = [_Part(title, dict(part)) for title, part in by_class(found.told, scale)]
    document = {
        "rows": dict(_rows(found)),
        "parts": parts,
        "assumed": found.assumed,
        "told_nothing": {"at_once": found.at_once, "silent": found.silent, "left": found.left},
        "wrong_most": wrong_most(found.told, found.assumed, scale),
    }
    return msgspec.json.format(msgspec.json.encode(document)).decode()
