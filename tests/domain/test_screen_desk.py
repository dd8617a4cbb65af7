"""A desk's working screen, as its clerk sees it and as a colleague does."""

import pytest
from msgspec.structs import replace

from queue_app.domain.at_desk import DeskExtra, UndoView
from queue_app.domain.errors import NotFound
from queue_app.domain.people import Role, Staff
from queue_app.screens.desk import DeskQueueView, desk_view, viewer_of
from tests.domain.screen_halls import after, at_desk, both, desk, hall, stop, ticket

NOTHING = DeskExtra()
UNDO = UndoView(1, "А1", "call", after(4))
OLENA = DeskExtra("Олена", "+380671234567", UNDO, ("email",))


@pytest.mark.parametrize(
    ("viewer", "name"),
    [(10, "Олена"), (20, None), (None, "Олена")],
    ids=["the desk's clerk", "a colleague", "whoever may see every contact"],
)
def test_a_contact_is_shown_to_the_clerk_of_the_desk_and_to_no_colleague(
    viewer: int | None, name: str | None
) -> None:
    seen = desk_view(hall(at_desk(1, 1)), 1, viewer, OLENA)
    assert seen.current
    assert (seen.current.name, seen.current.phone is None) == (name, name is None)
    assert seen.current.refused == (("email",) if name else ())
    assert seen.undo == UNDO


@pytest.mark.parametrize(
    ("role", "viewer"), [("clerk", 10), ("supervisor", None), ("administrator", None)]
)
def test_only_clerks_are_kept_from_contacts(role: Role, viewer: int | None) -> None:
    assert viewer_of(Staff(10, "somebody", role, 1)) == viewer


def test_a_clerk_sees_the_people_waiting_for_the_desk_and_how_many_it_cannot_serve() -> None:
    seen = desk_view(hall(ticket(1), ticket(2, "waiting", "legal"), ticket(3)), 1, 10, NOTHING)
    assert numbers(seen) == ["А1", "А3"]
    assert seen.elsewhere == 1
    assert [one.reason_code for one in seen.queue] == ["waiting_longest"] * 2
    assert all(one.wait for one in seen.queue)


def test_calls_for_other_desks_are_counted_apart() -> None:
    legal = [ticket(n, "waiting", "legal", channel="phone") for n in (1, 2)]
    people = [ticket(3, "waiting", "legal"), ticket(4), ticket(5, channel="phone")]
    seen = desk_view(hall(*legal, *people), 1, 10, NOTHING)
    assert numbers(seen) == ["А4", "А5"]
    assert (seen.elsewhere, seen.elsewhere_calls) == (3, 2)


def numbers(seen: DeskQueueView) -> list[str]:
    return [one.number for one in seen.queue]


def test_each_place_has_its_reason_in_words() -> None:
    people = [ticket(1), ticket(2, due_at=after(0)), ticket(3, for_desk_id=1)]
    seen = desk_view(hall(*people, ticket(4, priority="veteran")), 1, 10, NOTHING)
    assert [one.reason["en"] for one in seen.queue] == [
        "Sent to this desk",
        "Booked for 10:00, on time",
        "Priority: War veteran",
        "By waiting time",
    ]


def test_who_comes_along_is_said_wherever_somebody_may_be_picked() -> None:
    people = [
        replace(ticket(1), people=3),
        replace(ticket(2), company="helped"),
        replace(ticket(3, "parked"), company="represents"),
        ticket(4),
    ]
    seen = desk_view(hall(*people), 1, 10, NOTHING)
    assert [one.company and one.company["en"] for one in (*seen.queue, *seen.parked)] == [
        "Group: 3 people",
        "Somebody comes along to help",
        None,
        "Acts for another person: ask for the document",
    ]
    assert [one.people for one in seen.queue] == [3, 1, 1]


def test_people_waiting_for_an_interrupted_service_stand_last() -> None:
    people = [ticket(1, "waiting", "meter"), ticket(2)]
    seen = desk_view(hall(*people, interruptions=[stop("meter")]), 1, 10, NOTHING)
    assert [(one.number, one.reason_code) for one in seen.queue] == [
        ("А2", "waiting_longest"),
        ("А1", "service_paused"),
    ]
    assert [one.services for one in seen.interruptions] == [(both("meter"),)]


def test_while_everything_is_interrupted_the_queue_keeps_its_order_and_reasons() -> None:
    people = [ticket(1, "waiting", "meter"), ticket(2)]
    seen = desk_view(hall(*people, interruptions=[stop()]), 1, 10, NOTHING)
    assert [one.reason_code for one in seen.queue] == ["waiting_longest"] * 2
    assert numbers(seen) == ["А1", "А2"]
    assert seen.interruption == seen.interruptions[0]


def test_parked_and_missed_people_are_those_whom_the_desk_can_serve() -> None:
    parked = [ticket(1, "parked"), ticket(2, "parked", "legal")]
    missed = [ticket(3, "no_show"), ticket(4, "no_show", "legal")]
    seen = desk_view(hall(*parked, missed=missed), 1, 10, NOTHING)
    assert [one.number for one in seen.parked] == ["А1"]
    assert [one.number for one in seen.missed] == ["А3"]
    assert [(one.reason["en"], one.wait) for one in (*seen.parked, *seen.missed)] == [
        ("", None)
    ] * 2


def test_the_person_at_the_desk_comes_with_plan_papers_and_right_to_go_first() -> None:
    person = at_desk(1, 1, services=("bill", "meter"), priority="veteran", language="en")
    seen = desk_view(hall(person), 1, 10, NOTHING).current
    assert seen
    assert (seen.planned_minutes, seen.documents) == (20, ("passport", "photo", "scan"))
    assert (seen.priority, seen.language) == (both("War veteran"), "en")
    assert desk_view(hall(person), 2, 20, NOTHING).current is None


def test_somebody_called_before_a_stop_is_awaited_only_from_its_end() -> None:
    over = stop(ended_at=after(-3), resumes_at=after(-1))
    person = at_desk(1, 1, called_at=after(-20))
    for stops, since in [((), after(-20)), ((over,), after(-1))]:
        seen = desk_view(hall(person, interruptions=stops), 1, 10, NOTHING).current
        assert seen
        assert (seen.called_at, seen.awaited_since) == (after(-20), since)


def test_a_desk_of_another_branch_is_unknown() -> None:
    with pytest.raises(NotFound, match="unknown_desk"):
        desk_view(hall(desks=[desk(1)]), 2, None, NOTHING)
