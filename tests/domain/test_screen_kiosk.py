"""The kiosk's door: whether tickets are given."""

from datetime import datetime
from typing import Literal

import pytest
from msgspec import Struct

from queue_app.domain.interruptions import Interruption
from queue_app.screens.kiosk import DoorView, door_view
from tests.domain.screen_halls import TEN, after, hall, stop


class Hour(Struct, frozen=True):
    """What the hour says of the door."""

    state: Literal["open", "past_last_ticket", "closed"] = "open"
    opens_at: datetime | None = None
    closes_at: datetime | None = None


OPEN = Hour()


def door(*stops: Interruption, hour: Hour = OPEN, serves: bool = True) -> DoorView:
    return door_view(hall(interruptions=stops), hour, serves=serves, page="1")


@pytest.mark.parametrize("state", ["open", "past_last_ticket", "closed"])
def test_the_door_is_as_the_hour_has_it(
    state: Literal["open", "past_last_ticket", "closed"],
) -> None:
    seen = door(hour=Hour(state, after(60), after(480)))
    assert (seen.state, seen.opens_at, seen.closes_at) == (state, after(60), after(480))
    assert (seen.at, seen.at.isoformat()) == (TEN, "2026-11-23T10:00:00+02:00")


def test_a_branch_whose_desks_give_nothing_is_unserved_at_any_hour() -> None:
    assert door(serves=False).state == "unserved"
    assert door(stop(), hour=Hour("closed"), serves=False).state == "unserved"


def test_no_ticket_is_given_while_nobody_knows_when_calls_resume() -> None:
    seen = door(stop())
    assert (seen.state, seen.stopped) == ("interrupted", ("bill", "meter", "legal"))
    assert seen.interruption
    assert seen.interruption.title.en == "Air-raid alert"
    assert door(stop(), hour=Hour("closed")).state == "closed"


def test_from_the_all_clear_on_tickets_are_given_again() -> None:
    seen = door(stop(ended_at=after(-1), resumes_at=after(9)))
    assert (seen.state, seen.stopped) == ("open", ())
    assert seen.interruption
    assert seen.interruption.title.en == "All clear"


def test_a_stop_of_some_services_takes_just_these_from_the_door() -> None:
    seen = door(stop("meter", kind="registry"))
    assert (seen.state, seen.stopped) == ("open", ("meter",))
