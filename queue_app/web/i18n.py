"""Which language a request wants, of those that the centre has."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from babel.core import get_global, parse_locale
from litestar.connection import ASGIConnection
from markupsafe import Markup

from queue_app.domain.catalogue import Language
from queue_app.texts.formats import direction
from queue_app.texts.words import SOURCE

LANGUAGE_COOKIE = "language"


def languages_of(connection: ASGIConnection[Any, Any, Any, Any]) -> tuple[Language, ...]:
    """The centre's languages, its first one first."""
    known: tuple[Language, ...] = connection.app.state.pages.speaker.languages
    return known


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Language:
    """What was asked for (`?lang=`), else chosen before (cookie), else what the browser reads."""
    known = languages_of(connection)
    for wish in (connection.query_params.get("lang"), connection.cookies.get(LANGUAGE_COOKIE)):
        if wish in known:
            return str(wish)
    return _browser_language(connection.headers.get("accept-language", ""), known)


def _browser_language(header: str, known: Sequence[Language]) -> Language:
    """The first on the browser's list that the centre has, English last: nearly every browser
    lists it whatever its owner reads. The centre's first where none is."""
    listed = [part.split(";")[0].strip() for part in header.split(",")]
    own = sorted(listed, key=lambda wish: wish.partition("-")[0].lower() == SOURCE)
    meant = (_meant(wish, known) for wish in own)
    return next(filter(None, meant), known[0])


def _meant(wish: str, known: Sequence[Language]) -> Language | None:
    """The one that is named, else one in the same letters (zh-TW: zh-Hant; uk-UA: uk), else one of
    the same language, as pt-PT is read by whoever speaks pt-BR."""
    ways: tuple[Callable[[str], str], ...] = (str.lower, _in_letters, _tongue_of)
    for alike in ways:
        said = alike(wish)
        if found := next((one for one in known if said and alike(one) == said), None):
            return found
    return None


@lru_cache(maxsize=1000)  # of headers, which strangers write
def _in_letters(language: str) -> str:
    """zh_Hant of zh-TW, by CLDR's likely subtags; empty of what is no language."""
    try:
        parts = parse_locale(language, sep="-")
    except ValueError:
        return ""
    tongue, territory, script = parts[:3]
    likely = get_global("likely_subtags")
    full = likely.get(f"{tongue}_{territory}") or likely.get(tongue) or ""
    return f"{tongue}_{script or next((p for p in full.split('_') if len(p) == 4), '')}"


def _tongue_of(language: str) -> str:
    return language.partition("-")[0].lower()


def tongue(code: Language, languages: Sequence[Language]) -> Markup:
    """The attributes of what is said in this language: which it is, and where the languages of the
    centre are not all written from the left, from which side it is."""
    named = Markup(' lang="{}"').format(code)
    if "rtl" not in map(direction, languages):
        return named
    return named + Markup(' dir="{}"').format(direction(code))
