"""The engine's queue gives whom the ranking puts first."""

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.dispatch import (
    POLICIES,
    CallingDesk,
    Expected,
    Outlook,
    Person,
    PolicyName,
    Waiting,
    as_person,
)
from queue_app.domain.line import Line
from tests.domain.halls import crowds, desks, planned, some_services
from tests.domain.ranking import rank

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def waiting_of(person: Person) -> Waiting:
    return Waiting(
        id=person.id,
        number=str(person.id),
        services=tuple(sorted(person.services)),
        queued_at=NOW + timedelta(minutes=person.queued - 300),
        due_at=None if person.due is None else NOW + timedelta(minutes=person.due - 300),
        priority="veteran" if person.priority else None,
        for_desk_id=person.for_desk_id,
    )


outlooks = st.builds(
    lambda expected, free: (sorted(expected, key=lambda one: one.due), free),
    st.lists(st.builds(Expected, st.integers(0, 15).map(float), some_services), max_size=4),
    st.integers(0, 20).map(float),
)


@given(crowds(), desks, st.sampled_from(list(POLICIES)), outlooks)
def test_the_line_gives_whom_the_ranking_puts_first(
    people: list, views: list[CallingDesk], name: PolicyName, seen: tuple[list[Expected], float]
) -> None:
    policy = POLICIES[name]
    outlook = Outlook(
        seen[0], [(desk, seen[1] * place) for place, desk in enumerate(views)], planned
    )
    left = [waiting_of(one.person) for one in people]
    line = Line(policy, views)
    for one in left:
        line.add(as_person(one, NOW), -math.inf)
    turn = 0
    stuck = 0
    while left and stuck < len(views):
        index = turn % len(views)
        turn += 1
        ranked = rank(left, views[index], NOW, policy, outlook)
        first = ranked[0] if ranked and ranked[0].reason.code != "held_for_booking" else None
        taken = line.take(index, 0.0, outlook)
        assert (taken.id if taken else None) == (first.waiting.id if first else None)
        assert line.holds or first or not ranked
        stuck = 0 if first else stuck + 1
        left = [one for one in left if first is None or one.id != first.waiting.id]
        assert line.count == len(left) == len(list(line))


@given(crowds(), desks)
def test_a_copy_of_the_line_leaves_it_as_it_is(people: list, views: list[CallingDesk]) -> None:
    line = Line(POLICIES["promise"], views)
    for one in people:
        line.add(one.person, one.arrives)
    before = sorted(one.id for one in line)
    twin = line.copy()
    for index in range(len(views)):
        for _ in people:
            twin.take(index, 500.0)
    assert sorted(one.id for one in line) == before
    assert line.count == len(people)
