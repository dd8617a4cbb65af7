"""Whoever was called early and was not there is called at their time, and not before."""

from datetime import timedelta

from msgspec.structs import replace

from queue_app.domain.at_desk import DeskExtra
from queue_app.domain.dispatch import POLICIES, CallingDesk, Waiting
from queue_app.screens.desk import desk_view
from queue_app.screens.ticket import ticket_view
from tests.domain.ranking import rank
from tests.domain.screen_halls import TEN, after, at_desk, hall, own, ticket

DESK = CallingDesk(1, frozenset({"bill"}))
AWAY = Waiting(1, "К1", ("bill",), after(-60), due_at=after(400), expected_at=after(400))


def test_no_policy_calls_who_is_expected_later_though_nobody_else_waits() -> None:
    for policy in POLICIES.values():
        assert rank([AWAY], DESK, TEN, policy) == []
        due = rank([AWAY], DESK, after(400), policy)
        assert [one.waiting.id for one in due] == [1]


def test_who_was_away_keeps_the_place_of_their_booking() -> None:
    walk_in = Waiting(2, "А1", ("bill",), after(300))
    ranked = rank([walk_in, AWAY], DESK, after(400), POLICIES["promise"])
    assert [(one.waiting.id, one.reason.code) for one in ranked] == [
        (1, "booked_on_time"),
        (2, "waiting_longest"),
    ]


def test_the_console_shows_who_is_expected_last_and_with_the_time() -> None:
    away = ticket(4, due_at=after(400), appointment_id=1, expected_at=after(400))
    seen = hall(away, ticket(5), at_desk(6, 1))
    queue = desk_view(seen, 1, None, DeskExtra()).queue
    assert [(one.number, one.reason_code) for one in queue] == [
        ("А5", "waiting_longest"),
        ("А4", "expected"),
    ]
    assert "16:40" in queue[1].reason["en"] or "4:40" in queue[1].reason["en"]
    assert queue[1].wait is None


def test_the_console_says_what_not_here_does_for_whoever_was_called_early() -> None:
    early = replace(at_desk(6, 1), due_at=after(30), appointment_id=1)
    person = desk_view(hall(early), 1, None, DeskExtra()).current
    assert person and person.expected_at == after(30)
    late = replace(early, due_at=after(-30))
    person = desk_view(hall(late), 1, None, DeskExtra()).current
    assert person and person.expected_at is None


def test_others_wait_no_longer_because_somebody_is_expected_much_later() -> None:
    away = ticket(4, due_at=after(400), appointment_id=1, expected_at=after(400))
    mine = ticket(5)
    assert hall(away, mine).waits[mine.id] == hall(mine).waits[mine.id]
    assert away.id not in hall(away, mine).waits


def test_the_ticket_says_what_its_holder_may_count_on() -> None:
    mine = ticket(4, due_at=after(400), appointment_id=1)
    early = ticket_view(hall(mine), own(mine))
    assert early.promise and early.promise["en"].startswith("We may call you earlier.")
    away = replace(mine, expected_at=after(400))
    seen = ticket_view(hall(away), own(away))
    assert seen.expected_at == after(400)
    assert seen.promise and "were not here" in seen.promise["en"]
    later = hall(away, at=after(400))
    assert ticket_view(later, own(away)).expected_at is None


def test_a_ticket_that_ended_early_says_that_the_booking_still_holds() -> None:
    left = ticket(4, "left", due_at=after(30), appointment_id=1, ended_at=after(-1))
    for minutes, holds in ((0, True), (40, True), (41, False)):
        at = TEN + timedelta(minutes=minutes)
        promise = ticket_view(hall(at=at), own(left)).promise
        assert (promise is not None) is holds
