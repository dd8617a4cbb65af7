"""The acts of the branch's page: each a form, then the page as it stands after it.

Where a clerk has the act's right at their own desk as well, the page asks for its own at the door;
the verb asks for the act's.
"""

from collections.abc import Awaitable

from litestar import Router, post
from litestar.status_codes import HTTP_200_OK

from queue_app.domain.errors import (
    Conflict,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RuleBroken,
)
from queue_app.domain.people import Staff
from queue_app.flow import announcing, desk_asks, interrupting, staffing, supervising
from queue_app.flow.act import By
from queue_app.office.live_branch import branch_page
from queue_app.office.office_frame import START, Form, chosen, form_of, said
from queue_app.queries import reference
from queue_app.web.guards import right
from queue_app.web.staff_pages import Asked, Page, see, to_sign_in

REFUSALS = (Conflict, NotFound, RuleBroken, NotAllowed)


async def _after(
    request: Asked, branch: str, by: By, staff: Staff, act: Awaitable[object], done: str
) -> Page:
    """The page once it is done, which says so; or why it was not."""
    try:
        await act
    except REFUSALS as error:
        if error.status == NotAllowed.status:
            raise
        return await branch_page(request, branch, by, staff, error)
    return see(f"{START}/branches/{branch}?done={done}")


def _number(form: Form, name: str) -> int | None:
    """A number that somebody chose or typed; None for whatever is none."""
    typed = said(form, name)
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


@post("/desks/{desk:int}/open", status_code=HTTP_200_OK, opt=right("open_desk_for"))
async def open_desk(request: Asked, branch: str, desk: int, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    login, reason = said(form, "clerk") or None, said(form, "reason")
    act = supervising.open_desk_for(by, desk, login, reason)
    return await _after(request, branch, by, staff, act, "opened")


@post("/desks/{desk:int}/pause", status_code=HTTP_200_OK, opt=right("see_supervision"))
async def pause_desk(request: Asked, branch: str, desk: int, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    act = staffing.pause_desk(by, desk, said(form, "reason"))
    return await _after(request, branch, by, staff, act, "paused")


@post("/desks/{desk:int}/close", status_code=HTTP_200_OK, opt=right("see_supervision"))
async def close_desk(request: Asked, branch: str, desk: int, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    act = staffing.close_desk(by, desk, said(form, "reason"))
    return await _after(request, branch, by, staff, act, "closed")


@post("/desks/{desk:int}/help-end", status_code=HTTP_200_OK, opt=right("grant_break"))
async def end_help(request: Asked, branch: str, desk: int, by: By, staff: Staff) -> Page:
    await form_of(request)
    return await _after(request, branch, by, staff, desk_asks.end_help(by, desk), "helped")


@post("/desks/{desk:int}/break", status_code=HTTP_200_OK, opt=right("grant_break"))
async def answer_break(request: Asked, branch: str, desk: int, by: By, staff: Staff) -> Page:
    granted = said(await form_of(request), "what") == "grant"
    act = desk_asks.grant_break(by, desk) if granted else desk_asks.end_break_ask(by, desk)
    return await _after(request, branch, by, staff, act, "granted" if granted else "refused")


@post("/desks/{desk:int}/skills", status_code=HTTP_200_OK, opt=right("set_skills_today"))
async def set_skills(request: Asked, branch: str, desk: int, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    skills = None if "plan" in form else chosen(form, "skill")
    act = supervising.set_skills_today(by, desk, skills, said(form, "reason"))
    return await _after(request, branch, by, staff, act, "skills")


@post("/people/calls", status_code=HTTP_200_OK, opt=right("summon"))
async def summon(request: Asked, branch: str, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    desk, ticket = _number(form, "desk") or 0, _number(form, "ticket") or 0
    act = supervising.summon(by, desk, ticket, said(form, "reason"))
    return await _after(request, branch, by, staff, act, "called")


@post("/people/moves", status_code=HTTP_200_OK, opt=right("redirect"))
async def redirect(request: Asked, branch: str, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    service = said(form, "service")
    act = supervising.redirect(
        by,
        _number(form, "ticket") or 0,
        [service] if service else None,
        _number(form, "desk"),
        said(form, "reason"),
    )
    return await _after(request, branch, by, staff, act, "moved")


@post("/tickets", status_code=HTTP_200_OK, opt=right("limit_tickets"))
async def limit_tickets(request: Asked, branch: str, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    how = said(form, "how")
    remaining = 0 if how == "none" else _number(form, "remaining") if how == "some" else None
    if how == "some" and remaining is None:
        remaining = -1  # which the rule refuses
    act = supervising.limit_tickets(
        by, branch, said(form, "service"), remaining, said(form, "reason")
    )
    return await _after(request, branch, by, staff, act, "tickets")


@post("/day-end", status_code=HTTP_200_OK, opt=right("end_day"))
async def end_day(request: Asked, branch: str, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    act = supervising.end_day(by, branch, "let_go" in form, said(form, "reason"))
    return await _after(request, branch, by, staff, act, "ended")


@post("/line", status_code=HTTP_200_OK, opt=right("say_line"))
async def say_line(request: Asked, branch: str, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    languages = (await reference.directory()).languages
    lines = {code: said(form, f"line-{code}") for code in languages}
    act = announcing.say_line(by, branch, lines)
    return await _after(request, branch, by, staff, act, "line")


@post("/stops", status_code=HTTP_200_OK, opt=right("see_supervision"))
async def stop(request: Asked, branch: str, by: By, staff: Staff) -> Page:
    form = await form_of(request)
    act = interrupting.interrupt(by, branch, said(form, "kind"), None, said(form, "reason"))
    return await _after(request, branch, by, staff, act, "stopped")


@post("/stops/{number:int}/end", status_code=HTTP_200_OK, opt=right("see_supervision"))
async def end_stop(request: Asked, branch: str, number: int, by: By, staff: Staff) -> Page:
    """Calls go on after the usual minutes of its kind, or at once with `now`."""
    form = await form_of(request)
    act = interrupting.resume(by, number, 0 if "now" in form else None)
    return await _after(request, branch, by, staff, act, "resumed")


router = Router(
    f"{START}/branches/{{branch:str}}",
    route_handlers=[
        open_desk,
        pause_desk,
        close_desk,
        end_help,
        answer_break,
        set_skills,
        summon,
        redirect,
        limit_tickets,
        end_day,
        say_line,
        stop,
        end_stop,
    ],
    include_in_schema=False,
    exception_handlers={NotSignedIn: to_sign_in},
)
