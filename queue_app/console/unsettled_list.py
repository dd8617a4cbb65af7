"""The console's list of bookings that changed plans left without a place."""

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.console.pages import START
from queue_app.console.words import refused as refused_words
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict, NotSignedIn
from queue_app.domain.people import Staff
from queue_app.domain.rights import reach
from queue_app.flow import settling
from queue_app.flow.act import By
from queue_app.queries import reference, refused
from queue_app.queries import unsettled as kept
from queue_app.queries.unsettled import Unsettled
from queue_app.texts.words import words
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.staff_pages import Asked, Page, see, to_sign_in
from queue_app.web.templating import render

PLACE = "/console/unsettled"


@get("/unsettled", include_in_schema=False, opt=right("see_unsettled"))
async def listed(request: Asked, staff: Staff) -> Page:
    """Who is to be reached, the next to come first, by branch where there are several."""
    directory = await reference.directory()
    found = await kept.still_open(reach(staff, directory.branches_ever))
    return render(
        request,
        "console/unsettled.html",
        staff=staff,
        directory=directory,
        people=found,
        titles=_titles(directory, found),
        refusals=await refused.of_bookings([one.appointment for one in found]),
        refused_words=refused_words(words(language_of(request))),
        done="done" in request.query_params,
    )


def _titles(directory: Directory, found: list[Unsettled]) -> dict[str, object]:
    codes = {code for one in found for code in one.appointment.services}
    return {code: directory.services_ever[code].title for code in codes}


@post(
    "/unsettled/{branch:str}/{number:int}",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("settle_unsettled"),
)
async def settle(request: Asked, branch: str, number: int, by: By) -> Page:
    """It was agreed with the resident; somebody else may have pressed first."""
    require_same_origin(request)
    try:
        await settling.settle_unsettled(by, branch, number)
    except Conflict as error:
        if error.code != "already_settled":
            raise
    return see(f"{PLACE}?done=1")


router = Router(
    START, route_handlers=[listed, settle], exception_handlers={NotSignedIn: to_sign_in}
)
