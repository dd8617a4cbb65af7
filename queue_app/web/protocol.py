"""HTTP and websockets as uvicorn speaks them, with limits: of size, of time, of what waits unread.

The parser of httptools takes heads of any size and waits for them for ever. Here it is fed no more
than a head may have, and one timer a second (`queue_app/web/watch.py`) looks at every connection.
Whoever goes too far gets one short answer, no line in the log, and counts in
`queue_app_connections_cut`.
"""

import asyncio
import re
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httptools
import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from queue_app.web import bounds
from queue_app.web.bounds import CUT
from queue_app.web.gate import Gate, gate_of
from queue_app.web.watch import NEVER, Watched, watch_of
from queue_app.web.websocket import BoundedWebsocket
from queue_app.web.whole_answer import WholeAnswer

URGENT = b"/ws/desks/"
"""Whoever works behind these addresses is let in before those who look on."""
_OFFER = re.compile(rb"\r\nupgrade(?=:[ \t]*h2c[ \t]*\r\n)", re.IGNORECASE)
_DECLINED = b"\r\noffered"
"""As long as what it stands for, so that what is counted stays right."""


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
        self.limits = bounds.LIMITS
        self.unread_seconds = self.limits.unread_seconds
        self.url = b""
        self._upgrades: bool | None = None
        """Whether this request asks to be a websocket; None: not known yet."""
        self._in_body = False
        """Whether the head of a request has been read, and not yet all of the rest."""
        self._framing = 0
        """Bytes read of this request that are not its body, as far as they came in parts of its
        own: what came in one with an earlier request is not counted."""
        self._body = 0
        """Bytes of its body so far."""
        self._refusal = 400
        self._parting = False
        self._door = gate_of(server_state, self.limits.places)
        self._gate: Gate | None = None
        """Where it waits, once it has asked to be a websocket."""
        self._overtaken: list[RequestResponseCycle] = []
        """Unanswered when the next request came; `cycle` is the last that came."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._door.accepted()
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
        if not self._in_body and b"h2c" in data:
            data = _declined(data)
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

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._upgrades = None

    def _should_upgrade(self) -> bool:
        """Asked three times of each request that does."""
        if self._upgrades is None:
            self._upgrades = super()._should_upgrade()
        return self._upgrades

    def on_headers_complete(self) -> None:
        if len(self.url) > self.limits.line_bytes:
            self._stop(414)
        if len(self.headers) > self.limits.headers:
            self._stop(431)
        if len(self.pipeline) >= self.limits.requests:
            self._stop(429)
        if not _names_a_place(
            next((value for name, value in self.headers if name == b"host"), b"")
        ):
            self._stop(400)
        if not self._is_answered():
            self._overtaken = [one for one in self._overtaken if not one.response_complete]
            self._overtaken.append(self.cycle)
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before and self.scope["method"] != "HEAD":  # whose answer has no body
            self.cycle.transport = WholeAnswer(self.transport, self.loop)  # type: ignore[assignment]
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
        """Wait at the gate, unless no answer could be read, or a body is still to come."""
        bodies = (b"content-length", b"transfer-encoding")
        if not self._is_answered() or any(name in bodies for name, _ in self.headers):
            self._refuse(400)
        else:
            self.due = self.loop.time() + self.limits.waiting_seconds
            self._gate = self._door
            urgent = self.url.startswith(URGENT)
            self._gate.come(self.transport, self._become_websocket, urgent)

    def _become_websocket(self) -> None:
        """The request was read, so the other protocol is given it instead of its bytes."""
        self.connections.discard(self)
        other = BoundedWebsocket(self.config, self.server_state, self.app_state, self.limits)
        other.open(self.transport, self.scope["method"], self.url, list(self.scope["headers"]))


def _leave(cycle: RequestResponseCycle) -> None:
    """Nobody listens any more."""
    if not cycle.response_complete:
        cycle.disconnected = True
        cycle.message_event.set()


def _declined(data: bytes) -> bytes:
    """A head without its offer of HTTP/2, as Java's client makes with each request: after one the
    parser takes the body, too, for what follows the change."""
    end = data.find(b"\r\n\r\n")
    offer = _OFFER.search(data, 0, end + 2 if end >= 0 else len(data))
    return data[: offer.start()] + _DECLINED + data[offer.end() :] if offer else data


@lru_cache(maxsize=1024)
def _names_a_place(host: bytes) -> bool:
    """Whether an address can be made with it: the framework makes one of each request, and so does
    the page that says what was wrong with it."""
    try:
        _ = urlsplit(f"//{host.decode('latin-1')}").port
    except ValueError:
        return False
    return True


@cache
def _words(status: int) -> bytes:
    """A whole answer, after which the connection ends."""
    title = HTTPStatus(status).phrase
    body = msgspec.json.encode({"type": "about:blank", "title": title, "status": status})
    return STATUS_LINE[status] + (
        b"content-type: application/problem+json\r\n"
        b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body)
    )
