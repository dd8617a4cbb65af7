"""In which font a line of a ticket is drawn: the first that has all of its letters; where none has,
each run of letters in the first that has them, as many a font of another script has no figures.

Roboto first, then what lies in the folder `fonts` beside the centre's files, then DejaVu Sans,
which has Arabic, Hebrew, Armenian, Georgian and more. A file with "Bold" in its name is for what
stands out.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from PIL import ImageFont, features

OWN = Path(__file__).parent / "fonts"
"""Roboto of Google and DejaVu Sans, each with its licence beside it."""
FOLDER = "fonts"
"""Beside the centre's files."""
_KINDS = ("*.ttf", "*.otf")
_NO_LETTER = "\uffff"
"""What no font has: as this is drawn, so is whatever a font lacks."""
_TRIED_SIZE = 24
Weight = Literal["Regular", "Bold"]


class Lettering:
    """The fonts that there are. `centre`: the folder of the centre's files, if it has any."""

    def __init__(self, centre: Path | None = None) -> None:
        folder = centre / FOLDER if centre else None
        own = sorted(one for kind in _KINDS for one in folder.glob(kind)) if folder else []
        self._files: dict[Weight, tuple[Path, ...]] = {
            "Regular": _of_weight(own, bold=False),
            "Bold": _of_weight(own, bold=True),
        }

    def font(self, text: str, size: int, weight: Weight) -> "Face":
        first = self.file(text, weight)
        return Face((first, *(one for one in self._files[weight] if one != first)), size)

    def file(self, text: str, weight: Weight) -> Path:
        """The first that has all of its letters; where none has, the one that lacks fewest."""
        return min(self._files[weight], key=lambda one: len(_lacks(one, text)))

    def missing(self, texts: Iterable[str]) -> str:
        """The letters for which there is no font, each once, in their order."""
        files = self._files["Regular"]
        found = (frozenset.intersection(*(_lacks(one, text) for one in files)) for text in texts)
        return "".join(sorted(frozenset().union(*found)))


class Face:
    """Fonts of one size that together have the letters of a text; the first has most of them."""

    def __init__(self, files: Sequence[Path], size: int) -> None:
        self._files = files
        self._size = size

    @property
    def first(self) -> ImageFont.FreeTypeFont:
        return _loaded(self._files[0], self._size)

    def runs(self, text: str) -> list[tuple[ImageFont.FreeTypeFont, str]]:
        """Its parts in their order, each with its font; blanks and marks stay with what they
        follow."""
        found: list[tuple[Path, str]] = []
        for letter in text:
            follows = found and unicodedata.category(letter)[0] in "MZC"
            file = found[-1][0] if follows else self._of(letter)
            if found and found[-1][0] == file:
                found[-1] = file, found[-1][1] + letter
            else:
                found.append((file, letter))
        return [(_loaded(file, self._size), part) for file, part in found]

    def _of(self, letter: str) -> Path:
        return next((one for one in self._files if _has(one, letter)), self._files[0])

    def getlength(self, text: str) -> float:
        return sum(font.getlength(part) for font, part in self.runs(text))

    def height(self, text: str) -> tuple[float, float]:
        """From its base line: where it begins above (negative), and ends below."""
        boxes = [font.getbbox(part, anchor="ls") for font, part in self.runs(text)]
        return min(box[1] for box in boxes), max(box[3] for box in boxes)


def shapes_from_the_right() -> bool:
    """Whether letters are joined and run from the right: for that Pillow asks the system for
    FriBiDi (Debian: libfribidi0)."""
    return bool(features.check("raqm"))


def _of_weight(own: Sequence[Path], *, bold: bool) -> tuple[Path, ...]:
    """The files in the order in which they are asked; bold ones first where bold is wanted."""
    ending = "-Bold" if bold else ""
    roboto = OWN / f"Roboto{ending or '-Regular'}.ttf"
    fitting = sorted(own, key=lambda one: ("bold" in one.stem.lower()) is not bold)
    return (roboto, *fitting, OWN / f"DejaVuSans{ending}.ttf")


@cache
def _loaded(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)


def _lacks(file: Path, text: str) -> frozenset[str]:
    return frozenset(one for one in text if not _has(file, one))


@cache
def _has(file: Path, letter: str) -> bool:
    if unicodedata.category(letter) in ("Cc", "Cf", "Mn", "Zs"):  # nothing of its own to be seen
        return True
    font = _loaded(file, _TRIED_SIZE)
    drawn, lacking = (font.getmask(one, mode="1") for one in (letter, _NO_LETTER))
    return drawn.size != lacking.size or bytes(drawn) != bytes(lacking)
