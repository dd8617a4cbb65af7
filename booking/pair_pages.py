"""Services that no single desk gives: two visits, or two calls by two specialists, one after
another, chosen and booked at once."""

from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple
from uuid import uuid4

from litestar import Request, Response, get, post
from litestar.response import Redirect
from msgspec.structs import replace

from booking.choice import (
    Choice,
    Parameters,
    free_days,
    is_asked_how,
    longest,
    pair_channels,
    planned,
    read_choice,
    services_problem,
)
from booking.finding import form_key, moment
from booking.frame import step
from booking.held import browser_of, enough_url, named
from booking.holding import hold_start
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment, as_of
from queue_app.domain.catalogue import Channel, Service
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import Conflict, NotFound, RuleBroken, TooMany
from queue_app.domain.pairs import Pair, Parts, pairs, parts_of
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import appointments, reference
from queue_app.web.guards import require_same_origin, right
from queue_app.web.i18n import language_of
from queue_app.web.limits import PUBLIC

AnyRequest = Request[Any, Any, Any]


class PairPlace(NamedTuple):
    """A branch in which it is possible, and its pairs of starts by day."""

    branch: Branch
    parts: Parts
    days: dict[date, list[Pair]]

    @property
    def earliest(self) -> Pair | None:
        return next((found[0] for found in self.days.values()), None)


def _asked(parameters: Parameters, directory: Directory) -> Choice:
    """What is chosen; by visit unless it says otherwise."""
    choice = read_choice(parameters, directory)
    return replace(choice, channel=choice.channel or "visit")


def _are_two(directory: Directory, choice: Choice) -> bool:
    """Whether these cannot be one visit (or call) anywhere, but two somewhere."""
    if services_problem(directory, choice.services) in ("no_service", "too_many_services"):
        return False
    return choice.channel in pair_channels(directory, choice.services)


@get("/two", include_in_schema=False, opt=right("see_slots"))
async def two(request: AnyRequest, clock: Clock) -> Response[Any]:
    """Where, and then when, both of them."""
    directory = await reference.directory()
    choice = _asked(request.query_params, directory)
    assert choice.channel
    if not _are_two(directory, choice):
        return Redirect(choice.url("/way", channel=None, branch=None, day=None), status_code=303)
    places = [
        PairPlace(
            branch, parts, await _pairs_by_day(directory, branch, parts, choice.channel, clock)
        )
        for branch in directory.branches.values()
        if (parts := parts_of(branch, choice.services, choice.channel))
    ]
    place = next((one for one in places if one.branch.slug == choice.branch), None)
    if place is None and len(places) == 1:
        return Redirect(choice.url("/two", branch=places[0].branch.slug), status_code=303)
    return step(
        request,
        "booking/two.html",
        directory,
        choice,
        back="/way" if is_asked_how(directory, choice.services) else "/",
        places=places,
        parts_chosen=_chosen(directory, place),
        longest=longest,
        fields=[*choice.pairs(), ("key", str(uuid4()))],
        lost="lost" in request.query_params,
        **_shown_day(choice, place),
    )


def _chosen(directory: Directory, place: PairPlace | None) -> list[list[Service]]:
    """The services of each of the two, where the branch is known."""
    parts = place.parts if place else ()
    return [[directory.services[code] for code in one] for one in parts]


async def _pairs_by_day(
    directory: Directory, branch: Branch, parts: Parts, channel: Channel, clock: Clock
) -> dict[date, list[Pair]]:
    ones, others = [
        await free_days(directory, branch, services, channel, clock.now()) for services in parts
    ]
    one, other = (_minutes(directory, services) for services in parts)
    found = {day: pairs(ones[day], one, others[day], other) for day in ones if day in others}
    return {day: both for day, both in found.items() if both}


def _minutes(directory: Directory, services: tuple[str, ...]) -> int:
    return planned(directory, [directory.services[code] for code in services])


def _shown_day(choice: Choice, place: PairPlace | None) -> dict[str, Any]:
    """The chosen day, or the first; and the days beside it."""
    days = list(place.days) if place else []
    day = choice.day if choice.day in days else next(iter(days), None)
    before = [one for one in days if day and one < day]
    after = [one for one in days if day and one > day]
    return {
        "place": place,
        "day": day,
        "shown": place.days[day] if place and day else [],
        "before": before[-1] if before else None,
        "after": after[0] if after else None,
    }


@post("/two", include_in_schema=False, opt=right("hold", PUBLIC))
async def hold_both(request: AnyRequest, by: By) -> Redirect:
    """Holds both, or neither; whoever came too late sees what is free now."""
    require_same_origin(request)
    directory = await reference.directory()
    form = await request.form()
    choice = _asked(form, directory)
    assert choice.channel
    starts = [moment(text) for text in str(form.get("starts") or "").split()]
    branch = directory.branches.get(choice.branch or "")
    parts = parts_of(branch, choice.services, choice.channel) if branch else None
    if (
        not _are_two(directory, choice)
        or parts is None
        or len(starts) != len(parts)
        or None in starts
    ):
        return Redirect(choice.url("/two"), status_code=303)
    key = form_key(form.get("key"))
    browser = browser_of(request) or str(key)
    by, held = by.through(browser), list[Appointment]()
    try:
        for services, start in zip(parts, starts, strict=True):
            assert start
            part = replace(choice, services=services)
            held.append(await hold_start(by, part, start, key, language_of(request)))
    except (Conflict, RuleBroken, TooMany) as error:
        for one in held:
            with suppress(Conflict):
                await booking.cancel(by, one.token)
        if isinstance(error, TooMany) and error.code != "enough_holds":
            raise
        lost = f"{choice.url('/two')}&lost=1"
        return Redirect(enough_url(choice) if isinstance(error, TooMany) else lost, status_code=303)
    first, then = sorted(held, key=lambda one: one.starts_at)
    page = Redirect(f"/visit/{first.token}?then={then.token}", status_code=303)
    page.set_cookie(named(browser, directory.rules.hold_minutes))
    return page


async def other_of(token: str, clock: Clock) -> Appointment | None:
    """The other of two visits, as its link says it; None where there is none."""
    if not token:
        return None
    try:
        return as_of(await appointments.by_token(token), clock.now())
    except NotFound:
        return None


HANDLERS = [two, hold_both]
