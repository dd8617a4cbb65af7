"""A ticket on its way to a printer: asked, sent, asked whether it is done, dead at any byte."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from queue_app.delivery.paper import printer
from queue_app.delivery.paper.escpos import band_bytes, ticket_bytes
from queue_app.delivery.paper.outcome import CutShort, NotBegun
from queue_app.delivery.paper.printer import print_at, state_of
from queue_app.domain.paper import PrinterState, printer_place
from tests.support.printer_sink import (
    COVER_OPEN,
    KNIFE_STUCK,
    PAPER_LOW,
    PAPER_OUT,
    READY,
    PrinterSink,
    printer_sink,
)
from tests.support.waiting import until


def stripes(width: int = 16, height: int = 70) -> Image.Image:
    """Small, and of two bands."""
    picture = Image.new("1", (width, height), 1)
    for y in range(0, height, 3):
        picture.paste(0, (y % width, y, width, y + 1))
    return picture


PICTURE = stripes()
TICKET = ticket_bytes(PICTURE)


@pytest.fixture
async def sink() -> AsyncIterator[PrinterSink]:
    async with printer_sink() as made:
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printer, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(printer, "DONE_SECONDS", 0.1)


async def yes() -> bool:
    return True


async def test_what_is_printed_is_what_was_drawn(sink: PrinterSink) -> None:
    assert await print_at(sink.address, True, TICKET, yes) == "ready"
    assert [one.tobytes() for one in sink.tickets] == [PICTURE.tobytes()]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (READY, "ready"),
        (PAPER_LOW, "paper_low"),
        (PAPER_OUT, "paper_out"),
        (COVER_OPEN, "cover_open"),
        (KNIFE_STUCK, "error"),
    ],
)
async def test_a_printer_says_how_it_stands(
    sink: PrinterSink, status: dict[int, int], state: PrinterState
) -> None:
    sink.status = dict(status)
    assert await state_of(sink.address) == state


async def test_nothing_is_sent_to_a_printer_that_cannot_print(sink: PrinterSink) -> None:
    sink.status = dict(COVER_OPEN)
    with pytest.raises(NotBegun) as refused:
        await print_at(sink.address, True, TICKET, yes)
    assert refused.value.state == "cover_open" and not sink.heard


async def test_a_printer_that_is_off_or_mute_was_sent_nothing(
    sink: PrinterSink, impatient: None
) -> None:
    sink.is_mute = True
    with pytest.raises(NotBegun, match="off"):
        await print_at(sink.address, True, TICKET, yes)
    assert not sink.heard
    with pytest.raises(NotBegun, match="off"):
        await print_at("tcp://127.0.0.1:1", True, TICKET, yes)


async def test_nothing_is_sent_where_the_ticket_is_another_s_by_now(sink: PrinterSink) -> None:
    async def no() -> bool:
        return False

    with pytest.raises(NotBegun):
        await print_at(sink.address, True, TICKET, no)
    assert not sink.heard


async def test_a_printer_that_dies_at_any_byte_leaves_the_ticket_in_doubt() -> None:
    for place in range(1, len(TICKET)):
        async with printer_sink() as sink:
            sink.dies_after = place
            with pytest.raises(CutShort):
                await print_at(sink.address, True, TICKET, yes)
            assert not sink.tickets, f"whole at byte {place}"


async def test_a_whole_ticket_on_its_way_is_in_doubt_wherever_it_ends() -> None:
    ticket = ticket_bytes(stripes(576, 900))
    for place in range(1, len(ticket), 1999):
        async with printer_sink() as sink:
            sink.dies_after = place
            with pytest.raises(CutShort, match="off"):
                await print_at(sink.address, True, ticket, yes)
            assert not sink.tickets, f"whole at byte {place}"


async def test_paper_that_ends_in_mid_ticket_is_told_so(sink: PrinterSink, impatient: None) -> None:
    sink.empties_after = len(TICKET) // 2
    with pytest.raises(CutShort) as ended:
        await print_at(sink.address, True, TICKET, yes)
    assert ended.value.state == "paper_out" and not sink.tickets


async def test_a_printer_that_does_not_know_the_last_question_has_printed(
    sink: PrinterSink, impatient: None
) -> None:
    sink.tells_done = False
    assert await print_at(sink.address, True, TICKET, yes) == "ready"
    assert len(sink.tickets) == 1


async def test_a_printer_that_never_answers_can_be_told_to_print_all_the_same(
    sink: PrinterSink,
) -> None:
    sink.is_mute = True
    assert await print_at(sink.address, False, TICKET, yes) == "unknown"
    await until(lambda: bool(sink.tickets))


async def test_a_device_of_this_machine_is_a_printer_as_well() -> None:
    ours, theirs = os.openpty()
    tty.setraw(ours)
    reader, told = asyncio.StreamReader(), PrinterSink()
    loop = asyncio.get_running_loop()
    loop.add_reader(ours, lambda: reader.feed_data(os.read(ours, 65_536)))
    playing = asyncio.create_task(told.serve(reader, _Answers(ours)))  # type: ignore[arg-type]
    try:
        assert await print_at(os.ttyname(theirs), True, TICKET, yes) == "ready"
        assert told.tickets[0].tobytes() == PICTURE.tobytes()
    finally:
        loop.remove_reader(ours)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        os.close(ours)
        os.close(theirs)


class _Answers:
    def __init__(self, handle: int) -> None:
        self._handle = handle

    def write(self, data: bytes) -> None:
        os.write(self._handle, data)

    def close(self) -> None:
        pass

    async def wait_closed(self) -> None:
        pass


def test_no_picture_holds_an_order() -> None:
    for order in (0x04, 0x05, 0x14):
        band = Image.frombytes("1", (16, 1), bytes([255 - 0x10, 255 - order]))
        dots = band_bytes(band)[8:]
        assert dots[0] & 0x10 and dots != bytes([0x10, order])


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("tcp://10.0.0.5", ("10.0.0.5", 9100)),
        ("tcp://printer.hall:9101", ("printer.hall", 9101)),
        ("tcp://[fe80::1]:9100", ("fe80::1", 9100)),
        ("/dev/usb/lp0", "/dev/usb/lp0"),
    ],
)
def test_an_address_is_a_place_in_the_network_or_a_device(address: str, place: object) -> None:
    assert printer_place(address) == place


@pytest.mark.parametrize("address", ["10.0.0.5", "http://10.0.0.5", "tcp://a:0", "tcp://a:70000"])
def test_what_is_no_printer_s_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"tcp://|port"):
        printer_place(address)
