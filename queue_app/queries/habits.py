"""What was learned of a branch; and what its records say of its visitors' habits: plain counts."""

from collections.abc import Iterable
from datetime import date, timedelta

import asyncpg
import msgspec
from msgspec import Struct

from queue_app.domain.correction import Correction
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.habits import CHANGE_OVER_MOST, EARLY_MOST, GRID, NEAR, Habits, Measured, Seen
from queue_app.domain.service_times import ServiceTime
from queue_app.queries.desk_days import desk_days
from queue_app.store import db

_MINUTE = timedelta(minutes=1)


DOCUMENT = "document || jsonb_build_object('correction', correction)"
"""SQL: the `Habits` of a row."""


class Learned(Struct, frozen=True):
    """A branch's habits, and the times of the services that it has given."""

    habits: Habits
    times: dict[str, ServiceTime]


async def learned(branch_id: int) -> Learned:
    """What was learned of a branch last; the defaults where nothing was."""
    document = await db.fetch_value(
        f"SELECT {DOCUMENT} FROM branch_habits WHERE branch_id = $1", branch_id
    )
    times = await db.fetch(
        "SELECT service, mu, sigma, visits FROM service_time WHERE branch_id = $1", branch_id
    )
    return Learned(
        habits=msgspec.json.decode(document or "{}", type=Habits),
        times={
            one["service"]: ServiceTime(one["mu"], one["sigma"], one["visits"]) for one in times
        },
    )


async def correction(branch_id: int) -> Correction:
    """What the ranges of a branch are corrected by now; nothing where it has not learned."""
    found = await db.fetch_value(
        "SELECT correction FROM branch_habits WHERE branch_id = $1", branch_id
    )
    return msgspec.json.decode(found or "{}", type=Correction)


async def corrections() -> dict[str, Correction]:
    """By branch, of those that have learned anything, how their ranges are corrected."""
    rows = await db.fetch(
        "SELECT slug, correction FROM branch_habits JOIN branch ON branch.id = branch_id"
    )
    return {row["slug"]: msgspec.json.decode(row["correction"], type=Correction) for row in rows}


async def seen(directory: Directory, branch: Branch, first: date, until: date) -> Seen:
    """Visits of the days from `first` to the one before `until`; those by phone left out."""
    span = (branch.id, first, until)
    begins, ends = (directory.day(branch, day).span.opens for day in (first, until))
    booked = await _one(_BOOKED, begins, ends, branch.id, EARLY_MOST, first, until)
    changes = await _one(_CHANGES, *span, CHANGE_OVER_MOST)
    waits = await db.fetch(_WAITS, *span, list(GRID), NEAR)
    asked = await db.fetch(_ASKED, *span)
    days = await db.fetch(_DAYS, *span)
    desks = await desk_days(directory, branch, until)
    return Seen(
        bookings=booked["bookings"],
        came=booked["came"],
        early=Measured(booked["count"], booked["mean"], booked["spread"]),
        changes=Measured(changes["count"], changes["mean"], changes["spread"]),
        waits={row["minutes"]: row["waits"] for row in waits},
        gone={row["minutes"]: row["gone"] for row in waits},
        priority=sum(row["priority"] for row in days),
        open_minutes=_open_minutes(directory, branch, (row["day"] for row in days)),
        asked=_by_set(asked),
        standing=desks.standing,
        leaving=desks.leaving,
        absent=desks.absent,
        pauses=desks.pauses,
    )


def _by_set(rows: Iterable[asyncpg.Record]) -> dict[frozenset[str], int]:
    """The same services in another order are the same visit."""
    found: dict[frozenset[str], int] = {}
    for row in rows:
        services = frozenset(row["services"])
        found[services] = found.get(services, 0) + row["count"]
    return found


def _open_minutes(directory: Directory, branch: Branch, days: Iterable[date]) -> float:
    """By the hours in force: what they were on that day is not kept."""
    return sum(
        (window.closes - window.opens) / _MINUTE
        for day in days
        for window in directory.day(branch, day).windows
    )


async def _one(sql: str, *arguments: object) -> asyncpg.Record:
    row = await db.fetch_row(sql, *arguments)
    assert row
    return row


def stopped(branch: str, since: str, until: str) -> str:
    """SQL: whether everything was stopped in the branch for any time between these instants."""
    resumes = "coalesce(i.resumes_at, 'infinity'::timestamptz)"
    return some(
        f"interruption i WHERE i.branch_id = {branch}"
        f" AND i.services IS NULL AND i.started_at < {until} AND {resumes} > {since}",
        resumes,
    )


def some(rows: str, order: str) -> str:
    """SQL: whether there are any of these rows, looked for in this order, which an index has.

    An EXISTS may be planned as a join with all there ever were of them, and a LIMIT without an
    order as a look through the whole table.
    """
    return f"(SELECT true FROM {rows} ORDER BY {order} LIMIT 1) IS NOT NULL"


_MEASURED = """count(minutes)::int AS count, coalesce(avg(minutes), 0)::float8 AS mean,
    coalesce(stddev_pop(minutes), 0)::float8 AS spread"""

_BOOKED = f"""
SELECT count(*)::int AS bookings, count(issued_at)::int AS came, {_MEASURED} FROM (
    SELECT issued_at, CASE WHEN abs(early) <= $4
        AND NOT {stopped("$3", "least(issued_at, due_at)", "greatest(issued_at, due_at)")}
        THEN early END AS minutes
    FROM (
        SELECT lower(a.period) AS due_at, min(t.issued_at) AS issued_at,
            extract(epoch FROM lower(a.period) - min(t.issued_at))::float8 / 60 AS early
        FROM appointment a LEFT JOIN ticket t
            ON t.branch_id = a.branch_id AND t.appointment_id = a.id
                AND t.day BETWEEN $5 AND $6
        WHERE a.branch_id = $3 AND lower(a.period) >= $1 AND lower(a.period) < $2
            AND a.channel = 'visit' AND a.state IN ('booked', 'fulfilled', 'missed')
        GROUP BY a.id, a.period
    ) holders
) came
"""
"""Whoever checked in has come, be they served or not. Whom an alert kept away says nothing of how
early people come."""

_DONE_BETWEEN = """ticket_event e WHERE e.branch_id = $1 AND e.desk_id = calls.desk_id
            AND e.at > freed_at AND e.at < calls.called_at"""
_CHANGES = f"""
SELECT {_MEASURED} FROM (
    SELECT extract(epoch FROM started_at - called_at)::float8 / 60 AS minutes FROM (
        SELECT desk_id, called_at, started_at, greatest(queued_at, due_at) AS since,
            lag(ended_at) OVER before AS freed_at, lag(state) OVER before AS former
        FROM ticket
        WHERE branch_id = $1 AND day >= $2 AND day < $3 AND desk_id IS NOT NULL
        WINDOW before AS (PARTITION BY day, desk_id ORDER BY called_at, id)
    ) calls
    WHERE started_at IS NOT NULL AND former = 'finished' AND since <= freed_at
        AND called_at >= freed_at AND started_at <= freed_at + make_interval(mins => $4::int)
        AND NOT {some(_DONE_BETWEEN, "e.at")}
) gaps
"""
"""From the call to the beginning of a visit, where its person waited already when the desk's last
one ended and the desk did nothing else in between; how long it stood free before the call is its
readiness. A "start" that is pressed late moves minutes from the visit to the change-over; their
sum, on which the waits depend, stays right."""

_WAITED_TWICE = """ticket_event e WHERE e.branch_id = t.branch_id AND e.ticket_id = t.id
            AND (e.verb IN ('park', 'return', 'transfer')
                OR (e.verb = 'leave' AND t.started_at IS NULL AND e.actor = 'system'))"""
_WAITS = f"""
SELECT minutes, count(waited)::int AS waits, count(*) FILTER (WHERE gone)::int AS gone
FROM unnest($4::float8[]) AS minutes LEFT JOIN (
    SELECT state <> 'finished' AND started_at IS NULL AS gone,
        extract(epoch FROM coalesce(called_at, ended_at)
            - greatest(queued_at, due_at))::float8 / 60 AS waited
    FROM ticket t
    WHERE branch_id = $1 AND day >= $2 AND day < $3 AND channel = 'visit'
        AND (started_at IS NOT NULL OR state = 'no_show')
        AND NOT {stopped("t.branch_id", "t.queued_at", "coalesce(t.called_at, t.ended_at)")}
        AND NOT {some(_WAITED_TWICE, "e.seq")}
) waits ON waited BETWEEN minutes / $5::float8 AND minutes * $5::float8
GROUP BY minutes
"""
"""Whoever did not answer the call had gone. Left out: who waited in two parts or through an alert,
and who took back their ticket, as it is known when they did."""

_ASKED = """
SELECT services, count(*)::int AS count FROM ticket
WHERE branch_id = $1 AND day >= $2 AND day < $3 AND channel = 'visit' AND appointment_id IS NULL
GROUP BY services
"""

_DAYS = """
SELECT day, count(*) FILTER (WHERE priority IS NOT NULL AND appointment_id IS NULL
    AND channel = 'visit')::int AS priority
FROM ticket WHERE branch_id = $1 AND day >= $2 AND day < $3 GROUP BY day
"""
