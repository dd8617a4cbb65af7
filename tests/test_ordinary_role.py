"""The centre speaks to its own PostgreSQL as an ordinary role, also after an update."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from config.settings import Settings
from queue_app import installation
from queue_app.clock import FixedClock
from queue_app.queries import doctor
from queue_app.store import db, dumps
from queue_app.store.cluster import cluster
from queue_app.store.roles import ORDINARY
from tests.conftest import MONDAY


async def _asked(dsn: str, *statements: str) -> list[object]:
    connection = await asyncpg.connect(dsn)
    try:
        return [await connection.fetchval(one) for one in statements]
    finally:
        await connection.close()


def asked(dsn: str, *statements: str) -> list[object]:
    return asyncio.run(_asked(dsn, *statements))


NOT_MINE = f"""
SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'S') AND pg_get_userbyid(relowner) <> '{ORDINARY}'
"""


async def prepare(settings: Settings) -> None:
    await installation.prepare(settings, FixedClock(MONDAY))


async def is_sound() -> bool:
    return await doctor.check(MONDAY) == []


@pytest.mark.slow
def test_an_installation_of_before_goes_on_as_an_ordinary_role_with_all_that_it_has(
    tmp_path: Path,
) -> None:
    settings = Settings(data=tmp_path / "data")
    with cluster(settings.data) as superuser:
        installation.run(superuser, lambda: prepare(settings))
        assert asked(superuser, NOT_MINE) != [0], "as yesterday's version made it"
        kept = asked(superuser, "SELECT count(*) FROM service")
    with installation.server(settings) as dsn:
        who = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        assert asked(dsn, who, NOT_MINE) == [False, 0]
        assert asked(dsn, "SELECT count(*) FROM service") == kept
        installation.run(dsn, lambda: prepare(settings))
        assert installation.run(dsn, is_sound)
        file = tmp_path / "hall.dump"
        dumps.backup(dsn, file)
        for _ in range(2):
            dumps.restore(dsn, file)
        installation.run(dsn, installation.migrate)
        assert installation.run(dsn, is_sound)
        assert asked(dsn, NOT_MINE) == [0]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asked(dsn, "SELECT pg_read_file('/etc/passwd')")


@pytest.mark.slow
def test_a_fresh_installation_is_the_roles_from_its_first_table_on(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    with installation.server(settings) as dsn:
        installation.run(dsn, lambda: prepare(settings))
        installation.run(dsn, db.ping)
        assert asked(dsn, NOT_MINE) == [0]
