"""What a ticket and a call take of a server's one thread, counted in bare round trips.

The application stands in this process and is asked without sockets; its jobs do not run. Eight ask
at once. The thread's own CPU time is counted, so that other work on the machine disturbs it less
than the time that passes, and what a bare round trip of the driver takes of it in the same rounds
is the measure: a verb cannot take less than those that it makes.
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from litestar import Litestar

from queue_app.clock import FixedClock
from tests.conftest import MONDAY
from tests.load.stage import CLIENTS, HALL, Stage
from tests.load.table import Table
from tests.load.verbs import SERVICE, empty_hall
from tests.support.application import alive, build
from tests.support.people import Machine, Person

ROUNDS = 6
EACH = 5
"""Tickets, and calls, of each of those who ask, in a round."""
WAITING = 40
"""Who wait all the time."""
TRIPS = 100
"""Bare round trips of a round."""


async def measure(stage: Stage) -> list[Table]:
    await empty_hall()
    app = build(stage.dsn, stage.folder, FixedClock(MONDAY))
    bare = await asyncpg.connect(stage.dsn)
    try:
        async with alive(app):
            return [table_of(await costs(stage, app, bare))]
    finally:
        await bare.close()


async def costs(stage: Stage, app: Litestar, bare: asyncpg.Connection) -> dict[str, float]:
    """Seconds of the thread for one of each; the first round only warms up."""
    took = defaultdict[str, float](float)
    kiosk = Asker(app, stage.kiosk)
    clerks = [Asker(app, clerk) for clerk in stage.clerks]
    for _ in range(WAITING):
        await issue(kiosk)
    for turn in range(ROUNDS + 1):
        if turn == 1:
            took.clear()
        with_trips = defaultdict[str, float](float)
        async with spent(with_trips, "trip", TRIPS):
            for _ in range(TRIPS):
                await bare.fetch("SELECT 1")
        async with spent(with_trips, "ticket", CLIENTS * EACH):
            await at_once(lambda _: issue(kiosk))
        async with spent(with_trips, "call", CLIENTS * EACH):
            await at_once(lambda n: call(clerks[n], stage.desks[n]))
        for name, seconds in with_trips.items():
            took[name] += seconds / ROUNDS
    return took


@asynccontextmanager
async def spent(took: dict[str, float], name: str, times: int) -> AsyncIterator[None]:
    began = time.thread_time()
    yield
    took[name] += (time.thread_time() - began) / times


async def at_once(act: Callable[[int], Awaitable[object]]) -> None:
    async def one(number: int) -> None:
        for _ in range(EACH):
            await act(number)

    await asyncio.gather(*map(one, range(CLIENTS)))


async def issue(kiosk: "Asker") -> None:
    await kiosk.post(f"/branches/{HALL}/tickets", {"services": [SERVICE]})


async def call(clerk: "Asker", desk: int) -> None:
    """With the no-show that frees the desk."""
    called = await clerk.post(f"/desks/{desk}/calls")
    await clerk.post(f"/tickets/{called['id']}/no-shows")


class Asker:
    """Speaks to the application as its protocol does."""

    def __init__(self, app: Litestar, who: Person | Machine) -> None:
        self._app = app
        self._bearer = who.bearer["Authorization"].encode()

    async def post(self, path: str, body: Any = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        heard = [{"type": "http.request", "body": content, "more_body": False}]
        said: list[Any] = []

        async def receive() -> Any:
            return heard.pop() if heard else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            said.append(message)

        await self._app(self._scope(f"/api/v1{path}", len(content)), receive, send)
        answer = b"".join(one.get("body", b"") for one in said[1:])
        if said[0]["status"] >= 300:
            raise RuntimeError(f"{path}: {said[0]['status']} {answer.decode()}")
        return json.loads(answer)

    def _scope(self, path: str, length: int) -> Any:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [
                (b"host", b"load"),
                (b"authorization", self._bearer),
                (b"content-type", b"application/json"),
                (b"content-length", str(length).encode()),
            ],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
            "state": {},
        }


def table_of(took: dict[str, float]) -> Table:
    table = Table(
        f"Of a server's thread ({ROUNDS * CLIENTS * EACH} of each, {WAITING} people wait)",
        ("", "CPU time", "in bare round trips"),
    )
    table.rows += [
        (said, f"{took[name] * 1e3:.2f} ms", f"{took[name] / took['trip']:.1f}")
        for name, said in (
            ("trip", "a bare round trip"),
            ("ticket", "a ticket"),
            ("call", "a call with its no-show"),
        )
    ]
    return table
