"""The words of each language, for pages, scripts and screens alike.

Templates and code carry English; Ukrainian stands in `locale/uk/{room}.po`, one file a room,
read once at start and merged, so that nothing is compiled and nothing is missing at run time.
"""

import gettext
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from queue_app.domain.catalogue import Language, Text

LANGUAGES: tuple[Language, ...] = ("uk", "en")
DEFAULT_LANGUAGE: Language = "uk"
LOCALE_FOLDER = Path(__file__).parent / "locale"

PLURAL_NAMES: Mapping[Language, tuple[tuple[str, int], ...]] = {
    "uk": (("one", 1), ("few", 2), ("many", 5)),
    "en": (("one", 1), ("other", 2)),
}
"""The plural categories that `Intl.PluralRules` names, each with a number that falls into it."""


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
        """Every plural form by the category that a page's script asks for."""
        return {
            name: self.ngettext(singular, plural, number)
            for name, number in PLURAL_NAMES[self.language]
        }


def N_(message: str) -> str:  # noqa: N802
    """Marks a message for translation where it is written; it is translated where it is shown."""
    return message


def bilingual(message: str, **values: object) -> Text:
    """The message in both languages, its %(name)s filled in.

    A value that is a Text is filled in with its own Ukrainian and its own English.
    """
    return Text(uk=_filled("uk", message, values), en=_filled("en", message, values))


def pbilingual(context: str, message: str) -> Text:
    """The message of that context in both languages."""
    return Text(
        uk=words("uk").pgettext(context, message), en=words("en").pgettext(context, message)
    )


def _filled(language: Language, message: str, values: Mapping[str, object]) -> str:
    said = words(language).gettext(message)
    if not values:
        return said
    return said % {
        name: value[language] if isinstance(value, Text) else value
        for name, value in values.items()
    }


@cache
def words(language: Language) -> Words:
    if language == "en":
        return Words(language, gettext.NullTranslations())
    catalog = merged_catalog(LOCALE_FOLDER / language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Words(language, gettext.GNUTranslations(compiled))


def merged_catalog(folder: Path) -> Catalog:
    """All .po files of one language as one; ValueError where two of them disagree."""
    merged = Catalog(locale=folder.name)
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=folder.name, abort_invalid=True)
        for message in catalog:
            if not message.id:
                continue
            known = merged.get(message.id, context=message.context)
            if known is not None and known.string != message.string:
                raise ValueError(f"{path.name}: {message.id!r} is translated elsewhere otherwise")
            merged[message.id] = message
    return merged
