"""The catalogues of one language (`.po` of gettext), read as one and without what cannot be used.

A translation is filled in by its placeholders: with one that the English has not, the page that
says it would break; without one that it has, a letter would lack its code. Such a translation is a
fault, and so are a file that is none, two translations that disagree, and a plural that lacks a
form. What is at fault is left out.
"""

import gettext
import re
from codecs import BOM_UTF8
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser
from msgspec import Struct

PLACEHOLDER = re.compile(r"%(?:\(\w+\)\w|%)?")
NUMBERS = frozenset({"%(n)s", "%(num)s"})
"""How many there are; a plural form may say that by its words alone."""
_CLOSED = re.compile(rb'[^"]*"(?:.*[^\\])?(?:\\\\)*"')
"""A line with a text that ends where it should; babel takes its last letter for the mark."""
_Id = str | list[str] | tuple[str, ...]
TOLD_APART = 200
"""Rules of plurals look at a number's last two digits, and at those below a hundred as they are."""


class Catalogues(Struct, frozen=True):
    """`said`: None where no file can be used. `faults`: where each stands, and what it is."""

    said: Catalog | None
    faults: tuple[str, ...]


def read_catalogues(folder: Path) -> Catalogues:
    """All .po files of one language; the folder is called by its code.

    Plural forms are chosen as the head of the first file says, else as babel knows the language.
    """
    merged: Catalog | None = None
    faults: list[str] = []
    for path in sorted(folder.glob("*.po")):
        try:
            catalog = _read(path)
        except (OSError, ValueError, LookupError, PoFileError) as error:
            faults.append(f"{path}: cannot be read: {error}")
            continue
        faults += _leave_out_faulty(path, catalog)
        if merged is None:
            merged = catalog
            continue
        faults += _add(path, catalog, merged)
    return Catalogues(merged, tuple(faults))


def merged_catalog(folder: Path) -> Catalog:
    """All .po files of one language as one; ValueError where any of them is at fault."""
    found = read_catalogues(folder)
    if found.faults:
        raise ValueError("\n".join(found.faults))
    return found.said or Catalog(locale=folder.name.replace("-", "_"))


def is_whole(message: Message) -> bool:
    """Whether a message is translated, in each of its plural forms, and not in doubt (fuzzy)."""
    said = message.string
    whole = all(said) if isinstance(said, (tuple, list)) else bool(said)
    return whole and not message.fuzzy


def without_bom(path: Path) -> BytesIO:
    """A file without the byte order mark that some editors write before it."""
    return BytesIO(path.read_bytes().removeprefix(BOM_UTF8))


class _Read(Catalog):
    """`otherwise`: what a file translates once more and not alike; babel goes on with the first."""

    def __init__(self, locale: str) -> None:
        super().__init__(locale=locale)
        self.otherwise: list[Message] = []

    def __setitem__(self, english: _Id, message: Message) -> None:
        known = self.get(english, context=message.context) if english else None
        if known is not None and known.string != message.string:
            self.otherwise.append(message)
        super().__setitem__(english, message)


def _read(path: Path) -> _Read:
    """ValueError, too, where a text does not end, or its rule of plurals is none."""
    file = without_bom(path)
    for number, line in enumerate(map(bytes.strip, file), 1):
        if b'"' in line and not line.startswith(b"#") and not _CLOSED.fullmatch(line):
            raise ValueError(f"line {number}: its text does not end with a quotation mark")
    file.seek(0)
    catalog = _Read(locale=path.parent.name.replace("-", "_"))
    PoFileParser(catalog, abort_invalid=True).parse(file)
    form_of = gettext.c2py(catalog.plural_expr)
    if max(map(form_of, range(TOLD_APART))) >= catalog.num_plurals:
        raise ValueError(f"Plural-Forms: there are more than nplurals={catalog.num_plurals}")
    return catalog


def _leave_out_faulty(path: Path, catalog: _Read) -> list[str]:
    faults = [_translated_otherwise(path, one) for one in catalog.otherwise]
    for message in [one for one in catalog if one.id]:
        if fault := fault_of(message):
            faults.append(f"{path}:{message.lineno}: {_english(message)!r} {fault}")
            catalog.delete(message.id, context=message.context)
    return faults


def fault_of(message: Message) -> str:
    """Why a translation cannot be filled in as its English is; empty for one that can."""
    plural = isinstance(message.id, (tuple, list))
    wanted = set().union(*map(PLACEHOLDER.findall, _texts(message.id)))
    for said in _texts(message.string):
        found = set(PLACEHOLDER.findall(said))
        if odd := sorted(found - wanted):
            return f"has {' and '.join(odd)}, which the English has not"
        missing = wanted - found - (NUMBERS if plural else set())
        if lacks := sorted(one for one in missing if one.startswith("%(")):
            return f"lacks {' and '.join(lacks)}"
    forms = message.string if isinstance(message.string, (tuple, list)) else ()
    if 0 < len(_texts(forms)) < len(forms):
        return f"has {len(_texts(forms))} of {len(forms)} plural forms"
    return ""


def _texts(either: object) -> list[str]:
    """A text, or each of its plural forms; those that there are."""
    every = either if isinstance(either, (tuple, list)) else (either,)
    return [one for one in every if one]


def _add(path: Path, catalog: Catalog, merged: Catalog) -> list[str]:
    faults = []
    for message in catalog:
        if not message.id:
            continue
        known = merged.get(message.id, context=message.context)
        if known is not None and known.string != message.string:
            faults.append(_translated_otherwise(path, message))
            continue
        merged[message.id] = message
    return faults


def _translated_otherwise(path: Path, message: Message) -> str:
    return f"{path}:{message.lineno}: {_english(message)!r} is translated elsewhere otherwise"


def _english(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]
