"""What the forecast takes from desks: their rosters, breaks and pauses."""

import math
from datetime import datetime, time, timedelta
from random import Random

import msgspec
import pytest

from queue_app.clock import FixedClock
from queue_app.domain import chance, forecast, runs, scene, waits
from queue_app.domain.catalogue import Text
from queue_app.domain.centre import Closure, Period
from queue_app.domain.habits import Habits
from queue_app.domain.ranges import Forecasts
from queue_app.flow import interrupting, staffing
from queue_app.flow.act import By
from queue_app.queries import halls, reference
from tests.conftest import MONDAY
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("database")
NOON = MONDAY.replace(hour=12)
"""Desk 6 has its break from then until 13:00, by the sample's roster; desk 1 has none."""


async def foreseen(desk: Desk, now: datetime) -> scene.ForeseenDesk | None:
    """That desk as the forecast sees it."""
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), now)
    scene = forecast.scene_of(seen._now)
    return next((one for one in scene.desks if one.desk.id == desk.id), None)


async def test_an_open_desk_is_expected_to_pause_by_its_roster_and_to_come_back(
    clock: FixedClock,
) -> None:
    desk = await open_desk("6", MONDAY)
    seen = await foreseen(desk, clock.now())
    assert seen
    assert seen.breaks == ((120.0, 180.0),)
    assert seen.leaves == math.inf, "it stays until the branch closes"


async def test_a_visit_from_before_the_break_is_finished_first_and_a_ready_desk_works_through_it(
    clock: FixedClock,
) -> None:
    ready = await open_desk("6", MONDAY)
    served = await open_desk("5", MONDAY)
    clock.set(NOON.replace(hour=12, minute=58))
    await take_ticket(clock.now())
    await Desk(served.id, served.number, served.clerk, clock.now()).call()
    clock.set(NOON.replace(hour=13, minute=5))
    late = await foreseen(served, clock.now())
    assert late and late.breaks == ((-5.0, 55.0),)
    clock.set(NOON + timedelta(minutes=5))
    working = await foreseen(ready, clock.now())
    assert working and working.breaks == ()


@pytest.mark.parametrize("minutes", [-8, 0, 20])
async def test_a_pause_at_the_rostered_break_ends_with_it(minutes: int, clock: FixedClock) -> None:
    desk = await open_desk("6", MONDAY)
    await staffing.pause_desk(By(desk.clerk, NOON + timedelta(minutes=minutes)), desk.id, "Обід")
    clock.set(NOON + timedelta(minutes=25))
    seen = await foreseen(desk, clock.now())
    assert seen and (seen.opens, seen.serving) == (35.0, None)


async def test_the_end_of_a_pause_outside_the_roster_is_a_chance_that_grows_with_the_pause(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", MONDAY)
    await staffing.pause_desk(By(desk.clerk, clock.now()), desk.id, "")
    chance = Random(1)
    normals = [chance.gauss(0, 1) for _ in range(400)]
    middles = []
    for passed in (2, 30, 90):
        clock.set(MONDAY + timedelta(minutes=passed))
        seen = await foreseen(desk, clock.now())
        assert seen and seen.serving and seen.opens == 0.0
        habits = await habits_now(clock.now())
        rests = sorted(runs.residual(seen.serving, normal, habits) for normal in normals)
        assert rests[360] > 2 * rests[40]
        middles.append(rests[200])
    assert middles == sorted(middles), "the longer it has lasted, the longer it will"


async def habits_now(now: datetime) -> Habits:
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), now)
    return forecast.scene_of(seen._now).habits


async def test_a_desk_whose_hours_end_before_the_branch_closes_is_gone_then(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk("6", MONDAY)
    rostered = forecast._rostered
    monkeypatch.setattr(forecast, "_rostered", lambda now, view: rostered(now, view)[:1])
    seen = await foreseen(desk, clock.now())
    assert seen and (seen.leaves, seen.breaks) == (120.0, ())
    await staffing.pause_desk(By(desk.clerk, NOON + timedelta(minutes=1)), desk.id, "")
    clock.set(NOON + timedelta(minutes=2))
    assert await foreseen(desk, clock.now()) is None


async def test_a_desk_that_leaves_before_what_is_stopped_resumes_breaks_nobodys_screen(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the others are stopped it reaches the last one, and once they resume it does not."""
    desk = await open_desk("6", MONDAY)
    rostered = forecast._rostered
    monkeypatch.setattr(forecast, "_rostered", lambda now, view: rostered(now, view)[:1])
    clock.set(NOON - timedelta(minutes=25))
    for _ in range(5):
        await take_ticket(clock.now(), service="debt-advice")
    last = await take_ticket(clock.now(), service="tariff-dispute")
    stopped = ["debt-advice", "payment-search"]
    await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "registry", stopped, "")
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), clock.now())
    assert seen.waits[last.id].low_minutes == 0
    assert len(seen.waits) == 1, "nobody knows when the others are called"
    resumed = forecast.scene_of(seen._now).resumed
    assert resumed and last.id not in waits.point(resumed)


async def test_ranges_are_kept_while_named_services_are_stopped(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk("1", MONDAY)
    for _ in range(6):
        await take_ticket(clock.now())
    await interrupting.interrupt(
        By(desk.clerk, clock.now()), BRANCH, "registry", ["debt-amount"], ""
    )
    made: list[int] = []
    make, forecasts = waits.forecast, Forecasts()

    def counted(scene: scene.Scene, draws: chance.Draws) -> dict[int, list[float]]:
        made.append(len(scene.waiting))
        return make(scene, draws=draws)

    monkeypatch.setattr(waits, "forecast", counted)
    directory = await reference.directory()
    for _ in range(3):
        clock.advance(seconds=1)
        seen = await halls.load(directory, directory.branch(BRANCH), clock.now(), forecasts)
        assert len(seen.waits) == 6
    assert made == [6, 6], "as it is, and as if all had resumed"


async def test_the_first_of_a_rush_have_ranges_of_their_own(clock: FixedClock) -> None:
    """Nobody's like waits yet, so there is no range to borrow."""
    await open_desk("1", MONDAY)
    directory = await reference.directory()
    branch, forecasts = directory.branch(BRANCH), Forecasts()
    for _ in range(5):
        await take_ticket(clock.now())
        seen = await halls.load(directory, branch, clock.now(), forecasts)
        made_anew = await halls.load(directory, branch, clock.now())
        last = max(seen.waits)
        kept, own = seen.waits[last], made_anew.waits[last]
        assert kept.high_minutes - kept.low_minutes >= 0.5 * (own.high_minutes - own.low_minutes)


@pytest.mark.parametrize(
    ("number", "at", "opens"),
    [
        ("6", (8, 50), 10.0),
        ("6", (9, 5), 3.0),
        ("6", (9, 30), None),
        ("6", (12, 30), 30.0),
        ("6", (13, 30), None),
        ("1", (8, 50), 10.0),
        ("1", (12, 30), None),
    ],
)
async def test_a_closed_desk_is_expected_by_its_roster_until_it_should_have_been_there(
    number: str, at: tuple[int, int], opens: float | None, clock: FixedClock
) -> None:
    clock.set(MONDAY.replace(hour=at[0], minute=at[1]))
    desk = next(
        one for one in (await reference.directory()).branch(BRANCH).desks if one.number == number
    )
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), clock.now())
    found = {one.desk.id: one.opens for one in forecast.scene_of(seen._now).desks}
    assert found.get(desk.id) == opens


async def test_whoever_may_miss_a_desk_that_leaves_has_a_real_range_or_none(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk("6", MONDAY)
    rostered = forecast._rostered
    monkeypatch.setattr(forecast, "_rostered", lambda now, view: rostered(now, view)[:1])
    clock.set(NOON - timedelta(minutes=20))
    tickets = [await take_ticket(clock.now(), service="debt-advice") for _ in range(5)]
    at_desk = Desk(desk.id, desk.number, desk.clerk, clock.now())
    await at_desk.call(tickets[0].id)
    await at_desk.start(tickets[0].id)
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), clock.advance(minutes=1))
    first, last = seen.waits[tickets[1].id], seen.waits.get(tickets[-1].id)
    assert first.high_minutes - first.low_minutes >= 3
    assert last is None, "the desk will have left"


async def test_a_desk_keeps_no_hours_that_are_over_or_that_its_branch_does_not_keep(
    clock: FixedClock,
) -> None:
    """After an alert until past its hours nobody comes; on a short day it ends with the branch."""
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    six = next(one for one in branch.desks if one.number == "6")
    clerk = (await open_desk("1", MONDAY)).clerk
    stop = await interrupting.interrupt(
        By(clerk, MONDAY.replace(hour=8, minute=45)), BRANCH, "alert", None, ""
    )
    clock.set(MONDAY.replace(hour=18, minute=5))
    await interrupting.resume(By(clerk, clock.now()), stop.id, 0)
    seen = await halls.load(directory, branch, clock.advance(minutes=1))
    assert six.id not in {one.desk.id for one in forecast.scene_of(seen._now).desks}

    until_noon = Closure(MONDAY.date(), Text(en="Holiday"), (Period(time(9), time(12)),))
    short = msgspec.structs.replace(branch, closures=(until_noon,))
    seen = await halls.load(directory, short, MONDAY.replace(hour=8, minute=50))
    rostered = forecast._rostered(seen._now, seen.desk_view(six.id))
    assert rostered == [(10.0, 190.0)]
