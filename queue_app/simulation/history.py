"""A branch's past, drawn by the simulator and written to the tables as the verbs would have.

For databases that hold no real person: it invents visits that never were.
"""

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from queue_app.domain import hours, numbering
from queue_app.domain.centre import BranchPlan
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.forward import ABSENT_MINUTES, Called, Coming
from queue_app.simulation.day import Day
from queue_app.simulation.run import Outcome
from queue_app.simulation.world import periods_of
from queue_app.store import db

_APPOINTMENT = ["branch_id", "id", "lane_id", "token", "code", "channel", "services", "period",
                "state", "language", "created_at", "changed_at"]  # fmt: skip
_TICKET = ["branch_id", "id", "day", "number", "token", "channel", "priority", "language",
           "appointment_id", "due_at", "issued_at", "revision", "state", "services", "queued_at",
           "desk_id", "called_at", "calls", "started_at", "ended_at"]  # fmt: skip
_EVENT = ["branch_id", "ticket_id", "seq", "at", "verb", "actor", "desk_id", "data"]
_COUNTER = ["branch_id", "day", "prefix", "last"]


def days_before(plan: BranchPlan, until: date, count: int) -> list[date]:
    """The last `count` days before `until` on which the branch is open, the first first.

    Fewer, where there are not so many in a year.
    """
    dates, day = list[date](), until
    while len(dates) < count and until - day < timedelta(days=366):
        day -= timedelta(days=1)
        if periods_of(plan, day):
            dates.append(day)
    return dates[::-1]


async def write(directory: Directory, branch: Branch, past: Sequence[Outcome]) -> None:
    """Every booking and every visit of these days, with the events that lead to their rows."""

    async def work() -> None:
        rows = _Rows(directory, branch, await _next_ids(branch))
        for outcome in past:
            rows.add_day(outcome.day, outcome.called)
        await rows.copy()

    await db.transact(work)


async def write_bookings(directory: Directory, branch: Branch, day: Day) -> None:
    """The bookings of a day to come."""

    async def work() -> None:
        rows = _Rows(directory, branch, await _next_ids(branch))
        rows.add_bookings(day, None)
        await rows.copy()

    await db.transact(work)


async def _next_ids(branch: Branch) -> int:
    return int(
        await db.fetch_value(
            "SELECT greatest((SELECT max(id) FROM ticket WHERE branch_id = $1),"
            " (SELECT max(id) FROM appointment WHERE branch_id = $1), 0) + 1",
            branch.id,
        )
    )


class _Rows:
    """Rows for COPY, table by table."""

    def __init__(self, directory: Directory, branch: Branch, first: int) -> None:
        self.directory, self.branch, self.id = directory, branch, first
        self.lanes = [lane.id for lane in branch.lanes if lane.channel == "visit"]
        self.appointments: list[tuple[Any, ...]] = []
        self.tickets: list[tuple[Any, ...]] = []
        self.events: list[tuple[Any, ...]] = []
        self.counters: list[tuple[Any, ...]] = []

    def add_day(self, day: Day, called: dict[int, Called]) -> None:
        came = {one.person.id: called[one.person.id] for one in day.people}
        booked = self.add_bookings(day, came)
        counts: dict[str, int] = {}
        for one in day.people:
            rules = self.directory.rules
            priority = "disability" if one.person.priority else None
            series = numbering.prefix(rules, one.person.due is not None, priority)
            counts[series] = counts.get(series, 0) + 1
            number = numbering.number(series, counts[series])
            self._visit(day, one, came[one.person.id], number, booked.get(one.person.id))
        self.counters += [(self.branch.id, day.date, *pair) for pair in counts.items()]

    def add_bookings(self, day: Day, came: dict[int, Called] | None) -> dict[int, int]:
        """Each in the first lane that is free at its time; ids by person. None: still to come."""
        free = dict.fromkeys(self.lanes, -math.inf)
        found: dict[int, int] = {}
        for one in day.bookings:
            due, self.id = one.due or 0.0, self.id + 1
            lane = next(lane for lane, at in free.items() if at <= due)
            free[lane] = due + day.world.booked_minutes(one.services)
            begins, ends = self._at(day, due), self._at(day, free[lane])
            state = "booked"
            if came is not None:
                served = one.id in came and not came[one.id].absent
                state = "fulfilled" if served else "missed"
            found[one.id] = self.id
            self.appointments.append(
                (self.branch.id, self.id, lane, f"a{self.branch.id}-{self.id}",
                 f"{self.id % 1_000_000:06}", "visit", sorted(one.services),
                 asyncpg.Range(begins, ends), state, "uk", begins - timedelta(days=7), begins)
            )  # fmt: skip
        return found

    def _visit(
        self, day: Day, one: Coming, call: Called, number: str, appointment: int | None
    ) -> None:
        self.id += 1
        desk = self.branch.desks[call.desk_id].id
        issued, called = self._at(day, one.arrives), self._at(day, call.minute)
        begins = call.minute + one.length - day.served[one.person.id]
        over = call.minute + (ABSENT_MINUTES if call.absent else one.length)
        ended = self._at(day, over)
        started = None if call.absent else self._at(day, begins)
        due = None if appointment is None else self._at(day, one.person.due or 0.0)
        services = sorted(one.person.services)
        steps = [("issue", issued, "device:1", None), ("call", called, "staff:1", desk)]
        if started:
            steps += [("start", started, "staff:1", desk), ("finish", ended, "staff:1", desk)]
        else:
            steps.append(("no_show", ended, "staff:1", desk))
        self.tickets.append(
            (self.branch.id, self.id, day.date, number, f"t{self.branch.id}-{self.id}", "visit",
             "disability" if one.person.priority else None, "uk", appointment, due, issued,
             len(steps), "finished" if started else "no_show", services, issued, desk, called, 1,
             started, ended)
        )  # fmt: skip
        data = msgspec.json.encode({"services": services}).decode()
        self.events += [
            (self.branch.id, self.id, seq, at, verb, actor, at_desk, data if seq == 1 else "{}")
            for seq, (verb, at, actor, at_desk) in enumerate(steps, start=1)
        ]

    def _at(self, day: Day, minute: float) -> datetime:
        midnight = hours.day_window(day.date, self.directory.zone).opens
        return midnight + timedelta(seconds=round(minute * 60))

    async def copy(self) -> None:
        for table, columns, rows in (
            ("appointment", _APPOINTMENT, self.appointments),
            ("ticket", _TICKET, self.tickets),
            ("ticket_event", _EVENT, self.events),
            ("counter", _COUNTER, self.counters),
        ):
            await db.copy(table, columns, rows)
        for table in ("appointment", "ticket"):
            await db.fetch(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {self.id + 1})")
        # A plan made for empty tables would take minutes over so many rows.
        await db.fetch("ANALYZE appointment, ticket, ticket_event")
