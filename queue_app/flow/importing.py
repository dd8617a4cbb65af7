"""A centre's own past, from a log of its former system: written once, and undone by one command.

Every row becomes a ticket of a day that is over, with the events that lead to it, as if the centre
had always worked with the product. What was written so is known, so that a row is never written
twice, and can be taken back; it holds no name of a person or of a desk.
"""

import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from queue_app.domain import numbering
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.visit_log import LoggedVisit
from queue_app.flow.history import _COUNTER, _EVENT, _TICKET
from queue_app.store import db

_IMPORTED = ["branch_id", "ticket_id", "row_hash", "imported_at"]
_ACTOR = "import"


class ImportRefused(ValueError):
    """Why nothing was written; the message is a line for whoever asked."""


class Import(Struct, frozen=True):
    """`written`: rows that became tickets; `known`: rows that had become one before."""

    days: int
    written: int
    known: int


async def write_log(
    directory: Directory, branch: Branch, visits: Sequence[LoggedVisit], now: datetime
) -> Import:
    """The rows of a log whose services are codes of the centre, in one transaction.

    ImportRefused: a row is of today or later, or of a day of which the branch has tickets of its
    own, or more desks worked on a day than the branch has.
    """

    async def work() -> Import:
        await db.fetch("SELECT pg_advisory_xact_lock(hashtext('import'), $1)", branch.id)
        hashed = _hashed(visits)
        rows = await db.fetch("SELECT row_hash FROM imported WHERE branch_id = $1", branch.id)
        known = {row["row_hash"] for row in rows}
        fresh = [(row, one) for row, one in hashed if row not in known]
        days = _by_day(directory, branch, fresh)
        await _check(directory, branch, days, now)
        await _copy(directory, branch, days, now)
        return Import(len(days), len(fresh), len(hashed) - len(fresh))

    return await db.transact(work)


async def forget_log(branch: Branch) -> int:
    """Take back whatever was imported into this branch; how many tickets that were.

    What was learned of it goes as well: the branch learns anew from what is left.
    """

    async def work() -> int:
        await db.fetch("SELECT pg_advisory_xact_lock(hashtext('import'), $1)", branch.id)
        await db.fetch(
            "DELETE FROM ticket_event e USING imported i WHERE i.branch_id = $1"
            " AND e.branch_id = i.branch_id AND e.ticket_id = i.ticket_id",
            branch.id,
        )
        gone = await db.fetch(
            "DELETE FROM ticket t USING imported i WHERE i.branch_id = $1"
            " AND t.branch_id = i.branch_id AND t.id = i.ticket_id RETURNING t.day",
            branch.id,
        )
        await db.fetch(
            "DELETE FROM counter WHERE branch_id = $1 AND day = ANY($2)",
            branch.id,
            list({row["day"] for row in gone}),
        )
        await db.fetch("DELETE FROM service_time WHERE branch_id = $1", branch.id)
        return len(gone)

    return await db.transact(work)


_Row = tuple[bytes, LoggedVisit]
_Days = Mapping[date, Sequence[_Row]]


def _hashed(visits: Sequence[LoggedVisit]) -> list[_Row]:
    """Each row with what it is known by: what it says, and which of its like it is."""
    seen = Counter[bytes]()
    found = []
    for one in visits:
        said = msgspec.json.encode(
            (one.arrival, one.service, one.start, one.end, one.left_at, one.priority, one.ticket)
        )
        seen[said] += 1
        found.append((hashlib.sha256(said + b"%d" % seen[said]).digest(), one))
    return found


def _by_day(directory: Directory, branch: Branch, rows: Sequence[_Row]) -> dict[date, list[_Row]]:
    days = defaultdict[date, list[_Row]](list)
    for row in sorted(rows, key=lambda row: (row[1].arrival, row[1].line)):
        days[_day_of(directory, branch, row[1].arrival)].append(row)
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
            if one.start and one.desk not in desks:
                desks[one.desk] = one.line
        if len(desks) > len(branch.desks):
            raise ImportRefused(
                f"line {max(desks.values())}: on {day} {len(desks)} desks served, and {branch.slug}"
                f" has {len(branch.desks)}"
            )


async def _copy(directory: Directory, branch: Branch, days: _Days, now: datetime) -> None:
    """Rows for COPY, table by table; numbers go on after those that were given before."""
    first = await db.fetch_value(
        "SELECT greatest((SELECT max(id) FROM ticket), (SELECT max(id) FROM appointment), 0) + 1"
    )
    counts = await _counts(branch, days)
    tickets: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    imported: list[tuple[Any, ...]] = []
    for day, rows in days.items():
        desks = _desks(branch, [one for _, one in rows])
        for row_hash, one in rows:
            number = first + len(tickets)
            category = _category(directory, one)
            series = numbering.prefix(directory.rules, booked=False, priority=category)
            counts[day, series] += 1
            steps = _steps(one, desks.get(one.desk))
            tickets.append(
                (branch.id, number, day, numbering.number(series, counts[day, series]),
                 f"{branch.id}-{secrets.token_urlsafe(16)}", "visit", category,
                 directory.languages[0], None, None, one.arrival, len(steps),
                 "finished" if one.start else "left", [one.service], one.arrival,
                 desks.get(one.desk) if one.start else None, one.turn if one.start else None,
                 int(one.start is not None), one.start, one.end if one.start else one.left_at)
            )  # fmt: skip
            data = msgspec.json.encode({"services": [one.service]}).decode()
            events += [
                (branch.id, number, seq, at, verb, _ACTOR, desk, data if seq == 1 else "{}")
                for seq, (verb, at, desk) in enumerate(steps, start=1)
            ]
            imported.append((branch.id, number, row_hash, now))
    await db.fetch("DELETE FROM counter WHERE branch_id = $1 AND day = ANY($2)",
                   branch.id, list(days))  # fmt: skip
    for table, columns, copied in (
        ("ticket", _TICKET, tickets),
        ("ticket_event", _EVENT, events),
        ("counter", _COUNTER, [(branch.id, *key, last) for key, last in counts.items()]),
        ("imported", _IMPORTED, imported),
    ):
        await db.copy(table, columns, copied)
        await db.fetch(f"ANALYZE {table}")
    await db.fetch(
        "SELECT setval(pg_get_serial_sequence('ticket', 'id'),"
        " greatest($1, (SELECT max(id) FROM ticket)) + 1)",
        first + len(tickets),
    )


async def _counts(branch: Branch, days: _Days) -> Counter[tuple[date, str]]:
    rows = await db.fetch(
        "SELECT day, prefix, last FROM counter WHERE branch_id = $1 AND day = ANY($2)",
        branch.id,
        list(days),
    )
    return Counter({(row["day"], row["prefix"]): row["last"] for row in rows})


def _category(directory: Directory, one: LoggedVisit) -> str | None:
    """A log says that somebody had priority, not why: the centre's first category stands for it."""
    categories = directory.centre.priorities
    return categories[0].code if one.priority and categories else None


def _desks(branch: Branch, visits: Sequence[LoggedVisit]) -> dict[int | None, int]:
    """To each desk of the log one of the branch: the first that is left which gives the most of
    what was served there on that day."""
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


def _steps(one: LoggedVisit, desk: int | None) -> list[tuple[str, datetime, int | None]]:
    steps: list[tuple[str, datetime, int | None]] = [("issue", one.arrival, None)]
    if one.start and one.end:
        turn = one.turn or one.start
        steps += [("call", turn, desk), ("start", one.start, desk), ("finish", one.end, desk)]
    elif one.left_at:
        steps.append(("leave", one.left_at, None))
    return steps
