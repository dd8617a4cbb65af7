"""Messages leave the house: claimed, sent outside any transaction, and marked."""

import asyncio
import contextlib
import errno
import logging
import random
import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from queue_app.clock import Clock
from queue_app.delivery.adapter import (
    Adapter,
    Letter,
    Needless,
    NoSuchRecipient,
    NotNow,
    Undeliverable,
)
from queue_app.delivery.letters import ORGANIZER, letter_of
from queue_app.delivery.pushes import push_of
from queue_app.domain.messages import MEDIA, Medium, Message
from queue_app.domain.people import SYSTEM
from queue_app.domain.quiet import AWAITED, leaves_at
from queue_app.flow import outbox, refusing
from queue_app.flow.act import By
from queue_app.queries import appointments, reference, refused
from queue_app.store import db

DELIVER_SECONDS = 30.0
"""An adapter that has not handed a letter over by then hangs: the attempt has failed."""
READ_SECONDS = 30.0
"""A database that has not told by then what a letter says is away. With `DELIVER_SECONDS` well
within `outbox.LEASE`, so that nobody else sends a message while this process is still at it."""
TURN_SECONDS = 60.0
"""A run takes no further message after so long; its next turn is a second away."""

_log = logging.getLogger(__name__)


class Sender:
    """Delivers by one adapter for each medium; a letter's link begins with `public_url`, and
    `organizer` invites in calendars. `ways`: the media by which a message leaves the house, and
    by which so goes what another way could not deliver. `only`: the media of this one, where
    others see to the rest; `at_once`: so many messages are at work at the same time."""

    def __init__(
        self,
        adapters: Mapping[Medium, Adapter],
        public_url: str | None = None,
        organizer: str | None = None,
        ways: Collection[Medium] = (),
        only: Collection[Medium] | None = None,
        at_once: int = 1,
    ) -> None:
        self._adapters = adapters
        self._public_url = public_url
        self._organizer = organizer or ORGANIZER
        self._ways = ways
        self._resting: dict[Medium, tuple[datetime, datetime]] = {}
        self._others = {one for one in MEDIA if one not in only} if only else frozenset[Medium]()
        self._at_once = at_once

    async def deliver(self, clock: Clock) -> int:
        """What is due, one after the other; how many messages went out.

        A way on which one hung is left alone until the next turn, lest the other ways wait behind
        all that is due on it; and longer where its adapter is still at what was given up, or has
        said how long it takes nothing.
        """
        try:
            ways = [self._all_due(clock) for _ in range(self._at_once)]
            done = await asyncio.gather(*ways, return_exceptions=True)
        finally:
            for adapter in self._adapters.values():
                await adapter.rest()
        for one in done:
            if isinstance(one, BaseException):
                raise one
        return sum(one for one in done if isinstance(one, int))

    async def _all_due(self, clock: Clock) -> int:
        lease = timedelta(seconds=clock.hall_seconds(outbox.LEASE.total_seconds()))
        enough = time.monotonic() + TURN_SECONDS
        hanging: set[Medium] = set()
        sent = 0
        while time.monotonic() < enough:
            without = hanging | self._hanging() | self._rests(clock.now()) | self._others
            message = await outbox.claim(clock.now(), lease, without)
            if message is None:
                break
            error = await self._send(clock, message)
            sent += error is None
            if isinstance(error, TimeoutError):
                hanging.add(message.channel)
        return sent

    def _hanging(self) -> set[Medium]:
        return {medium for medium, adapter in self._adapters.items() if adapter.hangs}

    async def _send(self, clock: Clock, message: Message) -> Exception | None:
        """What kept it from going out, if anything did; it stands in the message's row, too.

        Where the database is away, the message has not failed: it raises what the driver says.
        """
        try:
            if until := await _sleeps(clock.now(), message):
                await outbox.put_off(message, until)
                return Needless("nobody is woken for it")
            letter = await self._letter(message, clock.now())
        except db.OUTAGES:
            with contextlib.suppress(*db.OUTAGES):
                await outbox.give_back(message, clock.now())
            raise
        except Needless as error:
            _log.info("message %s dropped: %s", message.id, error)
            await outbox.mark_dropped(message, str(error))
            return error
        except Exception as error:
            return await self._failed(clock, message, error)
        adapter = self._adapters[message.channel]
        try:
            # Outside the reach of the clause above: an adapter's timeout is none of the database's.
            async with asyncio.timeout(DELIVER_SECONDS):
                await adapter.deliver(letter)
        except Exception as error:
            if isinstance(error, TimeoutError) and adapter.hangs:
                _log.warning(
                    "message %s not sent: %s hangs, and is handed nothing until that is over",
                    message.id,
                    message.channel,
                )
                await outbox.give_back(message, clock.now())
                return error
            return await self._failed(clock, message, error)
        await outbox.mark_sent(message, clock.now())
        return None

    async def _letter(self, message: Message, now: datetime) -> Letter:
        if message.channel not in self._adapters:
            raise Undeliverable(f"no way to send by {message.channel}")
        async with asyncio.timeout(READ_SECONDS):
            if message.kind not in AWAITED and await refused.among([message.recipient]):
                raise NoSuchRecipient("nothing has arrived there before")
            directory = await reference.directory()
            if message.channel == "push":
                return await push_of(directory, message, now)
            letter = await letter_of(directory, message, now, self._public_url, self._organizer)
            return replace(letter, centre=directory.centre.title[message.language])

    async def _failed(self, clock: Clock, message: Message, error: Exception) -> Exception:
        if isinstance(error, Needless):
            await outbox.mark_dropped(message, str(error))
            return error
        final = isinstance(error, Undeliverable)
        reason = str(error) if isinstance(error, Undeliverable | NotNow) else _name(error)
        _log.warning("message %s not sent: %s", message.id, reason)
        if isinstance(error, NoSuchRecipient):
            by = By(SYSTEM, clock.now())
            await refusing.refuse(by, message.identity, reason, self._ways)
        else:
            least = self._rest(clock, message.channel, error)
            await outbox.mark_failed(message, clock.now(), reason, random.random(), final, least)
        return error

    def _rest(self, clock: Clock, medium: Medium, error: Exception) -> timedelta:
        """How long that way takes nothing, as it has said; until then none is claimed for it."""
        seconds = error.after_seconds if isinstance(error, NotNow) else None
        if not seconds:
            return timedelta()
        rest = timedelta(seconds=clock.hall_seconds(seconds))
        self._resting[medium] = (clock.now(), clock.now() + rest)
        return rest

    def _rests(self, now: datetime) -> set[Medium]:
        """A clock that was set back ends every rest."""
        return {medium for medium, (since, until) in self._resting.items() if since <= now < until}


async def _sleeps(now: datetime, message: Message) -> datetime | None:
    """Until when it waits so as to wake nobody: what failed in the evening is due in the night."""
    quiet = (await reference.directory()).quiet
    if not quiet.holds(now):
        return None
    booking = (
        await appointments.by_id(message.branch_id, message.appointment_id)
        if message.appointment_id
        else None
    )
    begins_at = booking.starts_at if booking else None
    until = leaves_at(message.kind, message.channel, now, quiet, begins_at)
    return until if until > now else None


def _name(error: Exception) -> str:
    """What it is, without what it says, where people's data may stand."""
    name = type(error).__name__
    number = error.errno if isinstance(error, OSError) else None
    return f"{name} {errno.errorcode.get(number, number)}" if number else name
