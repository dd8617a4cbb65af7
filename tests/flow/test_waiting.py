"""The waiting list: what comes free is held for the first whom it suits, then goes on."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from queue_app.domain.contacts import Resident
from queue_app.domain.errors import Conflict, QueueError, RuleBroken
from queue_app.domain.people import OPERATOR
from queue_app.flow import booking, forgetting, wishing
from queue_app.flow.act import By
from queue_app.flow.configuring import apply, put_in_force
from queue_app.jobs import upkeep
from queue_app.queries import appointments, doctor, reference, waiting_list
from queue_app.store import db
from tests.conftest import KYIV, MONDAY
from tests.flow.bookings import NIGHT, ONE, SERVICE, TUESDAY, starts
from tests.flow.wishing_hall import (
    at,
    book,
    book_all,
    by,
    hall,
    offer_of,
    replace,
    small_centre,
    state_of,
    told,
    turn,
    wanted,
    wish,
)

LAPSED = MONDAY + timedelta(minutes=30)


@pytest.fixture
async def small(small_dsn: str) -> AsyncIterator[None]:
    async with hall(small_dsn):
        yield
        assert await doctor.check(MONDAY) == []


async def free_again(slot: int = 1) -> None:
    """One of those booked gives a time back."""
    row = await db.fetch_row(
        "SELECT token FROM appointment WHERE lower(period) = $1 AND state = 'booked'", at(slot)
    )
    assert row
    await booking.cancel(by(), row["token"])


async def test_a_time_that_is_given_back_is_held_for_the_first_whom_it_suits(
    small: None,
) -> None:
    await book_all()
    late = await wish(1, from_hour=14)
    first, second = await wish(2), await wish(3)
    await free_again(1)
    offer = await offer_of(first)
    assert offer and offer.starts_at == at(1) and offer.held_until == LAPSED
    assert await offer_of(second) is None and await offer_of(late) is None
    assert await told() == [("offer", "waiting2@example.com")]
    with pytest.raises(Conflict, match="slot_taken"):
        await booking.hold(by(), ONE, [SERVICE], at(1))
    assert at(1) not in await starts(ONE, TUESDAY, MONDAY)


async def test_who_accepts_is_booked_with_the_contact_of_the_wish_and_twice_is_once(
    small: None,
) -> None:
    await book_all()
    one = await wish(1, phone="+380671112233")
    await free_again(1)
    token = await wishing.accept_offer(by(), one.token)
    booked = await appointments.by_token(token)
    assert (booked.state, booked.phone, booked.name) == ("booked", "+380671112233", "Особа 1")
    assert await wishing.accept_offer(by(), one.token) == token
    assert await state_of(one) == "booked"
    kinds = await db.fetch("SELECT kind, channel FROM message WHERE appointment_id = $1", booked.id)
    assert [tuple(row) for row in kinds] == [("offer", "sms"), ("booked", "sms")]
    await booking.cancel(by(), token)
    assert await offer_of(one) is None


async def test_what_is_declined_goes_on_to_the_next_at_once(small: None) -> None:
    await book_all()
    first, second, third = await wish(1), await wish(2), await wish(3)
    await free_again(1)
    await wishing.decline_offer(by(), first.token)
    await wishing.decline_offer(by(), first.token)
    offer = await offer_of(second)
    assert offer and offer.starts_at == at(1)
    assert await offer_of(first) is None and await state_of(first) == "open"
    await wishing.decline_offer(by(), second.token)
    await wishing.decline_offer(by(), third.token)
    assert at(1) in await starts(ONE, TUESDAY, MONDAY)
    assert len(await told()) == 3
    await turn(MONDAY)
    assert len(await told()) == 3
    kinds = await db.fetch("SELECT DISTINCT kind FROM message")
    assert {row["kind"] for row in kinds} == {"offer", "booked", "cancelled"}


async def test_an_offer_without_an_answer_goes_on_when_its_time_is_over(small: None) -> None:
    await book_all()
    first, second = await wish(1), await wish(2)
    await free_again(1)
    await turn(LAPSED - timedelta(seconds=1))
    assert await offer_of(second) is None
    await turn(LAPSED)
    offer = await offer_of(second)
    assert offer and offer.starts_at == at(1)
    with pytest.raises(Conflict, match="offer_over"):
        await wishing.accept_offer(by(LAPSED), first.token)
    assert await state_of(first) == "open"
    await turn(LAPSED + timedelta(minutes=5))
    assert await offer_of(first) is None


async def test_whoever_answers_three_offers_not_at_all_waits_no_more(small: None) -> None:
    await book_all()
    one = await wish(1)
    now = MONDAY
    for slot in range(3):
        row = await db.fetch_value(
            "SELECT token FROM appointment WHERE lower(period) = $1 AND state = 'booked'", at(slot)
        )
        await booking.cancel(by(now), row)
        now += timedelta(minutes=31)
        await turn(now)
        await turn(now)
    assert await state_of(one) == "ended"
    assert [kind for kind, _ in await told()] == ["offer"] * 3


async def test_a_moved_booking_and_a_hold_that_ran_out_are_offered_too(small: None) -> None:
    booked = await book(0)
    held = await booking.hold(by(), ONE, [SERVICE], at(1))
    only_two = await wish(1, from_hour=10, until_hour=11)
    await booking.move(by(), booked.token, at(2))
    offer = await offer_of(only_two)
    assert offer and offer.starts_at == at(0)
    second = await wish(2)
    ran_out = held.held_until
    assert ran_out
    await turn(ran_out)
    offer = await offer_of(second)
    assert offer and offer.starts_at == at(1)


async def test_a_day_that_opens_and_plans_that_grow_are_offered_by_the_next_turn(
    small: None,
) -> None:
    """Next Tuesday lies behind the horizon today; the other branch gets a Wednesday."""
    await book_all()
    next_week = await wish(1)
    other = await wish(2, NIGHT, weekdays=(2,))
    await turn(MONDAY)
    assert await offer_of(next_week) is None and await offer_of(other) is None
    centre = small_centre()
    lanes = {
        branch.slug: tuple(
            replace(lane, roster={**lane.roster, "wed": lane.roster["tue"]})
            for lane in branch.lanes
        )
        for branch in centre.branches
        if branch.slug == NIGHT
    }
    await apply(
        By(OPERATOR, MONDAY),
        replace(
            centre,
            branches=tuple(
                replace(one, lanes=lanes.get(one.slug, one.lanes)) for one in centre.branches
            ),
        ),
    )
    reference.forget()
    await turn(MONDAY)
    offer = await offer_of(other)
    assert offer and offer.starts_at == at(0) + timedelta(days=1)
    thursday = MONDAY + timedelta(days=3)
    await turn(thursday)
    offer = await offer_of(next_week)
    assert offer and offer.starts_at == at(0) + timedelta(days=7)


async def test_nothing_is_offered_in_the_night_and_the_morning_makes_up_for_it(
    small: None,
) -> None:
    booked = await book_all()
    one = await wish(1)
    night = MONDAY.replace(hour=22)
    await booking.cancel(by(night), booked[2].token)
    await turn(night)
    assert await offer_of(one) is None
    assert at(2) in await starts(ONE, TUESDAY, night)
    morning = datetime.combine(TUESDAY, time(8), KYIV)
    await turn(morning)
    offer = await offer_of(one)
    assert offer and offer.held_until == morning + timedelta(minutes=30)


async def test_nobody_has_two_offers_at_once_and_two_branches_are_waited_for(
    small: None,
) -> None:
    booked = await book_all()
    one = await wish(1, ONE, NIGHT)
    await turn(MONDAY)
    first = await offer_of(one)
    assert first and first.branch_id == (await reference.directory()).branch(NIGHT).id
    await booking.cancel(by(), booked[0].token)
    await turn(MONDAY)
    assert len([each for each in await waiting_list.offers(one.id) if each.state == "held"]) == 1


async def test_what_overlaps_a_booking_of_theirs_and_who_has_enough_are_passed_over(
    small: None,
) -> None:
    booked = await book_all()
    await booking.cancel(by(), booked[0].token)
    await booking.cancel(by(), (await book(0, phone="+380671112233")).token)
    one = await wish(1, phone=booked[1].phone)
    await turn(MONDAY)
    offer = await offer_of(one)
    assert offer and offer.starts_at == at(0)
    await wishing.withdraw_wish(by(), one.token)
    for place, start in enumerate(await starts("darnytskyi", TUESDAY, MONDAY)):
        if place % 6 == 0 and place < 24:
            held = await booking.hold(by(), "darnytskyi", [SERVICE], start)
            await booking.confirm(by(), held.token, "Ян", "+380509998877", None, "uk")
    full = await wish(2, phone="+380509998877")
    await turn(MONDAY)
    assert await offer_of(full) is None


async def test_whoever_withdraws_while_something_is_held_for_them_lets_it_go_on(
    small: None,
) -> None:
    await book_all()
    first, second = await wish(1), await wish(2)
    await free_again(1)
    await wishing.withdraw_wish(by(), first.token)
    await wishing.withdraw_wish(by(), first.token)
    assert await state_of(first) == "withdrawn"
    offer = await offer_of(second)
    assert offer and offer.starts_at == at(1)
    with pytest.raises(Conflict, match="offer_over"):
        await wishing.accept_offer(by(), first.token)


async def test_whoever_is_erased_while_something_is_held_for_them_leaves_nothing_behind(
    small: None,
) -> None:
    await book_all()
    first, second = await wish(1, phone="+380671112233"), await wish(2)
    await free_again(1)
    person = forgetting.person_of("067 111 22 33", "UA")
    await forgetting.erase(By(OPERATOR, MONDAY), person)
    offer = await offer_of(second)
    assert offer and offer.starts_at == at(1)
    left = await waiting_list.by_token(first.token)
    assert (left.state, left.name, left.phone, left.email) == ("withdrawn", None, None, None)
    assert await told() == [("offer", "waiting2@example.com")]
    for table in ("wish", "wish_event", "message", "request", "appointment"):
        text = await db.fetch_value(f"SELECT string_agg(t::text, ' ') FROM {table} t")
        assert "671112233" not in (text or "") and "Особа 1" not in (text or "")


async def test_changed_plans_take_an_offer_back_and_the_wish_stays(small: None) -> None:
    await book_all()
    one = await wish(1)
    await free_again(1)
    centre = small_centre()
    closed = tuple(replace(branch, lanes=()) for branch in centre.branches)
    await put_in_force(By(OPERATOR, MONDAY), replace(centre, branches=closed), accept=True)
    reference.forget()
    assert await offer_of(one) is None and await state_of(one) == "open"
    with pytest.raises(Conflict, match="offer_over"):
        await wishing.accept_offer(by(), one.token)
    [taken] = await waiting_list.offers(one.id)
    assert await waiting_list.taken_back(taken)


async def test_a_wish_ends_calmly_with_its_last_day(small: None) -> None:
    await book_all()
    one = await wish(1, last_day=TUESDAY, until_hour=12)
    over = datetime.combine(TUESDAY, time(11, 30), KYIV)
    await turn(over - timedelta(minutes=1))
    assert await state_of(one) == "open"
    await turn(over)
    assert await state_of(one) == "ended"
    assert await told() == [("unmet", "waiting1@example.com")]
    await turn(over)
    assert len(await told()) == 1


async def test_a_wish_can_be_changed_and_keeps_its_place(small: None) -> None:
    booked = await book_all()
    first, second = await wish(1, from_hour=15), await wish(2)
    await wishing.change_wish(by(), first.token, await wanted(), Resident("", None, None))
    await booking.cancel(by(), booked[0].token)
    offer = await offer_of(first)
    assert offer and await offer_of(second) is None
    with pytest.raises(Conflict, match="offer_open"):
        await wishing.change_wish(by(), first.token, await wanted(), Resident("", None, None))
    kept = await waiting_list.by_token(first.token)
    assert (kept.name, kept.email, kept.wanted.from_hour) == ("Особа 1", "waiting1@example.com", 0)


async def test_one_contact_waits_for_three_things_at_most(small: None) -> None:
    for _ in range(3):
        await wish(1, phone="+380671112233")
    with pytest.raises(RuleBroken, match="too_many_wishes"):
        await wish(1, phone="+380671112233")
    first = await wish(2)
    changed = await wanted(), Resident("", "+380671112233", None)
    with pytest.raises(RuleBroken, match="too_many_wishes"):
        await wishing.change_wish(by(), first.token, *changed)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"services": ("no-such",)}, "unknown_service"),
        ({"services": ()}, "no_service"),
        ({"branches": (999,)}, "nobody_serves"),
        ({"channel": "phone"}, "nobody_serves"),
        ({"last_day": MONDAY.date() - timedelta(days=1)}, "wish_days"),
    ],
)
async def test_a_wish_for_what_is_not_given_is_refused(
    small: None, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(QueueError, match=code):
        await wish(1, **changes)


async def test_a_centre_without_a_list_takes_no_wishes_and_offers_nothing(small_dsn: str) -> None:
    async with hall(small_dsn, offer_minutes=0):
        with pytest.raises(RuleBroken, match="no_waiting_list"):
            await wish(1)


async def test_where_contacts_are_proven_a_wish_needs_the_proof(small_dsn: str) -> None:
    async with hall(small_dsn, prove_contact="second"):
        with pytest.raises(RuleBroken, match="contact_unproven"):
            await wish(1)


async def test_what_is_kept_back_is_offered_when_it_is_shown_and_an_offer_goes_on_at_once(
    small_dsn: str,
) -> None:
    async with hall(small_dsn, freed_slot_minutes=60):
        await book_all()
        first, second = await wish(1), await wish(2)
        await free_again(1)
        assert await offer_of(first) is None
        free_at = await db.fetch_value("SELECT free_at FROM freed_slot")
        await turn(free_at)
        assert await offer_of(first)
        await wishing.decline_offer(by(free_at), first.token)
        assert await offer_of(second)
        await wishing.decline_offer(by(free_at), second.token)
        assert await starts(ONE, TUESDAY, free_at) == []
        assert await doctor.check(free_at) == []


async def test_names_and_contacts_of_wishes_go_when_nobody_waits_any_more(small: None) -> None:
    one = await wish(1, last_day=TUESDAY)
    await wishing.withdraw_wish(by(), one.token)
    days = (await reference.directory()).rules.retention_days
    await turn(MONDAY + timedelta(days=days, minutes=-1))
    assert (await waiting_list.by_token(one.token)).email
    await turn(MONDAY + timedelta(days=days, minutes=1))
    left = await waiting_list.by_token(one.token)
    assert (left.name, left.phone, left.email) == (None, None, None)


def test_both_jobs_are_among_those_of_the_house() -> None:
    assert {"offer_times", "end_wishes"} <= {job.name for job in upkeep.JOBS}
