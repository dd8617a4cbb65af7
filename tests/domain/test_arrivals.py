"""When somebody with a booking may come in, and how long they may come back."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from queue_app.domain import arrivals
from queue_app.domain.centre import Rules
from queue_app.domain.interruptions import Interruption
from queue_app.domain.numbering import booking_in
from queue_app.domain.tickets import Event, State, Ticket, expected_next, is_away
from tests.domain.screen_halls import after, own, ticket

RULES = Rules(late_minutes=10, check_in_early_minutes=120)
LINK = "3-abcdefghijkl_mnop-99"


def booked(due: float, state: State = "waiting", called: float | None = None) -> Ticket:
    called_at = None if called is None else after(called)
    due_at = after(due)
    return own(ticket(9, state, due_at=due_at, appointment_id=1, called_at=called_at, desk_id=1))


@pytest.mark.parametrize(
    ("called", "expected"), [(-400, after(0)), (-0.1, after(0)), (0, None), (5, None)]
)
def test_a_call_before_the_booked_time_makes_nobody_a_no_show(
    called: float, expected: datetime | None
) -> None:
    assert expected_next(booked(0, "called", called), [], after(6), 15) == expected


def test_a_walk_in_who_is_not_there_is_a_no_show() -> None:
    absent = own(ticket(1, "called", called_at=after(-3), desk_id=1))
    assert expected_next(absent, [], after(0), 15) is None


def test_who_does_not_answer_is_phoned_once_more_a_quarter_of_an_hour_later() -> None:
    call = replace(booked(0, "called", 1), channel="phone")
    tried = [
        Event(1, after(2), "issue", "system"),
        Event(2, after(3), "expect", "clerk", expected_at=after(17)),
    ]
    assert expected_next(call, tried[:1], after(2), 15) == after(17)
    assert expected_next(call, tried, after(20), 15) is None
    assert expected_next(call, tried[:1], after(2), 0) is None
    early = replace(booked(30, "called", 5), channel="phone")
    assert expected_next(early, tried, after(6), 15) == after(30)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([(0, 10)], 17),
        ([(20, 30)], 30),  # it would have met this one's beginning
        ([(5, 18)], 18),
        ([(20, 30), (32, 40)], 40),  # two minutes between are too few
        ([(35, 45), (20, 25)], 25),
        ([(27, 40)], 17),
    ],
)
def test_a_second_try_of_a_call_meets_no_other_call_to_the_same_person(
    others: list[tuple[float, float]], expected: float
) -> None:
    call = replace(booked(0, "called", 1), channel="phone")
    beside = [(after(begins), after(ends)) for begins, ends in others]
    again = expected_next(call, [], after(2), 15, beside, timedelta(minutes=10))
    assert again == after(expected)


def test_who_is_expected_is_away_until_their_time() -> None:
    away = replace(booked(30).progress, expected_at=after(30))
    assert is_away(away, after(29.9))
    assert not is_away(away, after(30))
    assert not is_away(booked(30).progress, after(0))


@pytest.mark.parametrize("state", ["left", "no_show"])
def test_a_booking_checks_in_again_until_its_time_and_the_minutes_of_grace(state: State) -> None:
    ended = booked(0, state)
    for minutes, holds in ((-400, True), (0, True), (10, True), (10.1, False)):
        assert arrivals.keeps_right(ended, (), RULES, after(minutes)) is holds


def test_an_interruption_moves_the_end_of_the_right() -> None:
    stop = Interruption(1, "alert", None, None, after(-5), after(20), after(30))
    assert arrivals.keeps_right(booked(0, "left"), (stop,), RULES, after(40))
    assert not arrivals.keeps_right(booked(0, "left"), (stop,), RULES, after(40.1))


def test_a_visit_that_has_begun_uses_the_right_up() -> None:
    begun = booked(60, "left")
    begun = replace(begun, progress=replace(begun.progress, started_at=after(-5)))
    assert not arrivals.keeps_right(begun, (), RULES, after(0))


def test_who_booked_nothing_has_no_right_to_come_back() -> None:
    assert not arrivals.keeps_right(own(ticket(1, "left")), (), RULES, after(0))


def test_a_check_in_is_taken_as_early_as_the_centre_says() -> None:
    assert arrivals.checks_in_from(after(0), RULES) == after(-120)
    whole_day = timedelta(minutes=Rules().check_in_early_minutes)
    assert whole_day == timedelta(days=1), "on the day of the booking, at any hour"
    assert isinstance(after(0), datetime)


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        " 123 456 ",
        "123-456",
        "123\u00a0456\n",
        "12 34 56",
        "123\u2013456",
        "123\u2011456",
        "١٢٣ ٤٥٦",
        "۱۲۳۴۵۶",
        "१२३४५६",
        "１２３４５６",
    ],
)
def test_six_digits_are_a_code_however_they_are_spaced_and_on_whatever_keyboard(text: str) -> None:
    assert booking_in(text) == "123456"


@pytest.mark.parametrize(
    "text",
    [
        LINK,
        f"/visit/{LINK}",
        f"https://queue.example/visit/{LINK}",
        f" https://queue.example/visit/{LINK}/\n",
        f"https://queue.example/visit/{LINK}?lang=en",
        f"queue.example/visit/{LINK}#pass",
    ],
)
def test_the_link_of_a_booking_names_it(text: str) -> None:
    assert booking_in(text) == LINK


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a code",
        "12345",
        "1234567",
        "QA:123456",
        "https://queue.example/t/1-abcdefghijkl123456",
        "https://queue.example/123456",
        "+380 67 123 45 6",
        "1a2b3c4d5e6f",
        "visit/12-short",
    ],
)
def test_digits_in_some_other_text_are_nobodys_code(text: str) -> None:
    assert booking_in(text) is None
