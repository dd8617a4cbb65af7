"""Errors as people and programs see them: a page with the next step, or RFC 9457 JSON."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException

from queue_app.domain.errors import QueueError
from queue_app.seldom import Seldom
from queue_app.store.db import OUTAGES
from queue_app.store.outages import Outage
from queue_app.texts.words import words
from queue_app.web.heads import with_head
from queue_app.web.i18n import language_of
from queue_app.web.logs import REQUEST, said
from queue_app.web.sentences import CODES_BY_STATUS, sentences
from queue_app.web.templating import render
from queue_app.web.typed import form_again, reference_of
from queue_app.web.unreadable import unreadable_fields

logger = logging.getLogger(__name__)

_seldom = Seldom()

OUTAGE_SECONDS = 2
"""When to ask again while the database is away."""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One refusal, before it is dressed as JSON or as a page."""

    status: int
    code: str
    details: Mapping[str, Any]
    headers: Mapping[str, str]


def queue_error(request: Request[Any, Any, Any], error: QueueError) -> Response[Any]:
    headers = {}
    if "retry_after_seconds" in error.details:
        headers["Retry-After"] = str(error.details["retry_after_seconds"])
    return answer(request, Problem(error.status, error.code, error.details, headers))


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code >= 500 and error.status_code != 503:
        return gone(request) if _is_gone(error) else unexpected_error(request, error)
    code = CODES_BY_STATUS.get(error.status_code, "unreadable")
    headers = dict(error.headers or {})
    if "allow" in headers:
        headers["allow"] = with_head(headers["allow"])
    fields = unreadable_fields(request, error)
    return answer(request, Problem(error.status_code, code, fields, headers))


def _is_gone(error: HTTPException) -> bool:
    """The framework has no class for it, only this sentence."""
    return isinstance(error, InternalServerException) and "client disconnected" in error.detail


def gone(request: Request[Any, Any, Any]) -> Response[Any]:
    """Whoever asked went away before they had said all: nothing was done, and nobody listens.

    A network that comes and goes, or a sender that wants to fill the log, is a line a minute.
    """
    more = _seldom.count("broken off")
    if more is not None:
        before = f", and {more} more since this was last said" if more else ""
        logger.info("a request was broken off by its sender%s", before)
    return answer(request, Problem(400, "unreadable", {}, {}))


def unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Logs where it happened under the id of the request, which the person can quote.

    Neither the error's message nor the address is logged: both may hold names or tokens.
    """
    logger.error("error %s: %s", REQUEST.get(), said(error))
    return answer(request, Problem(500, "internal", {}, {}))


def outage(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database is away for a moment: whoever asks again will be answered.

    What the database says is in the log already, once a minute; what else is late is said as
    seldom.
    """
    name = type(error).__qualname__
    if not isinstance(error, Outage) and _seldom.count(name) is not None:
        logger.warning("no answer in time: %s", name)
    headers = {"Retry-After": str(OUTAGE_SECONDS)}
    return answer(request, Problem(503, "unavailable", {}, headers))


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    **dict.fromkeys(OUTAGES, outage),
    QueueError: queue_error,
    HTTPException: http_error,
    Exception: unexpected_error,
}
"""For the application itself: handlers of routers do not see unknown paths."""


def answer(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    if wants_json(request):
        return _as_json(request, problem)
    title, detail = sentences(request, problem.code, problem.details)
    return render(
        request,
        "web/error.html",
        status=problem.status,
        headers=problem.headers,
        status_code=problem.status,
        title=title,
        detail=detail,
        reference=reference_of(request) if problem.status >= 500 else None,
        again=form_again(request, problem.status, problem.code),
        home=_first_page(request.url.path),
    )


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """The API always; elsewhere whoever accepts JSON and does not ask for HTML."""
    if request.url.path.startswith("/api/"):
        return True
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def _as_json(request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    title, detail = sentences(request, problem.code, problem.details, words)
    body = {
        **problem.details,
        "type": f"urn:queue-app:problem:{problem.code}",
        "title": title,
        "status": problem.status,
        "detail": detail,
        "code": problem.code,
        "instance": request.url.path,
    }
    if problem.status >= 500:
        body["reference"] = REQUEST.get()
    headers = {"Content-Language": language_of(request), **problem.headers}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(body),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _first_page(path: str) -> str:
    """Where a lost person of this face starts again."""
    parts = path.split("/")
    if len(parts) < 2:  # as `*`, which OPTIONS may ask about
        return "/"
    if parts[1] in ("kiosk", "display") and len(parts) > 2:
        return "/".join(parts[:3])
    return f"/{parts[1]}" if parts[1] in ("console", "office") else "/"
