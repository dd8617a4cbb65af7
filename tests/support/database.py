"""One PostgreSQL for the whole run, one database for each worker, whole and empty for each test."""

import asyncio
import fcntl
import gzip
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.store import db
from queue_app.store.cluster import cluster

RUN_FOLDER = "QUEUE_APP_TEST_FOLDER"
"""Names the folder that the workers of one run share; the run's first process makes it."""
RUN_SERVER = "QUEUE_APP_TEST_DSN"
"""Names a server to use instead of the embedded one; its user may create databases."""

CONFIGURED_AT = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
CONFIG = Path(__file__).parents[2] / "config" / "kyiv-cks"
OLD_HALL = Path(__file__).parent / "hall_of_2026_11_25.sql.gz"
"""What `pg_dump --inserts` wrote of a hall that the verbs of that day's version had filled: three
days of the simulator, then three by hand with whatever can happen. Everybody in it is invented."""
OLD_HALL_AT = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
"""When it was dumped: half past ten of a Wednesday in Kyiv."""

EMPTY_WITHIN = 60.0

_EMPTY = """
UPDATE desk SET state = 'closed', staff_id = NULL, pause_reason = NULL, since = NULL,
    help_at = NULL, break_asked_at = NULL, break_reason = NULL
    WHERE state <> 'closed';
DO $$
DECLARE
    changing text;
    filled boolean;
BEGIN
    -- What refuses to forget a row forgets all of them, which costs more: only where there are any.
    FOREACH changing IN ARRAY '{ticket_event, appointment_event, desk_event, office_event,
            wish_event, interruption}'::text[] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', changing) INTO filled;
        IF filled THEN
            EXECUTE format('TRUNCATE %I', changing);
        END IF;
    END LOOP;
    FOREACH changing IN ARRAY '{message, job, promise, foretold, waits_ahead,
            push_subscription, visit_note, imported_mark, ticket, unsettled,
            appointment, wish, counter, request, tally, proof, freed_slot, session, brake,
            known_browser, pairing, device, board_line, desk_skills, ticket_limit,
            service_time, branch_habits, staff,
            refused_contact, reminded, unreminded, printer}'::text[] LOOP
        EXECUTE format('DELETE FROM %I', changing);
    END LOOP;
END $$;
SELECT setval(pg_get_serial_sequence(numbered, 'id'), 1, false)
    FROM unnest('{ticket, appointment, desk_event, office_event, message, device, interruption,
        staff, wish}'::text[]) numbered;
WITH raised AS (UPDATE branch_version SET version = version + 1 RETURNING branch_id)
SELECT pg_notify('branch', branch_id::text) FROM raised;
"""


@contextmanager
def run_server() -> Iterator[str]:
    """The DSN of the run's server, shared by every worker; the last worker out stops it."""
    with ExitStack() as stack:
        given = os.environ.get(RUN_SERVER)
        yield given or stack.enter_context(cluster(Path(os.environ[RUN_FOLDER])))


async def own_database(server: str, name: str) -> str:
    """A database of that name, made anew from the template that holds the schema and the centre."""
    async with _maintenance(server) as connection:
        template = await _template(server, connection)
        await _make(connection, name, template)
    return at(server, name)


async def copied_database(server: str, name: str, of: str) -> str:
    """A database of that name, made anew as the other one is; nobody may be connected to that."""
    async with _maintenance(server) as connection:
        await _make(connection, name, of)
    return at(server, name)


async def old_database(server: str, name: str) -> str:
    """A database of that name, made anew as the version of `OLD_HALL_AT` left it: no migration
    since has run, and there are people in its hall."""
    async with _maintenance(server) as connection:
        await _make(connection, name, "template0")
    connection = await asyncpg.connect(at(server, name))
    try:
        await connection.execute(gzip.decompress(OLD_HALL.read_bytes()).decode())
    finally:
        await connection.close()
    return at(server, name)


async def _make(connection: asyncpg.Connection, name: str, template: str) -> None:
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


async def drop_database(server: str, name: str) -> None:
    async with _maintenance(server) as connection:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def empty(dsn: str) -> None:
    """Forget everything that people did; keep the centre. Committed, and announced to screens."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(EMPTY_WITHIN):
            while not await _emptied(connection):
                pass
    finally:
        await connection.close()


async def _emptied(connection: asyncpg.Connection) -> bool:
    """False where a server that still reads made PostgreSQL give up one of the two, or one that
    still writes put down a promise in between."""
    try:
        await connection.execute(_EMPTY)
    except (asyncpg.DeadlockDetectedError, asyncpg.ForeignKeyViolationError):
        return False
    return True


def at(server: str, database: str) -> str:
    """The DSN of another database of the same server."""
    parts = urlsplit(server)
    return urlunsplit(parts._replace(path=f"/{database}"))


async def _template(server: str, connection: asyncpg.Connection) -> str:
    run = Path(os.environ[RUN_FOLDER]).name
    name = f"{run}-template"
    if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        return name
    if not os.environ.get(RUN_SERVER):
        await _trade_safety_for_speed(connection)
    await connection.execute(f'CREATE DATABASE "{name}"')
    async with db.pool(at(server, name), max_size=2):
        await db.migrate()
        await _apply_centre()
    return name


async def _trade_safety_for_speed(connection: asyncpg.Connection) -> None:
    """The embedded server of a test run is thrown away, so a power cut may take it."""
    await connection.execute("ALTER SYSTEM SET fsync = off")
    await connection.execute("ALTER SYSTEM SET full_page_writes = off")
    await connection.execute("SELECT pg_reload_conf()")


async def _apply_centre() -> None:
    from config.files import load_centre
    from queue_app.flow.configuring import apply

    await apply(By(OPERATOR, CONFIGURED_AT), load_centre(CONFIG))


class _maintenance:  # noqa: N801 - reads as a function
    """A connection to the server's own database; one worker at a time makes and drops databases."""

    def __init__(self, server: str) -> None:
        self.server = server

    async def __aenter__(self) -> asyncpg.Connection:
        self.lock = (Path(os.environ[RUN_FOLDER]) / "databases.lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.connection = await asyncpg.connect(at(self.server, "postgres"))
        return self.connection

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()
        self.lock.close()
