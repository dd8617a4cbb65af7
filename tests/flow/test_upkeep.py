"""What time itself does, and that one process does it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from queue_app.clock import Clock, FixedClock, ShiftedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.people import OPERATOR, RESIDENT, Staff
from queue_app.flow import accounts, arrival, booking, calling, staffing
from queue_app.flow.act import By
from queue_app.jobs import calls, day_ends, holds
from queue_app.jobs.each import each
from queue_app.jobs.runner import Job, run_if_due, running
from queue_app.queries import appointments, doctor, halls, reference
from queue_app.queries.tickets import by_token
from queue_app.store import db
from tests.conftest import KYIV, MONDAY
from tests.support.jobs import sweep
from tests.support.people import BRANCH, CALLS, KIOSK, PASSWORD

pytestmark = pytest.mark.usefixtures("database")
SERVICE = "debt-amount"
ELEVEN = MONDAY + timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=KYIV)
WITHIN = 10.0
"""Seconds; generous, for a machine that does much else."""


async def booked(
    start: datetime = ELEVEN, channel: str = "visit", phone: str = "0671234567"
) -> Appointment:
    where = CALLS if channel == "phone" else BRANCH
    held = await booking.hold(By(RESIDENT, MONDAY), where, [SERVICE], start, channel)  # type: ignore[arg-type]
    return await booking.confirm(
        By(RESIDENT, MONDAY), held.token, "Ян", phone, None, "uk", ["overlap"]
    )


async def version() -> int:
    directory = await reference.directory()
    return (await halls.load(directory, directory.branch(BRANCH), MONDAY)).version


async def clerk_at_desk() -> tuple[int, Staff]:
    clerk = await accounts.add_staff(By(OPERATOR, MONDAY), "clerk1", "clerk", BRANCH, PASSWORD)
    desk = (await reference.directory()).branch(BRANCH).desks[0].id
    await staffing.open_desk(By(clerk, MONDAY), desk)
    return desk, clerk


async def state(one: Appointment) -> str:
    return (await appointments.by_token(one.token)).state


async def test_holds_that_ran_out_expire_and_screens_are_told(clock: FixedClock) -> None:
    held = await booking.hold(By(RESIDENT, MONDAY), BRANCH, [SERVICE], ELEVEN, "visit")
    before = await version()
    await sweep(FixedClock(clock.advance(minutes=10, microseconds=-1)))
    assert (await state(held), await version()) == ("held", before)
    await sweep(FixedClock(clock.advance(microseconds=1)))
    assert (await state(held), await version()) == ("expired", before + 1)


async def test_a_booked_call_joins_the_queue_at_its_time_and_once(
    clock: FixedClock,
) -> None:
    call = await booked(channel="phone")
    visit = await booked()
    await sweep(FixedClock(clock.advance(minutes=59, seconds=59)))
    assert (await appointments.by_token(call.token)).ticket_token is None
    clock.advance(seconds=1)
    for _ in "twice":
        await sweep(FixedClock(clock.now()))
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
    moved = await booked(ELEVEN, "phone", "0679999999")
    look = appointments.calls_due

    async def and_then_they_change(*asked: Any) -> list[Appointment]:
        due = await look(*asked)
        if not due:
            return due
        await booking.cancel(By(RESIDENT, MONDAY), cancelled.token)
        await booking.move(By(RESIDENT, MONDAY), moved.token, ELEVEN + timedelta(hours=4))
        assert len(due) == 2
        return due

    monkeypatch.setattr(appointments, "calls_due", and_then_they_change)
    clock.advance(hours=1)
    assert await calls.admit(clock) == 0
    assert await db.fetch_value("SELECT count(*) FROM ticket") == 0


async def test_whoever_is_in_the_house_at_midnight_has_left_and_desks_are_closed(
    clock: FixedClock,
) -> None:
    desk, clerk = await clerk_at_desk()
    states = ("serving", "parked", "waiting")
    for _ in states:
        await arrival.issue(By(KIOSK, MONDAY), BRANCH, [SERVICE], None, "uk")
    first = await calling.call(By(clerk, MONDAY), desk)
    assert first
    await calling.park(By(clerk, MONDAY), first.id)
    second = await calling.call(By(clerk, MONDAY), desk)
    assert second
    await calling.start(By(clerk, MONDAY), second.id)
    clock.set(MIDNIGHT - timedelta(microseconds=1))
    await sweep(FixedClock(clock.now()))
    rows = await db.fetch("SELECT state FROM ticket")
    assert sorted(row["state"] for row in rows) == sorted(states)
    clock.set(MIDNIGHT)
    await sweep(FixedClock(clock.now()))
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
    await arrival.check_in(By(KIOSK, MONDAY), BRANCH, served.code)
    called = await calling.call(By(clerk, MONDAY), desk)
    assert called
    await calling.start(By(clerk, MONDAY), called.id)
    await calling.finish(By(clerk, MONDAY), called.id)
    clock.set(MIDNIGHT)
    await sweep(FixedClock(clock.now()))
    assert [await state(one) for one in (served, absent, to_come)] == [
        "fulfilled", "missed", "booked",
    ]  # fmt: skip
    assert await doctor.check(clock.now()) == []


async def test_a_visit_that_nobody_finished_was_a_visit(clock: FixedClock) -> None:
    begun = await booked()
    desk, clerk = await clerk_at_desk()
    await arrival.check_in(By(KIOSK, MONDAY), BRANCH, begun.code)
    called = await calling.call(By(clerk, MONDAY), desk)
    assert called
    await calling.start(By(clerk, MONDAY), called.id)
    clock.set(MIDNIGHT)
    await day_ends.settle_appointments(clock)
    assert await state(begun) == "fulfilled", "whether the day has ended for its ticket or not"
    await sweep(FixedClock(clock.now()))
    assert await doctor.check(clock.now()) == []


async def test_names_and_contacts_go_when_their_time_is_over(clock: FixedClock) -> None:
    kept, cancelled = await booked(), await booked(MIDNIGHT + timedelta(hours=9))
    await booking.cancel(By(RESIDENT, MONDAY), cancelled.token)
    days = (await reference.directory()).rules.retention_days

    async def names() -> list[str | None]:
        return [(await appointments.by_token(one.token)).name for one in (kept, cancelled)]

    await sweep(FixedClock(clock.advance(days=days)))
    assert await names() == ["Ян", "Ян"]
    await sweep(FixedClock(clock.advance(seconds=1)))
    assert await names() == ["Ян", None]
    await sweep(FixedClock(clock.advance(days=2)))
    assert await names() == [None, None]
    row = await db.fetch_row("SELECT phone, email FROM appointment WHERE id = $1", kept.id)
    assert row and not any(row)
    assert await doctor.check(clock.now()) == []


async def test_sessions_and_keys_go_when_nobody_will_use_them(clock: FixedClock) -> None:
    await accounts.add_staff(By(OPERATOR, MONDAY), "clerk1", "clerk", BRANCH, PASSWORD)
    await staffing.sign_in(By(RESIDENT, MONDAY), "clerk1", PASSWORD)
    key = "00000000-0000-4000-8000-000000000001"
    await arrival.issue(By(KIOSK, MONDAY, UUID(key)), BRANCH, [SERVICE], None, "uk")

    async def left() -> list[int]:
        tables = ("session", "request")
        return [await db.fetch_value(f"SELECT count(*) FROM {table}") for table in tables]

    await sweep(FixedClock(clock.advance(hours=13)))
    assert await left() == [1, 1]
    await sweep(FixedClock(clock.advance(hours=1)))
    assert await left() == [0, 1]
    await sweep(FixedClock(clock.advance(hours=11)))
    assert await left() == [0, 0]


async def test_one_process_does_the_upkeep_while_another_is_at_it(
    database: str, clock: FixedClock
) -> None:
    begun, over = asyncio.Event(), asyncio.Event()

    async def at_work(_: Clock) -> int:
        begun.set()
        await over.wait()
        return 1

    elsewhere = asyncio.create_task(run_if_due(clock, Job("expire_holds", 10, at_work)))
    await begun.wait()
    held = await booking.hold(By(RESIDENT, MONDAY), BRANCH, [SERVICE], ELEVEN, "visit")
    clock.advance(seconds=30)
    job = Job("expire_holds", 10, holds.expire)
    assert await run_if_due(clock, job) is False, "somebody is at it"
    over.set()
    assert await elsewhere is True
    assert await state(held) == "held"
    clock.advance(hours=1)
    assert await run_if_due(clock, job) is True
    assert await state(held) == "expired"
    assert await run_if_due(clock, job) is False, "it was done just now"
    clock.advance(seconds=10)
    assert await run_if_due(clock, job) is True


async def test_a_process_that_died_at_a_job_lets_another_go_on_when_its_lease_is_over(
    database: str, clock: FixedClock
) -> None:
    job = Job("expire_holds", 10, holds.expire)
    assert await run_if_due(clock, job) is True
    await db.fetch("UPDATE job SET leased_until = $1", clock.now() + timedelta(seconds=60))
    clock.advance(seconds=59)
    assert await run_if_due(clock, job) is False
    clock.advance(seconds=1)
    assert await run_if_due(clock, job) is True


async def test_a_job_goes_on_after_the_clock_was_set_back(database: str, clock: FixedClock) -> None:
    job = Job("expire_holds", 10, holds.expire)
    clock.advance(days=400)
    assert await run_if_due(clock, job) is True
    clock.advance(days=-400)
    assert await run_if_due(clock, job) is True


async def test_what_is_wrong_with_one_ticket_keeps_no_other_in_the_house(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, other = [
        await arrival.issue(By(KIOSK, MONDAY), BRANCH, [SERVICE], None, "uk") for _ in "ab"
    ]

    async def all_but_the_first(by: By, branch_id: int, ticket_id: int) -> None:
        if ticket_id == first.id:
            raise RuntimeError("what nobody foresaw")
        await arrival.close_out(by, branch_id, ticket_id)

    monkeypatch.setattr(day_ends, "close_out", all_but_the_first)
    clock.set(MIDNIGHT)
    with pytest.raises(ExceptionGroup, match="1 of 2"):
        await day_ends.end(clock)
    states = [(await by_token(one.token)).progress.state for one in (first, other)]
    assert states == ["waiting", "left"]
    assert f"ticket 1-{first.id}" in caplog.text
    assert first.token not in caplog.text


async def test_while_the_database_is_away_a_job_tries_nothing_more() -> None:
    tried = []

    async def away(thing: int) -> None:
        tried.append(thing)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await each({"one": 1, "other": 2}, away)
    assert tried == [1]


async def test_a_step_that_fails_keeps_no_other_from_its_turn(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await booked()
    monkeypatch.setattr(day_ends, "close_out", None)
    await arrival.issue(By(KIOSK, MONDAY), BRANCH, [SERVICE], None, "uk")
    await sweep(FixedClock(clock.advance(days=1)))
    assert await state(one) == "missed"
    await sweep(FixedClock(clock.advance(days=31)))
    assert (await appointments.by_token(one.token)).phone is None


async def test_a_desk_of_a_branch_that_was_retired_is_left_at_midnight_too(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = await reference.directory()
    desk = directory.branch(BRANCH).desks[0].id
    everywhere = await accounts.add_staff(
        By(OPERATOR, MONDAY), "boss", "administrator", None, PASSWORD
    )
    await staffing.open_desk(By(everywhere, MONDAY), desk)
    without = {slug: one for slug, one in directory.branches.items() if slug != BRANCH}
    monkeypatch.setattr(reference, "FRESH_SECONDS", 1e9)
    monkeypatch.setattr(reference, "_cached", msgspec.structs.replace(directory, branches=without))
    await sweep(FixedClock(clock.advance(days=1)))
    assert await db.fetch_value("SELECT state FROM desk WHERE id = $1", desk) == "closed"


async def test_the_upkeep_outlives_a_connection_that_is_cut_off_in_a_transaction(
    clock: FixedClock, database: str
) -> None:
    held = await booking.hold(By(RESIDENT, MONDAY), BRANCH, [SERVICE], ELEVEN, "visit")
    clock.advance(minutes=10)
    other = await asyncpg.connect(database)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT * FROM appointment FOR UPDATE")
        ticking = ShiftedClock(clock.now(), 1.0, datetime.now(UTC))
        async with running(ticking, [Job("expire_holds", 0.2, holds.expire)]):
            async with asyncio.timeout(30):
                while not await other.fetchval(_CUT_OFF_WHO_WAITS):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await transaction.rollback()
            async with asyncio.timeout(30):
                while await state(held) != "expired":  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
    finally:
        await other.close()


_CUT_OFF_WHO_WAITS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))
"""
