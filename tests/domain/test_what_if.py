"""One desk more or less, foretold for the very hall as it stands."""

import heapq
import math
import random
from datetime import timedelta

import pytest

from queue_app.domain.habits import Habits
from queue_app.domain.half_hours import Past
from queue_app.domain.hall import Hall
from queue_app.domain.what_if import StaffingAnswer, staffing_answer
from tests.domain.screen_halls import TEN, after, at_desk, desk, hall, stop, ticket

ENDED = ("bill", "meter", "legal")
"""No tickets for anything: who is there is all there is."""
SIGMA = 0.35
"""Of the logarithm of a visit of whose length nothing but the published one is known."""


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
    assert law.less.low_at > law.as_it_is.low_at, "the others are served all the same"


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


# Whether it is true


def by_hand(people: int, desks: int) -> float:
    """The mean wait of people of one service, who are there at once, before so many desks: a line
    worked out by itself, by the published time alone."""
    chance, waits = random.Random(7), []
    for _ in range(2_000):
        free = [0.0] * desks
        for _ in range(people):
            begins = heapq.heappop(free)
            waits.append(begins)
            length = chance.lognormvariate(math.log(10), SIGMA)
            heapq.heappush(free, begins + length + Habits().change_over)
    return sum(waits) / len(waits)


@pytest.mark.parametrize("people", [4, 8])
def test_the_waits_are_those_of_a_line_that_is_worked_out_by_hand(people: int) -> None:
    at_once = [ticket(n, issued_at=TEN, queued_at=TEN) for n in range(1, people + 1)]
    found = answer(hall(*at_once, desks=[desk(1), desk(2, "closed")]))
    assert found and found.more
    for told, desks in ((found.as_it_is, 1), (found.more, 2)):
        right = by_hand(people, desks)
        assert abs(told.mean_minutes - right) < 1 + 0.1 * right, (told, right)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_hall_a_desk_more_lengthens_no_wait_and_a_desk_less_shortens_none(
    seed: int,
) -> None:
    """Beyond noise: a minute, and two in a hundred."""
    chance = random.Random(seed)
    wishes = [("bill",), ("meter",), ("legal",), ("bill", "meter")]
    tickets = [
        ticket(n, "waiting", *chance.choice(wishes), issued_at=after(-chance.uniform(0, 40)))
        for n in range(1, chance.randint(3, 14))
    ]
    states = chance.choice([("open", "open"), ("open", "closed"), ("closed", "open")])
    desks = [desk(number, state) for number, state in enumerate(states, start=1)]
    found = answer(hall(*tickets, desks=desks), "bill", "meter", "legal")
    assert found
    now, more, less = found.as_it_is, found.more, found.less
    assert more and more.uncalled <= now.uncalled
    assert more.over <= 2 + now.over
    if more.uncalled == now.uncalled:
        assert more.mean_minutes <= 1 + 1.02 * now.mean_minutes
        assert more.high_at <= now.high_at + timedelta(minutes=1)
    if less:
        assert less.uncalled >= now.uncalled
        assert less.over >= now.over - 2
        assert less.people == pytest.approx(now.people, abs=1)
        if less.uncalled == now.uncalled:
            assert less.mean_minutes >= 0.98 * now.mean_minutes - 1


def test_who_is_never_called_has_waited_too_long() -> None:
    """Else closing the only desk would look like the end of all waits."""
    found = answer(hall(ticket(1), ticket(2), desks=[desk(1)]))
    assert found and found.less
    assert (found.less.people, found.less.called, found.less.over) == (2, 0, 100)
