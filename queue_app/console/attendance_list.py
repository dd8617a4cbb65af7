"""The console's list of a branch's day: everybody in it, found by number, code, name or phone."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.console import words
from queue_app.console.pages import START
from queue_app.domain.attendance import STAGES, Attendee, looked_for, sorted_out
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import NotSignedIn, QueueError
from queue_app.domain.people import Staff
from queue_app.domain.rights import reach, require
from queue_app.flow import calling, for_residents, printing
from queue_app.flow.act import By
from queue_app.queries import attendance, printers, reference
from queue_app.queries import staff as people
from queue_app.texts.who_comes import to_staff
from queue_app.texts.words import words as words_in
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.staff_pages import Asked, Page, number_at_own_desk, parts_of, see, to_sign_in
from queue_app.web.templating import render

QUESTION_MAX = 80

T = TypeVar("T")


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


@get("/today", opt=right("see_today"))
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
    spoken = words_in(language_of(request))
    own = await people.desks_of(reach(staff, directory.branches_ever), staff.id)
    return render(
        request,
        "console/today.html",
        status=refused.status if refused else HTTP_200_OK,
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        branch=branch,
        directory=directory,
        services=directory.services_ever,
        groups={one: found[one] for one in STAGES if stage in ("", one)},
        counts={one: len(people) for one, people in everybody.items()},
        question=question,
        stage=stage,
        stage_words=words.stages,
        priorities={one.code: one.title for one in directory.centre.priorities},
        who_comes=lambda one: to_staff(spoken, one.people, one.company),
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


async def _after(
    request: Asked, slug: str, staff: Staff, by: By, act: Awaitable[T], said: Callable[[T], str]
) -> Page:
    """The list once it is done, which says so in the words of `said`; or why it was not. A right
    that is missing stays an error."""
    try:
        done = await act
    except QueueError as error:
        if error.status in (401, 403):
            raise
        return await show(request, slug, staff, by, error)
    return see(f"{today_of(slug)}?said={said(done)}")


@post("/bookings/{number:int}/check-in", status_code=HTTP_200_OK, opt=right("check_in_for"))
async def check_in(request: Asked, branch: str, number: int, staff: Staff, by: By) -> Page:
    """They stand at the counter: a ticket as the kiosk would give it."""
    require_same_origin(request)
    act = for_residents.check_in_for(by, branch, number)
    said = "checked_in&number={0.number}&link={0.token}"
    return await _after(request, branch, staff, by, act, said.format)


@post("/bookings/{number:int}/cancellation", status_code=HTTP_200_OK, opt=right("cancel_for"))
async def cancel(request: Asked, branch: str, number: int, staff: Staff, by: By) -> Page:
    require_same_origin(request)
    act = for_residents.cancel_for(by, branch, number)
    return await _after(request, branch, staff, by, act, "cancelled&number={0.code}".format)


@post("/today/tickets/{ticket:int}/return", status_code=HTTP_200_OK, opt=right("put_back"))
async def put_back(request: Asked, branch: str, ticket: int, staff: Staff, by: By) -> Page:
    require_same_origin(request)
    act = calling.put_back(by, ticket)
    return await _after(request, branch, staff, by, act, "returned&number={0.number}".format)


@post("/today/tickets/{ticket:int}/paper", status_code=HTTP_200_OK, opt=right("see_today"))
async def print_again(request: Asked, branch: str, ticket: int, staff: Staff, by: By) -> Page:
    require_same_origin(request)
    act = printing.reprint(by, ticket)
    return await _after(request, branch, staff, by, act, lambda _: "printed")


router = Router(
    f"{START}/branches/{{branch:str}}",
    route_handlers=[listed, check_in, cancel, put_back, print_again],
    include_in_schema=False,
    exception_handlers={NotSignedIn: to_sign_in},
)
