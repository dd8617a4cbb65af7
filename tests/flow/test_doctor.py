"""Every invariant, broken by hand past its constraint, and what doctor says of it."""

from collections.abc import AsyncIterator
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta

import asyncpg
import pytest

from queue_app.domain.people import OPERATOR, RESIDENT, Staff
from queue_app.flow import accounts, arrival, booking, calling, interrupting, staffing
from queue_app.flow.act import By
from queue_app.queries import doctor, reference
from queue_app.queries.doctor import Finding
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.stage import own
from tests.support.people import BRANCH, KIOSK, PASSWORD

NOW = MONDAY


@pytest.fixture(scope="module", autouse=True)
async def hall(database_server: str, worker: str) -> AsyncIterator[None]:
    """Somebody was served at desk 1 and somebody else is called there, one is called to desk 2,
    and one with a booking waits, as an alert stops calls; in a database of this file's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "snapshot", nullcontext)  # the breaks are in a transaction already
        async with own(database_server, f"{worker}-doctor"):
            await fill()
            assert await doctor.check(NOW) == []
            yield


async def fill() -> None:
    first, second = await desks()
    for _ in range(3):
        await arrival.issue(By(KIOSK, NOW), BRANCH, ["debt-amount"], None, "uk")
    clerks = [
        await accounts.add_staff(By(OPERATOR, NOW), f"clerk{n}", "clerk", BRANCH, PASSWORD)
        for n in (1, 2)
    ]
    for desk, clerk in zip((first, second), clerks, strict=True):
        await staffing.open_desk(By(clerk, NOW), desk)
    await serve_one(first, clerks[0])
    await calling.call(By(clerks[0], NOW), first)
    await calling.call(By(clerks[1], NOW), second)
    await visit(NOW + timedelta(minutes=60))
    await interrupting.interrupt(By(clerks[0], NOW), BRANCH, "alert", None, "")


async def desks() -> list[int]:
    branch = (await reference.directory()).branch(BRANCH)
    return [desk.id for desk in branch.desks][:2]


async def serve_one(desk: int, clerk: Staff) -> None:
    called = await calling.call(By(clerk, NOW), desk)
    assert called
    await calling.start(By(clerk, NOW), called.id)
    await calling.finish(By(clerk, NOW), called.id)


async def visit(starts_at: datetime) -> None:
    held = await booking.hold(By(RESIDENT, NOW), BRANCH, ["debt-amount"], starts_at, "visit")
    booked = await booking.confirm(By(RESIDENT, NOW), held.token, "Ян", "0671234567", None, "uk")
    await arrival.check_in(By(KIOSK, NOW), BRANCH, booked.code)


class UndoneError(Exception):
    """Leaves the database as it was."""


async def found_after(*breaks: str, at: datetime = NOW) -> list[Finding]:
    """What doctor finds after these statements; then they are taken back."""
    findings: list[Finding] = []

    async def work() -> None:
        for statement in ";".join(breaks).split(";"):
            if statement.strip():
                await db.fetch(statement)
        findings.extend(await doctor.check(at))
        raise UndoneError

    with suppress(UndoneError):
        await db.transact(work)
    return findings


WISH = """
    INSERT INTO wish (token, state, services, channel, branches, first_day, last_day, weekdays,
        from_hour, until_hour, language, phone, made_at, changed_at, revision)
    SELECT '1-' || repeat('a', 22), '{state}', services, channel, '{{1}}', '2026-11-23',
        '2026-11-23', '{{}}', 0, 24, 'uk', '+380671234567', created_at, created_at, 1
    FROM appointment"""

BREAKS = {
    "a wish has one offer at a time, and only while it is open": f"""
        {WISH.format(state="withdrawn")};
        UPDATE appointment SET wish_id = wish.id, state = 'held', held_until = upper(period),
            checked_in_at = NULL FROM wish""",
    "an offer is a time that was held for its wish": "UPDATE message SET kind = 'offer'",
    "a wish that led to a booking has one": WISH.format(state="booked"),
    "a wish stands as its last event left it": WISH.format(state="open"),
    "a lane has one appointment at a time": """
        ALTER TABLE appointment DROP CONSTRAINT appointment_one_per_lane;
        INSERT INTO appointment (branch_id, lane_id, token, code, channel, services, period,
            state, language, created_at, changed_at, revision)
        SELECT branch_id, lane_id, token || 'x', '999999', channel, services, period, state,
            language, created_at, changed_at, 1 FROM appointment""",
    "a number is given once a day": """
        ALTER TABLE ticket DROP CONSTRAINT ticket_branch_id_day_number_key;
        UPDATE ticket SET number = 'А1' WHERE number = 'А2'""",
    "numbers have no gap": "UPDATE ticket SET number = 'А7' WHERE number = 'А2'",
    "a desk has one person": """
        DROP INDEX ticket_one_per_desk;
        UPDATE ticket SET desk_id = (SELECT min(desk_id) FROM ticket) WHERE state = 'called'""",
    "whoever is at a desk is at an open one": """
        UPDATE desk SET state = 'closed', staff_id = NULL WHERE state = 'open'""",
    "an appointment has one live ticket": """
        DROP INDEX ticket_one_per_appointment;
        UPDATE ticket SET (appointment_id, due_at) = (SELECT id, lower(period) FROM appointment)
        WHERE state IN ('waiting', 'called')""",
    "a ticket knows its appointment's time": """
        UPDATE ticket SET due_at = due_at + interval '1 hour' WHERE due_at IS NOT NULL""",
    "whoever is expected later waits, and is expected at their booked time": """
        UPDATE ticket SET expected_at = due_at + interval '1 minute' WHERE due_at IS NOT NULL""",
    "an appointment that was checked in has a ticket, and no other has": """
        UPDATE appointment SET checked_in_at = NULL""",
    "a message tells of something that happened": """
        UPDATE message SET event = 'appointment 1 99'""",
    "events of appointments count from one without a gap": """
        ALTER TABLE appointment_event DISABLE TRIGGER appointment_event_append_only;
        DELETE FROM appointment_event WHERE verb = 'confirm'""",
    "events count from one without a gap": """
        ALTER TABLE ticket_event DISABLE TRIGGER ticket_event_append_only;
        DELETE FROM ticket_event WHERE verb = 'start'""",
    "a desk stands as its last event left it": """
        UPDATE desk SET state = 'paused' WHERE state = 'open'""",
    "every service that is named exists": """
        UPDATE appointment SET services = '{ghost}'""",
    "a branch has one open interruption for all services": """
        DROP INDEX interruption_one_for_all;
        INSERT INTO interruption (branch_id, kind, started_at, staff_id)
        SELECT branch_id, 'power', started_at, staff_id FROM interruption""",
    "an interruption begins, ends and lets calls resume, in this order": """
        ALTER TABLE interruption DROP CONSTRAINT interruption_times_in_order;
        UPDATE interruption SET ended_at = started_at - interval '1 minute',
            resumes_at = started_at, ended_by = staff_id""",
    "nobody is called out while all calls are stopped": """
        UPDATE interruption SET calls_until = calls_until - interval '1 minute'""",
    "a booking that is over is settled": """
        INSERT INTO unsettled (branch_id, appointment_id, since, why)
        SELECT branch_id, id, created_at, 'closed' FROM appointment;
        UPDATE appointment SET state = 'fulfilled'""",
    "what leaves is known as this database's": "DELETE FROM outbox",
    "every branch has a version": "DELETE FROM branch_version WHERE branch_id = 1",
    "a ticket is the fold of its events": """
        UPDATE ticket SET queued_at = queued_at - interval '1 minute' WHERE number = 'А2'""",
    "an appointment is the fold of its events": """
        UPDATE appointment SET period = tstzrange(lower(period) - interval '5 minutes',
            upper(period))""",
}


def test_every_invariant_has_a_break() -> None:
    assert set(doctor._BROKEN) <= BREAKS.keys()


@pytest.mark.parametrize("invariant", BREAKS)
async def test_doctor_finds_what_a_dropped_constraint_let_in(invariant: str) -> None:
    findings = await found_after(BREAKS[invariant])
    assert invariant in {finding.invariant for finding in findings}
    assert all(finding.where for finding in findings)


COUNTER_LIES = {
    "ahead": "UPDATE counter SET last = last + 1",
    "behind": "UPDATE counter SET last = last - 1 WHERE last > 1",
    "gone": "DELETE FROM counter",
}


@pytest.mark.parametrize("lie", COUNTER_LIES)
async def test_a_counter_that_does_not_count_the_tickets_is_found(lie: str) -> None:
    findings = await found_after(COUNTER_LIES[lie])
    assert {one.invariant for one in findings} == {"numbers have no gap"}


FALSE_HISTORIES = {
    "a verb that may not follow": "UPDATE ticket_event SET verb = 'finish' WHERE verb = 'call'",
    "an undo of nothing": "UPDATE ticket_event SET verb = 'undo' WHERE seq = 1",
    "another desk": "UPDATE ticket_event SET desk_id = 6 WHERE verb = 'call'",
    "another time": "UPDATE ticket_event SET at = at + interval '1 second' WHERE verb = 'start'",
}


@pytest.mark.parametrize("history", FALSE_HISTORIES)
async def test_a_history_that_does_not_lead_to_the_row_is_found(history: str) -> None:
    findings = await found_after(
        "ALTER TABLE ticket_event DISABLE TRIGGER ticket_event_append_only",
        FALSE_HISTORIES[history],
        "ALTER TABLE ticket_event ENABLE TRIGGER ticket_event_append_only",
    )
    assert {one.invariant for one in findings} == {"a ticket is the fold of its events"}


FALSE_APPOINTMENTS = {
    "a verb that may not follow": "UPDATE appointment_event SET verb = 'miss' WHERE seq = 2",
    "another lane": """UPDATE appointment_event SET data = data || '{"lane_id": 999}'
        WHERE verb = 'hold'""",
    "another time": "UPDATE appointment_event SET at = at + interval '1 s' WHERE verb = 'check_in'",
}


@pytest.mark.parametrize("history", FALSE_APPOINTMENTS)
async def test_a_history_that_does_not_lead_to_the_appointment_is_found(history: str) -> None:
    findings = await found_after(
        "ALTER TABLE appointment_event DISABLE TRIGGER appointment_event_append_only",
        FALSE_APPOINTMENTS[history],
        "ALTER TABLE appointment_event ENABLE TRIGGER appointment_event_append_only",
    )
    assert {one.invariant for one in findings} == {"an appointment is the fold of its events"}


DROPS: dict[str, str] = {
    "appointment_one_per_lane": "ALTER TABLE appointment DROP CONSTRAINT appointment_one_per_lane",
    "appointment_code": "DROP INDEX appointment_code",
    "ticket_one_per_desk": "DROP INDEX ticket_one_per_desk",
    "ticket_one_per_appointment": "DROP INDEX ticket_one_per_appointment",
    "ticket_branch_id_day_number_key": (
        "ALTER TABLE ticket DROP CONSTRAINT ticket_branch_id_day_number_key"
    ),
    "ticket_state_times": "ALTER TABLE ticket DROP CONSTRAINT ticket_state_times",
    "ticket_times_in_order": "ALTER TABLE ticket DROP CONSTRAINT ticket_times_in_order",
    "ticket_expected_waits": "ALTER TABLE ticket DROP CONSTRAINT ticket_expected_waits",
    "desk_one_per_clerk": "DROP INDEX desk_one_per_clerk",
    "ticket_event_append_only": "DROP TRIGGER ticket_event_append_only ON ticket_event",
    "desk_event_append_only": "ALTER TABLE desk_event DISABLE TRIGGER desk_event_append_only",
    "interruption_one_for_all": "DROP INDEX interruption_one_for_all",
    "interruption_ends_whole": "ALTER TABLE interruption DROP CONSTRAINT interruption_ends_whole",
    "interruption_times_in_order": (
        "ALTER TABLE interruption DROP CONSTRAINT interruption_times_in_order"
    ),
    "interruption_is_kept": "DROP TRIGGER interruption_is_kept ON interruption",
    "branch_habits_sane": "ALTER TABLE branch_habits DROP CONSTRAINT branch_habits_sane",
    "branch_habits_correction": (
        "ALTER TABLE branch_habits DROP CONSTRAINT branch_habits_correction"
    ),
    "appointment_event_append_only": (
        "DROP TRIGGER appointment_event_append_only ON appointment_event"
    ),
    "appointment_held_until": "ALTER TABLE appointment DROP CONSTRAINT appointment_held_until",
    "appointment_came_to_a_booking": (
        "ALTER TABLE appointment DROP CONSTRAINT appointment_came_to_a_booking"
    ),
    "office_event_append_only": "ALTER TABLE office_event DISABLE TRIGGER office_event_append_only",
    "message_identity": "ALTER TABLE message DROP CONSTRAINT message_identity",
    "outbox_is_one": "ALTER TABLE outbox DROP CONSTRAINT outbox_is_one",
    "message_once": "ALTER TABLE message DROP CONSTRAINT message_once",
    "message_sent_has_time": "ALTER TABLE message DROP CONSTRAINT message_sent_has_time",
    "message_begun_is_printed": "ALTER TABLE message DROP CONSTRAINT message_begun_is_printed",
    "offer_one_per_wish": "DROP INDEX offer_one_per_wish",
    "wish_can_be_told": "ALTER TABLE wish DROP CONSTRAINT wish_can_be_told",
    "wish_event_append_only": "ALTER TABLE wish_event DISABLE TRIGGER wish_event_append_only",
    "unsettled_once": "DROP INDEX unsettled_once",
    "unsettled_ends_whole": "ALTER TABLE unsettled DROP CONSTRAINT unsettled_ends_whole",
    "unsettled_times_in_order": "ALTER TABLE unsettled DROP CONSTRAINT unsettled_times_in_order",
    "request_pkey": "ALTER TABLE request DROP CONSTRAINT request_pkey",
}


def test_every_guard_is_dropped_once() -> None:
    assert DROPS.keys() == doctor.GUARDS


@pytest.mark.parametrize("guard", DROPS)
async def test_a_guard_that_is_missing_is_named(guard: str) -> None:
    assert await found_after(DROPS[guard]) == [Finding("the schema guards itself", guard)]


async def test_a_wish_that_is_open_after_its_last_day_is_found() -> None:
    told = """INSERT INTO wish_event (wish_id, seq, at, verb, actor)
        SELECT id, 1, made_at, 'make', 'resident' FROM wish"""
    assert await found_after(WISH.format(state="open"), told) == []
    for_ever = NOW + timedelta(days=2)
    [finding] = await found_after(WISH.format(state="open"), told, at=for_ever)
    assert finding.invariant == "no wish is open after its last day"


async def test_personal_data_kept_too_long_is_found() -> None:
    days = (await reference.directory()).rules.retention_days
    assert await doctor.check(NOW + timedelta(days=days)) == []
    findings = await doctor.check(NOW + timedelta(days=days + 2))
    assert {one.invariant for one in findings} == {"personal data is deleted on time"}
    assert [one.where.split(": ")[1].split()[0] for one in findings] == ["appointment", "message"]
    assert not any("Ян" in one.where or "671234567" in one.where for one in findings)


@pytest.mark.parametrize("of", ["its booking", "no booking"])
async def test_a_message_kept_longer_than_its_booking_is_found(of: str) -> None:
    days = (await reference.directory()).rules.retention_days
    named_nobody = "UPDATE appointment SET name = NULL, phone = NULL, email = NULL"
    alone = "UPDATE message SET appointment_id = NULL" if of == "no booking" else ""
    assert await found_after(named_nobody, alone) == []
    [finding] = await found_after(named_nobody, alone, at=NOW + timedelta(days=days + 2))
    assert finding == Finding("personal data is deleted on time", "branch 1: message 1")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM ticket_event",
        "UPDATE ticket_event SET verb = 'finish'",
        "DELETE FROM desk_event",
        "DELETE FROM appointment_event",
        "UPDATE appointment_event SET actor = 'nobody'",
        "DELETE FROM office_event",
        "UPDATE appointment SET held_until = created_at WHERE state = 'booked'",
        "UPDATE appointment SET state = 'cancelled' WHERE checked_in_at IS NOT NULL",
        "UPDATE message SET sent_at = created_at",
        """INSERT INTO message (branch_id, event, kind, channel, recipient, language, created_at,
        due_at) SELECT branch_id, event, kind, channel, recipient, language, created_at, due_at
        FROM message""",
        "UPDATE ticket SET number = 'А1' WHERE number = 'А2'",
        "UPDATE ticket SET state = 'finished', ended_at = issued_at WHERE state = 'waiting'",
        "UPDATE ticket SET called_at = NULL WHERE state = 'called'",
        "UPDATE ticket SET desk_id = (SELECT min(desk_id) FROM ticket) WHERE state = 'called'",
        "UPDATE desk SET staff_id = (SELECT min(staff_id) FROM desk) WHERE state = 'open'",
        "UPDATE ticket SET expected_at = called_at WHERE state = 'called'",
        "UPDATE appointment SET period = 'empty'",
        "DELETE FROM interruption",
        "UPDATE interruption SET resumes_at = started_at",
        "UPDATE interruption SET services = '{}'",
    ],
)
async def test_with_its_guards_in_place_the_schema_refuses_the_change(change: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as error:
        await found_after(change)
    assert (error.value.sqlstate or "").startswith("23")
