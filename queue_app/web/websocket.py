"""One websocket: a stream to a screen, from which nothing is expected but signs of life.

uvicorn's own class has two timers, a queue and a task more for each connection, and a coroutine for
each frame. This one is looked at once a second with all others, and a hub writes to it by `push`.
The library behind it (`websockets`, without its sockets) knows the handshake and the frames.
"""

import asyncio
import logging
import random
from collections.abc import Generator, Iterable, Sequence
from typing import Any, cast
from urllib.parse import unquote

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent, WebSocketScope
from uvicorn.config import Config
from uvicorn.protocols.utils import (
    ClientDisconnected,
    get_local_addr,
    get_remote_addr,
    is_ssl,
)
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

from queue_app.web.bounds import CUT, ConnectionLimits
from queue_app.web.gate import gate_of
from queue_app.web.stream import EXTENSION
from queue_app.web.watch import NEVER, Watched

PING = Frame(Opcode.PING, b"").serialize(mask=False)
UNHANDLED = "an error in the application behind a websocket"

_log = logging.getLogger(__name__)


class _Frames(ServerProtocol):
    """The library's protocol behind a handshake whose request was read by somebody else."""

    def parse(self) -> Generator[None]:
        return Protocol.parse(self)


class BoundedWebsocket(Watched, asyncio.Protocol):
    """A connection from its handshake on; the `Stream` of whoever the application lets watch."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        limits: ConnectionLimits,
    ) -> None:
        self._app = config.loaded_app
        self._root_path = config.root_path
        self._asgi_version = config.asgi_version
        self._state = server_state
        self._app_state = app_state
        self._limits = limits
        self.unread_seconds = limits.unread_seconds
        self._loop = asyncio.get_running_loop()
        self._conn = _Frames(max_size=config.ws_max_size)
        self._gate = gate_of(server_state, limits.places)
        self._writable = asyncio.Event()
        self._writable.set()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self._agreed = False
        """Whether the handshake is over, with whatever answer."""
        self._close_sent = False
        self._connect_told = False
        self._text: list[bytes] | None = None
        """The parts of a text that has begun."""
        self._broken = False
        """Whether a text came that is none."""
        self._heard = 0
        """Bytes since the last look."""
        self._newest: bytes | None = None
        """A frame for whoever has not read those before it."""
        self._ask_at = NEVER
        """When to send the next ping, in the loop's time."""
        self._asked = False
        """Whether nothing has come since the last ping."""

    def open(
        self,
        transport: asyncio.Transport,
        method: str,
        target: bytes,
        headers: Sequence[tuple[bytes, bytes]],
    ) -> None:
        """The handshake of whoever was given a place at the gate; `due` is until when it has it."""
        self.transport = transport
        self.due = self._loop.time() + self._limits.place_seconds
        self._state.connections.add(self)  # type: ignore[arg-type]
        transport.set_protocol(self)
        named = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        self._response = self._conn.accept(
            Request(target.decode("latin-1"), Headers(named), method)
        )
        if self._response.status_code != 101:
            self._answer(self._response)
            return
        task = self._loop.create_task(self._run(self._scope(target, headers)))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    def _answer(self, response: Response) -> None:
        """Anything but a handshake, and the end."""
        self._agreed = self._close_sent = True
        self._give_up_place()
        if not self.transport.is_closing():
            self._conn.send_response(response)
            self._flush()
            self.transport.close()

    def _scope(self, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> WebSocketScope:
        raw_path, _, query = target.partition(b"?")
        raw_path = self._root_path.encode() + raw_path
        return {
            "type": "websocket",
            "asgi": {"version": self._asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(self.transport) else "ws",
            "server": get_local_addr(self.transport),
            "client": get_remote_addr(self.transport),
            "root_path": self._root_path,
            "path": unquote(raw_path.decode("latin-1")),
            "raw_path": raw_path,
            "query_string": query,
            "headers": headers,
            "subprotocols": [],
            "state": self._app_state.copy(),
            "extensions": cast(Any, {EXTENSION: self}),
        }

    async def _run(self, scope: WebSocketScope) -> None:
        try:
            await self._app(scope, self._receive, self._send)
        except ClientDisconnected:
            pass
        except Exception:
            _log.exception(UNHANDLED)
        if not self._agreed:
            self._answer(self._conn.reject(500, ""))
        if not self._close_sent:
            self.transport.close()

    async def _receive(self) -> ASGIReceiveEvent:
        """That it comes, and that it has gone; whatever it says meanwhile is for nobody."""
        if not self._connect_told:
            self._connect_told = True
            return {"type": "websocket.connect"}
        await self.gone
        return {"type": "websocket.disconnect", "code": CloseCode.GOING_AWAY, "reason": None}

    async def _send(self, message: ASGISendEvent) -> None:
        """ClientDisconnected, which is logged nowhere, once the connection is ending."""
        await self._writable.wait()
        if self._is_ending():
            raise ClientDisconnected
        if message["type"] == "websocket.accept":
            self._accept(message.get("headers", ()))
        elif message["type"] == "websocket.close" and not self._agreed:
            self._answer(self._conn.reject(403, ""))
        elif message["type"] == "websocket.close":
            self._close(message.get("code", 1000), message.get("reason") or "")
        elif message["type"] == "websocket.send":
            text = message.get("text")
            self.push(Frame(Opcode.TEXT, (text or "").encode()).serialize(mask=False))
        else:
            raise RuntimeError(f"{message['type']} is not spoken here")

    def _accept(self, more: Iterable[tuple[bytes, bytes]]) -> None:
        headers = self._response.headers
        del headers["Date"]  # the server's own headers have one
        for name, value in (*self._state.default_headers, *more):
            headers[name.decode("latin-1")] = value.decode("latin-1")
        self._agreed = True
        self._conn.send_response(self._response)
        self._flush()
        self._ask_at = self._loop.time() + self._limits.ping_seconds * random.random()

    def _close(self, code: int, reason: str) -> None:
        """Say good-bye, and wait a moment for the other side to say it, too."""
        self._give_up_place()
        self._close_sent = True
        self._conn.send_close(code, reason)
        self._flush()
        self.due = self._loop.time() + self._limits.parting_seconds

    def push(self, frame: bytes) -> None:
        if self._is_ending():
            return
        if self.due != NEVER:
            self._give_up_place()
        if self._writable.is_set():
            self.transport.write(frame)
        else:
            self._newest = frame

    def _flush(self) -> None:
        self.transport.write(b"".join(self._conn.data_to_send()))

    def _is_ending(self) -> bool:
        return self._close_sent or self.transport.is_closing()

    def _give_up_place(self) -> None:
        """Others may enter; and nothing is due from it any more."""
        self.due = NEVER
        self._gate.leave(self.transport)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()
        if self._newest is not None:
            frame, self._newest = self._newest, None
            self.push(frame)

    def data_received(self, data: bytes) -> None:
        self._heard += len(data)
        if self._heard > self._limits.heard_bytes:
            CUT.labels("talking").inc()
            self.transport.abort()
        elif not self._agreed:
            self.transport.abort()  # nothing may be said before the answer
        else:
            self._asked = False
            self._hear(data)

    def _hear(self, data: bytes) -> None:
        self._conn.receive_data(data)
        for frame in self._conn.events_received():
            if isinstance(frame, Frame) and not self._is_text(frame):
                self._conn.fail(CloseCode.INVALID_DATA)
                self._broken = True
        if self._writable.is_set():
            self._flush()
        else:
            self._conn.data_to_send()  # whoever does not read gets no more to read
        if self._broken or self._conn.parser_exc or self._conn.close_rcvd:
            self._close_sent = True
            self.transport.close()
            self._go()

    def _is_text(self, frame: Frame) -> bool:
        """False for the end of a text that is none."""
        if frame.opcode is Opcode.TEXT:
            self._text = [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT and self._text is not None:
            self._text.append(bytes(frame.data))
        else:
            return True
        if not frame.fin:
            return True
        words, self._text = b"".join(self._text), None
        return _is_utf8(words)

    def connection_lost(self, _error: Exception | None) -> None:
        self._state.connections.discard(self)
        self._close_sent = True
        self._writable.set()
        self._give_up_place()
        self._go()

    def _go(self) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    def shutdown(self) -> None:
        """The server stops."""
        if not self._agreed:
            self._answer(self._conn.reject(503, ""))
        elif not self._is_ending():
            self._close(CloseCode.SERVICE_RESTART, "")
            self.transport.close()
        self._go()

    def looked(self, now: float) -> None:
        self._heard = 0
        if now < self._ask_at or self._is_ending():
            return
        if self._asked:
            self._conn.fail(CloseCode.INTERNAL_ERROR, "keepalive ping timeout")
            self._flush()
            self.transport.close()
        else:
            self._asked, self._ask_at = True, now + self._limits.ping_seconds
            self.transport.write(PING)

    def overdue(self) -> None:
        """It has said no good-bye in time, or has kept its place long enough."""
        if self._close_sent:
            self.transport.abort()
        else:
            self._give_up_place()

    def is_unread(self) -> bool:
        """While the connection lasts, pings find out who does not read; but not once it ends."""
        return self.transport.is_closing() and super().is_unread()

    def unread(self) -> None:
        CUT.labels("unread").inc()
        super().unread()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
