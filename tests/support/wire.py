"""Bytes on a real socket, for whatever no polite library would send."""

import base64
import os
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Self

from tests.support.server import Server

ANSWER_WITHIN = 20.0
"""Seconds; generous, for a machine that does much else."""
GET = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


class Wire:
    """One connection to a server."""

    def __init__(self, server: Server, buffer_bytes: int | None = None) -> None:
        """`buffer_bytes`: how much of an answer may wait here; what the system gives if None."""
        host, port = server.url.removeprefix("http://").split(":")
        self.socket = socket.socket()
        if buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self.socket.settimeout(ANSWER_WITHIN)
        self.socket.connect((host, int(port)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, *parts: bytes) -> None:
        self.socket.sendall(b"".join(parts))

    def push(self, parts: Iterable[bytes]) -> int:
        """Send until the other side is gone; how many bytes it took."""
        sent = 0
        with suppress(ConnectionError):
            for part in parts:
                self.socket.sendall(part)
                sent += len(part)
        return sent

    def trickle(self, data: bytes, pause: float) -> None:
        """A byte at a time, with so many seconds between two, until the other side is gone."""
        with suppress(ConnectionError):
            for number in range(len(data)):
                self.socket.sendall(data[number : number + 1])
                time.sleep(pause)

    def rest(self) -> bytes:
        """All that comes until the connection ends; TimeoutError if it does not."""
        got = b""
        with suppress(ConnectionError):
            while part := self.socket.recv(65_536):
                got += part
        return got

    def answers(self, count: int) -> list[bytes]:
        """So many answers to GET, which say how long they are."""
        got: list[bytes] = []
        seen = b""
        while len(got) < count:
            head, end, body = seen.partition(b"\r\n\r\n")
            length = length_of(head)
            if end and len(body) >= length:
                got.append(head + end + body[:length])
                seen = body[length:]
                continue
            part = self.socket.recv(65_536)
            assert part, f"only {len(got)} answers"
            seen += part
        return got

    def reset(self) -> None:
        """Gone without a word, as when a phone is switched off and its network answers for it."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def open_websocket(self, path: str, more: str = "") -> None:
        """Ask for it; `more`: whole lines of the head."""
        key = base64.b64encode(os.urandom(16)).decode()
        self.send(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n".encode()
        )


def length_of(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def status_of(answer: bytes) -> int:
    """0 for no answer at all."""
    return int(answer[9:12] or 0)


def frame(opcode: int, data: bytes) -> bytes:
    """A whole frame of a client, of up to 125 bytes, under a mask of zeros."""
    return bytes([0x80 | opcode, 0x80 | len(data), 0, 0, 0, 0]) + data
