"""What every page of the office shares: who may look, and the words of a refusal."""

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.people import Staff
from queue_app.web.guards import require_same_origin
from queue_app.web.staff_pages import Asked

START = "/office"

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


def page_of(branch: Branch) -> str:
    return f"{START}/branches/{branch.slug}"


def own_branches(directory: Directory, staff: Staff) -> list[Branch]:
    """Those that this person looks after."""
    return [one for one in directory.branches.values() if staff.branch_id in (None, one.id)]
