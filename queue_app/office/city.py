"""All branches on one page, for whoever looks after several."""

from collections.abc import Awaitable, Mapping, Sequence

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_200_OK

from queue_app.domain.catalogue import texts_of
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import Conflict, NotSignedIn, QueueError, RuleBroken
from queue_app.domain.people import Staff
from queue_app.flow import interrupting
from queue_app.flow.act import By
from queue_app.live.hub import Hub
from queue_app.live.topics import Topic
from queue_app.office import words
from queue_app.office.office_frame import START, chosen, form_of, own_branches, page_of, said
from queue_app.queries import reference
from queue_app.queries.interruptions import open_ones
from queue_app.screens import notices
from queue_app.screens.supervision import SupervisionView
from queue_app.web.guards import right
from queue_app.web.staff_pages import Asked, Page, number_at_own_desk, parts_of, see, to_sign_in
from queue_app.web.templating import render


@get("/", opt=right("see_supervision"))
async def city(request: Asked, staff: Staff, hub: NamedDependency[Hub]) -> Page:
    """Every branch of this person in a line; who has one alone sees that one."""
    own = own_branches(await reference.directory(), staff)
    if len(own) == 1:
        return see(page_of(own[0]))
    return await _page(request, staff, hub)


async def _page(
    request: Asked, staff: Staff, hub: Hub, refused: Mapping[str, QueueError] | None = None
) -> Page:
    """`refused`: why not, by the branch at which something was not done."""
    directory = await reference.directory()
    own = own_branches(directory, staff)
    return render(
        request,
        "office/city.html",
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        branches=[(one, await _look(hub, directory, one)) for one in own],
        reasons=notices.reasons(directory.centre),
        done=words.done if not refused else None,
        did=request.query_params.get("done", ""),
        refused={slug: parts_of(request, error) for slug, error in (refused or {}).items()},
    )


@post("/stops", status_code=HTTP_200_OK, opt=right("see_supervision"))
async def stop(request: Asked, staff: Staff, by: By, hub: NamedDependency[Hub]) -> Page:
    """Everything stops at the branches chosen, each by itself: what one refuses the others do."""
    form = await form_of(request)
    acts = {
        slug: interrupting.interrupt(by, slug, said(form, "kind"), None, said(form, "reason"))
        for slug in await _chosen_here(staff, chosen(form, "branch"))
    }
    return await _after(request, staff, hub, acts, "stopped")


@post("/stops/ends", status_code=HTTP_200_OK, opt=right("see_supervision"))
async def end_stops(request: Asked, staff: Staff, by: By, hub: NamedDependency[Hub]) -> Page:
    """What stops everything at the branches chosen is over: calls go on after the usual minutes."""
    form = await form_of(request)
    directory, acts = await reference.directory(), {}
    for slug in await _chosen_here(staff, chosen(form, "branch")):
        for one in await open_ones(directory.branch(slug).id):
            if one.services is None:
                acts[slug] = interrupting.resume(by, one.id)
    return await _after(request, staff, hub, acts, "resumed")


async def _chosen_here(staff: Staff, slugs: Sequence[str]) -> list[str]:
    """Those of these branches that this person looks after."""
    own = own_branches(await reference.directory(), staff)
    return [one.slug for one in own if one.slug in slugs]


async def _after(
    request: Asked, staff: Staff, hub: Hub, acts: Mapping[str, Awaitable[object]], done: str
) -> Page:
    refused: dict[str, QueueError] = {}
    for slug, act in acts.items():
        try:
            await act
        except (Conflict, RuleBroken) as error:
            refused[slug] = error
    if refused or not acts:
        return await _page(request, staff, hub, refused)
    return see(f"{START}?done={done}")


async def _look(hub: Hub, directory: Directory, branch: Branch) -> SupervisionView | None:
    """As the screens of the branch are told; None while another epoch of the database begins."""
    glance = await hub.look(Topic(branch.id, "supervision", directory.epoch))
    if glance is None or glance.text is None:
        return None
    made = texts_of(directory.languages)
    return msgspec.json.decode(glance.text, type=SupervisionView, dec_hook=made)


router = Router(
    START,
    route_handlers=[city, stop, end_stops],
    include_in_schema=False,
    exception_handlers={NotSignedIn: to_sign_in},
)
