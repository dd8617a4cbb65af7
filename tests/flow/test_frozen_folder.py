"""A message folder whose disk answers nothing any more: only messages wait for it."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from queue_app.cli import serve
from queue_app.clock import FixedClock
from queue_app.delivery.folder import MessageFolder
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import accounts, passwords, staffing
from queue_app.flow.act import By
from queue_app.jobs import retention, sending
from queue_app.jobs.sending import Sender
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.letters import Desk, book, waiting
from tests.support.people import BRANCH, PASSWORD
from tests.support.server import ROOT, free_port
from tests.support.server import Server as Started
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("proven")

TURNS = 10
"""More than the loop's threads, and more than a message's attempts."""
WITHIN = 10.0


class Disk:
    """Answers nothing until it thaws."""

    def __init__(self) -> None:
        self.thawed = threading.Event()
        self.asked = 0

    def sync(self, descriptor: int) -> None:
        self.asked += 1
        self.thawed.wait()

    def thaw(self) -> None:
        """A busy machine may take longer than the little patience that a frozen one is given."""
        sending.DELIVER_SECONDS = WITHIN
        self.thawed.set()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    frozen = Disk()
    monkeypatch.setattr(os, "fsync", frozen.sync)
    monkeypatch.setattr(sending, "DELIVER_SECONDS", 0.5)  # time to come to the disk
    yield frozen
    frozen.thawed.set()


async def turns(sender: Sender, clock: FixedClock) -> None:
    for _ in range(TURNS):
        await sender.deliver(clock)
        clock.advance(minutes=2)


async def attempts() -> list[int]:
    return [row["attempts"] for row in await db.fetch("SELECT attempts FROM message ORDER BY id")]


async def test_no_message_fails_for_a_frozen_disk_and_all_go_when_it_thaws(
    clock: FixedClock, tmp_path: Path, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    for address in ("a@example.com", "b@example.com"):
        await book(clock, address)
    await book(clock, None, "067 123 45 67")
    folder = MessageFolder(tmp_path)
    sender = Sender({"mail": folder, "sms": folder})
    await turns(sender, clock)
    assert (disk.asked, await attempts()) == (1, [0, 0, 0])
    assert [record.message for record in caplog.records if "hangs" in record.message] == [
        "message 1 not sent: mail hangs, and is handed nothing until that is over"
    ]
    disk.thaw()
    await until(lambda: not folder.hangs)
    assert await sender.deliver(clock) == 3
    assert [state for *_, state in await waiting()] == ["sent"] * 3


async def test_other_ways_go_on_beside_a_frozen_disk(
    clock: FixedClock, tmp_path: Path, disk: Disk
) -> None:
    await book(clock)
    await book(clock, None, "067 123 45 67")
    sms = Desk()
    await turns(Sender({"mail": MessageFolder(tmp_path), "sms": sms}), clock)
    assert [letter.recipient for letter in sms.letters] == ["+380671234567"]


async def test_whoever_signs_in_does_not_wait_for_a_frozen_disk(
    clock: FixedClock, tmp_path: Path, disk: Disk
) -> None:
    by = By(OPERATOR, clock.now())
    await accounts.add_staff(by, "clerk.one", "clerk", BRANCH, PASSWORD)
    for number in range(TURNS):
        await book(clock, f"n{number}@example.com")
    await turns(Sender({"mail": MessageFolder(tmp_path)}), clock)
    async with asyncio.timeout(WITHIN):
        await staffing.sign_in(By(RESIDENT, clock.now()), "clerk.one", PASSWORD)
        await accounts.change_password(By(OPERATOR, clock.now()), "clerk.one", PASSWORD * 2)


async def test_a_sweep_that_was_given_up_before_its_turn_is_never_made(
    clock: FixedClock, tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await book(clock)
    folder = MessageFolder(tmp_path)
    await Sender({"mail": folder}).deliver(clock)
    looked: list[Path] = []
    monkeypatch.setattr(os, "scandir", looked.append)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await retention.drop_letters(folder, clock)
    disk.thaw()
    await until(lambda: not folder.hangs)
    assert looked == []


async def test_whoever_signs_in_waits_for_no_thread_but_those_of_passwords(
    clock: FixedClock,
) -> None:
    await accounts.add_staff(By(OPERATOR, clock.now()), "one", "clerk", BRANCH, PASSWORD)
    over = threading.Event()
    hung = [asyncio.create_task(asyncio.to_thread(over.wait)) for _ in range(64)]
    try:
        async with asyncio.timeout(WITHIN):
            await staffing.sign_in(By(RESIDENT, clock.now()), "one", PASSWORD)
            await accounts.change_password(By(OPERATOR, clock.now()), "one", PASSWORD * 2)
    finally:
        over.set()
        await asyncio.gather(*hung)


async def test_few_passwords_are_proven_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now, most = [0], [0]
    guard = threading.Lock()

    class Slow:
        def hash(self, password: str) -> str:
            with guard:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.02)
            with guard:
                now[0] -= 1
            return password

    monkeypatch.setattr(passwords, "hasher", Slow())
    await asyncio.gather(*(passwords.hash_password("x") for _ in range(8)))
    assert most == [passwords.AT_ONCE]


SEEN = "seen"
"""The file, beside the messages, that says that a write began."""

_SERVE = """
import sys
from datetime import datetime
from pathlib import Path
from config.settings import Settings
from queue_app.cli.serve import serve
dsn, data, port, clock, workers = sys.argv[1:]
serve(Settings(database_url=dsn, data=Path(data), port=int(port), workers=int(workers),
    clock=datetime.fromisoformat(clock)), False, "tests.flow.test_frozen_folder:application")
"""


def application() -> Litestar:
    """The application of a server for whose folder no write ever ends."""

    def sync(fd: object) -> None:
        (Path(os.environ["QUEUE_APP_DATA"]) / SEEN).touch()
        threading.Event().wait()

    os.fsync = sync
    sending.DELIVER_SECONDS = 0.2
    return serve.application()


class Frozen(subprocess.Popen[bytes]):
    def is_alive(self) -> bool:
        return self.poll() is None

    def join(self, timeout: float | None = None) -> None:
        self.wait(timeout)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
async def test_a_server_stops_politely_though_its_folder_hangs(
    database: str, clock: FixedClock, tmp_path: Path, workers: int
) -> None:
    await accounts.add_staff(By(OPERATOR, clock.now()), "one", "clerk", BRANCH, PASSWORD)
    await book(clock)
    seen, log, port = tmp_path / SEEN, tmp_path / "log", free_port()
    arguments = [database, tmp_path, port, MONDAY.isoformat(), workers]
    with log.open("wb") as output:
        process = Frozen(
            [sys.executable, "-c", _SERVE, *map(str, arguments)],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    server = Started(f"http://127.0.0.1:{port}", process, log)
    try:
        server.wait_until_ready()
        await until(lambda: seen.exists() and "not sent" in log.read_text())
        signed = httpx.post(
            f"{server.url}/api/v1/sessions", json={"login": "one", "password": PASSWORD}
        )
        assert signed.status_code == 201, signed.text
        process.terminate()
        assert process.wait(WITHIN) == 0
    finally:
        if process.is_alive():
            process.kill()
            process.wait()
    assert await attempts() == [0]
