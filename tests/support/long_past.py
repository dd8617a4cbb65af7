"""Years of a centre that nobody lived: one week of every branch, copied back in time by COPY.

The week is written by `queue_app.flow.history`, so its rows are the folds of their events; each of
its copies is the same week some weeks before, under ids, tokens and instants of its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO

import asyncpg

from queue_app.domain.directory import Branch, Directory
from queue_app.flow import history
from queue_app.flow.history import WrittenBooking, WrittenDay, WrittenVisit
from queue_app.queries import reference

TABLES = ("appointment", "appointment_event", "ticket", "ticket_event", "counter")
"""In the order in which their rows refer to each other."""
EARLY, CALLED_AFTER, STARTED_AFTER, SERVED = (timedelta(minutes=one) for one in (5, 12, 13, 7))
STAYS_AWAY, ABSENT = 8, 12
"""Of so many bookings one is missed; of so many visits one does not answer the call."""
CALLED_DAYS = 30
"""Of so many days there are promises."""


@dataclass(frozen=True)
class Past:
    """`weeks` weeks that end with the day before `until`. In each branch, on each day on which it
    is open, `people` come or were to come, and `booked` of them had a booking."""

    until: date
    weeks: int
    people: int
    booked: int


async def write(dsn: str, past: Past) -> int:
    """Fill the tables, in which there must be nothing yet; how many tickets there are then.

    This process' pool is open on the same database.
    """
    await _write_week(past)
    async with _connected(dsn) as reader, _connected(dsn) as writer:
        span = await _taken_as_template(reader)
        async with _indexes_away(writer):
            for ago in range(past.weeks - 1, -1, -1):
                for table, select in _WEEK.items():
                    await _copy(reader, writer, table, select, ago, (past.weeks - 1 - ago) * span)
        await _finish(writer, past.weeks * span)
        return int(await writer.fetchval("SELECT count(*) FROM ticket"))


async def _write_week(past: Past) -> None:
    """The newest one."""
    directory = await reference.directory()
    dates = [past.until - timedelta(days=ago) for ago in range(7, 0, -1)]
    for branch in directory.branches.values():
        if branch.kind == "contact_centre":
            continue  # nobody comes there
        days = (_day(directory, branch, one, past) for one in dates)
        await history.write(directory, branch, [one for one in days if one])


def _day(directory: Directory, branch: Branch, day: date, past: Past) -> WrittenDay | None:
    """People at even distances, from the opening to an hour before closing, desk by desk."""
    open_day = directory.day(branch, day)
    if open_day.opens is None or open_day.closes is None:
        return None
    step = (open_day.closes - timedelta(hours=1) - open_day.opens) / past.people
    people = [
        _person(branch, number, (open_day.opens + number * step).replace(microsecond=0), past)
        for number in range(past.people)
    ]
    return WrittenDay(
        day, [one for one, _ in people if one], [one for _, one in people if one is not None]
    )


def _person(
    branch: Branch, number: int, comes: datetime, past: Past
) -> tuple[WrittenBooking | None, WrittenVisit | None]:
    """Their booking, if they had one, and their visit, unless they stayed away from it."""
    desk = branch.desks[number % len(branch.desks)]
    services = (sorted(desk.services)[number % len(desk.services)],)
    turn = number * past.booked // past.people
    is_booked = turn != (number + 1) * past.booked // past.people
    away, absent = is_booked and turn % STAYS_AWAY == 0, number % ABSENT == 0
    due = comes + EARLY if is_booked else None
    started = None if absent else comes + STARTED_AFTER
    visit = WrittenVisit(
        person=number,
        services=services,
        priority=None,
        due_at=due,
        issued_at=comes,
        desk_id=desk.id,
        called_at=comes + CALLED_AFTER,
        started_at=started,
        ended_at=comes + STARTED_AFTER + SERVED,
    )
    if due is None:
        return None, visit
    lanes = [lane.id for lane in branch.lanes if lane.channel == "visit"]
    booking = WrittenBooking(
        person=number,
        lane_id=lanes[turn % len(lanes)],
        services=services,
        begins=due,
        ends=due + 2 * EARLY,
        state="missed" if away or absent else "fulfilled",
    )
    return booking, None if away else visit


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that looks up no references, where it may: the rows refer to each other as
    those of the week did."""
    connection = await asyncpg.connect(dsn)
    try:
        with suppress(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET synchronous_commit = off")
        yield connection
    finally:
        await connection.close()


_PLACE = """
CREATE TEMPORARY TABLE place AS
    SELECT branch_id, (row_number() OVER (ORDER BY branch_id) - 1) * max(most) OVER () AS more
    FROM (SELECT branch_id, greatest(max(id), (
            SELECT max(id) FROM appointment a WHERE a.branch_id = t.branch_id)) AS most
        FROM ticket t GROUP BY branch_id) given;
"""
"""How much the ids of each branch grow, so that no two branches share one, as in real life."""


async def _taken_as_template(reader: asyncpg.Connection) -> int:
    """The week is in temporary tables and nowhere else; how many ids a week takes."""
    await reader.execute(_PLACE)
    for table in TABLES:
        await reader.execute(f"CREATE TEMPORARY TABLE week_{table} AS SELECT * FROM {table}")
    await reader.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    span = await reader.fetchval(
        "SELECT max(id + more) FROM (SELECT branch_id, id FROM week_ticket UNION ALL"
        " SELECT branch_id, id FROM week_appointment) one JOIN place USING (branch_id)"
    )
    return int(span)


_WEEK = {
    "appointment": """
        SELECT branch_id, id + more + $2 AS id, lane_id,
            branch_id || '-' || md5('a' || id + more + $2) AS token, code, channel, services,
            tstzrange(lower(period) - $1, upper(period) - $1) AS period, state, language,
            created_at - $1 AS created_at, changed_at - $1 AS changed_at, revision,
            checked_in_at - $1 AS checked_in_at
        FROM week_appointment JOIN place USING (branch_id) ORDER BY created_at""",
    "appointment_event": """
        SELECT branch_id, appointment_id + more + $2 AS appointment_id, seq, at - $1 AS at, verb,
            actor, CASE verb WHEN 'hold' THEN data || jsonb_build_object(
                'starts_at', (data ->> 'starts_at')::timestamptz - $1,
                'ends_at', (data ->> 'ends_at')::timestamptz - $1,
                'held_until', (data ->> 'held_until')::timestamptz - $1)
            ELSE data END AS data
        FROM week_appointment_event JOIN place USING (branch_id) ORDER BY at""",
    "ticket": """
        SELECT branch_id, id + more + $2 AS id, (day - $1)::date AS day, number,
            branch_id || '-' || md5('t' || id + more + $2) AS token, channel, priority, language,
            appointment_id + more + $2 AS appointment_id, due_at - $1 AS due_at,
            issued_at - $1 AS issued_at, revision, state, services, queued_at - $1 AS queued_at,
            desk_id, called_at - $1 AS called_at, calls, started_at - $1 AS started_at,
            ended_at - $1 AS ended_at
        FROM week_ticket JOIN place USING (branch_id) ORDER BY issued_at""",
    "ticket_event": """
        SELECT branch_id, ticket_id + more + $2 AS ticket_id, seq, at - $1 AS at, verb, actor,
            desk_id, data
        FROM week_ticket_event JOIN place USING (branch_id) ORDER BY at""",
    "counter": """
        SELECT branch_id, (day - $1)::date AS day, prefix, last FROM week_counter""",
}
"""The rows of a week that is $1 before the newest, its ids greater by $2."""


_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relname = ANY($1) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


@asynccontextmanager
async def _indexes_away(writer: asyncpg.Connection) -> AsyncIterator[None]:
    """Those that hold no constraint are made at the end, which is quicker."""
    indexes = await writer.fetch(_INDEXES, list(TABLES))
    for one in indexes:
        await writer.execute(f"DROP INDEX {one['name']}")
    yield
    for one in indexes:
        await writer.execute(one["made"])


async def _copy(
    reader: asyncpg.Connection,
    writer: asyncpg.Connection,
    table: str,
    select: str,
    ago: int,
    more: int,
) -> None:
    """A week at a time, so that no more than that is ever in memory."""
    rows = BytesIO()
    asked = select.replace("$1", f"'{7 * ago} days'::interval").replace("$2", f"{more}::bigint")
    columns = [one.name for one in (await reader.prepare(asked)).get_attributes()]
    await reader.copy_from_query(asked, output=rows, format="binary")
    rows.seek(0)
    await writer.copy_to_table(table, source=rows, columns=columns, format="binary")


_PROMISED = f"""
INSERT INTO promise (branch_id, ticket_id, revision, promised_at, low_minutes, high_minutes, shown,
    outcome, waited_minutes)
SELECT branch_id, id, 1, issued_at, 5, 20, 'ticket', 'called', 12 FROM ticket
WHERE issued_at > (SELECT max(issued_at) FROM ticket) - interval '{CALLED_DAYS} days'
"""


async def _finish(writer: asyncpg.Connection, last: int) -> None:
    """What goes with the newest weeks; the next ids; and what the planner and the first readers
    of a table that was filled at once would else have to find out."""
    await writer.execute(_PROMISED)
    for table in ("appointment", "ticket"):
        await writer.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")
    await writer.execute("VACUUM ANALYZE")
