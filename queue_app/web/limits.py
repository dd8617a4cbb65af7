"""How often one browser, and one address, may ask for what anyone may ask: the second part of
`right(...)`.

Counted in the database, so that several processes count as one. A mobile network or a branch has
one address for thousands, so the roof of an address is far above that of a browser, which is known
by a cookie of chance. Whoever brings none is known by their address and what their program says of
itself. Who holds a slot or a place in the queue is not refused its end.
"""

import secrets
from datetime import timedelta
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from queue_app.domain.errors import NotFound, TooMany
from queue_app.flow import tallies
from queue_app.queries import appointments, tickets
from queue_app.web.guards import network_of

PUBLIC = "public"
SIGN_IN = "sign_in"
LOOK_UP = "look_up"


class Limit(Struct, frozen=True):
    """Requests in a minute."""

    of_browser: int
    of_address: int


LIMITS: dict[str, Limit] = {
    PUBLIC: Limit(60, 3000),
    SIGN_IN: Limit(20, 600),
    LOOK_UP: Limit(10, 300),
}
MINUTE = timedelta(minutes=1)
BROWSER_COOKIE = "browser"
LONGEST = 64
"""Of a name that a browser brings."""
ENDS = ("confirm", "cancel", "forget", "leave", "try_code")
"""What ends something that its link proves to be theirs."""

AnyRequest = Request[Any, Any, Any]


def named_browser(request: AnyRequest) -> list[Cookie]:
    """The cookie for a browser that has no name yet; it goes with the browser's window."""
    if request.cookies.get(BROWSER_COOKIE):
        return []
    token = secrets.token_urlsafe(12)
    return [Cookie(BROWSER_COOKIE, value=token, httponly=True, samesite="lax")]


def limited(app: ASGIApp) -> ASGIApp:
    """A middleware. TooMany `too_many`."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "POST":
            opt = scope["route_handler"].opt
            if kind := opt.get("limit"):
                await _require_few(Request(scope), kind, opt["right"])
        await app(scope, receive, send)

    return counted


async def _require_few(request: AnyRequest, kind: str, right: str) -> None:
    now, limit = request.app.state.clock.now(), LIMITS[kind]
    address = network_of(request) or "nowhere"
    browser = request.cookies.get(BROWSER_COOKIE, "")[:LONGEST]
    named = browser or f"{address} {request.headers.get('user-agent', '')}"
    of_address, of_browser = await tallies.count_each(
        f"{tallies.REQUESTS}{kind}", [f"address {address}", f"browser {named}"], now, MINUTE
    )
    if of_browser <= limit.of_browser and of_address <= limit.of_address:
        return
    if right in ENDS and await _holds(request.path_params.get("token")):
        return
    raise TooMany("too_many", retry_after_seconds=tallies.seconds_left(now, MINUTE))


async def _holds(token: str | None) -> bool:
    """Whether this link is somebody's booking or ticket."""
    for find in (appointments.by_token, tickets.by_token):
        try:
            await find(token or "")
        except NotFound:
            continue
        return True
    return False
