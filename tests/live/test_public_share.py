"""A crowd at a real server: costly pages over real sockets, and who is answered among them.

What is counted are the crowd's answers between somebody's question and its answer, never seconds.
With the share those are answered that come while somebody's own question waits for the database:
some 5 to 25 where a call is asked for and 5 to 8 for a page; without it several times the crowd.
Every one of the crowd asks again once it is answered, and whoever is looked at is read first.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from statistics import median

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import MONDAY
from tests.support.hall import take_ticket
from tests.support.people import BRANCH, hire
from tests.support.server import Server, start_servers, stop_servers
from tests.support.waiting import until
from tests.support.wire import Wire

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("own_hall", "silent")]

CROWD = 120
CALLS = 5
COSTLY = f"/api/v1/branches/{BRANCH}/slots?service=debt-amount"
FROM_ONE = {"X-Forwarded-For": "203.0.113.7"}
FROM_ANOTHER = {"X-Forwarded-For": "203.0.113.8"}
SOON = 30.0
"""Seconds; for a machine that does much else."""


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """With the public's share, as centres have it."""
    folder = tmp_path_factory.mktemp("server")
    started = start_servers(1, dsn, folder, clock=MONDAY, rate_limits=True)
    yield started[0]
    stop_servers(started)


@pytest.fixture
def silent(server: Server) -> Iterator[None]:
    """Whatever the test does leaves no error and no warning in the server's log."""
    before = len(server.log.read_text())
    yield
    assert server.complaints(before) == []


class Line:
    """One connection, over which one thing is asked after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = "Content-Length: 0\r\n" if method == "POST" else ""
        self.writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{lines}{length}\r\n".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        told = next(one[15:] for one in head.split(b"\r\n") if one.startswith(b"content-length:"))
        return int(head[9:12]), await self.reader.readexactly(int(told))


@asynccontextmanager
async def line(server: Server) -> AsyncIterator[Line]:
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


class Gathering:
    """The crowd: all its answers so far, by status."""

    def __init__(self) -> None:
        self.answers: dict[int, int] = {}

    @property
    def count(self) -> int:
        return sum(self.answers.values())

    async def ask_on(self, server: Server) -> None:
        async with line(server) as own:
            while True:
                status, _ = await own.ask("GET", COSTLY, FROM_ONE)
                self.answers[status] = self.answers.get(status, 0) + 1

    async def several(self, more: int) -> None:
        """Until so many more have been answered."""
        wanted = self.count + more
        await until(lambda: self.count >= wanted, SOON)


@asynccontextmanager
async def crowded(server: Server) -> AsyncIterator[Gathering]:
    gathering = Gathering()
    people = [asyncio.create_task(gathering.ask_on(server)) for _ in range(CROWD)]
    try:
        await gathering.several(CROWD)
        yield gathering
    finally:
        for one in people:
            one.cancel()
        await asyncio.gather(*people, return_exceptions=True)


async def test_a_clerk_is_answered_before_the_crowd_that_came_before_them(server: Server) -> None:
    clerk = await hire(MONDAY)
    for _ in range(CALLS):
        await take_ticket(MONDAY)
    passed = []
    async with line(server) as own, crowded(server) as crowd:
        _, body = await own.ask("GET", f"/api/v1/branches/{BRANCH}/desks", clerk.bearer)
        desk = json.loads(body)[0]["id"]
        status, body = await own.ask("POST", f"/api/v1/desks/{desk}/openings", clerk.bearer)
        assert status == 200, body
        for _ in range(CALLS):
            await crowd.several(5)
            before = crowd.count
            status, body = await own.ask("POST", f"/api/v1/desks/{desk}/calls", clerk.bearer)
            passed.append(crowd.count - before)
            assert status == 200, body
            called = json.loads(body)["id"]
            await own.ask("POST", f"/api/v1/tickets/{called}/no-shows", clerk.bearer)
    assert median(passed) < CROWD / 3, passed
    assert crowd.answers.keys() == {200}, "a crowd waits, and is served"


async def test_another_address_does_not_wait_for_the_crowd_of_one(server: Server) -> None:
    passed = []
    async with line(server) as own, crowded(server) as crowd:
        for _ in range(CALLS):
            await crowd.several(5)
            before = crowd.count
            status, _ = await own.ask("GET", "/health/live", FROM_ANOTHER)
            assert status == 200
            status, _ = await own.ask("GET", COSTLY, FROM_ANOTHER)
            passed.append(crowd.count - before)
            assert status == 200
    assert median(passed) < CROWD / 6, passed


def test_those_who_leave_are_not_waited_for(server: Server) -> None:
    crowd = [Wire(server) for _ in range(CROWD)]
    for number, wire in enumerate(crowd):
        wire.send(f"GET {COSTLY} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if number % 2:
            wire.reset()
        else:
            wire.socket.close()
    assert httpx.get(server.url + COSTLY).status_code == 200
    (waiting,) = [
        sample.value
        for family in text_string_to_metric_families(httpx.get(f"{server.url}/metrics").text)
        for sample in family.samples
        if sample.name == "queue_app_public_waiting"
    ]
    assert waiting == 0
