"""Pages: one Jinja2 environment a language, so that macros and filters know their language.

A face keeps its templates in `templates/` and its files in `static/`; its templates are named
with the face in front ("booking/index.html"), as are its files (`asset("booking/booking.css")`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.types import Message, Scope
from markupsafe import Markup, escape

from queue_app.clock import Clock
from queue_app.domain.catalogue import Language, Text
from queue_app.domain.directory import Directory
from queue_app.texts.formats import Formats
from queue_app.texts.words import LANGUAGES, Words, bilingual, pbilingual, words
from queue_app.web.assets import Assets
from queue_app.web.i18n import LANGUAGE_COOKIE, language_of
from queue_app.web.qr import qr_svg
from queue_app.web.words import shared

ADDRESS = re.compile(r"https?://[^\s<>()&;]*[^\s<>()&;.,:!?]")
PHONE = re.compile(r"\(0\d\d\) \d{3}-\d\d-\d\d|\b0 800 \d{3} \d{3}\b")
YEAR_SECONDS = 365 * 24 * 3600
UNKNOWN = Text(uk="Електронна черга", en="Electronic queue")
"""The title of a centre whose name nobody knows yet."""
Speech = Callable[[Words], dict[str, Any]]
"""A script's words in one language, by the names that the script has for them."""
PAGE_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"}


class Pages:
    """The templates, words and files of all faces; stands in `app.state.pages`."""

    def __init__(
        self,
        packages: Sequence[str],
        assets: Assets,
        centre: Callable[[], Directory | None],
        clock: Clock,
    ) -> None:
        """`packages`: importable folders of faces ("booking", "queue_app.console");
        a face is named by the last part. `queue_app.web` comes by itself. `centre`: the one in
        force, as far as this process knows it: a page may say that the database is away."""
        self._folders = tuple(face_folders(packages).items())
        self.assets = assets
        self._centre = centre
        self._clock = clock

    def html(self, language: Language, template: str, context: Mapping[str, Any]) -> str:
        title, zone = self._place()
        page = _environment(self._folders, language, zone, title[language], self.assets)
        return page.get_template(template).render(now=self._clock.now(), **context)

    def formats(self, language: Language) -> Formats:
        return Formats(language, self._place()[1])

    def _place(self) -> tuple[Text, ZoneInfo]:
        known = self._centre()
        return (known.centre.title, known.zone) if known else (UNKNOWN, ZoneInfo("UTC"))


def assets_of(packages: Sequence[str]) -> Assets:
    """The static files of these faces and of `queue_app.web`."""
    return Assets({name: folder / "static" for name, folder in face_folders(packages).items()})


def face_folders(packages: Sequence[str]) -> dict[str, Path]:
    every = ("queue_app.web", *packages)
    return {package.rpartition(".")[2]: Path(str(files(package))) for package in every}


@lru_cache(maxsize=8 * len(LANGUAGES))
def _environment(
    folders: tuple[tuple[str, Path], ...],
    language: Language,
    zone: ZoneInfo,
    title: str,
    assets: Assets,
) -> Environment:
    """Kept: an application that starts again in the same process has its templates compiled."""
    environment = Environment(
        loader=PrefixLoader(
            {name: FileSystemLoader(folder / "templates") for name, folder in folders}
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
    )
    spoken = words(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        spoken.gettext,
        spoken.ngettext,
        newstyle=True,
        pgettext=spoken.pgettext,
        npgettext=spoken.npgettext,
    )
    formats = Formats(language, zone)
    environment.globals.update(
        language=language,
        centre_title=title,
        asset=assets.url,
        qr=qr_svg,
        bilingual=bilingual,
        pbilingual=pbilingual,
        spoken=lambda speech: speech(spoken),
        texts=lambda speech=shared, *languages: _texts(speech, languages or (language,)),
        facts=lambda values: _json("facts", values),
        minutes=formats.minutes,
    )
    environment.filters.update(
        time=formats.time,
        night=formats.night,
        when=formats.when,
        twice=formats.twice,
        day=formats.day,
        day_year=formats.day_year,
        short_day=formats.short_day,
        weekday=formats.weekday,
        month=formats.month,
        published=formats.published,
        phone=formats.phone,
        date=lambda moment: formats.local(moment).date(),
        linked=linked,
        iso=lambda moment: formats.local(moment).isoformat(),
    )
    return environment


def linked(text: str) -> Markup:
    """Addresses and Ukrainian telephone numbers in a text become links.

    A bracket or full stop after an address is not part of it; a number stays on one line.
    """
    html = ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', str(escape(text)))
    return Markup(PHONE.sub(_phone_link, html))  # noqa: S704


def _phone_link(found: re.Match[str]) -> str:
    digits = "".join(filter(str.isdigit, found[0]))
    country = "" if digits.startswith("0800") else "+38"
    return f'<a class="nowrap" href="tel:{country}{digits}">{found[0]}</a>'


def _texts(speech: Speech, languages: Sequence[Language]) -> Markup:
    """What a page's script says, by language; `texts()` of `web/lib/words.js` reads it."""
    said: dict[str, dict[str, Any]] = {
        one: shared(words(one)) | speech(words(one)) for one in languages
    }
    return _json("texts", said)


def _json(name: str, values: Mapping[str, Any]) -> Markup:
    data = msgspec.json.encode(values).decode().replace("<", "\\u003c")
    return Markup(f'<script type="application/json" id="{name}">{data}</script>')  # noqa: S704


def pages_of(request: Request[Any, Any, Any]) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def render(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    language: Language | None = None,
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[Cookie] = (),
    **context: Any,
) -> Response[str]:
    """The page in the language of the request, or in the one given.

    A `?lang=` is remembered in a cookie. Templates also see `now`, `path` and `language_url`.
    """
    spoken = language or language_of(request)
    html = pages_of(request).html(
        spoken,
        template,
        {"path": request.url.path, "language_url": _language_urls(request), **context},
    )
    response = Response(
        html,
        status_code=status,
        media_type="text/html",
        headers={**PAGE_HEADERS, **(headers or {})},
        cookies=list(cookies),
    )
    if request.query_params.get("lang") == spoken:
        response.set_cookie(
            Cookie(
                key=LANGUAGE_COOKIE,
                value=spoken,
                max_age=YEAR_SECONDS,
                httponly=True,
                samesite="lax",
            )
        )
    return response


def _language_urls(request: Request[Any, Any, Any]) -> dict[Language, str]:
    """This page in each language, every other parameter kept."""
    others = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"]
    return {
        language: f"{request.url.path}?{urlencode([*others, ('lang', language)])}"
        for language in LANGUAGES
    }


async def add_security_headers(message: Message, scope: Scope) -> None:
    """A `before_send` hook: unlike middleware it also reaches errors and unknown paths.

    What says nothing of caching is not kept: names, codes and tokens pass through the API.
    """
    if message["type"] != "http.response.start":
        return
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    present = {name.lower() for name, _ in message["headers"]}
    message["headers"] = [
        *message["headers"],
        *((name, value) for name, value in _security_headers(host) if name not in present),
    ]


def _security_headers(host: str) -> list[tuple[bytes, bytes]]:
    """Older Safari does not count a websocket to the page's own host as 'self': it is named."""
    sockets = f" ws://{host} wss://{host}" if re.fullmatch(r"[\w.\-\[\]:]+", host) else ""
    policy = (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
    return [
        (b"content-security-policy", policy.encode("latin-1")),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
        (b"permissions-policy", b"geolocation=(), microphone=(), payment=()"),
    ]
