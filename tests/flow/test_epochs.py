"""Another epoch of the database: what a process keeps of the last one counts for nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from queue_app.domain.hall import Hall
from queue_app.domain.ranges import Forecasts
from queue_app.domain.told_range import Wait
from queue_app.flow.promising import Promises
from queue_app.queries import halls, reference
from queue_app.queries.epochs import EPOCH
from queue_app.store import db
from queue_app.store.outages import Outage
from tests.conftest import MONDAY
from tests.flow.stage import pool_on
from tests.support.database import copied_database, drop_database
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.waiting import SOON


@pytest.fixture(autouse=True)
async def own_pool(spare_database: str) -> AsyncIterator[None]:
    async with pool_on(spare_database):
        yield


async def begin_another() -> None:
    """As after a restore: the versions, and everything else, are as they were, in other files."""

    async def work() -> None:
        await db.fetch("CREATE TEMPORARY TABLE kept ON COMMIT DROP AS TABLE branch_version")
        await db.fetch("TRUNCATE branch_version")
        await db.fetch("INSERT INTO branch_version TABLE kept")

    await db.transact(work)


async def look(forecasts: Forecasts | None = None) -> Hall:
    directory = await reference.directory()
    return await halls.load(directory, directory.branch(BRANCH), MONDAY, forecasts)


async def test_an_epoch_lasts_until_the_database_is_filled_anew_or_copied(
    database_server: str,
) -> None:
    first = await db.fetch_value(f"SELECT {EPOCH}")
    await take_ticket(MONDAY)
    assert await db.fetch_value(f"SELECT {EPOCH}") == (await look()).epoch == first
    await begin_another()
    second = await db.fetch_value(f"SELECT {EPOCH}")
    assert second != first

    name = await db.fetch_value("SELECT current_database()")
    await db.close_pool()
    copy = await copied_database(database_server, f"{name}-copy", name)
    async with pool_on(copy):
        assert await db.fetch_value(f"SELECT {EPOCH}") not in (first, second)
    await drop_database(database_server, f"{name}-copy")


async def test_an_ordinary_role_sees_the_epoch_and_whether_changes_are_taken() -> None:
    connection = await db.engine.get_new_connection()
    try:
        await connection.execute("BEGIN; CREATE ROLE reader; SET LOCAL ROLE reader")
        found = await connection.fetchval(f"SELECT {EPOCH}")
        await db.check_notifies(connection, 5)
        await connection.execute("ROLLBACK; SET default_transaction_read_only = on")
        with pytest.raises(Outage):
            await db.check_notifies(connection, 5)
    finally:
        await connection.close()
    assert found == await db.fetch_value(f"SELECT {EPOCH}")


async def test_the_centre_is_read_anew_though_its_version_is_the_same() -> None:
    before = await reference.directory()
    await db.fetch("""UPDATE branch SET title = jsonb_set(title, '{uk}', '"Інший зал"')""")
    assert await reference.directory() is before
    await begin_another()
    seen = await look()
    assert (seen.directory.version, seen.branch.title["uk"]) == (before.version, "Інший зал")
    assert (await reference.directory()).epoch == seen.epoch != before.epoch


async def test_the_hall_of_a_branch_is_found_by_its_name_under_another_id() -> None:
    """As where the centres of two databases were loaded one branch after another."""
    before = await reference.directory()
    await db.fetch("UPDATE branch SET slug = slug || '-'")
    await db.fetch("UPDATE branch SET slug = $1 WHERE slug = 'podilskyi-'", BRANCH)
    await begin_another()
    seen = await halls.load(before, before.branch(BRANCH), MONDAY)
    assert (seen.branch.slug, seen.branch.id) == (BRANCH, before.branch("podilskyi").id)


async def test_ranges_of_another_epoch_are_nobodys() -> None:
    await open_desk("5", MONDAY)
    mine = await take_ticket(MONDAY)
    forecasts = Forecasts()
    before = await look(forecasts)
    assert before.waits[mine.id]
    kept = dict(forecasts._kept)
    assert (await look(forecasts)).waits and dict(forecasts._kept) == kept
    other = msgspec.structs.replace(await look(forecasts), epoch="other")
    assert other.waits[mine.id]
    assert dict(forecasts._kept) != kept


async def test_ranges_that_were_shown_in_another_epoch_are_not_kept() -> None:
    await open_desk("5", MONDAY)
    mine = await take_ticket(MONDAY)
    promises = Promises()
    shown = await look()
    vars(shown)["waits"] = {mine.id: Wait(1, 35, 50)}
    promises.note(shown, mine.id)
    await begin_another()
    await promises.flush()
    assert await later(mine.id) == []
    again = msgspec.structs.replace(await look(), at=MONDAY + timedelta(seconds=10))
    vars(again)["waits"] = {mine.id: Wait(1, 35, 50)}
    promises.note(again, mine.id)
    await promises.flush()
    assert await later(mine.id) == [35]


async def test_an_epoch_does_not_end_between_the_look_at_it_and_what_is_kept_in_it(
    spare_database: str,
) -> None:
    await open_desk("5", MONDAY)
    mine = await take_ticket(MONDAY)
    promises = Promises()
    shown = msgspec.structs.replace(await look(), at=MONDAY + timedelta(seconds=10))
    vars(shown)["waits"] = {mine.id: Wait(1, 35, 50)}
    promises.note(shown, mine.id)
    other = await asyncpg.connect(spare_database)
    try:
        await other.execute("BEGIN; LOCK TABLE promise IN SHARE MODE")  # nobody adds to it
        keeping = asyncio.create_task(promises.flush())
        await waiting_for_a_lock(other, 1)
        ending = asyncio.create_task(begin_another())
        await waiting_for_a_lock(other, 2)
    finally:
        await other.close()
    await asyncio.gather(keeping, ending)
    assert await later(mine.id) == [35]


async def waiting_for_a_lock(other: asyncpg.Connection, many: int) -> None:
    async with asyncio.timeout(SOON):
        while many > await other.fetchval(  # noqa: ASYNC110
            "SELECT count(*) FROM pg_locks JOIN pg_database own ON own.oid = database"
            " WHERE datname = current_database() AND NOT granted"
        ):
            await asyncio.sleep(0.02)


async def later(ticket: int) -> list[int]:
    rows = await db.fetch(
        "SELECT low_minutes FROM promise WHERE ticket_id = $1 AND shown = 'later'", ticket
    )
    return [row["low_minutes"] for row in rows]
