"""Screens that come at one moment are let in a few at a time, and none is lost."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from queue_app.web import bounds
from queue_app.web.bounds import CUT, ConnectionLimits
from queue_app.web.gate import MANY, Gate
from queue_app.web.protocol import BoundedHttp
from queue_app.web.websocket import BoundedWebsocket
from tests.conftest import MONDAY, StartServers
from tests.live.test_screens import BOARD, snapshot
from tests.support.waiting import SOON, until

FEW = ConnectionLimits(places=2, place_seconds=60, look_seconds=0.02, parting_seconds=0.2)
COMERS = 8


class Comer:
    """A connection at a gate, without the connection."""

    def __init__(self, gate: Gate, urgent: bool = False) -> None:
        self.gate = gate
        self.inside = False
        self.transport = Mock(is_closing=lambda: False)
        gate.come(self.transport, self.enter, urgent)

    def enter(self) -> None:
        self.inside = True

    def leave(self) -> None:
        self.gate.leave(self.transport)


async def turn() -> None:
    await asyncio.sleep(0)


async def test_as_many_enter_as_there_are_places_and_then_one_for_each_who_leaves() -> None:
    gate = Gate(2)
    comers = [Comer(gate) for _ in range(5)]
    assert [one.inside for one in comers] == [True, True, False, False, False]
    comers[1].leave()
    comers[1].leave()
    await turn()
    assert [one.inside for one in comers] == [True, True, True, False, False]


async def test_whoever_works_at_a_desk_enters_before_those_who_came_earlier() -> None:
    gate = Gate(1)
    inside, board, desk = Comer(gate), Comer(gate), Comer(gate, urgent=True)
    inside.leave()
    await turn()
    assert (desk.inside, board.inside) == (True, False)


async def test_whoever_goes_while_waiting_is_passed_over() -> None:
    gate = Gate(1)
    inside, gone, closing, last = (Comer(gate) for _ in range(4))
    gone.leave()
    closing.transport.is_closing = lambda: True
    inside.leave()
    await turn()
    assert (gone.inside, closing.inside, last.inside) == (False, False, True)


async def test_while_many_connect_boards_enter_one_at_a_time_and_desks_as_ever() -> None:
    gate = Gate(4)
    for _ in range(MANY):
        gate.accepted()
    await turn()
    boards = [Comer(gate) for _ in range(3)]
    desks = [Comer(gate, urgent=True) for _ in range(2)]
    assert [one.inside for one in boards] == [True, False, False]
    assert [one.inside for one in desks] == [True, True]
    for _ in range(MANY):
        gate.accepted()
    await turn()
    assert [one.inside for one in boards] == [True, False, False], "more of them came meanwhile"
    boards[0].leave()
    for one in desks:
        one.leave()
    await turn()
    await turn()
    assert all(one.inside for one in boards), "nobody came in the last turn"


async def test_the_few_connections_of_a_quiet_hour_hold_nobody_up() -> None:
    gate = Gate(4)
    for _ in range(MANY - 1):
        gate.accepted()
    await turn()
    assert all(one.inside for one in [Comer(gate) for _ in range(4)])


class Hall:
    """An application that knows who is in it, and gives a frame to whom it is told to.

    Whoever asks for /refused is sent away; a request is answered with nothing."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.served: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        self.came.append(scope["path"])
        await receive()
        if scope["path"] == "/refused":
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        if scope["path"] == "/stranger":
            await send({"type": "websocket.close", "code": 4404})
            return
        gone = asyncio.create_task(receive())
        while not gone.done() and scope["path"] not in self.served:
            await asyncio.wait([gone], timeout=0.01)
        if not gone.done():
            await send({"type": "websocket.send", "text": "frame"})
            await gone


class House:
    """A server in this process, and who has come to it."""

    def __init__(self) -> None:
        self.hall = Hall()
        config = uvicorn.Config(
            self.hall,
            port=0,
            ws=BoundedWebsocket,
            http=BoundedHttp,
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=5,
        )
        self.server = uvicorn.Server(config)
        self.writers: list[asyncio.StreamWriter] = []

    @property
    def port(self) -> int:
        port: int = self.server.servers[0].sockets[0].getsockname()[1]
        return port

    async def comes(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Somebody asks to be a websocket; the server has read it when this returns."""
        reader, writer = await self.asks(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        other, _ = await self.asks("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 204 " in await other.readline()
        return reader, writer

    async def asks(self, head: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(head.encode())
        return reader, writer

    async def run(self) -> None:
        """Until `should_exit`, as uvicorn does, but for its hold on signals."""
        await self.server._serve()


@asynccontextmanager
async def opened() -> AsyncIterator[House]:
    house = House()
    running = asyncio.create_task(house.run())
    await until(lambda: house.server.started)
    try:
        yield house
    finally:
        for writer in house.writers:
            writer.close()
        house.server.should_exit = True
        await running


@pytest.fixture(autouse=True)
def few(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[..., None]]:
    """Two places, and whoever has one keeps it; whatever happens is nothing for the log."""

    def limited(**limits: Any) -> None:
        monkeypatch.setattr(bounds, "LIMITS", msgspec.structs.replace(FEW, **limits))

    limited()
    caplog.set_level(logging.WARNING)
    yield limited
    assert caplog.records == []


async def test_the_next_screen_enters_when_one_has_its_first_frame() -> None:
    async with opened() as house:
        for number in range(4):
            await house.comes(f"/{number}")
        assert house.hall.came == ["/0", "/1"]
        house.hall.served.add("/1")
        await until(lambda: len(house.hall.came) > 2)
        assert house.hall.came == ["/0", "/1", "/2"]


async def test_requests_are_answered_while_every_place_is_taken() -> None:
    async with opened() as house:
        for number in range(4):
            await house.comes(f"/{number}")
        reader, _ = await house.asks("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 204 " in await reader.readline()


async def test_a_desk_screen_enters_before_boards_that_came_earlier() -> None:
    async with opened() as house:
        for path in ("/0", "/1", "/board", "/ws/desks/1"):
            await house.comes(path)
        house.hall.served.add("/0")
        await until(lambda: len(house.hall.came) > 2)
        assert house.hall.came[2] == "/ws/desks/1"


async def test_a_screen_that_hangs_up_gives_its_place_back_and_one_that_waits_is_forgotten() -> (
    None
):
    async with opened() as house:
        writers = [(await house.comes(f"/{number}"))[1] for number in range(4)]
        before = len(house.server.server_state.connections)
        writers[2].close()
        await until(lambda: len(house.server.server_state.connections) < before)
        writers[0].close()
        await until(lambda: len(house.hall.came) > 2)
        assert house.hall.came == ["/0", "/1", "/3"]


@pytest.mark.parametrize(("path", "status"), [("/refused", b" 403 "), ("/stranger", b" 101 ")])
async def test_screens_that_are_sent_away_give_their_places_back(path: str, status: bytes) -> None:
    async with opened() as house:
        readers = [(await house.comes(path))[0] for _ in range(COMERS)]
        for reader in readers:
            async with asyncio.timeout(SOON):
                assert status in await reader.readline()
        assert len(house.hall.came) == COMERS


async def test_what_is_no_handshake_gives_its_place_back() -> None:
    async with opened() as house:
        head = "GET /bad HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        for _ in range(COMERS):
            reader, _ = await house.asks(head)
            async with asyncio.timeout(SOON):
                assert b" 400 " in await reader.readline()
        await house.comes("/good")
        assert house.hall.came == ["/good"]


async def test_whoever_gets_no_frame_keeps_the_others_out_only_for_a_while(
    few: Callable[..., None],
) -> None:
    few(place_seconds=0.05)
    async with opened() as house:
        for number in range(COMERS):
            await house.comes(f"/{number}")
        await until(lambda: len(house.hall.came) == COMERS)


async def test_whoever_waits_too_long_is_told_to_come_again(few: Callable[..., None]) -> None:
    few(places=1, waiting_seconds=0.1)
    before = counted("503")
    async with opened() as house:
        await house.comes("/0")
        reader, _ = await house.comes("/1")
        async with asyncio.timeout(SOON):
            assert b" 503 " in await reader.read()
        house.hall.served.add("/0")
        await house.comes("/2")
        await until(lambda: len(house.hall.came) > 1)
        assert house.hall.came == ["/0", "/2"]
    assert counted("503") == before + 1


async def test_whoever_waits_may_say_nothing_meanwhile(few: Callable[..., None]) -> None:
    few(places=1)
    before = counted("400")
    async with opened() as house:
        await house.comes("/0")
        reader, writer = await house.comes("/1")
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(SOON):
            assert b" 400 " in await reader.read()
        house.hall.served.add("/0")
        await house.comes("/2")
        await until(lambda: len(house.hall.came) > 1)
        assert house.hall.came == ["/0", "/2"]
    assert counted("400") == before + 1


async def test_an_upgrade_behind_a_request_that_is_not_answered_yet_is_refused() -> None:
    async with opened() as house:
        reader, _ = await house.asks(
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /0 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        async with asyncio.timeout(SOON):
            assert (await reader.read()).count(b"HTTP/1.1 204") == 1
        assert house.hall.came == []


def counted(reason: str) -> float:
    """How many connections were ended for this so far."""
    value: float = CUT.labels(reason)._value.get()
    return value


async def test_a_server_that_stops_sends_away_whoever_waits() -> None:
    async with opened() as house:
        readers = [(await house.comes(f"/{number}"))[0] for number in range(COMERS)]
        house.server.should_exit = True
        async with asyncio.timeout(SOON):
            for reader in readers[2:]:
                assert await reader.read() == b""
            await asyncio.gather(*(reader.read() for reader in readers[:2]))
        state = house.server.server_state
        await until(lambda: not state.connections and not state.tasks)
        assert house.hall.came == ["/0", "/1"]


@pytest.mark.server
async def test_everybody_who_comes_at_once_is_served_or_told_why_not(
    servers: StartServers,
) -> None:
    """A place that was not given back would keep the last ones out for a minute."""
    server = (await servers(1, clock=MONDAY, limits=FEW))[0]

    async def comes(path: str) -> int:
        async with connect(server.ws + path, open_timeout=30) as socket:
            version: int = (await snapshot(socket, 30))["version"]
            return version

    async def strays(path: str) -> object:
        with pytest.raises((InvalidStatus, ConnectionClosed)) as refused:
            await comes(path)
        return refused.type

    async with asyncio.timeout(40):
        boards = asyncio.gather(*(comes(BOARD) for _ in range(10 * COMERS)))
        unknown = asyncio.gather(*(strays("/ws/nowhere") for _ in range(COMERS)))
        strangers = asyncio.gather(*(strays("/ws/tickets/1-nobody") for _ in range(COMERS)))
        await asyncio.gather(boards, unknown, strangers)
    assert len(set(boards.result())) == 1
    assert server.complaints() == []
