"""The rows that an imported log becomes, table by table, for COPY: tickets, bookings, desks."""

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from queue_app.domain import numbering
from queue_app.domain.catalogue import visit_minutes
from queue_app.domain.desk_log import DeskMark, LoggedState
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.visit_log import LoggedAbsence, LoggedVisit
from queue_app.flow.history import (
    APPOINTMENT,
    APPOINTMENT_EVENT,
    COUNTER,
    EVENT,
    TICKET,
    WrittenBooking,
    booking_rows,
)

_IMPORTED = ["branch_id", "ticket_id", "appointment_id", "row_hash", "imported_at"]
_ACTOR = "import"

Mark = tuple[int, datetime, str]
"""The id of a desk, when, and the verb by which a clerk would have said so."""


class ImportedRows:
    """Rows for COPY; numbers of tickets go on after those of `counts`."""

    def __init__(
        self,
        directory: Directory,
        branch: Branch,
        first: int,
        counts: Counter[tuple[date, str]],
        now: datetime,
    ) -> None:
        self._directory, self._branch, self._now = directory, branch, now
        self._counts = counts
        self.next_id = first
        self._tickets: list[tuple[Any, ...]] = []
        self._events: list[tuple[Any, ...]] = []
        self._appointments: list[tuple[Any, ...]] = []
        self._appointment_events: list[tuple[Any, ...]] = []
        self._imported: list[tuple[Any, ...]] = []

    def tables(self) -> list[tuple[str, Sequence[str], Sequence[tuple[Any, ...]]]]:
        """In the order in which one refers to the other."""
        counters = [(self._branch.id, *key, last) for key, last in self._counts.items()]
        return [
            ("appointment", APPOINTMENT, self._appointments),
            ("appointment_event", APPOINTMENT_EVENT, self._appointment_events),
            ("ticket", TICKET, self._tickets),
            ("ticket_event", EVENT, self._events),
            ("counter", COUNTER, counters),
            ("imported", _IMPORTED, self._imported),
        ]

    def add(self, day: date, row_hash: bytes, one: LoggedVisit, desk: int | None) -> None:
        """A visit, or somebody who left; `desk`: which of the branch stands for the log's."""
        branch, number = self._branch, self._id()
        state = "fulfilled" if one.start else "missed"
        booking = self._booking(one.service, one.due, state, one.arrival) if one.due else None
        category = _category(self._directory, one)
        rules = self._directory.rules
        series = numbering.prefix(rules, booked=booking is not None, priority=category)
        self._counts[day, series] += 1
        steps = _steps(one, desk)
        self._tickets.append(
            (branch.id, number, day, numbering.number(series, self._counts[day, series]),
             _token(branch), "visit", category, self._directory.languages[0], booking,
             one.due if booking else None, one.arrival, len(steps),
             "finished" if one.start else "left", [one.service], one.arrival,
             desk if one.start else None, one.turn if one.start else None,
             int(one.start is not None), one.start, one.end if one.start else one.left_at)
        )  # fmt: skip
        data = msgspec.json.encode({"services": [one.service]}).decode()
        self._events += [
            (branch.id, number, seq, at, verb, _ACTOR, at_desk, data if seq == 1 else "{}")
            for seq, (verb, at, at_desk) in enumerate(steps, start=1)
        ]
        self._imported.append((branch.id, number, booking, row_hash, self._now))

    def add_absence(self, row_hash: bytes, one: LoggedAbsence) -> bool:
        """A booking to which nobody came; whether there is a lane for it."""
        booking = self._booking(one.service, one.due, "missed", None)
        if booking is not None:
            self._imported.append((self._branch.id, None, booking, row_hash, self._now))
        return booking is not None

    def _id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def _booking(
        self, service: str, due: datetime, state: str, came: datetime | None
    ) -> int | None:
        """Its id; None: the branch has no lane in which a visit can be booked.

        The log does not say when it was made, nor for how long: as if a week before, for as long
        as the service is planned now.
        """
        lane = lane_for(self._branch, service)
        if lane is None:
            return None
        number, rules = self._id(), self._directory.rules
        planned = visit_minutes(
            [self._directory.services_ever[service]], rules.open_service_minutes, rules.grid_minutes
        )
        ends = due + timedelta(minutes=planned)
        row, events = booking_rows(
            self._branch, number, _token(self._branch),
            WrittenBooking(number, lane, (service,), due, ends, state), came,
            self._directory.languages[0], _ACTOR,
        )  # fmt: skip
        self._appointments.append(row)
        self._appointment_events += events
        return number


def lane_for(branch: Branch, service: str) -> int | None:
    """The id of a lane for bookings of this service: of one that gives it, else of any."""
    lanes = [lane for lane in branch.lanes if lane.channel == "visit"]
    lanes.sort(key=lambda lane: service not in lane.services)
    return lanes[0].id if lanes else None


def _token(branch: Branch) -> str:
    return f"{branch.id}-{secrets.token_urlsafe(16)}"


def _category(directory: Directory, one: LoggedVisit) -> str | None:
    """A log says that somebody had priority, not why: the centre's first category stands for it."""
    categories = directory.centre.priorities
    return categories[0].code if one.priority and categories else None


def _steps(one: LoggedVisit, desk: int | None) -> list[tuple[str, datetime, int | None]]:
    steps: list[tuple[str, datetime, int | None]] = [("issue", one.arrival, None)]
    if one.start and one.end:
        turn = one.turn or one.start
        steps += [("call", turn, desk), ("start", one.start, desk), ("finish", one.end, desk)]
    elif one.left_at:
        steps.append(("leave", one.left_at, None))
    return steps


def desks_for(branch: Branch, visits: Iterable[LoggedVisit]) -> dict[int | None, int]:
    """To each desk of the log that served on a day one of the branch: the first that is left which
    gives the most of what was served there."""
    served = defaultdict[int | None, Counter[str]](Counter)
    for one in visits:
        if one.start:
            served[one.desk][one.service] += 1
    left = list(branch.desks)
    found: dict[int | None, int] = {}
    for desk, services in sorted(served.items(), key=lambda pair: -sum(pair[1].values())):
        best = max(
            left, key=lambda own: sum(services[code] for code in own.services & set(services))
        )
        left.remove(best)
        found[desk] = best.id
    return found


_PRESSED: Mapping[tuple[DeskMark, DeskMark], Sequence[str]] = {
    ("closed", "open"): ["open"],
    ("closed", "paused"): ["open", "pause"],
    ("open", "paused"): ["pause"],
    ("open", "closed"): ["close"],
    ("paused", "open"): ["resume"],
    ("paused", "closed"): ["close"],
}


def marks_of(states: Iterable[LoggedState], desks: Mapping[int | None, int]) -> list[Mark]:
    """What clerks would have pressed for the desks to have stood so on one day: a desk is closed
    where no row speaks of it."""
    by_desk = defaultdict[int, list[LoggedState]](list)
    for one in states:
        if one.desk in desks:
            by_desk[desks[one.desk]].append(one)
    found: list[Mark] = []
    for desk, stood in by_desk.items():
        before: DeskMark = "closed"
        until: datetime | None = None
        for one in sorted(stood, key=lambda one: one.since):
            if until is not None and until < one.since:
                found += [(desk, until, verb) for verb in _PRESSED.get((before, "closed"), ())]
                before = "closed"
            found += [(desk, one.since, verb) for verb in _PRESSED.get((before, one.state), ())]
            before, until = one.state, one.until
        if until is not None:
            found += [(desk, until, verb) for verb in _PRESSED.get((before, "closed"), ())]
    return found
