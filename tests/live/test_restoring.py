"""A backup is restored beside a running server: every screen shows that hall, and no other."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from queue_app.live.hub import HEARTBEAT_SECONDS
from queue_app.web.sockets import UNKNOWN
from tests.conftest import MONDAY
from tests.live.test_screens import BOARD, HEARTBEAT_WITHIN, snapshot, until
from tests.support.hall import take_ticket
from tests.support.lives import NEW_TITLE, OLD_TITLE, Lives, lived

pytestmark = pytest.mark.server

A_BIT = 4.0
"""Seconds, for a machine that does much else."""


@pytest.fixture
async def lives(spare_database: str, data: Path) -> AsyncIterator[Lives]:
    async with lived(spare_database, data) as hall:
        yield hall


async def in_life(socket: ClientConnection, epoch: str) -> dict[str, Any]:
    """The first snapshot of another life than that."""
    return await until(socket, lambda seen: seen["epoch"] != epoch, HEARTBEAT_SECONDS + A_BIT)


@pytest.mark.slow
async def test_every_screen_shows_the_restored_hall_though_it_counts_from_below(
    lives: Lives,
) -> None:
    server, clerk = lives.server, {"additional_headers": lives.clerk.bearer}
    async with (
        connect(server.ws + BOARD) as board,
        connect(f"{server.ws}/ws/tickets/{lives.kept[0].token}") as phone,
        connect(f"{server.ws}/ws/tickets/{lives.lost.token}") as lost,
        connect(f"{server.ws}/ws/desks/{lives.desk.id}", **clerk) as desk,  # type: ignore[arg-type]
    ):
        sockets = (board, phone, desk)
        before = [await snapshot(socket) for socket in sockets]
        assert (await snapshot(lost))["state"] == "waiting"
        assert {seen["epoch"] for seen in before} == {before[0]["epoch"]}
        assert before[0]["title"]["uk"] == NEW_TITLE
        assert before[0]["called"][0]["ticket"] == lives.kept[0].id
        assert (before[1]["state"], before[2]["current"]["number"]) == ("called", "А1")

        lives.restore()
        began = time.monotonic()
        after = [await in_life(socket, before[0]["epoch"]) for socket in sockets]
        assert time.monotonic() - began < HEARTBEAT_SECONDS + A_BIT
        assert {seen["epoch"] for seen in after} == {after[0]["epoch"]}
        assert after[0]["version"] < before[0]["version"]
        assert after[0]["title"]["uk"] == after[1]["title"]["uk"] == OLD_TITLE
        assert (after[0]["called"], after[0]["waiting"]) == ([], 2)
        assert after[1]["state"] == "waiting"
        assert after[2]["current"] is None
        assert [one["number"] for one in after[2]["queue"]] == ["А1", "А2"]

        async with asyncio.timeout(HEARTBEAT_WITHIN):
            await lost.wait_closed()
        assert lost.close_code == UNKNOWN

        again = await take_ticket(MONDAY)
        assert again.id == lives.lost.id, "another person under the same id"
        await lives.desk.call(again.id)
        seen = await until(board, lambda one: one["called"] != [])
        assert (seen["called"][0]["ticket"], seen["epoch"]) == (again.id, after[0]["epoch"])
        seen = await until(desk, lambda one: one["current"] is not None)
        assert seen["current"]["number"] == again.number


@pytest.mark.slow
async def test_a_hall_that_only_goes_on_stays_in_its_epoch(lives: Lives) -> None:
    async with connect(lives.server.ws + BOARD) as board:
        before = await snapshot(board)
        await take_ticket(MONDAY)
        after = await until(board, lambda one: one["waiting"] == before["waiting"] + 1)
    assert (after["epoch"], after["version"]) == (before["epoch"], before["version"] + 1)
