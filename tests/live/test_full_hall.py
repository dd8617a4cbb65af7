"""A server whose hall is so full that its ranges take long: real processes, real outages."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from queue_app.domain import waits
from queue_app.store import db
from tests.conftest import MONDAY
from tests.live.test_screens import BOARD, until
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, install
from tests.support.server import Server, start_servers

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.usefixtures("own_hall")]
PEOPLE = 25
"""More than whose waits are made in the loop."""
TAKES = 20.0
SOON = 8.0
"""Seconds; far less than the ranges take, and generous for a machine that does much else."""
MORE_KB = 30_000


def compute_for_long() -> None:
    """Ranges take many seconds of a core, as those of a thousand people on a poor machine do."""
    made = waits.forecast

    def slowly(*asked: Any, **more: Any) -> dict[int, list[float]]:
        ends = time.monotonic() + TAKES
        while time.monotonic() < ends:
            sum(range(1000))
        return made(*asked, **more)

    waits.forecast = slowly


@contextmanager
def serving(dsn: str, folder: Path) -> Iterator[Server]:
    [server] = start_servers(1, dsn, folder, clock=MONDAY, altered=compute_for_long)
    try:
        yield server
    finally:
        server.kill()


async def fill() -> None:
    for _ in range(PEOPLE):
        await take_ticket(MONDAY)


async def first_frame(socket: ClientConnection) -> dict[str, Any]:
    return await until(socket, lambda one: one["waiting"] >= PEOPLE, SOON)


async def test_a_call_is_on_the_board_while_the_waits_of_the_others_are_made(
    dsn: str, tmp_path: Path
) -> None:
    await fill()
    desk = await open_desk("5", MONDAY)
    with serving(dsn, tmp_path) as server:
        async with connect(server.ws + BOARD) as socket:
            seen = await first_frame(socket)
            assert len(seen["next_calls"]) == 10, "rough ranges are told, and not none"
            called = await desk.call()
            began = time.monotonic()
            seen = await until(socket, lambda one: one["called"], SOON)
            assert seen["called"][0]["number"] == called.number
            assert time.monotonic() - began < SOON
        assert not server.complaints()


async def test_a_server_ends_at_once_though_a_thread_of_it_computes(
    dsn: str, tmp_path: Path
) -> None:
    await fill()
    await open_desk("5", MONDAY)
    with serving(dsn, tmp_path) as server:
        async with connect(server.ws + BOARD) as socket:
            await first_frame(socket)
            began = time.monotonic()
            await asyncio.to_thread(server.stop)
            assert time.monotonic() - began < SOON
        assert not server.complaints()


async def test_a_database_that_goes_while_a_thread_computes_is_an_outage_and_no_more(
    dsn: str, tmp_path: Path
) -> None:
    """Its connections are cut, each of them, while ranges are made and a ticket is given."""
    await fill()
    await open_desk("5", MONDAY)
    kiosk = await install(MONDAY)

    async def cut() -> None:
        await db.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND application_name = 'queue-app'"
        )

    with serving(dsn, tmp_path) as server:
        async with (
            connect(server.ws + BOARD) as socket,
            httpx.AsyncClient(base_url=server.url, timeout=SOON, headers=kiosk.bearer) as client,
        ):
            await first_frame(socket)
            before = _memory_kb(server)
            tickets = []
            for _ in range(5):
                asked = client.post(
                    f"/api/v1/branches/{BRANCH}/tickets",
                    json={"services": ["debt-amount"]},
                    headers={"Idempotency-Key": str(uuid4())},
                )
                sent = asyncio.create_task(asked)
                await asyncio.sleep(0.05)
                await cut()
                answer = await sent
                assert answer.status_code in (200, 201, 503), answer.text
                tickets += [answer.json()["number"]] if answer.status_code < 300 else []
            assert tickets
            assert len(set(tickets)) == len(tickets)
            seen = await until(socket, lambda one: one["waiting"] == PEOPLE + len(tickets), SOON)
            assert seen["next_calls"]
            assert _memory_kb(server) - before < MORE_KB
        assert "Traceback" not in server.log.read_text()


def _memory_kb(server: Server) -> int:
    """Of the process itself, where one answers alone."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
