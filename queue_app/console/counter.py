"""The console's pages of what staff do for somebody: a ticket, a booking, another time."""

from datetime import UTC, date, datetime
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import uuid4

from litestar import Router, get, post
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from queue_app.console import words
from queue_app.console.attendance_list import keyed, place_of, today_of
from queue_app.console.pages import START
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel, Language
from queue_app.domain.company import CompanyKind
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import NotFound, NotSignedIn, QueueError
from queue_app.domain.people import Staff
from queue_app.flow import for_residents
from queue_app.flow.act import By
from queue_app.queries import appointments, slots
from queue_app.queries.slots import FreeDay
from queue_app.texts.words import words as words_in
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.sentences import sentences
from queue_app.web.staff_pages import Asked, Page, number_at_own_desk, parts_of, see, to_sign_in
from queue_app.web.templating import render

NAME_MAX, CONTACT_MAX = 200, 254
CHANNELS: tuple[Channel, ...] = ("visit", "phone")
NEVER = datetime(1, 1, 2, tzinfo=UTC)


class Entry(Struct, frozen=True):
    """What was entered so far for a booking: of whoever stands there, or speaks."""

    services: list[str]
    channel: Channel
    day: date | None = None
    starts_at: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    language: Language = ""
    as_it_is: tuple[str, ...] = ()


def offered(directory: Directory, branch: Branch, channel: Channel) -> list[dict[str, Any]]:
    """The services of the branch through this channel, by group, as they are chosen from."""
    given = frozenset[str]().union(*(desk.services for desk in branch.desks))
    centre = directory.centre
    groups = [
        {
            "title": group.title,
            "services": [
                one
                for one in centre.services
                if one.group == group.code and one.code in given and channel in one.channels
            ],
        }
        for group in centre.groups
    ]
    return [group for group in groups if group["services"]]


@get("/branches/{branch:str}/ticket", include_in_schema=False, opt=right("issue_for"))
async def ticket_page(request: Asked, branch: str, staff: Staff, by: By) -> Page:
    """For somebody at the counter: what for, in which language, and who goes first by law."""
    return await _ticket_page(request, branch, staff, by)


async def _ticket_page(
    request: Asked,
    slug: str,
    staff: Staff,
    by: By,
    refused: QueueError | None = None,
    chosen: tuple[str, ...] = (),
    priority: str = "",
    language: Language = "",
    company: str = "",
) -> Page:
    directory, branch = await place_of(by, slug, "issue_for")
    return render(
        request,
        "console/ticket.html",
        status=refused.status if refused else HTTP_200_OK,
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        branch=branch,
        groups=offered(directory, branch, "visit"),
        priorities=directory.centre.priorities,
        chosen=chosen,
        priority=priority,
        who=words.who(words_in(language_of(request))),
        company=company,
        spoken_language=language or directory.languages[0],
        problem=parts_of(request, refused) if refused else None,
        key=str(uuid4()),
    )


@post(
    "/branches/{branch:str}/ticket",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("issue_for"),
)
async def issue(request: Asked, branch: str, staff: Staff, by: By) -> Page:
    """The next number, as the kiosk would give it; pressed twice it is given once."""
    require_same_origin(request)
    directory, _ = await place_of(by, branch, "issue_for")
    form: Any = await request.form()
    chosen = tuple(str(one) for one in form.getall("service", []))
    priority = str(form.get("priority", ""))
    language = directory.spoken(str(form.get("language", "")))
    company = str(form.get("company", ""))
    try:
        issued = await for_residents.issue_for(
            keyed(by, form), branch, list(chosen), priority or None, language, *_who_comes(company)
        )
    except QueueError as error:
        if error.status in (401, 403):
            raise
        entered = (chosen, priority, language, company)
        return await _ticket_page(request, branch, staff, by, error, *entered)
    return see(f"{today_of(branch)}?said=issued&number={issued.number}&link={issued.token}")


def _who_comes(said: str) -> tuple[int, CompanyKind | None]:
    """Of how many the ticket is, and who comes along; else of one who comes alone."""
    if said in words.GROUPS:
        return int(said), None
    return 1, next((kind for kind in get_args(CompanyKind) if kind == said), None)


@get("/branches/{branch:str}/booking", include_in_schema=False, opt=right("book_for"))
async def booking_page(request: Asked, branch: str, staff: Staff, by: By) -> Page:
    """What for, then when, then who: each step keeps what the last one had in its address."""
    directory, place = await place_of(by, branch, "book_for")
    asked = request.query_params
    wanted = Entry(
        services=[one for one in asked.getall("service", []) if one in directory.services],
        channel=_channel(asked.get("channel"), place),
        day=_day(asked.get("day")),
    )
    return await _booking_page(request, directory, place, staff, by, wanted)


def _channel(said: str | None, branch: Branch) -> Channel:
    """Nobody comes to the contact centre."""
    if branch.kind == "contact_centre":
        return "phone"
    return said if said in CHANNELS else "visit"


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said or "")
    except ValueError:
        return None


async def _booking_page(
    request: Asked,
    directory: Directory,
    branch: Branch,
    staff: Staff,
    by: By,
    wanted: Entry,
    refused: QueueError | None = None,
) -> Page:
    days = await _days(directory, branch, wanted.services, wanted.channel, by.now)
    services = [("service", one) for one in wanted.services]
    fields = (refused.details.get("fields") or {}) if refused else {}
    return render(
        request,
        "console/booking.html",
        status=refused.status if refused else HTTP_200_OK,
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        branch=branch,
        groups=offered(directory, branch, wanted.channel),
        services=directory.services,
        wanted=wanted,
        days=days,
        day=_shown(days, wanted.day),
        address=urlencode([*services, ("channel", wanted.channel)]),
        spoken_language=wanted.language or directory.languages[0],
        wrong={field: sentences(request, code, {})[0] for field, code in fields.items()},
        problem=parts_of(request, refused) if refused else None,
        doubted=refused.code if refused else "",
        key=str(uuid4()),
    )


async def _days(
    directory: Directory,
    branch: Branch,
    services: list[str],
    channel: Channel,
    now: datetime,
    leaving_out: int | None = None,
) -> list[FreeDay]:
    """The days of the horizon that have free times."""
    if not services:
        return []
    today = directory.local(now).date()
    ahead = directory.rules.horizon_days + 1
    found = await slots.free_days(
        directory, branch, services, channel, today, ahead, now, leaving_out
    )
    return [one for one in found if one.starts]


def _shown(days: list[FreeDay], wish: date | None) -> FreeDay | None:
    """The day that was asked for, else the first."""
    return next((one for one in days if one.date == wish), days[0] if days else None)


@post(
    "/branches/{branch:str}/booking",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("book_for"),
)
async def book(request: Asked, branch: str, staff: Staff, by: By) -> Page:
    """The booking at once; what was wrong is shown beside what was entered."""
    require_same_origin(request)
    directory, place = await place_of(by, branch, "book_for")
    form: Any = await request.form()
    wanted = _entered(directory, place, form)
    try:
        booked = await for_residents.book_for(
            keyed(by, form),
            branch,
            wanted.services,
            _moment(wanted.starts_at),
            wanted.channel,
            wanted.name,
            wanted.phone or None,
            wanted.email or None,
            wanted.language,
            wanted.as_it_is,
        )
    except QueueError as error:
        if error.status in (401, 403):
            raise
        return await _booking_page(request, directory, place, staff, by, wanted, error)
    return see(f"{today_of(branch)}?said=booked&number={booked.code}")


def _entered(directory: Directory, branch: Branch, form: Any) -> Entry:
    def said(name: str, longest: int = CONTACT_MAX) -> str:
        return str(form.get(name, "")).strip()[:longest]

    starts_at = said("starts_at")
    return Entry(
        services=[str(one) for one in form.getall("service", [])],
        channel=_channel(said("channel"), branch),
        day=_day(starts_at[:10]),
        starts_at=starts_at,
        name=said("name", NAME_MAX),
        phone=said("phone"),
        email=said("email"),
        language=directory.spoken(said("language")),
        as_it_is=tuple(str(one) for one in form.getall("as_it_is", [])),
    )


def _moment(said: str) -> datetime:
    """A time that nobody offered is far from every start, and refused as one."""
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return NEVER


@get(
    "/branches/{branch:str}/bookings/{number:int}",
    include_in_schema=False,
    opt=right("move_for"),
)
async def move_page(request: Asked, branch: str, number: int, staff: Staff, by: By) -> Page:
    """Other times for the same visit."""
    return await _move_page(request, branch, number, staff, by)


async def _move_page(
    request: Asked,
    slug: str,
    number: int,
    staff: Staff,
    by: By,
    refused: QueueError | None = None,
) -> Page:
    directory, branch = await place_of(by, slug, "move_for")
    booked = await _booking(branch, number)
    codes = list(booked.services)
    days = await _days(directory, branch, codes, booked.channel, by.now, leaving_out=booked.id)
    others = [
        FreeDay(one.date, [start for start in one.starts if start != booked.starts_at])
        for one in days
    ]
    return render(
        request,
        "console/move.html",
        status=refused.status if refused else HTTP_200_OK,
        staff=staff,
        at_own_desk=await number_at_own_desk(staff),
        branch=branch,
        booked=booked,
        services=directory.services_ever,
        groups=offered(directory, branch, booked.channel),
        days=others,
        day=_shown(others, _day(request.query_params.get("day"))),
        problem=parts_of(request, refused) if refused else None,
    )


async def _booking(branch: Branch, number: int) -> Appointment:
    booked = await appointments.by_id(branch.id, number)
    if booked is None or booked.state == "held":
        raise NotFound("unknown_booking")
    return booked


@post(
    "/branches/{branch:str}/bookings/{number:int}/moves",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("move_for"),
)
async def move(request: Asked, branch: str, number: int, staff: Staff, by: By) -> Page:
    require_same_origin(request)
    form: Any = await request.form()
    try:
        starts_at = _moment(str(form.get("starts_at", "")))
        moved = await for_residents.move_for(by, branch, number, starts_at)
    except QueueError as error:
        if error.status in (401, 403, 404):
            raise
        return await _move_page(request, branch, number, staff, by, error)
    return see(f"{today_of(branch)}?said=moved&number={moved.code}")


@post(
    "/branches/{branch:str}/bookings/{number:int}/services",
    include_in_schema=False,
    status_code=HTTP_200_OK,
    opt=right("change_services_for"),
)
async def change(request: Asked, branch: str, number: int, staff: Staff, by: By) -> Page:
    """Other services at the same time; where they do not fit there, the page says so."""
    require_same_origin(request)
    form: Any = await request.form()
    chosen = [str(one) for one in form.getall("service", [])]
    try:
        changed = await for_residents.change_services_for(by, branch, number, chosen)
    except QueueError as error:
        if error.status in (401, 403, 404):
            raise
        return await _move_page(request, branch, number, staff, by, error)
    return see(f"{today_of(branch)}?said=changed&number={changed.code}")


router = Router(
    START,
    route_handlers=[ticket_page, issue, booking_page, book, move_page, move, change],
    exception_handlers={NotSignedIn: to_sign_in},
)
