"""Who is to be reminded of their booking now."""

from datetime import datetime
from functools import partial

from queue_app.clock import Clock
from queue_app.domain.people import SYSTEM
from queue_app.domain.reminders import REMINDERS, Reminder
from queue_app.flow.act import By
from queue_app.flow.reminding import remind
from queue_app.jobs.each import each
from queue_app.queries import reference
from queue_app.store import db


async def send(clock: Clock) -> int:
    """Each reminder as far as it reaches by now, from where it had come; how many people."""
    now = clock.now()
    centre = (await reference.directory()).reminders
    reminded = 0
    for which in REMINDERS:
        reach = centre.reach(which, now)
        if reach is not None:
            reminded += await _remind(which, now, reach)
    return reminded


async def _remind(which: Reminder, now: datetime, reach: datetime) -> int:
    """The mark is set when all was written: what a crash leaves is looked at again, and stands in
    the outbox once. One that lies farther ahead is from before the clock was set back; without any
    the centre has just begun, and nobody is reminded of what is past its moment."""
    before = await db.fetch_value("SELECT reach FROM reminded WHERE reminder = $1", which)
    after = max(now, min(before or reach, reach))
    by_name = {f"branch {one}": one for one in await _branches(after, reach)}
    job = partial(remind, By(SYSTEM, now), which=which, after=after, until=reach)
    reminded = await each(by_name, job)
    if before != reach:
        await db.fetch(
            "INSERT INTO reminded (reminder, reach) VALUES ($1, $2)"
            " ON CONFLICT (reminder) DO UPDATE SET reach = EXCLUDED.reach",
            which,
            reach,
        )
    return sum(reminded)


async def _branches(after: datetime, until: datetime) -> list[int]:
    """Those in which somebody is booked for then."""
    rows = await db.fetch(
        "SELECT id FROM branch b WHERE EXISTS (SELECT FROM appointment WHERE branch_id = b.id"
        " AND state = 'booked' AND lower(period) > $1 AND lower(period) <= $2) ORDER BY id",
        after,
        until,
    )
    return [row["id"] for row in rows]
