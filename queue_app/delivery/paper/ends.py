"""The line to a printer: a connection in the network, or a device of this machine. Both ways."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from queue_app.domain.paper import printer_place

CONNECT_SECONDS = 2.0
CHUNK = 4096
"""So many bytes at once: what the printer has not taken can still be kept from it."""


class PrinterEnd(Protocol):
    """Bytes to a printer and from it. OSError where the line breaks."""

    async def send(self, data: bytes) -> None:
        """Returns when all has left this machine."""
        ...

    async def receive(self) -> bytes:
        """Some bytes as soon as there are any; none: the printer has hung up."""
        ...


@asynccontextmanager
async def line_to(address: str) -> AsyncIterator[PrinterEnd]:
    """The printer at that address, as `printer_place` reads it. OSError, TimeoutError: it is not
    to be reached."""
    place = printer_place(address)
    opened = _device(place) if isinstance(place, str) else _network(*place)
    async with opened as end:
        yield end


class _Network:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        for at in range(0, len(data), CHUNK):
            self._writer.write(data[at : at + CHUNK])
            await self._writer.drain()

    async def receive(self) -> bytes:
        return await self._reader.read(64)


@asynccontextmanager
async def _network(host: str, port: int) -> AsyncIterator[PrinterEnd]:
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
    writer.transport.set_write_buffer_limits(high=CHUNK)
    try:
        yield _Network(reader, writer)
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await writer.wait_closed()


class _Device:
    """A character device such as that of a USB printer; of a serial one, the bytes as they are."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._handle, rest[:CHUNK]) :]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)

    async def receive(self) -> bytes:
        while True:
            try:
                return os.read(self._handle, 64)
            except BlockingIOError:
                await self._ready(self._loop.add_reader, self._loop.remove_reader)

    async def _ready(self, watch: Callable[..., object], unwatch: Callable[[int], object]) -> None:
        ready = asyncio.Event()
        watch(self._handle, ready.set)
        try:
            await ready.wait()
        finally:
            unwatch(self._handle)


@asynccontextmanager
async def _device(path: str) -> AsyncIterator[PrinterEnd]:
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        if os.isatty(handle):
            tty.setraw(handle)
        yield _Device(handle)
    finally:
        os.close(handle)
