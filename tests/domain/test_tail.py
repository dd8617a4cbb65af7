"""The end of the line, beside a run of the whole hall with the same people in it."""

import math
import random
from statistics import fmean

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_app.domain import waits
from queue_app.domain.dispatch import POLICIES, CallingDesk, Person, PolicyName
from queue_app.domain.scene import Scene
from queue_app.domain.tail import MOST_JOINED, NextTurn
from tests.domain.halls import bookings, crowds, desks
from tests.domain.test_waits import BILL, before_now, scene

ME = 2**63 - 1
METER = frozenset({"meter"})


def joining(number: int, services: frozenset[str], queued: float = 0.0) -> Person:
    return Person(number, services, queued)


def by_a_run(hall: Scene, *joined: Person) -> float | None:
    """The minute of the last of them."""
    whole = msgspec.structs.replace(hall, waiting=[*hall.waiting, *joined])
    return waits.point(whole).get(joined[-1].id)


@settings(max_examples=60)
@given(crowds(12), crowds(6), desks, st.sampled_from(list(POLICIES)))
def test_the_first_who_joins_is_told_what_a_run_of_the_hall_tells(
    people: list, coming: list, views: list[CallingDesk], name: PolicyName
) -> None:
    booked = [
        msgspec.structs.replace(one.person, id=one.person.id + 100, for_desk_id=None)
        for one in coming
        if one.person.due is not None
    ]
    hall = scene(before_now(people), views, name, booked=booked, expected=bookings(coming))
    me = joining(ME, BILL)
    turn = NextTurn.found(hall, [], me)
    expected = by_a_run(hall, me)
    assert (turn is None) == (expected is None)
    if turn:
        ahead, minute = turn.next()
        order = waits.point(msgspec.structs.replace(hall, waiting=[*hall.waiting, me]))
        assert math.isclose(minute, expected or 0.0, abs_tol=1e-6)
        assert ahead == list(order).index(ME)


@settings(max_examples=60)
@given(
    st.integers(0, 15),
    st.integers(1, 5),
    st.lists(st.sampled_from((1, 1, 1, 2, 5)), min_size=1, max_size=MOST_JOINED),
)
def test_where_all_desks_are_alike_so_is_everybody_who_joins_later(
    waiting: int, places: int, joining_later: list[int]
) -> None:
    hall = scene(
        [joining(number, BILL, number - 100.0) for number in range(1, waiting + 1)],
        [CallingDesk(number, BILL) for number in range(places)],
    )
    joined: list[Person] = []
    turn = NextTurn.found(hall, joined, joining(ME, BILL))
    assert turn
    for number, people in enumerate(joining_later):
        joined.append(replace(joining(1000 + number, BILL, number / 100), people=people))
        assert turn.move_on(joined)
        ahead, minute = turn.next()
        expected = by_a_run(hall, *joined, joining(ME, BILL, 1.0))
        assert math.isclose(minute, expected or 0.0, abs_tol=1e-6)
        assert places > 1 or ahead == waiting + sum(one.people for one in joined)


def test_in_a_mixed_hall_whoever_joins_later_is_told_nearly_what_a_run_tells() -> None:
    """Thirty halls of three kinds of desks, twenty people who join each."""
    dice, errors = random.Random(20261126), []
    kinds = [BILL, METER, BILL | METER]
    for _ in range(30):
        views = [CallingDesk(number, dice.choice(kinds)) for number in range(dice.randint(2, 6))]
        views.append(CallingDesk(99, BILL | METER))
        waiting = [joining(n, dice.choice(kinds), n - 100.0) for n in range(1, dice.randint(2, 30))]
        hall, joined, turns = (
            scene(waiting, views),
            list[Person](),
            dict[frozenset[str], NextTurn](),
        )
        for number in range(20):
            services = dice.choice(kinds)
            turn = turns.get(services)
            if turn is None or not turn.move_on(joined):
                turn = NextTurn.found(hall, joined, joining(ME, services, 1.0))
                assert turn
                turns[services] = turn
            _, minute = turn.next()
            expected = by_a_run(hall, *joined, joining(ME, services, 1.0))
            assert expected is not None
            errors.append(abs(minute - expected) / max(expected, 5.0))
            joined.append(joining(1000 + number, services, number / 100))
    assert fmean(errors) < 0.05
    assert sorted(errors)[int(0.95 * len(errors))] < 0.25


def test_after_many_have_joined_a_run_must_tell_again() -> None:
    hall = scene([], [CallingDesk(1, BILL)])
    turn = NextTurn.found(hall, [], joining(ME, BILL))
    assert turn
    many = [joining(number, BILL) for number in range(MOST_JOINED + 1)]
    assert turn.move_on(many[:-1])
    assert not turn.move_on(many)
