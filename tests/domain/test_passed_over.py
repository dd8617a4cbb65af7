"""What a desk has on paper and passes over all day is not expected of it."""

from queue_app.domain.dispatch import CallingDesk, Person
from queue_app.domain.forecast import given_by
from queue_app.domain.habits import Habits
from queue_app.domain.passed_over import LEAST, InLine, PassedOver, given_today
from queue_app.domain.scene import ForeseenDesk

BILL, LEGAL = frozenset(["bill"]), frozenset(["legal"])
BOTH = BILL | LEGAL


def passing(times: int, other: InLine, one: InLine, day: PassedOver | None = None) -> PassedOver:
    day = day or PassedOver({1: BOTH, 2: BOTH}, head_start=10.0)
    for _ in range(times):
        day.call(1, one, [other])
    return day


def test_a_service_passed_over_again_and_again_and_never_given_is_found() -> None:
    first, later = InLine(LEGAL, 0.0), InLine(BILL, 5.0)
    assert passing(LEAST - 1, first, later).found() == {}
    assert passing(LEAST, first, later).found() == {1: LEGAL}


def test_who_gave_it_once_on_that_day_gives_it() -> None:
    first, later = InLine(LEGAL, 0.0), InLine(BILL, 5.0)
    day = passing(LEAST, first, later)
    day.call(1, first, [])
    assert day.found() == {}
    assert passing(LEAST, first, later, day).found() == {}


def test_whose_turn_it_was_not_was_not_passed_over() -> None:
    came_later, came_first = InLine(LEGAL, 5.0), InLine(BILL, 0.0)
    assert passing(LEAST, came_later, came_first).found() == {}
    assert passing(LEAST, InLine(LEGAL, 0.0), InLine(BILL, 5.0, priority=True)).found() == {}
    assert passing(LEAST, InLine(LEGAL, 0.0), InLine(BILL, 50.0, priority=True)).found() == {
        1: LEGAL
    }


def test_of_booked_times_and_of_several_services_nothing_is_said() -> None:
    later = InLine(BILL, 5.0)
    assert passing(LEAST, InLine(LEGAL, 0.0, due=True), later).found() == {}
    assert passing(LEAST, InLine(LEGAL, 0.0), InLine(BILL, 5.0, due=True)).found() == {}
    assert passing(LEAST, InLine(BOTH, 0.0), later).found() == {}


def test_what_a_desk_has_not_on_paper_it_cannot_pass_over() -> None:
    day = PassedOver({1: BILL}, head_start=0.0)
    assert passing(LEAST, InLine(LEGAL, 0.0), InLine(BILL, 5.0), day).found() == {}


def test_what_is_passed_over_stays_with_other_desks_and_with_all_where_nobody_is_left() -> None:
    desks = [
        CallingDesk(1, BOTH),
        CallingDesk(2, BOTH),
        CallingDesk(3, BILL),
        CallingDesk(4, LEGAL),
    ]
    assert given_today(desks, {1: LEGAL}, [LEGAL]) == {1: BILL, 2: BOTH, 3: BILL, 4: LEGAL}
    two = {1: LEGAL, 2: LEGAL}
    assert given_today(desks, two, [LEGAL]) == {1: BILL, 2: BILL, 3: BILL, 4: LEGAL}
    assert given_today(desks, two, [BOTH]) == {1: BOTH, 2: BOTH, 3: BILL, 4: LEGAL}
    assert given_today(desks[:3], two, []) == {1: BOTH, 2: BOTH, 3: BILL}


def test_whoever_was_sent_to_a_desk_is_expected_to_be_served_there() -> None:
    desks = [ForeseenDesk(CallingDesk(number, BOTH)) for number in (1, 2)]
    habits = Habits(passed_over={1: LEGAL})

    def given(person: Person) -> list[frozenset[str]]:
        return [one.desk.services for one in given_by(desks, habits, [person])]

    assert given(Person(7, LEGAL, 0.0)) == [BILL, BOTH]
    assert given(Person(7, LEGAL, 0.0, for_desk_id=1)) == [BOTH, BOTH]
    assert given(Person(7, LEGAL, 0.0, for_desk_id=2)) == [BILL, BOTH]
