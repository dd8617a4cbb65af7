"""The log: lines for people or JSON for programs, with the id of the request they belong to.

Nobody's data stands in it. What an error says is left out, as it may repeat what somebody typed:
its kind and where it happened are written instead.
"""

import json
import logging
import re
import secrets
import time
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from litestar.enums import ScopeType
from litestar.status_codes import HTTP_400_BAD_REQUEST, HTTP_503_SERVICE_UNAVAILABLE
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from queue_app.web.request_figures import UNDER_WAY, count_answer

_log = logging.getLogger(__name__)

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered."""
HEADER = b"x-request-id"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NOT_SLOW = (HTTP_400_BAD_REQUEST, HTTP_503_SERVICE_UNAVAILABLE)
PLAIN = (OSError, ImportError, SyntaxError)
"""Errors of files, addresses and modules: what they say is of the machine."""


class LogLine(logging.Formatter):
    """For people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        request = REQUEST.get()
        return super().format(record) + (f" [{request}]" if request else "")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the standard library's name
        return said(ei[1])


class JsonLine(logging.Formatter):
    """For programs: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": at,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if request := REQUEST.get():
            line["request"] = request
        if record.exc_info and record.exc_info[1]:
            line["error"] = said(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def said(error: BaseException) -> str:
    """Where it happened and what it was; what it says only where that is of the machine."""
    parts = []
    before: BaseException | None = error
    while before is not None:
        frames = "".join(traceback.format_tb(before.__traceback__))
        what = f"{type(before).__module__}.{type(before).__qualname__}"
        words = f": {before}" if isinstance(before, PLAIN) or what.startswith("config.") else ""
        parts.append(f"{frames}{what}{words}")
        before = before.__cause__ or (None if before.__suppress_context__ else before.__context__)
    return "\nafter which came\n".join(reversed(parts))


def configuration(form: str) -> dict[str, Any]:
    """For `logging.config`. `form`: "text" or "json"."""
    formatter = JsonLine if form == "json" else LogLine
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"queue_app": {"level": "INFO"}},
    }


class Journal:
    """The application, each of whose answers has an id, is counted, and is a line in the log if it
    was slow.

    A proxy's own id is taken over where the proxy is trusted.
    """

    def __init__(self, app: ASGIApp, slow_seconds: float) -> None:
        self.inner = app
        self._slow_seconds = slow_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.inner(scope, receive, send)
            return
        request, began = _id_of(scope), time.monotonic()
        token = REQUEST.set(request)
        status, seconds = 0, 0.0

        async def send_on(message: Message) -> None:
            nonlocal status, seconds
            seconds = time.monotonic() - began
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, request.encode())]
                self._note(scope, status, seconds)
            await send(message)

        UNDER_WAY.inc()
        try:
            await self.inner(scope, receive, send_on)
        finally:
            UNDER_WAY.dec()
            REQUEST.reset(token)
            if status:
                count_answer(scope, status, seconds)

    def _note(self, scope: HTTPScope, status: int, seconds: float) -> None:
        """By the pattern of its address: the address itself may hold a token.

        Not of an outage, for which whoever asked was kept waiting: it has a line of its own. Nor of
        what could not be read, as a body that its sender held back.
        """
        if seconds < self._slow_seconds or status in _NOT_SLOW:
            return
        pattern = scope.get("path_template") or "an address without a page"
        _log.info("slow: %s %s: %d in %.2f s", scope["method"], pattern, status, seconds)


def _id_of(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    text = given.decode("latin-1")
    if _comes_by_trusted_proxy(scope) and WELL_FORMED.fullmatch(text):
        return text
    return secrets.token_hex(8)


def _comes_by_trusted_proxy(scope: HTTPScope) -> bool:
    """Uvicorn gives no port to whoever a proxy of `FORWARDED_ALLOW_IPS` names; a connection has
    one."""
    client = scope.get("client")
    return bool(client and client[1] == 0)
