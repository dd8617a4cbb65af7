"""At closing: whoever still waits is served, offered another day, or let go, as the centre says."""

from datetime import datetime, timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.jobs import day_ends
from queue_app.queries import halls, reference, tickets
from queue_app.screens.board import BoardView, board_view
from queue_app.screens.ticket import ticket_view
from tests.conftest import KYIV
from tests.flow.bookings import ONE, SERVICE
from tests.flow.wishing_hall import hall
from tests.support.hall import open_desk, take_ticket

AFTERNOON = datetime(2026, 11, 24, 15, 0, tzinfo=KYIV)


async def closes() -> datetime:
    directory = await reference.directory()
    found = directory.today(directory.branch(ONE), AFTERNOON).closes
    assert found
    return found


async def board(now: datetime) -> BoardView:
    directory = await reference.directory()
    return board_view(await halls.load(directory, directory.branch(ONE), now))


@pytest.mark.parametrize(
    ("rule", "still_waits", "offered"),
    [("serve", True, False), ("offer", False, True), ("let_go", False, False)],
)
async def test_who_waits_at_closing_is_treated_as_the_centre_says(
    rule: str, still_waits: bool, offered: bool, small_dsn: str, clock: FixedClock
) -> None:
    async with hall(small_dsn, at_closing=rule):
        desk = await open_desk("1", AFTERNOON, ONE)
        served = await take_ticket(AFTERNOON, service=SERVICE, branch=ONE)
        waits = await take_ticket(AFTERNOON, service=SERVICE, branch=ONE)
        await desk.call(served.id)
        closing = await closes()
        clock.set(closing - timedelta(seconds=1))
        assert await day_ends.end(clock) == 0
        clock.set(closing)
        assert await day_ends.end(clock) == (0 if still_waits else 1)
        mine = await tickets.by_token(waits.token)
        assert (mine.progress.state == "waiting") is still_waits
        directory = await reference.directory()
        seen = await halls.load(directory, directory.branch(ONE), closing)
        assert ticket_view(seen, mine).let_go is offered
        shown = await board(closing)
        assert (shown.scene, shown.waiting) == ("call", 1 if still_waits else 0)
        assert (await tickets.by_token(served.token)).progress.state == "called"


async def test_a_day_ends_with_its_own_screen_and_the_next_begins_at_one(
    small_dsn: str, clock: FixedClock
) -> None:
    async with hall(small_dsn, at_closing="let_go"):
        desk = await open_desk("1", AFTERNOON, ONE)
        first = await take_ticket(AFTERNOON, service=SERVICE, branch=ONE)
        await desk.call(first.id)
        await desk.start(first.id)
        await take_ticket(AFTERNOON, service=SERVICE, branch=ONE)
        clock.set(await closes())
        await day_ends.end(clock)
        await desk.finish(first.id)
        over = await board(await closes())
        assert (over.scene, over.called, over.recent, over.waiting) == ("closed", (), (), 0)
        assert over.opens_at == AFTERNOON + timedelta(hours=18)
        tomorrow = AFTERNOON + timedelta(days=1)
        fresh = await take_ticket(tomorrow, service=SERVICE, branch=ONE)
        assert (first.number, fresh.number) == ("А1", "А1")
