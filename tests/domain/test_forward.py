"""The engine: breaks, ends of shifts, people who left, idle desks."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_app.domain.dispatch import POLICIES, CallingDesk, Person, Policy, in_live_queue
from queue_app.domain.forward import ABSENT_MINUTES, Coming, Forward, Shift, Stop
from tests.domain.halls import SERVICES, crowds, rosters

BILL, METER = frozenset({"bill"}), frozenset({"meter"})
FCFS = POLICIES["fcfs"]


def comes(number: int, at: float, length: float = 10.0, services: frozenset[str] = BILL) -> Coming:
    return Coming(Person(number, services, at), at, length)


def minutes(people: list[Coming], *shifts: Shift) -> dict[int, tuple[float, int]]:
    called = Forward(people, shifts, FCFS).run()
    return {number: (call.minute, call.desk_id) for number, call in called.items()}


def test_a_break_begins_after_the_visit_at_hand_and_the_desk_comes_back() -> None:
    desk = Shift(CallingDesk(1, BILL), 0.0, breaks=((5.0, 30.0),))
    assert minutes([comes(1, 0), comes(2, 1)], desk) == {1: (0.0, 1), 2: (30.0, 1)}


def test_a_visit_longer_than_the_break_leaves_no_second_clerk() -> None:
    desk = Shift(CallingDesk(1, BILL), 0.0, breaks=((5.0, 30.0),))
    assert minutes([comes(1, 0, 60), comes(2, 1)], desk)[2] == (60.0, 1)


def test_an_idle_desk_takes_nobody_in_its_break() -> None:
    desk = Shift(CallingDesk(1, BILL), 0.0, breaks=((5.0, 30.0),))
    assert minutes([comes(1, 10), comes(2, 40)], desk) == {1: (30.0, 1), 2: (40.0, 1)}


def test_after_its_end_a_desk_takes_nobody_and_who_is_left_is_not_called() -> None:
    assert minutes([comes(1, 0), comes(2, 1)], Shift(CallingDesk(1, BILL), 0.0, 9.0)) == {
        1: (0.0, 1)
    }


def test_the_longest_idle_desk_that_can_serve_takes_the_newcomer() -> None:
    shifts = [Shift(CallingDesk(1, METER), 0.0), Shift(CallingDesk(2, BILL), 3.0)]
    shifts.append(Shift(CallingDesk(3, BILL), 1.0))
    assert minutes([comes(1, 5)], *shifts) == {1: (5.0, 3)}


def test_who_left_unseen_costs_the_desk_two_minutes() -> None:
    gone = Coming(Person(2, BILL, 1.0), 1.0, 10.0, gone=8.0)
    called = Forward(
        [comes(1, 0), gone, comes(3, 2)], [Shift(CallingDesk(1, BILL), 0.0)], FCFS
    ).run()
    assert called[2].absent
    assert called[3].minute == 10.0 + ABSENT_MINUTES


def test_a_run_stops_at_the_minute_it_is_told() -> None:
    forward = Forward([comes(1, 0), comes(2, 1)], [Shift(CallingDesk(1, BILL), 0.0)], FCFS)
    assert forward.run(until=5.0).keys() == {1}


def test_who_waits_from_the_beginning_stands_before_who_comes() -> None:
    forward = Forward(
        [comes(2, 0)], [Shift(CallingDesk(1, BILL), 0.0)], FCFS, waiting=[comes(1, -5.0)]
    )
    called = forward.run()
    assert (called[1].minute, called[2].minute) == (0.0, 10.0)


def stopped(people: list[Coming], *stops: Stop, desks: int = 1) -> dict[int, float]:
    shifts = [Shift(CallingDesk(number, BILL | METER), 0.0) for number in range(desks)]
    called = Forward(people, shifts, FCFS, stops=stops).run()
    return {number: call.minute for number, call in called.items()}


def test_while_all_is_stopped_visits_stand_still_and_nobody_is_called() -> None:
    people = [comes(1, 0), comes(2, 1), comes(3, 40)]
    assert stopped(people, Stop(4.0, 64.0)) == {1: 0.0, 2: 70.0, 3: 80.0}


def test_an_idle_desk_calls_when_the_stop_ends() -> None:
    assert stopped([comes(1, 20)], Stop(4.0, 64.0)) == {1: 64.0}
    assert stopped([comes(1, 20)], Stop(4.0, 64.0), Stop(30.0, 90.0)) == {1: 90.0}


def test_only_visits_for_the_services_that_are_stopped_wait_for_its_end() -> None:
    meter = [comes(2, 6, services=METER), comes(3, 7, services=METER | BILL), comes(4, 8)]
    stop = Stop(4.0, 64.0, METER)
    assert stopped([comes(1, 0), *meter], stop) == {1: 0.0, 4: 10.0, 2: 64.0, 3: 74.0}


def test_without_a_known_end_whoever_is_stopped_is_not_called() -> None:
    people = [comes(1, 0), comes(2, 5, services=METER)]
    assert stopped(people, Stop(-3.0, math.inf, METER)) == {1: 0.0}
    assert stopped(people, Stop(-3.0, math.inf)) == {}


def test_nobody_loses_patience_while_all_is_stopped() -> None:
    waits = Coming(Person(2, BILL, 1.0), 1.0, 10.0, gone=30.0)
    shift = Shift(CallingDesk(1, BILL), 0.0)
    for stop, absent in ((Stop(5.0, 45.0), False), (Stop(5.0, 45.0, BILL), True)):
        assert Forward([comes(1, 0), waits], [shift], FCFS, stops=[stop]).run()[2].absent is absent


def test_a_run_goes_on_from_where_it_stopped() -> None:
    people, shift = [comes(1, 0), comes(2, 1), comes(3, 30)], Shift(CallingDesk(1, BILL), 0.0)
    forward = Forward(people, [shift], FCFS)
    forward.run(until=5.0)
    assert forward.minute == 5.0
    assert forward.run() == Forward(people, [shift], FCFS).run()


some_stops = st.lists(
    st.builds(
        lambda begins, lasts: Stop(float(begins), float(begins + lasts)),
        st.integers(0, 200),
        st.integers(1, 120),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60)
@given(crowds(), st.integers(1, 3), some_stops, st.sampled_from(list(POLICIES.values())))
def test_a_stop_of_all_changes_nobodys_place(
    crowd: list[Coming], count: int, stops: list[Stop], policy: Policy
) -> None:
    """Desks that serve everybody call those who stand there in the same order with it."""
    everything = frozenset(SERVICES)
    shifts = [Shift(CallingDesk(number, everything), 0.0) for number in range(1, count + 1)]
    there = [
        Coming(replace(one.person, queued=one.arrives - 300), -300, one.length) for one in crowd
    ]
    waiting = [one for one in there if in_live_queue(one.person, policy)]

    def order(stops: list[Stop]) -> list[int]:
        return list(Forward([], shifts, policy, waiting=waiting, stops=stops).run())

    assert order(stops) == order([])


@given(crowds(), rosters(), some_stops, st.sampled_from(list(POLICIES.values())))
def test_nobody_is_called_in_a_stop_and_all_others_stay_in_their_order(
    crowd: list[Coming], shifts: list[Shift], stops: list[Stop], policy: Policy
) -> None:
    called = Forward(crowd, shifts, policy, stops=stops).run()
    without = Forward(crowd, shifts, policy).run()
    assert called.keys() == without.keys()
    assert not any(
        stop.begins < call.minute < stop.ends for call in called.values() for stop in stops
    )
    alike: dict[tuple[frozenset[str], bool], list[Coming]] = {}
    for one in sorted(crowd, key=lambda one: (one.arrives, one.person.id)):
        if one.person.due is None and one.person.for_desk_id is None and one.person.id in called:
            alike.setdefault((one.person.services, one.person.priority), []).append(one)
    for row in alike.values():
        minutes = [called[one.person.id].minute for one in row]
        assert minutes == sorted(minutes)
