"""Free starts of 31 days in a busy branch: the rule alone and over HTTP, beside a plain search."""

import random
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime, timedelta

from queue_app.domain import slots
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.slots import Capacity, RosteredLane, Visit
from queue_app.queries import reference
from queue_app.queries import slots as free
from queue_app.store import db
from tests.conftest import MONDAY
from tests.load.stage import Stage, speaking
from tests.load.table import Table, ms, part

BUSY = "darnytskyi"
SERVICE = "debt-amount"
DAYS = 31
MINUTES = (5, 10, 10, 15, 20)
"""How long the visits are that fill the lanes."""


async def measure(stage: Stage) -> list[Table]:
    directory = await reference.directory()
    branch = directory.branch(BUSY)
    first = MONDAY.date()
    booked = await fill(directory, branch, first)
    visit = free.visit_of(directory, [SERVICE], "visit")
    capacity = await free.capacity_of(directory, branch, first, DAYS, MONDAY)
    found = slots.free_starts(capacity, visit, first, DAYS, MONDAY)
    starts = sum(map(len, found.values()))
    assert found == plain_search(capacity, visit, first, MONDAY)

    plain = await repeated(5, lambda: plain_search(capacity, visit, first, MONDAY))
    rule = await repeated(200, lambda: slots.free_starts(capacity, visit, first, DAYS, MONDAY))
    query = await repeated(
        50,
        lambda: free.free_days(directory, branch, [SERVICE], "visit", first, DAYS, MONDAY),
    )
    path = f"/branches/{BUSY}/slots?service={SERVICE}&from={first}&days={DAYS}"
    async with speaking(stage) as client:
        http = await repeated(100, lambda: client.get(path))
    table = Table(
        f"Free starts of {DAYS} days ({booked} bookings, {starts} starts found)",
        ("", "p50", "p95", "plain search / this"),
    )
    for name, seconds in (
        ("plain search over the same bookings", plain),
        ("the rule alone", rule),
        ("with the query for the bookings", query),
        ("GET over HTTP", http),
    ):
        ratio = part(plain, 0.5) / part(seconds, 0.5)
        table.rows.append((name, ms(part(seconds, 0.5)), ms(part(seconds, 0.95)), f"{ratio:.1f}"))
    return [table]


async def fill(directory: Directory, branch: Branch, first: date) -> int:
    """Bookings in every lane, so that about two thirds of the month are taken."""
    dice = random.Random(31)
    rows: list[tuple[int, str, datetime, datetime, int]] = []
    for lane in branch.lanes:
        for ahead in range(1, DAYS):
            day = first + timedelta(days=ahead)
            for opens, closes in directory.day(branch, day).rostered(lane.roster):
                moment = opens
                while moment < closes:
                    ends = moment + timedelta(minutes=dice.choice(MINUTES))
                    if dice.random() < 0.67 and ends <= closes:
                        rows.append((lane.id, lane.channel, moment, ends, len(rows)))
                    moment = ends
    assert db.engine.pool
    await db.engine.pool.executemany(
        "INSERT INTO appointment (branch_id, lane_id, token, code, channel, services, period,"
        " state, name, language, created_at, changed_at) VALUES"
        f" ({branch.id}, $1, 'load-' || $5::integer, lpad($5::text, 6, '0'), $2, '{{{SERVICE}}}',"
        " tstzrange($3, $4), 'booked', 'Ян', 'uk', $3, $3)",
        rows,
    )
    return len(rows)


async def repeated(times: int, act: Callable[[], object]) -> list[float]:
    """The seconds that each of so many runs took."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        result = act()
        if isinstance(result, Awaitable):
            await result
        taken.append(time.perf_counter() - began)
    return taken


def plain_search(
    capacity: Capacity, visit: Visit, first: date, now: datetime
) -> dict[date, list[datetime]]:
    """What one would write first: for each start, is there a lane with no booking in its way?"""
    lanes = [
        lane
        for lane in capacity.lanes
        if lane.channel == visit.channel and visit.services <= lane.services
    ]
    taken: dict[tuple[int, date], list[tuple[datetime, datetime]]] = {}
    for lane_id, starts_at, ends_at in capacity.occupied:
        local = starts_at.astimezone(capacity.zone).date()
        taken.setdefault((lane_id, local), []).append((starts_at, ends_at))
    days = (first + timedelta(days=ahead) for ahead in range(DAYS))
    return {day: list(_of_day(capacity, lanes, taken, visit, day, now)) for day in days}


def _of_day(
    capacity: Capacity,
    lanes: list[RosteredLane],
    taken: dict[tuple[int, date], list[tuple[datetime, datetime]]],
    visit: Visit,
    day: date,
    now: datetime,
) -> Iterable[datetime]:
    earliest, last = slots.bookable(now, capacity.rules, capacity.zone)
    open_day = capacity.on(day)
    rosters = {lane.id: open_day.rostered(lane.roster) for lane in lanes}
    length = timedelta(minutes=visit.minutes)
    midnight, end = open_day.span
    step = timedelta(minutes=capacity.rules.start_step_minutes)
    for turn in range((end - midnight) // step):
        start = midnight + turn * step
        if day > last or start < earliest:
            continue
        ends = start + length
        for lane in lanes:
            if any(
                opens <= start and ends <= closes for opens, closes in rosters[lane.id]
            ) and not any(
                begins < ends and start < over for begins, over in taken.get((lane.id, day), ())
            ):
                yield start.astimezone(capacity.zone)
                break
