"""The words of each language, for pages, scripts and screens alike.

Templates and code carry English; other languages stand in `locale/{language}/{room}.po`, one file
a room, read once and merged, so that nothing is compiled. An operator's own catalogues stand
beside the centre's files and go before these; what none has is said in English.
"""

import gettext
import logging
from collections.abc import Iterable
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from queue_app.domain.catalogue import Language
from queue_app.texts.catalogues import TOLD_APART, is_whole, read_catalogues, without_bom

LOCALE_FOLDER = Path(__file__).parent / "locale"
TEMPLATE = LOCALE_FOLDER / "messages.pot"
"""Every text that a catalogue may translate; `make texts` writes it."""
SOURCE: Language = "en"
"""The language of templates and code, which needs no catalogue."""
_BY_ONE = (1, *range(TOLD_APART), 1_000_000)
"""Numbers of which each plural form has one."""

_log = logging.getLogger(__name__)


class Words:
    """The texts of one language. The names of the methods are those that extraction looks for."""

    def __init__(self, language: Language, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._translations = translations

    def gettext(self, message: str) -> str:
        return self._translations.gettext(message)

    def says(self, message: str, context: str | None = None) -> bool:
        """Whether this language has words of its own for it, and not the English ones."""
        said = self.pgettext(context, message) if context else self.gettext(message)
        return self.language == SOURCE or said != message

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self._translations.ngettext(singular, plural, n)

    def pgettext(self, context: str, message: str) -> str:
        return self._translations.pgettext(context, message)

    def npgettext(self, context: str, singular: str, plural: str, n: int) -> str:
        return self._translations.npgettext(context, singular, plural, n)

    def forms(self, singular: str, plural: str) -> list[str]:
        """Every plural form, among which a script chooses by `plural_rule`."""
        return [self.ngettext(singular, plural, number) for number in self._examples.values()]

    @property
    def plural_rule(self) -> str:
        """Which form each number has, from 0 on, a digit each; one beyond them has that of 100 and
        its last two digits. A script asks this and not its browser, whose rules may be others than
        the catalogue's: of no people, European Portuguese says *pessoas*, and Brazilian *pessoa*.
        """
        places = {kind: place for place, kind in enumerate(self._examples)}
        return "".join(str(places[self._kind_of(number)]) for number in range(TOLD_APART))

    @cached_property
    def _examples(self) -> dict[tuple[int, bool], int]:
        """A number of each kind, in the order of the catalogue's forms."""
        found: dict[tuple[int, bool], int] = {}
        for number in _BY_ONE:
            found.setdefault(self._kind_of(number), number)
        return {
            kind: found[kind] for kind in sorted(found, key=lambda kind: (kind[0], not kind[1]))
        }

    def _kind_of(self, number: int) -> tuple[int, bool]:
        """Its form in this language, and in English, in which is said what nobody translated: of
        thirty seconds that is not "second", though Chinese has one form for all numbers."""
        rule = getattr(self._translations, "plural", None)
        return int(rule(number)) if rule else 0, number == 1


def N_(message: str) -> str:  # noqa: N802
    """Marks a message for translation where it is written; it is translated where it is shown."""
    return message


class _Catalogues:
    """Where catalogues stand; those of a later folder go before those of an earlier one."""

    folders: tuple[Path, ...] = (LOCALE_FOLDER,)


def also_from(folder: Path) -> None:
    """From now on, catalogues of this folder (`{language}/*.po`) are read as well."""
    if folder.is_dir() and folder not in _Catalogues.folders:
        _Catalogues.folders += (folder,)
        words.cache_clear()
        words_else.cache_clear()


def translated_languages() -> tuple[Language, ...]:
    """The languages that the product has words in, English last."""
    found = (one.name.replace("_", "-") for one in sorted(LOCALE_FOLDER.iterdir()) if one.is_dir())
    return (*(one for one in found if one != SOURCE), SOURCE)


@cache
def words(language: Language) -> Words:
    return Words(language, _translations(language))


@cache
def words_else(language: Language, untranslated: gettext.NullTranslations) -> Words:
    """The words of a language, and of what it has none for those of `untranslated`."""
    translations = _translations(language)
    translations.add_fallback(untranslated)
    return Words(language, translations)


def _translations(language: Language) -> gettext.NullTranslations:
    catalog = catalogue_of(language)
    if catalog is None:
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def catalogue_of(language: Language) -> Catalog | None:
    """What all folders have of a language, as one; None if they have nothing."""
    merged: Catalog | None = None
    for folder in _Catalogues.folders:
        found = read_catalogues(folder_of(folder, language))
        for fault in found.faults:
            _log.warning("%s; it is not used", fault)
        if found.said:
            merged = _over(found.said, merged) if merged else found.said
    return merged


def folder_of(folder: Path, language: Language) -> Path:
    """Where a language's catalogues stand: in zh_Hant as gettext writes it, or in zh-Hant."""
    plain = folder / language
    return plain if plain.is_dir() else folder / _name(language)


def _name(language: Language) -> str:
    return language.replace("-", "_")


def faults(language: Language) -> list[str]:
    """What in the catalogues of a language cannot be used."""
    return [
        fault
        for folder in _Catalogues.folders
        for fault in read_catalogues(folder_of(folder, language)).faults
    ]


def catalogues_of_none(folder: Path, languages: Iterable[Language]) -> list[Path]:
    """The catalogues of an operator's folder that are of none of these languages."""
    known = {folder_of(folder, one).name for one in languages}
    return sorted({one.parent for one in folder.glob("*/*.po") if one.parent.name not in known})


def untranslated(language: Language) -> tuple[int, int]:
    """How many texts have no translation and are said in English, and how many there are."""
    with TEMPLATE.open("rb") as file:
        every = [message for message in read_po(file) if message.id]
    known = None if language == SOURCE else catalogue_of(language)
    if known is None:
        return (0 if language == SOURCE else len(every)), len(every)
    said = [_is_said(known.get(one.id, context=one.context)) for one in every]
    return said.count(False), len(every)


def of_no_text(folder: Path, language: Language) -> list[str]:
    """What an operator's catalogues translate that the product does not say: a slip, a context
    that is missing, or a text that has changed since. Where each stands, and what it is."""
    with TEMPLATE.open("rb") as file:
        known = {(message.context, message.id) for message in read_po(file)}
    return [
        f"{path}:{message.lineno}: {_singular(message)!r} is no text of the product"
        for path in sorted(folder_of(folder, language).glob("*.po"))
        for message in _read_leniently(path)
        if message.id and (message.context, message.id) not in known
    ]


def _read_leniently(path: Path) -> Catalog:
    """Its faults are said elsewhere (`faults`)."""
    try:
        return read_po(without_bom(path))
    except (OSError, ValueError):
        return Catalog()


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _over(first: Catalog, second: Catalog) -> Catalog:
    """The messages of both; what the first one says goes before."""
    for message in second:
        if message.id and not _is_said(first.get(message.id, context=message.context)):
            first[message.id] = message
    return first


def _is_said(message: Message | None) -> bool:
    return message is not None and is_whole(message)
