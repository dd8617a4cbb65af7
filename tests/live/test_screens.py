"""The streams of the screens, spoken to as any other program would."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("own_hall")]

BOARD = f"/ws/branches/{BRANCH}/board"
HEARTBEAT_WITHIN = 10.0
SOON = 5.0
"""Seconds; generous for a busy machine, far below a heartbeat's silence being an answer."""


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One process for the whole module: it goes on while each test begins with an empty hall."""
    started = start_servers(1, dsn, tmp_path_factory.mktemp("server"), clock=MONDAY)
    yield started[0]
    stop_servers(started)


async def snapshot(socket: ClientConnection, within: float = SOON) -> dict[str, Any]:
    frame = await asyncio.wait_for(socket.recv(), within)
    assert isinstance(frame, str)
    decoded: dict[str, Any] = json.loads(frame)
    return decoded


async def until(socket: ClientConnection, wanted: Any, within: float = SOON) -> dict[str, Any]:
    """The first snapshot that is as wanted."""
    async with asyncio.timeout(within):
        while not wanted(seen := await snapshot(socket)):
            pass
    return seen


async def close_code(address: str, **options: Any) -> int | None:
    async with connect(address, **options) as socket:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(socket.recv(), SOON)
        return socket.close_code


@pytest.mark.slow
async def test_a_board_gets_the_whole_hall_at_once(server: Server) -> None:
    mine, _ = await take_ticket(MONDAY), await take_ticket(MONDAY)
    await (await open_desk("5", MONDAY)).call(mine.id)
    async with connect(server.ws + BOARD) as socket:
        seen = await snapshot(socket)
    assert [(one["number"], one["desk"], one["calls"]) for one in seen["called"]] == [
        ("А1", "5", 1)
    ]
    assert (seen["waiting"], seen["next"], seen["desks_open"]) == (1, ["А2"], 1)
    assert {"number": "5", "state": "open", "busy": False} in seen["desks"]
    assert seen["closes_at"].startswith("2026-11-23T16:00")
    assert seen["opens_at"] is None


async def test_versions_rise_with_every_change_and_names_are_never_sent(server: Server) -> None:
    desk = await open_desk("5", MONDAY)
    async with connect(server.ws + BOARD) as socket:
        versions = [(await snapshot(socket))["version"]]
        for step in range(1, 6):
            ticket = await take_ticket(MONDAY)
            await desk.call(ticket.id)
            seen = await until(socket, lambda one, step=step: one["called"] != [])
            versions.append(seen["version"])
            await desk.start(ticket.id)
            await desk.finish(ticket.id)
            seen = await until(socket, lambda one, step=step: len(one["recent"]) == step)
            versions.append(seen["version"])
            assert "name" not in json.dumps(seen)
    assert versions == sorted(set(versions))


@pytest.mark.slow
async def test_a_quiet_hall_still_has_a_heartbeat(server: Server) -> None:
    async with connect(server.ws + BOARD) as socket:
        last = await snapshot(socket)
        for _ in range(2):
            again = await snapshot(socket, HEARTBEAT_WITHIN)
            assert again["at"] > last["at"]
            last = again


async def test_who_was_away_gets_the_state_not_the_story(server: Server) -> None:
    tickets = [await take_ticket(MONDAY) for _ in range(3)]
    desk = await open_desk("5", MONDAY)
    async with connect(server.ws + BOARD) as socket:
        before = await snapshot(socket)
    for ticket in tickets[:2]:
        await desk.call(ticket.id)
        await desk.start(ticket.id)
        await desk.finish(ticket.id)
    await desk.call(tickets[2].id)
    await desk.recall(tickets[2].id)
    async with connect(server.ws + BOARD) as socket:
        after = await until(socket, lambda one: one["called"] and one["called"][0]["calls"] == 2)
    assert after["version"] > before["version"]
    assert [one["number"] for one in after["called"]] == ["А3"]
    assert {one["number"] for one in after["recent"]} == {"А1", "А2"}


@pytest.mark.slow
async def test_after_a_burst_the_last_frame_is_the_present(server: Server) -> None:
    await open_desk("5", MONDAY)
    async with connect(server.ws + BOARD) as socket:
        await snapshot(socket)
        for _ in range(40):
            await take_ticket(MONDAY)
        seen = await until(socket, lambda one: one["waiting"] == 40)
    assert seen["next"][0] == "А1"


async def test_a_phone_follows_its_own_ticket(server: Server) -> None:
    await take_ticket(MONDAY)
    mine = await take_ticket(MONDAY)
    async with connect(f"{server.ws}/ws/tickets/{mine.token}") as socket:
        seen = await snapshot(socket)
        assert (seen["number"], seen["state"], seen["people_ahead"], seen["wait"]) == (
            "А2",
            "waiting",
            1,
            None,
        )
        desk = await open_desk("5", MONDAY)
        seen = await until(socket, lambda one: one["wait"] is not None)
        assert seen["wait"]["low_minutes"] < seen["wait"]["high_minutes"]
        kept = await first_promise(mine.id)
        assert (kept["shown"], kept["revision"]) == ("later", 1)
        assert {name: kept[name] for name in ("low_minutes", "high_minutes")} == {
            name: seen["wait"][name] for name in ("low_minutes", "high_minutes")
        }
        await desk.call(mine.id)
        seen = await until(socket, lambda one: one["state"] == "called")
        assert (seen["desk"], seen["calls"]) == ("5", 1)
        await desk.recall(mine.id)
        await until(socket, lambda one: one["calls"] == 2)
        await desk.no_show(mine.id)
        seen = await until(socket, lambda one: one["state"] == "no_show")
        assert seen["desk"] == "5"
    async with connect(f"{server.ws}/ws/tickets/{mine.token}") as socket:
        assert (await snapshot(socket))["state"] == "no_show"


async def first_promise(ticket: int) -> Any:
    """What the server keeps of the ranges that it has pushed, within a moment."""
    async with asyncio.timeout(SOON):
        while True:
            rows = await db.fetch(
                "SELECT * FROM promise WHERE ticket_id = $1 ORDER BY promised_at", ticket
            )
            if rows:
                return rows[0]
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("path", [BOARD, "ticket"])
async def test_another_origin_is_refused(server: Server, path: str) -> None:
    mine = await take_ticket(MONDAY)
    address = server.ws + (BOARD if path == BOARD else f"/ws/tickets/{mine.token}")
    assert await close_code(address, origin=Origin("https://elsewhere.example")) == 4403
    async with connect(address, origin=Origin(server.url)) as socket:
        assert (await snapshot(socket))["version"]


@pytest.mark.parametrize(
    "path",
    [
        "/ws/tickets/1-thereisnosuchticketatall",
        "/ws/tickets/nonsense",
        "/ws/branches/nowhere/board",
    ],
)
async def test_what_does_not_exist_is_closed_with_4404(server: Server, path: str) -> None:
    assert await close_code(server.ws + path) == 4404


async def test_a_board_outlives_every_connection_that_is_cut_off(
    server: Server, database: str
) -> None:
    desk = await open_desk("5", MONDAY)
    async with connect(server.ws + BOARD) as socket:
        await snapshot(socket)
        for _ in range(3):
            ticket = await take_ticket(MONDAY)
            await cut_off_everybody(database)
            await desk.call(ticket.id)
            await until(socket, called(ticket.id), within=HEARTBEAT_WITHIN)
            await desk.start(ticket.id)
            await desk.finish(ticket.id)


def called(ticket: int) -> Any:
    return lambda seen: any(one["ticket"] == ticket for one in seen["called"])


async def cut_off_everybody(dsn: str) -> None:
    """As when the database is started anew: listeners, idle connections and those at work."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await asyncio.sleep(0.1)  # until this process has noticed it of its own
    finally:
        await connection.close()
