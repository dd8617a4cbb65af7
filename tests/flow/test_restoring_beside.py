"""A backup is put back while somebody works in the database."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from queue_app.store import dumps


@pytest.mark.slow
async def test_a_restore_that_meets_somebody_at_work_begins_again(
    spare_database: str, tmp_path: Path
) -> None:
    """They hold what it waits for, and then ask for what it holds: it is the one that is ended."""
    file = tmp_path / "hall.dump"
    await asyncio.to_thread(dumps.backup, spare_database, file)
    worker = await asyncpg.connect(spare_database)
    watcher = await asyncpg.connect(spare_database)
    try:
        await worker.execute("CREATE TABLE mark ()")
        change = worker.transaction()
        await change.start()
        await worker.execute("LOCK TABLE ticket_event IN ROW EXCLUSIVE MODE")
        restoring = asyncio.create_task(asyncio.to_thread(dumps.restore, spare_database, file))
        held = await what_the_restore_holds(watcher)
        await worker.execute(f"LOCK TABLE {held} IN ROW EXCLUSIVE MODE")
        await change.commit()
        await asyncio.wait_for(restoring, 30)
        assert await watcher.fetchval("SELECT to_regclass('mark')") is None
    finally:
        await worker.close()
        await watcher.close()


async def what_the_restore_holds(watcher: asyncpg.Connection) -> str:
    """One of its tables, once it waits for another."""
    async with asyncio.timeout(20):
        while True:
            held = await watcher.fetchval(
                "SELECT relation::regclass::text FROM pg_locks JOIN pg_class ON oid = relation"
                " WHERE mode = 'AccessExclusiveLock' AND granted AND relkind = 'r'"
                " AND pid IN (SELECT pid FROM pg_locks WHERE NOT granted) LIMIT 1"
            )
            if held:
                return str(held)
            await asyncio.sleep(0.05)
