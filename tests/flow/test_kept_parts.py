"""What people were told with their tickets, by class: the figures of a replay."""

from datetime import date, timedelta
from random import Random

import pytest

from queue_app.queries import reference
from queue_app.queries.accuracy import kept_parts
from queue_app.simulation.kept_figures import TITLES, by_branch
from queue_app.simulation.replay_figures import RangeFigures, figures
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import take_ticket
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("database")

Told = tuple[date, tuple[float, float, float], float]


async def told(people: int = 24) -> list[Told]:
    """Some people of two days, each told a range with their ticket and called; one who left."""
    chance, found = Random(5), list[Told]()
    branch_id = (await reference.directory()).branch(BRANCH).id
    for number in range(people):
        at = MONDAY + timedelta(days=number % 2, minutes=10 * (number // 2))
        ticket = await take_ticket(at, service=("debt-amount", "bill-duplicate")[number % 3 == 0])
        low, waited = chance.randint(0, 20), chance.uniform(0, 30)
        high = low + chance.randint(1, 15)
        await db.fetch("DELETE FROM promise WHERE ticket_id = $1", ticket.id)
        await db.fetch(
            "INSERT INTO promise (branch_id, ticket_id, promised_at, revision, shown, low_minutes,"
            " high_minutes, outcome, waited_minutes, people_ahead, low_forecast, high_forecast)"
            " VALUES ($1, $2, $3, 1, 'ticket', $4, $5, $6, $7, $8, $9, $10)",
            branch_id, ticket.id, at, low, high, "called" if number else "left", waited,
            number % 8, low + 1.0, float(high),
        )  # fmt: skip
        if number:
            found.append((at.date(), (low, (low + high) / 2, high), waited))
    return found


async def test_what_is_added_up_by_class_is_the_figures_of_a_replay() -> None:
    every = await told()
    directory = await reference.directory()
    [(branch, parts)] = by_branch(await kept_parts(directory, MONDAY)).items()
    assert branch == BRANCH
    assert tuple(title for title, _ in parts) == TITLES
    (_, whole), *classes = parts
    assert [name for name, _ in whole] == ["as shown, whole minutes", "before correction"]
    assert_same(whole[0][1], figures(every))
    narrower = [(day, (low + 1, (low + high + 1) / 2, high), true) for day, (low, _, high), true
                in every]  # fmt: skip
    assert_same(whole[1][1], figures(narrower))
    for _, rows in classes:
        assert sum(one.count for _, one in rows) == len(every)
    names = {title: [name for name, _ in rows] for title, rows in classes}
    assert names == {
        "people ahead": ["0", "1", "2", "3 to 5", "6 to 10"],
        "hour": ["10", "11"],
        "service": ["bill-duplicate", "debt-amount"],
        "class": ["walk-in"],
    }


def assert_same(ours: RangeFigures, expected: RangeFigures) -> None:
    for field in RangeFigures.__struct_fields__:
        assert getattr(ours, field) == pytest.approx(getattr(expected, field)), field


async def test_of_a_day_before_nothing_is_counted() -> None:
    await told(4)
    directory = await reference.directory()
    parts = await kept_parts(directory, MONDAY + timedelta(days=1))
    assert {one.day for one in parts} == {MONDAY.date() + timedelta(days=1), None}
    assert by_branch(await kept_parts(directory, MONDAY + timedelta(days=9))) == {}
