"""The page that shows every face of a demo side by side, with the console signed in.

Registered by the demo's own server process alone, which listens on loopback and has only a
scratch database.
"""

import mimetypes
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response, Router, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from config.settings import Settings
from queue_app.demo.showing import FILE, Showing
from queue_app.domain.errors import NotFound
from queue_app.flow import staffing
from queue_app.flow.act import By
from queue_app.texts.words import N_, words
from queue_app.web.guards import SESSION_COOKIE, right
from queue_app.web.i18n import LANGUAGE_COOKIE, language_of, languages_of, tongue
from queue_app.web.templating import own_name

STATIC = Path(__file__).parent / "static"
TEXTS = {
    "title": N_("A day in the hall"),
    "board": N_("The board in the hall"),
    "console": N_("The clerk’s console"),
    "kiosk": N_("The kiosk"),
    "booking": N_("Booking online"),
    "ticket": N_("A ticket on a phone"),
    "messages": N_("Messages of this demo"),
    "hint": N_(
        "All of it is real: take a ticket at the kiosk, book a visit, press the clerk’s button."
    ),
}
NO_STORE = {"Cache-Control": "no-store"}

_templates = Environment(
    loader=FileSystemLoader(STATIC.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


class ShownNow(Struct, frozen=True):
    """What changes while the page is open; on another `day` it is loaded anew."""

    day: str
    console: str
    ticket: str | None


@get("/", opt=right("see_page"))
async def page(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    by: NamedDependency[By],
) -> Response[str]:
    """All faces; the browser is signed in as the clerk whose screen is shown.

    A `?lang=` is remembered in the cookie that the faces in the frames read.
    """
    now = _showing(settings)
    language = language_of(request)
    signed = await staffing.sign_in(by, now.login, now.password)
    spoken = words(language)
    html = _templates.get_template("demo.html").render(
        language=language,
        tongue=partial(tongue, languages=languages_of(request)),
        names={one: own_name(one) for one in languages_of(request)},
        texts={name: spoken.gettext(text) for name, text in TEXTS.items()},
        showing=now,
    )
    response = Response(html, media_type="text/html", headers=NO_STORE)
    response.set_cookie(
        Cookie(SESSION_COOKIE, value=signed.token, path="/", httponly=True, samesite="strict")
    )
    if request.query_params.get("lang") == language:
        response.set_cookie(
            Cookie(LANGUAGE_COOKIE, value=language, path="/", httponly=True, samesite="lax")
        )
    return response


@get("/state", opt=right("see_page"))
async def state(settings: NamedDependency[Settings]) -> Response[ShownNow]:
    now = _showing(settings)
    return Response(ShownNow(now.day, now.console, now.ticket), headers=NO_STORE)


@get("/files/{name:str}", opt=right("see_page"), sync_to_thread=False)
def file(name: FromPath[str]) -> Response[bytes]:
    path = STATIC / name
    if path.parent != STATIC or not path.is_file():
        raise NotFound("not_found")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(path.read_bytes(), media_type=media_type, headers=NO_STORE)


def _showing(settings: Settings) -> Showing:
    """What the demo shows now; NotFound `not_found` before its day begins."""
    try:
        content = (settings.data / FILE).read_bytes()
    except FileNotFoundError as error:
        raise NotFound("not_found") from error
    return msgspec.json.decode(content, type=Showing)


router = Router("/demo", route_handlers=[page, state, file], include_in_schema=False)
