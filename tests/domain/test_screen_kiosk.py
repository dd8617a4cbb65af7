"""The kiosk's door: whether tickets are given."""

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from queue_app.domain.forecast import Appointed
from queue_app.domain.interruptions import Interruption
from queue_app.domain.orders import Orders
from queue_app.screens.kiosk import DoorView, door_view
from tests.domain.screen_halls import TEN, after, desk, hall, stop, ticket

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


def test_after_the_last_ticket_bookings_are_served_until_the_day_ends() -> None:
    assert door(at=LAST_HOUR).serves_on, "also where nobody waits and no desk is open yet"


@pytest.mark.parametrize("left", [{}, {"tickets": [ticket(1)]}, {"desks": [desk(1)]}])
def test_a_day_that_the_office_has_ended_goes_on_for_whoever_is_left(left: dict[str, Any]) -> None:
    closed = [desk(1, "closed"), desk(2, "closed")]
    at_all = hall(*left.get("tickets", ()), desks=left.get("desks", closed))
    remaining = dict.fromkeys(at_all.directory.services, 0)
    ended = replace(at_all, orders=Orders(remaining=remaining))
    assert door_view(ended, serves=True, page="1").serves_on is bool(left)
    coming = replace(ended, appointed=(Appointed(1, after(60), ("meter",)),))
    assert door_view(coming, serves=True, page="1").serves_on


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
