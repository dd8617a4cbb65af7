"""Tickets as frozen structs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record

from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import NotAllowed, NotFound
from queue_app.domain.numbering import branch_of_token
from queue_app.domain.tickets import AT_DESK, LIVE, Event, State, Ticket
from queue_app.store import db

LARGEST_ID = 2**63 - 1
"""Of a `bigint` column; what is larger names nothing."""


def _in_one_of(states: Iterable[State]) -> str:
    return "state IN ({})".format(", ".join(f"'{state}'" for state in states))


IN_HOUSE, BUSY = _in_one_of(LIVE), _in_one_of(AT_DESK)
"""SQL: the person is in the house, or at a desk. Words of the statement and not its parameters,
else a plan for whichever states there are would read every ticket of the branch."""

SELECT = """
SELECT ticket.*, (SELECT at FROM ticket_event e WHERE e.branch_id = ticket.branch_id
    AND e.ticket_id = ticket.id ORDER BY seq DESC LIMIT 1) AS changed_at
FROM ticket
"""


def from_row(row: Mapping[str, Any]) -> Ticket:
    values = dict(row)
    return msgspec.convert(values | {"progress": values}, type=Ticket)


async def by_id(branch_ids: list[int], ticket_id: int) -> Ticket:
    """The ticket of that id, in one of these branches.

    NotFound `unknown_ticket`; NotAllowed `other_branch` for one that was issued elsewhere.
    """
    return from_row(
        await _named(SELECT + "WHERE branch_id = ANY($1) AND id = $2", branch_ids, ticket_id)
    )


async def _named(sql: str, branch_ids: list[int], ticket_id: int) -> Record:
    if not 0 < ticket_id <= LARGEST_ID:
        raise NotFound("unknown_ticket")
    row = await db.fetch_row(sql, branch_ids, ticket_id)
    if row is None:
        await _refuse_elsewhere(ticket_id)
        raise NotFound("unknown_ticket")
    return row


_WITH_CLERK = f"""
SELECT own.*, (SELECT staff_id FROM desk WHERE desk.branch_id = own.branch_id
    AND desk.id = own.desk_id) AS clerk_id
FROM ({SELECT} WHERE branch_id = ANY($1) AND id = $2) own
"""


async def with_clerk(branch_ids: list[int], ticket_id: int) -> tuple[Ticket, int | None]:
    """The same, and the id of whoever has taken the desk at which its person is, if any."""
    row = await _named(_WITH_CLERK, branch_ids, ticket_id)
    return from_row(row), row["clerk_id"]


_FIRST_FREE = (
    SELECT
    + """
JOIN unnest($2::text::bigint[], $3::text::integer[])
    WITH ORDINALITY AS seen (ticket_id, revision, place)
    ON ticket.id = seen.ticket_id AND ticket.revision = seen.revision
WHERE branch_id = $1 AND state = 'waiting'
ORDER BY place LIMIT 1 FOR NO KEY UPDATE OF ticket SKIP LOCKED
"""
)


async def first_free(branch_id: int, seen: Sequence[tuple[int, int]]) -> Ticket | None:
    """The first of these tickets, each with the revision at which it was seen, that still waits
    like that and at which nobody else is; locked. None where there is none."""
    # As text: of a list the driver asks each part what it is.
    ids, revisions = (",".join(map(str, part)) for part in zip(*seen, strict=True))
    row = await db.fetch_row(_FIRST_FREE, branch_id, f"{{{ids}}}", f"{{{revisions}}}")
    return from_row(row) if row else None


async def _refuse_elsewhere(ticket_id: int) -> None:
    if await db.fetch_value(
        "SELECT true FROM branch JOIN ticket ON ticket.branch_id = branch.id AND ticket.id = $1",
        ticket_id,
    ):
        raise NotAllowed("other_branch")


async def by_token(token: str) -> Ticket:
    """The ticket behind a link; NotFound `unknown_link`."""
    row = await db.fetch_row(
        SELECT + "WHERE branch_id = $1 AND token = $2", branch_of_token(token), token
    )
    if row is None:
        raise NotFound("unknown_link")
    return from_row(row)


async def by_tokens(tokens: Collection[str]) -> dict[str, Ticket]:
    """The tickets behind these links, by link; those that there are."""
    found: dict[str, Ticket] = {}
    for branch_id, of_branch in _by_branch(tokens).items():
        rows = await db.fetch(
            SELECT + "WHERE branch_id = $1 AND token = ANY($2)", branch_id, of_branch
        )
        found |= {row["token"]: from_row(row) for row in rows}
    return found


def _by_branch(tokens: Iterable[str]) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = {}
    for token in tokens:
        with suppress(NotFound):
            grouped.setdefault(branch_of_token(token), []).append(token)
    return grouped


async def of_appointment(appointment: Appointment) -> Ticket | None:
    """The ticket that this appointment got at check-in, the last one if it got several."""
    row = await db.fetch_row(
        SELECT + "WHERE branch_id = $1 AND appointment_id = $2 ORDER BY id DESC LIMIT 1",
        appointment.branch_id,
        appointment.id,
    )
    return from_row(row) if row else None


async def at_desk(branch_id: int, desk_id: int) -> Ticket | None:
    """The ticket that is called to this desk or served at it."""
    row = await db.fetch_row(
        SELECT + f"WHERE branch_id = $1 AND desk_id = $2 AND {BUSY}", branch_id, desk_id
    )
    return from_row(row) if row else None


async def at_own_desk(staff_id: int) -> Ticket | None:
    """Who is called to, or served at, a desk that this person has taken."""
    row = await db.fetch_row(
        SELECT + f"WHERE {BUSY} AND (branch_id, desk_id) IN"
        " (SELECT branch_id, id FROM desk WHERE staff_id = $1)",
        staff_id,
    )
    return from_row(row) if row else None


async def left_over(first: Mapping[int, date]) -> list[tuple[int, int]]:
    """Branch and id of every ticket whose person is still in the house, of a day before the
    branch's `first`."""
    rows = await db.fetch(
        "SELECT branch_id, id FROM ticket"
        " JOIN unnest($1::int[], $2::date[]) AS kept (branch_id, first) USING (branch_id)"
        f" WHERE day < first AND {IN_HOUSE}",
        list(first),
        list(first.values()),
    )
    return [(row["branch_id"], row["id"]) for row in rows]


async def waiting_on(days: Mapping[int, date]) -> list[tuple[int, int]]:
    """Branch and id of every ticket of that day of the branch whose person waits in the house."""
    rows = await db.fetch(
        "SELECT branch_id, id FROM ticket"
        " JOIN unnest($1::int[], $2::date[]) AS kept (branch_id, day) USING (branch_id, day)"
        " WHERE state = 'waiting' AND channel = 'visit'",
        list(days),
        list(days.values()),
    )
    return [(row["branch_id"], row["id"]) for row in rows]


async def history(branch_id: int, ticket_id: int) -> list[Event]:
    """The ticket's events in order."""
    rows = await db.fetch(
        "SELECT seq, at, verb, actor, desk_id, data FROM ticket_event"
        " WHERE branch_id = $1 AND ticket_id = $2 ORDER BY seq",
        branch_id,
        ticket_id,
    )
    return [event_from_row(row) for row in rows]


def event_from_row(row: Mapping[str, Any]) -> Event:
    return msgspec.convert(dict(row) | msgspec.json.decode(row["data"]), type=Event)


async def desk_number(ticket: Ticket) -> str:
    """That of the desk at which its person is; empty for none."""
    found: str | None = await db.fetch_value(
        "SELECT number FROM desk WHERE branch_id = $1 AND id = $2",
        ticket.branch_id,
        ticket.progress.desk_id,
    )
    return found or ""
