"""What a branch's records say of a day to staff: its bookings, and who came on the days before."""

from datetime import date

from msgspec import Struct

from queue_app.domain.demand import QUARTER, Booked, PastDay
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.habits import Habits
from queue_app.queries import habits
from queue_app.queries.habits import Learned
from queue_app.store import db


class DemandRecords(Struct, frozen=True):
    """What was learned of the branch, who is booked on the day, and who came on those before."""

    learned: Learned
    booked: list[Booked]
    past: list[PastDay]


async def demand_records(
    directory: Directory, branch: Branch, day: date, first: date, until: date
) -> DemandRecords:
    """For `day`, by the days from `first` to the one before `until`, all as of one moment."""
    async with db.snapshot():
        learned = await habits.learned(branch.id)
        return DemandRecords(
            learned=learned,
            booked=await booked_on(directory, branch, day, learned.habits),
            past=await past_days(directory, branch, first, until),
        )


async def booked_on(directory: Directory, branch: Branch, day: date, known: Habits) -> list[Booked]:
    """Bookings of that day as recorded; a phone call joins the queue by itself."""
    open_day = directory.day(branch, day)
    rows = await db.fetch(
        "SELECT lower(period) AS due, services, channel FROM appointment"
        " WHERE branch_id = $1 AND lower(period) >= $2 AND lower(period) < $3"
        " AND state IN ('booked', 'fulfilled', 'missed') ORDER BY lower(period), id",
        branch.id,
        *open_day.span,
    )
    return [
        Booked(
            minute=int(open_day.minute(row["due"])),
            services=frozenset(row["services"]),
            comes=known.comes if row["channel"] == "visit" else 1.0,
        )
        for row in rows
    ]


async def past_days(
    directory: Directory, branch: Branch, first: date, until: date
) -> list[PastDay]:
    """The days from `first` to the one before `until` on which the branch was open and at work.

    By the hours in force: what they were on that day is not kept. Walk-ins in person alone.
    """
    rows = await db.fetch(_WALK_INS, branch.id, first, until, str(directory.zone), QUARTER)
    found: dict[date, dict[int, dict[frozenset[str], int]]] = {}
    for row in rows:
        visits = found.setdefault(row["day"], {})
        if row["quarter"] is not None:
            asked = visits.setdefault(row["quarter"], {})
            services = frozenset(row["services"])
            asked[services] = asked.get(services, 0) + row["count"]
    return [
        PastDay(day, periods, visits)
        for day, visits in found.items()
        if (periods := directory.day(branch, day).periods)
    ]


_WALK_INS = """
SELECT day, quarter, services, count(*)::int AS count FROM (
    SELECT day, CASE WHEN channel = 'visit' AND appointment_id IS NULL THEN
            extract(epoch FROM (issued_at AT TIME ZONE $4) - day)::int / 60 / $5 * $5
        END AS quarter, services
    FROM ticket WHERE branch_id = $1 AND day >= $2 AND day < $3
) visits
GROUP BY day, quarter, services ORDER BY day
"""
