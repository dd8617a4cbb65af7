"""Which language a request wants."""

from typing import Any

from litestar.connection import ASGIConnection

from queue_app.domain.catalogue import Language
from queue_app.texts.words import DEFAULT_LANGUAGE, LANGUAGES

LANGUAGE_COOKIE = "language"


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Language:
    """What was asked for (`?lang=`), else chosen before (cookie), else what the browser reads.

    English from the browser only if Ukrainian is not on its list.
    """
    for wish in (connection.query_params.get("lang"), connection.cookies.get(LANGUAGE_COOKIE)):
        for language in LANGUAGES:
            if wish == language:
                return language
    return _browser_language(connection.headers.get("accept-language", ""))


def _browser_language(header: str) -> Language:
    listed = {part.split(";")[0].strip().lower().split("-")[0] for part in header.split(",")}
    if "uk" not in listed and "en" in listed:
        return "en"
    return DEFAULT_LANGUAGE
