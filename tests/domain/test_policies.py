"""What every policy promises, over whole days of the engine."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_app.domain.dispatch import (
    POLICIES,
    CallingDesk,
    Expected,
    Outlook,
    Person,
    Policy,
    PolicyName,
    held_back,
    in_live_queue,
    is_late,
    longest_head_start,
    may_call,
    reserved,
)
from queue_app.domain.forward import Called, Coming, Forward, Shift
from tests.domain.halls import bookings, crowds, planned, rosters

names = st.sampled_from(list(POLICIES))


def run(people: list[Coming], shifts: list[Shift], policy: Policy) -> dict[int, Called]:
    forward = Forward(people, shifts, policy, expected=bookings(people), minutes=planned)
    return forward.run(until=5000)


def passed(
    people: list[Coming], shifts: list[Shift], called: dict[int, Called]
) -> list[tuple[Person, Person]]:
    """Who was called while who waited that the same desk could have called."""
    views = {shift.desk.id: shift.desk for shift in shifts}
    found = []
    for one in people:
        call = called.get(one.person.id)
        if call is None:
            continue
        for other in people:
            later = called.get(other.person.id)
            if (
                other.arrives < call.minute
                and (later is None or later.minute > call.minute)
                and may_call(views[call.desk_id], other.person)
            ):
                found.append((one.person, other.person))
    return found


@given(crowds(), rosters(), names)
def test_nobody_starves(people: list[Coming], shifts: list[Shift], name: PolicyName) -> None:
    """At a desk that can serve you nobody goes first who joined more than the longest head start
    after you, or after your booked time if you kept it; except who was sent to that desk."""
    policy = POLICIES[name]
    for first, second in passed(people, shifts, run(people, shifts, policy)):
        if first.for_desk_id is None:
            kept = policy.from_booked_time and second.due is not None
            since = second.due if kept and not is_late(second, policy) else second.queued
            assert first.queued <= (since or 0.0) + longest_head_start(policy)


@given(crowds(), rosters(), names)
def test_nobody_overtakes_within_a_class(
    people: list[Coming], shifts: list[Shift], name: PolicyName
) -> None:
    """Of the live queue by when they joined, of the booked by their time. Whoever a look ahead
    holds back may be passed by a shorter visit, never by one for the same services."""
    policy = POLICIES[name]
    for first, second in passed(people, shifts, run(people, shifts, policy)):
        same = first.services == second.services or not policy.lookahead_minutes
        if not same or first.for_desk_id is not None or second.for_desk_id is not None:
            continue
        live = in_live_queue(first, policy) or not policy.from_booked_time
        if live != (in_live_queue(second, policy) or not policy.from_booked_time):
            continue
        if live and first.priority == second.priority:
            assert first.queued <= second.queued
        if not live:
            assert (first.due or 0.0) <= (second.due or 0.0)


@given(crowds(), rosters(), names)
def test_a_desk_calls_only_whom_it_can_serve_and_only_while_it_works(
    people: list[Coming], shifts: list[Shift], name: PolicyName
) -> None:
    by_id = {one.person.id: one for one in people}
    at = {shift.desk.id: shift for shift in shifts}
    for number, call in run(people, shifts, POLICIES[name]).items():
        shift = at[call.desk_id]
        assert may_call(shift.desk, by_id[number].person)
        assert call.minute >= max(shift.free, by_id[number].arrives)
        assert shift.resumes(call.minute) == call.minute


@given(crowds(), rosters(), names, st.randoms())
def test_the_same_day_runs_the_same_way(
    people: list[Coming], shifts: list[Shift], name: PolicyName, chance: object
) -> None:
    shuffled = list(people)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert run(people, shifts, POLICIES[name]) == run(shuffled, shifts, POLICIES[name])


@given(crowds(), rosters(), names)
def test_everybody_whom_a_desk_can_serve_is_called_once(
    people: list[Coming], shifts: list[Shift], name: PolicyName
) -> None:
    called = run(people, shifts, POLICIES[name])
    assert called.keys() == {
        one.person.id for one in people if any(may_call(shift.desk, one.person) for shift in shifts)
    }


LEGAL = frozenset({"legal"})
DESK, OTHER = CallingDesk(1, LEGAL), CallingDesk(2, LEGAL)
SOON = Expected(5.0, LEGAL, 9)


@pytest.mark.parametrize(
    ("person", "free", "held"),
    [
        (Person(1, LEGAL, -20.0), math.inf, True),
        (Person(1, LEGAL, -20.0, priority=True), math.inf, True),
        (Person(1, LEGAL, -20.0), 9.0, False),  # another desk takes the booking in time
        (Person(1, frozenset({"bill"}), -20.0), math.inf, False),  # short enough
        (Person(1, LEGAL, -116.0), math.inf, False),  # ranks before the booking
        (Person(1, LEGAL, -20.0, due=3.0), math.inf, False),  # has a booking that counts
        (Person(1, LEGAL, -20.0, due=-40.0), math.inf, True),  # came too late for it
        (Person(1, LEGAL, -20.0, for_desk_id=1), math.inf, False),
    ],
)
def test_the_last_desk_is_kept_for_a_booking_about_to_fall_due(
    person: Person, free: float, held: bool
) -> None:
    policy = POLICIES["promise"]
    outlook = Outlook([SOON], [(DESK, 0.0), (OTHER, free)], planned)
    kept = reserved(DESK, 0.0, policy, outlook)
    assert held_back(person, 0.0, policy, outlook, kept) == held


def test_a_desk_that_holds_somebody_back_takes_the_booking_the_moment_it_comes() -> None:
    walk_in = Coming(Person(1, LEGAL, 0.0), 0.0, 30.0)
    booked = Coming(Person(9, LEGAL, 4.5, due=5.0), 4.5, 10.0)
    called = run([walk_in, booked], [Shift(DESK, 0.0)], POLICIES["promise"])
    assert (called[9].minute, called[1].minute) == (4.5, 14.5)


def test_a_desk_that_waited_for_nothing_calls_within_a_minute_of_the_booked_time() -> None:
    walk_in = Coming(Person(1, LEGAL, 0.0), 0.0, 30.0)
    forward = Forward(
        [walk_in], [Shift(DESK, 0.0)], POLICIES["promise"], expected=[SOON], minutes=planned
    )
    assert 5.0 < forward.run()[1].minute <= 6.0
