"""A ticket printer on a socket: it answers as one does, keeps what it printed as pictures, and
runs out of paper, is opened or dies when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from PIL import Image

from queue_app.queries import reference
from queue_app.store import db
from tests.support.people import BRANCH

READY = {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}
PAPER_OUT = {1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x72}
PAPER_LOW = {1: 0x12, 2: 0x12, 3: 0x12, 4: 0x1E}
COVER_OPEN = {1: 0x1A, 2: 0x16, 3: 0x12, 4: 0x12}
KNIFE_STUCK = {1: 0x1A, 2: 0x52, 3: 0x1A, 4: 0x12}


class PrinterSink:
    """`dies_after`: so many bytes that are no question, then the line breaks and nobody answers any
    more. `empties_after`: then the paper ends. Not `tells_done`: it does not know GS r."""

    def __init__(self) -> None:
        self.status = dict(READY)
        self.dies_after: int | None = None
        self.empties_after: int | None = None
        self.tells_done = True
        self.is_mute = False
        self.port = 0
        self.tickets: list[Image.Image] = []
        self.heard = 0
        self.connections = 0
        self.most_at_once = 0
        self._open = 0

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            if not self._is_dead:
                await self._listen(_Orders(reader, self), writer)
        except (asyncio.IncompleteReadError, ConnectionError, _Dead):
            pass
        finally:
            self._open -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    @property
    def _is_dead(self) -> bool:
        return self.dies_after is not None and self.heard >= self.dies_after

    @property
    def is_empty(self) -> bool:
        return self.status[4] & 0x60 != 0

    async def _listen(self, orders: "_Orders", writer: asyncio.StreamWriter) -> None:
        while True:
            first = await orders.take(1, counts=False)
            if first == b"\x10":
                await self._tell_status(orders, writer)
                continue
            orders.count(first)
            await self._obey(first, orders, writer)

    async def _tell_status(self, orders: "_Orders", writer: asyncio.StreamWriter) -> None:
        _, which = await orders.take(2, counts=False)
        if not self.is_mute:
            writer.write(bytes([self.status[which]]))

    async def _obey(self, first: bytes, orders: "_Orders", writer: asyncio.StreamWriter) -> None:
        order = first + await orders.take(1)
        if order == b"\x1b@":
            orders.bands.clear()
        elif order == b"\x1da":
            await orders.take(1)
        elif order == b"\x1dv":
            _, _, low, high, rows, more = await orders.take(6)
            across, height = low + 256 * high, rows + 256 * more
            dots = await orders.take(across * height)
            inverted = bytes(255 - one for one in dots)
            orders.bands.append(Image.frombytes("1", (across * 8, height), inverted))
        elif order == b"\x1dV":
            await orders.take(2)
            if not self.is_empty:
                self.tickets.append(_joined(orders.bands))
            orders.bands.clear()
        elif order == b"\x1dr":
            await orders.take(1)
            if self.tells_done and not self.is_empty and not self.is_mute:
                writer.write(b"\x00")
        else:
            raise AssertionError(f"no order: {order!r}")


class _Dead(Exception):
    pass


class _Orders:
    """Of one connection: counts what is no question, and ends where the printer does."""

    def __init__(self, reader: asyncio.StreamReader, sink: PrinterSink) -> None:
        self.bands: list[Image.Image] = []
        self._reader = reader
        self._sink = sink

    async def take(self, size: int, counts: bool = True) -> bytes:
        left = size
        if counts and self._sink.dies_after is not None:
            left = min(size, self._sink.dies_after - self._sink.heard)
        taken = await self._reader.readexactly(left)
        if counts:
            self.count(taken)
        if left < size:
            raise _Dead
        return taken

    def count(self, taken: bytes) -> None:
        sink = self._sink
        sink.heard += len(taken)
        if sink.empties_after is not None and sink.heard >= sink.empties_after:
            sink.status = dict(PAPER_OUT)
        if sink.dies_after is not None and sink.heard >= sink.dies_after:
            raise _Dead


def _joined(bands: list[Image.Image]) -> Image.Image:
    width, height = max(one.width for one in bands), sum(one.height for one in bands)
    whole, top = Image.new("1", (width, height), 1), 0
    for one in bands:
        whole.paste(one, (0, top))
        top += one.height
    return whole


@asynccontextmanager
async def printer_sink() -> AsyncIterator[PrinterSink]:
    sink = PrinterSink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await server.wait_closed()


async def put_printer(
    address: str,
    code: str = "hall",
    branch: str = BRANCH,
    kiosk: str | None = None,
    width_mm: int = 80,
) -> None:
    """A printer in force in the test's database, as the centre's files would have it."""
    await db.fetch(
        "INSERT INTO printer (branch_id, code, position, address, width_mm, kiosk, answers)"
        " SELECT id, $2, 0, $3, $4, $5, true FROM branch WHERE slug = $1",
        branch,
        code,
        address,
        width_mm,
        kiosk,
    )
    await _tell_everybody()


async def remove_printers() -> None:
    await db.fetch("DELETE FROM printer")
    await _tell_everybody()


async def _tell_everybody() -> None:
    await db.fetch("UPDATE centre SET version = version + 1")
    reference.forget()
