"""Where a transaction begins and ends: with what changes or locks something, and not before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict
from queue_app.flow import calling
from queue_app.flow.act import By
from queue_app.store import db
from queue_app.store.outages import Outage
from tests.flow.desks import issue, now_of
from tests.support.hall import open_desk
from tests.support.statements import BEGIN, COMMIT, Statement, heard

pytestmark = pytest.mark.usefixtures("proven")

ADD = (
    "INSERT INTO office_event (at, actor, kind, subject, verb)"
    " VALUES (now(), 'me', 'hall', $1, 'is')"
)
ADDED = "SELECT subject FROM office_event WHERE actor = 'me' ORDER BY id"


@pytest.fixture
def said() -> Iterator[list[Statement]]:
    with heard() as every:
        yield every


async def added() -> list[str]:
    return [row["subject"] for row in await db.fetch(ADDED)]


async def test_what_only_reads_has_no_transaction(said: list[Statement]) -> None:
    async def work() -> int:
        await db.fetch("SELECT 1")
        return int(await db.fetch_value("SELECT 2"))

    assert await db.transact(work) == 2
    assert [sql for sql, _ in said] == ["SELECT 1", "SELECT 2"]


@pytest.mark.parametrize(
    "first",
    [
        "SELECT id FROM branch FOR UPDATE",
        "SELECT id FROM branch FOR NO KEY UPDATE",
        "SELECT id FROM branch FOR SHARE",
        "SELECT id FROM branch FOR KEY SHARE",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT pg_advisory_xact_lock_shared(1)",
        "SELECT pg_try_advisory_xact_lock(1)",
        "SELECT pg_notify('nobody', '')",
        "SELECT nextval('ticket_id_seq')",
        "SELECT 1 AS one INTO TEMPORARY made",
        "SET LOCAL work_mem = '64kB'",
        "WITH one AS (SELECT 1) SELECT * FROM one",
        "UPDATE branch SET slug = slug WHERE false",
    ],
)
async def test_it_begins_with_the_first_statement_that_may_change_or_lock(
    first: str, said: list[Statement]
) -> None:
    async def work() -> None:
        await db.fetch("SELECT 1")
        await db.fetch(first)
        await db.fetch("SELECT 2")

    await db.transact(work)
    assert [sql for sql, _ in said] == ["SELECT 1", BEGIN, first, "SELECT 2", COMMIT]


async def test_what_is_locked_stays_so_until_the_end(said: list[Statement]) -> None:
    locked, free = asyncio.Event(), asyncio.Event()

    async def holding() -> None:
        await db.fetch("SELECT 1")
        await db.fetch("SELECT id FROM branch FOR UPDATE")
        locked.set()
        await free.wait()

    async def asking() -> list[object]:
        return list(await db.fetch("SELECT id FROM branch FOR UPDATE SKIP LOCKED"))

    holder = asyncio.create_task(db.transact(holding))
    await locked.wait()
    assert await db.transact(asking) == []
    free.set()
    await holder
    assert await db.transact(asking)


async def test_what_fails_leaves_nothing_of_what_was_changed() -> None:
    async def work() -> None:
        await db.fetch(ADD, "one")
        await db.fetch_row_alone(ADD, "two")
        raise Conflict("ticket_state", state="left")

    with pytest.raises(Conflict):
        await db.transact(work)
    assert await added() == []


async def test_a_change_that_is_the_only_one_is_the_transaction(said: list[Statement]) -> None:
    async def work() -> None:
        await db.fetch("SELECT 1")
        await db.fetch_row_alone(ADD, "one")
        await db.fetch("SELECT 2")

    await db.transact(work)
    assert [sql for sql, _ in said] == ["SELECT 1", ADD, "SELECT 2"]
    assert await added() == ["one"]


async def test_after_what_was_to_be_the_only_change_there_is_no_other() -> None:
    """It could not be taken back any more: who writes such a verb is told."""

    async def work() -> None:
        await db.fetch_row_alone(ADD, "one")
        await db.fetch(ADD, "two")

    with pytest.raises(RuntimeError, match="last change"):
        await db.transact(work)
    assert await added() == ["one"]


async def cut_off() -> None:
    """The read finds the connection gone; no word in it is of a change."""
    await db.fetch("SELECT pg_terminate_backend(pg_backend_pid())")


async def lose_a_deadlock() -> None:
    raise asyncpg.DeadlockDetectedError


@pytest.mark.parametrize("fail", [cut_off, lose_a_deadlock])
async def test_what_fails_after_the_only_change_is_not_tried_again(
    fail: Callable[[], Awaitable[None]],
) -> None:
    """It is done: whoever asked is told that nobody knows, and finds it when they look."""

    async def work() -> None:
        await db.fetch_row_alone(ADD, "one")
        await fail()

    with pytest.raises(Outage) as told:
        await db.transact(work)
    assert told.value.unsure
    assert await added() == ["one"]


async def test_where_none_could_begin_nothing_is_changed_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = db.Transaction.begin

    async def late(self: db.Transaction) -> None:
        monkeypatch.setattr(db.Transaction, "begin", begin)
        raise TimeoutError

    async def work() -> None:
        tried.append(1)
        with suppress(Outage):  # as a verb that goes on without what it could not note
            await db.fetch(ADD, "one")
        await db.fetch(ADD, "two")

    tried: list[int] = []
    monkeypatch.setattr(db.Transaction, "begin", late)
    await db.transact(work)
    assert len(tried) == 2
    assert await added() == ["one", "two"]


async def test_a_savepoint_is_in_a_transaction_though_nothing_was_changed_before() -> None:
    async def work() -> None:
        try:
            async with db.savepoint():
                await db.fetch(ADD, "one")
                raise Conflict("ticket_state", state="left")
        except Conflict:
            await db.fetch(ADD, "two")

    await db.transact(work)
    assert await added() == ["two"]


async def test_a_read_that_fails_before_anything_was_changed_leaves_the_connection_as_it_was(
    said: list[Statement],
) -> None:
    async def work() -> None:
        try:
            await db.fetch("SELECT 1 / 0")
        except Exception:  # as a verb that goes on without what it could not read
            await db.fetch(ADD, "one")

    await db.transact(work)
    assert await added() == ["one"]
    assert (BEGIN, ()) in said


async def test_a_ticket_that_another_took_the_place_of_is_not_changed(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a backup of another hall is restored just before the verb's only statement."""
    await issue(clock)
    desk = await open_desk("1", clock.now())
    called = await desk.call()
    rows = db._rows

    async def restoring(connection: Any, sql: str, args: Any) -> Any:
        if "UPDATE ticket SET revision" in sql:
            await rows(connection, "UPDATE ticket SET token = 'another'", ())
        return await rows(connection, sql, args)

    monkeypatch.setattr(db, "_rows", restoring)
    with pytest.raises(Conflict, match="ticket_changed"):
        await desk.start(called.id)
    assert (await now_of(called.id)).progress.state == "called"


async def test_of_two_who_do_the_same_to_a_person_at_once_one_is_told(clock: FixedClock) -> None:
    """Neither has locked anything before its only statement: the revision is what decides."""
    await issue(clock)
    desk = await open_desk("1", clock.now())
    called = await desk.call()
    by = By(desk.clerk, clock.now())
    ended = await asyncio.gather(
        *(calling.no_show(by, called.id) for _ in range(4)),
        *(calling.start(by, called.id) for _ in range(4)),
        return_exceptions=True,
    )
    done = [one for one in ended if not isinstance(one, BaseException)]
    refused = [one for one in ended if isinstance(one, Conflict)]
    assert len(done) == 1
    assert len(refused) == 7, ended
    assert (await now_of(called.id)).progress.revision == 3


async def test_what_is_said_with_the_commit_comes_last_and_is_all_or_nothing(
    said: list[Statement],
) -> None:
    words = ADD.replace("$1", "'last'")

    async def work() -> None:
        await db.say_with_commit(words)
        await db.fetch(ADD, "first")

    await db.transact(work)
    assert [sql for sql, _ in said] == [BEGIN, ADD, f"{words}; {COMMIT}"]
    assert await added() == ["first", "last"]

    async def fails() -> None:
        await work()
        await db.say_with_commit("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await db.transact(fails)
    assert await added() == ["first", "last"]
    await db.transact(work)
    assert await added() == ["first", "last"] * 2


async def test_what_the_server_rolled_back_is_not_said_to_be_done() -> None:
    """A commit after a statement that failed is answered without an error."""

    async def work() -> None:
        await db.fetch(ADD, "one")
        with suppress(asyncpg.DivisionByZeroError):
            await db.fetch("SELECT 1 / 0")

    with pytest.raises(RuntimeError, match="passed over"):
        await db.transact(work)
    assert await added() == []


async def test_a_deadlock_at_the_version_in_the_commit_is_tried_again(
    clock: FixedClock, other: asyncpg.Connection
) -> None:
    """Whoever of the two the server chooses: nothing is lost, and nothing is done twice."""
    person = await issue(clock)
    desk = await open_desk("1", clock.now())
    before = await version_of(desk.clerk.branch_id)
    await other.execute("BEGIN")
    await other.execute(
        f"UPDATE branch_version SET version = version WHERE branch_id = {desk.clerk.branch_id}"
    )
    calling_now = asyncio.create_task(desk.call())
    await asyncio.sleep(0.3)
    with suppress(asyncpg.DeadlockDetectedError):
        await other.execute(f"SELECT id FROM ticket WHERE id = {person} FOR UPDATE")
    await other.execute("ROLLBACK")
    assert (await calling_now).id == person
    assert (await now_of(person)).progress.calls == 1
    assert await version_of(desk.clerk.branch_id) == before + 1


async def version_of(branch_id: int | None) -> int:
    found: int = await db.fetch_value(
        "SELECT version FROM branch_version WHERE branch_id = $1", branch_id
    )
    return found


@pytest.fixture
async def other(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "it's",
        "'); DROP TABLE ticket; --",
        "\\'",
        "$1 $2",
        "Їжак 東 \u202e",
        "a\nb; COMMIT",
    ],
)
async def test_what_is_said_with_the_commit_is_kept_as_it_is(text: str) -> None:
    """Whatever signs are in it."""
    key = uuid4()
    said = (
        "INSERT INTO request (scope, key, fingerprint, created_at, response)"
        " VALUES ($1, $2, $1, now(), to_jsonb($1::text))"
    )

    async def work() -> None:
        await db.say_with_commit(said, text, key)

    await db.transact(work)
    row = await db.fetch_row("SELECT scope, response #>> '{}' FROM request WHERE key = $1", key)
    assert row
    assert tuple(row) == (text, text)


async def test_only_what_can_be_spelled_out_is_said_with_the_commit() -> None:
    async def work() -> None:
        await db.say_with_commit("SELECT $1", 1.5)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="float"):
        await db.transact(work)
