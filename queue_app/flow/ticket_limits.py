"""How many tickets are still given, where the office limits them for the day."""

from datetime import datetime

import asyncpg

from queue_app.domain.directory import Branch
from queue_app.domain.errors import RuleBroken
from queue_app.flow.records import Draft
from queue_app.queries import orders_today
from queue_app.store import db


async def count_down(branch: Branch, draft: Draft, now: datetime) -> None:
    """One less of those who are still taken, of a group as many as they are; RuleBroken
    `tickets_ended` where there are not so many, for a group with the `reason` "group".

    Whoever else asks for one of these services waits until this one is given: the row's own
    constraint has the last word.
    """
    try:
        await db.fetch(
            "UPDATE ticket_limit SET remaining = remaining - $4"
            " WHERE branch_id = $1 AND service = ANY($2) AND until > $3",
            branch.id,
            list(draft.services),
            now,
            draft.people,
        )
    except asyncpg.CheckViolationError as error:
        group = {"reason": "group"} if draft.people > 1 else {}
        raise RuleBroken("tickets_ended", services=list(draft.services), **group) from error


async def require_tickets(branch: Branch, services: tuple[str, ...], now: datetime) -> None:
    """RuleBroken `tickets_ended` with those of the services for which none is given today."""
    ended = await orders_today.ended(branch.id, services, now)
    if ended:
        raise RuleBroken("tickets_ended", services=[one for one in services if one in ended])
