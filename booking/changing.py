"""Other services for a booking, at its own time where they fit there."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec.structs import replace

from booking.choice import Choice, read_choice
from booking.entering import can_correct
from booking.finding import gone, gone_url, moment
from booking.movable import can_move, other_days
from booking.services import PROBLEMS, services_page
from booking.visit import find, page_of
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Service
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.queries.search import search
from queue_app.web.guards import require_same_origin, right
from queue_app.web.limits import PUBLIC

AnyRequest = Request[Any, Any, Any]


@get("/visit/{token:str}/services", include_in_schema=False, opt=right("see_appointment"))
async def other_services(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """Which services; those that are booked are ticked."""
    found = await find(token, clock)
    if not await _can_change(found, clock):
        return Redirect(f"/visit/{token}", status_code=303)
    directory = await reference.directory()
    query = request.query_params
    asked, problem = query.get("q", "").strip(), query.get("problem")
    chosen = read_choice(query, directory).services
    return services_page(
        request,
        directory,
        Choice(chosen or found.services),
        problem if problem in PROBLEMS else None,
        asked,
        await search(asked) if asked else [],
        changing=replace(found, starts_at=directory.local(found.starts_at)),
        offered=_given_there(directory, found),
    )


def _given_there(directory: Directory, found: Appointment) -> list[Service]:
    """What its branch gives through its channel."""
    lanes = directory.branch_of(found.branch_id).lanes
    given = {code for lane in lanes if lane.channel == found.channel for code in lane.services}
    return [
        one
        for one in directory.centre.services
        if one.code in given and found.channel in one.channels
    ]


@post("/visit/{token:str}/services", include_in_schema=False, opt=right("change_services", PUBLIC))
async def change(request: AnyRequest, token: str, by: By, clock: Clock) -> Response[Any]:
    """Changes them, and where they do not fit, asks for another time."""
    require_same_origin(request)
    found = await find(token, clock)
    if not await _can_change(found, clock):
        return Redirect(f"/visit/{token}", status_code=303)
    form = await request.form()
    chosen = read_choice(form, await reference.directory()).services
    starts_at = moment(form.get("starts_at"))
    try:
        changed = await booking.change_services(by, token, list(chosen), starts_at)
    except (Conflict, RuleBroken) as error:
        page = f"/visit/{token}/services"
        asked = urlencode([("service", code) for code in chosen])
        if error.code in PROBLEMS:
            return Redirect(f"{page}?problem={error.code}&{asked}", status_code=303)
        url = gone_url(f"{page}/taken?{asked}", error, starts_at or found.starts_at)
        return Redirect(url, status_code=303)
    told = "changed" if changed.starts_at == found.starts_at else "moved"
    return Redirect(f"/visit/{token}?{told}=1", status_code=303)


@get("/visit/{token:str}/services/taken", include_in_schema=False, opt=right("see_appointment"))
async def do_not_fit(request: AnyRequest, token: str, clock: Clock) -> Response[Any]:
    """The chosen services do not fit into the time; here are times into which they do."""
    found = await find(token, clock)
    directory = await reference.directory()
    chosen = read_choice(request.query_params, directory).services
    if not chosen or not await _can_change(found, clock):
        return Redirect(f"/visit/{token}", status_code=303)
    asked = replace(found, services=chosen)
    branch = directory.branch_of(found.branch_id).slug
    days = await other_days(asked, clock)
    near = gone(request, directory, branch, found.channel, days, clock.now())
    return await page_of(
        request,
        "booking/taken.html",
        asked,
        moving=asked,
        held=None,
        action=f"/visit/{token}/services",
        fields=[("service", code) for code in chosen],
        back=f"/visit/{token}/services?{urlencode([('service', code) for code in chosen])}",
        all_days=False,
        **near,
    )


async def _can_change(found: Appointment, clock: Clock) -> bool:
    return can_correct(found) and await can_move(found, clock)


HANDLERS = [other_services, change, do_not_fit]
