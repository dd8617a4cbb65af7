"""A centre in a language that nobody has translated: every text of the interface is made up.

Made-up words have letters of that language alone, so what has others was forgotten in it.
"""

import re
import zlib
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from queue_app.texts import words

VALLETTA = Path(__file__).parents[1] / "centres" / "valletta"
POT = Path(words.__file__).parent / "locale" / "messages.pot"
LETTERS = {
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "el": "αβγδεζηθικλμνξοπρστυφχψω",
}
_KEPT = re.compile(r"(%\(\w+\)[sd]|%%|<[^>]+>|\{[^}]*\}|QUEUE_APP_\w+|https?://\S+)")
_WORD = re.compile(r"[A-Za-z][A-Za-z’'-]*")


def made_up(text: str, language: str) -> str:
    """Of as many letters; placeholders and markup stay."""
    letters = LETTERS[language]
    if text == "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        return letters.upper()

    def word(found: re.Match[str]) -> str:
        number = zlib.crc32(found[0].encode())
        return "".join(letters[(number >> shift) % len(letters)] for shift in range(len(found[0])))

    return "".join(
        piece if _KEPT.fullmatch(piece) else _WORD.sub(word, piece) for piece in _KEPT.split(text)
    )


def made_up_centre(folder: Path, language: str, country: str, zone: str) -> Path:
    """The second centre in `folder`: its first language is made up, its second English."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in VALLETTA.glob("*.toml"):
        text = path.read_text().replace('["en", "mt"]', f'["{language}", "en"]')
        text = text.replace("Europe/Malta", zone).replace('"MT"', f'"{country}"')
        text = re.sub(r"(?m)^(\w+)\.mt = .*\n", "", text)
        text = re.sub(
            r'(?m)^(\w+)\.en = "(.*?)".*$',
            lambda found: f'{found[0]}\n{found[1]}.{language} = "{made_up(found[2], language)}"',
            text,
        )
        (folder / path.name).write_text(text)
    _translate(folder / "locale" / language, language)
    return folder


def _translate(folder: Path, language: str) -> None:
    with POT.open("rb") as file:
        wanted = read_po(file)
    made = Catalog(locale=language, charset="utf-8", fuzzy=False)
    for one in wanted:
        if isinstance(one.id, tuple):
            said: str | tuple[str, ...] = (made_up(str(one.id[1]), language),) * made.num_plurals
        else:
            said = made_up(str(one.id), language)
        if one.id:
            made.add(one.id, said, context=one.context)
    folder.mkdir(parents=True)
    with (folder / "all.po").open("wb") as file:
        write_po(file, made, width=0)
