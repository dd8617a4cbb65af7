"""The console's list of a branch's day: everybody in it, found by number, code, name or phone."""

from typing import Any
from uuid import UUID

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.console import words
from queue_app.console.pages import START, Asked, Page, parts_of, see, to_sign_in
from queue_app.domain.attendance import STAGES, Attendee, looked_for, sorted_out
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.domain.people import Staff
from queue_app.domain.rights import reach, require
from queue_app.flow import calling, for_residents, printing
from queue_app.flow.act import By
from queue_app.queries import attendance, printers, reference
from queue_app.queries import staff as people
from queue_app.web.guards import require_same_origin, right
from queue_app.web.templating import render

QUESTION_MAX = 80


def today_of(slug: str) -> str:
    return f"{START}/branches/{slug}/today"


async def place_of(by: By, slug: str, name: str = "see_today") -> tuple[Directory, Branch]:
    """The branch of that name, for whoever may act there."""
    directory = await reference.directory()
    branch = directory.branch(slug)
    require(name, by.who, branch.id)
    return directory, branch


def keyed(by: By, form: Any) -> By:
    """The same under the key that the page gave its form: a second press does nothing more."""
    try:
        return by.under(UUID(str(form.get("key", ""))))
    except ValueError:
        return by


@get("/branches/{branch:str}/today", include_in_schema=False, opt=right("see_today"))
async def listed(request: Asked, branch: str, staff: Staff, by: By) -> Page:
    """`?q=`: who is looked for; `?stage=`: only those; `?said=` and `?number=`: what was done."""
    return await show(request, branch, staff, by)


async def show(
    request: Asked, slug: str, staff: Staff, by: By, refused: QueueError | None = None
) -> Page:
    """The list as it stands now; if something was `refused`, what was wrong and what to do."""
    directory, branch = await place_of(by, slug)
    asked = request.query_params
    question = asked.get("q", "")[:QUESTION_MAX]
    stage = asked.get("stage", "")
    everybody = sorted_out(await attendance.everybody(directory, branch, by.now), by.now)
    found = sorted_out(looked_for(_flat(everybody), question), by.now)
    own = await people.desks_of(reach(staff, directory.branches_ever), staff.id)
    return render(
        request,
        "console/today.html",
        status=refused.status if refused else HTTP_200_OK,
        staff=staff,
        branch=branch,
        directory=directory,
        services=directory.services_ever,
        groups={one: found[one] for one in STAGES if stage in ("", one)},
        counts={one: len(people) for one, people in everybody.items()},
        question=question,
        stage=stage,
        stage_words=words.stages,
        priorities={one.code: one.title for one in directory.centre.priorities},
        prints=await printers.any_for_staff(branch.id),
        desk=own[0] if own else None,
        may_see_contacts=staff.role != "clerk",
        said=asked.get("said", ""),
        number=asked.get("number", "")[:QUESTION_MAX],
        link=asked.get("link", "")[:QUESTION_MAX],
        problem=parts_of(request, refused) if refused else None,
    )


def _flat(groups: dict[Any, list[Attendee]]) -> list[Attendee]:
    return [one for group in groups.values() for one in group]


@post(
    "/branches/{branch:str}/bookings/{number:int}/check-in",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("check_in_for"),
)
async def check_in(request: Asked, branch: str, number: int, staff: Staff, by: By) -> Page:
    """They stand at the counter: a ticket as the kiosk would give it."""
    require_same_origin(request)
    try:
        issued = await for_residents.check_in_for(by, branch, number)
    except QueueError as error:
        return await _refused(request, branch, staff, by, error)
    return see(f"{today_of(branch)}?said=checked_in&number={issued.number}&link={issued.token}")


@post(
    "/branches/{branch:str}/bookings/{number:int}/cancellation",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("cancel_for"),
)
async def cancel(request: Asked, branch: str, number: int, staff: Staff, by: By) -> Page:
    require_same_origin(request)
    try:
        given_up = await for_residents.cancel_for(by, branch, number)
    except QueueError as error:
        return await _refused(request, branch, staff, by, error)
    return see(f"{today_of(branch)}?said=cancelled&number={given_up.code}")


@post(
    "/branches/{branch:str}/today/tickets/{ticket:int}/return",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("put_back"),
)
async def put_back(request: Asked, branch: str, ticket: int, staff: Staff, by: By) -> Page:
    require_same_origin(request)
    try:
        waits = await calling.put_back(by, ticket)
    except QueueError as error:
        return await _refused(request, branch, staff, by, error)
    return see(f"{today_of(branch)}?said=returned&number={waits.number}")


@post(
    "/branches/{branch:str}/today/tickets/{ticket:int}/paper",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("see_today"),
)
async def print_again(request: Asked, branch: str, ticket: int, staff: Staff, by: By) -> Page:
    require_same_origin(request)
    try:
        await printing.reprint(by, ticket)
    except QueueError as error:
        return await _refused(request, branch, staff, by, error)
    return see(f"{today_of(branch)}?said=printed")


async def _refused(request: Asked, slug: str, staff: Staff, by: By, error: QueueError) -> Page:
    """The list, with what was wrong; a right that is missing stays an error."""
    if error.status in (401, 403):
        raise error
    return await show(request, slug, staff, by, error)


router = Router(
    START,
    route_handlers=[listed, check_in, cancel, put_back, print_again],
    exception_handlers={NotSignedIn: to_sign_in},
)
