"""The clerk's face: sign in, take a desk, and the screen of a working day."""

import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.status_codes import HTTP_200_OK

from queue_app.clock import Clock
from queue_app.console import words
from queue_app.console.screen import reference_data
from queue_app.domain.directory import Branch
from queue_app.domain.errors import (
    Conflict,
    NotFound,
    NotSignedIn,
    QueueError,
    RuleBroken,
    TooMany,
)
from queue_app.domain.hall import Hall
from queue_app.domain.people import Staff
from queue_app.domain.rights import RIGHTS, reach, require_desk
from queue_app.flow import announcing, interrupting, staffing
from queue_app.flow.act import By
from queue_app.flow.braking import KNOWN_FOR
from queue_app.queries import desks, foretold, halls, reference, unsettled
from queue_app.queries import staff as people
from queue_app.screens import notices
from queue_app.screens.desk import desk_view, viewer_of
from queue_app.screens.overview import branch_overview
from queue_app.web.guards import SESSION_COOKIE, find_staff, require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import SIGN_IN as SIGN_IN_LIMIT
from queue_app.web.staff_pages import SIGN_IN, Asked, Page, parts_of, see, to_sign_in
from queue_app.web.templating import NO_STORE, pages_of, render
from queue_app.web.words import device_kinds, reminders

START = "/console"
LEAVING = "/console/leaving"
LOGIN_MAX = 200
PASSWORD_MAX = 1000
TOKEN_MAX = 100
BROWSER_COOKIE = "known"
"""By which the brake of sign-ins knows a browser; it opens nothing."""
BROWSER_SECONDS = int(KNOWN_FOR.total_seconds())
SESSION_SECONDS = staffing.SESSION_HOURS * 3600


@get("/sign-in", include_in_schema=False, opt=right("see_page"))
async def sign_in_page(request: Asked) -> Page:
    if await find_staff(request):
        return see(START)
    return _ask(request)


def _ask(request: Asked, login: str = "", refused: QueueError | None = None) -> Page:
    """The form; if it was `refused`, what was wrong and what to do."""
    said = ". ".join(parts_of(request, refused)) if refused else None
    seconds = refused.details.get("retry_after_seconds") if refused else None
    return render(
        request,
        "console/sign_in.html",
        status=refused.status if refused else 200,
        headers=NO_STORE | ({"Retry-After": str(seconds)} if seconds else {}),
        login=login,
        error=said,
    )


@post(
    "/sign-in",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("begin_session", SIGN_IN_LIMIT),
)
async def sign_in(request: Asked, by: By) -> Page:
    """Always a fresh session, and always on to the first page: no address to be led astray by."""
    require_same_origin(request)
    form = await request.form()
    login, password = str(form.get("login", "")), str(form.get("password", ""))
    if len(login) > LOGIN_MAX or len(password) > PASSWORD_MAX:
        return _ask(request, "", NotSignedIn("wrong_password"))
    try:
        known = request.cookies.get(BROWSER_COOKIE, "")[:TOKEN_MAX]
        signed = await staffing.sign_in(by, login, password, known)
    except (NotSignedIn, TooMany) as error:
        return _ask(request, login, error)
    await _forget_session(request, by)
    page = see(START)
    page.set_cookie(_cookie(SESSION_COOKIE, signed.token, SESSION_SECONDS))
    page.set_cookie(_cookie(BROWSER_COOKIE, signed.browser, BROWSER_SECONDS, SIGN_IN))
    return page


def _cookie(name: str, value: str, seconds: int, path: str = "/") -> Cookie:
    return Cookie(
        name,
        value=value,
        path=path,
        max_age=seconds,
        httponly=True,
        samesite="strict",
    )


async def _forget_session(request: Asked, by: By) -> None:
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        await staffing.end_session(by, token)


@post("/sign-out", include_in_schema=False, status_code=HTTP_200_OK, opt=right("end_session"))
async def sign_out(request: Asked, by: By) -> Page:
    """Leaves the desk, too. While somebody is at it, what becomes of them is asked first."""
    require_same_origin(request)
    staff = await find_staff(request)
    if staff and not await _leave_desks(By(staff, by.now, forecasts=by.forecasts), staff):
        return see(LEAVING)
    return await end(request, by)


async def end(request: Asked, by: By) -> Page:
    """Whoever goes is signed out, and led to where the next one signs in."""
    await _forget_session(request, by)
    page = see(SIGN_IN)
    page.delete_cookie(SESSION_COOKIE, path="/")
    return page


async def _leave_desks(by: By, staff: Staff) -> bool:
    """Whether nobody is at any of them any more."""
    directory = await reference.directory()
    for desk_id in await people.desks_of(reach(staff, directory.branches_ever), staff.id):
        try:
            await staffing.close_desk(by, desk_id)
        except Conflict as error:
            if error.code != "desk_busy":
                raise
            return False
    return True


@get("/", include_in_schema=False, opt=right("see_desks"))
async def start(request: Asked, staff: Staff, clock: Clock, branch: str | None = None) -> Page:
    """The desk that this person has; else the desks to choose from."""
    directory = await reference.directory()
    if branch is None:
        taken = await people.desks_of(reach(staff, directory.branches_ever), staff.id)
        if taken:
            return see(f"{START}/desks/{taken[0]}")
    place = _branch(list(directory.branches.values()), staff, branch)
    if place is None:
        return render(
            request,
            "console/branches.html",
            staff=staff,
            branches=list(directory.branches.values()),
            unsettled=await _unsettled(staff, list(directory.branches_ever)),
        )
    return await _choose(request, place, staff, clock)


async def _unsettled(staff: Staff, branch_ids: list[int]) -> int:
    """How many bookings wait to be settled; for whoever may see them."""
    return await unsettled.count(branch_ids) if staff.role in RIGHTS["see_unsettled"] else 0


def _branch(branches: list[Branch], staff: Staff, slug: str | None) -> Branch | None:
    """The branch to choose a desk in; None while an administrator has not said which."""
    for one in branches:
        if staff.branch_id == one.id or (staff.branch_id is None and one.slug == slug):
            return one
    if staff.branch_id is not None or slug is not None:
        raise NotFound("unknown_branch")
    return branches[0] if len(branches) == 1 else None


async def _choose(
    request: Asked, branch: Branch, staff: Staff, clock: Clock, error: QueueError | None = None
) -> Page:
    """The desks as they stand now; after a lost race also why the wished one was not taken."""
    seen = await halls.load(await reference.directory(), branch, clock.now())
    shown = branch_overview(seen, staff.id)
    return render(
        request,
        "console/desks.html",
        status=error.status if error else HTTP_200_OK,
        staff=staff,
        branch=branch,
        desks=shown.desks,
        waiting=shown.waiting,
        calls=shown.calls,
        unsettled=await _unsettled(staff, [branch.id]),
        version=shown.version,
        epoch=shown.epoch,
        stops=shown.interruptions,
        paper=shown.paper,
        reasons=notices.reasons(seen.directory.centre),
        away=shown.devices_away,
        forgotten=shown.forgotten,
        numbers={desk.id: desk.number for desk in seen.desks},
        reminder_words=reminders,
        notice=shown.notice,
        says=staff.role in RIGHTS["say_line"],
        longest=announcing.LINE_LENGTH,
        device_kinds=device_kinds,
        problem=parts_of(request, error) if error else None,
    )


@post(
    "/branches/{branch:str}/stops",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("interrupt"),
)
async def stop(request: Asked, branch: str, by: By) -> Page:
    """Everything stops, at the word of somebody who has no desk, such as a supervisor."""
    kind = str((await request.form()).get("kind", ""))
    await interrupting.interrupt(by, branch, kind, None, "")
    return see(f"{START}?branch={branch}")


@post(
    "/branches/{branch:str}/stops/{number:int}/end",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("resume"),
)
async def end_stop(request: Asked, branch: str, number: int, by: By) -> Page:
    """It is over: calls go on after the usual minutes of its kind, or at once with `now`."""
    slug = (await reference.directory()).branch(branch).slug
    after = 0 if "now" in await request.form() else None
    await interrupting.resume(by, number, after)
    return see(f"{START}?branch={slug}")


@post(
    "/branches/{branch:str}/line",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("say_line"),
)
async def say_line(request: Asked, branch: str, by: By, staff: Staff, clock: Clock) -> Page:
    """A line on the boards of the branch; an empty one takes it off."""
    require_same_origin(request)
    form = await request.form()
    directory = await reference.directory()
    said = {code: str(form.get(f"line-{code}", "")) for code in directory.languages}
    try:
        await announcing.say_line(by, branch, said)
    except RuleBroken as error:
        return await _choose(request, directory.branch(branch), staff, clock, error)
    return see(f"{START}?branch={branch}")


@post(
    "/desks/{desk:int}/take",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("open_desk"),
)
async def take(request: Asked, desk: int, by: By, staff: Staff, clock: Clock) -> Page:
    try:
        await staffing.open_desk(by, desk)
    except Conflict as error:
        directory = await reference.directory()
        row = await people.desk(reach(staff, directory.branches_ever), desk)
        return await _choose(request, directory.branch_of(row.branch_id), staff, clock, error)
    return see(f"{START}/desks/{desk}")


@get("/desks/{desk:int}", include_in_schema=False, opt=right("see_desk"))
async def working_screen(request: Asked, desk: int, by: By, staff: Staff) -> Page:
    """The screen of the desk that this person has; whoever has it not chooses one."""
    seen = await _hall_of(by, desk)
    if seen.desk(desk).staff_id != staff.id:
        return see(START)
    screen = desk_view(seen, desk, viewer_of(staff), await desks.extra(seen, desk))
    language = language_of(request)
    return render(
        request,
        "console/desk.html",
        staff=staff,
        branch=seen.branch,
        screen=screen,
        data=reference_data(seen, desk, language, pages_of(request).formats(language)),
        words=words.desk,
        reasons=notices.reasons(seen.directory.centre),
    )


async def _hall_of(by: By, desk_id: int) -> Hall:
    directory = await reference.directory()
    row = await people.desk(reach(by.who, directory.branches_ever), desk_id)
    branch = directory.branch_of(row.branch_id)
    return await foretold.load(directory, branch, by.now, by.forecasts)


@get("/desks/{desk:int}/screen", include_in_schema=False, opt=right("see_contact"))
async def screen(desk: int, by: By) -> Response[bytes]:
    """The snapshot of `/ws/desks/{desk}` once, for a screen whose websocket is silent."""
    seen = await _hall_of(by, desk)
    require_desk("see_contact", by.who, seen.desk(desk).staff_id)
    view = desk_view(seen, desk, viewer_of(by.who), await desks.extra(seen, desk))
    return Response(
        msgspec.json.encode(view),
        media_type=MediaType.JSON,
        headers={"Cache-Control": "no-store"},
    )


router = Router(
    START,
    route_handlers=[
        start,
        sign_in_page,
        sign_in,
        sign_out,
        stop,
        end_stop,
        say_line,
        take,
        working_screen,
        screen,
    ],
    exception_handlers={NotSignedIn: to_sign_in},
)
