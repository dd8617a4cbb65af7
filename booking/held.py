"""What this browser holds: several times at once, each in a tab of its own.

The cookie names the browser, by chance and for as long as it holds anything; which times those
are the database knows. So two tabs cannot undo each other's list, and no cookie is a link.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from booking.choice import Choice, missing_step, read_choice
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import Conflict
from queue_app.flow import booking, sparing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.web.guards import require_same_origin, right
from queue_app.web.limits import PUBLIC
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
HOLD_COOKIE = "hold"
MOST_CHARACTERS = 64
"""Of a cookie of ours, with room to spare."""


def browser_of(request: AnyRequest) -> str | None:
    """The browser as it names itself; None for one that holds nothing."""
    named = request.cookies.get(HOLD_COOKIE)
    return named if named and len(named) <= MOST_CHARACTERS else None


def named(browser: str, minutes: int) -> Cookie:
    """The cookie of a browser that holds times for so long."""
    return Cookie(HOLD_COOKIE, value=browser, max_age=minutes * 60, httponly=True, samesite="lax")


async def held_here(request: AnyRequest, now: datetime) -> list[Appointment]:
    """What this browser holds at the moment: whoever goes back does not see it as free."""
    browser = browser_of(request)
    return await sparing.held_by(browser, now) if browser else []


def enough_url(choice: Choice) -> str:
    """Where one of the times that are held is finished or freed."""
    return choice.url("/held")


@get("/held", include_in_schema=False, opt=right("see_slots"))
async def enough(request: AnyRequest, clock: Clock) -> Response[Any]:
    """What this browser holds, where it may hold no more."""
    directory = await reference.directory()
    choice = read_choice(request.query_params, directory)
    every = await held_here(request, clock.now())
    if not every:
        return Redirect(_onward(choice, missing_step(directory, choice)), status_code=303)
    return render(
        request,
        "booking/held.html",
        directory=directory,
        every=[(one, directory.branch_of(one.branch_id)) for one in every],
        titles=directory.services_ever,
        fields=choice.pairs(),
        back=_onward(choice, missing_step(directory, choice)),
    )


@post("/held", include_in_schema=False, opt=right("cancel", PUBLIC))
async def free_one(request: AnyRequest, by: By) -> Redirect:
    """Gives back one of them; then the choice goes on where it stopped."""
    require_same_origin(request)
    directory = await reference.directory()
    form = await request.form()
    choice = read_choice(form, directory)
    mine = await held_here(request, by.now)
    for one in mine:
        if one.token == form.get("token"):
            with suppress(Conflict):
                await booking.cancel(by, one.token)
    return Redirect(_onward(choice, missing_step(directory, choice)), status_code=303)


def _onward(choice: Choice, missing: str | None) -> str:
    return missing or choice.url("/time" if choice.day else "/day")


HANDLERS = [enough, free_one]
