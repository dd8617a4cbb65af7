"""The public's share of a process: staff and devices go first, everybody else by turns.

It stands before the routes, so that what is not there, what is refused and what is only a file
takes its turn, too: fifty connections that ask for nothing else hold up a clerk as well as pages
do. Staff and devices are known by a token that a guard has found to be somebody's (`Known`); their
first request in a process takes its turn like any other. Websockets pass.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Any

from litestar import Request, Response
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Receive, Scope, Send
from prometheus_client import Counter, Gauge

from queue_app.domain.catalogue import Language
from queue_app.domain.people import token_hash
from queue_app.web.bounds import LIMITS
from queue_app.web.errors import Problem, answer, wants_json
from queue_app.web.guards import Known, tokens_of
from queue_app.web.i18n import language_of
from queue_app.web.sentences import CODES_BY_STATUS
from queue_app.web.turns import CrowdedError, Terms, Turn, Turns
from queue_app.web.typed import filled, with_gaps

RETRY_SECONDS = 5
FOR_FILES = Terms(at_once=2, waiting=8_000, waiting_of_one=4_000)
"""Files are cheap, and without them a page is bare, if it only says to wait."""
FOR_WATCHERS = Terms(at_once=2, waiting=200, waiting_of_one=50)
"""Whoever asks for health and figures has turns of their own, which no crowd at the pages takes."""

WAITING = Gauge(
    "queue_app_public_waiting",
    "Requests of the public that wait for their turn",
    multiprocess_mode="livesum",
)
REFUSED = Counter(
    "queue_app_public_refused",
    "Requests of the public that were given no turn: too many of one address or of all were "
    "waiting, it did not come in time, or their body was too long",
    ["reason"],
)

AnyRequest = Request[Any, Any, Any]


class RefusedError(Exception):
    """It gets no turn; with the status of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


class PublicShare:
    """The application, asked by few at once. `known`: the tokens of staff and devices."""

    def __init__(self, app: ASGIApp, known: Known, terms: Terms | None = None) -> None:
        self._app = app
        self._known = known
        self._public = Turns(terms or Terms())
        self._files = Turns(FOR_FILES)
        self._watchers = Turns(FOR_WATCHERS)
        self._pages: dict[tuple[int, str], Response[Any]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
        elif any(token_hash(token) in self._known for token in tokens_of(Request(scope))):
            first = [self._public.go_first(), self._files.go_first()]
            await self._answer(first, scope, receive, send)
        else:
            try:
                await self._in_turn(scope, receive, send)
            except RefusedError as refused:
                REFUSED.labels(refused.reason).inc()
                await self._refuse(refused.status, scope, receive, send)

    async def _in_turn(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """The body is waited for first: a slow sender takes no place."""
        heard = await _whole_body(scope, receive)
        turns = self._turns_at(scope["path"])
        try:
            turn = turns.ask(_address(scope))
        except CrowdedError as error:
            raise _refused(error) from None
        try:
            if heard and (turn.begun.is_set() or await _comes(turn, turns.terms, receive)):
                await self._answer([turn], scope, _after(heard, receive), send)
        finally:
            turn.end()

    def _turns_at(self, path: str) -> Turns:
        if path.startswith("/static/"):
            return self._files
        if path.startswith("/health/") or path == "/metrics":
            return self._watchers
        return self._public

    async def _answer(
        self, turns: Sequence[Turn], scope: HTTPScope, receive: Receive, send: Send
    ) -> None:
        """Turns end where the answer begins, when its work is done: whoever reads it slowly takes
        no place."""

        def end() -> None:
            for turn in turns:
                turn.end()

        async def send_on(message: Any) -> None:
            end()
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        finally:
            end()

    async def _refuse(self, status: int, scope: HTTPScope, receive: Receive, send: Send) -> None:
        request = AnyRequest(scope, receive, send)
        response = self._refusal(status, request)
        await response.to_asgi_response(app=None, request=request)(scope, receive, send)

    def _refusal(self, status: int, request: AnyRequest) -> Response[Any]:
        """A page is made once in each language: it must not cost what it keeps others from."""
        problem = Problem(status, CODES_BY_STATUS[status], {}, {"Retry-After": str(RETRY_SECONDS)})
        if wants_json(request):
            return answer(request, problem)
        language = language_of(request)
        if (status, language) not in self._pages:
            self._pages[status, language] = answer(_for_anybody(request, language), problem)
        page = self._pages[status, language]
        return Response(
            filled(page.content, request, problem.status, problem.code),
            status_code=page.status_code,
            media_type=page.media_type,
            headers=page.headers,
        )


async def _whole_body(scope: HTTPScope, receive: Receive) -> list[HTTPReceiveMessage]:
    """All that is sent, and nothing if the sender leaves before its end. RefusedError."""
    if _announced_bytes(scope) > LIMITS.body_bytes:
        raise RefusedError(413, "body")
    heard: list[HTTPReceiveMessage] = []
    size, more = 0, True
    while more:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return []
        heard.append(message)
        size += len(message.get("body", b""))
        if size > LIMITS.body_bytes:
            raise RefusedError(413, "body")
        more = message.get("more_body", False)
    return heard


def _announced_bytes(scope: HTTPScope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length) if length.isdigit() else 0


def _address(scope: HTTPScope) -> str:
    client = scope.get("client")
    return _network(client[0]) if client else ""


@lru_cache(maxsize=4096)
def _network(host: str) -> str:
    """The address, or of IPv6 the network of 64 bits, of which one connection has them all."""
    try:
        address = IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return address.packed[:8].hex()


def _refused(error: CrowdedError) -> RefusedError:
    return RefusedError(429, "address") if error.of_one else RefusedError(503, "all")


async def _comes(turn: Turn, terms: Terms, receive: Receive) -> bool:
    """Whether the turn comes before whoever waits for it leaves. RefusedError if it is late."""
    begun = asyncio.create_task(turn.begun.wait())
    left = asyncio.create_task(_leaving(receive))
    try:
        with WAITING.track_inprogress():
            await asyncio.wait(
                {begun, left}, timeout=terms.seconds, return_when=asyncio.FIRST_COMPLETED
            )
    finally:
        begun.cancel()
        left.cancel()
    if left.done():
        return False
    if not turn.begun.is_set():
        raise RefusedError(503, "late")
    return True


async def _leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _after(heard: Sequence[HTTPReceiveMessage], receive: Receive) -> Receive:
    """What was heard, and then the rest."""
    kept = list(reversed(heard))

    async def again() -> Any:
        return kept.pop() if kept else await receive()

    return again


def _for_anybody(request: AnyRequest, language: Language) -> AnyRequest:
    """A request for the first page by somebody of whom nothing but the language is known."""
    scope = request.scope.copy()
    scope.update({"path": "/", "raw_path": b"/", "query_string": b"", "state": with_gaps()})
    host = request.headers.get("host", "").encode()
    scope["headers"] = [(b"host", host), (b"accept-language", language.encode())]
    return AnyRequest(scope)
