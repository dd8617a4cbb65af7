"""In which font a line of a ticket is drawn: the first that has all of its letters.

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

    def font(self, text: str, size: int, weight: Weight) -> ImageFont.FreeTypeFont:
        return _loaded(self.file(text, weight), size)

    def file(self, text: str, weight: Weight) -> Path:
        """The first that has all of its letters; where none has, the one that lacks fewest."""
        return min(self._files[weight], key=lambda one: len(_lacks(one, text)))

    def missing(self, texts: Iterable[str]) -> str:
        """The letters for which there is no font, each once, in their order."""
        found = {letter for text in texts for letter in _lacks(self.file(text, "Regular"), text)}
        return "".join(sorted(found))


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
