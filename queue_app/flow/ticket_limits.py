"""How many tickets are still given, where the office limits them for the day."""

from datetime import datetime

import asyncpg

from queue_app.domain.directory import Branch
from queue_app.domain.errors import RuleBroken
from queue_app.queries import orders_today
from queue_app.store import db


async def count_down(branch: Branch, services: tuple[str, ...], now: datetime) -> None:
    """One ticket less of those that are still given; RuleBroken `tickets_ended` where it was none.

    Whoever else asks for one of these services waits until this one is given: the row's own
    constraint has the last word.
    """
    try:
        await db.fetch(
            "UPDATE ticket_limit SET remaining = remaining - 1"
            " WHERE branch_id = $1 AND service = ANY($2) AND until > $3",
            branch.id,
            list(services),
            now,
        )
    except asyncpg.CheckViolationError as error:
        raise RuleBroken("tickets_ended", services=list(services)) from error


async def require_tickets(branch: Branch, services: tuple[str, ...], now: datetime) -> None:
    """RuleBroken `tickets_ended` with those of the services for which none is given today."""
    ended = await orders_today.ended(branch.id, services, now)
    if ended:
        raise RuleBroken("tickets_ended", services=[one for one in services if one in ended])
