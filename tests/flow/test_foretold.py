"""A full hall: whoever asks for its waits keeps nobody else waiting."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from queue_app.clock import FixedClock
from queue_app.domain import waits
from queue_app.domain.chance import Draws
from queue_app.domain.dispatch import Waiting
from queue_app.domain.forecast import scene_of
from queue_app.domain.hall import Hall, HallTicket
from queue_app.domain.ranges import MOVED_SECONDS, ROUGH, Forecasts
from queue_app.domain.scene import Scene
from queue_app.domain.told_range import shown
from queue_app.flow.joining import NEWCOMER
from queue_app.queries import foretold, halls, reference
from queue_app.seldom import Seldom
from tests.support.hall import Desk, take_ticket
from tests.support.loop import MOST_SECONDS, longest_stretch
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("database")
PEOPLE = 300
SOON = 5.0
"""Seconds; generous, for a machine that does much else."""


def crowded(hall: Hall, people: int = PEOPLE) -> Hall:
    """The hall with so many more people like the first who waits."""
    first = next(one for one in hall.tickets if one.state == "waiting")
    others = tuple(like(first, number) for number in range(1, people))
    return msgspec.structs.replace(hall, tickets=hall.tickets + others)


def like(ticket: HallTicket, number: int) -> HallTicket:
    return msgspec.structs.replace(ticket, id=ticket.id + number, number=f"A{number}")


async def loaded(clock: FixedClock, forecasts: Forecasts | None = None) -> Hall:
    directory, kept = await reference.directory(), forecasts or Forecasts()
    return await halls.load(directory, directory.branch(BRANCH), clock.now(), kept)


def later(hall: Hall, seconds: float) -> Hall:
    return msgspec.structs.replace(hall, at=hall.at + timedelta(seconds=seconds))


class Slow:
    """Ranges that take until they may be made, once they are held."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.begun = 0
        self.fails = False
        self._made = waits.forecast

    def hold(self) -> None:
        self.begun = 0
        self.may_go_on.clear()

    def __call__(
        self,
        scene: Scene,
        runs: int = waits.RUNS,
        wanted: set[int] | None = None,
        draws: Draws | None = None,
    ) -> dict[int, list[float]]:
        self.begun += 1
        self.may_go_on.wait(30)
        if self.fails:
            raise RuntimeError("the forecast is at fault")
        return self._made(scene, runs, wanted, draws)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    held = Slow()
    monkeypatch.setattr(waits, "forecast", held)
    monkeypatch.setattr(foretold, "WITHIN_SECONDS", 0.2)
    monkeypatch.setattr(foretold, "BRIEFLY_SECONDS", 0.05)
    monkeypatch.setattr(foretold, "_said", Seldom())
    yield held
    held.may_go_on.set()


async def until_made(hall: Hall) -> None:
    """The thread has made what it is at."""
    deadline = time.monotonic() + SOON
    while not hall.forecasts.knows(hall.snapshot):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def rough(hall: Hall) -> dict[int, tuple[int, int]]:
    points = waits.point(scene_of(hall.snapshot))
    return {one: shown(ROUGH[0] * minutes, ROUGH[1] * minutes) for one, minutes in points.items()}


async def told(hall: Hall, *newcomers: Waiting) -> dict[int, tuple[int, int]]:
    found = await foretold.estimate(hall, *newcomers)
    return {one: (wait.low_minutes, wait.high_minutes) for one, wait in found.items()}


@pytest.mark.slow
async def test_the_waits_of_a_full_hall_are_made_beside_the_loop(
    desk: Desk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take_ticket(clock.now())
    full = crowded(await loaded(clock))
    same = crowded(await loaded(clock))

    async def full_hall(*_: object) -> Hall:
        return full

    monkeypatch.setattr(halls, "load", full_hall)
    with longest_stretch() as longest:
        seen = await foretold.load(full.directory, full.branch, clock.now())
        made, beside = seen.waits, longest()
    assert len(made) == PEOPLE
    with longest_stretch() as longest:
        assert len(same.estimate()) == PEOPLE
        on_the_spot = longest()
    assert beside < min(MOST_SECONDS, on_the_spot / 4), "however fast the machine"


@pytest.mark.slow
async def test_a_hall_of_a_thousand_keeps_no_screen_waiting_for_its_ranges(
    desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    full = crowded(await loaded(clock), 1000)
    began = time.monotonic()
    with longest_stretch() as longest:
        first = await foretold.estimate(full)
        assert longest() < MOST_SECONDS
    assert len(first) == 1000
    assert time.monotonic() - began < foretold.WITHIN_SECONDS + SOON
    await until_made(full)
    assert len(await foretold.estimate(full)) == 1000


async def test_who_comes_while_the_first_ranges_are_made_is_told_rough_ones(
    desk: Desk, clock: FixedClock, slow: Slow
) -> None:
    await take_ticket(clock.now())
    full = crowded(await loaded(clock), 40)
    slow.hold()
    assert await told(full) == rough(full)
    slow.may_go_on.set()
    await until_made(full)
    assert await told(full) != rough(full)


async def test_while_newer_ranges_are_made_the_last_ones_move_with_everybody(
    desk: Desk, clock: FixedClock, slow: Slow
) -> None:
    await take_ticket(clock.now())
    full = crowded(await loaded(clock), 40)
    before = await told(full)
    slow.hold()
    on = later(full, 30)
    assert await told(on) == {
        one: (wait.low_minutes, wait.high_minutes)
        for one, wait in full.forecasts.meanwhile(on.snapshot).items()
    }
    assert (await told(on)).keys() == before.keys()
    assert await told(on) != rough(on)
    old = later(full, MOVED_SECONDS)
    assert await told(old) == rough(old), "nobody is told a range of ten minutes ago"


async def test_however_many_ask_of_a_hall_that_takes_long_its_ranges_are_made_once(
    desk: Desk, clock: FixedClock, slow: Slow
) -> None:
    await take_ticket(clock.now())
    full = crowded(await loaded(clock), 40)
    slow.hold()
    found = await asyncio.gather(*(told(full) for _ in range(50)))
    assert all(one == found[0] for one in found)
    await told(full)
    assert slow.begun == 1
    assert foretold._maker._scribe._orders.qsize() == 0, "nobody stands in a line"
    slow.may_go_on.set()
    await until_made(full)
    await told(full)
    assert slow.begun == 1


@pytest.mark.parametrize("people", [3, 40])
async def test_a_fault_in_the_forecast_takes_nothing_else_from_a_screen(
    people: int,
    desk: Desk,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    slow: Slow,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await take_ticket(clock.now())
    full = crowded(await loaded(clock), people)
    slow.fails = True

    async def full_hall(*_: object) -> Hall:
        return full

    monkeypatch.setattr(halls, "load", full_hall)
    for _ in range(3):
        seen = await foretold.load(full.directory, full.branch, clock.now())
        assert len(seen.tickets) == people
        assert {one: (wait.low_minutes, wait.high_minutes) for one, wait in seen.waits.items()} == (
            rough(full)
        )
    said = [one for one in caplog.records if one.levelname == "ERROR"]
    assert len(said) == 1, "each screen would say it again"
    assert said[0].exc_info


async def test_a_fault_that_leaves_not_even_points_leaves_the_hall(
    desk: Desk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the forecast is at fault")

    await take_ticket(clock.now())
    monkeypatch.setattr(waits, "point", broken)
    monkeypatch.setattr(foretold, "_said", Seldom())
    directory = await reference.directory()
    seen = await foretold.load(directory, directory.branch(BRANCH), clock.now(), Forecasts())
    assert len(seen.tickets) == 1
    assert seen.waits == {}


async def test_a_ticket_is_given_while_the_ranges_of_its_hall_take_long(
    desk: Desk, clock: FixedClock, slow: Slow
) -> None:
    await take_ticket(clock.now())
    full = crowded(await loaded(clock), 40)
    slow.hold()
    me = full.behind(
        msgspec.structs.replace(full.waiting[0], id=NEWCOMER, number="", queued_at=clock.now())
    )
    found = await told(full, me)
    assert len(found) == 41
    assert found[NEWCOMER][0] > 0
