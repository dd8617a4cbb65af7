"""What time itself does, and that one process does it."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.people import Staff
from queue_app.flow import arrival, booking, calling, staffing, upkeep
from queue_app.queries import appointments, doctor, halls, reference
from queue_app.queries.tickets import by_token
from queue_app.store import db
from tests.conftest import KYIV, MONDAY
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("database")
SERVICE = "debt-amount"
ELEVEN = MONDAY + timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=KYIV)
WITHIN = 10.0
"""Seconds; generous, for a machine that does much else."""


async def booked(
    start: datetime = ELEVEN, channel: str = "visit", phone: str = "0671234567"
) -> Appointment:
    held = await booking.hold(BRANCH, [SERVICE], start, channel, MONDAY)  # type: ignore[arg-type]
    return await booking.confirm(held.token, "Ян", phone, None, "uk", MONDAY)


async def version() -> int:
    directory = await reference.directory()
    return (await halls.load(directory, directory.branch(BRANCH), MONDAY)).version


async def clerk_at_desk() -> tuple[int, Staff]:
    clerk = await staffing.add_staff("clerk1", "clerk", BRANCH, PASSWORD, MONDAY)
    desk = (await reference.directory()).branch(BRANCH).desks[0].id
    await staffing.open_desk(desk, clerk, MONDAY)
    return desk, clerk


async def state(one: Appointment) -> str:
    return (await appointments.by_token(one.token)).state


async def test_holds_that_ran_out_expire_and_screens_are_told(clock: FixedClock) -> None:
    held = await booking.hold(BRANCH, [SERVICE], ELEVEN, "visit", MONDAY)
    before = await version()
    await upkeep.sweep(clock.advance(minutes=10, microseconds=-1))
    assert (await state(held), await version()) == ("held", before)
    await upkeep.sweep(clock.advance(microseconds=1))
    assert (await state(held), await version()) == ("expired", before + 1)


async def test_a_booked_call_joins_the_queue_shortly_before_its_time_and_once(
    clock: FixedClock,
) -> None:
    call = await booked(channel="phone")
    visit = await booked()
    await upkeep.sweep(clock.advance(minutes=49, seconds=59))
    assert (await appointments.by_token(call.token)).ticket_token is None
    clock.advance(seconds=1)
    for _ in "twice":
        await upkeep.sweep(clock.now())
    token = (await appointments.by_token(call.token)).ticket_token
    assert token
    ticket = await by_token(token)
    assert (ticket.channel, ticket.number, ticket.due_at) == ("phone", "К1", call.starts_at)
    assert await db.fetch_value("SELECT count(*) FROM ticket") == 1
    assert (await appointments.by_token(visit.token)).ticket_token is None


async def test_a_call_that_was_cancelled_or_moved_meanwhile_is_not_admitted(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look for calls that are due and the admission of each."""
    cancelled = await booked(channel="phone")
    moved = await booked(ELEVEN + timedelta(minutes=10), "phone", "0679999999")
    look = db.fetch
    directory = await reference.directory()

    async def and_then_they_change(sql: str, *args: object) -> list[asyncpg.Record]:
        due = await look(sql, *args)
        monkeypatch.setattr(db, "fetch", look)
        await booking.cancel(cancelled.token, MONDAY)
        await booking.reschedule(moved.token, ELEVEN + timedelta(hours=4), MONDAY)
        assert len(due) == 2
        return due

    monkeypatch.setattr(db, "fetch", and_then_they_change)
    await upkeep.admit_phone_calls(directory, clock.advance(hours=1))
    assert await db.fetch_value("SELECT count(*) FROM ticket") == 0


async def test_whoever_is_in_the_house_at_midnight_has_left_and_desks_are_closed(
    clock: FixedClock,
) -> None:
    desk, clerk = await clerk_at_desk()
    states = ("serving", "parked", "waiting")
    for _ in states:
        await arrival.issue_ticket(BRANCH, [SERVICE], None, "uk", "device:1", MONDAY)
    first = await calling.call(desk, clerk, MONDAY)
    assert first
    await calling.park(first.id, clerk, MONDAY)
    second = await calling.call(desk, clerk, MONDAY)
    assert second
    await calling.start(second.id, clerk, MONDAY)
    clock.set(MIDNIGHT - timedelta(microseconds=1))
    await upkeep.sweep(clock.now())
    rows = await db.fetch("SELECT state FROM ticket")
    assert sorted(row["state"] for row in rows) == sorted(states)
    clock.set(MIDNIGHT)
    await upkeep.sweep(clock.now())
    rows = await db.fetch("SELECT state FROM ticket")
    assert [row["state"] for row in rows] == ["left"] * 3
    assert await db.fetch_value("SELECT count(*) FROM desk WHERE state <> 'closed'") == 0
    assert await doctor.check(clock.now()) == []


async def test_a_past_booking_is_fulfilled_if_its_visitor_was_served_else_missed(
    clock: FixedClock,
) -> None:
    served, absent = await booked(), await booked(ELEVEN + timedelta(hours=1))
    to_come = await booked(MIDNIGHT + timedelta(hours=10))
    desk, clerk = await clerk_at_desk()
    await arrival.check_in(BRANCH, served.code, "device:1", MONDAY)
    called = await calling.call(desk, clerk, MONDAY)
    assert called
    await calling.start(called.id, clerk, MONDAY)
    await calling.finish(called.id, clerk, MONDAY)
    clock.set(MIDNIGHT)
    await upkeep.sweep(clock.now())
    assert [await state(one) for one in (served, absent, to_come)] == [
        "fulfilled", "missed", "booked",
    ]  # fmt: skip
    assert await doctor.check(clock.now()) == []


async def test_names_and_contacts_go_when_their_time_is_over(clock: FixedClock) -> None:
    kept, cancelled = await booked(), await booked(MIDNIGHT + timedelta(hours=9))
    await booking.cancel(cancelled.token, MONDAY)
    days = (await reference.directory()).rules.retention_days

    async def names() -> list[str | None]:
        return [(await appointments.by_token(one.token)).name for one in (kept, cancelled)]

    await upkeep.sweep(clock.advance(days=days))
    assert await names() == ["Ян", "Ян"]
    await upkeep.sweep(clock.advance(seconds=1))
    assert await names() == ["Ян", None]
    await upkeep.sweep(clock.advance(days=2))
    assert await names() == [None, None]
    row = await db.fetch_row("SELECT phone, email FROM appointment WHERE id = $1", kept.id)
    assert row and not any(row)
    assert await doctor.check(clock.now()) == []


async def test_sessions_and_keys_go_when_nobody_will_use_them(clock: FixedClock) -> None:
    await staffing.add_staff("clerk1", "clerk", BRANCH, PASSWORD, MONDAY)
    await staffing.sign_in("clerk1", PASSWORD, MONDAY)
    key = "00000000-0000-4000-8000-000000000001"
    await arrival.issue_ticket(BRANCH, [SERVICE], None, "uk", "device:1", MONDAY, UUID(key))

    async def left() -> list[int]:
        tables = ("session", "request")
        return [await db.fetch_value(f"SELECT count(*) FROM {table}") for table in tables]

    await upkeep.sweep(clock.advance(hours=13))
    assert await left() == [1, 1]
    await upkeep.sweep(clock.advance(hours=1))
    assert await left() == [0, 1]
    await upkeep.sweep(clock.advance(hours=11))
    assert await left() == [0, 0]


async def test_one_process_does_the_upkeep_while_another_is_at_it(
    database: str, clock: FixedClock
) -> None:
    held = await booking.hold(BRANCH, [SERVICE], ELEVEN, "visit", MONDAY)
    now = clock.advance(hours=1)
    other = await asyncpg.connect(database)
    await other.execute("SELECT pg_advisory_lock(hashtext('upkeep'))")
    assert await upkeep.once_for_all(now) is False
    assert await state(held) == "held"
    await other.close()
    assert await upkeep.once_for_all(now) is True
    assert await state(held) == "expired"
    assert await upkeep.once_for_all(now) is True


async def test_a_step_that_fails_keeps_no_other_from_its_turn(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await booked()
    monkeypatch.setattr(upkeep, "close_out", None)
    await arrival.issue_ticket(BRANCH, [SERVICE], None, "uk", "device:1", MONDAY)
    await upkeep.sweep(clock.advance(days=1))
    assert await state(one) == "missed"
    await upkeep.sweep(clock.advance(days=31))
    assert (await appointments.by_token(one.token)).phone is None


async def test_a_desk_of_a_branch_that_was_retired_is_left_at_midnight_too(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = await reference.directory()
    desk = directory.branch(BRANCH).desks[0].id
    everywhere = await staffing.add_staff("boss", "administrator", None, PASSWORD, MONDAY)
    await staffing.open_desk(desk, everywhere, MONDAY)
    without = {slug: one for slug, one in directory.branches.items() if slug != BRANCH}
    monkeypatch.setattr(reference, "FRESH_SECONDS", 1e9)
    monkeypatch.setattr(reference, "_cached", msgspec.structs.replace(directory, branches=without))
    await upkeep.sweep(clock.advance(days=1))
    assert await db.fetch_value("SELECT state FROM desk WHERE id = $1", desk) == "closed"


async def test_the_upkeep_outlives_a_connection_that_is_cut_off_in_a_transaction(
    clock: FixedClock, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "EVERY_SECONDS", 0.2)
    held = await booking.hold(BRANCH, [SERVICE], ELEVEN, "visit", MONDAY)
    clock.advance(minutes=10)
    other = await asyncpg.connect(database)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT * FROM appointment FOR UPDATE")
        async with upkeep.running(clock):
            async with asyncio.timeout(WITHIN):
                while not await other.fetchval(_CUT_OFF_WHO_WAITS):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await transaction.rollback()
            async with asyncio.timeout(WITHIN):
                while await state(held) != "expired":  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
    finally:
        await other.close()


_CUT_OFF_WHO_WAITS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))
"""
