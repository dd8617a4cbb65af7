"""Who is asking: a member of staff or a device, by bearer token or by cookie.

A cookie counts only for requests that come from our own pages: browsers say so in
`Sec-Fetch-Site` or `Origin`, and a request that names another origin is refused.
"""

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

from queue_app.clock import Clock
from queue_app.domain.errors import NotAllowed, NotSignedIn
from queue_app.domain.people import Device, Staff, token_hash
from queue_app.queries.staff import device_of_token, staff_of_session

SESSION_COOKIE = "session"
DEVICE_COOKIE = "device"

Connection = ASGIConnection[Any, Any, Any, Any]


async def provide_staff(request: Connection, clock: Clock) -> Staff:
    """The signed-in member of staff; NotSignedIn `not_signed_in`."""
    staff = await find_staff(request, clock)
    if staff is None:
        raise NotSignedIn("not_signed_in")
    return staff


async def find_staff(connection: Connection, clock: Clock) -> Staff | None:
    token = credential(connection, SESSION_COOKIE)
    return await staff_of_session(token_hash(token), clock.now()) if token else None


async def provide_kiosk(request: Connection) -> Device:
    """The kiosk that asks; NotSignedIn `not_a_device`, NotAllowed `not_a_kiosk`."""
    device = await find_device(request)
    if device is None:
        raise NotSignedIn("not_a_device")
    if device.kind != "kiosk":
        raise NotAllowed("not_a_kiosk")
    return device


async def find_device(connection: Connection) -> Device | None:
    token = credential(connection, DEVICE_COOKIE)
    return await device_of_token(token_hash(token)) if token else None


def credential(connection: Connection, cookie: str) -> str | None:
    """The bearer token, else the cookie if the request is of our own origin."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    token = connection.cookies.get(cookie, "")
    if token:
        require_same_origin(connection)
    return token or None


def require_same_origin(connection: Connection) -> None:
    """NotAllowed `other_origin` for what another site's page sends in a visitor's name.

    Reading by GET is safe, since another origin cannot see the answer; a websocket is not.
    """
    if connection.scope.get("method") in ("GET", "HEAD"):
        return
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("other_origin")
    origin = connection.headers.get("origin")
    if origin and _host(origin) != connection.headers.get("host"):
        raise NotAllowed("other_origin")


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
