"""One's own ticket, as its holder's phone shows it."""

from msgspec.structs import replace

from queue_app.screens.ticket import ticket_view
from tests.domain.screen_halls import (
    DIRECTORY,
    after,
    at_desk,
    both,
    desk,
    hall,
    own,
    stop,
    ticket,
)


def test_whoever_waits_sees_how_many_go_before_and_how_long_it_may_take() -> None:
    mine = ticket(3)
    seen = ticket_view(hall(ticket(1), ticket(2), mine), own(mine))
    assert (seen.number, seen.state, seen.people_ahead, seen.desk) == ("А3", "waiting", 2, None)
    assert seen.wait
    assert seen.wait.people_ahead == 2
    assert seen.wait.low_minutes <= seen.wait.high_minutes
    assert seen.services == (both("bill"),)
    assert (seen.title, seen.address) == (both("Main"), both("Street 1"))


def test_without_an_open_desk_there_is_a_place_but_no_range() -> None:
    mine = ticket(2)
    seen = ticket_view(hall(ticket(1), mine, desks=(desk(1, "closed"),)), own(mine))
    assert (seen.people_ahead, seen.wait) == (1, None)


def test_without_an_open_desk_the_place_is_that_of_the_ranking() -> None:
    """A right to go first and a booking near its time count, a booking of the afternoon not yet."""
    people = {
        "first": ticket(1),
        "afternoon": ticket(2, due_at=after(300), appointment_id=5),
        "second": ticket(3),
        "legal": ticket(4, "waiting", "legal"),
        "veteran": ticket(20, priority="veteran"),
        "soon": ticket(25, due_at=after(5), appointment_id=6),
    }
    seen = hall(*people.values(), desks=(desk(1, "closed"), desk(2, "closed")))
    places = {name: ticket_view(seen, own(one)).people_ahead for name, one in people.items()}
    assert places == {
        "soon": 0, "veteran": 1, "first": 2, "second": 3, "legal": 4, "afternoon": 5
    }  # fmt: skip


def test_whoever_is_called_sees_the_desk_and_each_call() -> None:
    before = ticket(1)
    seen = ticket_view(hall(at_desk(1, 2, calls=2)), own(before))
    assert (seen.state, seen.desk, seen.calls, seen.called_at) == ("called", "2", 2, after(-1))
    assert seen.wait is None


def test_a_ticket_that_has_left_the_hall_is_shown_as_it_ended() -> None:
    ended = at_desk(1, 1, "no_show", ended_at=after(-1))
    seen = ticket_view(hall(ticket(2)), own(ended))
    assert (seen.state, seen.desk, seen.ended_at) == ("no_show", "1", after(-1))


def test_whoever_is_passed_is_told_why() -> None:
    mine = ticket(1)
    booked = ticket(20, due_at=after(0), appointment_id=5)
    veteran = ticket(21, priority="veteran")
    alone = ticket_view(hall(mine, ticket(2)), own(mine))
    passed = ticket_view(hall(mine, booked, veteran), own(mine))
    assert alone.overtaken is None
    assert passed.overtaken
    assert passed.overtaken["en"].startswith(
        "Some came later but go first: they have a booking or a"
    )


def test_a_stop_of_ones_own_services_is_shown_and_others_are_not() -> None:
    mine = ticket(1)
    for services, shown in [((), True), (("bill",), True), (("legal",), False)]:
        seen = ticket_view(hall(mine, interruptions=[stop(*services)]), own(mine))
        assert (seen.interruption is not None) == shown
    alert = ticket_view(hall(mine, interruptions=[stop()]), own(mine)).interruption
    assert alert
    assert (alert.shelter, alert.services) == (both("the metro"), None)
    assert alert.advice["en"] == "Please go to the shelter: the metro."


def test_a_wait_past_closing_may_not_end_today_until_the_doors_have_closed() -> None:
    crowd = [ticket(one, queued_at=after(450)) for one in range(1, 30)]
    mine = crowd[-1]
    seen = ticket_view(hall(*crowd, at=after(470)), own(mine))
    assert (seen.served, seen.closes_at) == ("perhaps", after(480))
    assert ticket_view(hall(*crowd, at=after(481)), own(mine)).served == "today"
    assert ticket_view(hall(ticket(1)), own(ticket(1))).served == "today"


def test_a_service_that_the_centre_no_longer_gives_keeps_its_title() -> None:
    mine = ticket(1, "waiting", "legal")
    centre = replace(DIRECTORY.centre, services=DIRECTORY.centre.services[:2])
    seen = ticket_view(hall(mine, directory=replace(DIRECTORY, centre=centre)), own(mine))
    assert seen.services == (both("legal"),)
