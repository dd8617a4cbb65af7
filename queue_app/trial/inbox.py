"""The inbox of a trial: what would have been sent, as whoever gets it sees it.

Registered where a trial is served and nowhere else, and answered to this machine alone: the
messages have people's contacts and the links to their bookings in them.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from config.settings import Settings
from queue_app.clock import Clock
from queue_app.delivery.adapter import Letter
from queue_app.domain.errors import NotFound
from queue_app.queries import outbox, reference
from queue_app.web.guards import right
from queue_app.web.templating import render

MOST = 200
"""Letters on the page: the newest."""
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
)
"""What a letter may do in its frame: be looked at."""


class TrialLetter(Struct, frozen=True):
    """A letter as its file has it. `calendar`: the file for a calendar."""

    identity: UUID
    channel: str
    recipient: str
    subject: str
    text: str
    at: datetime
    html: str | None = None
    calendar: bytes | None = None


def require_this_machine(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """NotFound `not_found` for whoever comes from elsewhere."""
    try:
        here = connection.client is not None and ip_address(connection.client.host).is_loopback
    except ValueError:
        here = False
    if not here:
        raise NotFound("not_found")


@get("/inbox", opt=right("see_page"))
async def inbox(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    clock: NamedDependency[Clock],
) -> Response[str]:
    directory = await reference.directory()
    letters = await asyncio.to_thread(_letters, await _folder(settings))
    return render(
        request,
        "trial/inbox.html",
        letters=letters,
        today=directory.local(clock.now()).date(),
        outside=[
            way
            for way, used in (("mail", settings.smtp), ("sms", settings.sms_gateway))
            if used is not None
        ],
    )


@get("/inbox/{identity:uuid}", opt=right("see_page"))
async def letter(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], identity: FromPath[UUID]
) -> Response[str]:
    return render(request, "trial/letter.html", letter=await _letter(settings, identity))


@get("/inbox/{identity:uuid}/looks", opt=right("see_page"))
async def looks(settings: NamedDependency[Settings], identity: FromPath[UUID]) -> Response[str]:
    """The letter's own page, which can do nothing."""
    found = await _letter(settings, identity)
    if found.html is None:
        raise NotFound("not_found")
    headers = {"Content-Security-Policy": LETTER_POLICY}
    return Response(found.html, media_type="text/html", headers=headers)


@get("/inbox/{identity:uuid}/invite.ics", opt=right("see_page"))
async def invite(settings: NamedDependency[Settings], identity: FromPath[UUID]) -> Response[bytes]:
    found = await _letter(settings, identity)
    if found.calendar is None:
        raise NotFound("not_found")
    return Response(found.calendar, media_type="text/calendar")


router = Router(
    "/trial",
    route_handlers=[inbox, letter, looks, invite],
    guards=[require_this_machine],
    include_in_schema=False,
)


async def _folder(settings: Settings) -> Path:
    return settings.data / "messages" / str(await outbox.identity())


async def _letter(settings: Settings, identity: UUID) -> TrialLetter:
    """NotFound `not_found`."""
    folder = await _folder(settings)
    for ending in ("eml", "json"):
        found = await asyncio.to_thread(_read, folder / f"{identity}.{ending}")
        if found:
            return found
    raise NotFound("not_found")


def _letters(folder: Path) -> list[TrialLetter]:
    """The newest first."""
    files = sorted(_files(folder), reverse=True)[:MOST]
    read = [found for _, path in files if (found := _read(path))]
    return sorted(read, key=lambda one: one.at, reverse=True)


def _files(folder: Path) -> Iterator[tuple[float, Path]]:
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.suffix in (".eml", ".json"):
            try:
                yield path.stat().st_mtime, path
            except FileNotFoundError:  # it has just gone, with its booking
                continue


def _read(path: Path) -> TrialLetter | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    identity = UUID(path.stem)
    if path.suffix == ".json":
        note = msgspec.json.decode(content, type=Letter)
        return TrialLetter(
            identity, note.channel, note.recipient, note.subject, note.text, note.created_at
        )
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    calendar = next((one for one in mail.walk() if one.get_content_type() == "text/calendar"), None)
    return TrialLetter(
        identity,
        "mail",
        str(mail["To"]),
        str(mail["Subject"]),
        text.get_content() if text else "",
        parsedate_to_datetime(str(mail["Date"])),
        html.get_content() if html else None,
        calendar.get_content().encode() if calendar else None,
    )
