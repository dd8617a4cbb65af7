"""What is said to people and programs for every stable code, by what it is about.

A code without words shows those of its status.
"""

from collections.abc import Callable, Mapping
from typing import Any

from litestar import Request

from queue_app.domain.catalogue import Language
from queue_app.texts.words import Words
from queue_app.web.i18n import language_of
from queue_app.web.sentences.of_bookings import OF_BOOKINGS
from queue_app.web.sentences.of_halls import OF_HALLS
from queue_app.web.sentences.of_requests import OF_REQUESTS
from queue_app.web.tongues import marking_words

Sentence = tuple[str, str]
"""What happened, and what to do now; both may name details as %(name)s.

Where a code has several reasons, each has words of its own under `code/reason`."""

PARTS: tuple[Mapping[str, Sentence], ...] = (OF_REQUESTS, OF_BOOKINGS, OF_HALLS)
SENTENCES: Mapping[str, Sentence] = {code: said for part in PARTS for code, said in part.items()}

CODES_BY_STATUS: Mapping[int, str] = {
    400: "unreadable",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    422: "rule_broken",
    429: "too_many",
    503: "unavailable",
}


def sentences(
    request: Request[Any, Any, Any],
    code: str,
    details: Mapping[str, Any],
    spoken_by: Callable[[Language], Words] = marking_words,
) -> tuple[str, str]:
    """What happened and what to do now, in the language of the request: as the code has it, or as
    it has it for the `reason` or the `kind` of the refusal. For a page, unless it is `spoken_by`
    other words."""
    spoken = spoken_by(language_of(request))
    known = SENTENCES.get(code, SENTENCES["rule_broken"])
    case = details.get("reason") or details.get("kind")
    title, detail = SENTENCES.get(f"{code}/{case}", known)
    return spoken.gettext(title) % details, spoken.gettext(detail) % details
