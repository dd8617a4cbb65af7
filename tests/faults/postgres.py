"""A PostgreSQL that a trial can stop, freeze and ask, whoever started it."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from queue_app.store.cluster import binaries
from tests.faults import processes

APPLICATION = "queue-app"
"""How the product's connections call themselves."""

CUT = f"""
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = '{APPLICATION}'
"""


class Postgres:
    """The server whose data are in `folder`, with its socket in `sockets`."""

    def __init__(self, folder: Path, sockets: Path) -> None:
        self.folder = folder
        self.sockets = sockets
        self.url = f"postgresql://queue@/queue?host={quote(str(sockets), safe='/')}"

    def postmaster(self) -> int | None:
        try:
            return int((self.folder / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def everyone(self) -> list[int]:
        """The postmaster first, then its children."""
        first = self.postmaster()
        return [first, *processes.children(first)] if first else []

    def kill(self) -> None:
        """Kill -9 of the postmaster alone: its children notice."""
        if first := self.postmaster():
            processes.tell([first], signal.SIGKILL)

    def freeze(self) -> None:
        """Stop every process where it stands; those too that are being started."""
        frozen: set[int] = set()
        while more := set(self.everyone()) - frozen:
            processes.tell(more, signal.SIGSTOP)
            frozen |= more

    def thaw(self) -> None:
        processes.tell(self.everyone(), signal.SIGCONT)

    def start(self) -> None:
        log = self.folder / "start.log"
        self.run("pg_ctl", "-D", str(self.folder), "-l", str(log), "-w", "-t", "60", "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.folder), "-m", mode, "-w", "-t", "30", "stop")

    def run(self, program: str, *arguments: str) -> None:
        """One of its programs, as its owner."""
        owner = self.folder.stat() if self.folder.exists() else self.folder.parent.stat()
        switched = os.geteuid() == 0
        subprocess.run(
            [str(binaries() / program), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            user=owner.st_uid if switched else None,
            group=owner.st_gid if switched else None,
            extra_groups=[] if switched else None,
            umask=0o077,
        )

    def add_settings(self, **settings: str) -> None:
        """For the next start, as ALTER SYSTEM writes them."""
        with (self.folder / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    @asynccontextmanager
    async def connected(self, database: str = "queue") -> AsyncIterator[asyncpg.Connection]:
        """A connection that is none of the product's."""
        connection = await asyncpg.connect(
            self.url.replace("/queue?", f"/{database}?"),
            timeout=20,
            server_settings={"application_name": "trial", "default_transaction_read_only": "off"},
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=5)

    async def ask(self, *statements: str) -> Any:
        """The value of the last of these statements."""
        value = None
        async with self.connected() as connection:
            for statement in statements:
                value = await connection.fetchval(statement)
        return value

    async def cut(self) -> None:
        """Cut off every connection of the product."""
        await self.ask(CUT)

    async def until_it_answers(self, seconds: float = 30.0) -> None:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    await self.ask("SELECT 1")
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await asyncio.sleep(0.1)
                else:
                    return

    def clear_away(self) -> None:
        """End whatever still runs, however it stands."""
        left = self.everyone()
        processes.tell(left, signal.SIGCONT)
        processes.tell(left[:1], signal.SIGQUIT)
        if not processes.wait_until_dead(left, 5):
            processes.tell(left, signal.SIGKILL)
            processes.wait_until_dead(left, 5)
