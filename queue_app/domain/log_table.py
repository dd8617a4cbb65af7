"""A table as a former system wrote it, read strictly: its columns, its times, and what is wrong.

A header, its columns in any order, parted by comma, semicolon or tab. Whatever is wrong with a row
is said with the number of its line, and nothing is mended.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

NONES = {"", "-", "null", "none", "n/a", "\\n"}
_ZEROS = re.compile(r"0|0+[:.]0+([:.]0+)?|0000-00-00.*|(1899-12-30|1900-01-0[01]|1970-01-01)\b.*")
_ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}([T ].+)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[T ,]+(\S+))?")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?")

Flaw = Literal[
    "columns", "arrival_missing", "service_missing", "time_unreadable", "zero_for_none",
    "skipped_hour", "end_before_start", "start_before_arrival", "called_before_arrival",
    "called_after_start", "left_before_arrival", "left_and_served", "round_midnight",
    "end_without_start", "start_without_end", "called_without_start", "no_fate", "desk_missing",
    "desk_twice", "duplicate", "due_on_another_day", "service_unknown",
    "hour_twice", "short", "long",
]  # fmt: skip
DeskFlaw = Literal[
    "columns", "time_unreadable", "zero_for_none", "skipped_hour", "hour_twice", "desk_unnamed",
    "state_unknown", "span_open", "span_backward", "states_at_once", "served_nobody",
    "served_while_shut",
]  # fmt: skip
ODD: frozenset[Flaw | DeskFlaw] = frozenset(
    {"hour_twice", "short", "long", "desk_missing", "served_while_shut"}
)
"""What is said and kept."""
FLAWS: dict[Flaw, str] = {
    "columns": "another number of fields than the header has",
    "arrival_missing": "no arrival, where no booking was missed",
    "service_missing": "no service",
    "time_unreadable": "a time that cannot be read",
    "zero_for_none": "a zero where there was no time",
    "skipped_hour": "a time that the change of clocks left out",
    "end_before_start": "the visit ends before it starts",
    "start_before_arrival": "the visit starts before the arrival",
    "called_before_arrival": "called before the arrival",
    "called_after_start": "called after the start",
    "left_before_arrival": "left before the arrival",
    "left_and_served": "left, and served all the same",
    "round_midnight": "a clock gone round midnight",
    "end_without_start": "an end without a start",
    "start_without_end": "a start without an end",
    "called_without_start": "called, and neither served nor left",
    "no_fate": "neither called nor served nor left",
    "desk_missing": "served at no desk that is named",
    "desk_twice": "one desk in two visits at once",
    "duplicate": "the same row again",
    "due_on_another_day": "booked for another day",
    "service_unknown": "a service that the centre does not know",
    "hour_twice": "a time that the change of clocks brought twice: the first is taken",
    "short": "a visit of less than ten seconds",
    "long": "a visit of over two hours",
}
DESK_FLAWS: dict[DeskFlaw, str] = {
    "columns": FLAWS["columns"],
    "time_unreadable": FLAWS["time_unreadable"],
    "zero_for_none": FLAWS["zero_for_none"],
    "skipped_hour": FLAWS["skipped_hour"],
    "hour_twice": FLAWS["hour_twice"],
    "desk_unnamed": "no desk",
    "state_unknown": "a state other than open, paused or closed",
    "span_open": "from no time, or until none",
    "span_backward": "until before from",
    "states_at_once": "one desk in two states at once",
    "served_nobody": "a desk that the log of visits does not name",
    "served_while_shut": "a visit that begins while the desk is said to be paused or closed",
}
"""Of the file that says how desks stood."""
_SAID: dict[str, str] = dict([*FLAWS.items(), *DESK_FLAWS.items()])


class LogFault(Struct, frozen=True):
    """What is wrong with the row that begins on this line, counted from 1."""

    line: int
    flaw: Flaw | DeskFlaw
    what: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {_SAID[self.flaw]}{f': {self.what}' if self.what else ''}"


class FlawCount(Struct, frozen=True):
    """How many rows of a file have one kind of mistake, which share of all that is, and the lines
    of the first ones."""

    said: str
    count: int
    share: float
    lines: list[int]


def flaw_counts(faults: Sequence[LogFault], rows: int) -> list[FlawCount]:
    """Each kind of mistake in so many rows, the commonest first."""
    by_flaw = defaultdict[Flaw | DeskFlaw, list[int]](list)
    for one in faults:
        by_flaw[one.flaw].append(one.line)
    return [
        FlawCount(_SAID[flaw], len(lines), len(lines) / max(1, rows), lines[:5])
        for flaw, lines in sorted(by_flaw.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]


class UnreadableLog(ValueError):
    """The file is no log: the message says what lacks, with the line."""


class Flawed(Exception):
    """A row that cannot be true."""

    def __init__(self, flaw: Flaw | DeskFlaw, what: str = "") -> None:
        self.flaw, self.what = flaw, what


class LogTable:
    """The rows of a table, the columns of each by our names."""

    def __init__(
        self,
        text: str,
        zone: ZoneInfo,
        columns: Sequence[str],
        needed: Sequence[str],
        names: Mapping[str, str],
    ) -> None:
        """`names`: our names of columns to those of its header, where they differ.

        UnreadableLog: the header lacks a column that is `needed`, or one that was named.
        """
        self._rows = _rows(text)
        header = next(self._rows, None)
        if header is None:
            raise UnreadableLog("line 1: the file is empty")
        self._places = _places(header[1], columns, needed, names)
        self._width = len(header[1])
        self._instants = _Instants(zone)

    def __contains__(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._places

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each with the line on which it begins. UnreadableLog: a quote is never closed."""
        for row in self._rows:
            self._instants.twice = False
            yield row

    @property
    def hour_twice(self) -> bool:
        """Whether a clock showed a time of this row twice."""
        return self._instants.twice

    def check_width(self, cells: Sequence[str]) -> None:
        """Flawed: it has another number of fields than the header."""
        if len(cells) != self._width:
            raise Flawed("columns", f"{len(cells)} instead of {self._width}")

    def cell(self, name: str, cells: Sequence[str]) -> str:
        """What this column says; nothing where it says that there is none."""
        place = self._places.get(name)
        found = "" if place is None else cells[place]
        return "" if found.lower() in NONES else found

    def instant(self, name: str, cells: Sequence[str]) -> datetime | None:
        """What this column says, in UTC. Flawed: no time that there was."""
        found = self.cell(name, cells)
        if not found:
            return None
        day = self.cell("date", cells)
        if _ZEROS.fullmatch(found) and not (day and ":" in found):
            raise Flawed("zero_for_none", f"{name} {found}")
        return self._instants.read(found, day, name)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line on which it begins."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    reader = csv.reader(lines, delimiter=max(",;\t", key=first.count), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableLog(f"line {line}: {error}") from None


def _places(
    header: Sequence[str], columns: Sequence[str], needed: Sequence[str], names: Mapping[str, str]
) -> dict[str, int]:
    """Where each of our columns stands."""
    there = [cell.strip().lower() for cell in header]
    found = {}
    for ours in columns:
        theirs = names.get(ours, ours).strip().lower()
        if there.count(theirs) > 1:
            raise UnreadableLog(f"line 1: two columns are called {theirs!r}")
        if theirs in there:
            found[ours] = there.index(theirs)
        elif ours in names or ours in needed:
            known = ", ".join(header)
            raise UnreadableLog(f"line 1: there is no column {theirs!r} for {ours}; it has {known}")
    return found


class _Instants:
    """Reads times; `twice` is set where a clock showed one of them twice."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self.twice = False

    def read(self, text: str, day: str, name: str) -> datetime:
        """ISO 8601, or a date and what the clock showed; with `day` the clock alone."""
        try:
            local = self._local(text, day)
        except ValueError:
            raise Flawed("time_unreadable", f"{name} {text}") from None
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        at = local.replace(tzinfo=self._zone)
        instant = at.astimezone(UTC)
        if instant.astimezone(self._zone).replace(tzinfo=None) != local:
            raise Flawed("skipped_hour", f"{name} {text}")
        if at.utcoffset() != at.replace(fold=1).utcoffset():
            self.twice = True
        return instant

    def _local(self, text: str, day: str) -> datetime:
        if clock := _CLOCK.fullmatch(text):
            if not day:
                raise ValueError
            return datetime.combine(_date(day), _clock(clock))
        if dotted := _DOTTED.fullmatch(text):
            found, hours = _date(text.replace(dotted[4] or "", "")), dotted[4]
            clock = _CLOCK.fullmatch(hours or "")
            if clock is None:
                raise ValueError
            return datetime.combine(found, _clock(clock))
        if not _ISO.fullmatch(text) or len(text) <= len("2026-11-23"):
            raise ValueError
        return datetime.fromisoformat(text)


def _date(text: str) -> date:
    if dotted := _DOTTED.fullmatch(text.strip(" ,T")):
        return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    return date.fromisoformat(text)


def _clock(found: re.Match[str]) -> time:
    return time(int(found[1]), int(found[2]), int(found[3] or 0))
