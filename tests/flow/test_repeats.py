"""What is kept of requests that may be repeated: enough to answer them again, and nobody's name."""

from datetime import timedelta
from typing import Any, get_type_hints
from uuid import uuid4

import msgspec
import pytest
from msgspec.structs import fields

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.people import RESIDENT
from queue_app.flow import (
    accounts,
    arrival,
    booking,
    calling,
    configuring,
    forgetting,
    interrupting,
    proving,
    reaching,
    repeats,
    settling,
    staffing,
)
from queue_app.flow.act import By, verb
from queue_app.flow.repeats import PERSONAL
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import SERVICE
from tests.support.people import BRANCH

NAME, PHONE, MAIL = "Олена Ковальчук", "+380671234567", "olena@example.org"
MODULES = (
    accounts, arrival, booking, calling, configuring, forgetting, interrupting, proving, reaching,
    settling, staffing,
)  # fmt: skip
VERBS = [one for module in MODULES for one in vars(module).values() if isinstance(one, verb)]


def structs_in(kind: Any) -> set[type]:
    """Every struct that stands in what a verb gives."""
    found: set[type] = set()

    def walk(one: Any) -> None:
        if isinstance(one, msgspec.inspect.StructType) and one.cls not in found:
            found.add(one.cls)
            for field in one.fields:
                walk(field.type)
        for name in ("types", "item_types"):
            for part in getattr(one, name, ()):
                walk(part)
        for name in ("item_type", "key_type", "value_type"):
            if (part := getattr(one, name, None)) is not None:
                walk(part)

    walk(msgspec.inspect.type_info(kind))
    return found


@pytest.mark.parametrize("one", [v for v in VERBS if v._keeps], ids=lambda v: v.right)
def test_only_a_booking_says_who_somebody_is_and_it_is_kept_without(one: verb[..., Any]) -> None:
    given = get_type_hints(one._function)["return"]
    for struct in structs_in(given):
        assert struct is Appointment or not set(PERSONAL) & {one.name for one in fields(struct)}
    if Appointment in structs_in(given):
        assert given is Appointment, "one that stands inside of another would be kept with its name"


async def kept() -> str:
    return "".join(row[0] for row in await db.fetch("SELECT request::text FROM request"))


@pytest.mark.usefixtures("database")
async def test_the_answer_of_a_key_names_nobody_and_a_repeat_is_told_who_it_is_by_now(
    clock: FixedClock,
) -> None:
    held = await booking.hold(
        By(RESIDENT, MONDAY, uuid4()), BRANCH, [SERVICE], MONDAY + timedelta(days=1), "visit"
    )
    by = By(RESIDENT, MONDAY, uuid4())
    first = await booking.confirm(by, held.token, NAME, PHONE, MAIL, "uk")
    again = await booking.confirm(by, held.token, NAME, PHONE, MAIL, "uk")
    assert first == again
    assert (again.name, again.phone, again.email) == (NAME, PHONE, MAIL)
    row = await kept()
    assert held.token in row
    assert not any(one in row for one in (NAME, PHONE, PHONE[-9:], MAIL))

    await reaching.correct(By(RESIDENT, MONDAY), held.token, "Олена Інша", None, None)
    assert (await booking.confirm(by, held.token, NAME, PHONE, MAIL, "uk")).name == "Олена Інша"
    await db.fetch("UPDATE appointment SET name = NULL, phone = NULL, email = NULL")
    assert (await booking.confirm(by, held.token, NAME, PHONE, MAIL, "uk")).name is None


@pytest.mark.usefixtures("database")
async def test_a_key_that_asks_for_a_code_does_not_keep_the_contact(clock: FixedClock) -> None:
    await proving.ask_code(By(RESIDENT, MONDAY, uuid4()), PHONE, "uk")
    assert PHONE[-9:] not in await kept()
    asked = repeats.request("anything", "resident", uuid4(), {"contact": PHONE})
    assert PHONE[-9:] not in asked.scope
