"""Who is called next: deterministic, within the skills, and without overtaking in a class."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.dispatch import (
    POLICIES,
    CallingDesk,
    Expected,
    Outlook,
    Policy,
    Ranked,
    Reason,
    Waiting,
    as_person,
    claim,
    held_back,
    may_call,
    place,
    reason_of,
    reserved,
)
from tests.domain.ranking import rank

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
POLICY = POLICIES["promise"]
SERVICES = ("bill", "meter", "debt")


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def person(
    id_: int,
    queued: float = -30,
    due: float | None = None,
    priority: str | None = None,
    desk: int | None = None,
    services: tuple[str, ...] = ("bill",),
) -> Waiting:
    due_at = None if due is None else at(due)
    return Waiting(id_, f"А{id_}", services, at(queued), due_at, priority, desk)


moments = st.integers(-120, 0)
people = st.lists(
    st.builds(
        person,
        st.integers(1, 10_000),
        moments,
        st.none() | st.integers(-120, 120),
        st.sampled_from([None, None, "veteran"]),
        st.sampled_from([None, None, None, 1, 2]),
        st.lists(st.sampled_from(SERVICES), min_size=1, unique=True).map(tuple),
    ),
    unique_by=lambda one: one.id,
    max_size=20,
)
desks = st.builds(
    CallingDesk, st.integers(1, 3), st.frozensets(st.sampled_from(SERVICES), min_size=1)
)


@given(people, desks, st.randoms())
def test_the_order_depends_on_the_people_and_the_time_alone(
    waiting: list[Waiting], desk: CallingDesk, chance: object
) -> None:
    shuffled = list(waiting)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank(waiting, desk, TEN, POLICY) == rank(shuffled, desk, TEN, POLICY)


@given(people, desks)
def test_a_desk_calls_just_those_it_can_serve_and_those_sent_to_it(
    waiting: list[Waiting], desk: CallingDesk
) -> None:
    listed = {one.waiting.id for one in rank(waiting, desk, TEN, POLICY)}
    for one in waiting:
        skilled = desk.services.issuperset(one.services)
        wanted = one.for_desk_id == desk.id if one.for_desk_id else skilled
        assert (one.id in listed) == wanted


@given(people, desks)
def test_the_lowest_claim_goes_first_and_early_bookings_wait_for_their_time(
    waiting: list[Waiting], desk: CallingDesk
) -> None:
    ranked = rank(waiting, desk, TEN, POLICY)
    keys = [
        (one.reason.code == "booked_early", claim(as_person(one.waiting, TEN), POLICY).key)
        for one in ranked
    ]
    assert keys == sorted(keys)


@given(people, desks, st.sampled_from([*POLICIES.values()]))
def test_who_has_joined_and_no_more_stands_where_the_rules_put_anybody(
    waiting: list[Waiting], desk: CallingDesk, policy: Policy
) -> None:
    """Most people are ranked by a shorter way: it leads to the same place and the same reason."""
    called = [one for one in waiting if may_call(desk, as_person(one, TEN))]
    everybody = sorted(called, key=lambda one: place(as_person(one, TEN), 0.0, policy))
    assert [(one.waiting, one.reason.code) for one in rank(waiting, desk, TEN, policy)] == [
        (one, reason_of(as_person(one, TEN), 0.0, policy)) for one in everybody
    ]


outlooks = st.builds(
    lambda expected, free: Outlook(
        sorted(expected, key=lambda one: one.due), free, lambda services: 15.0 * len(services)
    ),
    st.lists(
        st.builds(
            Expected,
            st.integers(0, 20).map(float),
            st.frozensets(st.sampled_from(SERVICES), min_size=1),
            st.integers(20_000, 30_000),
        ),
        max_size=4,
    ),
    st.lists(st.tuples(desks, st.integers(0, 30).map(float)), max_size=3),
)


@given(people, desks, st.sampled_from([*POLICIES.values()]), outlooks)
def test_who_is_held_back_for_a_booking_comes_last_and_nobody_else_moves(
    waiting: list[Waiting], desk: CallingDesk, policy: Policy, outlook: Outlook
) -> None:
    kept = reserved(desk, 0.0, policy, outlook)
    usual = rank(waiting, desk, TEN, policy)
    held = [
        one.waiting
        for one in usual
        if held_back(as_person(one.waiting, TEN), 0.0, policy, outlook, kept)
    ]
    ranked = rank(waiting, desk, TEN, policy, outlook)
    assert ranked == [one for one in usual if one.waiting not in held] + [
        Ranked(one, Reason("held_for_booking", one.due_at, one.priority)) for one in held
    ]


@given(people, desks)
def test_nobody_overtakes_within_a_class(waiting: list[Waiting], desk: CallingDesk) -> None:
    ranked = rank(waiting, desk, TEN, POLICY)
    for code in {one.reason.code for one in ranked}:
        of_class = [one.waiting for one in ranked if one.reason.code == code]
        for first, second in pairwise(of_class):
            if code in ("booked_on_time", "booked_early"):
                assert first.due_at <= second.due_at  # type: ignore[operator]
            elif code != "booked_late":
                assert first.queued_at <= second.queued_at


@given(people, desks, moments)
def test_one_more_person_never_changes_the_order_of_the_others(
    waiting: list[Waiting], desk: CallingDesk, queued: int
) -> None:
    before = [one.waiting.id for one in rank(waiting, desk, TEN, POLICY)]
    more = rank([*waiting, person(99_999, queued)], desk, TEN, POLICY)
    assert [one.waiting.id for one in more if one.waiting.id != 99_999] == before


@given(people)
def test_everyone_has_the_same_reason_whichever_desk_asks(waiting: list[Waiting]) -> None:
    for desk in (CallingDesk(1, frozenset(SERVICES)), CallingDesk(2, frozenset(SERVICES))):
        for one in rank(waiting, desk, TEN, POLICY):
            assert one.reason.code == reason_of(as_person(one.waiting, TEN), 0.0, POLICY)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (person(1), "waiting_longest"),
        (person(1, priority="veteran"), "priority"),
        (person(1, due=5), "booked_on_time"),
        (person(1, due=10), "booked_on_time"),
        (person(1, due=11), "booked_early"),
        (person(1, queued=-20, due=-30), "booked_on_time"),
        (person(1, queued=-19, due=-30), "booked_late"),
        (person(1, due=5, priority="veteran"), "booked_on_time"),
        (person(1, due=60, desk=3), "sent_to_desk"),
    ],
)
def test_the_reason_says_why(one: Waiting, expected: str) -> None:
    assert reason_of(as_person(one, TEN), 0.0, POLICY) == expected


def test_a_booking_goes_before_whoever_waited_an_hour_and_an_early_one_goes_last() -> None:
    """And priority is worth 45 minutes: whoever waited longer than that goes before it."""
    desk = CallingDesk(1, frozenset(SERVICES))
    waiting = [
        person(1, queued=-60),
        person(2, queued=-1, due=2),
        person(3, queued=-50, due=40),
        person(4, queued=-10, priority="veteran"),
        person(5, queued=-5, desk=1),
    ]
    assert [one.waiting.id for one in rank(waiting, desk, TEN, POLICY)] == [5, 2, 1, 4, 3]
