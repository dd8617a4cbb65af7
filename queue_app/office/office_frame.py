"""What every page of the office shares: who may look, and the words of a refusal."""

from typing import Any

from litestar import Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.domain.people import Staff
from queue_app.web.errors import queue_error, wants_json
from queue_app.web.guards import require_same_origin
from queue_app.web.sentences import sentences

START = "/office"
SIGN_IN = "/console/sign-in"

Page = Response[Any]
Asked = Request[Any, Any, Any]

Form = dict[str, list[str]]
"""What was typed and chosen, by the name of the field."""


async def form_of(request: Asked) -> Form:
    """What was sent from one of our own pages."""
    require_same_origin(request)
    found: Form = {}
    for name, value in (await request.form()).multi_items():
        found.setdefault(name, []).append(str(value))
    return found


def said(form: Form, name: str) -> str:
    return form.get(name, [""])[0].strip()


def chosen(form: Form, name: str) -> list[str]:
    """The values of checkboxes: none, one or several."""
    return form.get(name, [])


def to_sign_in(request: Asked, error: NotSignedIn) -> Page:
    """A page leads to the sign-in; a script is told, and leads there itself."""
    return queue_error(request, error) if wants_json(request) else see(SIGN_IN)


def see(path: str) -> Page:
    return Redirect(path, status_code=HTTP_303_SEE_OTHER)


def page_of(branch: Branch) -> str:
    return f"{START}/branches/{branch.slug}"


def own_branches(directory: Directory, staff: Staff) -> list[Branch]:
    """Those that this person looks after."""
    return [one for one in directory.branches.values() if staff.branch_id in (None, one.id)]


def parts_of(request: Asked, refused: QueueError) -> tuple[str, str]:
    """What was wrong, and what to do."""
    title, detail = sentences(request, refused.code, refused.details)
    return title.rstrip("."), detail
