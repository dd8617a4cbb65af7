"""What a branch's records say of its desks: how long they stood free while somebody waited, how
long they paused, what a call costs that nobody answers, and what each does not give today."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise

import asyncpg
from msgspec import Struct

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.habits import Measured
from queue_app.domain.passed_over import InLine, PassedOver
from queue_app.domain.policies import policy_of
from queue_app.domain.readiness import (
    FreeDesk,
    Stay,
    StoodFree,
    lasting,
    standing,
    stood_by,
)
from queue_app.domain.tickets import standing_right
from queue_app.scribe import computing
from queue_app.store import db

DAYS = 14
"""So many days speak, the last ones: clerks change, and so does how they work."""
_MINUTE = timedelta(minutes=1)
_LONGEST_PAUSE = 240.0
"""Minutes; a longer one is a button that was forgotten."""

_VISITS = """
SELECT day, desk_id, services, state, greatest(queued_at, due_at) AS queued_at, called_at,
    ended_at, state = 'left' AND called_at IS NULL AND coalesce((SELECT actor <> 'system'
        FROM ticket_event e WHERE e.branch_id = t.branch_id AND e.ticket_id = t.id
            AND e.seq = t.revision), false) AS taken_back
FROM ticket t WHERE branch_id = $1 AND day >= $2 AND day < $3 AND ended_at IS NOT NULL
ORDER BY day, called_at
"""
"""Whoever is left over when the day ends has not left."""
_MARKS = """
SELECT desk_id, at, verb FROM desk_event WHERE branch_id = $1 AND at >= $2 AND at < $3
UNION ALL
SELECT desk_id, at, verb FROM imported_mark WHERE branch_id = $1 AND at >= $2 AND at < $3
ORDER BY at, verb
"""
"""A desk that opens in one minute and pauses in the same has opened first."""
_TODAY = """
SELECT id, desk_id, services, queued_at, called_at, coalesce(called_at, ended_at) AS until,
    priority, right_shown, due_at IS NOT NULL AS due,
    calls < 2 AND state <> 'parked' AND for_desk_id IS NULL AS in_turn
FROM ticket WHERE branch_id = $1 AND day >= $2 AND channel = 'visit'
ORDER BY called_at, id
"""
"""`in_turn`: who was never set aside, sent on or called twice, and waits for no desk of its own."""


class DeskDays(Struct, frozen=True):
    """Counts of some days. `absent`: minutes of the calls that nobody answered; `leaving`: of who
    took back their ticket before a call; `pauses`: minutes of each."""

    standing: StoodFree
    pauses: Sequence[float]
    absent: Measured
    leaving: StoodFree


async def desk_days(directory: Directory, branch: Branch, until: date) -> DeskDays:
    """Of the `DAYS` days before this one."""
    first = until - timedelta(days=DAYS)
    visits = await db.fetch(_VISITS, branch.id, first, until)
    span = (directory.day(branch, day).span.opens for day in (first, until))
    marks = await db.fetch(_MARKS, branch.id, *span)
    return await computing.do(partial(_counted, branch, visits, marks))


def _counted(
    branch: Branch, visits: Sequence[asyncpg.Record], marks: Sequence[asyncpg.Record]
) -> DeskDays:
    """In a thread: two weeks of a branch take a second, and the loop has screens to serve."""
    by_day = defaultdict[date, list[asyncpg.Record]](list)
    for row in visits:
        by_day[row["day"]].append(row)
    services = {desk.id: desk.services for desk in (*branch.desks, *branch.retired_desks)}
    pressed = defaultdict[int, list[tuple[datetime, str]]](list)
    for row in marks:
        pressed[row["desk_id"]].append((row["at"], row["verb"]))
    absent = [
        (row["ended_at"] - row["called_at"]) / _MINUTE
        for row in visits
        if row["state"] == "no_show" and row["called_at"]
    ]
    return DeskDays(
        standing=sum((_day(day, services, pressed) for day in by_day.values()), StoodFree()),
        pauses=list(_pauses(pressed)),
        absent=Measured(len(absent), sum(absent) / len(absent)) if absent else Measured(),
        leaving=lasting(
            (
                max(0.0, ((row["called_at"] or row["ended_at"]) - row["queued_at"]) / _MINUTE),
                row["taken_back"],
            )
            for row in visits
        ),
    )


async def passed_over_today(
    directory: Directory, branch: Branch, now: datetime
) -> dict[int, frozenset[str]]:
    """By desk, what it has on paper and does not give today, as `domain/passed_over.py` says."""
    rows = await db.fetch(_TODAY, branch.id, directory.today(branch, now).oldest.date)
    return await computing.do(partial(_passed_over, directory, branch, rows))


def _passed_over(
    directory: Directory, branch: Branch, rows: Sequence[asyncpg.Record]
) -> dict[int, frozenset[str]]:
    desks = (*branch.desks, *branch.retired_desks)
    head_start = policy_of(directory.rules).priority_head_start
    day = PassedOver({desk.id: desk.services for desk in desks}, head_start)
    turns = {row["id"]: _turn(row, rows[0]["queued_at"]) for row in rows}
    to_come = deque(sorted((row for row in rows if row["in_turn"]), key=_queued))
    waiting: list[asyncpg.Record] = []
    for row in rows:
        at = row["called_at"]
        if at is None or row["desk_id"] is None:
            continue
        while to_come and _queued(to_come[0]) < at:
            waiting.append(to_come.popleft())
        waiting = [stay for stay in waiting if stay["until"] is None or stay["until"] > at]
        day.call(row["desk_id"], turns[row["id"]], [turns[stay["id"]] for stay in waiting])
    return day.found()


def _queued(row: asyncpg.Record) -> datetime:
    at: datetime = row["queued_at"]
    return at


def _turn(row: asyncpg.Record, origin: datetime) -> InLine:
    since = (row["queued_at"] - origin) / _MINUTE
    priority = standing_right(row["priority"], row["right_shown"]) is not None
    return InLine(frozenset(row["services"]), since, priority, row["due"])


def _day(
    visits: Sequence[asyncpg.Record],
    services: Mapping[int, frozenset[str]],
    pressed: Mapping[int, Sequence[tuple[datetime, str]]],
) -> StoodFree:
    origin = min(row["queued_at"] for row in visits)
    latest = max(row["ended_at"] for row in visits)

    def minute(at: datetime) -> float:
        return float((at - origin) / _MINUTE)

    stays = [
        Stay(
            frozenset(row["services"]),
            minute(row["queued_at"]),
            minute(row["called_at"] or row["ended_at"]),
        )
        for row in visits
    ]
    at_desk = defaultdict[int, list[tuple[float, float]]](list)
    for row in visits:
        if row["desk_id"] in services and row["called_at"]:
            at_desk[row["desk_id"]].append((minute(row["called_at"]), minute(row["ended_at"])))
    desks = []
    for desk, served in at_desk.items():
        said = [(minute(at), verb) for at, verb in pressed.get(desk, ()) if origin <= at <= latest]
        free = list(_free(services[desk], sorted(served), said))
        desks += free if said else [one for one in free if not stood_by(one, stays)]
    return standing(desks, stays)


def _free(
    services: frozenset[str],
    served: Sequence[tuple[float, float]],
    said: Sequence[tuple[float, str]],
) -> Iterator[FreeDesk]:
    """From the end of a visit, or from "open", until whatever comes next."""
    marks = [(called, "call", ended) for called, ended in served]
    marks += [(at, verb, at) for at, verb in said]
    since: float | None = None
    for at, verb, ended in sorted(marks):
        if since is not None and at >= since:
            yield FreeDesk(services, since, at, verb == "call")
        since = ended if verb in ("call", "open", "resume") else None


def _pauses(pressed: Mapping[int, Sequence[tuple[datetime, str]]]) -> Iterator[float]:
    for marks in pressed.values():
        for (began, verb), (ended, after) in pairwise(marks):
            minutes = (ended - began) / _MINUTE
            if verb == "pause" and after == "resume" and 0 < minutes <= _LONGEST_PAUSE:
                yield minutes
