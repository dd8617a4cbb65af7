"""A server process on a database of its own, people, and a client that costs next to nothing."""

import asyncio
import re
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec

from config.files import load_centre
from queue_app.domain.centre import BranchPlan, Centre, DeskPlan
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.database import CONFIG
from tests.support.people import Machine, Person, hire, install
from tests.support.server import Server, start_servers, stop_servers

CLIENTS = 8
HALL = "holosiivskyi"
"""The branch that calls, with a desk for each client."""
TICKS = 100
"""A second of a process, as the kernel counts it."""
replace = msgspec.structs.replace


@dataclass
class Stage:
    """`desks` are those of HALL; `clerks` sit at them, in the same order."""

    dsn: str
    folder: Path
    server: Server
    kiosk: Machine
    clerks: list[Person]
    desks: list[int]


def open_files() -> None:
    """A thousand boards are a thousand open files here and in each process started here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def core_seconds_of(server: Server) -> float:
    """What all of its processes have taken of the cores so far."""
    own = server.process.pid
    assert own
    return sum(map(core_seconds, [own, *children_of(own)]))


def children_of(pid: int) -> list[int]:
    return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def core_seconds(pid: int) -> float:
    """What the process has taken of a core so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def core_seconds_of_postgres() -> float:
    """What PostgreSQL, on which this process' pool is open, has taken of the cores so far: all of
    its processes, those that have ended included."""
    file: str = await db.fetch_value("SELECT pg_read_file('postmaster.pid')")
    keeper = int(file.splitlines()[0])
    alive = 0.0
    for child in children_of(keeper):
        with suppress(OSError):  # it has ended since
            alive += core_seconds(child)
    ended = Path(f"/proc/{keeper}/stat").read_text().rsplit(")", 1)[1].split()[13:15]
    return core_seconds(keeper) + alive + sum(map(int, ended)) / TICKS


def busy_centre() -> Centre:
    """The sample, with eight equal desks in HALL and a horizon of more than a month."""
    centre = load_centre(CONFIG)
    every = tuple(skill.code for skill in centre.skills)

    def changed(branch: BranchPlan) -> BranchPlan:
        if branch.slug != HALL:
            return branch
        desks = tuple(DeskPlan(str(n), every, branch.hours) for n in range(1, CLIENTS + 1))
        return replace(branch, desks=desks)

    return replace(
        centre,
        rules=replace(centre.rules, horizon_days=40),
        branches=tuple(map(changed, centre.branches)),
    )


@asynccontextmanager
async def staged(dsn: str, folder: Path) -> AsyncIterator[Stage]:
    async with db.pool(dsn):
        await settle()
        async with serving(dsn, folder) as stage:
            yield stage


async def settle() -> None:
    """The schema and the centre in an empty database, on which this process' pool is open."""
    await db.migrate()
    await apply(By(OPERATOR, MONDAY), busy_centre())


@asynccontextmanager
async def serving(dsn: str, folder: Path) -> AsyncIterator[Stage]:
    """A server on a settled database, with clerks at their desks and a kiosk."""
    desks = [desk.id for desk in (await reference.directory()).branch(HALL).desks]
    clerks = [await hire(MONDAY, f"clerk{n}") for n in range(CLIENTS)]
    kiosk = await install(MONDAY)
    servers = start_servers(1, dsn, folder, MONDAY)
    try:
        stage = Stage(dsn, folder, servers[0], kiosk, clerks, desks)
        for desk, clerk in zip(desks, clerks, strict=True):
            async with speaking(stage, clerk) as client:
                await client.post(f"/desks/{desk}/openings")
        yield stage
    finally:
        stop_servers(servers)


class Client(asyncio.Protocol):
    """HTTP/1.1 over one connection, written by hand: the load must not cost what it measures."""

    def __init__(self, bearer: str) -> None:
        self.head = f"Host: load\r\nAuthorization: {bearer}\r\n"
        self._line: asyncio.Transport | None = None
        self._heard = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    async def post(self, path: str, body: Any = None, key: UUID | None = None) -> Any:
        """The JSON of a 200 or 201, None of a 204."""
        content = b"" if body is None else msgspec.json.encode(body)
        head = f"{self.head}Idempotency-Key: {key}\r\n" if key else self.head
        said = (
            f"POST /api/v1{path} HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        return msgspec.json.decode(await self._asked(path, said.encode() + content) or b"null")

    async def get(self, path: str, under: str = "/api/v1") -> bytes:
        return await self._asked(path, f"GET {under}{path} HTTP/1.1\r\n{self.head}\r\n".encode())

    async def _asked(self, path: str, said: bytes) -> bytes:
        assert self._line
        self._answer = asyncio.get_running_loop().create_future()
        self._line.write(said)
        status, body = await self._answer
        if status >= 300:
            raise RuntimeError(f"{path}: {status} {body.decode()}")
        return body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._line = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        end = self._heard.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        length = LENGTH.search(self._heard, 0, end)
        begins = end + 4
        ends = begins + (int(length[1]) if length else 0)
        if len(self._heard) >= ends:
            self._answer.set_result((int(self._heard[9:12]), bytes(self._heard[begins:ends])))
            del self._heard[:ends]

    def connection_lost(self, _: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())

    def close(self) -> None:
        assert self._line
        self._line.close()


LENGTH = re.compile(rb"(?i)\ncontent-length: *(\d+)")


@asynccontextmanager
async def speaking(stage: Stage, who: Person | Machine | None = None) -> AsyncIterator[Client]:
    host, port = stage.server.url.removeprefix("http://").split(":")
    bearer = who.bearer["Authorization"] if who else "none"
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: Client(bearer), host, int(port))
    try:
        yield client
    finally:
        client.close()
