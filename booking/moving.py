"""Moving a booking: which day, which time, and the question before it is done."""

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from booking import ended
from booking.finding import day_rows, gone, gone_url, moment, parts_of
from booking.month import month_of
from booking.movable import can_move, other_days, stranded
from booking.today import stop_on
from booking.visit import find, page_of
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.web.guards import require_same_origin, right
from queue_app.web.limits import PUBLIC

AnyRequest = Request[Any, Any, Any]


@get("/visit/{token:str}/day", include_in_schema=False, opt=right("see_appointment"))
async def other_day(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """Which other day."""
    found = await find(token, clock)
    if (leading := await _leading(found, clock)) is None:
        return Redirect(f"/visit/{token}", status_code=303)
    directory = await reference.directory()
    days, places = await other_days(found, clock), [directory.branch_of(found.branch_id)]
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
    rows = day_rows(await other_days(found, clock), lambda one: f"/visit/{token}/time?day={one}")
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
    link = f"/visit/{token}"
    others = link if await stranded(found) else f"{link}/day"
    return await page_of(request, "booking/offer.html", found, starts_at=starts_at, others=others)


@get("/visit/{token:str}/taken", include_in_schema=False, opt=right("see_appointment"))
async def other_time_taken(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """The chosen start is gone, or was none; here are others."""
    found = await find(token, clock)
    if (leading := await _leading(found, clock)) is None:
        return Redirect(f"/visit/{token}", status_code=303)
    directory = await reference.directory()
    branch = directory.branch_of(found.branch_id).slug
    days = await other_days(found, clock)
    near = gone(request, directory, branch, found.channel, days, clock.now())
    context = {**leading, **near, "back": f"/visit/{token}/day"}
    return await page_of(request, "booking/taken.html", found, **context)


async def _leading(found: Appointment, clock: Clock) -> dict[str, Any] | None:
    """Where the buttons of other times lead: to move it, or to hold again what has ended."""
    if await can_move(found, clock):
        return _moving(found)
    return await ended.going_on(found) if await ended.can_go_on(found, clock.now()) else None


def _moving(found: Appointment) -> dict[str, Any]:
    """What is booked is moved by a tap and a question; a hold is still to be confirmed."""
    link = f"/visit/{found.token}"
    asks = found.state == "booked"
    action = f"{link}/offer" if asks else f"{link}/time"
    return {
        "moving": found,
        "held": None,
        "back": link,
        "action": action,
        "method": "get" if asks else "post",
        "fields": [],
    }


def _date(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


HANDLERS = [other_day, other_time, move, ask_to_move, other_time_taken]
