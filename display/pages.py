"""The hall board, the panel above a desk, and the ticket on a phone."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER, HTTP_308_PERMANENT_REDIRECT
from msgspec import Struct

from display import words
from display.loudness import loudness_of
from queue_app.clock import Clock
from queue_app.delivery.paper.document import ticket_document
from queue_app.domain.catalogue import Language, Text
from queue_app.domain.centre import Rules
from queue_app.domain.directory import Branch
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, NotSignedIn
from queue_app.domain.hall import Hall
from queue_app.domain.hall_code import changes_at, code_at
from queue_app.domain.numbering import series_of, token_in
from queue_app.domain.people import DeviceKind
from queue_app.domain.ranges import Forecasts
from queue_app.domain.rights import require
from queue_app.domain.tickets import Ticket
from queue_app.flow import arrival
from queue_app.flow.act import By
from queue_app.flow.promising import Promises
from queue_app.queries import foretold, reference, tickets
from queue_app.screens.board import BoardView, board_view, cells, grid
from queue_app.screens.panel import panel_view
from queue_app.screens.ticket import ticket_view
from queue_app.screens.zone import read_zone, zoned
from queue_app.texts.formats import offsets
from queue_app.texts.speaker import Speaker, speaker_of
from queue_app.web import pairing
from queue_app.web.addresses import absolute
from queue_app.web.boards import admit_to_board
from queue_app.web.guards import own_device, require_same_origin, right, who_asks
from queue_app.web.i18n import LANGUAGE_COOKIE, language_of, languages_of
from queue_app.web.limits import PUBLIC
from queue_app.web.pairing import REFUSED, device_in_address
from queue_app.web.templating import NO_STORE, pages_of, render

Asked = Request[Any, Any, Any]


@get("/display/{branch:str}", opt=right("see_board"))
async def board(
    request: Asked,
    branch: FromPath[str],
    clock: NamedDependency[Clock],
    forecasts: NamedDependency[Forecasts],
) -> Response[Any]:
    """The hall board, in the centre's first two languages whatever the browser reads."""
    if instead := await _instead(request, branch, ("board", "voice"), "/display/BRANCH"):
        return instead
    seen = await _look(branch, clock, forecasts)
    speaker, whole = speaker_of(seen.directory.centre), board_view(seen)
    zone = read_zone(request.query_params, [one.number for one in whole.desks])
    snapshot = zoned(whole, zone)
    places = grid(len(zone.desks or snapshot.desks))
    return render(
        request,
        "display/board.html",
        language=seen.directory.languages[0],
        board=snapshot,
        opens=_opens(speaker, snapshot),
        opens_today=_opens_today(speaker, snapshot),
        line=_line(speaker, snapshot),
        scene=snapshot.scene,
        grid=places.name,
        cells=cells(snapshot, places),
        here=zone,
        zone=offsets(seen.directory.zone, seen.at.year),
        page=await _page_version(request, seen),
        words=words.call_out,
        why=_why(seen.directory.rules),
        series_of=series_of,
        loudness=loudness_of(seen.directory.rules, request.query_params),
    )


def _why(rules: Rules) -> dict[str, str]:
    """Why the numbers of a series go before others, so that the hall sees it."""
    return {rules.booked_prefix: "booked", rules.priority_prefix: "first"}


class ShownCode(Struct, frozen=True):
    """The hall's code and when it changes; None: the centre shows none."""

    code: str | None
    until: datetime | None


@get("/display/{branch:str}/code", opt=right("see_hall_code"))
async def hall_code(
    request: Asked, branch: FromPath[str], clock: NamedDependency[Clock]
) -> Response[ShownCode]:
    """The code by which whoever is in the hall checks in by phone; for its own devices alone."""
    directory, now = await reference.directory(), clock.now()
    place = directory.branch(branch)
    require("see_hall_code", who_asks(request), place.id)
    minutes = directory.rules.hall_code_minutes
    shown = ShownCode(None, None)
    if minutes and place.kind == "office":
        shown = ShownCode(code_at(place.hall_secret, now, minutes), changes_at(now, minutes))
    return Response(shown, headers={"Cache-Control": "no-store"})


async def _instead(
    request: Asked, slug: str, kinds: tuple[DeviceKind, ...], opens: str
) -> Response[Any] | None:
    """Where a token stands in the address, the way on without it; where this screen may not be seen
    by whoever asks, its code."""
    branch = (await reference.directory()).branch(slug)
    if here := urlencode([one for one in request.query_params.multi_items() if one[0] != REFUSED]):
        opens += f"?{here}"
    if kept := await device_in_address(request, branch.id, kinds):
        return kept
    try:
        await admit_to_board(request)
    except (NotSignedIn, NotAllowed) as refused:
        return render(
            request,
            "display/unpaired.html",
            status=refused.status,
            headers=NO_STORE,
            branch=branch,
            kinds=kinds[:1],
            open=opens,
            pairing=pairing.script,
        )
    return None


async def _page_version(request: Asked, seen: Hall) -> str:
    """What a device of the branch says of its page with every sign of life; "" on any other."""
    if await own_device(request, seen.branch.id) is None:
        return ""
    return pages_of(request).assets.version("display", "web")


def _opens(speaker: Speaker, board: BoardView) -> Text | None:
    at = board.opens_at
    if at is None:
        return None
    return speaker.each(lambda formats: f"{formats.day(at)}, {formats.time(at)}")


def _opens_today(speaker: Speaker, board: BoardView) -> Text | None:
    at = board.opens_at
    return None if at is None else speaker.each(lambda formats: formats.time(at))


def _line(speaker: Speaker, board: BoardView) -> Text | None:
    """What is said of services that alone are stopped."""
    stop = board.interruption
    if stop is None or stop.services is None:
        return None
    title, advice = stop.title, stop.advice
    line = speaker.each(lambda formats: f"{title[formats.language]}. {advice[formats.language]}")
    return line.like(title)


@get("/display/{branch:str}/desks/{desk:str}", opt=right("see_board"))
async def panel(
    request: Asked,
    branch: FromPath[str],
    desk: FromPath[str],
    clock: NamedDependency[Clock],
    forecasts: NamedDependency[Forecasts],
) -> Response[Any]:
    """The small screen above a desk, which is named by its number; NotFound `unknown_desk`."""
    opens = f"/display/BRANCH/desks/{quote(desk, safe='')}"
    if instead := await _instead(request, branch, ("panel", "board"), opens):
        return instead
    seen = await _look(branch, clock, forecasts)
    snapshot = board_view(seen)
    if all(one.number != desk for one in snapshot.desks):
        raise NotFound("unknown_desk")
    shown = panel_view(snapshot, desk)
    return render(
        request,
        "display/panel.html",
        language=seen.directory.languages[0],
        board=snapshot,
        desk=desk,
        state=shown.state,
        call=shown.call,
        page=await _page_version(request, seen),
        words=words.call_out,
    )


async def _look(branch: str, clock: Clock, forecasts: Forecasts) -> Hall:
    directory = await reference.directory()
    return await foretold.load(directory, directory.branch(branch), clock.now(), forecasts)


@get("/t/{token:str}", opt=right("see_ticket"))
async def ticket(
    request: Asked,
    token: FromPath[str],
    clock: NamedDependency[Clock],
    promises: NamedDependency[Promises],
    forecasts: NamedDependency[Forecasts],
) -> Response[Any]:
    """One's own ticket; NotFound `unknown_link`."""
    if clean := token_in(token):
        return Redirect(f"/t/{clean}", status_code=HTTP_308_PERMANENT_REDIRECT)
    own = await tickets.by_token(token)
    directory = await reference.directory()
    branch = directory.branch_of(own.branch_id)
    seen = await foretold.load(directory, branch, clock.now(), forecasts)
    promises.note(seen, own.id)
    return render(
        request,
        "display/ticket.html",
        language=_language(request, own),
        headers={"X-Robots-Tag": "noindex"},
        ticket=ticket_view(seen, own),
        token=token,
        another_day=_another_day(own, branch),
        zone=offsets(directory.zone, seen.at.year),
        words=words.ticket,
    )


@get("/t/{token:str}/paper", opt=right("see_ticket"))
async def paper(
    request: Asked,
    token: FromPath[str],
    clock: NamedDependency[Clock],
    promises: NamedDependency[Promises],
    forecasts: NamedDependency[Forecasts],
) -> Response[Any]:
    """The ticket as a browser prints it; NotFound `unknown_link`. `?print`: at once, as a kiosk
    does whose printer is the browser's; `?reprint`: says that it is one."""
    own = await tickets.by_token(token)
    directory = await reference.directory()
    branch = directory.branch_of(own.branch_id)
    seen = await foretold.load(directory, branch, clock.now(), forecasts)
    promises.note(seen, own.id)
    again = "reprint" in request.query_params
    # At the counter it is the clerk's browser that prints it, in the language of whoever waits.
    language = own.language if again or "print" in request.query_params else ""
    language = language if language in directory.languages else _language(request, own)
    link = absolute(request, f"/t/{token}")
    return render(
        request,
        "display/paper.html",
        language=language,
        headers={"X-Robots-Tag": "noindex"},
        document=ticket_document(seen, own, seen.waits.get(own.id), link, language, again),
        token=token,
    )


def _another_day(own: Ticket, branch: Branch) -> str:
    """Where a time for the same visit is chosen."""
    services = [("service", code) for code in own.progress.services]
    return f"/day?{urlencode([*services, ('channel', 'visit'), ('branch', branch.slug)])}"


def _language(request: Asked, own: Ticket) -> Language:
    """As chosen on this phone, else as chosen at the kiosk."""
    chosen = (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
    known = languages_of(request)
    kept = own.language in known and not any(one in known for one in chosen)
    return own.language if kept else language_of(request)


@post("/t/{token:str}/leave", status_code=HTTP_303_SEE_OTHER, opt=right("leave", PUBLIC))
async def leave(request: Asked, token: FromPath[str], by: NamedDependency[By]) -> Redirect:
    """Give up one's place without a script; who was called by then sees the call instead."""
    require_same_origin(request)
    with suppress(Conflict):
        await arrival.leave(by, token)
    return Redirect(f"/t/{token}", status_code=HTTP_303_SEE_OTHER)


router = Router(
    "", route_handlers=[board, hall_code, panel, ticket, paper, leave], include_in_schema=False
)
