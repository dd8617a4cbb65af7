"""How many tickets are still given, where the office limits them for the day. Each is counted with
its ticket, see `records.insert_ticket`."""

from datetime import datetime

from queue_app.domain.directory import Branch
from queue_app.domain.errors import RuleBroken
from queue_app.queries import orders_today


async def require_tickets(branch: Branch, services: tuple[str, ...], now: datetime) -> None:
    """RuleBroken `tickets_ended` with those of the services for which none is given today."""
    ended = await orders_today.ended(branch.id, services, now)
    if ended:
        raise RuleBroken("tickets_ended", services=[one for one in services if one in ended])
