"""Times are spared for those who come: how many one address may take, and when one is shown again.

An address says little of who asks: a household, an office, a whole hall may have one. So the
numbers are large, and only what no person does runs into them.
"""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import QueueError, TooMany
from queue_app.domain.people import Device
from queue_app.domain.slots import freed_at
from queue_app.domain.tickets import CLOCKS_APART
from queue_app.flow import tallies
from queue_app.flow.act import Act, By
from queue_app.store import db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
WRONG_CODES = 10
"""So many a minute may one device try: a person errs, a program guesses."""
_WRONG = (
    "unknown_code", "unknown_link", "other_day", "other_branch_booking", "branch_retired",
    "not_a_visit",
)  # fmt: skip
_dice = random.SystemRandom()


async def require_few_holds(act: Act) -> None:
    """TooMany `too_many_holds` where this address holds as many times as it may.

    The lock makes its requests wait for each other, so that no crowd of them slips through.
    """
    if act.address is None:
        return
    address = tallies.hashed("hold", act.address)
    await db.fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", address.hex())
    held = await db.fetch_value(
        "SELECT count(*) FROM hold_from h JOIN appointment a"
        " ON a.branch_id = h.branch_id AND a.id = h.appointment_id"
        " WHERE h.address = $1 AND h.held_until > $2 AND a.state = 'held'"
        " AND a.changed_at <= $2 + $3::interval",
        address,
        act.now,
        CLOCKS_APART,
    )
    limit = act.directory.rules.holds_per_address
    if held >= limit:
        seconds = act.directory.rules.hold_minutes * 60
        raise TooMany("too_many_holds", limit=limit, retry_after_seconds=seconds)


async def note_hold(act: Act, held: Appointment) -> None:
    if act.address is None:
        return
    await db.fetch(
        "INSERT INTO hold_from (branch_id, appointment_id, address, held_until)"
        " VALUES ($1, $2, $3, $4)",
        held.branch_id,
        held.id,
        tallies.hashed("hold", act.address),
        held.held_until,
    )


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
