"""A printer of IPP on a socket: it reads requests as RFC 8010 writes them, keeps the documents, and
is empty, stopped or dies when it is told to."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PRINT_JOB, CANCEL_JOB, JOB, PRINTER = 0x0002, 0x0008, 0x0009, 0x000B
IDLE, STOPPED = 3, 5
PROCESSING, CANCELED, ABORTED, COMPLETED = 5, 7, 8, 9


class IppPrinter:
    """`job_state`: what it says of jobs that it took. `dies_after`: so many bytes of a job, then
    the line breaks and nobody answers any more. `status`: of every answer."""

    def __init__(self) -> None:
        self.state = IDLE
        self.reasons = ["none"]
        self.accepts = True
        self.formats = ["application/pdf", "image/jpeg", "image/pwg-raster"]
        self.job_state = COMPLETED
        self.dies_after: int | None = None
        self.status = 0
        self.port = 0
        self.documents: list[tuple[str, bytes]] = []
        self.canceled: list[int] = []
        self.job_bytes = 0
        self.is_dead = False

    @property
    def address(self) -> str:
        return f"ipp://127.0.0.1:{self.port}/printers/hall"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not self.is_dead:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                assert head.startswith("post /printers/hall ")
                assert "content-type: application/ipp" in head
                size = int(head.split("content-length:")[1].split("\r\n")[0])
                body = await self._body(reader, size)
                if body is None:
                    return
                said = self._answer(body)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n"
                    + f"Content-Length: {len(said)}\r\n\r\n".encode()
                    + said
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _body(self, reader: asyncio.StreamReader, size: int) -> bytes | None:
        """None where the printer has died in it."""
        begun = await reader.readexactly(4)
        is_job = struct.unpack(">H", begun[2:])[0] == PRINT_JOB
        if is_job and self.dies_after is not None and self.dies_after < size:
            self.is_dead = True
            return None
        if is_job:
            self.job_bytes = size
        return begun + await reader.readexactly(size - 4)

    def _answer(self, body: bytes) -> bytes:
        operation, number = struct.unpack_from(">HI", body, 2)
        asked, document = read(body)
        names = list(asked)
        assert names[:3] == ["attributes-charset", "attributes-natural-language", "printer-uri"]
        assert asked["printer-uri"] == [self.address.encode()]
        told = b"\x01\x01" + struct.pack(">HI", self.status, number) + b"\x01"
        told += one(0x47, "attributes-charset", b"utf-8")
        told += one(0x48, "attributes-natural-language", b"en")
        if operation == PRINTER:
            told += b"\x04" + self._about()
        elif operation == PRINT_JOB:
            self.documents.append((asked["document-format"][0].decode(), document))
            told += b"\x02" + one(0x21, "job-id", struct.pack(">i", len(self.documents)))
            told += one(0x23, "job-state", struct.pack(">i", PROCESSING))
        elif operation == JOB:
            assert struct.unpack(">i", asked["job-id"][0])[0] == len(self.documents)
            told += b"\x02" + one(0x23, "job-state", struct.pack(">i", self.job_state))
        else:
            assert operation == CANCEL_JOB
            self.canceled += struct.unpack(">i", asked["job-id"][0])
        return told + b"\x03"

    def _about(self) -> bytes:
        told = one(0x23, "printer-state", struct.pack(">i", self.state))
        told += several(0x44, "printer-state-reasons", self.reasons)
        told += one(0x22, "printer-is-accepting-jobs", bytes([self.accepts]))
        return told + several(0x49, "document-format-supported", self.formats)


def one(tag: int, name: str, value: bytes) -> bytes:
    said = name.encode()
    return struct.pack(">BH", tag, len(said)) + said + struct.pack(">H", len(value)) + value


def several(tag: int, name: str, values: list[str]) -> bytes:
    return b"".join(
        one(tag, "" if place else name, value.encode()) for place, value in enumerate(values)
    )


def read(body: bytes) -> tuple[dict[str, list[bytes]], bytes]:
    """The attributes of a request by name, in their order, and its document."""
    found: dict[str, list[bytes]] = {}
    at, name = 8, ""
    while body[at] != 3:
        if body[at] < 0x10:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", body, at + 1)
        name = body[at + 3 : at + 3 + length].decode() or name
        at += 3 + length
        (length,) = struct.unpack_from(">H", body, at)
        found.setdefault(name, []).append(body[at + 2 : at + 2 + length])
        at += 2 + length
    return found, body[at + 1 :]


@asynccontextmanager
async def ipp_printer() -> AsyncIterator[IppPrinter]:
    made = IppPrinter()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await server.wait_closed()
