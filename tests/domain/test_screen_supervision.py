"""A branch as its supervisor sees it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from queue_app.domain.forecast import Appointed
from queue_app.domain.machines import AwayDevice
from queue_app.domain.told_range import Wait
from queue_app.screens.supervision import BookingWatch, SupervisionView, supervision_view
from tests.domain.screen_halls import TEN, after, at_desk, desk, hall, stop, ticket


def seen(*tickets, missed: int = 0, **known) -> SupervisionView:  # type: ignore[no-untyped-def]
    return supervision_view(hall(*tickets, **known), missed)


def test_each_desk_says_who_works_at_it_since_when_and_who_is_there() -> None:
    view = seen(ticket(1), at_desk(2, 1), desks=[desk(1), desk(2, "paused"), desk(3, "closed")])
    assert [(one.number, one.state, one.clerk, one.since) for one in view.desks] == [
        ("1", "open", "clerk-10", after(-60)),
        ("2", "paused", "clerk-20", after(-60)),
        ("3", "closed", None, after(-60)),
    ]
    visit = view.desks[0].visit
    assert visit and (visit.number, visit.state, visit.since) == ("А2", "called", after(-1))
    assert view.desks[1].visit is None
    assert view.open_desks == 1


def is_long(view: SupervisionView) -> bool:
    visit = view.desks[0].visit
    return visit is not None and visit.long


def forgotten(view: SupervisionView) -> list[tuple[str, str | None, str | None, int]]:
    return [(one.kind, one.number, one.desk, one.minutes) for one in view.forgotten]


@pytest.mark.parametrize(("minutes", "long", "told"), [(2, 0, 0), (3, 1, 0), (5, 1, 0), (6, 1, 1)])
def test_a_desk_is_marked_as_its_clerk_is_reminded_and_the_supervisor_told_after_twice_as_long(
    minutes: int, long: bool, told: bool
) -> None:
    view = seen(at_desk(1, 1, called_at=after(-minutes)))
    assert is_long(view) is bool(long)
    assert forgotten(view) == [("called", "А1", "1", minutes)] * told


@pytest.mark.parametrize(("minutes", "long", "told"), [(19, 0, 0), (20, 1, 0), (40, 1, 1)])
def test_a_visit_twice_as_long_as_planned_is_marked_and_one_four_times_as_long_is_told(
    minutes: int, long: bool, told: bool
) -> None:
    view = seen(at_desk(1, 1, "serving", called_at=after(-60), started_at=after(-minutes)))
    assert is_long(view) is bool(long)
    assert forgotten(view) == [("long", "А1", "1", minutes)] * told


def test_whoever_was_set_aside_for_twice_as_long_as_allowed_is_told() -> None:
    allowed = hall().directory.rules.park_minutes
    aside = [ticket(one, "parked", parked_at=after(-one * allowed)) for one in (1, 2)]
    assert forgotten(seen(*aside)) == [("parked", "А2", None, 2 * allowed)]


def test_while_everything_is_stopped_nobody_is_late_at_a_desk() -> None:
    called = at_desk(1, 1, called_at=after(-30))
    serving = at_desk(1, 1, "serving", called_at=after(-90), started_at=after(-80))
    for late in (called, serving):
        assert is_long(seen(late)) and forgotten(seen(late))
        still = seen(late, interruptions=[stop()])
        assert not is_long(still) and not forgotten(still)


def test_desks_that_ask_for_help_or_a_break_are_told_the_first_who_asked_first() -> None:
    desks = [
        replace(desk(1), help_at=after(-2)),
        replace(desk(2), help_at=after(-9), break_asked_at=after(-3), break_reason="Чай"),
        desk(3),
    ]
    view = seen(desks=desks)
    assert [(one.number, one.help_at) for one in view.asks_help] == [
        ("2", after(-9)),
        ("1", after(-2)),
    ]
    assert [(one.number, one.break_reason) for one in view.asks_break] == [("2", "Чай")]


def test_the_waits_are_counted_by_service_against_the_target() -> None:
    view = seen(
        ticket(1, "waiting", "bill", issued_at=after(-31)),
        ticket(2, "waiting", "bill", "meter", issued_at=after(-30)),
        ticket(3, "waiting", "legal", issued_at=after(-45), due_at=after(-5), appointment_id=1),
        ticket(4, "parked", "legal", issued_at=after(-1)),
        desks=[desk(1), desk(2, "paused")],
    )
    assert [
        (one.code, one.waiting, one.longest_minutes, one.over, one.desks) for one in view.services
    ] == [("bill", 2, 31, 1, 1), ("meter", 1, 30, 0, 1), ("legal", 1, 5, 0, 0)]
    assert (view.waiting, view.longest_minutes, view.target_minutes, view.over) == (3, 31, 30, 1)
    assert [(one.ticket, one.state) for one in view.people] == [
        (1, "waiting"), (2, "waiting"), (3, "waiting"), (4, "parked"),
    ]  # fmt: skip


def test_bookings_are_due_late_and_missed() -> None:
    booked = [Appointed(n, after(minutes), ("bill",)) for n, minutes in enumerate((-5, 0, 59, 60))]
    view = supervision_view(replace(hall(), appointed=tuple(booked)), 4)
    assert view.bookings == BookingWatch(due=2, late=1, missed=4)


def test_a_phone_call_is_counted_as_one_and_never_late() -> None:
    there = hall(ticket(1), ticket(2, channel="phone"), at_desk(3, 1, channel="phone"))
    late = Appointed(7, after(-5), ("bill",), "phone")
    view = supervision_view(replace(there, appointed=(late,)), 0)
    assert (view.waiting, view.calls, view.bookings.late) == (2, 1, 0)
    visit = view.desks[0].visit
    assert visit and visit.channel == "phone"


def test_the_plan_of_a_group_s_visit_is_that_of_all_of_them() -> None:
    alone = supervision_view(hall(at_desk(1, 1)), 0).desks[0].visit
    group = supervision_view(hall(at_desk(1, 1, people=3)), 0).desks[0].visit
    assert alone and group and group.planned_minutes == 3 * alone.planned_minutes


def test_the_queue_empties_when_the_last_of_it_is_called_and_whom_nobody_calls_is_counted() -> None:
    there = hall(ticket(1), ticket(2), ticket(3, "waiting", "legal"))
    there.__dict__["waits"] = {1: Wait(0, 3, 8), 2: Wait(1, 6, 12)}
    view = supervision_view(there, 0)
    assert view.emptying
    assert view.emptying.low_at == TEN + timedelta(minutes=6)
    assert view.emptying.high_at == TEN + timedelta(minutes=12)
    assert view.emptying.uncalled == 1
    assert not view.ends_late
    there.__dict__["waits"] = {1: Wait(0, 400, 500)}
    assert supervision_view(there, 0).ends_late, "the branch closes at six"
    assert seen().emptying is None


def test_what_is_away_is_said() -> None:
    away = AwayDevice("Entrance", ("kiosk",), after(-9))
    assert supervision_view(replace(hall(), devices_away=(away,)), 0).devices_away == (away,)
