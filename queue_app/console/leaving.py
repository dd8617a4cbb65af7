"""Signing out with somebody at the desk: what becomes of them is asked first."""

from typing import Any

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.console.pages import START, end
from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.domain.people import Staff
from queue_app.domain.tickets import Ticket
from queue_app.flow import calling, staffing
from queue_app.flow.act import By
from queue_app.queries import reference, tickets
from queue_app.texts.who_comes import to_staff
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.staff_pages import Asked, Page, parts_of, see, to_sign_in
from queue_app.web.templating import render
from queue_app.web.tongues import marking_words


@get("/leaving", include_in_schema=False, opt=right("see_desks"))
async def ask(request: Asked, staff: Staff) -> Page:
    """Who is at the desk still, and the ways for them; nobody: back to the desk."""
    return await _ask(request, staff)


async def _ask(request: Asked, staff: Staff, refused: QueueError | None = None) -> Page:
    ticket = await tickets.at_own_desk(staff.id)
    if ticket is None:
        return see(START)
    directory = await reference.directory()
    return render(
        request,
        "console/leaving.html",
        status=refused.status if refused else HTTP_200_OK,
        staff=staff,
        ticket=ticket,
        company=to_staff(marking_words(language_of(request)), ticket.people, ticket.company),
        services=directory.services_ever,
        problem=parts_of(request, refused) if refused else None,
    )


@post("/leaving", include_in_schema=False, status_code=HTTP_200_OK, opt=right("see_desks"))
async def settle(request: Asked, staff: Staff, by: By) -> Page:
    """What was chosen is done, the desk is left, and the session ends. Who has gone meanwhile needs
    nothing."""
    require_same_origin(request)
    form: Any = await request.form()
    ticket = await tickets.at_own_desk(staff.id)
    try:
        if ticket is not None:
            await _do(by, ticket, str(form.get("what", "")))
            assert ticket.progress.desk_id
            await staffing.close_desk(by, ticket.progress.desk_id)
    except QueueError as error:
        if error.status in (401, 403):
            raise
        return await _ask(request, staff, error)
    return await end(request, by)


async def _do(by: By, ticket: Ticket, what: str) -> None:
    if what == "finish":
        await calling.finish(by, ticket.id)
    elif what == "no_show":
        await calling.no_show(by, ticket.id)
    elif what == "park":
        await calling.park(by, ticket.id)
    else:
        await calling.transfer(by, ticket.id, list(ticket.progress.services))


router = Router(START, route_handlers=[ask, settle], exception_handlers={NotSignedIn: to_sign_in})
