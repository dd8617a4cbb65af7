"""What a supervisor's page asks beyond the hall."""

from datetime import timedelta

from queue_app.domain.hall import Hall
from queue_app.store import db


async def missed_today(hall: Hall) -> int:
    """Bookings of the hall's day whose time is over and whose holder has not come.

    Those that the hall still expects, as a stop keeps their right, are none.
    """
    before = hall.at - timedelta(minutes=hall.directory.rules.late_minutes)
    found: int = await db.fetch_value(
        "SELECT count(*)::int FROM appointment WHERE branch_id = $1 AND state = 'booked'"
        " AND channel = 'visit' AND checked_in_at IS NULL"
        " AND lower(period) >= $2 AND lower(period) < $3 AND id <> ALL($4)",
        hall.branch.id,
        hall.day.begins,
        before,
        [one.id for one in hall.appointed],
    )
    return found
