"""No job and nothing that somebody waits for reads the whole past: PostgreSQL counts it.

The database has a quarter of a year of ten branches, from before what learning looks back to, so
that whoever reads in proportion to it is found by the count of rows alone, whatever the machine.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from msgspec import Struct, structs

from queue_app.clock import FixedClock
from queue_app.delivery.folder import MessageFolder
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel
from queue_app.domain.contacts import Resident
from queue_app.domain.errors import NotFound
from queue_app.domain.hall import Hall
from queue_app.domain.messages import Medium
from queue_app.domain.people import RESIDENT, token_hash
from queue_app.domain.wish import Wanted
from queue_app.flow import arrival, booking, pushing, staffing, wishing
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.jobs import learning, upkeep
from queue_app.jobs.runner import Job
from queue_app.jobs.sending import Sender
from queue_app.queries import (
    appointments,
    desks,
    doctor,
    halls,
    outbox,
    reference,
    retired,
    slots,
    tickets,
)
from queue_app.queries.accuracy import accuracy
from queue_app.queries.staff import staff_of_session
from queue_app.screens.desk import desk_queue
from queue_app.store import db
from queue_app.web.health import ACCURACY_DAYS
from tests.conftest import MONDAY
from tests.flow.stage import pool_on
from tests.support import long_past
from tests.support.database import RUN_FOLDER, drop_database, own_database
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.jobs import sweep
from tests.support.long_past import Past
from tests.support.people import BRANCH, CALLS, KIOSK, hire
from tests.support.subscriber import Subscriber
from tests.support.waiting import SOON

pytestmark = pytest.mark.slow

LAST_DAY = MONDAY.date() - timedelta(days=learning.MEMORY_DAYS + 10)
PAST = Past(LAST_DAY, weeks=13, people=20, booked=8)
MOST_ROWS = MOST_BLOCKS = 400
"""Of one table and its indexes, in one run. Each table that grows has ten times as many rows, and
of the tickets of one branch more than that have a booking."""
PLANS = frozenset({"desk"})
"""As large as the centre, whatever its past: read whole for each branch that is foretold."""
TURNS = 7
"""After the fifth, PostgreSQL may keep a plan for whatever is asked."""
SERVICE = "debt-amount"
CLOCK = FixedClock(MONDAY)
FRIDAY, LONG_AGO = MONDAY - timedelta(days=3), MONDAY - timedelta(days=40)

_BESIDE = f"""
CREATE TEMPORARY TABLE turn AS SELECT n, 1 + n % 10 AS branch_id,
    '{LONG_AGO - timedelta(days=60)}'::timestamptz - n * interval '4 h' AS old,
    '{MONDAY - timedelta(days=10)}'::timestamptz AS kept FROM generate_series(1, 5000) AS n;
INSERT INTO message (branch_id, event, kind, channel, recipient, language, state, created_at,
    due_at, sent_at)
SELECT branch_id, 'of old ' || n, 'booked', 'sms', '+380670000000', 'uk', 'sent', kept, kept, kept
FROM turn;
INSERT INTO wish (token, state, services, channel, branches, first_day, last_day, weekdays,
    from_hour, until_hour, language, phone, made_at, changed_at, revision)
SELECT branch_id || '-old-wish-of-somebody-' || n, 'withdrawn', '{{debt-amount}}', 'visit',
    ARRAY[branch_id], kept::date, kept::date, '{{}}', 0, 24, 'uk', '+380670000000', kept, kept, 1
FROM turn;
INSERT INTO wish_event (wish_id, seq, at, verb, actor)
SELECT id, 1, made_at, 'withdraw', 'resident' FROM wish;
INSERT INTO request (scope, key, fingerprint, created_at)
SELECT 'issue', gen_random_uuid(), '', '{MONDAY - timedelta(hours=1)}' FROM turn;
INSERT INTO interruption (branch_id, kind, started_at, staff_id, ended_at, ended_by, resumes_at)
SELECT branch_id, 'alert', old, 1, old + interval '20 min', 1, old + interval '25 min' FROM turn;
INSERT INTO desk_event (branch_id, desk_id, at, verb, staff_id, actor)
SELECT branch_id, id, old, 'close', 1, 'staff:1' FROM desk JOIN turn USING (branch_id);
INSERT INTO office_event (at, actor, kind, subject, verb)
SELECT old, 'operator', 'staff', 'somebody', 'add' FROM turn;
INSERT INTO promise (branch_id, ticket_id, revision, promised_at, low_minutes, high_minutes, shown,
    outcome, waited_minutes)
SELECT branch_id, id, 1, '{MONDAY - timedelta(days=10)}', 5, 20, 'ticket', 'called', 12
FROM ticket ORDER BY id LIMIT 5000;
"""
"""What grows beside tickets and appointments: within the time for which it is kept, or before."""


class Read(Struct, frozen=True):
    """Rows of a table or its indexes, and blocks of either."""

    rows: int
    blocks: int


_READ = """
SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) + coalesce((
        SELECT sum(idx_tup_read) FROM pg_stat_user_indexes one WHERE one.relid = whole.relid
    ), 0)::bigint AS rows,
    heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0) AS blocks
FROM pg_stat_user_tables AS whole JOIN pg_statio_user_tables AS blocks USING (relid, relname)
"""


async def counted() -> dict[str, Read]:
    """By table, what was read so far on the one connection that there is."""
    await db.fetch("SELECT pg_stat_force_next_flush()")
    await db.fetch("SELECT pg_stat_clear_snapshot()")
    return {row["relname"]: Read(row["rows"], row["blocks"]) for row in await db.fetch(_READ)}


async def too_much(act: Callable[[], Awaitable[object]]) -> dict[str, Read]:
    """Of which tables `act` reads more than anybody has to, and how much."""
    before = await counted()
    await act()
    after = await counted()
    read = {
        table: Read(now.rows - before[table].rows, now.blocks - before[table].blocks)
        for table, now in after.items()
    }
    return {
        table: one
        for table, one in read.items()
        if table not in PLANS and (one.rows > MOST_ROWS or one.blocks > MOST_BLOCKS)
    }


@pytest.fixture(scope="module")
async def grown(database_server: str, worker: str) -> AsyncIterator[str]:
    name = f"{Path(os.environ[RUN_FOLDER]).name}-{worker}-whole-past"
    dsn = await own_database(database_server, name)
    async with pool_on(dsn):
        assert await long_past.write(dsn, PAST) > 10_000
        await hire(LONG_AGO)
        await run(dsn, _BESIDE)
        await sweep(CLOCK)
    await run(dsn, _UNDISTURBED)
    await run(dsn, "VACUUM ANALYZE")
    yield dsn
    await drop_database(database_server, name)


async def run(dsn: str, script: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(script)
    await connection.close()


_UNDISTURBED = """
DO $$
DECLARE
    watched text;
BEGIN
    FOR watched IN SELECT relname FROM pg_stat_user_tables LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', watched);
    END LOOP;
END $$;
"""
"""What a vacuum reads counts like what a query reads."""
_OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@asynccontextmanager
async def planned(dsn: str, how: str) -> AsyncIterator[None]:
    """One connection, so that what it reads can be told, with plans of that kind; whoever was
    there before has gone, and is counted."""
    async with pool_on(dsn, max_size=1, limits=structs.replace(db.PATIENT, plans=how)):
        async with asyncio.timeout(SOON):
            while await db.fetch_value(_OTHERS):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        yield


def jobs(folder: Path) -> tuple[Job, ...]:
    letters = MessageFolder(folder)
    by_push: tuple[Medium, ...] = ("push",)
    pusher = Sender({"push": letters}, only=by_push)
    sender = Sender({"mail": letters, "sms": letters}, only=("mail", "sms"))
    return tuple(upkeep.with_delivery(sender, letters, pusher))


@pytest.mark.parametrize("table", ["appointment", "ticket", "ticket_event", "message", "promise"])
async def test_whoever_reads_the_past_is_found(grown: str, table: str) -> None:
    async with planned(grown, "auto"):
        assert await too_much(lambda: db.fetch(f"SELECT count(*) FROM {table}"))


@pytest.mark.parametrize("runs", [1, TURNS])
async def test_no_job_that_has_nothing_to_do_reads_the_past(
    grown: str, runs: int, tmp_path: Path
) -> None:
    async with planned(grown, "auto"):
        for _ in range(runs):
            found = {job.name: await too_much(partial(job.run, CLOCK)) for job in jobs(tmp_path)}
    assert {name: read for name, read in found.items() if read} == {}


async def test_no_job_reads_the_past_for_what_is_new(grown: str, tmp_path: Path) -> None:
    """And each has something to do: a new job needs its work in `leave_work`."""
    done: dict[str, int] = {}
    found: dict[str, dict[str, Read]] = {}
    async with planned(grown, "auto"):
        await leave_work(tmp_path)
        for job in jobs(tmp_path):

            async def work(job: Job = job) -> None:
                done[job.name] = await job.run(CLOCK)

            found[job.name] = await too_much(work)
        assert await doctor.check(MONDAY) == []
    assert {name: read for name, read in found.items() if read} == {}
    assert [name for name, count in done.items() if not count] == []


async def leave_work(folder: Path) -> None:
    """Something for each job: of last month, of Friday, of an hour ago, and of soon."""
    await db.fetch("UPDATE service_time SET learned_at = $1", FRIDAY)
    await db.fetch("UPDATE branch_habits SET learned_at = $1", FRIDAY)
    await hire(LONG_AGO, "long-gone")
    given_up = await booked(LONG_AGO - timedelta(days=1), LONG_AGO)
    await booking.cancel(By(RESIDENT, LONG_AGO - timedelta(hours=1)), given_up.token)
    desk = await open_desk("1", FRIDAY)
    for _ in range(6):
        await take_ticket(FRIDAY)
    for turn in range(4):
        await visit(desk, FRIDAY + turn * timedelta(minutes=10))
    await booked(FRIDAY, FRIDAY + timedelta(hours=2))
    await booked(FRIDAY, MONDAY, "phone")
    await db.fetch(
        "INSERT INTO foretold (branch_id, starts_at, made_at, low_minutes, high_minutes)"
        " SELECT id, $2, $2, 5, 10 FROM branch WHERE slug = $1",
        BRANCH,
        MONDAY - timedelta(hours=4),
    )
    await waits(LONG_AGO, FRIDAY.date())
    await waits(FRIDAY, MONDAY.date() + timedelta(days=1))
    await open_desk("3", MONDAY)
    await push_to(await take_ticket(MONDAY), MONDAY)
    await push_to(await take_ticket(FRIDAY), FRIDAY)
    await booked(FRIDAY, MONDAY + timedelta(hours=2))
    await booking.hold(
        By(RESIDENT, MONDAY - timedelta(hours=1)), BRANCH, [SERVICE], MONDAY + timedelta(hours=3)
    )
    await db.fetch("UPDATE reminded SET reach = $1", MONDAY + timedelta(hours=1))
    own_folder = folder / str(await outbox.identity())
    own_folder.mkdir(parents=True)
    (own_folder / f"{uuid4()}.eml").touch()


async def waits(now: datetime, day: date) -> None:
    """Somebody, for any time of this branch on that day."""
    branch = (await reference.directory()).branch(BRANCH)
    wanted = Wanted((SERVICE,), "visit", (branch.id,), day, day)
    person = Resident("Ян", None, f"on{day}@example.com")
    await wishing.make_wish(By(RESIDENT, now), "uk", wanted, person)


async def push_to(issued: IssuedTicket, now: datetime) -> None:
    told = Subscriber().at(f"https://push.example.org/{issued.id}")
    await pushing.allow_push(By(RESIDENT, now), issued.token, "ticket", told, "uk")


async def visit(desk: Desk, now: datetime) -> None:
    at = replace(desk, now=now)
    called = (await at.call()).id
    await at.start(called)
    await replace(at, now=now + timedelta(minutes=9)).finish(called)


async def booked(now: datetime, start: datetime, channel: Channel = "visit") -> Appointment:
    where = CALLS if channel == "phone" else BRANCH
    held = await booking.hold(By(RESIDENT, now), where, [SERVICE], start, channel)
    phone = f"+38067{held.id % 10**7:07}"
    return await booking.confirm(By(RESIDENT, now), held.token, "Ян", phone, None, "uk")


@pytest.mark.parametrize("how", ["force_custom_plan", "force_generic_plan"])
async def test_nothing_that_somebody_waits_for_reads_the_past(grown: str, how: str) -> None:
    async with planned(grown, how):
        desk = await open_desk("2" if "custom" in how else "5", MONDAY)
        steps = Steps(desk)
        found = {
            name: await too_much(getattr(steps, name))
            for name in Steps.__dict__
            if not name.startswith("_")
        }
    assert {name: read for name, read in found.items() if read} == {}


@pytest.mark.parametrize("runs", [1, TURNS])
async def test_nothing_that_is_measured_reads_the_past(grown: str, runs: int) -> None:
    week = MONDAY - timedelta(days=ACCURACY_DAYS)
    async with planned(grown, "force_generic_plan"):
        for _ in range(runs):
            assert await too_much(lambda: outbox.figures(MONDAY)) == {}
            assert await too_much(lambda: accuracy(week)) == {}
            assert await too_much(lambda: retired.still_needed(MONDAY)) == {}


class Steps:
    """What residents, kiosks, clerks and screens ask, in an order in which it can be asked."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._by = By(RESIDENT, MONDAY)

    async def free_starts(self) -> None:
        directory = await reference.directory()
        branch = directory.branch(BRANCH)
        await slots.free_days(directory, branch, [SERVICE], "visit", MONDAY.date(), 21, MONDAY)

    async def book(self) -> None:
        start = MONDAY + timedelta(hours=2, minutes=10 * int(self._desk.number))
        self._booked = await booked(MONDAY, start)

    async def look_at_the_booking(self) -> None:
        await appointments.by_token(self._booked.token)

    async def check_in(self) -> None:
        await arrival.check_in(By(KIOSK, MONDAY), BRANCH, self._booked.code)

    async def try_an_unknown_code(self) -> None:
        with pytest.raises(NotFound):
            await arrival.check_in(By(KIOSK, MONDAY), BRANCH, "000000")

    async def issue(self) -> None:
        self._issued = await take_ticket(MONDAY)

    async def look_at_the_ticket(self) -> None:
        await tickets.by_token(self._issued.token)

    async def board(self) -> None:
        self._hall = await self._load()

    async def console(self) -> None:
        hall = await self._load()
        desk_queue(hall, self._desk.id)
        await desks.extra(hall, self._desk.id)

    async def call(self) -> None:
        self._called = await self._desk.call()

    async def undo(self) -> None:
        await self._desk.undo(self._called.id)

    async def serve(self) -> None:
        called = await self._desk.call(self._issued.id)
        await self._desk.start(called.id)
        await self._desk.finish(called.id)

    async def leave_the_desk(self) -> None:
        await staffing.close_desk(By(self._desk.clerk, MONDAY), self._desk.id)

    async def sign_in(self) -> None:
        person = await hire(MONDAY, f"clerk-of-{self._desk.number}")
        await staff_of_session(token_hash(person.token), MONDAY)

    async def _load(self) -> Hall:
        directory = await reference.directory()
        return await halls.load(directory, directory.branch(BRANCH), MONDAY)
