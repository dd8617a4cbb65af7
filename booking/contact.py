"""Another name or contact for one's own appointment, until check-in."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec.structs import replace

from booking import entering
from booking.details import (
    ENTERED_COOKIE,
    Entered,
    field_errors,
    phone_example,
    read_entered,
    read_form,
    suggestion,
    too_long,
)
from booking.visit import find, page_of
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment
from queue_app.flow.act import By
from queue_app.queries import reference, refused
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import PUBLIC

AnyRequest = Request[Any, Any, Any]


@get("/visit/{token:str}/contact", include_in_schema=False, opt=right("see_appointment"))
async def ask_for_contact(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """How shall we reach you? A field that stays empty changes nothing."""
    found = await find(token, clock)
    if not entering.can_correct(found):
        return Redirect(f"/visit/{token}", status_code=303)
    entered = read_entered(request.cookies.get(ENTERED_COOKIE))
    if entered.code is None:
        details = replace(entered.details, name=found.name or "")
        entered = replace(entered, details=details)
    return await _form(request, found, entered)


async def _form(
    request: AnyRequest, found: Appointment, entered: Entered, status: int = 200
) -> Response[str]:
    example = phone_example((await reference.directory()).centre)
    twice = entered.code == "already_booked"
    return await page_of(
        request,
        "booking/contact.html",
        found,
        status=status,
        entered=entered,
        twice=twice,
        errors=[] if twice else field_errors(request, entered, example),
        suggestion=suggestion(entered),
        example=example,
        refusals=await refused.of(found.email, found.phone),
    )


@post("/visit/{token:str}/contact", include_in_schema=False, opt=right("correct", PUBLIC))
async def correct(request: AnyRequest, token: str, by: By, clock: Clock) -> Response[Any]:
    """Keeps what was entered. Whatever forbids it, the page of the appointment says why."""
    require_same_origin(request)
    entered = read_form(await request.form(), request.cookies.get(ENTERED_COOKIE))
    if wrong := too_long(entered):
        return await _form(request, await find(token, clock), wrong, status=422)
    return await entering.change(by, token, entered, language_of(request))


HANDLERS = [ask_for_contact, correct]
