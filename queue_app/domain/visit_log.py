"""A log of visits as a centre's former system wrote it, read strictly: one reader for all who ask.

Whatever is wrong with a row is said with the number of its line, and nothing is mended: a row that
cannot be true is left out, one that is merely odd is kept, and both are counted.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain.log_table import NONES, ODD, Flawed, LogFault, LogTable

COLUMNS = ("arrival", "service", "start", "end", "left_at", "desk", "priority", "due", "called",
           "ticket", "date")  # fmt: skip
"""`date`: the day of times that are written as a clock shows them."""
NEEDED = ("arrival", "service")
_INSTANTS = ("arrival", "due", "called", "start", "end", "left_at")
SHORTEST, LONGEST = timedelta(seconds=10), timedelta(hours=2)
"""A visit that takes less or more is odd: a press by mistake, or one that was forgotten."""
_NO_PRIORITY = {"0", "no", "n", "false", "ні"}


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


class LoggedAbsence(Struct, frozen=True):
    """A row of somebody who was booked and did not come."""

    line: int
    service: str
    due: datetime
    ticket: str | None = None


class VisitLog(Struct, frozen=True):
    """The rows that can be true, in the order of the file; what is wrong; how many were read.

    `desks`: the numbers of the desks by what their names are known by (`desk_key`); `absences`:
    bookings to which nobody came.
    """

    visits: Sequence[LoggedVisit]
    faults: Sequence[LogFault]
    rows: int
    desks: Mapping[str, int] = {}
    absences: Sequence[LoggedAbsence] = ()

    @property
    def bad(self) -> int:
        """Rows that were left out."""
        return self.rows - len(self.visits) - len(self.absences)

    @property
    def share_bad(self) -> float:
        return self.bad / self.rows if self.rows else 0.0


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
    table = LogTable(text, zone, COLUMNS, NEEDED, names or {})
    reading = _Reading(table, zone, services)
    for line, cells in table.rows():
        reading.add(line, cells)
    return reading.found()


def desk_key(name: str) -> str:
    """What a desk is known by in two files: nobody's name can be read out of it."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


class _Reading:
    """The rows one after the other, and what only several of them can show."""

    def __init__(self, table: LogTable, zone: ZoneInfo, services: frozenset[str] | None) -> None:
        self._table, self._zone, self._services = table, zone, services
        self._desks: dict[str, int] = {}
        self._seen: set[tuple[object, ...]] = set()
        self._visits: list[LoggedVisit] = []
        self._absences: list[LoggedAbsence] = []
        self._faults: list[LogFault] = []
        self._rows = 0

    def add(self, line: int, cells: Sequence[str]) -> None:
        self._rows += 1
        try:
            self._table.check_width(cells)
            at = {name: self._table.instant(name, cells) for name in _INSTANTS}
            service, ticket = self._service(cells), self._table.cell("ticket", cells) or None
            if at["due"] and not any(at[name] for name in _INSTANTS if name != "due"):
                self._absences.append(LoggedAbsence(line, service, at["due"], ticket))
                return
            visit = self._visit(line, cells, at, service)
            self._check(visit)
        except Flawed as error:
            self._faults.append(LogFault(line, error.flaw, error.what))
            return
        self._visits.append(visit)
        self._remark(visit)

    def _service(self, cells: Sequence[str]) -> str:
        service = self._table.cell("service", cells)
        if not service:
            raise Flawed("service_missing")
        if self._services is not None and service not in self._services:
            raise Flawed("service_unknown", service)
        return service

    def _visit(
        self, line: int, cells: Sequence[str], at: Mapping[str, datetime | None], service: str
    ) -> LoggedVisit:
        arrival = at["arrival"]
        if arrival is None:
            raise Flawed("arrival_missing")
        desk = self._table.cell("desk", cells)
        return LoggedVisit(
            line, arrival, service, at["start"], at["end"], at["left_at"],
            self._desks.setdefault(desk_key(desk), len(self._desks) + 1) if desk else None,
            self._table.cell("priority", cells).lower() not in _NO_PRIORITY | NONES,
            at["due"], at["called"], self._table.cell("ticket", cells) or None,
        )  # fmt: skip

    def _check(self, one: LoggedVisit) -> None:
        """What cannot be true of a row by itself, and whether it was there before."""
        _in_order(one)
        _has_a_fate(one)
        if one.due is not None and self._day(one.due) != self._day(one.arrival):
            raise Flawed("due_on_another_day")
        same = (one.arrival, one.service, one.start, one.end, one.left_at, one.desk, one.ticket)
        if same in self._seen and (one.ticket or one.desk):
            raise Flawed("duplicate")
        self._seen.add(same)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _remark(self, one: LoggedVisit) -> None:
        if self._table.hour_twice:
            self._faults.append(LogFault(one.line, "hour_twice"))
        if one.start and one.desk is None and "desk" in self._table:
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
        numbers = _renumbered(visits)
        return VisitLog(
            visits=[_at_desk(one, numbers) for one in visits],
            faults=sorted(faults, key=lambda one: one.line),
            rows=self._rows,
            desks={key: numbers[desk] for key, desk in self._desks.items() if desk in numbers},
            absences=self._absences,
        )


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
            raise Flawed("round_midnight" if round_midnight else flaw)  # type: ignore[arg-type]


def _has_a_fate(one: LoggedVisit) -> None:
    if one.start and one.left_at and one.left_at < (one.end or one.left_at):
        raise Flawed("left_and_served")
    if one.end and not one.start:
        raise Flawed("end_without_start")
    if one.start and not one.end:
        raise Flawed("start_without_end")
    if one.called and not one.start and not one.left_at:
        raise Flawed("called_without_start")
    if not one.start and not one.left_at:
        raise Flawed("no_fate")


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


def _renumbered(visits: Iterable[LoggedVisit]) -> dict[int, int]:
    """Desks count from 1 in the order in which rows that can be true name them."""
    numbers: dict[int, int] = {}
    for one in visits:
        if one.desk is not None:
            numbers.setdefault(one.desk, len(numbers) + 1)
    return numbers


def _at_desk(one: LoggedVisit, numbers: Mapping[int, int]) -> LoggedVisit:
    return one if one.desk is None else replace(one, desk=numbers[one.desk])
