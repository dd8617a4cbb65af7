"""A branch's day by person: what has become of each, and who is meant by what is typed."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from queue_app.domain.attendance import STAGES, Attendee, looked_for, sorted_out, stage
from tests.conftest import MONDAY

BOOKED = Attendee(
    appointment_id=1,
    ticket_id=None,
    channel="visit",
    services=("debt-amount",),
    language="uk",
    due_at=MONDAY + timedelta(minutes=20),
    booking="booked",
    code="012345",
    name="Ольга Нечуй-Левицька",
    phone="+380671234567",
    email="olha@example.com",
)
CAME = replace(
    BOOKED,
    appointment_id=None,
    due_at=None,
    booking=None,
    code=None,
    name=None,
    phone=None,
    email=None,
    ticket_id=7,
    number="А15",
    state="waiting",
    issued_at=MONDAY,
)


@pytest.mark.parametrize(
    ("changed", "minutes", "becomes"),
    [
        ({}, 19, "booked"),
        ({}, 20, "late"),
        ({"state": "waiting", "ticket_id": 2}, 40, "waiting"),
        ({"state": "serving", "ticket_id": 2}, 40, "at_desk"),
        ({"state": "called", "ticket_id": 2}, 40, "at_desk"),
        ({"state": "parked", "ticket_id": 2}, 40, "parked"),
        ({"state": "no_show", "ticket_id": 2}, 40, "missed"),
        ({"state": "left", "ticket_id": 2}, 40, "gone"),
        ({"state": "finished", "booking": "fulfilled", "ticket_id": 2}, 40, "served"),
        ({"booking": "missed"}, 600, "missed"),
        ({"booking": "cancelled"}, 600, "gone"),
    ],
)
def test_the_stage_says_what_became_of_somebody(
    changed: dict[str, Any], minutes: int, becomes: str
) -> None:
    assert stage(replace(BOOKED, **changed), MONDAY + timedelta(minutes=minutes)) == becomes


@pytest.mark.parametrize(
    "question",
    [
        "012345", "012 345", "нечуй", "ольга левиц", "Левицька Ольга", "067 123 45 67",
        "+380671234567", "4567", "olha@",
    ],
)  # fmt: skip
def test_who_is_booked_is_found_by_code_name_phone_and_mail(question: str) -> None:
    assert looked_for([BOOKED, CAME], question) == [BOOKED]


@pytest.mark.parametrize("question", ["А15", "а 15", "15"])
def test_who_has_a_ticket_is_found_by_its_number(question: str) -> None:
    assert looked_for([BOOKED, CAME], question) == [CAME]


@pytest.mark.parametrize("question", ["К15", "012346", "ольга шевченко", "123", "example", "@"])
def test_nobody_is_found_by_what_is_nobodys(question: str) -> None:
    assert looked_for([BOOKED, CAME], question) == []


def test_everybody_is_there_once_in_the_order_of_their_times() -> None:
    later = replace(BOOKED, appointment_id=3, due_at=MONDAY + timedelta(minutes=90))
    groups = sorted_out([later, CAME, BOOKED], MONDAY)
    assert tuple(groups) == STAGES
    assert groups["booked"] == [BOOKED, later]
    assert groups["waiting"] == [CAME]
    assert sum(map(len, groups.values())) == 3
    assert looked_for([later, CAME], " ") == [later, CAME]
