"""The kiosk: one page holds every screen, so that nothing but the ticket needs the network.

A browser becomes a kiosk by its device token: `?device=TOKEN` once, a cookie from then on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from litestar import Request, Response, Router, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from kiosk.offer import OfferedGroup, screens_of_groups
from kiosk.words import both, say, script
from queue_app.clock import Clock
from queue_app.domain.catalogue import Duration, Text
from queue_app.domain.errors import NotAllowed, NotSignedIn
from queue_app.domain.numbering import branch_of_token
from queue_app.domain.people import Device, token_hash
from queue_app.flow.arrival import kiosk_door
from queue_app.queries import hall, reference, views
from queue_app.queries.hall import Hall
from queue_app.queries.reference import Branch, Directory
from queue_app.queries.staff import device_of_token
from queue_app.queries.views import InterruptionView
from queue_app.web.addresses import absolute
from queue_app.web.guards import DEVICE_COOKIE, find_device
from queue_app.web.i18n import DEFAULT_LANGUAGE, LANGUAGES, N_, words
from queue_app.web.qr import qr_svg
from queue_app.web.templating import YEAR_SECONDS, pages_of, render

Asked = Request[Any, Any, Any]

PRIVATE = {"Cache-Control": "no-store"}


class DoorView(Struct, frozen=True):
    """Whether tickets are given. `page` changes when the page should be loaded anew.

    `unserved`: no desk of the branch gives any service. `opens_at` and `closes_at` as in
    `kiosk_door`. `interruption`: why nobody is called, or not for some services; no ticket is
    given for the `stopped` ones, while nobody knows when they go on. Bookings check in all the
    same.
    """

    state: Literal["open", "past_last_ticket", "closed", "unserved", "interrupted"]
    opens_at: datetime | None
    closes_at: datetime | None
    at: datetime
    page: str
    interruption: InterruptionView | None
    stopped: tuple[str, ...]


@get("/", include_in_schema=False)
async def start(
    request: Asked, branch: FromPath[str], clock: NamedDependency[Clock]
) -> Response[Any]:
    directory = await reference.directory()
    place = directory.branch(branch)
    if token := request.query_params.get("device"):
        return await _register(request, place, token)
    if not _stands_in(place, await find_device(request)):
        return _unregistered(request, place)
    return await _screens(request, directory, place, clock.now())


async def _register(request: Asked, branch: Branch, token: str) -> Response[Any]:
    """Keep the token where scripts cannot read it, and out of the address."""
    if not _stands_in(branch, await device_of_token(token_hash(token))):
        return _unregistered(request, branch, refused=True)
    others = [pair for pair in request.query_params.multi_items() if pair[0] != "device"]
    cookie = Cookie(
        key=DEVICE_COOKIE,
        value=token,
        max_age=10 * YEAR_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    query = f"?{urlencode(others)}" if others else ""
    return Redirect(
        f"/kiosk/{branch.slug}{query}",
        status_code=303,
        headers={**PRIVATE, "Referrer-Policy": "no-referrer"},
        cookies=[cookie],
    )


def _stands_in(branch: Branch, device: Device | None) -> bool:
    return device is not None and device.kind == "kiosk" and device.branch_id == branch.id


def _unregistered(request: Asked, branch: Branch, refused: bool = False) -> Response[Any]:
    return render(
        request,
        "kiosk/unregistered.html",
        status=403,
        headers=PRIVATE,
        branch=branch,
        refused=refused,
    )


async def _screens(
    request: Asked, directory: Directory, branch: Branch, now: datetime
) -> Response[Any]:
    """The page. It always begins in Ukrainian: the last visitor's choice is not remembered."""
    language = "en" if request.query_params.get("lang") == "en" else DEFAULT_LANGUAGE
    groups = screens_of_groups(directory, branch)
    seen = await hall.load(directory, branch, now)
    door, board = _door(request, seen, groups), views.board(seen)
    formats = {one: pages_of(request).formats(one) for one in LANGUAGES}

    def published(duration: Duration) -> Text:
        return Text(uk=formats["uk"].published(duration), en=formats["en"].published(duration))

    return render(
        request,
        "kiosk/kiosk.html",
        language=language,
        headers=PRIVATE,
        directory=directory,
        branch=branch,
        door=door,
        groups=groups,
        words=script,
        known={
            "branch": branch.slug,
            "branches": {one.slug: one.title for one in directory.branches.values()},
            "zone": directory.centre.timezone,
            "max_services": directory.rules.max_services,
            "door": door,
            "board": board,
        },
        booking_url=absolute(request, f"/?{urlencode({'branch': branch.slug})}"),
        say=say,
        both=both,
        published=published,
    )


@get("/door", include_in_schema=False)
async def door(
    request: Asked, branch: FromPath[str], clock: NamedDependency[Clock]
) -> Response[DoorView]:
    """What the page asks now and then."""
    directory = await reference.directory()
    place = directory.branch(branch)
    await _require_kiosk(request, place)
    groups = screens_of_groups(directory, place)
    view = _door(request, await hall.load(directory, place, clock.now()), groups)
    return Response(view, headers=PRIVATE)


def _door(request: Asked, seen: Hall, groups: Sequence[tuple[OfferedGroup, ...]]) -> DoorView:
    directory = seen.directory
    door = kiosk_door(directory, seen.branch, seen.at)
    interrupted = door.state == "open" and seen.refusal_of_all is not None
    return DoorView(
        state="unserved" if not groups else "interrupted" if interrupted else door.state,
        opens_at=door.opens_at,
        closes_at=door.closes_at,
        at=directory.local(seen.at),
        page=_page_version(request, directory),
        interruption=views.interruption(seen),
        stopped=tuple(code for code in directory.services if seen.refusal([code])),
    )


def _page_version(request: Asked, directory: Directory) -> str:
    """Changes with the centre's files and with the page's own."""
    return f"{directory.version}-{pages_of(request).assets.version('kiosk', 'web')}"


@get("/qr/{token:str}", include_in_schema=False)
async def ticket_qr(request: Asked, branch: FromPath[str], token: FromPath[str]) -> Response[str]:
    """The way to the ticket's page on a phone, as an inline picture."""
    place = (await reference.directory()).branch(branch)
    await _require_kiosk(request, place)
    branch_of_token(token)
    spoken = next((one for one in LANGUAGES if one == request.query_params.get("lang")), "uk")
    label = words(spoken).gettext(N_("QR code: your ticket on your phone"))
    picture = qr_svg(absolute(request, f"/t/{token}"), label)
    return Response(str(picture), media_type="text/html", headers=PRIVATE)


async def _require_kiosk(request: Asked, branch: Branch) -> None:
    device = await find_device(request)
    if device is None:
        raise NotSignedIn("not_a_device")
    if not _stands_in(branch, device):
        raise NotAllowed("not_a_kiosk" if device.kind != "kiosk" else "other_branch")


router = Router("/kiosk/{branch:str}", route_handlers=[start, door, ticket_qr])
