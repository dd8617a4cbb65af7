"""The database stops, freezes, takes no writes or loses an answer: nothing is lost or done twice,
and whoever asks is told in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from queue_app.clock import FixedClock
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.store import answers, db
from queue_app.store.outages import Outage, Trouble
from queue_app.store.pool import AT_HAND, CLOSE_SECONDS, cut
from tests.conftest import MONDAY
from tests.flow.stage import own
from tests.support.hall import SERVICE
from tests.support.people import BRANCH, KIOSK
from tests.support.postgres import Postgres, own_postgres

GENEROUS = 3.0
"""Seconds added to a limit, for a machine that does much else."""


@pytest.fixture(autouse=True)
def trouble(monkeypatch: pytest.MonkeyPatch) -> Trouble:
    """Nothing remembered of other tests."""
    fresh = Trouble()
    monkeypatch.setattr(answers, "trouble", fresh)
    return fresh


@pytest.fixture
async def own_database(database_server: str, worker: str) -> AsyncIterator[str]:
    """A database whose settings this test may change."""
    async with own(database_server, f"{worker}-away") as dsn:
        yield dsn


async def set_read_only(dsn: str, on: bool) -> None:
    """As a standby that takes over, or a disk that is full, by a connection that may write."""
    name = dsn.partition("?")[0].rpartition("/")[2]
    admin = await asyncpg.connect(dsn, server_settings={"default_transaction_read_only": "off"})
    try:
        value = "on" if on else "off"
        await admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await admin.close()


async def issue(key: bool = True) -> arrival.IssuedTicket:
    by = By(KIOSK, MONDAY, uuid4() if key else None)
    return await arrival.issue(by, BRANCH, [SERVICE], None, "uk")


async def within(seconds: float) -> None:
    """Whether a write can be done, as readiness asks."""
    async with asyncio.timeout(seconds):
        await db.check_writes()


async def tickets() -> int:
    return int(await db.fetch_value("SELECT count(*) FROM ticket"))


@pytest.mark.slow
async def test_a_switchover_of_a_second_and_a_half_is_noticed_by_nobody(own_database: str) -> None:
    first = await issue()
    await set_read_only(own_database, True)
    asked = [asyncio.create_task(issue(key)) for key in (True, False, True)]
    reads = [asyncio.create_task(tickets()) for _ in range(3)]
    await asyncio.sleep(1.5)
    assert not any(one.done() for one in asked)
    await set_read_only(own_database, False)
    numbers = {(await one).number for one in asked}
    assert len(numbers | {first.number}) == 4
    assert all([await one >= 1 for one in reads])
    assert await tickets() == 4


@pytest.mark.slow
async def test_a_database_that_takes_no_writes_is_told_and_still_read(own_database: str) -> None:
    await issue()
    await set_read_only(own_database, True)
    began = time.monotonic()
    with pytest.raises(Outage) as told:
        await issue()
    assert told.value.no_writes
    assert time.monotonic() - began < 3.0 + GENEROUS
    with pytest.raises(Outage):
        await within(2.5)
    assert await tickets() == 1
    began = time.monotonic()
    with pytest.raises(Outage):
        await issue()
    assert time.monotonic() - began < 1.0 + GENEROUS, "it is known by now"
    await set_read_only(own_database, False)
    await issue()
    await within(2.5 + GENEROUS)


@asynccontextmanager
async def cutting(dsn: str) -> AsyncIterator[None]:
    """Cut every connection of this database again and again."""
    admin = await asyncpg.connect(dsn, server_settings={"application_name": "knife"})

    async def cut() -> None:
        while True:
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'queue-app'"
            )
            await asyncio.sleep(0.4)

    knife = asyncio.create_task(cut())
    try:
        yield
    finally:
        knife.cancel()
        await asyncio.gather(knife, return_exceptions=True)
        await admin.close()


@pytest.mark.slow
async def test_connections_that_are_cut_again_and_again_lose_and_double_nothing(
    own_database: str,
) -> None:
    issued = []
    async with cutting(own_database):
        for _ in range(6):
            issued += await asyncio.gather(*(issue() for _ in range(5)))
            await asyncio.sleep(0.1)
    assert len({one.number for one in issued}) == 30
    assert await tickets() == 30


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The next commit, or the next change that is a transaction by itself, is done, and its answer
    lost."""

    def arm() -> None:
        commit, rows = db.Transaction.commit, db._rows

        def lose() -> NoReturn:
            monkeypatch.setattr(db.Transaction, "commit", commit)
            monkeypatch.setattr(db, "_rows", rows)
            raise asyncpg.ConnectionDoesNotExistError

        async def and_then_nothing(self: db.Transaction) -> None:
            await commit(self)
            lose()

        async def by_itself_and_then_nothing(connection: Any, sql: str, args: Any) -> Any:
            answer = await rows(connection, sql, args)
            if "INSERT INTO ticket" in sql and not connection.is_in_transaction():
                lose()
            return answer

        monkeypatch.setattr(db.Transaction, "commit", and_then_nothing)
        monkeypatch.setattr(db, "_rows", by_itself_and_then_nothing)

    return arm


async def test_a_commit_whose_answer_is_lost_is_repeated_with_its_key_and_done_once(
    database: str, clock: FixedClock, deaf: Callable[[], None]
) -> None:
    deaf()
    issued = await issue()
    assert issued.number == "А1"
    assert await tickets() == 1


async def test_without_a_key_it_is_told_and_not_repeated(
    database: str, clock: FixedClock, deaf: Callable[[], None]
) -> None:
    deaf()
    with pytest.raises(Outage) as told:
        await issue(key=False)
    assert told.value.unsure
    assert await tickets() == 1


@pytest.mark.parametrize("key", [True, False])
async def test_a_cached_plan_that_fits_no_more_is_made_anew(own_database: str, key: bool) -> None:
    """As after a restore beside a running server."""
    await issue(key)
    await db.fetch("ALTER TABLE ticket ADD COLUMN added int")
    assert (await issue(key)).number == "А2"


async def test_an_answer_that_comes_with_the_end_of_its_time_is_an_outage(
    own_database: str,
) -> None:
    """As on a machine that stood still: nobody asks more of a line that is cut."""
    brief = msgspec.structs.replace(db.BRIEF, answer=0.2)

    async def twice() -> None:
        await db.fetch("SELECT 1")
        asyncio.get_running_loop().call_soon(time.sleep, 0.5)
        await db.fetch("SELECT 2")
        await db.fetch("SELECT 3")

    async with db.pool(own_database, limits=brief):
        with pytest.raises(Outage, match="TimeoutError"):
            await db.transact(twice)
        await db.transact(lambda: db.fetch("SELECT 4"))


async def test_a_line_that_is_gone_between_two_questions_is_an_outage(own_database: str) -> None:
    cut = list[int]()

    async def twice() -> None:
        [row] = await db.fetch("SELECT pg_backend_pid() AS pid")
        if not cut:
            cut.append(row["pid"])
            other = await asyncpg.connect(own_database)
            await other.execute(f"SELECT pg_terminate_backend({row['pid']})")
            await other.close()
            await asyncio.sleep(0.3)
        await db.fetch("SELECT 2")

    await db.transact(twice)
    assert cut, "and it was tried again"


async def test_a_cut_that_fails_leaves_no_other_answer_without_its_limit(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = list[Any]()

    def fails_once(connection: Any) -> None:
        if failed:
            cut(connection)
        else:
            failed.append(connection)
            raise RuntimeError("it cannot be cut")

    monkeypatch.setattr(answers, "cut", fails_once)
    brief = msgspec.structs.replace(db.BRIEF, answer=0.3)
    async with db.pool(own_database, limits=brief):
        began = time.monotonic()
        asked = [asyncio.create_task(db.fetch("SELECT pg_sleep(2)")) for _ in range(3)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert time.monotonic() - began < 4 * 0.3 + GENEROUS
    assert len(failed) == 1
    assert [isinstance(one, Outage) for one in found].count(True) >= 2


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with own_postgres(tmp_path_factory.mktemp("own") / "data") as server:
        yield server


async def timed(asked: Awaitable[object]) -> tuple[float, BaseException | None]:
    began, error = time.monotonic(), None
    try:
        await asked
    except Exception as raised:
        error = raised
    return time.monotonic() - began, error


@pytest.mark.slow
async def test_a_frozen_database_is_told_within_seconds_and_heals(postgres: Postgres) -> None:
    async with db.pool(postgres.dsn, limits=db.BRIEF):
        kept = db.engine.pool
        try:
            assert await db.fetch_value("SELECT 1") == 1

            async def write() -> None:
                await db.transact(lambda: db.fetch("SELECT 1"))

            postgres.freeze()
            asked = [db.fetch("SELECT 1"), write(), *(write() for _ in range(30))]
            found = await asyncio.gather(*(timed(one) for one in asked), timed(within(2.5)))
            for seconds, error in found:
                assert isinstance(error, (Outage, TimeoutError))
                assert seconds < db.BRIEF.connection + (db.BRIEF.answer or 0) + GENEROUS
            assert found[-1][0] < 3.0 + GENEROUS
            seconds, _ = await timed(write())
            assert seconds < db.BRIEF.connection + GENEROUS, "those that hang are not asked again"
            postgres.thaw()
            await asyncio.sleep(0.5)
            await asyncio.gather(*(write() for _ in range(30)))
        finally:
            postgres.thaw()
            assert db.engine.pool is kept


@pytest.mark.slow
async def test_connections_at_hand_to_a_frozen_database_keep_nobody_from_being_told(
    postgres: Postgres,
) -> None:
    """Each would take a moment to be closed in order, one after the other."""
    brief = msgspec.structs.replace(db.BRIEF, answer=1.0)
    async with db.pool(postgres.dsn, limits=brief):
        pool = db.engine.pool
        assert pool
        taken = [await pool.take(seconds=5) for _ in range(AT_HAND)]
        for one in taken:
            await pool.give(one, as_it_was=True)
        postgres.freeze()
        try:
            seconds, error = await timed(db.fetch("SELECT 1"))
        finally:
            postgres.thaw()
    assert isinstance(error, Outage)
    assert seconds < 1.0 + (AT_HAND - 1) * CLOSE_SECONDS


@pytest.mark.slow
async def test_readiness_says_no_within_three_seconds_and_yes_when_all_is_well(
    postgres: Postgres,
) -> None:
    async with db.pool(postgres.dsn, limits=db.BRIEF):
        await within(2.5)
        for fault, cure in ((postgres.freeze, postgres.thaw), (postgres.stop, postgres.start)):
            await asyncio.to_thread(fault)
            seconds, error = await timed(within(2.5))
            assert isinstance(error, (Outage, TimeoutError))
            assert seconds < 2.5 + GENEROUS
            await asyncio.to_thread(cure)
            for _ in range(50):
                if (await timed(within(2.5)))[1] is None:
                    break
                await asyncio.sleep(0.1)
            else:
                raise AssertionError("it stays unready")


@pytest.mark.slow
async def test_of_several_hosts_the_one_that_takes_writes_is_found_after_a_failover(
    postgres: Postgres, tmp_path: Path
) -> None:
    with own_postgres(tmp_path / "other") as other:
        both = f"{postgres.dsn},{other.dsn.partition('host=')[2]}"
        async with db.pool(both, limits=db.BRIEF):
            await read_only_server(other, True)

            async def where() -> str:
                rows = await db.fetch("SELECT current_setting('data_directory')")
                await db.fetch("CREATE TEMP TABLE written (one int) ON COMMIT DROP")
                return str(rows[0][0])

            first = await db.transact(where)
            assert not first.startswith(str(tmp_path))
            await asyncio.gather(read_only_server(postgres, True), read_only_server(other, False))
            assert (await db.transact(where)).startswith(str(tmp_path))
            await read_only_server(postgres, False)


async def read_only_server(server: Postgres, on: bool) -> None:
    """As when another takes over: those that are connected stay so, and may no longer write."""
    admin = await asyncpg.connect(server.dsn)
    try:
        value = "on" if on else "off"
        await admin.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        await admin.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(10):
            while await admin.fetchval("SHOW default_transaction_read_only") != value:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


@pytest.mark.usefixtures("database")
async def test_a_read_that_loses_a_deadlock_is_asked_again(dsn: str) -> None:
    """As beside a restore, which locks every table."""
    other = await asyncpg.connect(dsn)
    try:
        await other.execute("BEGIN; LOCK TABLE ticket IN ACCESS EXCLUSIVE MODE")
        asked = asyncio.create_task(db.fetch_value("SELECT count(*) FROM branch, ticket"))
        while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.4)  # so that it is the read that first looks for a deadlock
        await other.execute("LOCK TABLE branch IN ACCESS EXCLUSIVE MODE")
        await other.execute("ROLLBACK")
        assert await asked == 0
    finally:
        await other.close()
