"""A hold that has ended: who ended it, and the way on, with what was typed."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from litestar import Request, post
from litestar.response import Redirect
from msgspec.structs import replace

from booking import entering
from booking.choice import Choice, missing_step
from booking.details import ENTERED_COOKIE, Entered, kept, read_entered, read_form, too_long
from booking.finding import gone_url, moment
from booking.held import browser_of, enough_url, named
from booking.holding import hold_start
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.errors import Conflict, NotFound, RuleBroken, TooMany
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import appointments, reference
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import PUBLIC

AnyRequest = Request[Any, Any, Any]


def choice_of(found: Appointment, branch: str) -> Choice:
    return Choice(found.services, found.channel, branch)


async def can_go_on(found: Appointment, now: datetime) -> bool:
    """Whether this was no more than a hold, has ended, and its time can still be wished for."""
    ending = await appointments.ending_of(found, now)
    if ending is None or ending.was_booked or found.starts_at <= now:
        return False
    directory = await reference.directory()
    branch = directory.branch_of(found.branch_id)
    choice = choice_of(found, branch.slug)
    return not branch.retired and missing_step(directory, choice) is None


async def going_on(found: Appointment, day: date | None = None) -> dict[str, Any]:
    """What the pages of days and times need to choose another start for an ended hold."""
    directory = await reference.directory()
    choice = choice_of(found, directory.branch_of(found.branch_id).slug)
    link = f"/visit/{found.token}"
    return {
        "moving": None,
        "choice": replace(choice, day=day),
        "held": None,
        "back": link,
        "action": f"{link}/again",
        "fields": [("key", str(uuid4()))],
    }


@post("/visit/{token:str}/again", include_in_schema=False, opt=right("hold", PUBLIC))
async def again(request: AnyRequest, token: str, by: By) -> Redirect:
    """Holds the time of an ended hold once more, or another one; what was typed comes along."""
    require_same_origin(request)
    found = as_of(await appointments.by_token(token), by.now)
    if not await can_go_on(found, by.now):
        return Redirect(f"/visit/{token}", status_code=303)
    starts_at = moment((await request.form()).get("starts_at")) or found.starts_at
    entered = read_entered(request.cookies.get(ENTERED_COOKIE))
    return await take_again(request, by, found, starts_at, entered)


@post("/visit/{token:str}/extension", include_in_schema=False, opt=right("extend", PUBLIC))
async def extend(request: AnyRequest, token: str, by: By) -> Redirect:
    """Some minutes more; what was typed so far stays. Where there are none, its page says how it
    stands."""
    require_same_origin(request)
    entered = read_form(await request.form(), request.cookies.get(ENTERED_COOKIE))
    try:
        held = await booking.extend(by, token)
    except (Conflict, RuleBroken):
        held = None
    with suppress(Conflict, RuleBroken, NotFound):
        if entered.then:
            await booking.extend(by, entered.then)
    page = Redirect(f"/visit/{token}{'?longer=1#held' if held else ''}", status_code=303)
    if not too_long(entered):
        page.set_cookie(kept(token, entered))
    if (browser := browser_of(request)) and held and held.held_until:
        page.set_cookie(named(browser, ceil((held.held_until - by.now) / timedelta(minutes=1))))
    return page


async def take_again(
    request: AnyRequest,
    by: By,
    found: Appointment,
    starts_at: datetime,
    entered: Entered,
    with_booking: bool = False,
) -> Redirect:
    """To the page of the new hold, booked at once if asked; to other times where it is gone.

    `entered` comes along in the cookie of whichever page is next. Where a browser computes before
    it books, that page comes first: what it has computed was for the old hold.
    """
    directory = await reference.directory()
    choice = choice_of(found, directory.branch_of(found.branch_id).slug)
    key = uuid5(NAMESPACE_URL, f"again/{found.token}")
    browser = browser_of(request) or str(key)
    language = language_of(request)
    by = by.through(browser)
    try:
        held = await hold_start(by, choice, starts_at, key, language)
    except TooMany as error:
        if error.code != "enough_holds":
            raise
        return Redirect(enough_url(choice), status_code=303)
    except (Conflict, RuleBroken) as error:
        page = Redirect(gone_url(f"/visit/{found.token}/taken", error, starts_at), status_code=303)
        page.set_cookie(kept(found.token, entered))
        return page
    if with_booking and not directory.rules.booking_work_bits:
        page = await entering.book(by, held, entered, language, "?again=1")
    else:
        page = Redirect(f"/visit/{held.token}?again=1", status_code=303)
        page.set_cookie(kept(held.token, entered))
    page.set_cookie(named(browser, directory.rules.hold_minutes))
    return page


HANDLERS = [again, extend]
