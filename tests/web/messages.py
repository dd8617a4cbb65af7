"""Every text of a room that needs a translation; run as a program, prints what has none as .po.

python -m tests.web.messages
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from babel.messages.extract import extract_from_dir

from queue_app.texts.words import LOCALE_FOLDER, merged_catalog

ROOMS = (
    "queue_app.texts",
    "queue_app.screens",
    "queue_app.delivery",
    "queue_app.web",
    "queue_app.console",
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


def messages_of(package: str) -> Iterator[tuple[str, Message]]:
    """Where each text stands, and the text."""
    folder = Path(str(files(package)))
    for name, line, message, _, context in extract_from_dir(
        folder,
        method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2.ext.babel_extract")],
        options_map={"**/templates/**.html": {"silent": "false", "newstyle_gettext": "true"}},
        keywords=KEYWORDS,
    ):
        ids = message if isinstance(message, str) else (message[0], message[1])
        yield f"{package}/{name}:{line}", (context, ids)


def untranslated() -> dict[Message, str]:
    """Texts without Ukrainian, or without each of its plural forms, and where they stand."""
    catalog = merged_catalog(LOCALE_FOLDER / "uk")
    missing: dict[Message, str] = {}
    for room in ROOMS:
        for place, (context, ids) in messages_of(room):
            known = catalog.get(ids, context=context)
            if known is None or not _is_whole(known.string):
                missing.setdefault((context, ids), place)
    return missing


def _is_whole(string: object) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


def _as_po(message: Message, place: str) -> str:
    context, ids = message
    lines = [f"#: {place}"]
    if context:
        lines.append(f'msgctxt "{context}"')
    if isinstance(ids, str):
        lines += [f'msgid "{_quoted(ids)}"', 'msgstr ""']
    else:
        lines += [f'msgid "{_quoted(ids[0])}"', f'msgid_plural "{_quoted(ids[1])}"']
        lines += [f'msgstr[{form}] ""' for form in range(3)]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


if __name__ == "__main__":
    print("\n\n".join(_as_po(message, place) for message, place in untranslated().items()))
