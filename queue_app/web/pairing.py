"""A browser becomes a device: by a code that it shows, or by a token that an address has once.

What a page of ours gets is kept in cookies that no script can read: the secret of the code while it
is shown, then the device's token.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_202_ACCEPTED
from msgspec import Struct

from queue_app.domain.errors import NotFound
from queue_app.domain.people import DEVICE_KINDS, Device, DeviceKind, token_hash
from queue_app.flow import devices
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.queries.devices import device_of_token
from queue_app.texts.words import Words
from queue_app.web.guards import DEVICE_COOKIE, find_device, require_same_origin, right
from queue_app.web.limits import PUBLIC
from queue_app.web.templating import NO_STORE, YEAR_SECONDS, render

PAIRING_COOKIE = "pairing"
PLACE = "/device"
REFUSED = "refused"
"""Says in the address that the token that stood there opens nothing."""
_OWN_PARAMETERS = ("device", REFUSED)

_SCREEN = re.compile(r"/(?:kiosk|display)/[^/?#\\]+(?:/desks/[^/?#\\]+)?(?:\?[^#]*)?")

Asked = Request[Any, Any, Any]


class PairingAsked(Struct, frozen=True):
    """What a page says of the machine that shows it."""

    kinds: tuple[str, ...]
    name: str = ""


class CodeShown(Struct, frozen=True):
    """The code to be shown until somebody has confirmed it."""

    code: str
    kinds: tuple[str, ...]


class Paired(Struct, frozen=True):
    """The machine is a device of this branch."""

    branch: str


def address_of(request: Asked) -> str | None:
    """Where the machine is, as far as is known."""
    return request.client.host if request.client else None


@get(PLACE, include_in_schema=False, opt=right("see_page"))
async def device_page(request: Asked) -> Response[str]:
    """What this machine is; for one that is nothing yet, what it could be, and its code."""
    directory = await reference.directory()
    device = await find_device(request)
    asked = request.query_params.getall("kinds", [])
    return render(
        request,
        "web/device.html",
        headers=NO_STORE,
        device=device,
        branch=directory.branch_of(device.branch_id) if device else None,
        wanted=[kind for kind in DEVICE_KINDS if kind in asked],
        kinds=DEVICE_KINDS,
        words=script,
    )


@get(f"{PLACE}/watch", include_in_schema=False, opt=right("see_page"))
async def watch(request: Asked) -> Response[str]:
    """A kiosk, board or panel in the care of a watchdog; NotFound `unknown_screen` for whatever
    else the address would have it hold."""
    asked = request.query_params.get("open", "")
    if not _SCREEN.fullmatch(asked):
        raise NotFound("unknown_screen")
    return render(request, "web/watch.html", open=asked)


@post(
    f"{PLACE}/pairing",
    include_in_schema=False,
    status_code=HTTP_201_CREATED,
    opt=right("ask_pairing", PUBLIC),
)
async def begin(request: Asked, data: PairingAsked, by: By) -> Response[CodeShown]:
    """A code for the browser that asks, whose secret it keeps."""
    require_same_origin(request)
    shown = await devices.ask_pairing(by, data.kinds, data.name, address_of(request))
    cookie = _own(PAIRING_COOKIE, shown.secret, int(devices.PAIRING_SECONDS) * 2, PLACE)
    answer = Response(CodeShown(shown.code, data.kinds), headers=NO_STORE)
    answer.set_cookie(cookie)
    return answer


@get(
    f"{PLACE}/pairing",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("end_pairing"),
)
async def follow(request: Asked, by: By) -> Response[CodeShown | Paired]:
    """202 with the code while nobody has confirmed it; then, once, 200 and the token as a cookie.

    NotFound `unknown_pairing`.
    """
    secret = request.cookies.get(PAIRING_COOKIE, "")
    shown = await devices.pairing(secret)
    admitted = await devices.end_pairing(by, secret) if shown.device_id else None
    if admitted is None:
        waiting = CodeShown(shown.code, shown.kinds)
        return Response(waiting, status_code=HTTP_202_ACCEPTED, headers=NO_STORE)
    answer: Response[CodeShown | Paired] = Response(Paired(admitted.branch), headers=NO_STORE)
    answer.set_cookie(device_cookie(admitted.token))
    answer.delete_cookie(PAIRING_COOKIE, path=PLACE)
    return answer


def device_cookie(token: str) -> Cookie:
    return _own(DEVICE_COOKIE, token, 10 * YEAR_SECONDS, "/")


def _own(name: str, value: str, seconds: int, path: str) -> Cookie:
    return Cookie(name, value=value, path=path, max_age=seconds, httponly=True, samesite="strict")


async def device_in_address(
    request: Asked, branch_id: int, kinds: Sequence[DeviceKind]
) -> Response[Any] | None:
    """Where a token stands in the address: it is kept where scripts cannot read it, if it is that
    of such a device, and leaves the address, be it right or not. None: none stands there."""
    token = request.query_params.get("device")
    if not token:
        return None
    others = [pair for pair in request.query_params.multi_items() if pair[0] not in _OWN_PARAMETERS]
    if belongs(await device_of_token(token_hash(token)), branch_id, kinds):
        return _without_token(request, others, device_cookie(token))
    return _without_token(request, [*others, (REFUSED, "1")])


def belongs(device: Device | None, branch_id: int, kinds: Sequence[DeviceKind]) -> bool:
    """Whether it is of this branch and can do one of these."""
    if device is None or device.branch_id != branch_id:
        return False
    return not set(kinds).isdisjoint(device.kinds)


def _without_token(request: Asked, query: list[tuple[str, str]], *cookies: Cookie) -> Response[Any]:
    asked = f"?{urlencode(query)}" if query else ""
    return Redirect(
        f"{request.url.path}{asked}",
        status_code=303,
        headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
        cookies=list(cookies),
    )


def script(spoken: Words) -> dict[str, Any]:
    """What `lib/pairing.js` says."""
    return {
        "confirmed": spoken.gettext("Confirmed. One moment…"),
        "failed": spoken.gettext("No code can be had now: there is no connection. We try again."),
        "many": spoken.gettext("Too many devices show a code now. We try again in a minute."),
    }


routes = (device_page, watch, begin, follow)
