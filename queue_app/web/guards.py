"""Who is asking: a member of staff or a device, by bearer token or by cookie; and whether they may.

Every route and websocket names its right in `opt`; the application asks the table before
anything else happens, and a handler takes from it by whom a verb is done.

A cookie counts only for requests that come from our own pages: browsers say so in
`Sec-Fetch-Site` or `Origin`, and a request that names another origin is refused.
"""

import math
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from queue_app.domain import rights
from queue_app.domain.errors import BadRequest, NotAllowed, NotSignedIn
from queue_app.domain.people import RESIDENT, Actor, Device, Staff, token_hash
from queue_app.flow.act import By
from queue_app.queries.devices import device_of_token
from queue_app.queries.staff import staff_of_session
from queue_app.web.addresses import own_origin

SESSION_COOKIE = "session"
DEVICE_COOKIE = "device"
_WHO = "who"
HOME_BITS = 64
"""What a provider gives one customer."""
KNOWN_SECONDS = 900.0
KNOWN_AT_MOST = 10_000

Connection = ASGIConnection[Any, Any, Any, Any]
_Who = TypeVar("_Who", Staff, Device)


def right(name: str, limit: str | None = None) -> dict[str, str]:
    """The `opt` of a route: the right that it needs, and how often one address may ask."""
    if name not in rights.RIGHTS:
        raise LookupError(f"{name} has no row in domain/rights.py")
    return {"right": name} | ({"limit": limit} if limit else {})


def guarded(app: ASGIApp) -> ASGIApp:
    """A middleware: who has not the right of the route gets no further. Websockets are let in by
    `admit`, which says why not; what may be asked of an address (OPTIONS) the framework answers
    itself.

    No guard of the framework's: for each request it copies the whole route for them.
    """

    async def entered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] != "OPTIONS":
            await admit(ASGIConnection(scope), scope["route_handler"].opt["right"])
        await app(scope, receive, send)

    return entered


async def admit(connection: Connection, name: str) -> Actor:
    """Who asks, if they have this right anywhere; whatever `rights.require` refuses."""
    who = await _who(connection, name)
    rights.require(name, who)
    connection.scope["state"][_WHO] = who
    return who


def who_asks(connection: Connection) -> Actor:
    """Whoever was admitted."""
    who: Actor = connection.scope["state"][_WHO]
    return who


async def _who(connection: Connection, name: str) -> Actor:
    """Looked for only where the right is somebody's in particular."""
    allowed = rights.RIGHTS[name].keys()
    if not allowed.isdisjoint(rights.STAFF) and (staff := await find_staff(connection)):
        return staff
    if not allowed.isdisjoint(rights.DEVICES) and (device := await find_device(connection)):
        return device
    return RESIDENT


def provide_by(request: Request[Any, Any, Any]) -> By:
    """By whom, when and under which key; BadRequest `bad_idempotency_key`.

    What it needs beyond the request it takes from the application itself: what depends on several
    dependencies is made by the framework in a group of tasks.
    """
    who, state = request.scope["state"][_WHO], request.app.state
    now = state.clock.now()
    return By(who, now, _idempotency_key(request), state.forecasts, _address(request))


def _address(request: Request[Any, Any, Any]) -> str | None:
    """Where a request comes from, where that counts."""
    return network_of(request) if request.app.state.get("limited") else None


def network_of(request: Request[Any, Any, Any]) -> str | None:
    """The address that asks. Of IPv6 the network: a home has many."""
    if request.client is None:
        return None
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return request.client.host
    if address.version == 4:
        return str(address)
    return str(ip_network((address, HOME_BITS), strict=False))


def _idempotency_key(request: Request[Any, Any, Any]) -> UUID | None:
    raw = request.headers.get("idempotency-key")
    if raw is None:
        return None
    try:
        return UUID(raw.strip().strip('"'))
    except ValueError as error:
        raise BadRequest("bad_idempotency_key") from error


def provide_staff(request: Request[Any, Any, Any]) -> Staff:
    """The signed-in member of staff, on a route that lets in nobody else."""
    who = request.scope["state"][_WHO]
    if not isinstance(who, Staff):
        raise NotSignedIn("not_signed_in")
    return who


def provide_device(request: Request[Any, Any, Any]) -> Device:
    """The device that asks, on a route that lets in nobody else."""
    who = request.scope["state"][_WHO]
    if not isinstance(who, Device):
        raise NotSignedIn("not_a_device")
    return who


class Known:
    """Tokens that were found to be somebody's in the last minutes; stands in `app.state.known`.

    They open nothing: whoever comes with one is answered before others.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now`: seconds of a clock that is never set back."""
        self._now = now
        self._seen: dict[bytes, float] = {}

    def note(self, token: bytes) -> None:
        """`token`: its hash, as it stands in the database."""
        self._seen.pop(token, None)
        self._seen[token] = self._now()
        if len(self._seen) > KNOWN_AT_MOST:
            del self._seen[next(iter(self._seen))]

    def __contains__(self, token: bytes) -> bool:
        return self._seen.get(token, -math.inf) > self._now() - KNOWN_SECONDS


async def find_staff(connection: Connection) -> Staff | None:
    now = connection.app.state.clock.now()
    return await _whose(connection, SESSION_COOKIE, lambda token: staff_of_session(token, now))


async def find_device(connection: Connection) -> Device | None:
    return await _whose(connection, DEVICE_COOKIE, device_of_token)


async def own_device(connection: Connection, branch_id: int) -> Device | None:
    """The device of this branch that asks; nobody is looked for who brings no token of one."""
    if not (connection.cookies.get(DEVICE_COOKIE) or bearer(connection)):
        return None
    device = await find_device(connection)
    return device if device and device.branch_id == branch_id else None


async def _whose(
    connection: Connection, cookie: str, find: Callable[[bytes], Awaitable[_Who | None]]
) -> _Who | None:
    token = credential(connection, cookie)
    if not token:
        return None
    hashed = token_hash(token)
    found = await find(hashed)
    if found:
        connection.app.state.known.note(hashed)
    return found


def credential(connection: Connection, cookie: str) -> str | None:
    """The bearer token, else the cookie if the request is of our own origin."""
    token = bearer(connection)
    if token:
        return token
    token = connection.cookies.get(cookie)
    if token:
        require_same_origin(connection)
    return token or None


def tokens_of(connection: Connection) -> list[str]:
    """Whatever it comes with that may be a token, from whichever origin."""
    cookies = connection.cookies
    found = (bearer(connection), cookies.get(SESSION_COOKIE), cookies.get(DEVICE_COOKIE))
    return [token for token in found if token]


def bearer(connection: Connection) -> str | None:
    """The token of `Authorization`."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def require_same_origin(connection: Connection) -> None:
    """NotAllowed `other_origin` for what another site's page sends in a visitor's name.

    Reading by GET is safe, since another origin cannot see the answer; a websocket is not.
    """
    if connection.scope.get("method") in ("GET", "HEAD"):
        return
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("other_origin")
    origin = connection.headers.get("origin")
    if origin and origin != own_origin(connection.scope):
        raise NotAllowed("other_origin")
