"""Who comes with a ticket: a group on one number, a helper, somebody who acts for another."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from queue_app.domain.at_desk import DeskExtra
from queue_app.domain.company import MOST_PEOPLE
from queue_app.domain.errors import RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts, arrival, calling, supervising
from queue_app.flow.act import By
from queue_app.jobs import learning
from queue_app.queries import halls, reference
from queue_app.queries.tickets import by_token
from queue_app.screens.board import board_view
from queue_app.screens.desk import desk_view
from queue_app.screens.ticket import ticket_view
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.desks import ACCOUNTS
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK, PASSWORD

pytestmark = pytest.mark.usefixtures("database")


async def seen() -> Hall:
    directory = await reference.directory()
    return await halls.load(directory, directory.branch(BRANCH), MONDAY)


async def issue(**company: object) -> arrival.IssuedTicket:
    return await arrival.issue(By(KIOSK, MONDAY), BRANCH, [SERVICE], None, "uk", **company)  # type: ignore[arg-type]


async def test_a_group_has_one_number_and_is_served_for_so_many_times_as_long() -> None:
    desk = await open_desk("1", MONDAY)
    group = await issue(people=4)
    assert (group.number, group.people) == ("А1", 4)
    behind = await take_ticket(MONDAY)
    assert behind.people_ahead == 4
    hall = await seen()
    assert [hall.waits[one.id].people_ahead for one in (group, behind)] == [0, 4]
    assert board_view(hall).waiting == 5
    await desk.call(group.id)
    await desk.start(group.id)
    hall = await seen()
    at_desk = desk_view(hall, desk.id, None, DeskExtra()).current
    assert at_desk
    assert (at_desk.people, at_desk.company and at_desk.company["en"]) == (4, "Group: 4 people")
    assert at_desk.planned_minutes == 4 * hall.planned_minutes((SERVICE,))
    long = hall.waits[behind.id]
    await db.fetch("UPDATE ticket SET people = 1 WHERE id = $1", group.id)
    short = (await seen()).waits[behind.id]
    assert long.low_minutes > short.high_minutes


async def test_a_group_counts_for_each_of_it_also_where_no_wait_can_be_foretold() -> None:
    await issue(people=3)
    assert (await issue(people=2)).people_ahead == 3
    assert (await take_ticket(MONDAY)).people_ahead == 5


async def test_whoever_joins_behind_a_group_waits_for_each_of_it() -> None:
    await open_desk("1", MONDAY)
    alone = [await take_ticket(MONDAY) for _ in range(3)]
    await db.fetch("UPDATE ticket SET people = 3 WHERE id = $1", alone[1].id)
    waits = (await seen()).waits
    before, behind = waits[alone[1].id], waits[alone[2].id]
    alone_waits = before.low_minutes
    assert behind.low_minutes > 2 * alone_waits + 2


@pytest.mark.parametrize(
    ("company", "to_holder", "to_staff"),
    [
        (None, None, None),
        (
            "helped",
            "Підходьте до вікна разом із тим, хто вам допомагає.",
            "Прийде разом із помічником",
        ),
        (
            "represents",
            "За іншу людину: підготуйте документ, за яким дієте від її імені.",
            "Діє за іншу людину: попросіть документ",
        ),
    ],
)  # fmt: skip
async def test_one_is_called_and_whoever_comes_along_is_known_to_both_sides(
    company: str | None, to_holder: str | None, to_staff: str | None
) -> None:
    desk = await open_desk("1", MONDAY)
    mine = await issue(company=company)
    phone = ticket_view(await seen(), await by_token(mine.token))
    assert (phone.company and phone.company["uk"]) == to_holder
    await desk.call(mine.id)
    current = desk_view(await seen(), desk.id, None, DeskExtra()).current
    assert current
    assert (current.company and current.company["uk"]) == to_staff


async def test_a_group_uses_up_a_limit_of_tickets_for_each_who_is_served() -> None:
    boss = await accounts.add_staff(By(OPERATOR, MONDAY), "boss", "supervisor", BRANCH, PASSWORD)
    await supervising.limit_tickets(By(boss, MONDAY), BRANCH, SERVICE, 4, "Немає бланків")
    await issue(people=3)
    with pytest.raises(RuleBroken, match="tickets_ended") as refused:
        await issue(people=2)
    assert refused.value.details == {"services": [SERVICE], "reason": "group"}
    await issue()
    assert await db.fetch_value("SELECT remaining FROM ticket_limit") == 0


async def test_of_groups_that_ask_at_once_no_more_are_taken_than_may_be() -> None:
    boss = await accounts.add_staff(By(OPERATOR, MONDAY), "boss", "supervisor", BRANCH, PASSWORD)
    await supervising.limit_tickets(By(boss, MONDAY), BRANCH, SERVICE, 7, "Немає бланків")
    answers = await asyncio.gather(*(issue(people=3) for _ in range(6)), return_exceptions=True)
    refused = [one for one in answers if isinstance(one, BaseException)]
    assert len(refused) == 4
    assert all(isinstance(one, RuleBroken) and one.code == "tickets_ended" for one in refused)
    assert await db.fetch_value("SELECT remaining FROM ticket_limit") == 1
    assert await db.fetch_value("SELECT sum(people) FROM ticket") == 6


async def test_who_comes_stays_with_the_ticket_wherever_it_is_sent() -> None:
    one, four = await open_desk("1", MONDAY), await open_desk("4", MONDAY)
    group = await issue(people=3, company="helped")
    await one.call(group.id)
    await one.start(group.id)
    await calling.transfer(By(one.clerk, MONDAY), group.id, [ACCOUNTS])
    await four.call(group.id)
    current = desk_view(await seen(), four.id, None, DeskExtra()).current
    assert current
    assert (current.number, current.people) == (group.number, 3)
    assert current.company
    assert current.company["en"] == "Group: 3 people; Somebody comes along to help"
    assert current.planned_minutes == 3 * (await seen()).planned_minutes((ACCOUNTS,))


async def test_no_row_has_more_people_than_a_group_may_have() -> None:
    one = await issue(people=MOST_PEOPLE)
    for people in (0, MOST_PEOPLE + 1):
        with pytest.raises(Exception, match="ticket_people_check"):
            await db.fetch("UPDATE ticket SET people = $2 WHERE id = $1", one.id, people)


async def test_how_long_a_service_takes_is_not_learned_from_groups() -> None:
    """Their visit is as long as several, and says nothing of any one of them."""
    desk = await open_desk("1", MONDAY)
    group = await issue(people=5)
    await desk.call(group.id)
    await desk.start(group.id)
    await replace(desk, now=MONDAY + timedelta(hours=1)).finish(group.id)
    directory = await reference.directory()
    assert await learning.learn(directory, MONDAY + timedelta(hours=2), due=True) == 0
    await db.fetch("UPDATE ticket SET people = 1")
    assert await learning.learn(directory, MONDAY + timedelta(hours=2), due=True) == 1
