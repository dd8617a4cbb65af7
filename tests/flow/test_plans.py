"""The centre changes its plans: who is booked is moved, or told and listed until settled."""

import asyncio
import contextvars
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from queue_app.cli import differences
from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.centre import BranchPlan, Centre, Closure
from queue_app.domain.errors import Conflict, QueueError
from queue_app.domain.people import OPERATOR, RESIDENT, Staff
from queue_app.flow import arrival, booking, configuring, reaching, replanning, settling, sparing
from queue_app.flow.act import Act, By
from queue_app.flow.configuring import Applied
from queue_app.flow.replanning import Concerned
from queue_app.jobs import day_ends
from queue_app.jobs.sending import Sender
from queue_app.queries import appointments, doctor, reference, unsettled
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.bookings import (
    ONE,
    SERVICE,
    TUESDAY,
    at_slot,
    centre_with_a_night,
    confirm,
    hold,
    starts,
)
from tests.flow.letters import Desk
from tests.flow.stage import own
from tests.support.database import empty
from tests.support.people import KIOSK

NOW = MONDAY
replace = msgspec.structs.replace


@pytest.fixture(scope="module")
async def dsn(database_server: str, worker: str) -> AsyncIterator[str]:
    async with own(database_server, f"{worker}-plans") as made:
        yield made


@pytest.fixture(autouse=True)
async def nobody(dsn: str) -> AsyncIterator[None]:
    """The centre as usual and nobody booked; whatever comes of it, every invariant holds."""
    await empty(dsn)
    reference.forget()
    await configuring.apply(By(OPERATOR, NOW), centre_with_a_night())
    yield
    reference.forget()
    assert await doctor.check(NOW) == []


def changed(**fields: Any) -> Centre:
    """The usual centre with branch ONE otherwise."""
    usual = centre_with_a_night()
    return replace(
        usual,
        branches=tuple(
            replace(one, **fields) if one.slug == ONE else one for one in usual.branches
        ),
    )


def branch() -> BranchPlan:
    return next(one for one in centre_with_a_night().branches if one.slug == ONE)


def closed() -> Centre:
    reason = title()
    return changed(closures=(Closure(TUESDAY, reason),))


def title() -> Any:
    return centre_with_a_night().title


def other_lane() -> Centre:
    return changed(lanes=(replace(branch().lanes[0], code="other"),))


async def booked(slot: int = 0) -> Appointment:
    return await confirm(await hold(ONE, at_slot(slot), NOW), NOW)


async def accept(centre: Centre) -> Applied:
    return await configuring.put_in_force(By(OPERATOR, NOW), centre, accept=True)


async def kinds() -> list[str]:
    return [row["kind"] for row in await db.fetch("SELECT kind FROM message ORDER BY id")]


async def how() -> list[str | None]:
    return [row["how"] for row in await db.fetch("SELECT how FROM unsettled ORDER BY since")]


async def everything() -> list[Any]:
    tables = ("centre", "branch", "lane", "appointment", "appointment_event", "message")
    return [
        await db.fetch_value(f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {one} t")
        for one in (*tables, "office_event", "unsettled", "branch_version")
    ]


async def test_a_closure_that_hits_people_is_refused_and_changes_nothing() -> None:
    await booked()
    before = await everything()
    with pytest.raises(Conflict, match="people_are_booked"):
        await configuring.apply(By(OPERATOR, NOW), closed())
    assert await everything() == before


async def test_a_rehearsal_says_whom_it_hits_and_changes_nothing() -> None:
    one = await booked()
    before = await everything()
    said = await configuring.rehearse(By(OPERATOR, NOW), closed())
    assert [(hit.appointment.id, hit.why) for hit in said.stranded] == [(one.id, "closed")]
    assert [change.fields for change in said.changes] == [("closures",)]
    assert await everything() == before


async def test_whom_an_accepted_closure_hits_stays_booked_is_told_and_listed() -> None:
    one = await booked()
    await accept(closed())
    [listed] = await unsettled.still_open()
    assert (listed.appointment.id, listed.why, listed.since) == (one.id, "closed", NOW)
    assert listed.appointment.state == "booked"
    assert await kinds() == ["booked", "plans"]
    await accept(closed())
    assert await kinds() == ["booked", "plans"]


async def test_calls_that_districts_had_before_the_contact_centre_are_listed_as_calls() -> None:
    """A centre of before this version, in which each district phoned for itself, is updated."""
    visits = branch().lanes[0]
    phoning = changed(lanes=(visits, replace(visits, code="phone-any", channel="phone")))
    await configuring.apply(By(OPERATOR, NOW), phoning)
    (start, *_) = await starts(ONE, TUESDAY, NOW, channel="phone")
    visit = await booked()
    held = await booking.hold(By(RESIDENT, NOW), ONE, [SERVICE], start, "phone")
    call = await confirm(held, NOW)
    before = await everything()
    said = await configuring.rehearse(By(OPERATOR, NOW), centre_with_a_night())
    assert [(hit.appointment.id, hit.why) for hit in said.stranded] == [(call.id, "service")]
    (heading, line) = differences.people(await reference.directory(), said, "would be ")
    assert heading == "1 booking to come would be left without a place:"
    assert f"...{call.code[-3:]}  {ONE}" in line and "by phone" in line
    assert await everything() == before
    with pytest.raises(Conflict, match="people_are_booked"):
        await configuring.apply(By(OPERATOR, NOW), centre_with_a_night())
    await accept(centre_with_a_night())
    assert [one.appointment.id for one in await unsettled.still_open()] == [call.id]
    assert (await appointments.by_token(visit.token)).state == "booked"
    assert await kinds() == ["booked", "booked", "plans"]


async def test_the_mail_of_changed_plans_names_times_that_can_be_had() -> None:
    one = await booked()
    await reaching.correct(By(RESIDENT, NOW), one.token, email="olena@example.com")
    await accept(closed())
    desk = Desk()
    await Sender({"mail": desk}, "https://q.example.org").deliver(FixedClock(NOW))
    letter = next(each for each in desk.letters if "зможемо" in each.subject)
    page = f"https://q.example.org/visit/{one.token}/offer?starts_at="
    links = re.findall(rf'href="{re.escape(page)}([^"]*)"', letter.html or "")
    assert links and all(f"{page}{each}" in letter.text for each in links)
    for each in links:
        moved = await booking.move(
            By(RESIDENT, NOW), one.token, datetime.fromisoformat(unquote(each))
        )
    assert moved.state == "booked" and await unsettled.still_open() == []


async def test_whom_another_lane_takes_is_moved_there_and_not_told() -> None:
    one = await booked()
    moved = await accept(other_lane())
    assert [hit.appointment.id for hit in moved.moved] == [one.id]
    then = await appointments.by_token(one.token)
    assert then.lane_id != one.lane_id and then.starts_at == one.starts_at
    last = (await appointments.history(one.branch_id, one.id))[-1]
    assert (last.verb, last.actor, last.why) == ("move", "system", "lane")
    assert await kinds() == ["booked"]
    assert await unsettled.still_open() == []


async def test_without_anybody_left_over_a_change_needs_no_consent() -> None:
    await booked()
    assert await configuring.apply(By(OPERATOR, NOW), other_lane())


async def test_a_hold_that_the_closure_hits_cannot_be_confirmed_but_moved_and_confirmed() -> None:
    held = await hold(ONE, at_slot(0), NOW)
    await configuring.apply(By(OPERATOR, NOW), closed())
    with pytest.raises(Conflict, match="plans_changed"):
        await confirm(held, NOW)
    later = (await starts(ONE, TUESDAY + timedelta(days=1), NOW))[0]
    moved = await booking.move(By(RESIDENT, NOW), held.token, later)
    assert (await confirm(moved, NOW)).state == "booked"


async def test_each_way_in_which_a_booking_is_settled_is_kept() -> None:
    one, two, three, four = [await booked(slot) for slot in range(4)]
    await accept(closed())
    later = (await starts(ONE, TUESDAY + timedelta(days=1), NOW))[0]
    await booking.move(By(RESIDENT, NOW), one.token, later)
    await booking.cancel(By(RESIDENT, NOW), two.token)
    boss = Staff(1, "boss", "supervisor", one.branch_id)
    await settling.settle_unsettled(By(boss, NOW), ONE, three.id)
    with pytest.raises(Conflict, match="already_settled"):
        await settling.settle_unsettled(By(boss, NOW), ONE, three.id)
    stranger = Staff(2, "other", "supervisor", one.branch_id + 1)
    with pytest.raises(QueueError, match="other_branch"):
        await settling.settle_unsettled(By(stranger, NOW), ONE, four.id)
    rows = await db.fetch("SELECT appointment_id, how FROM unsettled ORDER BY appointment_id")
    assert [tuple(row) for row in rows] == [
        (one.id, "moved"),
        (two.id, "cancelled"),
        (three.id, "staff"),
        (four.id, None),
    ]
    await db.fetch("UPDATE unsettled SET settled_at = since, how = 'staff' WHERE how IS NULL")


async def test_plans_that_fit_again_settle_it_and_say_so() -> None:
    await booked()
    await accept(closed())
    again = await accept(centre_with_a_night())
    assert len(again.restored) == 1
    assert await how() == ["restored"]
    assert await kinds() == ["booked", "plans", "booked"]


async def test_who_was_told_and_fits_another_lane_later_is_told_again() -> None:
    await booked()
    await accept(changed(lanes=()))
    await accept(other_lane())
    assert await how() == ["moved"]
    assert await kinds() == ["booked", "plans", "booked"]


async def test_whoever_comes_all_the_same_comes_first_and_is_settled() -> None:
    one = await booked()
    await accept(other_lane_of_nothing())
    came = await arrival.check_in(By(KIOSK, one.starts_at), ONE, one.code)
    assert not came.late
    assert await how() == ["came"]


def other_lane_of_nothing() -> Centre:
    return changed(lanes=())


async def test_the_end_of_the_day_blames_nobody_whom_the_centre_left_standing() -> None:
    one = await booked()
    await accept(closed())
    await day_ends.settle_appointments(FixedClock(one.starts_at + timedelta(days=2)))
    assert (await appointments.by_token(one.token)).state == "cancelled"
    assert await how() == ["over"]


async def test_doctor_finds_who_has_no_place_and_whose_row_was_left_open() -> None:
    one = await booked()
    await accept(closed())
    await db.fetch("DELETE FROM unsettled")
    [found] = await doctor.check(NOW)
    assert found.where == f"branch {one.branch_id}: appointment {one.id}: closed"
    await booking.cancel(By(RESIDENT, NOW), one.token)
    await db.fetch(
        "INSERT INTO unsettled (branch_id, appointment_id, since, why) VALUES ($1, $2, $3, $4)",
        one.branch_id, one.id, NOW, "closed",
    )  # fmt: skip
    assert [found.invariant for found in await doctor.check(NOW)] == [
        "a booking that is over is settled"
    ]
    await db.fetch("DELETE FROM unsettled")


GLANCE = 0.1
"""So long, in seconds, each of two waits for what the other may do meanwhile."""


async def test_who_books_while_the_plans_change_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = await hold(ONE, at_slot(0), NOW)
    tomorrow = (await starts(ONE, TUESDAY + timedelta(days=1), NOW))[0]
    there = await confirm(await hold(ONE, tomorrow, NOW), NOW)
    others: list[asyncio.Task[Appointment]] = []
    go_on = replanning.settle_people

    async def meanwhile(act: Act, found: Concerned) -> None:
        others.extend(
            asyncio.create_task(asked, context=contextvars.Context())
            for asked in (
                confirm(held, NOW),
                hold(ONE, at_slot(1), NOW),
                booking.move(By(RESIDENT, NOW), there.token, at_slot(2)),
            )
        )
        await asyncio.sleep(GLANCE)
        await go_on(act, found)

    monkeypatch.setattr(replanning, "settle_people", meanwhile)
    await accept(closed())
    codes = [
        one.code if isinstance(one, QueueError) else one
        for one in await asyncio.gather(*others, return_exceptions=True)
    ]
    assert codes == ["plans_changed", "no_such_time", "no_such_time"]
    assert await unsettled.still_open() == []


async def test_who_was_booking_as_the_plans_changed_is_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tomorrow = (await starts(ONE, TUESDAY + timedelta(days=1), NOW))[0]
    there = await confirm(await hold(ONE, tomorrow, NOW), NOW)
    held = await hold(ONE, at_slot(0), NOW)
    closing: list[asyncio.Task[Applied]] = []
    go_on = sparing.require_few

    async def meanwhile(*asked: Any) -> None:
        closing.append(asyncio.create_task(accept(closed()), context=contextvars.Context()))
        await asyncio.sleep(GLANCE)
        await go_on(*asked)

    with monkeypatch.context() as patched:
        patched.setattr(sparing, "require_few", meanwhile)
        booked_now = await confirm(held, NOW)
    assert [hit.appointment.id for hit in (await closing[0]).stranded] == [booked_now.id]
    assert {one.appointment.id for one in await unsettled.still_open()} == {booked_now.id}
    assert (await appointments.by_token(there.token)).state == "booked"


async def test_a_closure_and_bookings_of_the_same_moment_leave_nobody_unlisted() -> None:
    held = [await hold(ONE, at_slot(slot), NOW) for slot in range(6)]
    away = await confirm(held[0], NOW)
    tomorrow = (await starts(ONE, TUESDAY + timedelta(days=1), NOW))[:2]
    there = await confirm(await hold(ONE, tomorrow[0], NOW), NOW)
    _, *answers = await asyncio.gather(
        accept(closed()),
        *(confirm(one, NOW) for one in held[1:]),
        *(hold(ONE, at_slot(slot), NOW) for slot in range(6, 12)),
        booking.move(By(RESIDENT, NOW), away.token, tomorrow[1]),
        booking.move(By(RESIDENT, NOW), there.token, at_slot(12)),
        return_exceptions=True,
    )
    refused = [one for one in answers if isinstance(one, BaseException)]
    codes = {one.code if isinstance(one, QueueError) else repr(one) for one in refused}
    assert codes <= {"plans_changed", "slot_taken", "no_such_time"}
    rows = await db.fetch(
        "SELECT id FROM appointment WHERE state = 'booked' AND lower(period) < $1",
        tomorrow[0] - timedelta(hours=6),
    )
    listed = {one.appointment.id for one in await unsettled.still_open()}
    assert {row["id"] for row in rows} == listed
