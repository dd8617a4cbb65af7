"""The console's list of bookings that changed plans left without a place."""

from typing import Any

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from queue_app.console.pages import START
from queue_app.console.words import desk as desk_words
from queue_app.console.words import refused as refused_words
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict, NotSignedIn, QueueError, RuleBroken
from queue_app.domain.people import Staff
from queue_app.domain.rights import reach
from queue_app.flow import contact_at_desk, settling
from queue_app.flow.act import By
from queue_app.queries import reference, refused
from queue_app.queries import unsettled as kept
from queue_app.queries.unsettled import Unsettled
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.staff_pages import Asked, Page, number_at_own_desk, parts_of, see, to_sign_in
from queue_app.web.templating import render
from queue_app.web.tongues import marking_words

PLACE = "/console/unsettled"
FIELDS = ("email", "phone")
CONTACT_MAX = 254


class Wrong(Struct, frozen=True):
    """Another contact that was not taken: of which booking, what was entered, and why not."""

    branch: str
    number: int
    field: str
    entered: str
    error: QueueError


@get("/unsettled", include_in_schema=False, opt=right("see_unsettled"))
async def listed(request: Asked, staff: Staff) -> Page:
    """Who is to be reached, the next to come first, by branch where there are several."""
    return await _page(request, staff)


async def _page(request: Asked, staff: Staff, wrong: Wrong | None = None) -> Page:
    directory = await reference.directory()
    found = await kept.still_open(reach(staff, directory.branches_ever))
    return render(
        request,
        "console/unsettled.html",
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        directory=directory,
        people=found,
        titles=_titles(directory, found),
        refusals=await refused.of_bookings([one.appointment for one in found]),
        refused_words=refused_words(marking_words(language_of(request))),
        done=request.query_params.get("done", ""),
        wrong=wrong,
        desk_words=desk_words,
        problem=parts_of(request, wrong.error) if wrong else None,
        status=wrong.error.status if wrong else HTTP_200_OK,
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
    return see(f"{PLACE}?done=settled")


@post(
    "/unsettled/{branch:str}/{number:int}/contact",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("correct_unsettled"),
)
async def correct(request: Asked, branch: str, number: int, staff: Staff, by: By) -> Page:
    """Whoever was reached says where our messages will arrive; what is doubted is asked back."""
    require_same_origin(request)
    form: Any = await request.form()
    field = "phone" if "phone" in form else "email"
    entered = str(form.get(field, "")).strip()[:CONTACT_MAX]
    as_it_is = ["email"] if entered and entered == form.get("doubted") else []
    phone, email = (entered, None) if field == "phone" else (None, entered)
    try:
        await contact_at_desk.correct_unsettled(by, branch, number, phone, email, as_it_is)
    except (Conflict, RuleBroken) as error:
        return await _page(request, staff, Wrong(branch, number, field, entered, error))
    return see(f"{PLACE}?done=corrected")


router = Router(
    START, route_handlers=[listed, settle, correct], exception_handlers={NotSignedIn: to_sign_in}
)
