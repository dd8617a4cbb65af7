"""Where: the earliest time of each branch side by side, or whichever has one first."""

from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.response import Redirect
from msgspec.structs import replace

from booking.choice import (
    ANY,
    Choice,
    branches_of,
    free_days,
    is_asked_how,
    missing_step,
    read_choice,
)
from booking.finding import moment
from booking.frame import holding, step
from queue_app.clock import Clock
from queue_app.domain.directory import Branch, Directory
from queue_app.queries import reference
from queue_app.web.guards import right

AnyRequest = Request[Any, Any, Any]


class BranchRow(NamedTuple):
    branch: Branch
    earliest: datetime | None


@get("/branch", include_in_schema=False, opt=right("see_slots"))
async def branch(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Which district, with the earliest free time of each; nothing is asked where there is one."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    if choice.channel is None or missing_step(directory, choice) not in (None, _branch(choice)):
        return Redirect(missing_step(directory, choice) or "/", status_code=303)
    places = branches_of(directory, choice.services, choice.channel)
    if len(places) == 1:
        return Redirect(choice.url("/day", branch=places[0].slug), status_code=303)
    rows = [BranchRow(one, await _earliest(directory, one, choice, clock)) for one in places]
    times = [row.earliest for row in rows if row.earliest]
    return step(
        request,
        "booking/branch.html",
        directory,
        choice,
        rows=rows,
        anywhere=min(times, default=None),
        any_branch=ANY,
        back=back_to_ways(directory, choice),
    )


def back_to_places(directory: Directory, choice: Choice) -> str:
    """The question before that for the day."""
    several = len(branches_of(directory, choice.services, choice.channel or "visit")) > 1
    return "/branch" if several else back_to_ways(directory, choice)


def back_to_ways(directory: Directory, choice: Choice) -> str:
    return "/way" if is_asked_how(directory, choice.services) else "/"


def _branch(choice: Choice) -> str:
    return choice.url("/branch", branch=None, day=None)


async def _earliest(
    directory: Directory, branch: Branch, choice: Choice, clock: Clock
) -> datetime | None:
    days = await free_days_at(directory, [branch], choice, clock.now())
    return next((starts[0] for starts in days.values()), None)


async def free_days_at(
    directory: Directory, branches: list[Branch], choice: Choice, now: datetime
) -> dict[date, list[datetime]]:
    """The free starts of any of these branches that suit the choice, each once, by day."""
    assert choice.channel
    found: dict[date, dict[float, datetime]] = {}
    for one in branches:
        days = await free_days(
            directory, one, choice.services, choice.channel, now, part=choice.hours
        )
        for day, starts in days.items():
            # By instant: of an hour that comes twice both look the same.
            found.setdefault(day, {}).update((start.timestamp(), start) for start in starts)
    return {day: [found[day][at] for at in sorted(found[day])] for day in sorted(found)}


@get("/at", include_in_schema=False, opt=right("see_slots"))
async def at(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Where, of whoever has chosen a time first."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    starts_at = moment(request.query_params.get("starts_at"))
    if (missing := missing_step(directory, choice)) or starts_at is None or not choice.channel:
        return Redirect(missing or choice.url("/day"), status_code=303)
    places = branches_of(directory, choice.services, choice.channel)
    day = directory.local(starts_at).date()
    free = [
        one
        for one in places
        if starts_at in (await free_days_at(directory, [one], choice, clock.now())).get(day, [])
    ]
    return step(
        request,
        "booking/at.html",
        directory,
        choice,
        starts_at=starts_at,
        free=free,
        back="/time" if choice.day else "/day",
        **holding(replace(choice, branch=None)),
    )


def at_url(choice: Choice, starts_at: datetime) -> str:
    """Where a branch is chosen for a time."""
    return f"{choice.url('/at')}&{urlencode({'starts_at': starts_at.isoformat()})}"


HANDLERS = [branch, at]
