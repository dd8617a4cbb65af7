"""Pages: one Jinja2 environment a language, so that macros and filters know their language.

A face keeps its templates in `templates/` and its files in `static/`; its templates are named
with the face in front ("booking/index.html"), as are its files (`asset("booking/booking.css")`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.status_codes import HTTP_200_OK
from litestar.types import Message, Scope
from markupsafe import Markup, escape
from phonenumbers import (
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    PhoneNumberType,
    format_number,
    number_type,
)

from queue_app.clock import Clock
from queue_app.domain.catalogue import Language
from queue_app.domain.directory import Directory
from queue_app.domain.mails import hidden_mail
from queue_app.domain.phones import is_abroad
from queue_app.texts.formats import Formats, direction, in_halves
from queue_app.texts.speaker import Speaker, speaker_of
from queue_app.texts.words import N_, Words, translated_languages, words
from queue_app.web.addresses import host_of, is_secure
from queue_app.web.assets import Assets
from queue_app.web.i18n import LANGUAGE_COOKIE, language_of, languages_of, tongue
from queue_app.web.limits import named_browser
from queue_app.web.qr import qr_svg
from queue_app.web.tongues import ENDS, MarkingFormats, Templates, marking_words, with_elements
from queue_app.web.words import shared

ADDRESS = re.compile(rf"https?://[^\s<>()&;{ENDS}]*[^\s<>()&;.,:!?{ENDS}]")
YEAR_SECONDS = 365 * 24 * 3600
UNKNOWN = N_("Electronic queue")
"""The title of a centre whose name nobody knows yet."""
HSTS = (b"strict-transport-security", b"max-age=31536000")
"""Whoever came by https once comes so for a year."""
Speech = Callable[[Words], dict[str, Any]]
"""A script's words in one language, by the names that the script has for them."""
NO_STORE = {"Cache-Control": "private, no-store"}
"""Of pages with somebody's data, which nobody who sits down after them shall see by Back."""
PRIVATE_PAGES = ("/visit/", "/my", "/console", "/office")
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
        speaker = self.speaker
        known = self._centre()
        title = known.centre.title if known else speaker.text(UNKNOWN)
        phoned_from = known and any(one.kind == "contact_centre" for one in known.centre.branches)
        page = _environment(
            self._folders, language, speaker, title[language], bool(phoned_from), self.assets
        )
        html = page.get_template(template).render(now=self._clock.now(), **context)
        return with_elements(html, speaker.languages)

    def formats(self, language: Language) -> Formats:
        return self.speaker.formats(language)

    @property
    def speaker(self) -> Speaker:
        """How the centre speaks; in every language that the product has, while it is unknown."""
        known = self._centre()
        if known is None:
            return Speaker(translated_languages(), ZoneInfo("UTC"))
        return speaker_of(known.centre)


def assets_of(packages: Sequence[str]) -> Assets:
    """The static files of these faces and of `queue_app.web`."""
    return Assets({name: folder / "static" for name, folder in face_folders(packages).items()})


def face_folders(packages: Sequence[str]) -> dict[str, Path]:
    every = ("queue_app.web", *packages)
    return {package.rpartition(".")[2]: Path(str(files(package))) for package in every}


@lru_cache(maxsize=16)
def _environment(
    folders: tuple[tuple[str, Path], ...],
    language: Language,
    speaker: Speaker,
    title: str,
    has_contact_centre: bool,
    assets: Assets,
) -> Environment:
    """Kept: an application that starts again in the same process has its templates compiled."""
    environment = Templates(
        loader=PrefixLoader(
            {name: FileSystemLoader(folder / "templates") for name, folder in folders}
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
    )
    spoken = marking_words(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        spoken.gettext,
        spoken.ngettext,
        newstyle=True,
        pgettext=spoken.pgettext,
        npgettext=spoken.npgettext,
    )
    formats = MarkingFormats(language, speaker.zone, speaker.country)
    environment.globals.update(
        language=language,
        centre_title=title,
        has_contact_centre=has_contact_centre,
        asset=assets.url,
        qr=qr_svg,
        languages=speaker.languages,
        side_by_side=speaker.side_by_side,
        named=own_name,
        short_names=short_names(speaker.languages),
        tongue=lambda code: tongue(code, speaker.languages),
        text=speaker.text,
        ptext=speaker.ptext,
        spoken=lambda speech: speech(spoken),
        texts=lambda speech=_nothing, *languages: _texts(speaker, speech, languages or (language,)),
        facts=lambda values: _json("facts", values),
        minutes=formats.minutes,
        from_the_right=direction(language) == "rtl",
        zone_city=formats.city,
    )
    environment.filters.update(
        time=formats.time,
        full_hour=formats.full_hour,
        night=formats.night,
        when=formats.when,
        twice=formats.twice,
        day=formats.day,
        day_year=formats.day_year,
        short_day=formats.short_day,
        weekday=formats.weekday,
        hours=formats.hours,
        weekday_short=formats.weekday_short,
        published=formats.published,
        apart=formats.apart,
        code=in_halves,
        phone=lambda number: formats.apart(formats.phone(number)),
        hidden_phone=lambda number: formats.apart(formats.hidden_phone(number)),
        abroad=lambda number: bool(number) and is_abroad(number, speaker.country),
        hidden_mail=hidden_mail,
        date=lambda moment: formats.local(moment).date(),
        linked=lambda text: linked(text, speaker.country),
        iso=lambda moment: formats.local(moment).isoformat(),
    )
    return environment


def own_name(language: Language) -> str:
    """What a language is called in itself: Українська, English, Malti."""
    own = Locale.parse(language, sep="-")
    name = str(own.get_display_name(own) or language)
    return name[:1].title() + name[1:]


def short_names(languages: Sequence[Language]) -> dict[Language, str]:
    """The first letters of each, as on a button; whole where several begin alike, or where letters
    are joined or marked, so that a part of the name is none."""
    names = {code: own_name(code) for code in languages}
    short = {code: name[:3] for code, name in names.items()}
    alike = {one for one, times in Counter(short.values()).items() if times > 1}
    return {
        code: names[code] if one in alike or not _SEPARATE.fullmatch(names[code]) else one
        for code, one in short.items()
    }


_SEPARATE = re.compile(r"[\u0000-\u058f\u05d0-\u05ea\u10a0-\u10ff\u1e00-\u1fff\u3040-\uffff]+")
"""Latin, Greek, Cyrillic, Armenian, Hebrew, Georgian, and what is written in syllables or words."""


@lru_cache(maxsize=256)
def linked(text: str, country: str | None) -> Markup:
    """Addresses and telephone numbers in a text become links.

    A bracket or full stop after an address is not part of it; a number stays on one line. Numbers
    are known by the country's rules, without a country by their own code.
    """
    linked, at = Markup(), 0
    for begin, end, link in sorted(_links(text, country)):
        if begin >= at:
            linked += escape(text[at:begin]) + link
            at = end
    return linked + escape(text[at:])


def _links(text: str, country: str | None) -> Iterator[tuple[int, int, Markup]]:
    """Where each link begins and ends."""
    for found in ADDRESS.finditer(text):
        yield *found.span(), Markup('<a href="{0}">{0}</a>').format(found[0])
    for one in PhoneNumberMatcher(text, country):
        said = Markup('<a class="nowrap" href="tel:{}">{}</a>').format(
            _dialled(one.number), one.raw_string
        )
        yield one.start, one.end, said


def _dialled(number: PhoneNumber) -> str:
    """With the country's code, but for what is free and cannot be called from elsewhere."""
    if number_type(number) == PhoneNumberType.TOLL_FREE:
        national = format_number(number, PhoneNumberFormat.NATIONAL)
        return "".join(filter(str.isdigit, national))
    return str(format_number(number, PhoneNumberFormat.E164))


def _nothing(_: Words) -> dict[str, Any]:
    """What a page's script says that has no words of its own."""
    return {}


def _texts(speaker: Speaker, speech: Speech, languages: Sequence[Language]) -> Markup:
    """What a page's script says, by language; `texts()` of `web/lib/words.js` reads it."""
    said: dict[str, dict[str, Any]] = {
        one: shared(words(one), speaker.formats(one)) | speech(words(one)) for one in languages
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
    asked: str | None = None,
    **context: Any,
) -> Response[str]:
    """The page in the language of the request, or in the one given.

    A `?lang=` is remembered in a cookie. Templates also see `now`, `path`, `language_url` and, of
    a page that answers a form, `asked`: the address that asks the same, which is this page's own
    unless it is given.
    """
    here = request.url.path
    spoken = language or language_of(request)
    html = pages_of(request).html(
        spoken,
        template,
        {
            "path": here,
            "language_url": _language_urls(request, asked),
            "asked": asked or (here if request.method == "POST" else None),
            **context,
        },
    )
    response = Response(
        html,
        status_code=status,
        media_type="text/html",
        headers={**PAGE_HEADERS, **_kept_by_nobody(request), **(headers or {})},
        cookies=[*cookies, *(named_browser(request) if status == HTTP_200_OK else [])],
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


def part(request: Request[Any, Any, Any], template: str, **context: Any) -> Markup:
    """A piece of a page, in the language of the request."""
    return Markup(pages_of(request).html(language_of(request), template, context))  # noqa: S704


def _kept_by_nobody(request: Request[Any, Any, Any]) -> Mapping[str, str]:
    return NO_STORE if request.url.path.startswith(PRIVATE_PAGES) else {}


def _language_urls(request: Request[Any, Any, Any], asked: str | None) -> dict[Language, str]:
    """This page, or the one that asks the same, in each language, every other parameter kept.

    A path that is nowhere may be any: one that begins with two strokes would be another site's
    address, and so would one with signs that browsers leave out or turn round.
    """
    named = urlsplit(asked) if asked else None
    path = "/" + quote(named.path if named else request.url.path).lstrip("/")
    given = request.query_params.multi_items()
    said = parse_qsl(named.query, keep_blank_values=True) if named else given
    others = [pair for pair in said if pair[0] != "lang"]
    return {
        language: f"{path}?{urlencode([*others, ('lang', language)])}"
        for language in languages_of(request)
    }


async def add_security_headers(message: Message, scope: Scope) -> None:
    """A `before_send` hook: unlike middleware it also reaches errors and unknown paths.

    What says nothing of caching is not kept: names, codes and tokens pass through the API. Cookies
    are secured here, so that no page can forget it.
    """
    if message["type"] != "http.response.start":
        return
    present = {name.lower() for name, _ in message["headers"]}
    given, wanted = list(message["headers"]), _security_headers(host_of(scope))
    if is_secure(scope):
        given = [(name, _secured(name, value)) for name, value in given]
        wanted = (*wanted, HSTS)
    message["headers"] = [
        *given,
        *((name, value) for name, value in wanted if name not in present),
    ]


def _secured(name: bytes, value: bytes) -> bytes:
    """Whatever cookie is set over https never goes over anything else."""
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return value
    return value + b"; Secure"


@lru_cache(maxsize=64)
def _security_headers(host: str) -> tuple[tuple[bytes, bytes], ...]:
    """Older Safari does not count a websocket to the page's own host as 'self': it is named."""
    sockets = f" ws://{host} wss://{host}" if re.fullmatch(r"[\w.\-\[\]:]+", host) else ""
    policy = (
        f"default-src 'self'; connect-src 'self'{sockets}; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
    return (
        (b"content-security-policy", policy.encode("latin-1")),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
        (b"permissions-policy", b"geolocation=(), microphone=(), payment=()"),
    )
