"""People's data goes on time, in the rows and in the files that were made of them."""

import asyncio
import errno
import os
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.delivery.folder import MessageFile, MessageFolder
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking, outbox
from queue_app.flow.act import By
from queue_app.jobs import retention, upkeep
from queue_app.jobs.runner import running
from queue_app.jobs.sending import Sender
from queue_app.queries.outbox import identity
from queue_app.store import db
from tests.flow.letters import Desk, book, files_in, waiting
from tests.support.jobs import sweep

pytestmark = pytest.mark.usefixtures("proven")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "messages"


async def send(clock: FixedClock, folder: Path) -> None:
    files = MessageFolder(folder)
    await Sender({"mail": files, "sms": files}).deliver(clock)


async def drop(clock: FixedClock, folder: Path) -> int:
    return await retention.drop_letters(MessageFolder(folder), clock)


def names(folder: Path) -> set[str]:
    return {path.name for path in files_in(folder)}


async def own_folder(folder: Path) -> Path:
    """Where what this database sends lies in the folder of messages."""
    mine = folder / str(await identity())
    mine.mkdir(parents=True, exist_ok=True)
    return mine


def of_nobody() -> str:
    """The name of a letter whose row is gone."""
    return f"{uuid4()}.eml"


async def test_messages_go_with_the_data_of_whom_they_were_for(clock: FixedClock) -> None:
    booked = await book(clock)
    await booking.cancel(By(RESIDENT, clock.now()), booked.token)
    await Sender({"mail": Desk()}).deliver(clock)
    clock.advance(days=31)
    assert await retention.forget_people(clock) == 1
    assert await waiting() == []


async def test_messages_go_where_the_booking_names_nobody_any_more(clock: FixedClock) -> None:
    booked = await book(clock)
    await booking.cancel(By(RESIDENT, clock.now()), booked.token)
    await db.fetch("UPDATE appointment SET name = NULL, phone = NULL, email = NULL")
    clock.advance(days=30)
    await retention.forget_people(clock)
    assert len(await waiting()) == 2, "their time is not over"
    clock.advance(seconds=1)
    await retention.forget_people(clock)
    assert await waiting() == []


async def test_messages_of_no_booking_go_when_they_are_as_old(clock: FixedClock) -> None:
    await book(clock)
    await db.fetch("UPDATE message SET appointment_id = NULL")
    clock.advance(days=30)
    await retention.forget_people(clock)
    assert len(await waiting()) == 1
    clock.advance(seconds=1)
    await retention.forget_people(clock)
    assert await waiting() == []


async def test_files_go_with_the_rows_of_their_messages_and_not_before(
    clock: FixedClock, folder: Path
) -> None:
    given_up = await book(clock)
    await book(clock, None, "067 123 45 67")
    await send(clock, folder)
    await booking.cancel(By(RESIDENT, clock.now()), given_up.token)
    assert {Path(name).suffix for name in names(folder)} == {".eml", ".json"}
    assert await drop(clock, folder) == 0
    await sweep(FixedClock(clock.advance(days=31)))
    assert await db.fetch_value("SELECT count(*) FROM message") == 0
    assert await drop(clock, folder) == 2
    assert names(folder) == set()


async def test_files_go_though_the_process_died_between_the_rows_and_them(
    clock: FixedClock, folder: Path
) -> None:
    await book(clock)
    await send(clock, folder)
    await db.fetch("DELETE FROM message")  # and then nothing, as whoever did it is dead
    assert await drop(clock, folder) == 1


async def test_each_machine_clears_its_own_folder(clock: FixedClock, tmp_path: Path) -> None:
    folders = [tmp_path / "here", tmp_path / "there"]
    for folder in folders:
        (await own_folder(folder) / of_nobody()).touch()
    async with AsyncExitStack() as machines:
        for folder in folders:
            of_machine = upkeep.with_delivery(Sender({}), MessageFolder(folder))
            [job] = [job for job in of_machine if job.name == "drop_letters"]
            await machines.enter_async_context(running(clock, [job]))
        async with asyncio.timeout(30):
            while any(names(folder) for folder in folders):  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_draft_goes_when_its_message_does_not_wait_any_more(
    clock: FixedClock, folder: Path
) -> None:
    await book(clock)
    message = await outbox.claim(clock.now())
    assert message
    mine = await own_folder(folder)
    for ending in ("0123abcd", "ffffffff"):
        (mine / f"{message.identity}.{ending}").touch()
    assert await drop(clock, folder) == 0, "somebody may be writing it"
    await outbox.mark_sent(message, clock.now())
    (mine / f"{message.identity}.eml").touch()
    assert await drop(clock, folder) == 2
    assert names(folder) == {f"{message.identity}.eml"}


async def test_a_write_that_fails_leaves_no_draft(
    clock: FixedClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    await book(clock)
    await send(clock, folder)
    assert names(folder) == set()


async def test_what_is_not_ours_stays_and_a_missing_folder_is_an_empty_one(
    clock: FixedClock, folder: Path
) -> None:
    assert await drop(clock, folder) == 0
    assert not folder.exists()
    mine = await own_folder(folder)
    nobody = uuid4()
    others = {
        "notes.eml", "1-2.eml", f"{nobody}.txt", f"{nobody}.eml.bak", f"{nobody}.",
        f"x{nobody}.eml", f"{str(nobody).upper()[:-1]}A.eml",
        f"{nobody.hex}.eml", f"{nobody}.4321", f"{nobody}",
    }  # fmt: skip
    for name in others:
        (mine / name).touch()
    (mine / f"{nobody}.eml").mkdir()
    (mine / f"{nobody}.json").symlink_to(mine / "notes.eml")
    elsewhere = {of_nobody(), "1-1.eml", "2-7.json"}
    another = folder / str(uuid4())
    another.mkdir()
    for name in elsewhere:
        (folder / name).touch()
        (another / name).touch()
    assert await drop(clock, folder) == 0
    assert {path.name for path in mine.iterdir()} == others | {f"{nobody}.eml", f"{nobody}.json"}
    assert {path.name for path in another.iterdir()} == elsewhere
    assert {path.name for path in folder.iterdir()} == elsewhere | {mine.name, another.name}


async def test_letters_of_another_database_in_the_same_folder_stay(
    clock: FixedClock, folder: Path
) -> None:
    await book(clock)
    await send(clock, folder)
    await db.fetch("DELETE FROM message")
    await db.fetch("UPDATE outbox SET identity = gen_random_uuid()")  # as another database has it
    assert await drop(clock, folder) == 0
    await book(clock)
    await send(clock, folder)
    assert len(names(folder)) == 2


async def test_nothing_goes_where_another_database_was_restored_during_the_sweep(
    clock: FixedClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await own_folder(folder)
    (mine / of_nobody()).touch()

    class Slow(MessageFolder):
        async def files(self, outbox: UUID) -> list[MessageFile]:
            found = await super().files(outbox)
            await db.fetch("UPDATE outbox SET identity = gen_random_uuid()")
            return found

    assert await retention.drop_letters(Slow(folder), clock) == 0
    assert len(names(folder)) == 1


async def test_a_file_that_cannot_go_keeps_no_other(
    clock: FixedClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = await own_folder(folder)
    files = [mine / of_nobody() for _ in range(3)]
    for file in files:
        file.touch()
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == files[0]:
            raise PermissionError(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PermissionError):
        await drop(clock, folder)
    assert names(folder) == {files[0].name}


async def test_many_files_are_looked_up_in_several_queries(
    clock: FixedClock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FILES_AT_ONCE", 2)
    for number in range(5):
        await book(clock, f"n{number}@example.com")
    await send(clock, folder)
    await db.fetch("DELETE FROM message WHERE recipient LIKE 'n3%'")
    assert await drop(clock, folder) == 1
    assert len(names(folder)) == 4
