"""The kiosk's door: whether tickets are given."""

from datetime import datetime

import pytest

from queue_app.domain.interruptions import Interruption
from queue_app.screens.kiosk import DoorView, door_view
from tests.domain.screen_halls import TEN, after, hall, stop

LAST_HOUR = after(465)
NIGHT = after(720)


def door(*stops: Interruption, at: datetime = TEN, serves: bool = True) -> DoorView:
    return door_view(hall(interruptions=stops, at=at), serves=serves, page="1")


@pytest.mark.parametrize(
    ("at", "state"), [(TEN, "open"), (LAST_HOUR, "past_last_ticket"), (NIGHT, "closed")]
)
def test_the_door_is_as_the_hour_has_it(at: datetime, state: str) -> None:
    seen = door(at=at)
    known = hall(at=at).day.door(at)
    assert (seen.state, known.state) == (state, state)
    assert (seen.opens_at, seen.closes_at) == (known.opens_at, known.closes_at)
    assert (seen.at, door().at.isoformat()) == (at, "2026-11-23T10:00:00+02:00")


def test_a_branch_whose_desks_give_nothing_is_unserved_at_any_hour() -> None:
    assert door(serves=False).state == "unserved"
    assert door(stop(), at=NIGHT, serves=False).state == "unserved"


def test_no_ticket_is_given_while_nobody_knows_when_calls_resume() -> None:
    seen = door(stop())
    assert (seen.state, seen.stopped) == ("interrupted", ("bill", "meter", "legal"))
    assert seen.interruption
    assert seen.interruption.title["en"] == "Emergency alert"
    assert door(stop(), at=NIGHT).state == "closed"


def test_from_the_all_clear_on_tickets_are_given_again() -> None:
    seen = door(stop(ended_at=after(-1), resumes_at=after(9)))
    assert (seen.state, seen.stopped) == ("open", ())
    assert seen.interruption
    assert seen.interruption.title["en"] == "All clear"


def test_a_stop_of_some_services_takes_just_these_from_the_door() -> None:
    seen = door(stop("meter", kind="registry"))
    assert (seen.state, seen.stopped) == ("open", ("meter",))
