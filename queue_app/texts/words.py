"""The words of each language, for pages, scripts and screens alike.

Templates and code carry English; other languages stand in `locale/{language}/{room}.po`, one file
a room, read once and merged, so that nothing is compiled. An operator's own catalogues stand
beside the centre's files and go before these; what none has is said in English.
"""

import gettext
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from queue_app.domain.catalogue import Language

LOCALE_FOLDER = Path(__file__).parent / "locale"
TEMPLATE = LOCALE_FOLDER / "messages.pot"
"""Every text that a catalogue may translate; `make texts` writes it."""
SOURCE: Language = "en"
"""The language of templates and code, which needs no catalogue."""
COUNTED = (*range(201), 1_000_000)
"""Numbers among which every plural category of whole numbers has one."""


class Words:
    """The texts of one language. The names of the methods are those that extraction looks for."""

    def __init__(self, language: Language, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._translations = translations

    def gettext(self, message: str) -> str:
        return self._translations.gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self._translations.ngettext(singular, plural, n)

    def pgettext(self, context: str, message: str) -> str:
        return self._translations.pgettext(context, message)

    def npgettext(self, context: str, singular: str, plural: str, n: int) -> str:
        return self._translations.npgettext(context, singular, plural, n)

    def forms(self, singular: str, plural: str) -> dict[str, str]:
        """Every plural form by the category of CLDR, which a page's script asks for."""
        return {
            category: self.ngettext(singular, plural, number)
            for category, number in plural_numbers(self.language).items()
        }


def N_(message: str) -> str:  # noqa: N802
    """Marks a message for translation where it is written; it is translated where it is shown."""
    return message


@cache
def plural_numbers(language: Language) -> dict[str, int]:
    """The plural categories of a language (CLDR's), each with the least number that is in it."""
    category = Locale.parse(language, sep="-").plural_form
    found: dict[str, int] = {}
    for number in COUNTED:
        found.setdefault(category(number), number)
    return found


class _Catalogues:
    """Where catalogues stand; those of a later folder go before those of an earlier one."""

    folders: tuple[Path, ...] = (LOCALE_FOLDER,)


def also_from(folder: Path) -> None:
    """From now on, catalogues of this folder (`{language}/*.po`) are read as well."""
    if folder.is_dir() and folder not in _Catalogues.folders:
        _Catalogues.folders += (folder,)
        words.cache_clear()


def translated_languages() -> tuple[Language, ...]:
    """The languages that the product has words in, English last."""
    found = (one.name.replace("_", "-") for one in sorted(LOCALE_FOLDER.iterdir()) if one.is_dir())
    return (*(one for one in found if one != SOURCE), SOURCE)


@cache
def words(language: Language) -> Words:
    catalog = catalogue_of(language)
    if catalog is None:
        return Words(language, gettext.NullTranslations())
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Words(language, gettext.GNUTranslations(compiled))


def catalogue_of(language: Language) -> Catalog | None:
    """What all folders have of a language, as one; None if they have nothing."""
    name = language.replace("-", "_")
    merged: Catalog | None = None
    for folder in _Catalogues.folders:
        if any((folder / name).glob("*.po")):
            found = merged_catalog(folder / name)
            merged = _over(found, merged) if merged else found
    return merged


def untranslated(language: Language) -> tuple[int, int]:
    """How many texts have no translation and are said in English, and how many there are."""
    with TEMPLATE.open("rb") as file:
        every = [message for message in read_po(file) if message.id]
    known = None if language == SOURCE else catalogue_of(language)
    if known is None:
        return (0 if language == SOURCE else len(every)), len(every)
    said = [_is_said(known.get(one.id, context=one.context)) for one in every]
    return said.count(False), len(every)


def _over(first: Catalog, second: Catalog) -> Catalog:
    """The messages of both; what the first one says goes before."""
    for message in second:
        if message.id and not _is_said(first.get(message.id, context=message.context)):
            first[message.id] = message
    return first


def _is_said(message: Message | None) -> bool:
    return message is not None and is_whole(message)


def is_whole(message: Message) -> bool:
    """Whether a message is translated, in each of its plural forms."""
    said = message.string
    return all(said) if isinstance(said, (tuple, list)) else bool(said)


def merged_catalog(folder: Path) -> Catalog:
    """All .po files of one language as one; ValueError where two of them disagree.

    Plural forms are chosen as the head of the first file says, else as babel knows the language.
    """
    merged: Catalog | None = None
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=folder.name, abort_invalid=True)
        if merged is None:
            merged = catalog
            continue
        for message in catalog:
            if not message.id:
                continue
            known = merged.get(message.id, context=message.context)
            if known is not None and known.string != message.string:
                raise ValueError(f"{path.name}: {message.id!r} is translated elsewhere otherwise")
            merged[message.id] = message
    return merged or Catalog(locale=folder.name)
