"""When to come without a booking."""

from datetime import timedelta
from typing import Annotated

from litestar import get
from litestar.params import Parameter

from queue_app.api.centre_shapes import HalfHourView, WaitsView, WalkInNow
from queue_app.clock import Clock
from queue_app.domain.arrivals import tickets_until
from queue_app.domain.errors import RuleBroken
from queue_app.domain.half_hours import WaitsAhead
from queue_app.domain.interruptions import stop_of_all
from queue_app.domain.ranges import Forecasts
from queue_app.flow import arrival
from queue_app.queries import interruptions, orders_today, reference, waits_ahead
from queue_app.web.guards import right

HELD_DAYS = timedelta(days=30)
NO_TICKET = ("branch_closed", "past_last_ticket", "no_walk_ins", "services_paused")


@get(
    "/branches/{branch:str}/waits",
    operation_id="waits",
    opt=right("see_prospect"),
    summary="What a walk-in waits: now, and by half hour for today and the coming week",
)
async def waits(
    branch: str,
    clock: Clock,
    forecasts: Forecasts,
    services: Annotated[list[str] | None, Parameter(max_items=20)] = None,
) -> WaitsView:
    directory, now = await reference.directory(), clock.now()
    where = directory.branch(branch)
    ahead = (await waits_ahead.fresh(directory, now)).get(where.slug)
    held = (await waits_ahead.held_since(now - HELD_DAYS)).get(where.id)
    stops = (await interruptions.lasting([where.id], now))[where.id]
    ended = where.id in await orders_today.without_tickets(directory, now)
    since = directory.today(where, now).ends if ended else now
    gives = tickets_until(directory, where, stops, now, ended) is not None
    at_once = (
        _of_all(ahead, stopped=stop_of_all(stops, now) is not None) if ahead and gives else None
    )
    if services:
        at_once = await _of_these(branch, services, clock, forecasts, at_once)
    return WaitsView(
        made_at=directory.local(ahead.made_at) if ahead else None,
        now=at_once,
        by_half_hour=tuple(
            HalfHourView(directory.local(one.starts_at), one.low_minutes, one.high_minutes)
            for day in (ahead.days if ahead else ())
            for one in day.half_hours
            if one.starts_at + timedelta(minutes=30) > since
        ),
        held_percent=held.percent if held else None,
    )


def _of_all(ahead: WaitsAhead, *, stopped: bool) -> WalkInNow:
    """Whatever one comes for."""
    if stopped:
        return WalkInNow(None, None, ahead.people)
    return WalkInNow(ahead.low_minutes, ahead.high_minutes, ahead.people)


async def _of_these(
    branch: str,
    services: list[str],
    clock: Clock,
    forecasts: Forecasts,
    known: WalkInNow | None,
) -> WalkInNow | None:
    """Of whoever comes for these; None where no ticket is given.

    RuleBroken where they are not given here at all, as `arrival.prospect` has it.
    """
    try:
        found = await arrival.prospect(branch, services, None, clock.now(), forecasts)
    except RuleBroken as error:
        if error.code in NO_TICKET:
            return None
        raise
    wait, people = found.wait, known.people if known else None
    return WalkInNow(
        wait.low_minutes if wait else None, wait.high_minutes if wait else None, people
    )
