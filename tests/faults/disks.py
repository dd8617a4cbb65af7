"""A disk that is full, and has room again."""

import asyncio
import errno
from contextlib import suppress

from tests.faults.homes import small_disk
from tests.faults.trial import Scene, Trial

FULL = 8.0
_BLOCK = b"\0" * 65536


async def disk(scene: Scene) -> None:
    """The data folder's disk is full for 8 s: tables cannot grow."""
    with _filled(scene):
        await asyncio.sleep(FULL)


async def disk_of_wal(scene: Scene) -> None:
    """The same, and PostgreSQL needs a new file for its log of changes, which it cannot have."""
    with _filled(scene):
        with suppress(Exception):
            await scene.home.database.ask("SELECT pg_switch_wal()")
        await asyncio.sleep(FULL)


class _filled:  # noqa: N801 - reads as a function
    """Every byte of the disk taken by one file, which goes again."""

    def __init__(self, scene: Scene) -> None:
        self.ballast = scene.home.ballast

    def __enter__(self) -> None:
        with self.ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(_BLOCK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def __exit__(self, *_: object) -> None:
        self.ballast.unlink(missing_ok=True)


TRIALS = (Trial("disk", disk, small_disk), Trial("disk-wal", disk_of_wal, small_disk))
