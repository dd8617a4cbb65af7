"""Which language a request wants, of those that the centre has."""

from collections.abc import Sequence
from typing import Any

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
    listed = [part.split(";")[0].strip().lower() for part in header.split(",")]
    own = sorted(listed, key=lambda wish: wish.partition("-")[0] == SOURCE)
    return next((one for wish in own for one in known if _means(wish, one)), known[0])


def _means(wish: str, language: Language) -> bool:
    """A wish for uk-UA means Ukrainian; a language with a region is meant by its whole name."""
    return language.lower() in (wish, wish.partition("-")[0])


def tongue(code: Language, languages: Sequence[Language]) -> Markup:
    """The attributes of what is said in this language: which it is, and where the languages of the
    centre are not all written from the left, from which side it is."""
    named = Markup(' lang="{}"').format(code)
    if "rtl" not in map(direction, languages):
        return named
    return named + Markup(' dir="{}"').format(direction(code))
