"""What is ordered for a branch today, as its rows say."""

from datetime import datetime

from queue_app.domain.appointments import Appointment
from queue_app.domain.directory import Directory
from queue_app.domain.orders import Orders
from queue_app.store import db

ORDERED = """
    'orders', json_build_object(
        'skills', (SELECT coalesce(json_object_agg(desk_id, skills), '{{}}') FROM desk_skills
            WHERE branch_id = $1 AND until > {now}),
        'remaining', (SELECT coalesce(json_object_agg(service, remaining), '{{}}')
            FROM ticket_limit WHERE branch_id = $1 AND until > {now}))"""
"""A part of a JSON object in SQL."""


async def without_tickets(directory: Directory, now: datetime) -> frozenset[int]:
    """The ids of the branches that give no more tickets today, though their hours say so."""
    rows = await db.fetch(
        "SELECT branch_id, array_agg(service) AS services FROM ticket_limit"
        " WHERE remaining = 0 AND until > $1 GROUP BY branch_id",
        now,
    )
    known = directory.branches_ever
    return frozenset(
        one["branch_id"]
        for one in rows
        if one["branch_id"] in known
        and Orders(remaining=dict.fromkeys(one["services"], 0)).end_tickets_of(
            known[one["branch_id"]]
        )
    )


async def remaining(branch_id: int, service: str, now: datetime) -> int | None:
    """How many tickets are still given for it today; None: no limit was set."""
    found: int | None = await db.fetch_value(
        "SELECT remaining FROM ticket_limit WHERE branch_id = $1 AND service = $2 AND until > $3",
        branch_id,
        service,
        now,
    )
    return found


async def ended(branch_id: int, services: tuple[str, ...], now: datetime) -> frozenset[str]:
    """Those of the services for which no more tickets are given today."""
    rows = await db.fetch(
        "SELECT service FROM ticket_limit"
        " WHERE branch_id = $1 AND service = ANY($2) AND remaining = 0 AND until > $3",
        branch_id,
        list(services),
        now,
    )
    return frozenset(one["service"] for one in rows)


async def over(branch_id: int, now: datetime) -> dict[str, datetime]:
    """The services for which nobody is received any more today, and when that ends."""
    rows = await db.fetch(
        "SELECT service, until FROM ticket_limit WHERE branch_id = $1 AND is_over AND until > $2",
        branch_id,
        now,
    )
    return {one["service"]: one["until"] for one in rows}


async def is_over(booking: Appointment) -> bool:
    """Whether the day of the booking was ended with nobody received any more."""
    ends = await over(booking.branch_id, booking.starts_at)
    return not ends.keys().isdisjoint(booking.services)


async def skills(branch_id: int, desk_id: int, now: datetime) -> tuple[str, ...] | None:
    """What the desk gives today beside its plan; None: what is planned."""
    found: list[str] | None = await db.fetch_value(
        "SELECT skills FROM desk_skills WHERE branch_id = $1 AND desk_id = $2 AND until > $3",
        branch_id,
        desk_id,
        now,
    )
    return None if found is None else tuple(found)
