"""The document drawn as a picture of black dots, as wide as the paper's printable line.

A picture, since no two makes of printer have the same code pages: a letter that is drawn comes
out as it was meant.
"""

from typing import Any, Literal

import qrcode
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M

from queue_app.delivery.paper.document import PaperLine, TicketDocument
from queue_app.delivery.paper.lettering import Face, Lettering, Weight, shapes_from_the_right
from queue_app.texts.formats import direction

QUIET_MODULES = 4
LONGEST_DOTS = 3200
"""Forty centimetres: a longer ticket is cut there, rather than that one empties the roll."""
_INK, _PAPER = 0, 255
_Side = Literal["begin", "middle", "end"]


def drawn(document: TicketDocument, dots: int, lettering: Lettering | None = None) -> Image.Image:
    """The ticket, `dots` wide and as long as it must be; mode "1", where black is 0.

    In a language that is written from the right it begins there.
    """
    sheet = _Sheet(dots, lettering or Lettering(), direction(document.language) == "rtl")
    if document.reprint:
        sheet.banner(document.reprint)
    previous: PaperLine | None = None
    for line in document.lines:
        _put(sheet, line, previous)
        previous = line
    sheet.skip(12)
    return sheet.cut()


def _put(sheet: "_Sheet", line: PaperLine, previous: PaperLine | None) -> None:
    if line.part == "number":
        _put_number(sheet, line)
    elif line.part == "qr":
        _put_code(sheet, line)
    elif line.part in ("due", "ahead", "wait", "time"):
        if previous is None or previous.part not in ("due", "ahead", "wait", "time"):
            sheet.rule()
        sheet.fact(line.label or "", " ".join(line.said))
    elif line.part == "ready":
        _put_list(sheet, line)
    else:
        _put_words(sheet, line)


def _put_number(sheet: "_Sheet", line: PaperLine) -> None:
    sheet.rule()
    if line.label:
        sheet.text(line.label, 28)
    sheet.number(line.said[0])
    sheet.skip(8)


def _put_code(sheet: "_Sheet", line: PaperLine) -> None:
    sheet.skip(14)
    sheet.code(line.said[0])
    if line.label:
        sheet.text(line.label, 24)


def _put_list(sheet: "_Sheet", line: PaperLine) -> None:
    sheet.rule()
    if line.label:
        sheet.text(line.label, 28, "Bold", "begin")
    for one in line.said:
        sheet.item(one, 24)


def _put_words(sheet: "_Sheet", line: PaperLine) -> None:
    """The first line of whose ticket it is stands out, and so does what must not be overlooked."""
    sheet.skip(6)
    if line.label:
        sheet.text(line.label, 26)
    strong = line.part in ("centre", "services", "note", "priority")
    for place, one in enumerate(line.said):
        bold: Weight = "Bold" if strong or (line.part == "branch" and not place) else "Regular"
        sheet.text(one, 28 if strong else 26, bold)


class _Sheet:
    """Paper that is written from top to bottom."""

    def __init__(self, dots: int, lettering: Lettering, from_the_right: bool) -> None:
        self._dots = dots
        self._lettering = lettering
        self._from_the_right = from_the_right
        self._margin = 4
        self._y = 8
        self._image = Image.new("L", (dots, LONGEST_DOTS), _PAPER)
        self._pen = ImageDraw.Draw(self._image)
        shaped = from_the_right and shapes_from_the_right()
        self._way: dict[str, Any] = {"direction": "rtl"} if shaped else {}

    def skip(self, dots: int) -> None:
        self._y += dots

    def rule(self) -> None:
        """Dashes, as where one tears it off."""
        self.skip(12)
        for x in range(self._margin, self._dots - self._margin, 16):
            self._pen.line([(x, self._y), (x + 8, self._y)], fill=_INK, width=2)
        self.skip(12)

    def banner(self, text: str) -> None:
        """White on black."""
        font = self._font(text, 30, "Bold")
        lines = _wrapped(text, font, self._width)
        height = 44 * len(lines) + 12
        self._pen.rectangle([(0, self._y), (self._dots, self._y + height)], fill=_INK)
        for place, line in enumerate(lines):
            self._line(line, font, "middle", self._y + 28 + 44 * place, "m", fill=_PAPER)
        self.skip(height + 8)

    def text(
        self, text: str, size: int, weight: Weight = "Regular", side: _Side = "middle"
    ) -> None:
        font = self._font(text, size, weight)
        for line in _wrapped(text, font, self._width):
            self._line(line, font, side, self._y, "a")
            self.skip(round(size * 1.28))

    def item(self, text: str, size: int) -> None:
        font, indent = self._font(text, size, "Regular"), size
        self._line("•", font, "begin", self._y, "a")
        for line in _wrapped(text, font, self._width - indent):
            self._line(line, font, "begin", self._y, "a", indent)
            self.skip(round(size * 1.25))
        self.skip(4)

    def fact(self, label: str, value: str) -> None:
        """What it is where a line begins, how much at its end; below one another where that is
        long."""
        plain, strong = self._font(label, 28, "Regular"), self._font(value, 36, "Bold")
        taken = plain.getlength(label) + strong.getlength(value) + 24
        if taken > self._width:
            self.text(label, 26, side="begin")
            for line in _wrapped(value, strong, self._width):
                self._line(line, strong, "end", self._y, "a")
                self.skip(46)
            return
        base = self._y + 36
        self._line(label, plain, "begin", base, "s")
        self._line(value, strong, "end", base, "s")
        self.skip(50)

    def number(self, number: str) -> None:
        """As large as the paper lets it be."""
        size = 180
        while size > 60 and self._font(number, size, "Bold").getlength(number) > self._width:
            size -= 4
        font = self._font(number, size, "Bold")
        top, bottom = font.height(number)
        self._line(number, font, "middle", self._y + 8 - top, "s")
        self.skip(round(bottom - top) + 24)

    def _line(
        self,
        text: str,
        font: Face,
        side: _Side,
        y: float,
        height: Literal["a", "m", "s"],
        indent: int = 0,
        fill: int = _INK,
    ) -> None:
        """`height`: what of the letters stands at `y`: their top, middle or base line."""
        left, right = self._margin + indent, self._dots - self._margin - indent
        if side == "middle":
            at, anchor, part = self._dots / 2, "m", 0.5
        elif (side == "begin") is self._from_the_right:
            at, anchor, part = right, "r", 1.0
        else:
            at, anchor, part = left, "l", 0.0
        runs = font.runs(text)
        if len(runs) == 1:
            one = runs[0][0]
            self._pen.text((at, y), text, font=one, fill=fill, anchor=anchor + height, **self._way)
            return
        at -= part * font.getlength(text)
        base = y + _above(font.first, height)
        for one, said in reversed(runs) if self._way else runs:
            self._pen.text((at, base), said, font=one, fill=fill, anchor="ls", **self._way)
            at += one.getlength(said)

    def _font(self, text: str, size: int, weight: Weight) -> Face:
        return self._lettering.font(text, size, weight)

    def code(self, link: str) -> None:
        made = qrcode.QRCode(border=QUIET_MODULES, error_correction=ERROR_CORRECT_M)
        made.add_data(link)
        made.make(fit=True)
        rows = made.get_matrix()
        side = len(rows)
        module = max(3, min(8, round(self._dots * 0.75) // side))
        small = Image.new("L", (side, side), _PAPER)
        small.putdata([_INK if dark else _PAPER for row in rows for dark in row])
        large = small.resize((side * module, side * module), Image.Resampling.NEAREST)
        self._image.paste(large, ((self._dots - large.width) // 2, self._y))
        self.skip(large.height - module)

    def cut(self) -> Image.Image:
        height = min(self._y, LONGEST_DOTS)
        page = self._image.crop((0, 0, self._dots, height))
        return page.convert("1", dither=Image.Dither.NONE)

    @property
    def _width(self) -> int:
        return self._dots - 2 * self._margin


def _above(font: ImageFont.FreeTypeFont, height: Literal["a", "m", "s"]) -> float:
    """How far the base line is below that height of the letters."""
    ascent, descent = font.getmetrics()
    return {"a": ascent, "m": (ascent - descent) / 2, "s": 0}[height]


def _wrapped(text: str, font: Face, width: int) -> list[str]:
    """Lines no wider than `width` dots; a word that is longer than a line is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        tried = f"{line} {word}" if line else word
        if font.getlength(tried) <= width:
            line = tried
            continue
        if line:
            lines.append(line)
        line = word
        while font.getlength(line) > width and len(line) > 1:
            fits = next(
                n for n in range(len(line) - 1, 0, -1) if n == 1 or _fits(font, line[:n], width)
            )
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


def _fits(font: Face, text: str, width: int) -> bool:
    return font.getlength(text) <= width
