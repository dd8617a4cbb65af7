"""How often a verb asks the database: each time costs as much as a rule does."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import RuleBroken
from queue_app.domain.people import RESIDENT
from queue_app.domain.ranges import Forecasts
from queue_app.flow import arrival, calling, ticket_limits
from queue_app.flow.act import By
from queue_app.queries import halls, reference, tickets
from queue_app.store import db
from tests.flow.desks import issue, now_of
from tests.support.hall import open_desk
from tests.support.people import BRANCH, KIOSK
from tests.support.statements import BEGIN, COMMIT, Statement, heard

pytestmark = pytest.mark.usefixtures("proven")


@pytest.fixture
def said() -> Iterator[list[Statement]]:
    """The statements so far."""
    with heard() as every:
        yield every


def key_if(keyed: bool) -> UUID | None:
    return uuid4() if keyed else None


@pytest.mark.parametrize("keyed", [False, True])
async def test_a_ticket_of_a_rush_is_two_statements(
    clock: FixedClock, said: list[Statement], keyed: bool
) -> None:
    """Where the hall stands, and the ticket with all that goes with it: how many are still given,
    its event, what its holder is told, the new version, the answer that is kept under a key. The
    second is the transaction."""
    await open_desk("1", clock.now())
    forecasts, asked = Forecasts(), []
    for _ in range(12):
        by = By(KIOSK, clock.now(), key_if(keyed), forecasts)
        said.clear()
        given = await arrival.issue(by, BRANCH, ["debt-amount"], None, "uk")
        asked.append(len(said))
    assert min(asked) == 2, "others look at the hall, too"
    promised = await db.fetch("SELECT * FROM promise WHERE ticket_id = $1", given.id)
    assert given.wait
    assert [
        (one["low_minutes"], one["high_minutes"], one["revision"], one["shown"]) for one in promised
    ] == [(given.wait.low_minutes, given.wait.high_minutes, 1, "ticket")]


async def test_which_services_have_no_tickets_left_is_one_question_however_many_are_asked(
    clock: FixedClock, said: list[Statement]
) -> None:
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    free, ended, few, *_ = directory.services
    for service, left in ((ended, 0), (few, 1)):
        await db.fetch(
            "INSERT INTO ticket_limit (branch_id, service, remaining, until)"
            " VALUES ($1, $2, $3, $4)",
            branch.id, service, left, clock.now() + timedelta(hours=1),
        )  # fmt: skip
    said.clear()
    with pytest.raises(RuleBroken) as refused:
        await ticket_limits.require_tickets(branch, (free, ended, few), clock.now())
    assert len(said) == 1
    assert refused.value.details["services"] == [ended]
    await ticket_limits.require_tickets(branch, (free, few), clock.now())


@pytest.mark.parametrize("keyed", [False, True])
async def test_a_call_is_four_statements_however_many_desks_call_at_once(
    clock: FixedClock, said: list[Statement], keyed: bool
) -> None:
    """The desk, the hall, the first who is free, the call with who is told by push; in a
    transaction, as the desk is locked, whose commit comes with the version, and under a key with
    the answer that is kept."""
    first = await issue(clock)
    desk = await open_desk("1", clock.now())
    said.clear()
    called = await calling.call(By(desk.clerk, clock.now(), key_if(keyed)), desk.id)
    assert called
    assert called.id == first
    assert len(said) == 1 + 4 + 1, said
    assert said[0] == (BEGIN, ())
    assert said[-1][0].endswith(f"; {COMMIT}")


@pytest.mark.parametrize("keyed", [False, True])
async def test_a_no_show_is_three_statements(
    clock: FixedClock, said: list[Statement], keyed: bool
) -> None:
    """The ticket with whose desk it is at, the interruptions, what happened with the version and
    under a key with the answer. The third is the transaction: nothing is locked before it."""
    await issue(clock)
    desk = await open_desk("1", clock.now())
    called = await desk.call()
    said.clear()
    await calling.no_show(By(desk.clerk, clock.now(), key_if(keyed)), called.id)
    assert len(said) == 3, said


async def test_whoever_another_desk_is_taking_is_passed_over_in_the_same_question(
    clock: FixedClock, said: list[Statement]
) -> None:
    people = [await issue(clock) for _ in range(3)]
    desk = await open_desk("1", clock.now())
    other = await db.engine.get_new_connection()
    try:
        async with other.transaction():
            await other.execute(
                f"SELECT id FROM ticket WHERE id IN ({people[0]}, {people[1]}) FOR NO KEY UPDATE"
            )
            said.clear()
            called = await desk.call()
    finally:
        await other.close()
    assert called.id == people[2]
    assert len(said) == 1 + 4 + 1, said


async def test_who_has_changed_since_the_hall_was_seen_is_passed_over(clock: FixedClock) -> None:
    people = [await issue(clock) for _ in range(2)]
    desk = await open_desk("1", clock.now())
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    seen = await halls.load(directory, branch, clock.now())
    before = [(one.id, one.revision) for one in seen.tickets]
    await arrival.leave(By(RESIDENT, clock.now()), (await now_of(people[0])).token)
    free = await tickets.first_free(branch.id, before)
    assert free
    assert free.id == people[1]
    await desk.call()
    assert await tickets.first_free(branch.id, before) is None
