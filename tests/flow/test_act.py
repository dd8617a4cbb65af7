"""One way for every change: what the unit of work does around each verb."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotAllowed, NotSignedIn, RuleBroken
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.domain.rights import RIGHTS
from queue_app.domain.tickets import Ticket
from queue_app.flow import (
    accounts,
    appointment_records,
    arrival,
    booking,
    calling,
    devices,
    interrupting,
    staffing,
)
from queue_app.flow.act import Act, By, verb
from queue_app.queries import appointments, tickets
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK, PASSWORD
from tests.support.statements import COMMIT, Statement, heard

ELEVEN = MONDAY.replace(hour=11)
pytestmark = pytest.mark.usefixtures("proven")


@pytest.fixture
def statements() -> Iterator[list[Statement]]:
    """Every statement that is sent, in order."""
    with heard() as said:
        yield said


async def versions() -> dict[int, int]:
    rows = await db.fetch("SELECT branch_id, version FROM branch_version")
    return {row["branch_id"]: row["version"] for row in rows}


def named(name: str) -> Callable[..., Any]:
    """As a function of that name, so that it has a row in the table of rights."""

    def rename(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        function.__name__ = name
        return verb(function)

    return rename


def test_a_verb_without_a_row_in_the_table_of_rights_does_not_even_import() -> None:
    async def fly(act: Act) -> None: ...

    with pytest.raises(LookupError, match="fly"):
        verb(fly)
    assert "fly" not in RIGHTS


async def test_the_version_is_raised_once_in_the_message_of_the_commit(
    statements: list[Statement], clock: FixedClock
) -> None:
    desk = await open_desk("1", clock.now())
    ticket = await take_ticket(clock.now())
    before = await versions()
    statements.clear()
    await desk.call()
    raised = [n for n, (sql, _) in enumerate(statements) if "branch_version SET" in sql]
    assert raised == [len(statements) - 1]
    assert statements[-1][0].endswith(f"; {COMMIT}")
    await desk.start(ticket.id)
    after = await versions()
    changed = {branch: after[branch] - before[branch] for branch in after}
    assert sorted(changed.values()) == [0] * (len(changed) - 1) + [2]


async def test_a_verb_loads_the_hall_at_most_once_and_a_row_as_often(
    statements: list[Statement], clock: FixedClock
) -> None:
    desk = await open_desk("1", clock.now())
    statements.clear()
    await take_ticket(clock.now())
    assert sum("json_build_object" in sql for sql, _ in statements) == 1
    statements.clear()
    await desk.call()
    assert sum("json_build_object" in sql for sql, _ in statements) == 1
    by = By(RESIDENT, clock.now())
    held = await booking.hold(by, BRANCH, [SERVICE], ELEVEN)
    statements.clear()
    await booking.confirm(by, held.token, "Ян", "0671234567", None, "uk")
    assert sum("FROM appointment a LEFT JOIN LATERAL" in sql for sql, _ in statements) == 1
    statements.clear()
    await booking.cancel(by, held.token)
    assert sum("FROM appointment a LEFT JOIN LATERAL" in sql for sql, _ in statements) == 1


async def test_what_changes_nothing_tells_nobody(clock: FixedClock) -> None:
    desk = await open_desk("1", clock.now())
    by = By(RESIDENT, clock.now())
    held = await booking.hold(by, BRANCH, [SERVICE], ELEVEN)
    await booking.cancel(by, held.token)
    before = await versions()
    await booking.cancel(by, held.token)
    await staffing.open_desk(By(desk.clerk, clock.now()), desk.id)
    assert await calling.call(By(desk.clerk, clock.now()), desk.id) is None
    with pytest.raises(Conflict):
        await booking.move(by, held.token, ELEVEN + timedelta(hours=1))
    assert await versions() == before


async def test_after_a_deadlock_the_whole_verb_runs_again_and_its_events_stand_once(
    clock: FixedClock,
) -> None:
    ticket = await take_ticket(clock.now())
    desk = await open_desk("1", clock.now())
    attempts: list[Act] = []

    @named("call")
    async def call(act: Act, desk_id: int) -> Ticket | None:
        attempts.append(act)
        seen = await act.hall(KIOSK.branch_id or 1)
        waiting = seen.queue(desk_id)[0].waiting
        place = await act.desk(desk_id)
        called = await act.call_first([seen.by_id[waiting.id]], place)
        if len(attempts) < 3:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return called

    called = await call(By(desk.clerk, clock.now()), desk.id)
    assert called.id == ticket.id
    assert len(set(map(id, attempts))) == 3, "nothing of a lost attempt is left"
    events = await tickets.history(called.branch_id, called.id)
    assert [event.verb for event in events] == ["issue", "call"]


async def test_a_refusal_leaves_nothing_behind_and_its_key_may_be_used_again(
    clock: FixedClock,
) -> None:
    key = uuid4()
    with pytest.raises(RuleBroken, match="unknown_service"):
        await arrival.issue(By(KIOSK, clock.now(), key), BRANCH, ["no-such"], None, "uk")
    first = await arrival.issue(By(KIOSK, clock.now(), key), BRANCH, [SERVICE], None, "uk")
    again = await arrival.issue(By(KIOSK, clock.now(), key), BRANCH, [SERVICE], None, "uk")
    assert first == again
    assert first.number == "А1"
    with pytest.raises(RuleBroken, match="idempotency_key_reused"):
        await arrival.issue(By(KIOSK, clock.now(), key), BRANCH, [SERVICE], "disability", "uk")


async def test_who_has_no_right_is_turned_away_before_anything_is_read(
    statements: list[Statement], clock: FixedClock
) -> None:
    with pytest.raises(NotSignedIn, match="not_signed_in"):
        await calling.call(By(RESIDENT, clock.now()), 1)
    with pytest.raises(NotAllowed, match="not_allowed"):
        await calling.call(By(OPERATOR, clock.now()), 1)
    assert statements == []


async def test_every_event_has_its_actor_and_an_appointment_its_whole_history(
    clock: FixedClock,
) -> None:
    by = By(RESIDENT, clock.now())
    held = await booking.hold(by, BRANCH, [SERVICE], ELEVEN)
    await booking.move(by, held.token, ELEVEN + timedelta(minutes=30))
    booked = await booking.confirm(by, held.token, "Ян", "0671234567", None, "en")
    await arrival.check_in(By(KIOSK, clock.now()), BRANCH, booked.code)
    events = await appointments.history(booked.branch_id, booked.id)
    assert [(event.seq, event.verb, event.actor) for event in events] == [
        (1, "hold", "resident"),
        (2, "move", "resident"),
        (3, "confirm", "resident"),
        (4, "check_in", "device:1"),
    ]
    said = await db.fetch_value("SELECT string_agg(data::text, '') FROM appointment_event")
    assert "Ян" not in said, "a contact stands in no event"
    assert "0671234567"[1:] not in said


async def test_staff_devices_settings_and_interruptions_leave_events_with_before_and_after(
    clock: FixedClock,
) -> None:
    operator = By(OPERATOR, clock.now())
    boss = await accounts.add_staff(operator, "boss", "supervisor", BRANCH, PASSWORD)
    await accounts.change_password(operator, "boss", "another long password")
    await devices.add_device(operator, "Kiosk 1", ["kiosk"], BRANCH)
    await devices.revoke_device(operator, "Kiosk 1", None)
    stop = await interrupting.interrupt(By(boss, clock.now()), BRANCH, "power", None, "")
    await interrupting.resume(By(boss, clock.now()), stop.id)
    await accounts.retire_staff(operator, "boss")
    rows = await db.fetch("SELECT * FROM office_event WHERE kind <> 'centre' ORDER BY id")
    assert [(row["kind"], row["verb"], row["actor"]) for row in rows] == [
        ("staff", "add", "operator"),
        ("staff", "change_password", "operator"),
        ("device", "add", "operator"),
        ("device", "revoke", "operator"),
        ("interruption", "begin", boss.actor),
        ("interruption", "end", boss.actor),
        ("staff", "retire", "operator"),
    ]
    ended = rows[5]
    before, after = (msgspec.json.decode(ended[name]) for name in ("before", "after"))
    assert (before["ended_at"], after["ended_at"] is None) == (None, False)
    said = "".join(str(dict(row)) for row in rows)
    assert "argon2" not in said
    assert PASSWORD not in said


async def test_a_desk_that_closes_by_itself_says_that_nobody_did_it(clock: FixedClock) -> None:
    desk = await open_desk("1", clock.now())
    await staffing.close_desk(By(desk.clerk, clock.now()), desk.id)
    rows = await db.fetch("SELECT verb, actor, staff_id FROM desk_event ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("open", desk.clerk.actor, desk.clerk.id),
        ("close", desk.clerk.actor, desk.clerk.id),
    ]


async def test_a_row_that_somebody_changed_meanwhile_is_not_overwritten(clock: FixedClock) -> None:
    by = By(RESIDENT, clock.now())
    held = await booking.hold(by, BRANCH, [SERVICE], ELEVEN)
    await booking.confirm(by, held.token, "Ян", "0671234567", None, "uk")
    stale = appointment_records.next_appointment_event(held, "cancel", "resident", clock.now())
    changed = msgspec.structs.replace(held, revision=2)
    with pytest.raises(Conflict, match="appointment_changed"):
        await appointment_records.write_appointment(changed, stale)
    assert (await appointments.by_token(held.token)).state == "booked"
