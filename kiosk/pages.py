"""The kiosk: one page holds every screen, so that nothing but the ticket needs the network.

A browser becomes a kiosk by a code that the office confirms, or by its token: `?device=TOKEN` once,
a cookie from then on.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kiosk.keyboard import alphabets
from kiosk.offer import OfferedGroup, OfferedService, screens_of_groups, screens_of_topics
from kiosk.read_out import aloud
from kiosk.slip import slip_of
from kiosk.words import Sayings, script
from queue_app.clock import Clock
from queue_app.delivery.paper.document import label_of
from queue_app.domain.catalogue import Duration, Text
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.hall import Hall
from queue_app.domain.numbering import branch_of_token
from queue_app.domain.people import DeviceKind
from queue_app.domain.policies import minutes_of_right
from queue_app.domain.ranges import Forecasts
from queue_app.domain.rights import require
from queue_app.flow.act import By
from queue_app.queries import foretold, halls, printers, reference
from queue_app.queries.printers import KioskPrinter, PaperOfTicket
from queue_app.screens.board import board_view
from queue_app.screens.kiosk import DoorView, door_view
from queue_app.texts.formats import offsets
from queue_app.texts.speaker import speaker_of
from queue_app.texts.words import N_, words
from queue_app.web import pairing
from queue_app.web.addresses import absolute
from queue_app.web.guards import find_device, right
from queue_app.web.pairing import REFUSED, belongs, device_in_address
from queue_app.web.qr import qr_svg
from queue_app.web.templating import pages_of, render

Asked = Request[Any, Any, Any]

KINDS: tuple[DeviceKind, ...] = ("kiosk",)
PRIVATE = {"Cache-Control": "no-store"}


@get("/", include_in_schema=False, opt=right("register_kiosk"))
async def start(
    request: Asked,
    branch: FromPath[str],
    clock: NamedDependency[Clock],
    forecasts: NamedDependency[Forecasts],
) -> Response[Any]:
    directory = await reference.directory()
    place = directory.branch(branch)
    if kept := await device_in_address(request, place.id, KINDS):
        return kept
    device = await find_device(request)
    if device is None or not belongs(device, place.id, KINDS):
        return _unregistered(request, place, REFUSED in request.query_params)
    seen = await foretold.load(directory, place, clock.now(), forecasts)
    return await _screens(request, seen, await printers.of_kiosk(place.id, device.actor))


def _unregistered(request: Asked, branch: Branch, refused: bool) -> Response[Any]:
    return render(
        request,
        "kiosk/unregistered.html",
        status=403,
        headers=PRIVATE,
        branch=branch,
        refused=refused,
        pairing=pairing.script,
    )


async def _screens(request: Asked, seen: Hall, printer: KioskPrinter | None) -> Response[Any]:
    """The page. It always begins in the first language: no visitor's choice is remembered."""
    directory, branch = seen.directory, seen.branch
    speaker = speaker_of(directory.centre)
    sayings = Sayings(speaker)
    groups = screens_of_groups(directory, branch)
    door, board = _door(request, seen, groups, printer), board_view(seen)

    def published(duration: Duration) -> Text:
        return speaker.each(lambda formats: formats.published(duration))

    return render(
        request,
        "kiosk/kiosk.html",
        language=directory.spoken(request.query_params.get("lang")),
        headers=PRIVATE,
        directory=directory,
        branch=branch,
        door=door,
        groups=groups,
        topics=await screens_of_topics(directory, branch),
        alphabets=alphabets(speaker, directory.centre),
        words=script,
        known={
            "branch": branch.slug,
            "title": branch.title,
            "centre": directory.centre.title,
            "zone": offsets(directory.zone, seen.at.year),
            "max_services": directory.rules.max_services,
            "door": door,
            "board": board,
        },
        booking_url=absolute(request, f"/?{urlencode({'branch': branch.slug})}"),
        say=sayings.say,
        said=sayings.said,
        longest=_longest,
        slip=slip_of(directory.centre),
        first_minutes=minutes_of_right(directory.centre),
        label=partial(label_of, directory.centre),
        published=published,
    )


def _longest(screen: Sequence[OfferedService]) -> int:
    """How many signs the longest title has, in whatever language."""
    return max(len(said) for one in screen for said in one.service.title.values())


@get("/door", include_in_schema=False, opt=right("see_kiosk"))
async def door(
    request: Asked, branch: FromPath[str], by: NamedDependency[By]
) -> Response[DoorView]:
    """What the page asks now and then."""
    directory = await reference.directory()
    place = directory.branch(branch)
    require("see_kiosk", by.who, place.id)
    groups = screens_of_groups(directory, place)
    printer = await printers.of_kiosk(place.id, by.who.actor)
    view = _door(request, await halls.load(directory, place, by.now), groups, printer)
    return Response(view, headers=PRIVATE)


def _door(
    request: Asked,
    seen: Hall,
    groups: Sequence[tuple[OfferedGroup, ...]],
    printer: KioskPrinter | None,
) -> DoorView:
    page = _page_version(request, seen.directory)
    by_browser = printer is not None and printer.by_browser
    return door_view(
        seen,
        serves=bool(groups),
        page=page,
        printer=printer.state if printer and not by_browser else None,
        prints_itself=by_browser,
    )


def _page_version(request: Asked, directory: Directory) -> str:
    """Changes with the centre's files and with the page's own."""
    return f"{directory.edition}-{pages_of(request).assets.version('kiosk', 'web')}"


@get("/qr/{token:str}", include_in_schema=False, opt=right("see_kiosk"))
async def ticket_qr(
    request: Asked, branch: FromPath[str], token: FromPath[str], by: NamedDependency[By]
) -> Response[str]:
    """The way to the ticket's page on a phone, as an inline picture."""
    directory = await reference.directory()
    require("see_kiosk", by.who, directory.branch(branch).id)
    branch_of_token(token)
    spoken = directory.spoken(request.query_params.get("lang"))
    label = words(spoken).gettext(N_("QR code: your ticket on your phone"))
    picture = qr_svg(absolute(request, f"/t/{token}"), label)
    return Response(str(picture), media_type="text/html", headers=PRIVATE)


@get("/tickets/{ticket:int}/paper", include_in_schema=False, opt=right("see_kiosk"))
async def paper(
    branch: FromPath[str], ticket: FromPath[int], by: NamedDependency[By]
) -> Response[PaperOfTicket | None]:
    """What has become of a ticket's paper; nothing where none was asked for."""
    place = (await reference.directory()).branch(branch)
    require("see_kiosk", by.who, place.id)
    return Response(await printers.paper_of(place.id, ticket), headers=PRIVATE)


router = Router("/kiosk/{branch:str}", route_handlers=[start, door, ticket_qr, paper, aloud])
