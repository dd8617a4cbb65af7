"""A rush at the kiosk: one ticket follows the other, each with the end of the line as it is."""

import asyncio
import json
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.dispatch import Waiting
from queue_app.domain.forecast import Now
from queue_app.domain.ranges import LONG, Forecasts
from queue_app.domain.told_range import Wait
from queue_app.flow import arrival, calling
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.queries import foretold, halls, reference
from queue_app.store import db
from tests.support.hall import open_desk
from tests.support.people import BRANCH, KIOSK
from tests.support.printer_sink import put_printer, remove_printers
from tests.support.statements import heard

pytestmark = pytest.mark.usefixtures("database")

PEOPLE = 30


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The versions at which whole halls were loaded."""
    found: list[int] = []
    load = halls.load

    async def counted(*args: object) -> object:
        seen = await load(*args)  # type: ignore[arg-type]
        found.append(seen.version)
        return seen

    monkeypatch.setattr(halls, "load", counted)
    return found


async def ticket(
    clock: FixedClock, process: Forecasts, service: str = "debt-amount"
) -> IssuedTicket:
    return await arrival.issue(
        By(KIOSK, clock.now(), uuid4(), process), BRANCH, [service], None, "uk"
    )


async def by_the_whole_hall(clock: FixedClock, last: IssuedTicket) -> tuple[int, int, int]:
    """What its holder is told by somebody who knows nothing."""
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), clock.now())
    found = seen.waits[last.id]
    return found.people_ahead, found.low_minutes, found.high_minutes


async def test_in_a_rush_the_hall_is_loaded_now_and_then_and_everybody_is_told_their_place(
    clock: FixedClock, loads: list[int]
) -> None:
    await open_desk("1", clock.now())
    await open_desk("2", clock.now())
    process = Forecasts()
    issued = [await ticket(clock, process) for _ in range(PEOPLE)]
    assert len(loads) < PEOPLE / 2
    assert [one.people_ahead for one in issued] == list(range(PEOPLE))
    last = issued[-1].wait
    ahead, low, high = await by_the_whole_hall(clock, issued[-1])
    assert last
    assert (issued[-1].people_ahead, last.people_ahead) == (ahead, ahead)
    assert abs(last.low_minutes - low) <= 0.15 * low + 5
    assert abs(last.high_minutes - high) <= 0.15 * high + 5


async def test_in_a_long_line_nobody_waits_at_the_kiosk_until_ranges_are_made(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are made beside it, and those who join meanwhile are told by the last ones."""
    for number in ("1", "2"):
        await open_desk(number, clock.now())
    process, made = Forecasts(), asyncio.Event()
    for _ in range(LONG):
        await ticket(clock, process)
    waits_of, turns = process.waits_of, []

    def slowly(now: Now) -> dict[int, Wait]:
        turns.append(now.version)
        asyncio.run_coroutine_threadsafe(made.wait(), loop).result(30)
        return waits_of(now)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(process, "waits_of", slowly)
    issued = [await ticket(clock, process) for _ in range(LONG)]
    assert len(turns) == 1, "made by one, and nobody waited for it"
    assert all(one.wait for one in issued)
    highs = [one.wait.high_minutes for one in issued if one.wait]
    assert highs == sorted(highs)
    made.set()
    await asyncio.gather(*foretold._under_way[process].values())
    last = await ticket(clock, process)
    ahead, low, high = await by_the_whole_hall(clock, last)
    assert last.wait
    assert last.people_ahead == ahead
    assert abs(last.wait.low_minutes - low) <= 0.15 * low + 5
    assert abs(last.wait.high_minutes - high) <= 0.15 * high + 5


async def test_whatever_else_happens_is_seen_by_the_next_who_joins(
    clock: FixedClock, loads: list[int]
) -> None:
    desk = await open_desk("1", clock.now())
    process, other = Forecasts(), Forecasts()
    for _ in range(4):
        await ticket(clock, process)
    await calling.call(By(desk.clerk, clock.now()), desk.id)
    assert (await ticket(clock, process)).people_ahead == 3
    await ticket(clock, other)
    assert (await ticket(clock, process)).people_ahead == 5
    clock.advance(seconds=9)
    before = len(loads)
    assert (await ticket(clock, process)).people_ahead == 6
    assert len(loads) == before + 1, "what was known is too old"


async def test_in_a_rush_that_two_processes_serve_both_know_the_end_of_the_line(
    clock: FixedClock, loads: list[int]
) -> None:
    desk = await open_desk("1", clock.now())
    processes = Forecasts(), Forecasts()
    issued = [await ticket(clock, processes[turn % 2]) for turn in range(PEOPLE)]
    assert len(loads) < PEOPLE / 2
    assert [one.people_ahead for one in issued] == list(range(PEOPLE))
    await calling.call(By(desk.clerk, clock.now()), desk.id)
    await ticket(clock, processes[0])
    assert (await ticket(clock, processes[1])).people_ahead == PEOPLE, "a call is no ticket"


async def test_who_joins_by_this_process_at_the_same_moment_is_not_asked_for(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a ticket changed may be seen before the answer about it is read: the next turn of the
    loop brings that."""
    await open_desk("1", clock.now())
    process = Forecasts()
    for _ in range(3):
        await ticket(clock, process)
    join, fetch_row = process.join, db.fetch_row
    own: list[tuple[int, int, Waiting]] = []
    monkeypatch.setattr(process, "join", lambda *joined: own.append(joined))
    await ticket(clock, process)

    async def answered_before(sql: str, *args: object) -> object:
        row = await fetch_row(sql, *args)
        asyncio.get_running_loop().call_soon(join, *own.pop())
        return row

    monkeypatch.setattr(db, "fetch_row", answered_before)
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    with heard() as said:
        tail = await halls.end_of_line(directory, branch, clock.now(), process)
    assert tail and tail.people == 4
    assert len(said) == 1


async def test_whoever_joined_by_another_process_is_found_among_the_newest(
    clock: FixedClock,
) -> None:
    await open_desk("1", clock.now())
    process, other = Forecasts(), Forecasts()
    await ticket(clock, process)
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    for turn in range(halls.NEWEST + 2):
        if turn % 5 == 0:
            assert await halls.end_of_line(directory, branch, clock.now(), process)
        await ticket(clock, other)
    with heard() as said:
        tail = await halls.end_of_line(directory, branch, clock.now(), process)
    assert tail and tail.people == halls.NEWEST + 3
    (came,) = [args for sql, args in said if "AS came" in sql]
    rows = json.loads((await db.fetch_row(halls._CAME, *came) or {})["came"])
    assert len(rows) == halls.NEWEST
    assert [one["id"] for one in rows] == sorted(one["id"] for one in rows)


async def test_more_strangers_than_are_asked_for_are_a_hall_to_be_loaded(
    clock: FixedClock, loads: list[int]
) -> None:
    await open_desk("1", clock.now())
    process, other = Forecasts(), Forecasts()
    await ticket(clock, process)
    for _ in range(halls.NEWEST + 1):
        await ticket(clock, other)
    await asyncio.gather(*foretold._under_way.get(other, {}).values())
    before = len(loads)
    assert (await ticket(clock, process)).people_ahead == halls.NEWEST + 2
    assert len(loads) == before + 1


async def test_a_ticket_that_came_to_nothing_stands_in_nobodys_way(clock: FixedClock) -> None:
    await open_desk("1", clock.now())
    process = Forecasts()
    assert (await ticket(clock, process)).people_ahead == 0

    async def fails(_: db.Transaction) -> None:
        raise RuntimeError("the commit")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "may_stand_alone", lambda: False)
        patch.setattr(db.Transaction, "commit", fails)
        with pytest.raises(RuntimeError):
            await ticket(clock, process)
    assert (await ticket(clock, process)).people_ahead == 1


async def test_a_preview_tells_what_the_ticket_then_tells(
    clock: FixedClock, loads: list[int]
) -> None:
    await open_desk("1", clock.now())
    process = Forecasts()
    for _ in range(6):
        await ticket(clock, process)
    before = len(loads)
    seen = await arrival.prospect(BRANCH, ["debt-amount"], None, clock.now(), process)
    given = await ticket(clock, process)
    assert (seen.people_ahead, seen.wait) == (given.people_ahead, given.wait)
    assert len(loads) == before


async def test_who_asks_again_never_stands_at_the_end_of_the_line(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor where the ticket goes on paper, whose order is another change: who joins at that moment
    counts nobody who does not wait."""
    await open_desk("1", clock.now())
    await put_printer("127.0.0.1:9")
    process = Forecasts()
    again = By(KIOSK, clock.now(), uuid4(), process)
    first = await arrival.issue(again, BRANCH, ["debt-amount"], None, "uk")
    joined: list[Waiting] = []
    monkeypatch.setattr(process, "join", lambda *who: joined.append(who[-1]))
    assert await arrival.issue(again, BRANCH, ["debt-amount"], None, "uk") == first
    await remove_printers()
    assert not joined
