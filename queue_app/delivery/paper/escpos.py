"""ESC/POS as far as a ticket needs it: a picture, the cut, and how the printer stands.

After the command reference of Epson, whose printers the others imitate.
"""

from PIL import Image

from queue_app.domain.paper import PaperStatus

RESET = b"\x1b@"
"""ESC @: whatever an earlier ticket left half told is forgotten."""
SILENT = b"\x1da\x00"
"""GS a 0: it tells nothing unasked."""
CUT = b"\x1dVB\x00"
"""GS V 66 0: feed to the knife, and cut."""
ASK_DONE = b"\x1dr\x01"
"""GS r 1: the paper sensor, told in turn: whoever answers has done all that came before."""
ASK = tuple(bytes((0x10, 0x04, which)) for which in (1, 2, 3, 4))
"""DLE EOT 1 to 4: the printer, why it is offline, errors, paper; answered at once."""
BAND_ROWS = 64
"""So many lines of dots at a time: printers of little memory take no more."""

_INVERTED = bytes(255 - one for one in range(256))
_REAL_TIME = (b"\x10\x04", b"\x10\x05", b"\x10\x14")
"""What a printer takes for an order at once, even amid a picture."""


def ticket_bytes(picture: Image.Image) -> bytes:
    """A whole ticket of a picture of mode "1": reset, bands of dots, cut."""
    bands = [
        band_bytes(picture.crop((0, top, picture.width, min(top + BAND_ROWS, picture.height))))
        for top in range(0, picture.height, BAND_ROWS)
    ]
    return b"".join([RESET, SILENT, *bands, CUT])


def band_bytes(band: Image.Image) -> bytes:
    """GS v 0: dots by rows, eight in a byte, the first the highest."""
    across, rows = (band.width + 7) // 8, band.height
    head = b"\x1dv0\x00" + across.to_bytes(2, "little") + rows.to_bytes(2, "little")
    return head + _harmless(band.tobytes().translate(_INVERTED))


def _harmless(dots: bytes) -> bytes:
    """Without what would be taken for an order: such a place gets one dot more."""
    for order in _REAL_TIME:
        dots = dots.replace(order, b"\x30" + order[1:])
    return dots


def is_status(answer: int) -> bool:
    """Whether a byte can be an answer to DLE EOT; that to GS r, or a stray one, cannot."""
    return answer & 0b1001_0011 == 0b0001_0010


def is_done(answer: int) -> bool:
    """Whether a byte can be the answer to GS r 1."""
    return answer & 0b1001_0000 == 0


def status_of(printer: int, offline: int, error: int, paper: int) -> PaperStatus:
    """The four answers to DLE EOT 1, 2, 3 and 4."""
    return PaperStatus(
        offline=bool(printer & 0x08),
        cover_open=bool(offline & 0x04),
        paper_out=bool(offline & 0x20 or paper & 0x60),
        paper_low=bool(paper & 0x0C),
        error=bool(offline & 0x40 or error & 0x6C),
    )
