"""One desk more or less, foretold for the very hall as it stands."""

import pytest

from queue_app.domain.half_hours import Past
from queue_app.domain.hall import Hall
from queue_app.domain.what_if import StaffingAnswer, staffing_answer
from tests.domain.screen_halls import TEN, after, at_desk, desk, hall, stop, ticket

ENDED = ("bill", "meter", "legal")
"""No tickets for anything: who is there is all there is."""


def answer(
    seen: Hall, *ended: str, more: int | None = None, less: int | None = None
) -> StaffingAnswer | None:
    return staffing_answer(seen.snapshot, Past((), {}), ended or ENDED, more, less)


def crowd(*services: str, people: int = 12) -> Hall:
    waiting = [ticket(n, "waiting", *(services or ("bill",))) for n in range(1, people + 1)]
    return hall(*waiting, desks=[desk(1), desk(2, "closed")])


@pytest.fixture
def asked() -> StaffingAnswer:
    found = answer(crowd())
    assert found
    return found


def test_a_desk_more_shortens_the_waits_and_the_day(asked: StaffingAnswer) -> None:
    assert asked.more and asked.more_desk == 2 and not asked.twin
    assert asked.more.mean_minutes < 0.7 * asked.as_it_is.mean_minutes
    assert asked.more.high_minutes < asked.as_it_is.high_minutes
    assert asked.more.high_at < asked.as_it_is.low_at
    assert asked.more.over < asked.as_it_is.over
    assert asked.as_it_is.low_at > TEN
    assert asked.as_it_is.people <= asked.more.people == 12, "fewer lose patience"


def test_a_desk_less_lengthens_them_and_whom_nobody_calls_is_counted() -> None:
    people = [ticket(n) for n in range(1, 9)]
    found = answer(hall(*people))
    assert found and found.less and found.less_desk in (1, 2)
    assert found.less.mean_minutes > 1.4 * found.as_it_is.mean_minutes
    assert found.twin and found.more, "no desk is closed: another one like the better of the two"
    assert found.more.mean_minutes < found.as_it_is.mean_minutes
    law = answer(hall(*people, ticket(9, "waiting", "legal")), less=2)
    assert law and law.less and law.less.uncalled == 1


def test_the_same_hall_has_the_same_answer(asked: StaffingAnswer) -> None:
    assert answer(crowd()) == asked


def test_the_desk_that_helps_most_is_opened_unless_another_is_wished_for() -> None:
    three = [ticket(n, "waiting", "legal") for n in range(1, 5)]
    seen = hall(*three, ticket(5), desks=[desk(1, "closed"), desk(2, "closed")])
    found = answer(seen)
    assert found is None or found.more_desk == 2
    at_one = answer(hall(*three, desks=[desk(1, "closed"), desk(2)]), more=1)
    assert at_one and at_one.more_desk == 1 and at_one.more
    assert at_one.more.mean_minutes == at_one.as_it_is.mean_minutes, "it gives no legal advice"


def test_walk_ins_come_but_not_for_what_no_ticket_is_given_for() -> None:
    alone = answer(crowd())
    with_others = answer(crowd(), "legal")
    assert alone and with_others
    assert with_others.as_it_is.people > alone.as_it_is.people
    assert with_others.as_it_is.high_at > alone.as_it_is.high_at


def test_the_visit_at_hand_is_finished_before_its_desk_goes() -> None:
    one = at_desk(1, 1, "serving", called_at=after(-3), started_at=after(-2))
    found = answer(hall(one, desks=[desk(1)]))
    assert found and found.less
    assert found.as_it_is.high_at > TEN
    assert found.less.high_at == found.as_it_is.high_at


def test_nothing_is_foretold_while_nobody_knows_when_calls_go_on() -> None:
    assert answer(hall(ticket(1), interruptions=[stop()])) is None
