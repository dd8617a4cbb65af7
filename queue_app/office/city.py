"""All branches on one page, for whoever looks after several."""

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency

from queue_app.domain.catalogue import texts_of
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import NotSignedIn
from queue_app.domain.people import Staff
from queue_app.live import Hub, Topic
from queue_app.office.office_frame import START, Asked, Page, own_branches, page_of, see, to_sign_in
from queue_app.queries import reference
from queue_app.screens.supervision import SupervisionView
from queue_app.web.guards import right
from queue_app.web.templating import render


@get("/", include_in_schema=False, opt=right("see_supervision"))
async def city(request: Asked, staff: Staff, hub: NamedDependency[Hub]) -> Page:
    """Every branch of this person in a line; who has one alone sees that one."""
    directory = await reference.directory()
    own = own_branches(directory, staff)
    if len(own) == 1:
        return see(page_of(own[0]))
    seen = [(one, await _look(hub, directory, one)) for one in own]
    return render(request, "office/city.html", staff=staff, branches=seen)


async def _look(hub: Hub, directory: Directory, branch: Branch) -> SupervisionView | None:
    """As the screens of the branch are told; None while another epoch of the database begins."""
    glance = await hub.look(Topic(branch.id, "supervision", directory.epoch))
    if glance is None or glance.text is None:
        return None
    made = texts_of(directory.languages)
    return msgspec.json.decode(glance.text, type=SupervisionView, dec_hook=made)


router = Router(START, route_handlers=[city], exception_handlers={NotSignedIn: to_sign_in})
