"""One's own appointment behind its link: details, confirmation, moving, cancelling, calendar."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect
from litestar.status_codes import HTTP_308_PERMANENT_REDIRECT

from booking import ended, entering, words
from booking.choice import Choice, free_days, longest
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
from booking.finding import around_by_day, day_rows, gone, gone_url, moment, parts_of
from booking.held import held_here
from booking.month import month_of
from booking.pair_pages import other_of
from booking.today import is_over, standing_of, stop_on, what_is_left
from queue_app.clock import Clock
from queue_app.delivery.calendars import calendar_file, calendar_links
from queue_app.domain import plans
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.numbering import token_in
from queue_app.domain.plans import Why
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import appointments, known, reference, refused, unsettled
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
    example = phone_example((await reference.directory()).centre)
    then = request.query_params.get("then") or entered.then
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
        other=await other_of(then, clock),
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
    if not over and await _is_in_vain(found):
        template = "booking/branch_closed.html"
    elif not over and (why := await _stranded(found)):
        near = await _near(found, clock) if await can_move(found, clock) else {}
        context |= {"why": why, "near": near, "can_move": await can_move(found, clock)}
        template = "booking/plans.html"
    return await page_of(
        request,
        template,
        found,
        status=status,
        standing=standing,
        ended=what_is_left(directory, found, now),
        refusals=await refused.of(found.email, found.phone),
        ending=await appointments.ending_of(found, now),
        can_go_on=await ended.can_go_on(found, now),
        held=await held_here(request, now) if template in ENDED else [],
        **context,
    )


async def _is_in_vain(found: Appointment) -> bool:
    """Whether the branch has closed for good before this visit; who is there already is served."""
    branch = (await reference.directory()).branch_of(found.branch_id)
    return branch.retired and found.state in ("held", "booked") and found.ticket_token is None


async def _stranded(found: Appointment) -> Why | None:
    """Why changed plans leave this booking without a place, unless staff have settled that."""
    if found.state not in ("held", "booked") or found.ticket_token is not None:
        return None
    why = plans.why_not(await reference.directory(), found)
    if why is None or found.state == "held":
        return why
    return await unsettled.reason(found.branch_id, found.id)


async def _near(found: Appointment, clock: Clock) -> dict[tuple[date, bool], list[datetime]]:
    """Those before and those after; the nearest alone may all be of one hour."""
    days = await days_of(found, clock)
    return around_by_day(days, found.starts_at)


async def page_of(
    request: AnyRequest, template: str, found: Appointment, *, status: int = 200, **context: Any
) -> Response[str]:
    directory = await reference.directory()
    chosen = [directory.services_ever[code] for code in found.services]
    branch = directory.branch_of(found.branch_id)
    again = Choice(found.services, found.channel, None if branch.retired else branch.slug)
    every = directory.centre.checklists
    to_send = {code for service in chosen for code in service.documents}
    to_bring = {code for service in chosen for code in service.bring}
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
        to_send=[one for one in every if one.code in to_send],
        to_bring=[one for one in every if one.code in to_bring],
        again=again.url("/branch" if branch.retired else "/day"),
        wait=again.url("/wish"),
        link=f"/visit/{found.token}",
        kept_until=known.kept_until(directory, found),
        address=absolute(request, f"/visit/{found.token}"),
        moved="moved" in request.query_params,
        changed="changed" in request.query_params,
        taken_again="again" in request.query_params,
        words=words.own,
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


@get("/visit/{token:str}/day", include_in_schema=False, opt=right("see_appointment"))
async def other_day(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """Which other day."""
    found = await find(token, clock)
    if (leading := await _leading(found, clock)) is None:
        return Redirect(f"/visit/{token}", status_code=303)
    directory = await reference.directory()
    days, places = await days_of(found, clock), [directory.branch_of(found.branch_id)]
    month = month_of(
        directory, places, days, clock.now(), lambda one: f"/visit/{token}/time?day={one}"
    )
    first = next((starts[0] for starts in days.values()), None)
    return await page_of(request, "booking/day.html", found, month=month, first=first, **leading)


@get("/visit/{token:str}/time", include_in_schema=False, opt=right("see_appointment"))
async def other_time(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """Which other time of that day."""
    found = await find(token, clock)
    day = _date(request.query_params.get("day"))
    if day is None or (leading := await _leading(found, clock)) is None:
        return Redirect(f"/visit/{token}/day", status_code=303)
    rows = day_rows(await days_of(found, clock), lambda one: f"/visit/{token}/time?day={one}")
    directory = await reference.directory()
    branch = directory.branch_of(found.branch_id)
    stop = await stop_on(directory, branch, found.services, day, clock.now())
    context = {**parts_of(rows, day), **leading, "back": f"/visit/{token}/day"}
    return await page_of(request, "booking/time.html", found, stop=stop, **context)


@post("/visit/{token:str}/time", include_in_schema=False, opt=right("move", PUBLIC))
async def move(request: AnyRequest, token: str, by: By, clock: Clock) -> Response[Any]:
    """Moves to the chosen start; the old one is free again at once."""
    require_same_origin(request)
    found = await find(token, clock)
    starts_at = moment((await request.form()).get("starts_at"))
    if starts_at is None or not await can_move(found, clock):
        return Redirect(f"/visit/{token}", status_code=303)
    try:
        await booking.move(by, token, starts_at)
    except (Conflict, RuleBroken) as error:
        url = gone_url(f"/visit/{token}/taken", error, starts_at)
        return Redirect(url, status_code=303)
    return Redirect(f"/visit/{token}?moved=1", status_code=303)


@get("/visit/{token:str}/offer", include_in_schema=False, opt=right("see_appointment"))
async def ask_to_move(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """To that time, really?"""
    found = await find(token, clock)
    starts_at = moment(request.query_params.get("starts_at"))
    if starts_at is None or not await can_move(found, clock):
        return Redirect(f"/visit/{token}", status_code=303)
    return await page_of(request, "booking/offer.html", found, starts_at=starts_at)


@get("/visit/{token:str}/taken", include_in_schema=False, opt=right("see_appointment"))
async def other_time_taken(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """The chosen start is gone, or was none; here are others."""
    found = await find(token, clock)
    if (leading := await _leading(found, clock)) is None:
        return Redirect(f"/visit/{token}", status_code=303)
    directory = await reference.directory()
    branch = directory.branch_of(found.branch_id).slug
    near = gone(request, directory, branch, await days_of(found, clock), clock.now())
    context = {**leading, **near, "back": f"/visit/{token}/day"}
    return await page_of(request, "booking/taken.html", found, **context)


async def _leading(found: Appointment, clock: Clock) -> dict[str, Any] | None:
    """Where the buttons of other times lead: to move it, or to hold again what has ended."""
    if await can_move(found, clock):
        return _moving(found)
    return await ended.going_on(found) if await ended.can_go_on(found, clock.now()) else None


async def can_move(found: Appointment, clock: Clock) -> bool:
    return _can_cancel(found, clock) and not await _is_in_vain(found)


def _can_cancel(found: Appointment, clock: Clock) -> bool:
    return (
        found.state in ("held", "booked")
        and found.ticket_token is None
        and found.starts_at > clock.now()
    )


async def days_of(found: Appointment, clock: Clock) -> dict[date, list[datetime]]:
    """The free days as they will be when this appointment has left its own time."""
    directory = await reference.directory()
    branch = directory.branch_of(found.branch_id)
    days = await free_days(
        directory, branch, found.services, found.channel, clock.now(), leaving_out=found.id
    )
    others = {
        day: [start for start in starts if start != found.starts_at] for day, starts in days.items()
    }
    return {day: starts for day, starts in others.items() if starts}


def _moving(found: Appointment) -> dict[str, Any]:
    link = f"/visit/{found.token}"
    return {"moving": found, "held": None, "back": link, "action": f"{link}/time", "fields": []}


@get("/visit/{token:str}/cancellation", include_in_schema=False, opt=right("see_appointment"))
async def ask_to_cancel(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """Really?"""
    found = await find(token, clock)
    if not _can_cancel(found, clock):
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


def _date(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


HANDLERS = [
    own,
    confirm,
    other_day,
    other_time,
    move,
    ask_to_move,
    other_time_taken,
    ask_to_cancel,
    cancel,
    calendar,
]
