"""Anyone: the catalogue, the branches, free slots, the board."""

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import Parameter, QueryParameter

from queue_app.api.centre_shapes import (
    BranchView,
    CatalogueView,
    ClosureView,
    DaysView,
    DayView,
    FoundView,
    GroupView,
    OpenView,
    SearchView,
    ServiceView,
)
from queue_app.clock import Clock
from queue_app.domain.catalogue import Channel, Language, planned_minutes
from queue_app.domain.centre import Period
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.hours import DAY_MINUTES, bounds
from queue_app.domain.policies import minutes_of_right
from queue_app.domain.ranges import Forecasts
from queue_app.flow import arrival
from queue_app.flow.admission import chosen_services
from queue_app.flow.arrival import Prospect
from queue_app.flow.booking import check_day
from queue_app.queries import foretold, reference, slots
from queue_app.queries.search import search
from queue_app.screens.board import BoardView, board_view
from queue_app.web.boards import admit_to_board
from queue_app.web.guards import right

MAX_DAYS = 62
MOST_ASKED = 200
"""Characters of a question."""


@get(
    "/catalogue",
    operation_id="catalogue",
    opt=right("see_centre"),
    summary="The services of the centre",
)
async def catalogue() -> CatalogueView:
    return catalogue_view(await reference.directory())


def catalogue_view(directory: Directory) -> CatalogueView:
    """The catalogue as published, with each service's planned minutes."""
    centre = directory.centre
    return CatalogueView(
        title=centre.title,
        groups=tuple(
            GroupView(
                code=group.code,
                title=group.title,
                services=tuple(
                    ServiceView(
                        code=service.code,
                        title=service.title,
                        duration=service.duration,
                        channels=service.channels,
                        documents=service.documents,
                        bring=service.bring,
                        planned_minutes=planned_minutes(service, centre.rules.open_service_minutes),
                    )
                    for service in centre.services
                    if service.group == group.code
                ),
            )
            for group in centre.groups
        ),
        checklists=centre.checklists,
        contacts=centre.contacts,
        notes=centre.notes,
        priorities=centre.priorities,
    )


@get(
    "/catalogue/search",
    operation_id="searchCatalogue",
    opt=right("see_centre"),
    summary="Services and advice by the words that people use, best first",
)
async def search_catalogue(
    q: Annotated[str, QueryParameter(max_length=MOST_ASKED, description="In any language.")] = "",
    language: Language | None = None,
) -> SearchView:
    spoken = (await reference.directory()).spoken(language)
    return SearchView(
        tuple(
            FoundView(one.kind, one.code, one.title[spoken], one.matched, one.sure)
            for one in await search(q)
        )
    )


@get(
    "/branches",
    operation_id="branches",
    opt=right("see_centre"),
    summary="The branches, whether they are open, and the days with other hours",
)
async def branches(clock: Clock) -> list[BranchView]:
    directory = await reference.directory()
    now = clock.now()
    return [_branch(directory, branch, now) for branch in directory.branches.values()]


def _branch(directory: Directory, branch: Branch, now: datetime) -> BranchView:
    door = directory.today(branch, now).door(now)
    return BranchView(
        slug=branch.slug,
        kind=branch.kind,
        title=branch.title,
        address=branch.address,
        timezone=directory.centre.timezone,
        hours={day: tuple(map(_open, periods)) for day, periods in branch.hours.items()},
        closures=tuple(
            ClosureView(one.day, one.reason, tuple(map(_open, one.periods)))
            for one in sorted(branch.closures, key=lambda closure: closure.day)
            if one.day >= directory.local(now).date()
        ),
        kiosk=door.state,
        opens_at=door.opens_at,
        tickets_at=door.tickets_at,
        closes_at=door.closes_at,
        priority_minutes=minutes_of_right(directory.centre),
    )


def _open(period: Period) -> OpenView:
    opens, closes = bounds(period)
    overnight = opens < DAY_MINUTES < closes
    return OpenView(_wall(opens), _wall(closes - DAY_MINUTES if overnight else closes))


def _wall(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@get(
    "/branches/{branch:str}/slots",
    operation_id="slots",
    opt=right("see_slots"),
    summary="Free starts, by the date of their local time: those of a night stand under two",
)
async def free_slots(
    branch: str,
    clock: Clock,
    service: Annotated[list[str], Parameter(max_items=20)],
    from_: Annotated[date | None, QueryParameter(name="from")] = None,
    days: Annotated[int, Parameter(ge=1, le=MAX_DAYS)] = 31,
    channel: Channel = "visit",
) -> DaysView:
    directory = await reference.directory()
    where = directory.branch(branch)
    now = clock.now()
    first = from_ or directory.local(now).date()
    check_day(first, directory.local(now).date())
    chosen = chosen_services(directory, service)
    found = await slots.free_days(directory, where, chosen, channel, first, days, now)
    return DaysView(tuple(DayView(one.date, tuple(one.starts)) for one in found))


@get(
    "/branches/{branch:str}/prospects",
    operation_id="prospect",
    opt=right("see_prospect"),
    summary="The wait of somebody who takes a ticket for these services now",
)
async def prospect(
    branch: str,
    clock: Clock,
    service: Annotated[list[str], Parameter(max_items=20)],
    forecasts: Forecasts,
    priority: str | None = None,
) -> Prospect:
    return await arrival.prospect(branch, service, priority, clock.now(), forecasts)


@get(
    "/branches/{branch:str}/board",
    operation_id="board",
    opt=right("see_board"),
    summary="The board's snapshot",
)
async def board(
    request: Request[Any, Any, Any], branch: str, clock: Clock, forecasts: Forecasts
) -> Response[BoardView]:
    await admit_to_board(request)
    directory = await reference.directory()
    seen = await foretold.load(directory, directory.branch(branch), clock.now(), forecasts)
    return Response(board_view(seen), headers={"Cache-Control": "no-store"})
