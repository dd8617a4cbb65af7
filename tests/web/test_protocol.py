"""The protocols of a connection in this process, where a ping may come every moment."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from queue_app.live.topics import text_frame
from queue_app.web import bounds
from queue_app.web.bounds import ConnectionLimits
from queue_app.web.protocol import BoundedHttp
from queue_app.web.stream import stream_of
from queue_app.web.websocket import BoundedWebsocket
from tests.support.waiting import until

HASTY = ConnectionLimits(unread_seconds=0.4, look_seconds=0.05, ping_seconds=0.3)
FRAME = "x" * 60_000
FRAMES = 500
PING = 0x89


async def chatter(_scope: Any, receive: Any, send: Any) -> None:
    """Sends for ever, whatever comes in."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        await send({"type": "websocket.send", "text": FRAME})
        await asyncio.sleep(0)


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[tuple[int, ServerState]]:
    """The port of a server in this process, and its connections."""
    config = uvicorn.Config(app, ws=BoundedWebsocket, log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: BoundedHttp(config, state, {}), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1], state
    finally:
        server.close()


@pytest.fixture
def logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> pytest.LogCaptureFixture:
    """What is worth a line in the log, while limits are hasty."""
    monkeypatch.setattr(bounds, "LIMITS", HASTY)
    caplog.set_level(logging.WARNING)
    return caplog


@asynccontextmanager
async def websocket(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Let in, with next to no room for what has not been read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert b" 101 " in await reader.readline()
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_who_reads_again_after_they_were_given_up_is_nothing_to_log(
    logged: pytest.LogCaptureFixture,
) -> None:
    async with serving(chatter) as (port, state), websocket(port) as (reader, _):
        (one,) = state.connections
        await until(one.transport.is_closing)
        assert state.tasks
        while await reader.read(65_536):
            pass
        await until(lambda: not state.tasks and not state.connections)
    assert logged.records == []


async def test_who_reads_slowly_skips_to_the_newest_frame(
    logged: pytest.LogCaptureFixture,
) -> None:
    async def count(scope: Any, _receive: Any, send: Any) -> None:
        stream = stream_of(scope)
        await send({"type": "websocket.accept"})
        for number in range(FRAMES):
            stream.push(text_frame(b"%d " % number + b"x" * 60_000))
        await stream.gone

    async with serving(count) as (port, _), websocket(port) as (reader, _):
        seen = [int(text.partition(b" ")[0]) async for text in texts(reader, until=FRAMES - 1)]
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert seen[-1] == FRAMES - 1
    assert len(seen) < FRAMES
    assert logged.records == []


async def texts(reader: asyncio.StreamReader, until: int) -> AsyncIterator[bytes]:
    """The messages of 126 bytes and more, up to that which begins with this number."""
    while (await reader.readline()).strip():
        pass  # the rest of the head
    text = b""
    while not text.startswith(b"%d " % until):
        kind, _ = await reader.readexactly(2)
        if kind == PING:
            continue
        text = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        yield text


async def test_who_never_reads_again_is_forgotten(logged: pytest.LogCaptureFixture) -> None:
    async with serving(chatter) as (port, state), websocket(port):
        await until(lambda: not state.tasks and not state.connections)
    assert logged.records == []
