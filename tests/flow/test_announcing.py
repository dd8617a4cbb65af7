"""A line of the supervisor's on the boards of a branch."""

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import NotAllowed, RuleBroken
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts, announcing
from queue_app.flow.act import By
from queue_app.queries import halls, reference
from queue_app.screens.board import BoardView, board_view
from queue_app.store import db
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")

ELSEWHERE = "darnytskyi"


async def board(clock: FixedClock, branch: str = BRANCH) -> BoardView:
    directory = await reference.directory()
    return board_view(await halls.load(directory, directory.branch(branch), clock.now()))


async def test_a_line_stands_on_the_boards_of_the_branch_until_its_day_ends(
    database: str, clock: FixedClock
) -> None:
    boss = await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD
    )
    by, version = By(boss, clock.now()), (await board(clock)).version
    await announcing.say_line(by, BRANCH, {"uk": " Вода  у фоє ", "en": ""})
    seen = await board(clock)
    assert seen.notice == {"uk": "Вода у фоє", "en": "Вода у фоє"}
    assert seen.version > version
    assert (await board(clock, ELSEWHERE)).notice is None
    clock.advance(hours=24)
    assert (await board(clock)).notice is None
    clock.advance(hours=-24)
    await announcing.say_line(by, BRANCH, {"uk": "", "en": " "})
    assert (await board(clock)).notice is None
    events = await db.fetch("SELECT verb, actor, after FROM office_event WHERE kind = 'board'")
    assert [(one["verb"], one["actor"]) for one in events] == [("say", boss.actor)] * 2


async def test_a_line_fits_a_board_and_is_the_office_s_alone(
    database: str, clock: FixedClock
) -> None:
    by = By(OPERATOR, clock.now())
    boss = await accounts.add_staff(by, "boss", "supervisor", BRANCH, PASSWORD)
    clerk = await accounts.add_staff(by, "ann", "clerk", BRANCH, PASSWORD)
    long = {"uk": "о" * (announcing.LINE_LENGTH + 1)}
    with pytest.raises(RuleBroken, match="long_line"):
        await announcing.say_line(By(boss, clock.now()), BRANCH, long)
    with pytest.raises(NotAllowed, match="other_branch"):
        await announcing.say_line(By(boss, clock.now()), ELSEWHERE, {"uk": "Так"})
    with pytest.raises(NotAllowed, match="not_allowed"):
        await announcing.say_line(By(clerk, clock.now()), BRANCH, {"uk": "Так"})
