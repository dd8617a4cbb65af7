"""Websockets whose other side vanishes, does not read, or says what it may not."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from queue_app.web.bounds import ConnectionLimits
from tests.conftest import MONDAY
from tests.live.test_screens import snapshot, until
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.server import Server, start_servers, stop_servers
from tests.support.wire import Wire, frame, status_of

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("own_hall", "silent")]

BOARD = f"/ws/branches/{BRANCH}/board"
HASTY = ConnectionLimits(head_seconds=0.6, body_seconds=0.6, unread_seconds=0.6, look_seconds=0.05)
SOON = 10.0
TEXT, CLOSE, PING = 1, 8, 9


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """With little patience."""
    folder = tmp_path_factory.mktemp("server")
    started = start_servers(1, dsn, folder, clock=MONDAY, limits=HASTY)
    yield started[0]
    stop_servers(started)


@pytest.fixture
def silent(server: Server) -> Iterator[None]:
    """Whatever the test does leaves no error and no warning in the server's log."""
    before = len(server.log.read_text())
    yield
    assert server.complaints(before) == []


def opened(server: Server, more: str = "") -> Wire:
    """A board's socket that has been let in."""
    wire = Wire(server)
    wire.open_websocket(BOARD, more)
    assert status_of(wire.socket.recv(4096)) == 101
    return wire


@pytest.mark.slow
async def test_a_quiet_screen_outlives_every_limit_of_a_request(server: Server) -> None:
    async with connect(server.ws + BOARD) as socket:
        await snapshot(socket)
        await asyncio.sleep(3 * (HASTY.head_seconds + HASTY.body_seconds))
        await take_ticket(MONDAY)
        await until(socket, lambda one: one["waiting"] == 1)


@pytest.mark.slow
async def test_screens_that_vanish_in_the_middle_of_sends_are_nothing_to_log(
    server: Server,
) -> None:
    desk = await open_desk("5", MONDAY)
    screens = [opened(server) for _ in range(60)]
    async with connect(server.ws + BOARD) as other:
        for _ in range(10):
            ticket = await take_ticket(MONDAY)
            vanish(screens[:3])
            await desk.call(ticket.id)
            vanish(screens[3:6])
            await desk.start(ticket.id)
            await desk.finish(ticket.id)
            screens = screens[6:]
        await until(other, lambda one: len(one["recent"]) > 3, within=SOON)


def vanish(screens: list[Wire]) -> None:
    for screen in screens:
        screen.reset()


async def test_who_vanishes_at_the_door_is_nothing_to_log(server: Server) -> None:
    for path in (BOARD, "/ws/branches/nowhere/board", "/no/such/socket"):
        for pause in (0.0, 0.002, 0.005, 0.02):
            for _ in range(5):
                wire = Wire(server)
                wire.open_websocket(path)
                time.sleep(pause)
                wire.reset()


def test_a_websocket_may_have_as_long_a_head_as_any_request(server: Server) -> None:
    with opened(server, f"Cookie: {'a' * 20_000}\r\n"):
        pass
    with Wire(server) as wire:
        wire.open_websocket(BOARD, f"Cookie: {'a' * 40_000}\r\n")
        assert status_of(wire.rest()) == 431


def test_a_websocket_that_comes_with_a_body_is_refused(server: Server) -> None:
    with Wire(server) as wire:
        wire.open_websocket(BOARD, "Content-Length: 5\r\n")
        assert status_of(wire.rest()) == 400


@pytest.mark.parametrize("pause", [0.0, 0.5], ids=["before it is let in", "later"])
@pytest.mark.parametrize(
    "said",
    [b"\x81\x02ab", frame(TEXT, b"\xff\xfe"), b"\xff" * 20],
    ids=["bare", "words", "rest"],
)
def test_what_breaks_the_protocol_ends_the_connection(
    server: Server, said: bytes, pause: float
) -> None:
    with Wire(server) as wire:
        wire.open_websocket(BOARD)
        time.sleep(pause + 0.003)  # not in the packet of the head, which would swallow it
        wire.send(said)
        wire.rest()


def test_who_says_good_bye_is_answered(server: Server) -> None:
    with opened(server) as wire:
        wire.send(frame(CLOSE, b"\x03\xe8"))
        assert b"\x88\x02\x03\xe8" in wire.rest()


def test_who_talks_without_end_is_cut_off(server: Server) -> None:
    with opened(server) as wire:
        sent = wire.push(frame(PING, b"p" * 125) * 100 for _ in range(100_000))
    assert sent < 8_000_000
