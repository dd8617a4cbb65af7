"""When to come without a booking: the waits of all branches now, and of each by half hour."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from litestar import Request, Response, get
from msgspec import Struct

from queue_app.clock import Clock
from queue_app.domain.arrivals import tickets_until
from queue_app.domain.branch_day import Door
from queue_app.domain.catalogue import Text
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.half_hours import (
    HALF,
    DayAhead,
    HalfHour,
    WaitsAhead,
    busiest,
    quietest,
)
from queue_app.domain.interruptions import Interruption, stop_of_all
from queue_app.domain.policies import minutes_of_right
from queue_app.queries import interruptions, orders_today, reference, waits_ahead
from queue_app.queries.waits_ahead import Held
from queue_app.screens import notices
from queue_app.web.guards import right
from queue_app.web.templating import render

AnyRequest = Request[Any, Any, Any]
HELD_DAYS = timedelta(days=30)
TALLEST = 96.0
"""Of the drawing, for the longest wait of it."""
LEAST_SCALE = 10
"""Minutes; so that a wait of two does not look like a long one."""
BAR, GAP = 22.0, 4.0


class BranchNow(Struct, frozen=True):
    """A row of the page. `gives_until`: until when the kiosk gives tickets, while it does; `stop`:
    why nobody is called; `best`: the quietest half hour that is left today."""

    branch: Branch
    door: Door
    gives_until: datetime | None
    ahead: WaitsAhead | None
    stop: Text | None
    best: HalfHour | None


class Bar(Struct, frozen=True):
    """A half hour as drawn: `x`, and from `y` on its `height`, in the drawing's units."""

    half: HalfHour
    x: float
    y: float
    height: float


class DayDrawn(Struct, frozen=True):
    date: date
    bars: list[Bar]
    width: float
    best: HalfHour
    worst: HalfHour


@get("/now", include_in_schema=False, opt=right("see_prospect"))
async def every(request: AnyRequest, clock: Clock) -> Response[str]:
    """Every branch at this moment."""
    directory, now = await reference.directory(), clock.now()
    ahead = await waits_ahead.fresh(directory, now)
    offices = _offices(directory)
    stops = await interruptions.lasting([one.id for one in offices.values()], now)
    ended = await orders_today.without_tickets(directory, now)
    rows = [
        _row(directory, one, ahead.get(slug), stops[one.id], ended, now)
        for slug, one in offices.items()
    ]
    held = await waits_ahead.held_since(now - HELD_DAYS)
    return render(
        request,
        "booking/now.html",
        directory=directory,
        rows=rows,
        first_minutes=minutes_of_right(directory.centre),
        held=Held(sum(one.came for one in held.values()), sum(one.held for one in held.values())),
    )


def _offices(directory: Directory) -> dict[str, Branch]:
    return {slug: one for slug, one in directory.branches.items() if one.kind == "office"}


@get("/now/{branch:str}", include_in_schema=False, opt=right("see_prospect"))
async def one(request: AnyRequest, branch: str, clock: Clock) -> Response[str]:
    """One branch: now, the rest of today and the coming week by half hour."""
    directory, now = await reference.directory(), clock.now()
    where = directory.branch(branch)
    ahead = (await waits_ahead.fresh(directory, now)).get(where.slug)
    held = (await waits_ahead.held_since(now - HELD_DAYS)).get(where.id)
    stops = await interruptions.lasting([where.id], now)
    ended = await orders_today.without_tickets(directory, now)
    since = _walk_ins_from(directory, where, ended, now)
    days = [_left(day, since) for day in ahead.days] if ahead else []
    return render(
        request,
        "booking/now_branch.html",
        directory=directory,
        row=_row(directory, where, ahead, stops[where.id], ended, now),
        first_minutes=minutes_of_right(directory.centre),
        days=_drawn([day for day in days if day.half_hours]),
        held=held or Held(0, 0),
    )


def _row(
    directory: Directory,
    branch: Branch,
    ahead: WaitsAhead | None,
    stops: Sequence[Interruption],
    ended: frozenset[int],
    now: datetime,
) -> BranchNow:
    """The range is of a minute ago; a stop of calls and the kiosk's door are of this moment.
    `ended`: the branches that give no more tickets today."""
    stop = stop_of_all(stops, now)
    since = _walk_ins_from(directory, branch, ended, now)
    today = _left(ahead.days[0], since).half_hours if ahead and ahead.days else ()
    return BranchNow(
        branch=branch,
        door=directory.today(branch, now).door(now),
        gives_until=tickets_until(directory, branch, stops, now, branch.id in ended),
        ahead=ahead,
        stop=notices.title(directory.centre, stop) if stop else None,
        best=quietest(today) if len(today) > 1 else None,
    )


def _walk_ins_from(
    directory: Directory, branch: Branch, ended: frozenset[int], now: datetime
) -> datetime:
    """From when on somebody may come without a booking, as far as today says it."""
    return directory.today(branch, now).ends if branch.id in ended else now


def _left(day: DayAhead, now: datetime) -> DayAhead:
    """As far as it has not passed."""
    ends = timedelta(minutes=HALF)
    left = tuple(one for one in day.half_hours if one.starts_at + ends > now)
    return DayAhead(day.date, left)


def _drawn(days: Sequence[DayAhead]) -> list[DayDrawn]:
    """All days in one scale, so that they can be compared."""
    longest = max((one.high_minutes for day in days for one in day.half_hours), default=0)
    scale = TALLEST / max(longest, LEAST_SCALE)
    found = []
    for day in days:
        best, worst = quietest(day.half_hours), busiest(day.half_hours)
        assert best
        assert worst
        bars = [
            Bar(
                half,
                place * (BAR + GAP),
                TALLEST - half.high_minutes * scale,
                max(3.0, (half.high_minutes - half.low_minutes) * scale),
            )
            for place, half in enumerate(day.half_hours)
        ]
        found.append(DayDrawn(day.date, bars, len(bars) * (BAR + GAP), best, worst))
    return found


HANDLERS = [every, one]
