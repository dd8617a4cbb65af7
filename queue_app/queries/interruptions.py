"""Interruptions as frozen structs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from queue_app.domain.errors import NotAllowed, NotFound
from queue_app.domain.interruptions import Interruption
from queue_app.queries.halls import INTERRUPTION
from queue_app.store import db

LARGEST_ID = 2**63 - 1
"""Of a `bigint` column; what is larger names nothing."""


class Placed(Struct, frozen=True):
    """An interruption, the branch that it stops, and who began it."""

    branch_id: int
    staff_id: int
    interruption: Interruption


async def open_ones(branch_id: int) -> list[Interruption]:
    """Those of the branch whose end nobody has said yet, in order of their beginning, locked."""
    rows = await db.fetch(
        f"SELECT {INTERRUPTION} FROM interruption WHERE branch_id = $1"
        " AND coalesce(resumes_at, 'infinity'::timestamptz) = 'infinity'"
        " ORDER BY started_at, id FOR NO KEY UPDATE",
        branch_id,
    )
    return [_interruption(row) for row in rows]


async def resuming(branch_id: int, now: datetime) -> list[Interruption]:
    """Those of the branch that were said to be over and still stop calls at `now`, locked."""
    rows = await db.fetch(
        f"SELECT {INTERRUPTION} FROM interruption"
        " WHERE branch_id = $1 AND ended_at IS NOT NULL AND resumes_at > $2"
        " ORDER BY started_at, id FOR NO KEY UPDATE",
        branch_id,
        now,
    )
    return [_interruption(row) for row in rows]


def _interruption(row: Mapping[str, Any]) -> Interruption:
    return msgspec.convert(dict(row), type=Interruption)


async def since(branch_id: int, moment: datetime) -> tuple[Interruption, ...]:
    """Those of the branch that lasted beyond `moment`, in order of their beginning."""
    rows = await db.fetch(
        f"SELECT {INTERRUPTION} FROM interruption"
        " WHERE branch_id = $1 AND coalesce(resumes_at, 'infinity'::timestamptz) > $2"
        " ORDER BY started_at, id",
        branch_id,
        moment,
    )
    return tuple(_interruption(row) for row in rows)


async def lasting(branch_ids: Sequence[int], now: datetime) -> dict[int, tuple[Interruption, ...]]:
    """Those that are not over at `now`, by branch; none where there are none."""
    rows = await db.fetch(
        f"SELECT branch_id, {INTERRUPTION} FROM interruption WHERE branch_id = ANY($1)"
        " AND coalesce(resumes_at, 'infinity'::timestamptz) > $2 ORDER BY started_at, id",
        list(branch_ids),
        now,
    )
    found: dict[int, tuple[Interruption, ...]] = dict.fromkeys(branch_ids, ())
    for row in rows:
        values = dict(row)
        found[values.pop("branch_id")] += (_interruption(values),)
    return found


async def by_id(branch_ids: list[int], interruption_id: int) -> Placed:
    """The interruption of that id, in one of these branches, locked.

    NotFound `unknown_interruption`; NotAllowed `other_branch` for one of another branch.
    """
    if not 0 < interruption_id <= LARGEST_ID:
        raise NotFound("unknown_interruption", interruption=interruption_id)
    row = await db.fetch_row(
        f"SELECT branch_id, staff_id, {INTERRUPTION} FROM interruption"
        " WHERE branch_id = ANY($1) AND id = $2 FOR NO KEY UPDATE",
        branch_ids,
        interruption_id,
    )
    if row is None:
        await _refuse_elsewhere(interruption_id)
        raise NotFound("unknown_interruption", interruption=interruption_id)
    values = dict(row)
    placed = values.pop("branch_id"), values.pop("staff_id")
    return Placed(*placed, msgspec.convert(values, type=Interruption))


async def last_call(branch_id: int, now: datetime) -> datetime | None:
    """When somebody was last called out, by a clock that shows more than `now`."""
    called: datetime | None = await db.fetch_value(
        "SELECT max(at) FROM desk JOIN ticket_event e"
        " ON e.branch_id = desk.branch_id AND e.desk_id = desk.id"
        " WHERE desk.branch_id = $1 AND at > $2 AND verb IN ('call', 'recall')",
        branch_id,
        now,
    )
    return called


async def follower(placed: Placed) -> int | None:
    """The id of the one that stops everything since, and whose end nobody has said yet, if any.

    The ids of a branch rise with time.
    """
    found: int | None = await db.fetch_value(
        "SELECT max(id) FROM interruption"
        " WHERE branch_id = $1 AND services IS NULL AND id > $2 AND ended_at IS NULL",
        placed.branch_id,
        placed.interruption.id,
    )
    return found


async def _refuse_elsewhere(interruption_id: int) -> None:
    if await db.fetch_value("SELECT true FROM interruption WHERE id = $1", interruption_id):
        raise NotAllowed("other_branch")
