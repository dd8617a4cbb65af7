"""The wait as a range: honest, steady, and for everybody whom a desk will call."""

import math
import random
import tracemalloc
from statistics import fmean

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_app.domain import chance, runs, told_range, waits
from queue_app.domain.dispatch import POLICIES, CallingDesk, Person, PolicyName, may_call
from queue_app.domain.habits import Habits
from queue_app.domain.scene import ForeseenDesk, Scene, Underway
from queue_app.domain.service_times import ServiceTime
from tests.domain.halls import bookings, crowds, desks, planned

TIME = ServiceTime(math.log(8), 0.4, 50)
BILL = frozenset({"bill"})


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.0, 0.2, (0, 1)), (8.4, 12.1, (8, 13)), (29.6, 31.0, (30, 35)), (41.0, 63.2, (40, 65))],
)
def test_long_waits_are_told_in_fives_outward(
    low: float, high: float, told: tuple[int, int]
) -> None:
    assert told_range.shown(low, high) == told


def scene(
    waiting: list[Person], views: list[CallingDesk], name: PolicyName = "promise", **more: object
) -> Scene:
    whole = Scene(
        waiting=waiting,
        desks=[ForeseenDesk(view) for view in views],
        booked=[],
        expected=[],
        time_of=lambda _: TIME,
        planned=planned,
        policy=POLICIES[name],
    )
    return msgspec.structs.replace(whole, **more)


def before_now(people: list) -> list[Person]:
    return [
        msgspec.structs.replace(
            one.person,
            queued=one.person.queued - 300,
            due=None if one.person.due is None else one.person.due - 300,
        )
        for one in people
    ]


@settings(max_examples=40)
@given(crowds(12), crowds(6), desks, st.sampled_from(list(POLICIES)))
def test_everybody_whom_a_desk_can_serve_has_a_wait_and_nobody_else(
    people: list, coming: list, views: list[CallingDesk], name: PolicyName
) -> None:
    booked = [
        msgspec.structs.replace(one.person, id=one.person.id + 100, for_desk_id=None)
        for one in coming
        if one.person.due is not None
    ]
    hall = scene(before_now(people), views, name, booked=booked, expected=bookings(coming))
    found = waits.estimate(hall, runs=8)
    assert found.keys() == {
        one.id for one in hall.waiting if any(may_call(desk, one) for desk in views)
    }
    assert sorted(one.people_ahead for one in found.values()) == list(range(len(found)))
    for one in found.values():
        assert 0 <= one.low_minutes < one.high_minutes
    assert all(len(runs) == 8 for runs in waits.forecast(hall, 8).values())


@settings(max_examples=40)
@given(crowds(12), desks, st.sampled_from(list(POLICIES)))
def test_a_walk_in_who_joins_now_changes_nobodys_estimate(
    people: list, views: list[CallingDesk], name: PolicyName
) -> None:
    """Estimates move because the hall changed for a person, not because chance did."""
    hall = scene([one for one in before_now(people) if one.due is None], views, name)
    before = waits.forecast(hall, 8)
    joined = [*hall.waiting, Person(999, BILL, 0.0)]
    after = waits.forecast(msgspec.structs.replace(hall, waiting=joined), 8)
    assert {number: runs for number, runs in after.items() if number != 999} == before


def test_alone_before_a_free_desk_the_wait_is_nothing() -> None:
    found = waits.estimate(scene([Person(1, BILL, 0.0)], [CallingDesk(1, BILL)]))
    assert found == {1: told_range.Wait(people_ahead=0, low_minutes=0, high_minutes=1)}


def test_a_desk_that_opens_later_or_leaves_is_known() -> None:
    hall = scene([Person(1, BILL, 0.0)], [])
    view = CallingDesk(1, BILL)
    later = msgspec.structs.replace(hall, desks=[ForeseenDesk(view, opens=20.0)])
    assert waits.point(later) == {1: 20.0}
    resting = msgspec.structs.replace(hall, desks=[ForeseenDesk(view, breaks=((-1.0, 12.0),))])
    assert waits.point(resting) == {1: 12.0}
    leaving = msgspec.structs.replace(hall, desks=[ForeseenDesk(view, leaves=0.0)])
    assert waits.estimate(leaving) == {}


def test_the_rest_of_a_visit_is_that_of_one_that_has_lasted_so_long() -> None:
    """Against a large sample of visits, of which the shorter ones are left out."""
    chance = random.Random(5)
    sample = [chance.lognormvariate(TIME.mu, TIME.sigma) for _ in range(40_000)]
    for passed in (2.0, 10.0, 20.0):
        left = [one - passed for one in sample if one > passed]
        draws = [runs._NORMAL.inv_cdf((place + 0.5) / 500) for place in range(500)]
        rest = [runs.residual(Underway(passed, TIME), one, Habits()) for one in draws]
        assert fmean(rest) == pytest.approx(fmean(left), rel=0.06)
    assert runs.residual(Underway(-1.0, TIME), 0.0, Habits()) == pytest.approx(8.0)


def test_a_booking_whose_holder_is_long_overdue_hardly_counts() -> None:
    hall = scene([Person(1, BILL, 0.0)], [CallingDesk(1, BILL)])
    for due, most in ((-30.0, 0.05), (0.0, 0.6), (60.0, 0.86)):
        person = Person(2, BILL, 0.0, due=due)
        assert runs._to_come(hall, person).share < most
    assert runs._to_come(hall, Person(2, BILL, 0.0, due=60.0)).share > 0.84


def test_the_share_that_has_left_is_linear_between_what_is_known() -> None:
    gone_by = ((30.0, 0.1), (60.0, 0.3))
    assert runs.patience_of(gone_by, 0.05) == 15.0
    assert runs.patience_of(gone_by, 0.2) == pytest.approx(45.0)
    assert runs.patience_of(gone_by, 0.3) == math.inf
    assert runs.patience_of((), 0.0) == math.inf


def test_people_with_priority_who_will_come_make_the_wait_longer() -> None:
    people = [Person(number, BILL, -1.0) for number in range(6)]
    hall = scene(people, [CallingDesk(1, BILL)])
    habits = Habits(priority_per_minute=0.05, asked=((BILL, 1.0),))
    more = msgspec.structs.replace(hall, habits=habits)
    assert fmean(waits.forecast(more)[5]) > fmean(waits.forecast(hall)[5]) + 5


def test_a_quantile_leaves_the_promised_share_of_one_more_draw_below() -> None:
    assert told_range.quantile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert told_range.quantile([1.0, 2.0, 3.0], 0.25) == 1.0
    assert told_range.quantile([1.0, 2.0, 3.0], 0.01) == 1.0
    assert told_range.quantile([7.0], 0.9) == 7.0


@pytest.mark.slow
def test_only_whoever_is_in_a_hall_takes_memory_and_what_all_halls_share_takes_it_once() -> None:
    dice = chance.Dice()
    halls = [chance.Draws(dice) for _ in range(10)]
    tracemalloc.start()
    for run in range(waits.RUNS):
        dice.strangers(run)
    for first in range(0, 1000, 50):
        for hall in halls:
            hall.of(range(first, first + 100), waits.RUNS)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 5_000_000, "ten halls of a hundred people each; ten times as many passed"


def test_a_wait_is_the_same_whoever_else_was_drawn_before() -> None:
    people = [Person(number, BILL, -1.0) for number in range(6)]
    hall = scene(people, [CallingDesk(1, BILL)])
    kept = chance.Draws()
    for of in (hall, msgspec.structs.replace(hall, waiting=people[3:]), hall):
        for count in (8, waits.RUNS):
            assert waits.forecast(of, count, draws=kept) == waits.forecast(of, count)
