"""What the pages of staff share, at a desk and in the office: the ways between them, a refusal."""

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.domain.people import Staff
from queue_app.queries import tickets
from queue_app.web.errors import queue_error, wants_json
from queue_app.web.sentences import sentences
from queue_app.web.tongues import without_full_stop

SIGN_IN = "/console/sign-in"

Page = Response[Any]
Asked = Request[Any, Any, Any]


def to_sign_in(request: Asked, error: NotSignedIn) -> Page:
    """A page leads to the sign-in; a script is told, and leads there itself."""
    return queue_error(request, error) if wants_json(request) else see(SIGN_IN)


async def number_at_own_desk(staff: Staff) -> str:
    """Of the ticket whose person is at this clerk's desk meanwhile; empty: nobody is. For
    `own_desk` of web/parts.html, by which a page asks before it is closed on them."""
    ticket = await tickets.at_own_desk(staff.id)
    return ticket.number if ticket else ""


def see(path: str) -> Page:
    return Redirect(path, status_code=HTTP_303_SEE_OTHER)


def parts_of(request: Asked, refused: QueueError) -> tuple[str, str]:
    """What was wrong, as a heading, and what to do, as a sentence."""
    title, detail = sentences(request, refused.code, refused.details)
    return without_full_stop(title), detail
