"""What is foretold of the branches, and how often what was foretold held."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.half_hours import WaitsAhead
from queue_app.store import db

STALE = timedelta(minutes=10)
"""What is older is not shown: nobody makes it any more, or the clock was set back."""


class Kept(Struct, frozen=True):
    """`week_at`: when the days to come were made; `centre_version`: of which files."""

    week_at: datetime
    centre_version: int
    ahead: WaitsAhead


class Held(Struct, frozen=True):
    """Of so many walk-ins, how many waited as long as was foretold an hour before they came."""

    came: int
    held: int

    @property
    def percent(self) -> int:
        return round(100 * self.held / self.came) if self.came else 0


async def kept(branch_id: int) -> Kept | None:
    row = await db.fetch_row("SELECT * FROM waits_ahead WHERE branch_id = $1", branch_id)
    return _kept(row) if row else None


def _kept(row: Mapping[str, Any]) -> Kept:
    ahead = msgspec.json.decode(row["document"], type=WaitsAhead)
    return Kept(row["week_at"], row["centre_version"], ahead)


async def fresh(directory: Directory, now: datetime) -> dict[str, WaitsAhead]:
    """By slug, of each branch in force of which somebody foretold something lately."""
    rows = await db.fetch(
        "SELECT * FROM waits_ahead WHERE made_at > $1 AND made_at <= $2", now - STALE, now + STALE
    )
    known = {row["branch_id"]: row for row in rows}
    return {
        slug: _kept(known[branch.id]).ahead
        for slug, branch in directory.branches.items()
        if branch.id in known
    }


async def held_since(since: datetime) -> dict[int, Held]:
    """By branch."""
    rows = await db.fetch(
        "SELECT branch_id, sum(came)::int AS came, sum(held)::int AS held FROM foretold"
        " WHERE branch_id IN (SELECT id FROM branch) AND starts_at > $1 AND came > 0"
        " GROUP BY branch_id",
        since,
    )
    return {row["branch_id"]: Held(row["came"], row["held"]) for row in rows}


async def booked_between(
    branch: Branch, since: datetime, until: datetime
) -> list[tuple[datetime, frozenset[str]]]:
    """The visits booked so far, by time."""
    rows = await db.fetch(
        "SELECT lower(period) AS due, services FROM appointment WHERE branch_id = $1"
        " AND lower(period) >= $2 AND lower(period) < $3 AND state = 'booked'"
        " AND channel = 'visit' ORDER BY lower(period), id",
        branch.id,
        since,
        until,
    )
    return [(row["due"], frozenset(row["services"])) for row in rows]
