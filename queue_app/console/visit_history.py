"""The console's view of what was done for the person at a desk, in this visit and before."""

from typing import Any

from litestar import Request, Response, Router, get

from queue_app.console import words
from queue_app.console.pages import START
from queue_app.domain.errors import NotFound, NotSignedIn
from queue_app.domain.rights import reach, require_desk
from queue_app.flow.act import By
from queue_app.queries import reference, tickets, visits
from queue_app.queries import staff as people
from queue_app.web.guards import right
from queue_app.web.i18n import language_of
from queue_app.web.staff_pages import to_sign_in
from queue_app.web.templating import render


@get("/desks/{desk:int}/history", include_in_schema=False, opt=right("see_history"))
async def history(request: Request[Any, Any, Any], desk: int, by: By) -> Response[str]:
    """For whoever serves this person, and only while they do. NotFound `unknown_ticket` where
    nobody is at the desk; NotAllowed `not_your_desk`."""
    directory = await reference.directory()
    row = await people.desk(reach(by.who, directory.branches_ever), desk)
    require_desk("see_history", by.who, row.staff_id)
    ticket = await tickets.at_desk(row.branch_id, desk)
    if ticket is None:
        raise NotFound("unknown_ticket")
    booked = ticket.appointment_id
    notes = await visits.notes_of(row.branch_id, [ticket.id])
    language = language_of(request)
    return render(
        request,
        "console/desk/history.html",
        words=words.history,
        phoned=ticket.channel == "phone",
        steps=await visits.steps_of(row.branch_id, ticket.id),
        notes=notes.get(ticket.id, ()),
        known=booked is not None,
        past=await visits.past_of(row.branch_id, booked) if booked is not None else [],
        services=directory.services_ever,
        branches=directory.branch_of,
        outcomes={one.code: one.title[language] for one in directory.centre.outcomes},
        retention_days=directory.rules.retention_days,
    )


router = Router(START, route_handlers=[history], exception_handlers={NotSignedIn: to_sign_in})
