"""When to come without a booking: foretold once a minute for each branch, and judged afterwards."""

from datetime import date, datetime, timedelta
from functools import partial

import msgspec

from queue_app.clock import Clock
from queue_app.domain import half_hours
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.half_hours import HALF, DayAhead, Past, WaitsAhead
from queue_app.domain.hall import Hall
from queue_app.jobs.each import each
from queue_app.jobs.learning import MEMORY_DAYS
from queue_app.queries import halls, reference
from queue_app.queries import waits_ahead as known
from queue_app.queries.demand import past_days
from queue_app.scribe import computing
from queue_app.store import db

DAYS = 7
"""So many days after today are foretold."""
WEEK_EVERY = timedelta(hours=1)
"""The days to come change with their bookings alone, and are the most work."""
KEPT_BEFORE = timedelta(hours=1)
"""What is judged is what was foretold so long before."""
JUDGED_AFTER = timedelta(hours=3)
"""So long after a half hour nearly everybody who came in it has been called."""
KEPT_DAYS = 90

_KEEP = """
INSERT INTO waits_ahead (branch_id, made_at, week_at, centre_version, document)
VALUES ($1, $2, $3, $4, $5::jsonb)
ON CONFLICT (branch_id) DO UPDATE SET made_at = excluded.made_at, week_at = excluded.week_at,
    centre_version = excluded.centre_version, document = excluded.document
"""
_PROMISE = """
INSERT INTO foretold (branch_id, starts_at, made_at, low_minutes, high_minutes)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""
_JUDGE = f"""
UPDATE foretold f SET came = seen.came, held = seen.held
FROM (
    SELECT o.branch_id, o.starts_at, count(c.waited)::int AS came,
        count(*) FILTER (WHERE c.waited BETWEEN o.low_minutes AND o.high_minutes)::int AS held
    FROM foretold o LEFT JOIN LATERAL (
        SELECT extract(epoch FROM (
            SELECT min(e.at) FROM ticket_event e
            WHERE e.branch_id = t.branch_id AND e.ticket_id = t.id AND e.verb = 'call'
        ) - t.issued_at)::float8 / 60 AS waited
        FROM ticket t
        WHERE t.branch_id = o.branch_id AND t.day BETWEEN $2 AND $3
            AND t.issued_at >= o.starts_at
            AND t.issued_at < o.starts_at + make_interval(mins => {HALF})
            AND t.channel = 'visit' AND t.appointment_id IS NULL AND t.priority IS NULL
    ) c ON true
    WHERE o.branch_id = $1 AND o.came IS NULL AND o.starts_at < $4
    GROUP BY o.branch_id, o.starts_at
) seen
WHERE f.branch_id = seen.branch_id AND f.starts_at = seen.starts_at
RETURNING f.starts_at
"""


async def foretell(clock: Clock) -> int:
    """For every branch that receives visitors; how many."""
    directory, now = await reference.directory(), clock.now()
    offices = {
        f"branch {one.slug}": one for one in directory.branches.values() if one.kind == "office"
    }
    return len(await each(offices, partial(_foretell, directory, now)))


async def _foretell(directory: Directory, now: datetime, branch: Branch) -> None:
    hall = await halls.load(directory, branch, now)
    before = await known.kept(branch.id)
    past = await _past(directory, branch, now)
    today, at_once = await computing.do(partial(half_hours.today_ahead, hall.snapshot, past))
    week, week_at = await _week(directory, branch, hall, past, before)
    ahead = WaitsAhead(
        made_at=now,
        people=hall.people_waiting,
        low_minutes=at_once[0] if at_once else None,
        high_minutes=at_once[1] if at_once else None,
        days=(today, *week),
    )
    await db.transact(partial(_keep, branch.id, directory.version, week_at, ahead))


async def _past(directory: Directory, branch: Branch, now: datetime) -> Past:
    """Who came on the days before this one, and who is booked on those after it."""
    today = directory.today(branch, now)
    first = today.oldest.date - timedelta(days=MEMORY_DAYS)
    days = await past_days(directory, branch, first, today.oldest.date)
    last = directory.day(branch, today.date + timedelta(days=DAYS))
    booked: dict[date, list[tuple[datetime, frozenset[str]]]] = {}
    for due, services in await known.booked_between(branch, today.ends, last.ends):
        day = directory.day(branch, directory.local(due).date()).at(due)
        booked.setdefault(day.date, []).append((due, services))
    return Past(days, booked)


async def _week(
    directory: Directory, branch: Branch, hall: Hall, past: Past, before: known.Kept | None
) -> tuple[tuple[DayAhead, ...], datetime]:
    """The days to come, as they were made within the hour, or anew."""
    now = hall.at
    ahead = [directory.day(branch, hall.day.date + timedelta(days=one + 1)) for one in range(DAYS)]
    if before and _serves(before, directory, ahead, now):
        return before.ahead.days[1:], before.week_at
    made = []
    for day in ahead:
        make = partial(half_hours.day_ahead, directory, branch, day, past, hall.times, hall.habits)
        made.append(await computing.do(make))
    return tuple(made), now


def _serves(
    before: known.Kept, directory: Directory, ahead: list[BranchDay], now: datetime
) -> bool:
    same = [day.date for day in ahead] == [day.date for day in before.ahead.days[1:]]
    young = timedelta() <= now - before.week_at < WEEK_EVERY
    return same and young and before.centre_version == directory.version


async def _keep(branch_id: int, version: int, week_at: datetime, ahead: WaitsAhead) -> None:
    document = msgspec.json.encode(ahead).decode()
    await db.fetch(_KEEP, branch_id, ahead.made_at, week_at, version, document)
    for day in ahead.days:
        for one in day.half_hours:
            if timedelta() < one.starts_at - ahead.made_at <= KEPT_BEFORE:
                await db.fetch(
                    _PROMISE,
                    branch_id,
                    one.starts_at,
                    ahead.made_at,
                    one.low_minutes,
                    one.high_minutes,
                )


async def judge(clock: Clock) -> int:
    """What was foretold beside what came of it; how many half hours. What is old goes."""
    directory, now = await reference.directory(), clock.now()
    by_name = {f"branch {one.slug}": one for one in directory.branches.values()}
    return sum(await each(by_name, partial(_judge, directory, now)))


async def _judge(directory: Directory, now: datetime, branch: Branch) -> int:
    until = now - JUDGED_AFTER
    today = directory.today(branch, now).date
    rows = await db.fetch(_JUDGE, branch.id, today - timedelta(days=2), today, until)
    await db.fetch(
        "DELETE FROM foretold WHERE branch_id = $1 AND starts_at < $2",
        branch.id,
        now - timedelta(days=KEPT_DAYS),
    )
    return len(rows)
