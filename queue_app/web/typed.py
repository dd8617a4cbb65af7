"""What was typed into a form that is refused is given back with the refusal, to be sent again."""

from typing import Any
from urllib.parse import parse_qsl, quote

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from markupsafe import Markup
from msgspec import Struct

from queue_app.texts.words import N_
from queue_app.web.logs import REQUEST
from queue_app.web.templating import part

FORM = b"application/x-www-form-urlencoded"
KEPT = "typed"
GAP = "<!--typed-->"
REFERENCE_GAP = "--reference--"
"""Where the form and the id of the request stand in a page that is made once for many."""
REFUSALS = (400, 403, 408, 429, 500, 503)
MOST_FIELDS = 50
LABELS = {
    "name": N_("Name and surname"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "contact": N_("Phone or e-mail"),
    "code": N_("Code"),
    "login": N_("Name to sign in with"),
    "password": N_("Password"),
}
"""What a person types; all else in a form is chosen, and goes along unseen."""
SECRET = ("password",)
"""Never said again."""


class Typed(Struct, frozen=True):
    """A field of the form. `label`: None where nobody has to see it."""

    name: str
    value: str
    label: str | None
    secret: bool


class Hearing:
    """The application, which remembers of a form what it has read of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.inner = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "POST" or not _is_form(scope):
            await self.inner(scope, receive, send)
            return
        heard = bytearray()
        scope.setdefault("state", {})[KEPT] = heard

        async def listen() -> Any:
            message = await receive()
            if message["type"] == "http.request":
                heard.extend(message.get("body", b""))
            return message

        await self.inner(scope, listen, send)


def _is_form(scope: Scope) -> bool:
    return any(
        name == b"content-type" and value.lower().startswith(FORM)
        for name, value in scope["headers"]
    )


def typed_in(request: Request[Any, Any, Any]) -> list[Typed]:
    """The fields of the form that was sent, as far as it was read; nothing where none was, or
    where it is none that a person could have sent from here."""
    heard = request.scope.get("state", {}).get(KEPT, b"")
    try:
        pairs = parse_qsl(bytes(heard).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return []
    return [
        Typed(name, "" if name in SECRET else value, LABELS.get(name), name in SECRET)
        for name, value in pairs
    ]


def with_gaps() -> dict[str, Any]:
    """The state of a request whose refusal is kept for others; `filled` makes a page of it."""
    return {GAP: True}


def filled(page: str, request: Request[Any, Any, Any], status: int, code: str) -> str:
    """The page that was kept, for this request."""
    again = form_again(request, status, code)
    return page.replace(GAP, again).replace(REFERENCE_GAP, REQUEST.get())


def reference_of(request: Request[Any, Any, Any]) -> str:
    """The number by which the log knows what was asked."""
    return REFERENCE_GAP if request.scope.get("state", {}).get(GAP) else REQUEST.get()


def form_again(request: Request[Any, Any, Any], status: int, code: str) -> Markup:
    """The form with what was typed, for the page of a refusal.

    Not for what another site's page sent: it would become one of ours by a press of its button.
    """
    state = request.scope.get("state", {})
    if state.get(GAP):
        return Markup(GAP)  # noqa: S704 - our own
    if status not in REFUSALS or code == "other_origin":
        return Markup("")
    fields = typed_in(request)
    if not fields:
        return Markup("")
    path = "/" + quote(request.url.path).lstrip("/")
    action = f"{path}?{request.url.query}" if request.url.query else path
    return part(request, "web/again.html", fields=fields, action=action)
