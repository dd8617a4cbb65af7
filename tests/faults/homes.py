"""Where a trial's database is: in the product's folder, beside it, on a small disk, in a pair."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from queue_app.store.cluster import cluster
from tests.faults.postgres import Postgres
from tests.faults.stage import Stage

SMALL_MB = 160
"""The small disk; a new database takes some 75 MB of it."""
CONNECTIONS = 60


class Skipped(Exception):
    """The machine does not let this trial be made; the message says why."""


@dataclass
class Home:
    """`url`: what the server is told, None where it starts its own PostgreSQL in `data`.

    `database`: the PostgreSQL that holds the truth; a trial with two sets the second instead.
    """

    data: Path
    database: Postgres
    url: str | None = None
    second: Postgres | None = None
    ballast: Path = field(default=Path())

    @contextmanager
    def opened(self) -> Iterator[str]:
        """The database after the trial, whatever was done to it."""
        if self.url:
            yield self.database.url
        else:
            with cluster(self.data) as dsn:
                yield dsn


def sockets_of(dsn: str) -> Path:
    return Path(parse_qs(urlsplit(dsn).query)["host"][0])


@contextmanager
def embedded(stage: Stage, room: Path) -> Iterator[Home]:
    """The product's own PostgreSQL, which it starts and watches."""
    with _own(stage, room / "data") as home:
        yield home


@contextmanager
def _own(stage: Stage, data: Path) -> Iterator[Home]:
    stage.copy_to(data)
    with cluster(data) as dsn:  # only to learn where its socket is
        sockets = sockets_of(dsn)
    home = Home(data, Postgres(data / "postgres", sockets))
    try:
        yield home
    finally:
        home.database.clear_away()
        _remove_sockets(home)


@contextmanager
def apart(stage: Stage, room: Path) -> Iterator[Home]:
    """A PostgreSQL that the server is told of and does not start, with few connections."""
    base = room / "base"
    stage.copy_to(base)
    database = Postgres(base / "postgres", base / "run")
    database.add_settings(max_connections=str(CONNECTIONS))
    with cluster(base) as dsn:
        database = Postgres(base / "postgres", sockets_of(dsn))
        home = Home(room / "data", database, database.url)
        home.data.mkdir()
        try:
            yield home
        finally:
            database.thaw()
            if home.second:
                home.second.clear_away()
    database.clear_away()
    _remove_sockets(home)


@contextmanager
def pair(stage: Stage, room: Path) -> Iterator[Home]:
    """A primary and a standby that confirms every commit; the server is told of both."""
    with apart(stage, room) as home:
        first = home.database
        access = first.folder / "pg_hba.conf"
        access.write_text(access.read_text() + "local replication all trust\n")
        first.run("pg_ctl", "-D", str(first.folder), "reload")
        second = Postgres(first.folder.parent / "standby", first.folder.parent / "run2")
        for folder in (second.sockets, second.folder):
            folder.mkdir(mode=0o700)
            shutil.chown(folder, first.folder.owner(), first.folder.group())
        second.run(
            "pg_basebackup", "-h", str(first.sockets), "-U", "queue", "-D", str(second.folder),
            "-R", "-X", "stream", "-c", "fast",
        )  # fmt: skip
        second.add_settings(unix_socket_directories=str(second.sockets))
        home.second = second
        second.start()
        home.url = (
            f"postgresql://queue@/queue?host={first.sockets},{second.sockets}"
            "&target_session_attrs=read-write"
        )
        yield home


@contextmanager
def small_disk(stage: Stage, room: Path) -> Iterator[Home]:
    """The product's own PostgreSQL in a folder that holds little; only root may make one."""
    disk = room / "disk"
    disk.mkdir()
    with _mounted(disk), _own(stage, disk / "data") as home:
        home.ballast = disk / "ballast"
        yield home


@contextmanager
def _mounted(disk: Path) -> Iterator[None]:
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m,mode=0711", "tmpfs", str(disk)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise Skipped(f"no small disk can be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=False)


def _remove_sockets(home: Home) -> None:
    """Where the path was too long, the sockets had to stand elsewhere."""
    if home.data not in home.database.sockets.parents:
        with suppress(OSError):
            shutil.rmtree(home.database.sockets)


HomeOf = AbstractContextManager[Home]
