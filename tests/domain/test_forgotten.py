"""Nobody is forgotten: of whom staff are reminded, from when, and who is told."""

from typing import get_args

from msgspec.structs import replace

from queue_app.domain.forecast import Appointed
from queue_app.domain.forgotten import Forgotten, grave, of_desk, reminders
from queue_app.domain.hall import Hall
from queue_app.screens.overview import branch_overview
from queue_app.texts.words import words
from queue_app.web.words import reminders as reminders_in
from tests.domain.screen_halls import after, at_desk, hall, stop, ticket

PARKED = ticket(3, "parked", parked_at=after(-19))


def said(seen: Hall, desk: int = 1) -> list[tuple[str, int | None]]:
    return [(one.kind, one.ticket) for one in of_desk(seen, desk) if one.at <= seen.at]


def test_a_call_is_said_after_three_minutes_at_its_own_desk() -> None:
    called = at_desk(1, 1, called_at=after(0))
    assert said(hall(called, at=after(2.9))) == []
    assert said(hall(called, at=after(3))) == [("called", 1)]
    assert said(hall(called, at=after(3)), desk=2) == []


def test_a_visit_is_long_at_twice_what_is_published() -> None:
    serving = at_desk(1, 1, "serving", started_at=after(0))
    planned = hall(serving).planned_minutes(serving.services)
    assert said(hall(serving, at=after(2 * planned - 0.1))) == []
    assert said(hall(serving, at=after(2 * planned))) == [("long", 1)]


def test_who_is_set_aside_is_said_to_the_desks_that_may_serve_them() -> None:
    assert said(hall(PARKED)) == []
    assert said(hall(PARKED, at=after(1))) == [("parked", 3)]
    assert said(hall(ticket(4, "parked", "legal", parked_at=after(-60)))) == []


def test_a_booking_whose_time_passed_is_said() -> None:
    booked = Appointed(7, after(5), ("bill",))
    early, late = (replace(hall(at=after(at)), appointed=(booked,)) for at in (4.9, 5))
    assert said(early) == []
    assert said(late) == [("overdue", None)]


def test_a_phone_call_that_is_due_is_an_alarm_as_any_other() -> None:
    ring = ticket(5, "waiting", "bill", channel="phone", due_at=after(0))
    assert said(hall(ring, at=after(2))) == []
    assert said(hall(ring, at=after(3))) == [("ring", 5)]


def test_of_a_phone_call_nobody_is_said_to_be_at_a_desk_or_not_here() -> None:
    dialled = at_desk(1, 1, called_at=after(0), channel="phone")
    assert said(hall(dialled, at=after(3))) == [("dialled", 1)]
    talking = at_desk(1, 1, "serving", started_at=after(0), channel="phone")
    planned = hall(talking).planned_minutes(talking.services)
    assert said(hall(talking, at=after(2 * planned))) == [("talking", 1)]
    booked = Appointed(7, after(5), ("bill",), "phone")
    early, late, grave_by = (
        replace(hall(at=after(at)), appointed=(booked,)) for at in (7.9, 8, 11)
    )
    assert said(early) == []
    assert said(late) == [("unrung", None)]
    assert [one.kind for one in grave(grave_by)] == ["unrung"]


def test_every_reminder_has_its_sentence_at_the_desk_and_for_the_supervisor() -> None:
    for language in ("uk", "en"):
        assert reminders_in(words(language)).keys() == set(get_args(Forgotten))


def test_while_everything_is_stopped_nobody_is_called_or_overdue_and_no_visit_is_long() -> None:
    called, booked = at_desk(1, 1, called_at=after(-10)), Appointed(7, after(-5), ("bill",))
    serving = at_desk(2, 2, "serving", called_at=after(-90), started_at=after(-80))
    seen = replace(hall(called, serving, PARKED, interruptions=[stop()]), appointed=(booked,))
    assert [one.kind for one in reminders(seen)] == ["parked"]


def test_the_supervisor_is_told_after_twice_as_long() -> None:
    called = at_desk(1, 1, called_at=after(0))
    assert grave(hall(called, at=after(5.9))) == []
    later = hall(called, PARKED, at=after(6))
    assert [one.ticket for one in grave(later)] == [1]
    assert [one.ticket for one in branch_overview(later, 99).forgotten] == [1]
    assert {one.ticket for one in grave(hall(called, PARKED, at=after(21)))} == {1, 3}
