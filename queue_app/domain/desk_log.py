"""How desks stood, beside a log of visits: when each was open, paused and closed, read as strictly.

A second file of the same system, with the columns `desk,state,from,until`. Its desks are those of
the log of visits; what nobody served at is not known there and left out.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from queue_app.domain.log_table import ODD, Flawed, LogFault, LogTable
from queue_app.domain.visit_log import LoggedVisit, VisitLog, desk_key

COLUMNS = ("desk", "state", "from", "until", "date")
NEEDED = ("desk", "state", "from", "until")

DeskMark = Literal["open", "paused", "closed"]
MARKS: tuple[DeskMark, ...] = get_args(DeskMark)


class LoggedState(Struct, frozen=True):
    """How a desk stood, from when until when, in UTC; `desk`: its number in the log of visits."""

    line: int
    desk: int
    state: DeskMark
    since: datetime
    until: datetime


class DeskLog(Struct, frozen=True):
    """The rows that can be true, by desk and time; what is wrong; how many were read."""

    states: Sequence[LoggedState]
    faults: Sequence[LogFault]
    rows: int

    @property
    def bad(self) -> int:
        """Rows that were left out."""
        return self.rows - len(self.states)

    @property
    def share_bad(self) -> float:
        return self.bad / self.rows if self.rows else 0.0


def read_desks(text: str, zone: ZoneInfo, log: VisitLog) -> DeskLog:
    """How the desks of this log stood, by another text.

    UnreadableLog: there is no header with the columns that are needed, or a quote is never closed.
    """
    table = LogTable(text, zone, COLUMNS, NEEDED, {})
    states: list[LoggedState] = []
    faults: list[LogFault] = []
    rows = 0
    for line, cells in table.rows():
        rows += 1
        try:
            states.append(_state(table, line, cells, log.desks))
        except Flawed as error:
            faults.append(LogFault(line, error.flaw, error.what))
            continue
        if table.hour_twice:
            faults.append(LogFault(line, "hour_twice"))
    alone, at_once = _one_at_a_time(states)
    left = {fault.line for fault in at_once}
    faults = [one for one in faults if one.flaw not in ODD or one.line not in left]
    faults += [*at_once, *_served_while_shut(alone, log.visits)]
    return DeskLog(alone, sorted(faults, key=lambda one: one.line), rows)


def _state(
    table: LogTable, line: int, cells: Sequence[str], desks: Mapping[str, int]
) -> LoggedState:
    table.check_width(cells)
    name, said = table.cell("desk", cells), table.cell("state", cells).lower()
    if not name:
        raise Flawed("desk_unnamed")
    if said not in MARKS:
        raise Flawed("state_unknown", said)
    since, until = table.instant("from", cells), table.instant("until", cells)
    if since is None or until is None:
        raise Flawed("span_open")
    if until <= since:
        raise Flawed("span_backward")
    number = desks.get(desk_key(name))
    if number is None:
        raise Flawed("served_nobody")
    return LoggedState(line, number, said, since, until)


def _one_at_a_time(states: Iterable[LoggedState]) -> tuple[list[LoggedState], list[LogFault]]:
    """By desk and time; and of two that lie one in the other, the one that began later."""
    found: list[LoggedState] = []
    faults = []
    for one in sorted(states, key=lambda one: (one.desk, one.since, one.line)):
        last = found[-1] if found else None
        if last is not None and last.desk == one.desk and one.since < last.until:
            faults.append(LogFault(one.line, "states_at_once", f"as on line {last.line}"))
        else:
            found.append(one)
    return found, faults


def _served_while_shut(
    states: Iterable[LoggedState], visits: Iterable[LoggedVisit]
) -> list[LogFault]:
    """States in which a visit begins all the same, each once."""
    by_desk = defaultdict[int, list[LoggedState]](list)
    for state in states:
        by_desk[state.desk].append(state)
    found: dict[int, LogFault] = {}
    for one in visits:
        at_desk = by_desk.get(one.desk or 0)
        if not at_desk or one.start is None:
            continue
        place = bisect_right(at_desk, one.start, key=lambda state: state.since) - 1
        state = at_desk[max(place, 0)]
        if state.since < one.start < state.until and state.state != "open":
            what = f"as on line {one.line} of the visits"
            found.setdefault(state.line, LogFault(state.line, "served_while_shut", what))
    return list(found.values())
