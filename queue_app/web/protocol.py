"""HTTP and websockets as uvicorn speaks them, with limits: of size, of time, of what waits unread.

The parser of httptools takes heads of any size and waits for them for ever. Here it is fed no more
than a head may have, and one timer a second (`queue_app/web/watch.py`) looks at every connection.
Whoever goes too far gets one short answer, no line in the log, and counts in
`queue_app_connections_cut`.
"""

import asyncio
from collections.abc import Generator, Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

import httptools
import msgspec
from prometheus_client import Counter
from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

from queue_app.web.gate import Gate, gate_of
from queue_app.web.line import EXTENSION
from queue_app.web.watch import NEVER, Watched, watch_of


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection may ask of a process, in bytes, seconds and numbers.

    `head_bytes`: the request line and the headers; the same again for all that frames a chunked
    body, trailers included. `line_bytes`: the request line. `requests`:
    how many may be sent ahead of their answers. `head_seconds` count from the connection or from
    the last answer, `body_seconds` from the head. `unread_seconds`: how long what is sent may wait
    for whoever asked for it. `parting_seconds`: from our last word to the end of the connection.
    `heard_bytes`: what a websocket, from which nothing is expected, may send in a second.

    `places`: how many websockets are between their request and their first frame; the others wait
    at the gate, and are told to come again after `waiting_seconds`. Whoever has got no frame in
    `place_seconds` keeps the others out no longer, as while the database is away.
    """

    line_bytes: int = 8 * 1024
    head_bytes: int = 32 * 1024
    headers: int = 100
    body_bytes: int = 64 * 1024
    requests: int = 32
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    unread_seconds: float = 30.0
    parting_seconds: float = 2.0
    look_seconds: float = 1.0
    heard_bytes: int = 128 * 1024
    places: int = 8
    waiting_seconds: float = 30.0
    place_seconds: float = 1.0


LIMITS = ConnectionLimits()

URGENT = b"/ws/desks/"
"""Whoever works behind these addresses is let in before those who look on."""

CUT = Counter(
    "queue_app_connections_cut",
    "Connections that were ended for what they sent, by the status that they were told, "
    "or for what they left unread",
    ["reason"],
)


class BoundedHttp(Watched, HttpToolsProtocol):
    """One HTTP connection.

    Between two requests it has read nothing of either: `_in_body` is False and `_framing` 0. A
    whole request that comes at once, as most do, passes through no more than a few comparisons.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.limits = LIMITS
        self.unread_seconds = LIMITS.unread_seconds
        self.url = b""
        self._in_body = False
        """Whether the head of a request has been read, and not yet all of the rest."""
        self._framing = 0
        """Bytes read of this request that are not its body, as far as they came in parts of its
        own: what came in one with an earlier request is not counted."""
        self._body = 0
        """Bytes of its body so far."""
        self._refusal = 400
        self._parting = False
        self._gate: Gate | None = None
        """Where it waits, once it has asked to be a websocket."""
        self._overtaken: list[RequestResponseCycle] = []
        """Unanswered when the next request came; `cycle` is the last that came."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.due = self.loop.time() + self.limits.head_seconds
        watch_of(self.server_state, self.limits.look_seconds).wake(self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the application also where it is at an earlier request than the last."""
        super().connection_lost(exc)
        if self._gate:
            self._gate.leave(self.transport)
        for cycle in self._overtaken:
            _leave(cycle)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._gate and not self._parting:
            self._refuse(400)  # whoever asks to be a websocket says no more before the answer
        while data and not self._parting:
            room = self.limits.head_bytes - self._framing
            part, data = data[:room], data[room:]
            self._framing += len(part)
            try:
                self.parser.feed_data(part)
            except httptools.HttpParserUpgrade:
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                return
            except httptools.HttpParserError:
                self._refuse(self._refusal)
                return
            if self._in_body or self._framing:
                self._go_on()

    def _go_on(self) -> None:
        """A part of a request was read: is the rest worth waiting for, and until when?"""
        if not self._in_body and len(self.url) > self.limits.line_bytes:
            self._refuse(414)
        elif self._framing >= self.limits.head_bytes:
            self._refuse(431)
        elif self.due == NEVER and self._in_body:
            self.due = self.loop.time() + self.limits.body_seconds
        elif self.due == NEVER and self._is_answered():
            self.due = self.loop.time() + self.limits.head_seconds

    def _is_answered(self) -> bool:
        """Whether nothing that was asked so far waits for the end of its answer."""
        return self.cycle is None or self.cycle.response_complete

    def on_headers_complete(self) -> None:
        if len(self.url) > self.limits.line_bytes:
            self._stop(414)
        if len(self.headers) > self.limits.headers:
            self._stop(431)
        if len(self.pipeline) >= self.limits.requests:
            self._stop(429)
        if not self._is_answered():
            self._overtaken = [one for one in self._overtaken if not one.response_complete]
            self._overtaken.append(self.cycle)
        super().on_headers_complete()
        self._in_body = True
        self._body = 0
        self.due = NEVER

    def on_body(self, body: bytes) -> None:
        self._framing = max(0, self._framing - len(body))
        self._body += len(body)
        super().on_body(body)
        if self._body > self.limits.body_bytes and self.cycle.response_complete:
            self._part()

    def on_message_complete(self) -> None:
        if len(self.headers) > self.limits.headers:  # trailers stand among them
            self._stop(431)
        super().on_message_complete()
        self._in_body = False
        self._framing = 0
        self.due = NEVER

    def _stop(self, status: int) -> None:
        """Leave the parser, which then is fed nothing more."""
        self._refusal = status
        raise ValueError(status)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if (self._in_body or self._framing) and self._is_answered() and not self._parting:
            if self._in_body and self._is_pointless():
                self._part()
            elif not self._in_body:
                self.due = self.loop.time() + self.limits.head_seconds

    def _is_pointless(self) -> bool:
        """Whether to wait for the rest of an answered request: not if it is too long, nor if its
        sender may have kept it back, since nobody told them to go on."""
        if self.expect_100_continue and not self._body:
            return True
        told = next((value for name, value in self.headers if name == b"content-length"), b"0")
        return max(int(told), self._body) > self.limits.body_bytes

    def overdue(self) -> None:
        if self._parting:
            self.transport.abort()
        elif self.transport.is_closing():
            self.due = NEVER
        elif self._in_body or self._framing:
            self._refuse(408)
        elif self._gate:
            self._refuse(503)
        else:
            self.due = NEVER
            self.transport.close()

    def unread(self) -> None:
        CUT.labels("unread").inc()
        super().unread()

    def _refuse(self, status: int) -> None:
        """Tell the sender, unless an answer is under way that the words would fall into."""
        CUT.labels(str(status)).inc()
        if not self._in_body and not self._is_answered():
            self._parting = True
            self.due = NEVER
            self.cycle.keep_alive = False  # the answers that are due, and the end
        elif self._in_body and (self.pipeline or self._has_begun_answering()):
            self.transport.abort()
        else:
            if not self._in_body or not self._is_answered():
                self.transport.write(_words(status))
            self._part()

    def _has_begun_answering(self) -> bool:
        return not self._is_answered() and self.cycle.response_started

    def _part(self) -> None:
        """Say no more and hear no more, but let the sender read the answer: a socket closed on
        bytes that were not read takes back what was written."""
        self._parting = True
        self.due = self.loop.time() + self.limits.parting_seconds
        self._unset_keepalive_if_required()
        if self._gate:
            self._gate.leave(self.transport)
        if self.cycle:
            _leave(self.cycle)
        if not self.transport.is_closing():
            self.transport.pause_reading()
            self.transport.write_eof()

    def handle_websocket_upgrade(self) -> None:
        """Wait at the gate, unless no answer could be read."""
        if not self._is_answered():
            self._refuse(400)
        else:
            self.due = self.loop.time() + self.limits.waiting_seconds
            self._gate = gate_of(self.server_state, self.limits.places)
            urgent = self.url.startswith(URGENT)
            self._gate.come(self.transport, self._become_websocket, urgent)

    def _become_websocket(self) -> None:
        """The request was read, so the other protocol is given it instead of its bytes."""
        self.connections.discard(self)
        other = BoundedWebsocket(self.config, self.server_state, self.app_state)
        other.connection_made(self.transport)
        self.transport.set_protocol(other)
        other.open(self.scope["method"], self.url, self.scope["headers"])


def _leave(cycle: RequestResponseCycle) -> None:
    """Nobody listens any more."""
    if not cycle.response_complete:
        cycle.disconnected = True
        cycle.message_event.set()


@cache
def _words(status: int) -> bytes:
    """A whole answer, after which the connection ends."""
    title = HTTPStatus(status).phrase
    body = msgspec.json.encode({"type": "about:blank", "title": title, "status": status})
    return STATUS_LINE[status] + (
        b"content-type: application/problem+json\r\n"
        b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body)
    )


class _Frames(ServerProtocol):
    """The library's protocol behind a handshake whose request was read by somebody else."""

    def parse(self) -> Generator[None]:
        return Protocol.parse(self)


class BoundedWebsocket(Watched, WebSocketsSansIOProtocol):
    """One websocket, from which nothing is expected but signs of life.

    It is the `Line` of whoever the application lets watch.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = _Frames(max_size=config.ws_max_size, logger=self.logger)
        self.gone = self.loop.create_future()
        self._newest: bytes | None = None
        """A frame for whoever has not read those before it."""
        self.unread_seconds = LIMITS.unread_seconds
        self._heard_bytes = LIMITS.heard_bytes
        self._heard = 0
        """Bytes since the last look."""
        self._gate = gate_of(server_state, LIMITS.places)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It has a place from now on; `due` is until when."""
        super().connection_made(transport)
        self.due = self.loop.time() + LIMITS.place_seconds

    def open(self, method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """The handshake."""
        named = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        self.handle_connect(Request(target.decode("latin-1"), Headers(named), method))
        if not self.handshake_complete:
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._give_up_place()
        self._go()

    def _go(self) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    def shutdown(self) -> None:
        super().shutdown()
        self._go()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._go()

    def push(self, frame: bytes) -> None:
        if self.due != NEVER:
            self._give_up_place()
        if not self.writable.is_set():
            self._newest = frame
        elif not self._is_ending():
            self.transport.write(frame)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._newest is not None:
            frame, self._newest = self._newest, None
            self.push(frame)

    def overdue(self) -> None:
        self._give_up_place()

    def _give_up_place(self) -> None:
        self.due = NEVER
        self._gate.leave(self.transport)

    def looked(self) -> None:
        self._heard = 0

    def data_received(self, data: bytes) -> None:
        self._heard += len(data)
        if self._heard > self._heard_bytes:
            CUT.labels("talking").inc()
            self.transport.abort()
            return
        super().data_received(data)

    def handle_ping(self) -> None:
        """Whoever does not read gets no more to read."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def send_receive_event_to_app(self) -> None:
        """Words are for nobody; a text that is none ends the connection, and is nothing for the
        log."""
        words, self.frames = b"".join(self.frames), []
        if self.curr_msg_data_type == "text" and not _is_text(words):
            self.conn.fail(CloseCode.INVALID_DATA)
            self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """What breaks the protocol before it was agreed on gets no word."""
        if self.conn.close_sent is None:
            self.transport.abort()
        else:
            super().handle_parser_exception()
        self._go()

    async def send(self, message: ASGISendEvent) -> None:
        """ClientDisconnected, which is logged nowhere, once the connection is ending."""
        await self.writable.wait()
        if self._is_ending():
            raise ClientDisconnected
        await super().send(message)
        if self.due != NEVER and message["type"] != "websocket.accept":
            self._give_up_place()

    def _is_ending(self) -> bool:
        return self.close_sent or self.transport.is_closing()

    def is_unread(self) -> bool:
        """While the connection lasts, pings find out who does not read; but not once it ends."""
        return self.transport.is_closing() and super().is_unread()

    def unread(self) -> None:
        CUT.labels("unread").inc()
        super().unread()


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
