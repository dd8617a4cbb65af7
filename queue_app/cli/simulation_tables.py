"""What the commands of `simulate` print: figures in columns, and what they were made from."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from queue_app.cli.operator import counted
from queue_app.domain.centre import BranchPlan
from queue_app.domain.demand import DAYS_WEIGHT
from queue_app.domain.directory import Directory
from queue_app.domain.hours import bounds
from queue_app.queries import accuracy as promises
from queue_app.simulation.compare import Comparison, Interval
from queue_app.simulation.estimates import EstimateAccuracy
from queue_app.simulation.foreseen import MEMORY, Foreseen
from queue_app.simulation.kept_figures import Parts
from queue_app.simulation.replay_figures import RangeFigures, farthest
from queue_app.simulation.roster_search import Quarter, QuarterWaits, Target
from queue_app.simulation.run import FIGURES
from queue_app.simulation.staffed_day import StaffedDay
from queue_app.simulation.synthetic_branch import TITLES, DayKind
from queue_app.texts.formats import stamp


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


def accuracy_table(found: Sequence[tuple[BranchPlan, EstimateAccuracy]], branches: int) -> str:
    """A row for each kind of day, or each phase of a kind with an interruption, by branch.

    `range`: how wide; `error`: mean absolute, ours and theirs.
    """
    head = ["days", *(title for title, _ in _ACCURACY)]
    rows = (
        [
            f"{place.slug}, {days_title(one)}" if branches > 1 else days_title(one),
            *(form.format(one) for _, form in _ACCURACY),
        ]
        for place, one in found
    )
    return columns([head, *rows])


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


_FIGURES: tuple[tuple[str, Callable[[RangeFigures], str]], ...] = (
    ("ranges", lambda one: str(one.count)),
    ("in range %", lambda one: f"{100 * one.held:.1f}"),
    ("", lambda one: f"±{100 * one.half:.1f}"),
    ("width", lambda one: f"{one.width:.2f}"),
    ("score", lambda one: f"{one.score:.2f}"),
    ("median error", lambda one: f"{one.median_error:.2f}"),
    ("error", lambda one: f"{one.mean_error:.2f}"),
    ("sooner %", lambda one: f"{100 * one.below:.1f}"),
    ("later %", lambda one: f"{100 * one.above:.1f}"),
)


def range_table(title: str, rows: Sequence[tuple[str, RangeFigures]]) -> str:
    """A row for each class."""
    return columns(
        [
            [title, *(name for name, _ in _FIGURES)],
            *([name, *(cell(one) for _, cell in _FIGURES)] for name, one in rows),
        ]
    )


def kept_part_tables(found: Mapping[str, Parts]) -> list[str]:
    """Of those given with tickets, the tables of a replay for each branch, and what is worst."""
    lines = []
    for branch, parts in found.items():
        (_, whole), *classes = parts
        lines.append(f"{branch}, given with tickets and called:")
        lines += [range_table(title, rows) for title, rows in (("", whole), *classes) if rows]
        lines.append(farthest(classes))
    return lines


def days_title(one: EstimateAccuracy) -> str:
    return TITLES[one.kind] if one.phase is None else f"{TITLES[one.kind]}, {one.phase}"


def by_records(
    staffed: StaffedDay, day: date, target: Target, now: datetime, source: str
) -> list[str]:
    """The first lines of a proposal that was made from records, as seen at `now`."""
    assert staffed.foreseen
    assert staffed.directory
    known = f"seen from {local_text(staffed.directory, now)} ({source})"
    return [
        f"{staffed.slug}, {day:%A %d %B %Y}, {known}: {promise_text(target)}.",
        *made_from(staffed.foreseen, day),
    ]


def local_text(directory: Directory, instant: datetime) -> str:
    return stamp(instant, directory.zone)


def by_kind(
    staffed: StaffedDay, day: date, target: Target, kind: DayKind | None, seed: int, data: Path
) -> list[str]:
    """The first lines of a proposal for a synthetic day; `kind` None: for want of a database."""
    title = TITLES[kind or "rush"]
    lines = [f"{staffed.slug}, {day:%A %d %B %Y}, {title}, seed {seed}: {promise_text(target)}."]
    if kind is None:
        lines.append(f"There is no database in {data}: this is a synthetic day, not a forecast.")
    return lines


def closing_line(staffed: StaffedDay) -> str:
    """Rows without arrivals are not rows without work."""
    closes = bounds(staffed.periods[-1])[1]
    return (
        f"The kiosk issues its last ticket at {_wall(closes - staffed.rules.last_ticket_minutes)};"
        f" the rows after that show who stays until {_wall(closes)} for whoever is still inside."
    )


def _wall(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def promise_text(target: Target) -> str:
    return f"{100 * target.share:.0f} % within {target.minutes:.0f} min"


def made_from(found: Foreseen, day: date) -> list[str]:
    """What the demand of that day was made from, and what was assumed."""
    basis, learned, weekday = found.basis, found.learned, f"{day:%A}"
    made = (
        f"Made from {counted(found.bookings, 'booking')} as recorded, "
        f"{counted(basis.same, weekday)} and {counted(basis.others, 'other day')} of history: "
        f"the {MEMORY.days} days before {found.until}."
    )
    same, others, usual = (f"{100 * share:.0f} %" for share in basis.shares)
    walk_ins = (
        f"Walk-ins: {same} by the {weekday}s, {others} by the other days, "
        f"{usual} by the usual profile of {found.usual:.0f} an hour."
    )
    visits = (
        f"Visits: times learned of {counted(len(learned.times), 'service')}, else as published; "
        f"{100 * learned.habits.comes:.0f} % of bookings come, "
        f"change-over {learned.habits.change_over:.1f} min, "
        f"{'as learned' if learned.times else 'as assumed: nothing was learned yet'}."
    )
    lines = [made, walk_ins, visits]
    if basis.same < DAYS_WEIGHT:
        lines.insert(1, f"Too little history of {weekday}s: most of this is assumed, as follows.")
    if found.left_out:
        lines.append(f"Left out, as no desk offers it now: {counted(found.left_out, 'visit')}.")
    return lines


def staffing_table(staffed: StaffedDay) -> str:
    """Desks by number; 3x2 is three desks with the skills of desk 2. Hours are those of the rows,
    which go on to closing."""
    quarters, numbers = staffed.quarters, staffed.numbers
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


def _shown(waits: QuarterWaits | None) -> tuple[str, str]:
    return (f"{100 * waits.within:.0f}", f"{waits.mean:.1f}") if waits else ("", "")
