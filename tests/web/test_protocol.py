"""The protocols of a connection in this process, where a ping may come every moment."""

import asyncio
import logging
from asyncio import selector_events
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


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What this process gives the system to send, call by call."""
    kept: list[bytes] = []
    transport = selector_events._SelectorSocketTransport  # type: ignore[attr-defined]
    write = transport.write

    def noted(self: Any, data: bytes) -> None:
        kept.append(bytes(data))
        write(self, data)

    monkeypatch.setattr(transport, "write", noted)
    return kept


@asynccontextmanager
async def asked(app: Any, request: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """The answer to a request."""
    async with serving(app) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request)
            yield reader
        finally:
            writer.close()


GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def test_the_head_of_an_answer_leaves_with_its_body(written: list[bytes]) -> None:
    async def page(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"page"})

    async with asked(page, GET) as reader:
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\npage")
    assert written == [GET, answer]


async def test_a_head_does_not_wait_for_a_body_that_is_long_in_coming() -> None:
    more = asyncio.Event()

    async def slow(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await more.wait()
        await send({"type": "http.response.body", "body": b"pa", "more_body": True})
        await send({"type": "http.response.body", "body": b"ge"})

    async with asked(slow, GET) as reader:
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        more.set()
        assert await reader.read() == b"page"


@pytest.mark.parametrize(
    ("method", "ends"), [(b"HEAD", b"connection: close\r\n\r\n"), (b"GET", b"\r\n\r\npage")]
)
async def test_an_answer_is_whole_where_the_line_ends_with_it(method: bytes, ends: bytes) -> None:
    async def page(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"page"})

    async with asked(page, GET.replace(b"GET", method)) as reader:
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(ends)


@pytest.mark.parametrize("host", [b"x:99999", b"x:port", b"x:-1", b"[::1"])
async def test_a_host_that_no_address_can_be_made_of_is_refused(host: bytes) -> None:
    """Else each such request was an error of ours, with its lines in the log."""

    async def page(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("nobody is asked")

    async with asked(page, GET.replace(b"Host: x", b"Host: " + host)) as reader:
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("host", [b"x", b"x:8000", b"x:", b"[::1]:8000", b""])
async def test_a_host_may_have_a_port_or_none(host: bytes) -> None:
    async with asked(echo, GET.replace(b"Host: x", b"Host: " + host)) as reader:
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")


async def echo(_scope: Any, receive: Any, send: Any) -> None:
    """Gives back what is said."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


OFFER = (
    b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    b"HTTP2-Settings: AAEAAEAA\r\nUpgrade: h2c\r\n"
)


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("parted", [False, True])
async def test_a_body_comes_whole_from_whoever_offers_http_2(rest: bytes, parted: bool) -> None:
    """As Java's client does with each request."""
    head, end, body = (OFFER + rest).partition(b"\r\n\r\n")
    async with serving(echo) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + end)
        if parted:
            await asyncio.sleep(0.05)
        writer.write(body + GET)
        async with asyncio.timeout(5):
            answers = await reader.read()
        writer.close()
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert b"\r\n\r\nhello" in answers


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
