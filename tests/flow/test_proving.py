"""A contact is proven by its code; whoever proves it sees and releases what is booked with it."""

import asyncio
import re
from datetime import timedelta

import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotFound, RuleBroken, TooMany
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import booking, proving, reaching
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.jobs import retention
from queue_app.jobs.sending import Sender
from queue_app.queries import doctor, reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.letters import ELEVEN, Desk, book
from tests.flow.stage import own
from tests.support.database import CONFIG
from tests.support.people import BRANCH

PHONE = "067 123 45 67"
pytestmark = pytest.mark.usefixtures("database")


def by(clock: FixedClock) -> By:
    return By(RESIDENT, clock.now())


async def code_sent(clock: FixedClock) -> str:
    """What the newest message with a code says, as its recipient reads it."""
    desk = Desk()
    await Sender({"mail": desk, "sms": desk}).deliver(clock)
    found = re.search(r"\b(\d{6})\b", desk.letters[-1].text)
    assert found
    return found[1]


async def proof_of(clock: FixedClock, contact: str) -> str:
    asked = await proving.ask_code(by(clock), contact)
    await proving.prove(by(clock), asked.token, await code_sent(clock))
    return asked.token


async def test_the_code_goes_to_the_contact_and_proves_it(clock: FixedClock) -> None:
    asked = await proving.ask_code(by(clock), PHONE)
    rows = await db.fetch("SELECT kind, channel, recipient FROM message")
    assert [tuple(row) for row in rows] == [("code", "sms", "+380671234567")]
    code = await code_sent(clock)
    await proving.prove(by(clock), asked.token, f"{code[:3]} {code[3:]}")
    assert await proving.contact_of(asked.token, clock.now()) == "+380671234567"
    assert await doctor.check(clock.now()) == []


async def test_no_code_and_no_token_stands_in_the_database(clock: FixedClock) -> None:
    asked = await proving.ask_code(by(clock), PHONE)
    code = await code_sent(clock)
    rows = await db.fetch("SELECT p::text AS all FROM proof p UNION SELECT m::text FROM message m")
    kept = " ".join(row["all"] for row in rows)
    assert code not in kept and asked.token not in kept


async def test_after_five_wrong_codes_the_right_one_is_refused(clock: FixedClock) -> None:
    asked = await proving.ask_code(by(clock), PHONE)
    code = await code_sent(clock)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(RuleBroken) as error:
            await proving.prove(by(clock), asked.token, wrong)
        assert (error.value.code, error.value.details["tries_left"]) == ("wrong_code", left)
    with pytest.raises(Conflict, match="code_expired"):
        await proving.prove(by(clock), asked.token, code)


async def test_tries_at_the_same_moment_are_counted_each(clock: FixedClock) -> None:
    asked = await proving.ask_code(by(clock), PHONE)
    code = await code_sent(clock)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    tried = await asyncio.gather(
        *(proving.prove(by(clock), asked.token, wrong) for _ in range(8)), return_exceptions=True
    )
    assert (
        sorted(str(one).split(" ")[0] for one in tried) == ["code_expired"] * 3 + ["wrong_code"] * 5
    )


async def test_a_code_is_good_for_ten_minutes_to_the_instant(clock: FixedClock) -> None:
    asked = await proving.ask_code(by(clock), PHONE)
    code = await code_sent(clock)
    clock.advance(minutes=10, microseconds=-1)
    late = By(RESIDENT, clock.now() + timedelta(microseconds=1))
    with pytest.raises(Conflict, match="code_expired"):
        await proving.prove(late, asked.token, code)
    await proving.prove(by(clock), asked.token, code)


async def test_one_contact_gets_five_codes_an_hour_however_it_is_written(clock: FixedClock) -> None:
    for written in (PHONE, "8 067 123 45 67", "+380671234567", "0671234567", PHONE):
        await proving.ask_code(by(clock), written)
    with pytest.raises(TooMany, match="too_many_codes") as error:
        await proving.ask_code(by(clock), PHONE)
    clock.advance(seconds=error.value.details["retry_after_seconds"])
    await proving.ask_code(by(clock), PHONE)


async def test_a_code_that_is_sent_again_is_another_and_only_the_last_holds(
    clock: FixedClock,
) -> None:
    asked = await proving.ask_code(by(clock), PHONE)
    first = await code_sent(clock)
    await db.fetch("UPDATE message SET state = 'waiting', sent_at = NULL")
    second = await code_sent(clock)
    if first != second:
        with pytest.raises(RuleBroken, match="wrong_code"):
            await proving.prove(by(clock), asked.token, first)
    await proving.prove(by(clock), asked.token, second)


async def test_whoever_proves_a_contact_releases_what_another_booked_with_it(
    clock: FixedClock,
) -> None:
    for minutes in (0, 30, 60, 90):
        start = ELEVEN + timedelta(minutes=minutes)
        held = await booking.hold(by(clock), BRANCH, ["debt-amount"], start)
        await booking.confirm(by(clock), held.token, "Чужий", PHONE, None, "uk")
    mine = await booking.hold(by(clock), BRANCH, ["debt-amount"], ELEVEN + timedelta(hours=3))
    with pytest.raises(RuleBroken, match="too_many_bookings"):
        await booking.confirm(by(clock), mine.token, "Олена", PHONE, None, "uk")
    proof = await proof_of(clock, PHONE)
    blocking = await proving.booked_with(proof, clock.now())
    assert [one.name for one in blocking] == ["Чужий"] * 4
    await booking.cancel(by(clock), blocking[0].token)
    booked = await booking.confirm(by(clock), mine.token, "Олена", PHONE, None, "uk")
    assert booked.state == "booked"


async def test_two_proofs_of_one_contact_at_one_moment_release_and_book_once(
    clock: FixedClock,
) -> None:
    """Two phones of one person, or its owner and somebody who reads along."""
    blocked = await book(clock, None, PHONE)
    first, second = await proof_of(clock, PHONE), await proof_of(clock, PHONE)
    for proof in (first, second):
        assert [one.id for one in await proving.booked_with(proof, clock.now())] == [blocked.id]
    released = await asyncio.gather(
        *(booking.cancel(by(clock), blocked.token) for _ in (first, second))
    )
    assert {one.state for one in released} == {"cancelled"}
    starts = [ELEVEN + timedelta(minutes=30 * one) for one in range(6)]
    held = [await booking.hold(by(clock), BRANCH, ["debt-amount"], one) for one in starts]
    done = await asyncio.gather(
        *(
            booking.confirm(
                by(clock), one.token, "Олена", PHONE, None, "uk", (), [(first, second)[n % 2]]
            )
            for n, one in enumerate(held)
        ),
        return_exceptions=True,
    )
    refused = [one for one in done if isinstance(one, BaseException)]
    assert [getattr(one, "code", one) for one in refused] == ["too_many_bookings"] * 2
    told = await db.fetch("SELECT event FROM message WHERE kind = 'cancelled'")
    assert len(told) == 1


async def test_a_proof_shows_nothing_after_an_hour_and_is_then_forgotten(clock: FixedClock) -> None:
    proof = await proof_of(clock, PHONE)
    clock.advance(hours=1)
    with pytest.raises(NotFound, match="unknown_proof"):
        await proving.booked_with(proof, clock.now())
    clock.advance(hours=1, seconds=1)
    await retention.drop_leftovers(clock)
    assert await db.fetch("SELECT FROM proof") == []
    assert await db.fetch("SELECT FROM message") == []


async def test_what_is_over_takes_no_place_of_those_to_come(clock: FixedClock) -> None:
    for minutes in (0, 30, 60, 90):
        start = ELEVEN + timedelta(minutes=minutes)
        held = await booking.hold(by(clock), BRANCH, ["debt-amount"], start)
        await booking.confirm(by(clock), held.token, "Олена", PHONE, None, "uk")
    clock.set(ELEVEN + timedelta(minutes=10))
    held = await booking.hold(by(clock), BRANCH, ["debt-amount"], ELEVEN + timedelta(hours=3))
    assert (await booking.confirm(by(clock), held.token, "Олена", PHONE, None, "uk")).id == held.id


async def test_a_centre_asks_for_a_proof_from_the_second_booking_or_always(
    database_server: str, worker: str, clock: FixedClock
) -> None:
    centre = load_centre(CONFIG)

    async def book(minutes: int, *proofs: str, phone: str = PHONE) -> str:
        start = ELEVEN + timedelta(minutes=minutes)
        held = await booking.hold(by(clock), BRANCH, ["debt-amount"], start)
        try:
            done = await booking.confirm(
                by(clock), held.token, "Олена", phone, None, "uk", (), proofs
            )
        except RuleBroken as error:
            return f"{error.code} {error.details['field']}"
        return done.state

    async def asks(rule: str) -> None:
        rules = msgspec.structs.replace(centre.rules, prove_contact=rule)
        await apply(By(OPERATOR, MONDAY), msgspec.structs.replace(centre, rules=rules))
        reference.forget()

    async with own(database_server, f"{worker}-proving"):
        await asks("second")
        assert await book(0) == "booked"
        assert await book(30) == "contact_unproven phone"
        proof = await proof_of(clock, PHONE)
        other = await proof_of(clock, "067 222 22 22")
        assert await book(60, other) == "contact_unproven phone"
        assert await book(90, other, proof) == "booked"
        both = await asyncio.gather(
            book(180, phone="067 444 44 44"), book(210, phone="067 444 44 44")
        )
        assert sorted(both) == ["booked", "contact_unproven phone"]
        await asks("always")
        assert await book(120, phone="067 333 33 33") == "contact_unproven phone"
        assert await book(150, other, phone="067 222 22 22") == "booked"
        held = await booking.hold(by(clock), BRANCH, ["debt-amount"], ELEVEN + timedelta(hours=4))
        mine = await booking.confirm(by(clock), held.token, "Олена", PHONE, None, "uk", (), [proof])
        assert (await reaching.correct(by(clock), mine.token, name="Оля")).name == "Оля"
        with pytest.raises(RuleBroken, match="contact_unproven"):
            await reaching.correct(by(clock), mine.token, phone="067 333 33 33")
    reference.forget()
