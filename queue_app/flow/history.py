"""Days that are over, written to the tables as the verbs would have: what a branch learns from.

For databases that hold no real person: whoever writes here has invented the visits.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from queue_app.domain import numbering
from queue_app.domain.directory import Branch, Directory
from queue_app.store import db

APPOINTMENT = ["branch_id", "id", "lane_id", "token", "code", "channel", "services", "period",
                "state", "language", "created_at", "changed_at", "revision",
                "checked_in_at"]  # fmt: skip
APPOINTMENT_EVENT = ["branch_id", "appointment_id", "seq", "at", "verb", "actor", "data"]
TICKET = ["branch_id", "id", "day", "number", "token", "channel", "priority", "language",
           "appointment_id", "due_at", "issued_at", "revision", "state", "services", "queued_at",
           "desk_id", "called_at", "calls", "started_at", "ended_at"]  # fmt: skip
EVENT = ["branch_id", "ticket_id", "seq", "at", "verb", "actor", "desk_id", "data"]
COUNTER = ["branch_id", "day", "prefix", "last"]


class WrittenBooking(Struct, frozen=True):
    """A booking of a visit in this lane. `state`: "booked", "fulfilled" or "missed"."""

    person: int
    lane_id: int
    services: tuple[str, ...]
    begins: datetime
    ends: datetime
    state: str


class WrittenVisit(Struct, frozen=True):
    """A visit, called once. `due_at`: where its `person` had a booking; `started_at` None: a
    no-show."""

    person: int
    services: tuple[str, ...]
    priority: str | None
    due_at: datetime | None
    issued_at: datetime
    desk_id: int
    called_at: datetime
    started_at: datetime | None
    ended_at: datetime


class WrittenDay(Struct, frozen=True):
    """A local day of a branch; visits in the order of their numbers."""

    day: date
    bookings: Sequence[WrittenBooking]
    visits: Sequence[WrittenVisit] = ()


async def write(directory: Directory, branch: Branch, days: Sequence[WrittenDay]) -> None:
    """Every booking and every visit of these days, with the events that lead to their rows."""

    async def work() -> None:
        rows = HistoryRows(directory, branch, await _next_id(branch))
        for one in days:
            rows.add_day(one)
        await rows.copy()

    await db.transact(work)


async def _next_id(branch: Branch) -> int:
    return int(
        await db.fetch_value(
            "SELECT greatest((SELECT max(id) FROM ticket WHERE branch_id = $1),"
            " (SELECT max(id) FROM appointment WHERE branch_id = $1), 0) + 1",
            branch.id,
        )
    )


class HistoryRows:
    """Rows for COPY, table by table."""

    def __init__(self, directory: Directory, branch: Branch, first: int) -> None:
        self.directory, self.branch, self.id = directory, branch, first
        self.language = directory.languages[0]
        self.bookings: dict[int, WrittenBooking] = {}
        self.came: dict[int, datetime] = {}
        """By the id of an appointment, when its holder checked in."""
        self.tickets: list[tuple[Any, ...]] = []
        self.events: list[tuple[Any, ...]] = []
        self.counters: list[tuple[Any, ...]] = []

    def add_day(self, day: WrittenDay) -> None:
        booked = {one.person: self._booking(one) for one in day.bookings}
        counts = Counter[str]()
        for one in day.visits:
            series = numbering.prefix(self.directory.rules, one.due_at is not None, one.priority)
            counts[series] += 1
            number = numbering.number(series, counts[series])
            self._visit(day.day, one, number, booked.get(one.person))
        self.counters += [(self.branch.id, day.day, *pair) for pair in counts.items()]

    def _booking(self, one: WrittenBooking) -> int:
        self.id += 1
        self.bookings[self.id] = one
        return self.id

    def _visit(self, day: date, one: WrittenVisit, number: str, appointment: int | None) -> None:
        self.id += 1
        if appointment is not None:
            self.came[appointment] = one.issued_at
        desk, started, ended = one.desk_id, one.started_at, one.ended_at
        steps = [
            ("issue", one.issued_at, "device:1", None),
            ("call", one.called_at, "staff:1", desk),
        ]
        if started:
            steps += [("start", started, "staff:1", desk), ("finish", ended, "staff:1", desk)]
        else:
            steps.append(("no_show", ended, "staff:1", desk))
        self.tickets.append(
            (self.branch.id, self.id, day, number, f"t{self.branch.id}-{self.id}", "visit",
             one.priority, self.language, appointment, one.due_at, one.issued_at, len(steps),
             "finished" if started else "no_show", list(one.services), one.issued_at, desk,
             one.called_at, 1, started, ended)
        )  # fmt: skip
        data = msgspec.json.encode({"services": one.services}).decode()
        self.events += [
            (self.branch.id, self.id, seq, at, verb, actor, at_desk, data if seq == 1 else "{}")
            for seq, (verb, at, actor, at_desk) in enumerate(steps, start=1)
        ]

    async def copy(self) -> None:
        appointments, happened = self._appointments()
        for table, columns, rows in (
            ("appointment", APPOINTMENT, appointments),
            ("appointment_event", APPOINTMENT_EVENT, happened),
            ("ticket", TICKET, self.tickets),
            ("ticket_event", EVENT, self.events),
            ("counter", COUNTER, self.counters),
        ):
            await db.copy(table, columns, rows)
            # What comes next refers to it: planned for the empty table that it was, each of those
            # references would read all of it, and later queries would take minutes.
            await db.fetch(f"ANALYZE {table}")
        for table in ("appointment", "ticket"):
            await db.fetch(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {self.id + 1})")

    def _appointments(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """The rows of the bookings, and the events that lead to them."""
        rows, events = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
        for number, one in self.bookings.items():
            token = f"a{self.branch.id}-{number}"
            came = self.came.get(number)
            row, steps = booking_rows(self.branch, number, token, one, came, self.language)
            rows.append(row)
            events += steps
        return rows, events


def booking_rows(
    branch: Branch,
    number: int,
    token: str,
    one: WrittenBooking,
    came: datetime | None,
    language: str,
    at_the_door: str = "device:1",
) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """The row of a booking whose holder came then, and the events that lead to it; `at_the_door`:
    who checked them in."""
    steps = _steps(one, came, language, at_the_door)
    events = [
        (branch.id, number, seq, at, verb, actor, msgspec.json.encode(data).decode())
        for seq, (verb, at, actor, data) in enumerate(steps, start=1)
    ]
    row = (branch.id, number, one.lane_id, token, f"{number % 1_000_000:06}", "visit",
           list(one.services), asyncpg.Range(one.begins, one.ends), one.state, language,
           steps[0][1], steps[-1][1], len(steps), came)  # fmt: skip
    return row, events


def _steps(
    one: WrittenBooking, came: datetime | None, language: str, at_the_door: str
) -> list[tuple[str, datetime, str, Any]]:
    """Verb, time, actor and facts of each: booked a week before, settled when all was over."""
    made = one.begins - timedelta(days=7)
    slot = {
        "lane_id": one.lane_id,
        "starts_at": one.begins,
        "ends_at": one.ends,
        "held_until": made,
        "language": language,
        "services": one.services,
    }
    steps: list[tuple[str, datetime, str, Any]] = [
        ("hold", made, "resident", slot),
        ("confirm", made, "resident", {"language": language}),
    ]
    if came is not None:
        steps.append(("check_in", came, at_the_door, {}))
    if one.state != "booked":
        verb = "fulfil" if one.state == "fulfilled" else "miss"
        steps.append((verb, max(one.ends, came or one.ends), "system", {}))
    return steps
