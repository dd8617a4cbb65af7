"""Tickets as frozen structs."""

from collections.abc import Mapping
from typing import Any

import msgspec

from queue_app.domain.errors import NotAllowed, NotFound
from queue_app.domain.numbering import branch_of_token
from queue_app.domain.tickets import Event, Ticket
from queue_app.store import db

LARGEST_ID = 2**63 - 1
"""Of a `bigint` column; what is larger names nothing."""


def from_row(row: Mapping[str, Any]) -> Ticket:
    values = dict(row)
    return msgspec.convert(values | {"progress": values}, type=Ticket)


async def by_id(branch_ids: list[int], ticket_id: int) -> Ticket:
    """The ticket of that id, in one of these branches.

    NotFound `unknown_ticket`; NotAllowed `other_branch` for one that was issued elsewhere.
    """
    if not 0 < ticket_id <= LARGEST_ID:
        raise NotFound("unknown_ticket")
    row = await db.fetch_row(
        "SELECT * FROM ticket WHERE branch_id = ANY($1) AND id = $2", branch_ids, ticket_id
    )
    if row is None:
        await _refuse_elsewhere(ticket_id)
        raise NotFound("unknown_ticket")
    return from_row(row)


async def _refuse_elsewhere(ticket_id: int) -> None:
    if await db.fetch_value(
        "SELECT true FROM branch JOIN ticket ON ticket.branch_id = branch.id AND ticket.id = $1",
        ticket_id,
    ):
        raise NotAllowed("other_branch")


async def by_token(token: str) -> Ticket:
    """The ticket behind a link; NotFound `unknown_link`."""
    row = await db.fetch_row(
        "SELECT * FROM ticket WHERE branch_id = $1 AND token = $2", branch_of_token(token), token
    )
    if row is None:
        raise NotFound("unknown_link")
    return from_row(row)


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
