"""Where somebody will stand who joins the queue now, and how long they will wait."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec import Struct

from queue_app.domain.directory import Branch, Directory
from queue_app.domain.dispatch import Waiting
from queue_app.domain.errors import RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.ranges import Forecasts
from queue_app.domain.told_range import Wait
from queue_app.flow.records import Draft
from queue_app.queries import foretold

NEWCOMER = 2**63 - 1
"""The id under which somebody who has no ticket yet stands in an estimate: behind all others."""


def newcomer(draft: Draft, now: datetime) -> Waiting:
    return Waiting(
        id=NEWCOMER,
        number="",
        services=draft.services,
        queued_at=now,
        due_at=draft.appointment.starts_at if draft.appointment else None,
        priority=draft.priority,
        people=draft.people,
    )


class Spot(Struct, frozen=True):
    """Where somebody stands."""

    people_ahead: int
    wait: Wait | None
    late: bool


async def joining(
    directory: Directory,
    branch: Branch,
    me: Waiting,
    now: datetime,
    forecasts: Forecasts | None,
    load: Callable[[], Awaitable[Hall]],
    walks_in: bool = True,
) -> Spot:
    """Where somebody will stand. What the process knows of the end of the line is enough, as a
    rule; else the whole hall is loaded, and known from then on. Refuses a walk-in where services
    are stopped."""
    wait = await foretold.at_the_end(directory, branch, me, now, forecasts)
    if wait:
        foretold.freshen(directory, branch, now, forecasts)
        return Spot(wait.people_ahead, wait, late=False)
    seen = await load()
    if walks_in:
        check_running(seen, me.services)
    return await line_of(seen, me)


def check_running(seen: Hall, services: tuple[str, ...]) -> None:
    """RuleBroken `services_paused` while nobody knows when any of these services goes on.

    With the `kind`, and the `shelter` in an alert.
    """
    stop = seen.refusal(services)
    if stop:
        raise RuleBroken(
            "services_paused",
            kind=stop.kind,
            shelter=seen.branch.shelter if stop.kind == "alert" else None,
        )


async def line_of(seen: Hall, me: Waiting) -> Spot:
    """As the hall stands, with `me` behind it where the hall does not have them."""
    me = seen.behind(me)
    known = seen.by_id.get(me.id)
    if known and known.state != "waiting":
        return Spot(seen.people_ahead(me, None), None, seen.is_late(me))
    wait = (await foretold.estimate(seen, *([] if known else [me]))).get(me.id)
    return Spot(seen.people_ahead(me, wait), wait, seen.is_late(me))
