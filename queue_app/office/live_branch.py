"""One branch live, and all that its supervisor can do there."""

from typing import Any

from litestar import Router, get
from litestar.status_codes import HTTP_200_OK

from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.domain.hall import Hall
from queue_app.domain.people import Staff
from queue_app.domain.rights import require
from queue_app.flow import announcing
from queue_app.flow.act import By
from queue_app.office import words
from queue_app.office.office_frame import START, own_branches
from queue_app.queries import foretold, reference
from queue_app.queries.clerks_at_hand import clerks_of
from queue_app.queries.missed_bookings import missed_today
from queue_app.screens import notices
from queue_app.screens.supervision import supervision_view
from queue_app.web.guards import right
from queue_app.web.staff_pages import Asked, Page, number_at_own_desk, parts_of, to_sign_in
from queue_app.web.templating import render
from queue_app.web.words import device_kinds, reminders


@get("/branches/{branch:str}", include_in_schema=False, opt=right("see_supervision"))
async def live_branch(request: Asked, branch: str, by: By, staff: Staff) -> Page:
    return await branch_page(request, branch, by, staff)


async def branch_page(
    request: Asked, slug: str, by: By, staff: Staff, refused: QueueError | None = None
) -> Page:
    """The branch as it stands now; after a refusal also why it was refused."""
    directory = await reference.directory()
    branch = directory.branch(slug)
    require("see_supervision", staff, branch.id)
    seen = await foretold.load(directory, branch, by.now, by.forecasts)
    return render(
        request,
        "office/branch.html",
        status=refused.status if refused else HTTP_200_OK,
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        branch=branch,
        several=len(own_branches(directory, staff)) > 1,
        seen=supervision_view(seen, await missed_today(seen)),
        kinds=device_kinds,
        forgotten=reminders,
        problem=parts_of(request, refused) if refused else None,
        done=words.done if not refused else None,
        did=request.query_params.get("done", ""),
        clerks=await clerks_of(branch.id),
        longest=announcing.LINE_LENGTH,
        reasons=notices.reasons(seen.directory.centre),
        **_known(seen),
    )


def _known(seen: Hall) -> dict[str, Any]:
    """What the page knows of the centre beyond the branch's snapshot; services that it gives."""
    given = frozenset[str]().union(*(one.services for one in seen.branch.desks))
    walk_ins = seen.branch.kind == "office"
    channel = "visit" if walk_ins else "phone"
    return {
        "skills": {one.code: one.title for one in seen.directory.centre.skills},
        "services": [
            one
            for one in seen.directory.centre.services
            if one.code in given and channel in one.channels
        ],
        "walk_ins": walk_ins,
    }


router = Router(START, route_handlers=[live_branch], exception_handlers={NotSignedIn: to_sign_in})
