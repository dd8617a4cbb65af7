"""What walk-ins will wait is foretold by a job, kept an hour before, and judged by what came."""

from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.half_hours import WaitsAhead
from queue_app.jobs import foretelling
from queue_app.queries import reference, waits_ahead
from queue_app.store import db
from tests.conftest import KYIV
from tests.flow.alerts import alert
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("proven")


async def known(clock: FixedClock) -> WaitsAhead:
    directory = await reference.directory()
    return (await waits_ahead.fresh(directory, clock.now()))[BRANCH]


@pytest.mark.slow
async def test_every_office_is_foretold_once_a_minute_and_the_contact_centre_is_not(
    clock: FixedClock,
) -> None:
    assert await foretelling.foretell(clock) == 10
    ahead = await known(clock)
    assert [one.date.day for one in ahead.days] == [23, 24, 25, 26, 27, 28, 29, 30]
    assert ahead.days[1].half_hours and not ahead.days[5].half_hours, "a Saturday"
    assert ahead.days[0].half_hours == () and ahead.low_minutes is None, "no desk is at work"
    directory = await reference.directory()
    clock.advance(minutes=11)
    assert await waits_ahead.fresh(directory, clock.now()) == {}, "nobody makes it any more"


@pytest.mark.slow
async def test_a_hall_at_work_tells_what_a_walk_in_waits_now_and_later(clock: FixedClock) -> None:
    for number in "1235":
        await open_desk(number, clock.now())
    for _ in range(5):
        await take_ticket(clock.now())
    await foretelling.foretell(clock)
    ahead = await known(clock)
    assert ahead.people == 5
    assert ahead.low_minutes is not None and ahead.high_minutes is not None
    assert 0 <= ahead.low_minutes < ahead.high_minutes
    today = [one.starts_at.astimezone(KYIV) for one in ahead.days[0].half_hours]
    assert f"{today[0]:%H:%M}" == "10:00" and len(today) > 8
    week = ahead.days[1:]
    clock.advance(minutes=1)
    await foretelling.foretell(clock)
    assert (await known(clock)).days[1:] == week, "the days to come are made once an hour"


@pytest.mark.slow
async def test_while_all_is_stopped_nobody_foretells_today(clock: FixedClock) -> None:
    desk = await open_desk("1", clock.now())
    await alert(desk, clock.now())
    await foretelling.foretell(clock)
    ahead = await known(clock)
    assert ahead.days[0].half_hours == () and ahead.low_minutes is None


@pytest.mark.slow
async def test_what_was_foretold_an_hour_before_is_kept_and_judged_once(clock: FixedClock) -> None:
    desks = [await open_desk(number, clock.now()) for number in "1235"]
    await foretelling.foretell(clock)
    rows = await db.fetch("SELECT * FROM foretold ORDER BY branch_id, starts_at")
    own = [row for row in rows if row["branch_id"] == (await here())]
    assert [f"{one['starts_at'].astimezone(KYIV):%H:%M}" for one in own] == ["10:30", "11:00"]
    clock.advance(minutes=35)
    first = await take_ticket(clock.now())
    desk = await open_desk("6", clock.now())
    del desk
    await desks[0].call(first.id)
    await take_ticket(clock.now())
    await foretelling.foretell(clock)
    kept = await db.fetch("SELECT * FROM foretold WHERE branch_id = $1", await here())
    assert {one["made_at"] for one in kept} >= {own[0]["made_at"]}, "the first one stays"
    assert await foretelling.judge(clock) == 0, "it is too soon to judge"
    clock.advance(hours=4)
    assert await foretelling.judge(clock) > 0
    assert await foretelling.judge(clock) == 0
    held = (await waits_ahead.held_since(clock.now() - timedelta(days=1)))[await here()]
    assert held.came == 1, "whoever was never called waited nobody knows how long"
    clock.advance(hours=24 * 91)
    await foretelling.judge(clock)
    assert await db.fetch_value("SELECT count(*) FROM foretold") == 0


async def here() -> int:
    return (await reference.directory()).branch(BRANCH).id
