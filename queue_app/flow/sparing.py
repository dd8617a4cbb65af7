"""Times are spared for those who come: how many one address may take, and when one is shown again.

An address says little of who asks: a household, an office, a whole hall may have one. So the
numbers are large, and only what no person does runs into them.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from queue_app.domain.appointments import INSTEAD, Appointment
from queue_app.domain.errors import QueueError, TooMany
from queue_app.domain.people import Device
from queue_app.domain.slots import freed_at
from queue_app.domain.tickets import CLOCKS_APART
from queue_app.flow import tallies
from queue_app.flow.act import Act, By
from queue_app.queries import appointments
from queue_app.store import db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WRONG_CODES = 10
"""So many a minute may one device try: a person errs, a program guesses."""
WRONG_HALL_CODES, HALL_CODE_WINDOW = 5, timedelta(minutes=10)
"""So many wrong codes of the hall in so long may be tried for one booking."""
_WRONG = (
    "unknown_code", "unknown_link", "other_day", "other_branch_booking", "branch_retired",
    "not_a_visit",
)  # fmt: skip
_dice = random.SystemRandom()


async def require_few_holds(act: Act, leaving_out: str | None = None) -> None:
    """TooMany `too_many_holds` where this address holds as many times as it may, and
    `enough_holds` where this browser does, but for the one behind the link `leaving_out`.

    The lock makes its requests wait for each other, so that no crowd of them slips through.
    """
    rules = act.directory.rules
    for column, value, limit, code in (
        ("address", act.address, rules.holds_per_address, "too_many_holds"),
        ("browser", act.browser, rules.holds_per_browser, "enough_holds"),
    ):
        if value is None:
            continue
        hashed = tallies.hashed("hold", value)
        await db.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", hashed.hex())
        held = await db.fetch_value(
            "SELECT count(*) FROM hold_from h JOIN appointment a"
            " ON a.branch_id = h.branch_id AND a.id = h.appointment_id"
            f" WHERE h.{column} = $1 AND h.held_until > $2 AND a.state = 'held'"
            " AND a.token IS DISTINCT FROM $3 AND a.changed_at <= $2 + $4::interval",
            hashed,
            act.now,
            leaving_out,
            CLOCKS_APART,
        )
        if held >= limit:
            raise TooMany(code, limit=limit, retry_after_seconds=rules.hold_minutes * 60)


async def note_hold(act: Act, held: Appointment) -> None:
    if act.address is None and act.browser is None:
        return
    await db.fetch(
        "INSERT INTO hold_from (branch_id, appointment_id, address, browser, held_until)"
        " VALUES ($1, $2, $3, $4, $5)",
        held.branch_id,
        held.id,
        tallies.hashed("hold", act.address) if act.address else None,
        tallies.hashed("hold", act.browser) if act.browser else None,
        held.held_until,
    )


async def note_extension(held: Appointment) -> None:
    """It counts as held for as long as it is."""
    await db.fetch(
        "UPDATE hold_from SET held_until = $3 WHERE branch_id = $1 AND appointment_id = $2",
        held.branch_id,
        held.id,
        held.held_until,
    )


async def held_by(browser: str, now: datetime) -> list[Appointment]:
    """What this browser holds at the moment, as it was chosen."""
    rows = await db.fetch(
        appointments.SELECT + "JOIN hold_from h ON h.branch_id = a.branch_id"
        " AND h.appointment_id = a.id WHERE h.browser = $1 AND h.held_until > $2"
        " AND a.state = 'held' AND a.held_until > $2 ORDER BY a.held_until, a.id",
        tallies.hashed("hold", browser),
        now,
    )
    return [appointments.from_row(row) for row in rows]


async def give_back(act: Act, token: str) -> None:
    """What was held in this tab before; what is held no more, or in another browser, stays."""
    held = [one for one in await held_by(act.browser or "", act.now) if one.token == token]
    for one in held:
        still = await act.appointment(one.token)
        if still.state == "held":
            await keep_back(act, still)
            await act.record(still, "cancel", why=INSTEAD)


async def require_few(act: Act, what: str) -> None:
    """TooMany `too_many_from_address`: of whatever sends a message, each of which costs.

    What is refused in the end is not counted.
    """
    if act.address is None:
        return
    limit = act.directory.rules.bookings_per_address
    if await tallies.count(what, act.address, act.now, DAY) > limit:
        seconds = tallies.seconds_left(act.now, DAY)
        raise TooMany("too_many_from_address", limit=limit, retry_after_seconds=seconds)


@asynccontextmanager
async def few_wrong_codes(by: By) -> AsyncIterator[None]:
    """Around one try of a code. TooMany `too_many_wrong_codes` where a device guesses.

    A try is counted before, in a transaction of its own, as a refusal undoes what its verb wrote,
    and so that no crowd of tries slips through; one that was not wrong is taken back.
    """
    if not isinstance(by.who, Device):
        yield
        return
    device = by.who.actor

    async def count() -> int:
        return await tallies.count("wrong_code", device, by.now, MINUTE)

    async def take_back() -> None:
        await tallies.take_back("wrong_code", device, by.now, MINUTE)

    if await db.transact(count) > WRONG_CODES:
        seconds = tallies.seconds_left(by.now, MINUTE)
        raise TooMany("too_many_wrong_codes", retry_after_seconds=seconds)
    try:
        yield
    except QueueError as error:
        if error.code not in _WRONG:
            await db.transact(take_back)
        raise
    await db.transact(take_back)


@asynccontextmanager
async def few_wrong_hall_codes(by: By, token: str) -> AsyncIterator[None]:
    """Around one try of the hall's code for one booking. TooMany `too_many_wrong_codes` where
    somebody guesses it; counted before, as above."""

    async def count() -> int:
        return await tallies.count("wrong_hall_code", token, by.now, HALL_CODE_WINDOW)

    async def take_back() -> None:
        await tallies.take_back("wrong_hall_code", token, by.now, HALL_CODE_WINDOW)

    if await db.transact(count) > WRONG_HALL_CODES:
        seconds = tallies.seconds_left(by.now, HALL_CODE_WINDOW)
        raise TooMany("too_many_wrong_codes", retry_after_seconds=seconds)
    try:
        yield
    except QueueError as error:
        if error.code != "wrong_hall_code":
            await db.transact(take_back)
        raise
    await db.transact(take_back)


async def keep_back(act: Act, given_back: Appointment) -> None:
    """Its time is shown again at a random moment, where the centre wishes that."""
    free_at = freed_at(act.now, given_back.starts_at, act.directory.rules, _dice.random())
    if free_at <= act.now:
        return
    await db.fetch(
        "INSERT INTO freed_slot (branch_id, lane_id, period, free_at)"
        " VALUES ($1, $2, tstzrange($3, $4), $5)",
        given_back.branch_id,
        given_back.lane_id,
        given_back.starts_at,
        given_back.ends_at,
        free_at,
    )


async def drop_old(now: datetime) -> int:
    """Who held what, and slots that are shown again."""
    holds = await db.fetch("DELETE FROM hold_from WHERE held_until <= $1 RETURNING branch_id", now)
    freed = await db.fetch(
        "DELETE FROM freed_slot WHERE branch_id IN (SELECT id FROM branch) AND free_at <= $1"
        " RETURNING id",
        now,
    )
    return len(holds) + len(freed)
