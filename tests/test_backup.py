"""Backups and restores, as an operator runs them: neither destroys anything unasked."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from queue_app.store import served
from tests.test_cli import Terminal, value


@pytest.fixture
def terminal(data: Path, spare_database: str) -> Terminal:
    return Terminal(data, spare_database)


async def test_a_backup_takes_no_files_place_unless_told_to(
    terminal: Terminal, spare_database: str, data: Path
) -> None:
    file = data / "centre.backup"
    file.write_text("mine")
    assert "--overwrite" in terminal.fails("backup", str(file))
    assert file.read_text() == "mine"
    terminal.succeeds("backup", "--overwrite", str(file))
    assert file.read_bytes().startswith(b"PGDMP")


@pytest.mark.slow
async def test_a_hall_that_is_served_is_replaced_only_when_that_is_said(
    terminal: Terminal, spare_database: str, data: Path
) -> None:
    file = data / "centre.backup"
    terminal.succeeds("backup", str(file))
    terminal.succeeds("device", "add", "Later", "--kind", "board", "--branch", "podilskyi")
    server = await asyncpg.connect(spare_database)
    try:
        await served.mark(server, 5)
        assert "--while-served" in terminal.fails("restore", "--force", str(file))
        assert await value(spare_database, "SELECT count(*) FROM device") == 1
        terminal.succeeds("restore", "--force", "--while-served", str(file))
        assert await value(spare_database, "SELECT count(*) FROM device") == 0
    finally:
        await server.close()
    terminal.succeeds("restore", "--force", str(file))


async def test_a_restore_that_is_killed_leaves_nothing_in_the_clear(
    terminal: Terminal, spare_database: str, data: Path
) -> None:
    file = data / "centre.backup"
    terminal.succeeds("backup", str(file))
    left = [data / f".centre.backup.{2**22 + 1}{end}" for end in ("", ".sql")]
    for one in left:
        one.write_text("names and phone numbers")
    blocker = await asyncpg.connect(spare_database)
    try:
        change = blocker.transaction()
        await change.start()
        await blocker.execute("LOCK TABLE ticket IN ROW EXCLUSIVE MODE")
        command = [sys.executable, "-m", "queue_app.cli", "restore", "--force", str(file)]
        restoring = subprocess.Popen(command, env=terminal.environment, start_new_session=True)
        await waits_for_a_lock(blocker)
        os.killpg(restoring.pid, signal.SIGKILL)
        restoring.wait()
    finally:
        await blocker.close()
    assert [one.name for one in data.iterdir() if "centre.backup" in one.name] == [file.name]


async def waits_for_a_lock(watcher: asyncpg.Connection) -> None:
    waiting = "SELECT true FROM pg_locks WHERE NOT granted AND relation = 'ticket'::regclass"
    async with asyncio.timeout(30):
        while True:
            if await watcher.fetchval(waiting):
                return
            await asyncio.sleep(0.05)
