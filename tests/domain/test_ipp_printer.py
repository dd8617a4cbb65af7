"""A ticket on its way to a printer that speaks IPP, against one that does so on a socket."""

import io
from collections.abc import AsyncIterator

import pytest
import zxingcpp
from PIL import Image

from queue_app.delivery.paper import ipp
from queue_app.delivery.paper.ipp import read_answer
from queue_app.delivery.paper.outcome import CutShort, NotBegun
from queue_app.delivery.paper.picture import drawn
from queue_app.delivery.paper.ways import print_picture, state_at
from queue_app.domain.paper import DOTS, PrinterState, check_printer_address, ipp_url
from tests.domain.test_ticket_paper import LINK, document
from tests.support.ipp_printer import (
    ABORTED,
    CANCELED,
    PROCESSING,
    STOPPED,
    IppPrinter,
    ipp_printer,
)

PICTURE = drawn(document(), DOTS[80])
_JPEG_BEGINS, _JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"


@pytest.fixture
async def printer() -> AsyncIterator[IppPrinter]:
    async with ipp_printer() as made:
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipp, "DONE_SECONDS", 0.2)
    monkeypatch.setattr(ipp, "ASK_EVERY_SECONDS", 0.02)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


@pytest.mark.parametrize("kind", ["application/pdf", "image/jpeg"])
async def test_the_code_on_what_was_printed_leads_to_the_ticket(
    printer: IppPrinter, kind: str
) -> None:
    printer.formats = [kind, "image/pwg-raster"]
    assert await print_picture(printer.address, True, PICTURE, yes) == "ready"
    [(told, content)] = printer.documents
    assert told == kind
    begins, ends = content.index(_JPEG_BEGINS), content.rindex(_JPEG_ENDS)
    printed = Image.open(io.BytesIO(content[begins : ends + 2]))
    assert printed.size == PICTURE.size
    assert [one.text for one in zxingcpp.read_barcodes(printed)] == [LINK]


@pytest.mark.parametrize(
    ("state", "reasons", "accepts", "stands"),
    [
        (3, ["none"], True, "ready"),
        (3, ["media-low-warning"], True, "paper_low"),
        (STOPPED, ["media-empty-error", "media-low-warning"], True, "paper_out"),
        (STOPPED, ["media-needed"], True, "paper_out"),
        (STOPPED, ["cover-open"], True, "cover_open"),
        (STOPPED, ["media-jam-error"], True, "error"),
        (STOPPED, ["paused"], True, "error"),
        (3, ["offline-report"], True, "off"),
        (3, ["none"], False, "error"),
    ],
)
async def test_a_printer_of_ipp_says_how_it_stands_and_then_begins_nothing_in_vain(
    printer: IppPrinter, state: int, reasons: list[str], accepts: bool, stands: PrinterState
) -> None:
    printer.state, printer.reasons, printer.accepts = state, reasons, accepts
    assert await state_at(printer.address) == stands
    if stands in ("ready", "paper_low"):
        assert await print_picture(printer.address, True, PICTURE, yes) == stands
        return
    with pytest.raises(NotBegun) as stopped:
        await print_picture(printer.address, True, PICTURE, yes)
    assert stopped.value.state == stands
    assert printer.documents == []


async def test_nothing_is_sent_where_somebody_else_has_begun(printer: IppPrinter) -> None:
    with pytest.raises(NotBegun):
        await print_picture(printer.address, True, PICTURE, no)
    assert printer.documents == []


@pytest.mark.parametrize("state", [CANCELED, ABORTED])
async def test_a_job_that_ends_otherwise_is_in_doubt(printer: IppPrinter, state: int) -> None:
    printer.job_state = state
    with pytest.raises(CutShort):
        await print_picture(printer.address, True, PICTURE, yes)


@pytest.mark.usefixtures("impatient")
async def test_a_job_that_stands_still_is_taken_back_so_that_nobody_finds_it_later(
    printer: IppPrinter,
) -> None:
    printer.job_state = PROCESSING
    with pytest.raises(CutShort) as stopped:
        await print_picture(printer.address, True, PICTURE, yes)
    assert stopped.value.state == "error"
    assert printer.canceled == [1]


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
async def test_a_printer_that_dies_in_mid_ticket_leaves_it_in_doubt(
    printer: IppPrinter, share: float
) -> None:
    await print_picture(printer.address, True, PICTURE, yes)
    printer.dies_after = int(printer.job_bytes * share)
    with pytest.raises(CutShort) as stopped:
        await print_picture(printer.address, True, PICTURE, yes)
    assert stopped.value.state == "off"
    assert len(printer.documents) == 1


async def test_one_that_is_away_or_refuses_has_begun_nothing(printer: IppPrinter) -> None:
    printer.status = 0x0503
    with pytest.raises(NotBegun):
        await print_picture(printer.address, True, PICTURE, yes)
    printer.is_dead = True
    with pytest.raises(NotBegun) as stopped:
        await print_picture(printer.address, True, PICTURE, yes)
    assert stopped.value.state == await state_at(printer.address) == "off"


def test_an_answer_that_is_cut_anywhere_is_none() -> None:
    whole = b"\x01\x01\0\0\0\0\0\1\x01\x47\0\x12attributes-charset\0\5utf-8\x03"
    assert read_answer(whole).attributes == {"attributes-charset": ["utf-8"]}
    for cut in range(len(whole)):
        with pytest.raises(ipp.IppError):
            read_answer(whole[:cut])


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("ipp://10.0.0.6/printers/hall", "http://10.0.0.6:631/printers/hall"),
        ("ipps://print.example.org:8631/ipp/print", "https://print.example.org:8631/ipp/print"),
        ("ipp://[fd00::6]", "http://[fd00::6]:631/"),
    ],
)
def test_an_address_of_ipp_names_where_its_printer_is_asked(address: str, url: str) -> None:
    check_printer_address(address)
    assert ipp_url(address) == url


@pytest.mark.parametrize("address", ["ipp://", "ipp://a b/", "ipp://host:70000/", "ipps:/x"])
def test_an_address_that_names_no_printer_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"is no|has the port|is neither"):
        check_printer_address(address)
