"""One's own appointment behind its link: details, confirmation, moving, cancelling, calendar."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from litestar.status_codes import HTTP_308_PERMANENT_REDIRECT

from booking import ended, entering, words
from booking.choice import Choice, longest
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
from booking.held import held_here
from booking.movable import can_cancel, can_move, is_in_vain, nearest, stranded
from booking.pair_pages import other_of
from booking.reminded import reminded
from booking.today import is_over, standing_of, what_is_left
from queue_app.clock import Clock
from queue_app.delivery.calendars import calendar_file, calendar_links
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.errors import Conflict, NotFound
from queue_app.domain.numbering import token_in
from queue_app.domain.policies import minutes_of_right
from queue_app.domain.work import is_done
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import appointments, known, reference, refused
from queue_app.web.addresses import absolute
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import PUBLIC
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
PRIVATE = {"X-Robots-Tag": "noindex"}

STATE_TEMPLATES = {
    "held": "booking/details.html",
    "booked": "booking/booked.html",
    "cancelled": "booking/cancelled.html",
    "expired": "booking/expired.html",
    "fulfilled": "booking/past.html",
    "missed": "booking/past.html",
}
ENDED = ("booking/cancelled.html", "booking/expired.html")


@get("/visit/{token:str}", include_in_schema=False, opt=right("see_appointment"))
async def own(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """What the appointment is now: to be confirmed, booked, or over in one way or another."""
    if clean := token_in(token):
        return Redirect(f"/visit/{clean}", status_code=HTTP_308_PERMANENT_REDIRECT)
    found = await find(token, clock)
    return await own_page(request, found, clock, read_entered(request.cookies.get(ENTERED_COOKIE)))


async def own_page(
    request: AnyRequest,
    found: Appointment,
    clock: Clock,
    entered: Entered,
    status: int = 200,
    wrong_code: str | None = None,
) -> Response[str]:
    directory = await reference.directory()
    example = phone_example(directory.centre)
    is_of_this = is_done(directory.rules.booking_work_bits, found.token, entered.work)
    return await _state_page(
        request,
        found,
        clock,
        status=status,
        entered=entered,
        errors=field_errors(request, entered, example),
        suggestion=suggestion(entered),
        example=example,
        can_correct=entering.can_correct(found),
        extensions_left=await _extensions_left(found),
        longer="longer" in request.query_params,
        wrong_code=wrong_code,
        work=entered.work if is_of_this else "",
        other=await other_of(request.query_params.get("then") or entered.then, clock),
        asked=f"/visit/{found.token}" if request.method == "POST" else None,
    )


async def _extensions_left(found: Appointment) -> int:
    """How often this hold can still be extended; 0 where it is none, or its time comes too soon."""
    directory = await reference.directory()
    minutes = timedelta(minutes=directory.rules.hold_minutes)
    until = found.held_until if found.state == "held" else None
    if until is None or until + minutes > found.starts_at:
        return 0
    return max(0, booking.extensions_of(directory, found) - await appointments.extensions(found))


async def find(token: str, clock: Clock) -> Appointment:
    return as_of(await appointments.by_token(token), clock.now())


async def _state_page(
    request: AnyRequest, found: Appointment, clock: Clock, *, status: int = 200, **context: Any
) -> Response[str]:
    directory, now = await reference.directory(), clock.now()
    standing = await standing_of(directory, found, now)
    over = found.state == "booked" and is_over(directory, found, now) and not standing.again
    template = "booking/past.html" if over else STATE_TEMPLATES[found.state]
    if not over and await is_in_vain(found):
        template = "booking/branch_closed.html"
    elif not over and (why := await stranded(found)):
        near = await nearest(found, clock) if await can_move(found, clock) else {}
        context |= {"why": why, "near": near, "can_move": await can_move(found, clock)}
        template = "booking/plans.html"
    refusals = await refused.of(found.email, found.phone)
    return await page_of(
        request,
        template,
        found,
        status=status,
        standing=standing,
        ended=await what_is_left(directory, found, now),
        refusals=refusals,
        reminded=await reminded(directory, found, refusals, now),
        ending=await appointments.ending_of(found, now),
        can_go_on=await ended.can_go_on(found, now),
        held=await held_here(request, now) if template in ENDED else [],
        **context,
    )


async def page_of(
    request: AnyRequest, template: str, found: Appointment, *, status: int = 200, **context: Any
) -> Response[str]:
    directory = await reference.directory()
    chosen = [directory.services_ever[code] for code in found.services]
    branch = directory.branch_of(found.branch_id)
    again = Choice(found.services, found.channel, None if branch.retired else branch.slug)
    return render(
        request,
        template,
        status=status,
        headers=PRIVATE,
        directory=directory,
        visit=found,
        branch=branch,
        chosen=chosen,
        at_most=longest(directory, chosen),
        to_send=directory.to_send(found.services),
        to_bring=directory.to_bring(found.services),
        again=again.url("/branch" if branch.retired else "/day"),
        wait=again.url("/wish"),
        link=f"/visit/{found.token}",
        kept_until=known.kept_until(directory, found),
        address=absolute(request, f"/visit/{found.token}"),
        moved="moved" in request.query_params,
        changed="changed" in request.query_params,
        taken_again="again" in request.query_params,
        words=words.own,
        first_minutes=minutes_of_right(directory.centre),
        calendars=calendar_links(found, directory, language_of(request)),
        **context,
    )


@post("/visit/{token:str}", include_in_schema=False, opt=right("confirm", PUBLIC))
async def confirm(request: AnyRequest, token: str, by: By, clock: Clock) -> Response[Any]:
    """Books what was held; with something missing, the page comes again with what to correct.

    Whoever comes too late gets the same time again if it is still free. What was booked in another
    window with other data is shown with what is kept.
    """
    require_same_origin(request)
    found = await find(token, clock)
    entered = read_form(await request.form(), request.cookies.get(ENTERED_COOKIE))
    if wrong := too_long(entered):
        return await own_page(request, found, clock, wrong, status=422)
    if found.state == "expired" and await ended.can_go_on(found, by.now):
        return await ended.take_again(
            request, by, found, found.starts_at, entered, with_booking=True
        )
    if found.state not in ("held", "booked"):
        return entering.kept_at(found.token, entered)
    return await entering.book(by, found, entered, language_of(request))


@get("/visit/{token:str}/cancellation", include_in_schema=False, opt=right("see_appointment"))
async def ask_to_cancel(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """Really?"""
    found = await find(token, clock)
    if not can_cancel(found, clock):
        return Redirect(f"/visit/{token}", status_code=303)
    return await page_of(request, "booking/cancel.html", found)


@post("/visit/{token:str}/cancellation", include_in_schema=False, opt=right("cancel", PUBLIC))
async def cancel(request: AnyRequest, token: str, by: By) -> Response[Any]:
    """Gives the time back. Whatever forbids it, the page of the appointment says why."""
    require_same_origin(request)
    with suppress(Conflict):
        await booking.cancel(by, token)
    if then := str((await request.form()).get("then") or ""):
        with suppress(Conflict, NotFound):
            await booking.cancel(by, then)
    return Redirect(f"/visit/{token}", status_code=303)


@get("/visit/{token:str}/calendar.ics", include_in_schema=False, opt=right("see_appointment"))
async def calendar(request: AnyRequest, token: str, clock: Clock) -> Response[bytes]:
    """The booking for the calendar of a phone or a computer; Conflict `not_booked` for what was
    never more than a hold."""
    found = await find(token, clock)
    if found.state in ("held", "expired"):
        raise Conflict("not_booked")
    content = calendar_file(
        found,
        await reference.directory(),
        language_of(request),
        f"{absolute(request, '').rstrip('/')}/visit/{token}",
        clock.now(),
        await appointments.changes(found),
    )
    return Response(
        content,
        media_type="text/calendar",
        headers={
            **PRIVATE,
            "Content-Disposition": 'attachment; filename="visit.ics"',
            "Cache-Control": "private, no-store",
        },
    )


HANDLERS = [
    own,
    confirm,
    ask_to_cancel,
    cancel,
    calendar,
]
