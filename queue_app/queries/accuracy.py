"""Whether the promised waits came true: each range given with a ticket, against its first call."""

from datetime import datetime

from msgspec import Struct

from queue_app import db


class Accuracy(Struct, frozen=True):
    """Of one branch since some moment: promises whose people were called.

    `covered`: the share whose wait lay in the range, 0 to 1; 0.8 is promised. `error_minutes`:
    the mean distance of the wait from the middle of the range.
    """

    branch: str
    promises: int
    covered: float
    error_minutes: float


_ACCURACY = """
SELECT branch.slug AS branch, count(*) AS promises,
    avg((waited BETWEEN low_minutes AND high_minutes)::int)::float8 AS covered,
    avg(abs(waited - (low_minutes + high_minutes) / 2.0))::float8 AS error_minutes
FROM promise JOIN branch ON branch.id = promise.branch_id
CROSS JOIN LATERAL (
    SELECT extract(epoch FROM min(at) - promised_at)::float8 / 60 AS waited FROM ticket_event e
    WHERE e.branch_id = promise.branch_id AND e.ticket_id = promise.ticket_id AND e.verb = 'call'
) called
WHERE promised_at >= $1 AND waited IS NOT NULL
GROUP BY branch.slug ORDER BY branch.slug
"""


async def accuracy(since: datetime) -> list[Accuracy]:
    """By branch; branches where nobody was called since then are left out."""
    return [Accuracy(*row) for row in await db.fetch(_ACCURACY, since)]
