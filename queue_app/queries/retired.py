"""What the centre's files took away while somebody still needed it."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from queue_app.store import db


class DeskInUse(Struct, frozen=True):
    """A retired desk that a clerk still has; `ticket`: the number at it, if any."""

    branch: str
    number: str
    clerk: str
    ticket: str | None


class StillNeeded(Struct, frozen=True):
    """A retired service or branch, by code or slug, that somebody still counts on.

    `people`: in the house now. `bookings`: to come. `desks_open`: desks of that branch where
    somebody calls; 0 for a service.
    """

    kind: Literal["service", "branch"]
    key: str
    people: int
    bookings: int
    desks_open: int = 0


_DESKS = """
SELECT slug AS branch, desk.number, login AS clerk, ticket.number AS ticket
FROM desk JOIN branch ON branch.id = desk.branch_id JOIN staff ON staff.id = desk.staff_id
LEFT JOIN ticket ON ticket.branch_id = desk.branch_id AND ticket.desk_id = desk.id
    AND ticket.state IN ('called', 'serving')
WHERE desk.retired_at IS NOT NULL ORDER BY slug, desk.position, desk.id
"""
_NEEDED = """
WITH visits AS (
    SELECT branch_id, services, 1 AS person, 0 AS booking FROM ticket
    WHERE state IN ('waiting', 'called', 'serving', 'parked')
    UNION ALL
    SELECT branch_id, services, 0, 1 FROM appointment
    WHERE state = 'booked' AND lower(period) > $1
)
SELECT 'service' AS kind, code AS key, sum(person) AS people, sum(booking) AS bookings,
    0 AS desks_open
FROM service JOIN visits ON code = ANY(services) WHERE retired_at IS NOT NULL GROUP BY code
UNION ALL
SELECT 'branch', slug, sum(person), sum(booking),
    (SELECT count(*) FROM desk WHERE desk.branch_id = branch.id AND desk.state = 'open')
FROM branch JOIN visits ON branch_id = branch.id WHERE retired_at IS NOT NULL
GROUP BY branch.id, slug
ORDER BY 1, 2
"""


async def desks_in_use() -> list[DeskInUse]:
    return [msgspec.convert(dict(row), type=DeskInUse) for row in await db.fetch(_DESKS)]


async def still_needed(now: datetime) -> list[StillNeeded]:
    rows = await db.fetch(_NEEDED, now)
    return [msgspec.convert(dict(row), type=StillNeeded) for row in rows]
