"""A log of visits as a centre's former system wrote it, read strictly: one reader for all who ask.

A table with a header, its columns in any order, parted by comma, semicolon or tab. Whatever is
wrong with a row is said with the number of its line, and nothing is mended: a row that cannot be
true is left out, one that is merely odd is kept, and both are counted.
"""

import csv
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

COLUMNS = ("arrival", "service", "start", "end", "left_at", "desk", "priority", "due", "called",
           "ticket", "date")  # fmt: skip
"""`date`: the day of times that are written as a clock shows them."""
NEEDED = ("arrival", "service")
_INSTANTS = ("arrival", "due", "called", "start", "end", "left_at")
SHORTEST, LONGEST = timedelta(seconds=10), timedelta(hours=2)
"""A visit that takes less or more is odd: a press by mistake, or one that was forgotten."""
_NONES = {"", "-", "null", "none", "n/a", "\\n"}
_ZEROS = re.compile(r"0|0+[:.]0+([:.]0+)?|0000-00-00.*|(1899-12-30|1900-01-0[01]|1970-01-01)\b.*")
_NO_PRIORITY = {"0", "no", "n", "false", "ні"}
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
ODD: frozenset[Flaw] = frozenset({"hour_twice", "short", "long", "desk_missing"})
"""What is said and kept."""
FLAWS: dict[Flaw, str] = {
    "columns": "another number of fields than the header has",
    "arrival_missing": "no arrival",
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


class LoggedVisit(Struct, frozen=True):
    """One row. Instants in UTC; `desk`: a number given in the order in which desks appear."""

    line: int
    arrival: datetime
    service: str
    start: datetime | None = None
    end: datetime | None = None
    left_at: datetime | None = None
    desk: int | None = None
    priority: bool = False
    due: datetime | None = None
    called: datetime | None = None
    ticket: str | None = None

    @property
    def turn(self) -> datetime | None:
        """When their number was called: as the log says, else when the visit began."""
        return self.called or self.start


class LogFault(Struct, frozen=True):
    """What is wrong with the row that begins on this line, counted from 1."""

    line: int
    flaw: Flaw
    what: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {FLAWS[self.flaw]}{f': {self.what}' if self.what else ''}"


class VisitLog(Struct, frozen=True):
    """The rows that can be true, in the order of the file; what is wrong; how many were read."""

    visits: Sequence[LoggedVisit]
    faults: Sequence[LogFault]
    rows: int

    @property
    def bad(self) -> int:
        """Rows that were left out."""
        return self.rows - len(self.visits)

    @property
    def share_bad(self) -> float:
        return self.bad / self.rows if self.rows else 0.0


class UnreadableLog(ValueError):
    """The file is no log: the message says what lacks, with the line."""


def read_log(
    text: str,
    zone: ZoneInfo,
    names: Mapping[str, str] | None = None,
    services: frozenset[str] | None = None,
) -> VisitLog:
    """The log in this text. `names`: ours to those of its header, where they differ; `services`:
    the codes that are known, None: every one is.

    UnreadableLog: there is no header with the columns that are needed, or a quote is never closed.
    """
    rows = _table(text)
    header = next(rows, None)
    if header is None:
        raise UnreadableLog("line 1: the file is empty")
    reading = _Reading(_places(header[1], names or {}), len(header[1]), zone, services)
    for line, cells in rows:
        reading.add(line, cells)
    return reading.found()


def _table(text: str) -> Iterator[tuple[int, list[str]]]:
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


def _places(header: Sequence[str], names: Mapping[str, str]) -> dict[str, int]:
    """Where each of our columns stands."""
    columns = [cell.strip().lower() for cell in header]
    found = {}
    for ours in COLUMNS:
        theirs = names.get(ours, ours).strip().lower()
        if columns.count(theirs) > 1:
            raise UnreadableLog(f"line 1: two columns are called {theirs!r}")
        if theirs in columns:
            found[ours] = columns.index(theirs)
        elif ours in names or ours in NEEDED:
            known = ", ".join(header)
            raise UnreadableLog(f"line 1: there is no column {theirs!r} for {ours}; it has {known}")
    return found


class _Flawed(Exception):
    def __init__(self, flaw: Flaw, what: str = "") -> None:
        self.flaw, self.what = flaw, what


class _Reading:
    """The rows one after the other, and what only several of them can show."""

    def __init__(
        self,
        places: Mapping[str, int],
        width: int,
        zone: ZoneInfo,
        services: frozenset[str] | None,
    ) -> None:
        self._places, self._width = places, width
        self._instants = _Instants(zone)
        self._zone = zone
        self._services = services
        self._desks: dict[str, int] = {}
        self._seen: set[tuple[object, ...]] = set()
        self._visits: list[LoggedVisit] = []
        self._faults: list[LogFault] = []
        self._rows = 0

    def add(self, line: int, cells: Sequence[str]) -> None:
        self._rows += 1
        try:
            visit = self._visit(line, cells)
            self._check(visit)
        except _Flawed as error:
            self._faults.append(LogFault(line, error.flaw, error.what))
            return
        self._visits.append(visit)
        self._remark(visit)

    def _visit(self, line: int, cells: Sequence[str]) -> LoggedVisit:
        if len(cells) != self._width:
            raise _Flawed("columns", f"{len(cells)} instead of {self._width}")
        self._instants.twice = False
        at = {name: self._instant(name, cells) for name in _INSTANTS}
        arrival, service = at["arrival"], self._cell("service", cells)
        if arrival is None:
            raise _Flawed("arrival_missing")
        if not service:
            raise _Flawed("service_missing")
        if self._services is not None and service not in self._services:
            raise _Flawed("service_unknown", service)
        desk = self._cell("desk", cells)
        return LoggedVisit(
            line, arrival, service, at["start"], at["end"], at["left_at"],
            self._desks.setdefault(desk, len(self._desks) + 1) if desk else None,
            self._cell("priority", cells).lower() not in _NO_PRIORITY | _NONES,
            at["due"], at["called"], self._cell("ticket", cells) or None,
        )  # fmt: skip

    def _cell(self, name: str, cells: Sequence[str]) -> str:
        place = self._places.get(name)
        found = "" if place is None else cells[place]
        return "" if found.lower() in _NONES else found

    def _instant(self, name: str, cells: Sequence[str]) -> datetime | None:
        found = self._cell(name, cells)
        if not found:
            return None
        if _ZEROS.fullmatch(found) and not (self._cell("date", cells) and ":" in found):
            raise _Flawed("zero_for_none", f"{name} {found}")
        return self._instants.read(found, self._cell("date", cells), name)

    def _check(self, one: LoggedVisit) -> None:
        """What cannot be true of a row by itself, and whether it was there before."""
        _in_order(one)
        _has_a_fate(one)
        if one.due is not None and self._day(one.due) != self._day(one.arrival):
            raise _Flawed("due_on_another_day")
        same = (one.arrival, one.service, one.start, one.end, one.left_at, one.desk, one.ticket)
        if same in self._seen and (one.ticket or one.desk):
            raise _Flawed("duplicate")
        self._seen.add(same)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _remark(self, one: LoggedVisit) -> None:
        if self._instants.twice:
            self._faults.append(LogFault(one.line, "hour_twice"))
        if one.start and one.desk is None and "desk" in self._places:
            self._faults.append(LogFault(one.line, "desk_missing"))
        if one.start and one.end:
            took = one.end - one.start
            if took < SHORTEST:
                self._faults.append(LogFault(one.line, "short", f"{took.total_seconds():.0f} s"))
            elif took > LONGEST:
                self._faults.append(LogFault(one.line, "long", f"{took / LONGEST * 2:.1f} h"))

    def found(self) -> VisitLog:
        twice = _at_two_desks(self._visits)
        faults = [*self._faults, *twice]
        bad = {fault.line for fault in twice}
        visits = [one for one in self._visits if one.line not in bad]
        faults = [one for one in faults if one.flaw not in ODD or one.line not in bad]
        return VisitLog(_renumbered(visits), sorted(faults, key=lambda one: one.line), self._rows)


def _in_order(one: LoggedVisit) -> None:
    """A time that lies most of a day before the one before it is a clock gone round midnight."""
    for flaw, before, after in (
        ("start_before_arrival", one.arrival, one.start),
        ("end_before_start", one.start, one.end),
        ("called_before_arrival", one.arrival, one.called),
        ("left_before_arrival", one.arrival, one.left_at),
        ("called_after_start", one.called, one.start),
    ):
        if before and after and after < before:
            round_midnight = before - after > timedelta(hours=12)
            raise _Flawed("round_midnight" if round_midnight else flaw)  # type: ignore[arg-type]


def _has_a_fate(one: LoggedVisit) -> None:
    if one.start and one.left_at and one.left_at < (one.end or one.left_at):
        raise _Flawed("left_and_served")
    if one.end and not one.start:
        raise _Flawed("end_without_start")
    if one.start and not one.end:
        raise _Flawed("start_without_end")
    if one.called and not one.start and not one.left_at:
        raise _Flawed("called_without_start")
    if not one.start and not one.left_at:
        raise _Flawed("no_fate")


def _at_two_desks(visits: Iterable[LoggedVisit]) -> list[LogFault]:
    """Of two visits at one desk that lie one in the other, the one that began later."""
    by_desk = defaultdict[int, list[LoggedVisit]](list)
    for one in visits:
        if one.desk is not None and one.start:
            by_desk[one.desk].append(one)
    found = []
    for at_desk in by_desk.values():
        until, line = None, 0
        for one in sorted(at_desk, key=lambda one: (one.start or one.arrival, one.line)):
            begins, ends = one.start, one.end
            if begins is None or ends is None:
                continue
            if until is not None and begins < until:
                found.append(LogFault(one.line, "desk_twice", f"as on line {line}"))
                continue
            until, line = ends, one.line
    return found


def _renumbered(visits: Sequence[LoggedVisit]) -> list[LoggedVisit]:
    """Desks count from 1 in the order in which rows that can be true name them."""
    numbers: dict[int, int] = {}
    return [
        one
        if one.desk is None
        else replace(one, desk=numbers.setdefault(one.desk, len(numbers) + 1))
        for one in visits
    ]


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
            raise _Flawed("time_unreadable", f"{name} {text}") from None
        if local.tzinfo is not None:
            return local.astimezone(UTC)
        at = local.replace(tzinfo=self._zone)
        instant = at.astimezone(UTC)
        if instant.astimezone(self._zone).replace(tzinfo=None) != local:
            raise _Flawed("skipped_hour", f"{name} {text}")
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


DeskMark = Literal["open", "paused", "closed"]


class LoggedState(Struct, frozen=True):
    """How a desk stood, from when until when; `desk` by the name in its own file."""

    line: int
    desk: str
    state: DeskMark
    since: datetime
    until: datetime


def flaw_counts(log: VisitLog) -> list[tuple[Flaw, int, float, list[int]]]:
    """Each kind of mistake: how many rows, their share, the first lines; the commonest first."""
    by_flaw = defaultdict[Flaw, list[int]](list)
    for one in log.faults:
        by_flaw[one.flaw].append(one.line)
    return [
        (flaw, len(lines), len(lines) / max(1, log.rows), lines[:5])
        for flaw, lines in sorted(by_flaw.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]


def minutes_between(since: datetime, until: datetime) -> float:
    """Signed; infinite for none."""
    return (until - since) / timedelta(minutes=1) if until else math.inf
