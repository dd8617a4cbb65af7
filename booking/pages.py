"""The residents' face: from the question to a booked visit, one question a page.

Every step is a GET whose address holds what is chosen; only holding, confirming, moving and
cancelling change anything.
"""

from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from booking import contact, my, own_data, proof, visit, wish_pages, words
from booking.choice import (
    Choice,
    branches_of,
    channels_of,
    free_days,
    missing_step,
    planned,
    read_choice,
    services_problem,
)
from booking.finding import day_rows, gone, gone_url, moment, parts_of
from booking.today import stop_on
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import appointments, reference
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import PUBLIC
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
HOLD_COOKIE = "hold"


@get("/", include_in_schema=False, opt=right("see_page"))
async def services(request: AnyRequest) -> Response[str]:
    """What is it about?"""
    directory = await reference.directory()
    return _services_page(request, directory, read_choice(request.query_params, directory))


def _services_page(
    request: AnyRequest, directory: Directory, choice: Choice, problem: str | None = None
) -> Response[str]:
    by_group = {
        group: [one for one in directory.centre.services if one.group == group.code]
        for group in directory.centre.groups
    }
    return render(
        request,
        "booking/services.html",
        status=422 if problem else 200,
        directory=directory,
        choice=choice,
        by_group=by_group,
        planned=planned,
        problem=problem,
        words=words.services,
        site=next((one for one in directory.centre.contacts if _is_site(one.url)), None),
    )


def _is_site(url: str | None) -> bool:
    return bool(url and url.startswith("https:"))


@get("/way", include_in_schema=False, opt=right("see_page"))
async def way(request: AnyRequest) -> Response[Any]:
    """To come, or to be called? Asked only where both are possible."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if problem := services_problem(directory, choice.services):
        return _services_page(request, directory, choice, problem)
    channels = channels_of(directory, choice.services)
    if len(channels) == 1:
        return Redirect(choice.url("/branch", channel=channels[0]), status_code=303)
    return _step(request, "booking/way.html", directory, choice, channels=channels, back="/")


@get("/branch", include_in_schema=False, opt=right("see_slots"))
async def branch(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Which district, with the earliest free time of each."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if choice.channel is None or missing_step(directory, choice) not in (None, _branch(choice)):
        return Redirect(missing_step(directory, choice) or "/", status_code=303)
    rows = [
        BranchRow(one, await _earliest(directory, one, choice.services, choice.channel, clock))
        for one in branches_of(directory, choice.services, choice.channel)
    ]
    back = "/way" if len(channels_of(directory, choice.services)) > 1 else "/"
    return _step(request, "booking/branch.html", directory, choice, rows=rows, back=back)


class BranchRow(NamedTuple):
    branch: Branch
    earliest: datetime | None


def _branch(choice: Choice) -> str:
    return choice.url("/branch", branch=None, day=None)


async def _earliest(
    directory: Directory,
    branch: Branch,
    services: tuple[str, ...],
    channel: Channel,
    clock: Clock,
) -> datetime | None:
    days = await free_days(directory, branch, services, channel, clock.now())
    return next((starts[0] for starts in days.values()), None)


@get("/day", include_in_schema=False, opt=right("see_slots"))
async def day(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Which day, the earliest free time first."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if step := missing_step(directory, choice):
        return Redirect(step, status_code=303)
    days = await _days(directory, choice, clock)
    return _step(
        request,
        "booking/day.html",
        directory,
        choice,
        back="/branch",
        rows=day_rows(days, lambda one: choice.url("/time", day=one)),
        held=await _held(request, clock),
        **_holding(choice),
    )


@get("/time", include_in_schema=False, opt=right("see_slots"))
async def time(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Which time of that day."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if (step := missing_step(directory, choice)) or choice.day is None:
        return Redirect(step or choice.url("/day"), status_code=303)
    days = await _days(directory, choice, clock)
    where = directory.branch(choice.branch or "")
    rows = day_rows(days, lambda one: choice.url("/time", day=one))
    return _step(
        request,
        "booking/time.html",
        directory,
        choice,
        back="/day",
        held=await _held(request, clock),
        stop=await stop_on(directory, where, choice.services, choice.day, clock.now()),
        **parts_of(rows, choice.day),
        **_holding(choice),
    )


async def _days(directory: Directory, choice: Choice, clock: Clock) -> dict[date, list[datetime]]:
    assert choice.branch
    assert choice.channel
    where = directory.branch(choice.branch)
    return await free_days(directory, where, choice.services, choice.channel, clock.now())


async def _held(request: AnyRequest, clock: Clock) -> Appointment | None:
    """What this browser holds at the moment: whoever goes back does not see it as free."""
    token = request.cookies.get(HOLD_COOKIE)
    if not token:
        return None
    try:
        found = as_of(await appointments.by_token(token), clock.now())
    except NotFound:
        return None
    return found if found.state == "held" else None


def _holding(choice: Choice) -> dict[str, Any]:
    """What a form of start times needs; its key makes a double tap harmless."""
    fields = [pair for pair in choice.pairs() if pair[0] != "day"]
    return {"action": "/visit", "fields": [*fields, ("key", str(uuid4()))]}


@post("/visit", include_in_schema=False, opt=right("hold", PUBLIC))
async def hold(request: AnyRequest, by: By, clock: Clock) -> Response[Any]:
    """Holds the chosen start and gives back what this browser held before."""
    require_same_origin(request)
    directory = await reference.directory()
    form = await request.form()
    choice = read_choice(form, directory)
    starts_at = moment(form.get("starts_at"))
    if starts_at is None or missing_step(directory, choice):
        return Redirect(missing_step(directory, choice) or choice.url("/day"), status_code=303)
    try:
        token = await _hold(by, choice, starts_at, visit.key(form.get("key")), language_of(request))
    except (Conflict, RuleBroken) as error:
        url = gone_url(choice.url("/taken", day=None), error, starts_at)
        return Redirect(url, status_code=303)
    await _give_back(request, token, by, clock)
    answer = Redirect(f"/visit/{token}", status_code=303)
    answer.set_cookie(
        Cookie(
            HOLD_COOKIE,
            value=token,
            max_age=directory.rules.hold_minutes * 60,
            httponly=True,
            samesite="lax",
        )
    )
    return answer


async def _hold(by: By, choice: Choice, starts_at: datetime, key: UUID, language: Language) -> str:
    """The token of the hold. The page's key with the start: one hold for each, however often sent.

    A start that was held before and given back in the meantime is held again.
    """
    own = uuid5(NAMESPACE_URL, f"{key}/{starts_at.isoformat()}")
    for attempt in (own, uuid4()):
        held = await booking.hold(
            by.under(attempt),
            choice.branch or "",
            list(choice.services),
            starts_at,
            choice.channel or "visit",
            language,
        )
        now = as_of(await appointments.by_token(held.token), by.now)
        if now.state in ("held", "booked"):
            break
    return held.token


async def _give_back(request: AnyRequest, new: str, by: By, clock: Clock) -> None:
    """Cancels what this browser held before: whoever goes back and chooses again needs one."""
    before = await _held(request, clock)
    if before and before.token != new:
        with suppress(Conflict):
            await booking.cancel(by, before.token)


@get("/taken", include_in_schema=False, opt=right("see_slots"))
async def taken(request: AnyRequest, clock: Clock) -> Response[Any]:
    """The chosen start is gone; here are the nearest."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if step := missing_step(directory, choice):
        return Redirect(step, status_code=303)
    return _step(
        request,
        "booking/taken.html",
        directory,
        choice,
        back="/day",
        **gone(request, await _days(directory, choice, clock), clock.now()),
        **_holding(choice),
    )


@get("/about", include_in_schema=False, opt=right("see_page"))
async def about(request: AnyRequest) -> Response[str]:
    """What can be done without a visit, what to bring, whom to call."""
    return render(request, "booking/about.html", directory=await reference.directory())


def _step(
    request: AnyRequest,
    template: str,
    directory: Directory,
    choice: Choice,
    *,
    back: str,
    status: int = 200,
    **context: Any,
) -> Response[str]:
    """A page of the way to a booking; what is chosen so far stays in sight."""
    return render(
        request,
        template,
        status=status,
        directory=directory,
        choice=choice,
        chosen=[directory.services[code] for code in choice.services],
        minutes_planned=planned(directory, [directory.services[one] for one in choice.services]),
        branch=directory.branches.get(choice.branch or ""),
        back=choice.url(back),
        moving=None,
        **context,
    )


router = Router(
    "/",
    route_handlers=[
        services,
        way,
        branch,
        day,
        time,
        hold,
        taken,
        about,
        *visit.HANDLERS,
        *contact.HANDLERS,
        *my.HANDLERS,
        *proof.HANDLERS,
        *own_data.HANDLERS,
        *wish_pages.HANDLERS,
    ],
    include_in_schema=False,
)
