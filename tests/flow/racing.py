"""Three processes that serve one database, and people who ask all of them at once.

Each race has a branch of its own. Every request is sent twice at the same moment, to two
processes, with one Idempotency-Key, and once more when the race is over: all three answers must
be the same.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from config.files import load_centre
from queue_app.domain.centre import BranchPlan, Centre, DeskPlan, LanePlan
from tests.conftest import MONDAY
from tests.support.database import CONFIG
from tests.support.people import Machine
from tests.support.server import Server

ONE_SEAT, SEVERAL_SEATS, TICKETS, DESKS, CHAOS = (
    "holosiivskyi", "darnytskyi", "desnianskyi", "dniprovskyi", "obolonskyi",
)  # fmt: skip
CLIENTS = 8
TOMORROW = (MONDAY + timedelta(days=1)).date()
replace = msgspec.structs.replace


def equal_desks(centre: Centre, branch: BranchPlan) -> BranchPlan:
    """Eight desks, each of which gives everything."""
    every = tuple(skill.code for skill in centre.skills)
    desks = tuple(DeskPlan(str(n), every, branch.hours) for n in range(1, CLIENTS + 1))
    return replace(branch, desks=desks)


def one_lane(centre: Centre, branch: BranchPlan) -> BranchPlan:
    """Room for one visit at a time."""
    every = tuple(skill.code for skill in centre.skills)
    return replace(branch, lanes=(LanePlan("only", "visit", every, branch.hours),))


def hall_of_races() -> Centre:
    centre = load_centre(CONFIG)
    changed = {ONE_SEAT: one_lane, DESKS: equal_desks, CHAOS: equal_desks}
    return replace(
        centre,
        branches=tuple(
            changed.get(one.slug, lambda _, same: same)(centre, one) for one in centre.branches
        ),
    )


@dataclass
class Answer:
    """What came back, and the moments of this process' clock between which it was asked."""

    status: int
    body: bytes
    sent: float
    answered: float

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass
class Request:
    """One request that may be sent again, to any process."""

    path: str
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=lambda: str(uuid4()))

    async def send(self, client: httpx.AsyncClient) -> Answer:
        sent = time.monotonic()
        try:
            answer = await self._post(client)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            answer = await self._post(client)  # the server closed an idle connection meanwhile
        return Answer(answer.status_code, answer.content, sent, time.monotonic())

    async def _post(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.post(
            f"/api/v1{self.path}",
            json=self.body,
            headers=self.headers | {"Idempotency-Key": self.key},
        )


@dataclass
class Hall:
    """The servers, one client a person, and everything that was asked."""

    dsn: str
    servers: list[Server]
    clients: list[httpx.AsyncClient]
    kiosks: dict[str, Machine]
    asked: list[tuple[Request, Answer]] = field(default_factory=list)

    async def ask(self, person: int, request: Request) -> Answer:
        """Send the request twice at once, through two processes: the answers are one."""
        first, second = await asyncio.gather(
            request.send(self.clients[person % CLIENTS]),
            request.send(self.clients[(person + 1) % CLIENTS]),
        )
        assert first.status == second.status, (request, first, second)
        if first.status < 400:
            assert first.body == second.body
        self.asked.append((request, first))
        return first

    async def everything_again(self) -> None:
        """What was done is answered as it was the first time, and is not done twice."""
        line = [(request, answer) for request, answer in self.asked if answer.status < 400]

        async def again(person: int) -> None:
            while line:
                request, answer = line.pop()
                repeated = await request.send(self.clients[person])
                assert (repeated.status, repeated.body) == (answer.status, answer.body), request

        await everyone(again)
        request, _ = next(one for one in reversed(self.asked) if one[1].status < 400)
        other = replace_body(request)
        refused = await other.send(self.clients[0])
        assert refused.status == 422 and refused.json["code"] == "idempotency_key_reused"


def replace_body(request: Request) -> Request:
    """Another request under the same key."""
    body = dict(request.body or {})
    body |= {"ticket": 1} if request.path.endswith("/calls") else {"services": ["tariffs"]}
    return Request(request.path, body, request.headers, request.key)


async def everyone(act: Callable[[int], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as together:
        for person in range(CLIENTS):
            together.create_task(_run(act, person))


async def _run(act: Callable[[int], Awaitable[None]], person: int) -> None:
    await act(person)
