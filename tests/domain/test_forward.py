"""The engine: breaks, ends of shifts, people who left, idle desks."""

from queue_app.domain.dispatch import POLICIES, DeskView, Person
from queue_app.domain.forward import ABSENT_MINUTES, Coming, Forward, Shift

BILL, METER = frozenset({"bill"}), frozenset({"meter"})
FCFS = POLICIES["fcfs"]


def comes(number: int, at: float, length: float = 10.0, services: frozenset[str] = BILL) -> Coming:
    return Coming(Person(number, services, at), at, length)


def minutes(people: list[Coming], *shifts: Shift) -> dict[int, tuple[float, int]]:
    called = Forward(people, shifts, FCFS).run()
    return {number: (call.minute, call.desk_id) for number, call in called.items()}


def test_a_break_begins_after_the_visit_at_hand_and_the_desk_comes_back() -> None:
    desk = Shift(DeskView(1, BILL), 0.0, breaks=((5.0, 30.0),))
    assert minutes([comes(1, 0), comes(2, 1)], desk) == {1: (0.0, 1), 2: (30.0, 1)}


def test_a_visit_longer_than_the_break_leaves_no_second_clerk() -> None:
    desk = Shift(DeskView(1, BILL), 0.0, breaks=((5.0, 30.0),))
    assert minutes([comes(1, 0, 60), comes(2, 1)], desk)[2] == (60.0, 1)


def test_an_idle_desk_takes_nobody_in_its_break() -> None:
    desk = Shift(DeskView(1, BILL), 0.0, breaks=((5.0, 30.0),))
    assert minutes([comes(1, 10), comes(2, 40)], desk) == {1: (30.0, 1), 2: (40.0, 1)}


def test_after_its_end_a_desk_takes_nobody_and_who_is_left_is_not_called() -> None:
    assert minutes([comes(1, 0), comes(2, 1)], Shift(DeskView(1, BILL), 0.0, 9.0)) == {1: (0.0, 1)}


def test_the_longest_idle_desk_that_can_serve_takes_the_newcomer() -> None:
    shifts = [Shift(DeskView(1, METER), 0.0), Shift(DeskView(2, BILL), 3.0)]
    shifts.append(Shift(DeskView(3, BILL), 1.0))
    assert minutes([comes(1, 5)], *shifts) == {1: (5.0, 3)}


def test_who_left_unseen_costs_the_desk_two_minutes() -> None:
    gone = Coming(Person(2, BILL, 1.0), 1.0, 10.0, gone=8.0)
    called = Forward([comes(1, 0), gone, comes(3, 2)], [Shift(DeskView(1, BILL), 0.0)], FCFS).run()
    assert called[2].absent
    assert called[3].minute == 10.0 + ABSENT_MINUTES


def test_a_run_stops_at_the_minute_it_is_told() -> None:
    forward = Forward([comes(1, 0), comes(2, 1)], [Shift(DeskView(1, BILL), 0.0)], FCFS)
    assert forward.run(until=5.0).keys() == {1}


def test_who_waits_from_the_beginning_stands_before_who_comes() -> None:
    forward = Forward(
        [comes(2, 0)], [Shift(DeskView(1, BILL), 0.0)], FCFS, waiting=[comes(1, -5.0)]
    )
    called = forward.run()
    assert (called[1].minute, called[2].minute) == (0.0, 10.0)
