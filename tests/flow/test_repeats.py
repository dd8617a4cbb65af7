"""What is kept of requests that may be repeated: enough to answer them again, and nobody's name."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, get_type_hints
from uuid import uuid4

import msgspec
import pytest
from msgspec.structs import fields

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.people import RESIDENT
from queue_app.domain.ranges import Forecasts
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
from queue_app.flow.act import Act, By, verb
from queue_app.flow.repeats import PERSONAL
from queue_app.store import db
from queue_app.store.outages import Outage
from tests.conftest import MONDAY
from tests.support.hall import SERVICE, Desk, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK
from tests.support.statements import COMMIT, heard

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
    asked = repeats.request("anything", "resident", uuid4(), {"contact": PHONE}, MONDAY)
    assert PHONE[-9:] not in asked.scope


def kept_with_the_change(one: str, desk: Desk, ticket: int) -> Callable[[By], Awaitable[Any]]:
    """What is one statement under a key, with its answer in it."""
    ways: dict[str, Callable[[By], Awaitable[Any]]] = {
        "start": lambda by: calling.start(by, ticket),
        "finish": lambda by: calling.finish(by, ticket, ["debt-amount"]),
        "no_show": lambda by: calling.no_show(by, ticket),
        "park": lambda by: calling.park(by, ticket),
        "check_right": lambda by: calling.check_right(by, ticket, shown=False),
    }
    return ways[one]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("one", ["start", "finish", "no_show", "park", "check_right"])
async def test_an_answer_that_is_kept_with_its_change_is_the_answer(
    clock: FixedClock, one: str
) -> None:
    by = By(KIOSK, clock.now())
    ticket = await arrival.issue(by, BRANCH, [SERVICE], "disability", "uk")
    desk = await open_desk("1", clock.now())
    await desk.call(ticket.id)
    if one == "finish":
        await desk.start(ticket.id)
    do, mine = kept_with_the_change(one, desk, ticket.id), By(desk.clerk, clock.now(), uuid4())
    first = await do(mine)
    with heard() as said:
        again = await do(mine)
    assert msgspec.json.encode(again) == msgspec.json.encode(first)
    assert not any(sql.endswith(COMMIT) for sql, _ in said)
    events = await db.fetch("SELECT verb FROM ticket_event ORDER BY seq")
    assert len(events) == first.progress.revision


@pytest.mark.usefixtures("database")
async def test_the_answer_of_a_ticket_is_kept_with_its_number_and_all_that_it_says(
    clock: FixedClock,
) -> None:
    await open_desk("1", clock.now())
    kiosk = By(KIOSK, clock.now(), uuid4(), Forecasts())
    for _ in range(3):
        await arrival.issue(
            By(KIOSK, clock.now(), None, kiosk.forecasts), BRANCH, [SERVICE], None, "uk"
        )
    first = await arrival.issue(kiosk, BRANCH, [SERVICE], None, "en", 1, "helped")
    again = await arrival.issue(kiosk, BRANCH, [SERVICE], None, "en", 1, "helped")
    assert again == first
    assert again.wait and again.number and again.company == "helped"
    assert await db.fetch_value("SELECT count(*) FROM ticket") == 4
    later = await arrival.issue(By(KIOSK, clock.now()), BRANCH, [SERVICE], None, "uk")
    assert int(later.number[1:]) == int(first.number[1:]) + 1, "no number was used up"


@pytest.mark.usefixtures("database")
async def test_who_repeats_a_call_when_the_desk_is_free_again_calls_nobody_else(
    clock: FixedClock,
) -> None:
    people = [await take_ticket(clock.now()) for _ in range(2)]
    desk = await open_desk("1", clock.now())
    mine = By(desk.clerk, clock.now(), uuid4())
    called = await calling.call(mine, desk.id)
    assert called and called.id == people[0].id
    await desk.no_show(called.id)
    version = await db.fetch_value("SELECT version FROM branch_version WHERE branch_id = $1", 1)
    assert await calling.call(mine, desk.id) == called
    assert (
        await db.fetch_value("SELECT version FROM branch_version WHERE branch_id = $1", 1)
        == version
    )
    waiting = await db.fetch("SELECT id FROM ticket WHERE state = 'waiting'")
    assert [one["id"] for one in waiting] == [people[1].id]


@pytest.mark.usefixtures("database")
async def test_nobody_to_call_is_an_answer_too(clock: FixedClock) -> None:
    desk = await open_desk("1", clock.now())
    mine = By(desk.clerk, clock.now(), uuid4())
    assert await calling.call(mine, desk.id) is None
    await take_ticket(clock.now())
    assert await calling.call(mine, desk.id) is None
    assert await calling.call(By(desk.clerk, clock.now(), uuid4()), desk.id)


@pytest.mark.usefixtures("database")
async def test_of_many_with_one_key_at_once_one_is_done(clock: FixedClock) -> None:
    key = uuid4()
    given = await asyncio.gather(*(
        arrival.issue(By(KIOSK, clock.now(), key), BRANCH, [SERVICE], None, "uk")
        for _ in range(10)
    ))  # fmt: skip
    assert all(one == given[0] for one in given)
    assert await db.fetch_value("SELECT count(*) FROM ticket") == 1
    assert await db.fetch_value("SELECT max(last) FROM counter") == 1
    desk = await open_desk("1", clock.now())
    await desk.call(given[0].id)
    key = uuid4()
    done = await asyncio.gather(*(
        calling.no_show(By(desk.clerk, clock.now(), key), given[0].id) for _ in range(10)
    ))  # fmt: skip
    assert all(one == done[0] for one in done)


@pytest.mark.usefixtures("database")
async def test_a_key_that_is_found_taken_after_an_outage_gives_what_was_done(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is its own transaction: what fails after it leaves it done."""
    end, failing = Act.end, [True]

    async def fails_once(act: Act) -> None:
        await end(act)
        if failing.pop() if failing else False:
            raise Outage("ConnectionDoesNotExistError", passing=True, unsure=False)

    monkeypatch.setattr(Act, "end", fails_once)
    given = await arrival.issue(By(KIOSK, clock.now(), uuid4()), BRANCH, [SERVICE], None, "uk")
    assert await db.fetch_value("SELECT array_agg(id) FROM ticket") == [given.id]


@pytest.mark.usefixtures("database")
async def test_a_repeat_writes_no_link_to_the_log_of_the_database(clock: FixedClock) -> None:
    """There it is an error that names the key that is taken, and the statement."""
    await open_desk("1", clock.now())
    by = By(KIOSK, clock.now(), uuid4())
    ticket = await arrival.issue(by, BRANCH, [SERVICE], None, "uk")
    assert await arrival.issue(by, BRANCH, [SERVICE], None, "uk") == ticket
    asked = By(RESIDENT, MONDAY, uuid4())
    when = MONDAY + timedelta(days=1)
    held = await booking.hold(asked, BRANCH, [SERVICE], when, "visit")
    assert await booking.hold(asked, BRANCH, [SERVICE], when, "visit") == held
    named = By(RESIDENT, MONDAY, uuid4())
    for _ in range(2):
        await booking.confirm(named, held.token, NAME, PHONE, MAIL, "uk")
    log = await db.fetch_value("SELECT pg_read_file(pg_current_logfile())")
    assert "request_pkey" in log
    for token in (ticket.token, held.token):
        assert token not in log
        assert token.encode().hex() not in log


@pytest.mark.usefixtures("database")
async def test_rows_from_before_an_update_are_found_by_their_plain_names(
    clock: FixedClock,
) -> None:
    by = By(KIOSK, clock.now(), uuid4())
    first = await arrival.issue(by, BRANCH, [SERVICE], None, "uk")
    for scope in (f"issue:{BRANCH}:{KIOSK.actor}", "issue"):
        await db.fetch("UPDATE request SET scope = $1", scope)
        assert await arrival.issue(by, BRANCH, [SERVICE], None, "uk") == first
    assert await db.fetch_value("SELECT count(*) FROM ticket") == 1


@pytest.mark.usefixtures("database")
async def test_what_is_kept_of_a_booking_goes_with_its_person(clock: FixedClock) -> None:
    by = By(RESIDENT, MONDAY, uuid4())
    held = await booking.hold(by, BRANCH, [SERVICE], MONDAY + timedelta(days=1), "visit")
    named = By(RESIDENT, MONDAY, uuid4())
    await booking.confirm(named, held.token, NAME, PHONE, MAIL, "uk")
    assert held.token in await kept()
    await forgetting.forget(By(RESIDENT, MONDAY), held.token)
    rows = await db.fetch("SELECT scope FROM request")
    assert not [one["scope"] for one in rows if one["scope"].startswith("confirm:")]
