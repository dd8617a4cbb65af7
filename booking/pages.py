"""The residents' face: from the question to a booked visit, one question a page.

Every step is a GET whose address holds what is chosen; only holding, confirming, moving and
cancelling change anything.
"""

from datetime import date, datetime
from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.response import Redirect

from booking import (
    changing,
    contact,
    ended,
    held,
    here,
    moving,
    my,
    now,
    own_data,
    pair_pages,
    places,
    proof,
    visit,
    wish_pages,
    wishes_page,
)
from booking.choice import (
    ANY,
    Choice,
    is_asked_how,
    missing_step,
    places_of,
    read_choice,
    sent_instead,
    services_problem,
    ways_of,
)
from booking.finding import day_rows, form_key, gone, gone_url, moment, parts_of
from booking.frame import holding, step
from booking.held import browser_of, enough_url, held_here, named
from booking.holding import hold_start
from booking.month import month_of
from booking.places import at_url, back_to_places, free_days_at
from booking.services import asked_at, services, services_page
from booking.today import stop_on
from booking.without_visit import lines_now, site_of
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict, RuleBroken, TooMany
from queue_app.domain.matching import LONGEST
from queue_app.flow import sparing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.screens.interruption import InterruptionView
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import PUBLIC
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
FEW_OR_MANY = ("no_service", "too_many_services")


@get("/way", include_in_schema=False, opt=right("see_page"))
async def way(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Does one need to come? Asked only where there is another way."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    problem = services_problem(directory, choice.services)
    ways = {} if problem in FEW_OR_MANY else ways_of(directory, choice.services)
    if not ways:
        return services_page(request, directory, choice, problem)
    if not is_asked_how(directory, choice.services):
        [(channel, path)] = ways.items()
        return Redirect(choice.url(path, channel=channel), status_code=303)
    chosen = [directory.services[code] for code in choice.services]
    return step(
        request,
        "booking/way.html",
        directory,
        choice,
        ways=ways,
        lines=lines_now(directory, clock.now()),
        site=site_of(directory) if all("site" in one.channels for one in chosen) else None,
        to_send=sent_instead(directory, choice.services),
        back="/",
    )


@get("/day", include_in_schema=False, opt=right("see_slots"))
async def day(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Which day, the earliest free time first."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if missing := missing_step(directory, choice):
        return Redirect(missing, status_code=303)
    days = await _days(directory, choice, clock)
    branches = places_of(directory, choice)
    return step(
        request,
        "booking/day.html",
        directory,
        choice,
        back=back_to_places(directory, choice),
        month=month_of(
            directory, branches, days, clock.now(), lambda one: choice.url("/time", day=one)
        ),
        first=next((starts[0] for starts in days.values()), None),
        held=await held_here(request, clock.now()),
        **holding(choice),
    )


@get("/time", include_in_schema=False, opt=right("see_slots"))
async def time(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Which time of that day."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if (missing := missing_step(directory, choice)) or choice.day is None:
        return Redirect(missing or choice.url("/day"), status_code=303)
    days = await _days(directory, choice, clock)
    rows = day_rows(days, lambda one: choice.url("/time", day=one))
    return step(
        request,
        "booking/time.html",
        directory,
        choice,
        back="/day",
        held=await held_here(request, clock.now()),
        stop=await _stop(directory, choice, clock),
        **parts_of(rows, choice.day),
        **holding(choice),
    )


async def _stop(directory: Directory, choice: Choice, clock: Clock) -> InterruptionView | None:
    """Of the branch that is chosen; where any will do, another one may be at work."""
    if choice.branch == ANY or choice.day is None:
        return None
    where = directory.branch(choice.branch or "")
    return await stop_on(directory, where, choice.services, choice.day, clock.now())


async def _days(directory: Directory, choice: Choice, clock: Clock) -> dict[date, list[datetime]]:
    return await free_days_at(directory, places_of(directory, choice), choice, clock.now())


@post("/visit", include_in_schema=False, opt=right("hold", PUBLIC))
async def hold(request: AnyRequest, by: By) -> Response[Any]:
    """Holds the chosen start; what this tab held before is given back, other tabs keep theirs."""
    require_same_origin(request)
    directory = await reference.directory()
    form = await request.form()
    choice = read_choice(form, directory)
    starts_at = moment(form.get("starts_at"))
    if starts_at and choice.branch == ANY and not missing_step(directory, choice):
        return Redirect(at_url(choice, starts_at), status_code=303)
    if starts_at is None or missing_step(directory, choice):
        return Redirect(missing_step(directory, choice) or choice.url("/day"), status_code=303)
    key, before = form_key(form.get("key")), str(form.get("instead") or "") or None
    browser = browser_of(request) or str(key)
    by = by.through(browser)
    if mine := await _same(by, choice, starts_at, before):
        return Redirect(f"/visit/{mine.token}", status_code=303)
    try:
        held_now = await hold_start(by, choice, starts_at, key, language_of(request), before)
    except TooMany as error:
        if error.code != "enough_holds":
            raise
        return Redirect(enough_url(choice), status_code=303)
    except (Conflict, RuleBroken) as error:
        url = gone_url(choice.url("/taken", day=None), error, starts_at)
        return Redirect(url, status_code=303)
    answer = Redirect(f"/visit/{held_now.token}", status_code=303)
    answer.set_cookie(named(browser, directory.rules.hold_minutes))
    return answer


async def _same(
    by: By, choice: Choice, starts_at: datetime, before: str | None
) -> Appointment | None:
    """What this tab holds, where it is just what is chosen again."""
    directory = await reference.directory()
    wanted = (choice.services, choice.channel, choice.branch, starts_at)
    for one in await sparing.held_by(by.browser or "", by.now) if before else []:
        branch = directory.branch_of(one.branch_id).slug
        if one.token == before and (one.services, one.channel, branch, one.starts_at) == wanted:
            return one
    return None


@get("/taken", include_in_schema=False, opt=right("see_slots"))
async def taken(request: AnyRequest, clock: Clock) -> Response[Any]:
    """The chosen start is gone, or was none; here are others."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if missing := missing_step(directory, choice):
        return Redirect(missing, status_code=303)
    return step(
        request,
        "booking/taken.html",
        directory,
        choice,
        back="/day",
        **gone(
            request,
            directory,
            choice.branch,
            choice.channel,
            await _days(directory, choice, clock),
            clock.now(),
        ),
        **holding(choice),
    )


@get("/about", include_in_schema=False, opt=right("see_page"))
async def about(request: AnyRequest) -> Response[str]:
    """What can be done without a visit, what to bring, whom to call; and back to what was asked."""
    directory, query = await reference.directory(), request.query_params
    asked = query.get("q", "")[:LONGEST].strip()
    back = asked_at("/", read_choice(query, directory), asked)
    return render(request, "booking/about.html", directory=directory, back=back)


router = Router(
    "/",
    route_handlers=[
        services,
        way,
        day,
        time,
        hold,
        taken,
        about,
        *held.HANDLERS,
        *places.HANDLERS,
        *pair_pages.HANDLERS,
        *now.HANDLERS,
        *here.HANDLERS,
        *visit.HANDLERS,
        *moving.HANDLERS,
        *ended.HANDLERS,
        *changing.HANDLERS,
        *contact.HANDLERS,
        *my.HANDLERS,
        *proof.HANDLERS,
        *own_data.HANDLERS,
        *wish_pages.HANDLERS,
        *wishes_page.HANDLERS,
    ],
    include_in_schema=False,
)
