"""A centre's own past, from a log of its former system: written once, and undone by one command.

Every row becomes a ticket of a day that is over, with its booking if it had one and the events that
lead to both, as if the centre had always worked with the product. What was written so is known, so
that a row is never written twice, and can be taken back; it holds no name of a person or of a desk.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec
from msgspec import Struct

from queue_app.domain.desk_log import LoggedState
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.visit_log import LoggedAbsence, LoggedVisit
from queue_app.flow.imported_rows import ImportedRows, desks_for, lane_for, marks_of
from queue_app.store import db


class ImportRefused(ValueError):
    """Why nothing was written; the message is a line for whoever asked."""


class LoggedPast(Struct, frozen=True):
    """What a log says, its services by the codes of the centre. `told`: the states are the log's
    own and not supposed."""

    visits: Sequence[LoggedVisit]
    absences: Sequence[LoggedAbsence] = ()
    states: Sequence[LoggedState] = ()
    told: bool = False


class Import(Struct, frozen=True):
    """`written`: rows that became tickets, or bookings to which nobody came; `known`: rows that had
    become one before. `bookings`: of those written, with one; `unbooked`: rows that had one, for
    which the branch has no lane."""

    days: int
    written: int
    known: int
    bookings: int = 0
    unbooked: int = 0


async def write_log(
    directory: Directory, branch: Branch, past: LoggedPast, now: datetime
) -> Import:
    """In one transaction, whatever of it was not written before.

    ImportRefused: a row is of today or later, or of a day of which the branch has tickets of its
    own, or more desks worked on a day than the branch has.
    """

    async def work() -> Import:
        await _one_at_a_time(branch)
        rows = await db.fetch("SELECT row_hash FROM imported WHERE branch_id = $1", branch.id)
        known = {row["row_hash"] for row in rows}
        hashed = _hashed([*past.visits, *past.absences])
        fresh = [row for row in hashed if row[0] not in known]
        days = _by_day(directory, branch, fresh)
        await _check(directory, branch, days, now)
        whole = _visits_by_day(directory, branch, past.visits)
        desks = {day: desks_for(branch, visits) for day, visits in whole.items()}
        done = await _copy(directory, branch, days, desks, now)
        marked = whole.keys() if past.told else days.keys() & whole.keys()
        await _mark(directory, branch, past.states, {day: desks[day] for day in marked})
        return msgspec.structs.replace(done, known=len(hashed) - len(fresh))

    return await db.transact(work)


async def forget_log(branch: Branch) -> int:
    """Take back whatever was imported into this branch; how many rows that were.

    What was learned of it goes as well: the branch learns anew from what is left.
    """

    async def work() -> int:
        await _one_at_a_time(branch)
        gone = await db.fetch(
            "SELECT i.ticket_id, i.appointment_id, t.day FROM imported i LEFT JOIN ticket t"
            " ON t.branch_id = i.branch_id AND t.id = i.ticket_id WHERE i.branch_id = $1",
            branch.id,
        )
        tickets = [row["ticket_id"] for row in gone if row["ticket_id"] is not None]
        bookings = [row["appointment_id"] for row in gone if row["appointment_id"] is not None]
        for table, column, ids in (
            ("ticket_event", "ticket_id", tickets),
            ("appointment_event", "appointment_id", bookings),
            ("ticket", "id", tickets),
            ("appointment", "id", bookings),
        ):
            await db.fetch(
                f"DELETE FROM {table} WHERE branch_id = $1 AND {column} = ANY($2)", branch.id, ids
            )
        await db.fetch(
            "DELETE FROM counter WHERE branch_id = $1 AND day = ANY($2)",
            branch.id,
            list({row["day"] for row in gone if row["day"] is not None}),
        )
        await db.fetch("DELETE FROM imported_mark WHERE branch_id = $1", branch.id)
        await db.fetch("DELETE FROM service_time WHERE branch_id = $1", branch.id)
        return len(gone)

    return await db.transact(work)


async def _one_at_a_time(branch: Branch) -> None:
    await db.fetch("SELECT pg_advisory_xact_lock(hashtext('import'), $1)", branch.id)


_Row = tuple[bytes, LoggedVisit | LoggedAbsence]
_Days = Mapping[date, Sequence[_Row]]


def _hashed(rows: Iterable[LoggedVisit | LoggedAbsence]) -> list[_Row]:
    """Each row with what it is known by: what it says, and which of its like it is."""
    seen = Counter[bytes]()
    found: list[_Row] = []
    for one in rows:
        said = msgspec.json.encode(_said(one))
        seen[said] += 1
        found.append((hashlib.sha256(said + b"%d" % seen[said]).digest(), one))
    return found


def _said(one: LoggedVisit | LoggedAbsence) -> tuple[object, ...]:
    """The due time is not in it, so that a row which was imported before bookings were is known."""
    if isinstance(one, LoggedAbsence):
        return "absent", one.due, one.service, one.ticket
    return (one.arrival, one.service, one.start, one.end, one.left_at, one.priority, one.ticket)


def _by_day(directory: Directory, branch: Branch, rows: Sequence[_Row]) -> dict[date, list[_Row]]:
    days = defaultdict[date, list[_Row]](list)
    for row in sorted(rows, key=lambda row: (_at(row[1]), row[1].line)):
        days[_day_of(directory, branch, _at(row[1]))].append(row)
    return dict(days)


def _at(one: LoggedVisit | LoggedAbsence) -> datetime:
    return one.due if isinstance(one, LoggedAbsence) else one.arrival


def _visits_by_day(
    directory: Directory, branch: Branch, visits: Sequence[LoggedVisit]
) -> dict[date, list[LoggedVisit]]:
    days = defaultdict[date, list[LoggedVisit]](list)
    for one in visits:
        days[_day_of(directory, branch, one.arrival)].append(one)
    return dict(days)


def _day_of(directory: Directory, branch: Branch, at: datetime) -> date:
    return directory.day(branch, directory.local(at).date()).at(at).date


async def _check(directory: Directory, branch: Branch, days: _Days, now: datetime) -> None:
    today = directory.today(branch, now).oldest.date
    late = [rows[0][1].line for day, rows in days.items() if day >= today]
    if late:
        raise ImportRefused(f"line {min(late)}: this is not over yet, or has not been")
    taken = await db.fetch(
        "SELECT DISTINCT day FROM ticket t WHERE branch_id = $1 AND day = ANY($2) AND NOT EXISTS"
        " (SELECT FROM imported i WHERE i.branch_id = t.branch_id AND i.ticket_id = t.id)"
        " ORDER BY day",
        branch.id,
        list(days),
    )
    if taken:
        day = taken[0]["day"]
        line = days[day][0][1].line
        more = f", as on {len(taken) - 1} more" if len(taken) > 1 else ""
        raise ImportRefused(f"line {line}: {branch.slug} has tickets of its own on {day}{more}")
    for day, rows in days.items():
        desks: dict[int | None, int] = {}
        for _, one in rows:
            if isinstance(one, LoggedVisit) and one.start and one.desk not in desks:
                desks[one.desk] = one.line
        if len(desks) > len(branch.desks):
            raise ImportRefused(
                f"line {max(desks.values())}: on {day} {len(desks)} desks served, and {branch.slug}"
                f" has {len(branch.desks)}"
            )


_Desks = Mapping[date, Mapping[int | None, int]]
"""By day, which desk of the branch stands for each of the log."""


async def _copy(
    directory: Directory, branch: Branch, days: _Days, desks: _Desks, now: datetime
) -> Import:
    first = await db.fetch_value(
        "SELECT greatest((SELECT max(id) FROM ticket), (SELECT max(id) FROM appointment), 0) + 1"
    )
    made = ImportedRows(directory, branch, first, await _counts(branch, days), now)
    written = bookings = unbooked = 0
    for day, rows in days.items():
        for row_hash, one in rows:
            booked = one.due is not None
            can_be = booked and lane_for(branch, one.service) is not None
            bookings, unbooked = bookings + can_be, unbooked + (booked and not can_be)
            if isinstance(one, LoggedAbsence):
                written += made.add_absence(row_hash, one)
            else:
                made.add(day, row_hash, one, desks[day].get(one.desk))
                written += 1
    await db.fetch(
        "DELETE FROM counter WHERE branch_id = $1 AND day = ANY($2)", branch.id, list(days)
    )
    for table, columns, copied in made.tables():
        await db.copy(table, columns, copied)
        await db.fetch(f"ANALYZE {table}")
    for table in ("appointment", "ticket"):
        await db.fetch(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
            f" greatest($1, (SELECT max(id) FROM {table})) + 1)",
            made.next_id,
        )
    return Import(len(days), written, 0, bookings, unbooked)


async def _counts(branch: Branch, days: _Days) -> Counter[tuple[date, str]]:
    rows = await db.fetch(
        "SELECT day, prefix, last FROM counter WHERE branch_id = $1 AND day = ANY($2)",
        branch.id,
        list(days),
    )
    return Counter({(row["day"], row["prefix"]): row["last"] for row in rows})


async def _mark(
    directory: Directory, branch: Branch, states: Sequence[LoggedState], days: _Desks
) -> None:
    """How the desks stood on these days, instead of what was known of it before."""
    by_day = defaultdict[date, list[LoggedState]](list)
    for one in states:
        by_day[_day_of(directory, branch, one.since)].append(one)
    for day, desks in days.items():
        span = directory.day(branch, day).span
        await db.fetch(
            "DELETE FROM imported_mark WHERE branch_id = $1 AND at >= $2 AND at < $3",
            branch.id,
            span.opens,
            span.closes,
        )
        marks = [(branch.id, *mark) for mark in marks_of(by_day[day], desks)]
        await db.copy("imported_mark", ["branch_id", "desk_id", "at", "verb"], marks)
