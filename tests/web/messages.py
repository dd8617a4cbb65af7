"""Every text of the rooms, and the catalogues made of them; run as a program, writes both anew.

python -m tests.web.messages   (make texts)

`locale/messages.pot` has every text; a catalogue keeps its order and comments, loses what nobody
says any more and gets what is new, without a translation, at its end.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from queue_app.texts.catalogues import is_whole, merged_catalog
from queue_app.texts.words import LOCALE_FOLDER, TEMPLATE

ROOMS = (
    "queue_app.texts",
    "queue_app.screens",
    "queue_app.delivery",
    "queue_app.web",
    "queue_app.console",
    "queue_app.office",
    "queue_app.api",
    "queue_app.demo",
    "queue_app.trial",
    "booking",
    "kiosk",
    "display",
)
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "text": None,
    "say": None,
    "ngettext": (1, 2),
    "forms": (1, 2),
    "pgettext": ((1, "c"), 2),
    "ptext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}

Message = tuple[str | None, str | tuple[str, str]]
"""The context, if any, and the English text or its singular and plural."""
Places = dict[Message, str]
"""Each text, and the file in which it stands first."""


def write_texts() -> None:
    places = every_text()
    TEMPLATE.write_text(template(places))
    for folder in sorted(one for one in LOCALE_FOLDER.iterdir() if one.is_dir()):
        for path, text in catalogues(folder, places).items():
            path.write_text(text)


def every_text() -> Places:
    found: Places = {}
    for room in ROOMS:
        for place, message in messages_of(room):
            found.setdefault(message, place)
    return found


def messages_of(package: str) -> Iterator[tuple[str, Message]]:
    """Where each text stands, and the text."""
    folder = Path(str(files(package)))
    for name, _, message, _, context in extract_from_dir(
        folder,
        method_map=[
            ("**.py", "python"),
            ("**/templates/**.html", "jinja2.ext.babel_extract"),
            ("**/templates/**.txt", "jinja2.ext.babel_extract"),
        ],
        options_map={
            "**/templates/**.html": {"silent": "false", "newstyle_gettext": "true"},
            "**/templates/**.txt": {"silent": "false", "newstyle_gettext": "true"},
        },
        keywords=KEYWORDS,
    ):
        ids = message if isinstance(message, str) else (message[0], message[1])
        yield f"{package}/{name}", (context, ids)


def template(places: Places) -> str:
    """What a translator begins with."""
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"'
    entries = [_as_po(message, place, 2) for message, place in places.items()]
    return "\n\n".join([head, *entries]) + "\n"


def catalogues(folder: Path, places: Places) -> dict[Path, str]:
    """What each catalogue of a language should be: one a room."""
    known = merged_catalog(folder)
    wanted = {_room(place): folder / f"{_room(place)}.po" for place in places.values()}
    written = {path: _kept(path, places) for path in sorted(folder.glob("*.po"))}
    forms = known.num_plurals
    for message, place in places.items():
        if known.get(message[1], context=message[0]) is None:
            path = wanted[_room(place)]
            text = written.get(path) or _head(next(iter(written.values())))
            written[path] = f"{text.rstrip()}\n\n{_as_po(message, None, forms)}\n"
    return written


def _room(place: str) -> str:
    return place.partition("/")[0].rpartition(".")[2]


def _kept(path: Path, places: Places) -> str:
    """The catalogue without the texts that nobody says any more."""
    head, *entries = re.split(r"\n\n+", path.read_text().strip())
    said = [entry for entry in entries if _messages_in(head, entry) & places.keys()]
    return "\n\n".join([head, *said]) + "\n"


def _head(text: str) -> str:
    return text.partition("\n\n")[0]


def _messages_in(head: str, entry: str) -> set[Message]:
    catalog: Catalog = read_po(f"{head}\n\n{entry}\n".splitlines(keepends=True))
    return {
        (one.context, one.id if isinstance(one.id, str) else (one.id[0], one.id[1]))
        for one in catalog
        if one.id
    }


def untranslated() -> Places:
    """Texts without Ukrainian, or without each of its plural forms, and where they stand."""
    catalog = merged_catalog(LOCALE_FOLDER / "uk")
    missing: Places = {}
    for (context, ids), place in every_text().items():
        known = catalog.get(ids, context=context)
        if known is None or not is_whole(known):
            missing[context, ids] = place
    return missing


def _as_po(message: Message, place: str | None, forms: int) -> str:
    context, ids = message
    lines = [f"#: {place}"] if place else []
    if context:
        lines.append(f'msgctxt "{context}"')
    if isinstance(ids, str):
        lines += [f'msgid "{_quoted(ids)}"', 'msgstr ""']
    else:
        lines += [f'msgid "{_quoted(ids[0])}"', f'msgid_plural "{_quoted(ids[1])}"']
        lines += [f'msgstr[{form}] ""' for form in range(forms)]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


if __name__ == "__main__":
    write_texts()
    for (_, ids), place in untranslated().items():
        print(f"{place}: no Ukrainian: {ids}")
