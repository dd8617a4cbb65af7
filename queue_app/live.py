"""The live fan-out: one listener a process, one snapshot a change, the same bytes to all.

A commit notifies; the hub marks the branch, loads one hall, renders each watched topic once
and hands the frame to its subscribers. A subscriber keeps only the newest frame, so a slow
screen skips, never lags. Every `HEARTBEAT_SECONDS` each watched branch is read anew, so a
lost notification heals by itself and estimates move with the clock.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Struct

from queue_app.domain.errors import QueueError
from queue_app.domain.hall import Hall, without_contact
from queue_app.domain.tickets import Ticket
from queue_app.flow.promising import Promises
from queue_app.queries import desks, halls, reference, tickets
from queue_app.screens import views
from queue_app.store import db
from queue_app.store.db import OUTAGES

HEARTBEAT_SECONDS = 4.0
QUIET_SECONDS = 0.05
"""At most one snapshot of a branch in this time: 20 a second."""

_log = logging.getLogger(__name__)


class Now(Protocol):
    def now(self) -> datetime: ...


class Topic(Struct, frozen=True):
    """What one screen watches; `key` is a ticket's token or a desk's id, "" for the board.

    `viewer`: a clerk, who sees names and numbers only at a desk of their own.
    """

    branch_id: int
    kind: Literal["board", "ticket", "desk"]
    key: str = ""
    viewer: int | None = None


class Subscription:
    """The newest frame for one screen, until the screen goes.

    One screen waits at a time, so a future does instead of an event: half the price at a
    thousand screens.
    """

    def __init__(self) -> None:
        self._frame: str | None = None
        self._fresh = False
        self._over = False
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, frame: str) -> None:
        self._frame = frame
        self._wake()

    def begin(self, frame: str) -> None:
        """The first frame, unless a change that came while it was made is there already."""
        if self._frame is None:
            self.offer(frame)

    def end(self) -> None:
        """The screen has gone: whoever waits for a frame is let go."""
        self._over = True
        self._wake()

    async def next(self) -> str | None:
        """Wait for a frame that was not taken yet; None when the screen has gone."""
        if not self._fresh:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._fresh = False
        return None if self._over else self._frame

    def _wake(self) -> None:
        self._fresh = True
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


class Hub:
    """All the screens that this process serves."""

    def __init__(self, clock: Now, promises: Promises) -> None:
        self._clock = clock
        self._promises = promises
        self._watched: dict[int, dict[Topic, set[Subscription]]] = {}
        self._dirty: dict[int, asyncio.Event] = {}
        self._pushers: dict[int, asyncio.Task[None]] = {}
        self._loads: dict[int, asyncio.Lock] = {}
        self._newest: dict[int, tuple[float, Hall]] = {}
        self._owners: dict[str, Ticket] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen and push until the block ends."""
        listener = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            every = [listener, *self._pushers.values()]
            for task in every:
                task.cancel()
            await asyncio.gather(*every, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def subscribe(self, topic: Topic) -> AsyncIterator[Subscription]:
        """A subscription whose first frame is the state as it is now."""
        subscription = Subscription()
        topics = self._watched.setdefault(topic.branch_id, {})
        topics.setdefault(topic, set()).add(subscription)
        self._push_soon(topic.branch_id)
        try:
            seen = await self._shared(topic.branch_id)
            subscription.begin(await self.render(topic, seen))
            yield subscription
        finally:
            topics[topic].discard(subscription)
            if not topics[topic]:
                del topics[topic]
                self._owners.pop(topic.key, None)

    async def _shared(self, branch_id: int) -> Hall:
        """A hall read a moment ago serves everybody who connects in that moment.

        What is committed since then comes with the notification that follows it.
        """
        async with self._loads.setdefault(branch_id, asyncio.Lock()):
            at, seen = self._newest.get(branch_id, (0.0, None))
            if seen and time.monotonic() - at < QUIET_SECONDS:
                return seen
            return await self.snapshot(branch_id)

    async def snapshot(self, branch_id: int) -> Hall:
        """The hall as it is now."""
        directory = await reference.directory()
        seen = await halls.load(directory, directory.branch_of(branch_id), self._clock.now())
        self._newest[branch_id] = (time.monotonic(), seen)
        return seen

    def _push_soon(self, branch_id: int) -> None:
        """Have a task that pushes this branch when it changes, and at every heartbeat."""
        if branch_id not in self._pushers or self._pushers[branch_id].done():
            self._dirty[branch_id] = asyncio.Event()
            self._pushers[branch_id] = asyncio.create_task(self._push(branch_id))

    async def _push(self, branch_id: int) -> None:
        dirty = self._dirty[branch_id]
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(dirty.wait(), HEARTBEAT_SECONDS)
            dirty.clear()
            if self._watched.get(branch_id):
                try:
                    await self._push_once(branch_id)
                except Exception:  # nothing may end it: every board of the branch would fall silent
                    _log.exception("no snapshot of branch %s; the next heartbeat tries", branch_id)
            await asyncio.sleep(QUIET_SECONDS)

    async def _push_once(self, branch_id: int) -> None:
        seen = await self.snapshot(branch_id)
        for topic in list(self._watched[branch_id]):
            try:
                frame = await self.render(topic, seen)
            except QueueError as error:  # one screen's trouble is not the others'
                _log.warning("no frame for a %s screen: %s", topic.kind, error.code)
                continue
            except OUTAGES:
                raise
            except Exception:
                _log.exception("no frame for a %s screen", topic.kind)
                continue
            for subscription in self._watched[branch_id].get(topic, ()):
                subscription.offer(frame)

    async def _listen(self) -> None:
        """Hold one connection that hears every commit; make a new one when it is lost."""
        while True:
            try:
                await self._listen_once()
            except Exception as error:  # the driver has many words for a server that is away
                _log.warning("the listener tries again after %s", type(error).__name__)
            await asyncio.sleep(0.5)

    async def _listen_once(self) -> None:
        lost = asyncio.Event()
        connection = await db.engine.get_new_connection()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener("branch", self._heard)
            self._mark_all()
            while not lost.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), HEARTBEAT_SECONDS)
                if not lost.is_set():
                    await db.ping_through(connection, HEARTBEAT_SECONDS)
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        dirty = self._dirty.get(int(str(payload)))
        if dirty:
            dirty.set()

    def _mark_all(self) -> None:
        for dirty in self._dirty.values():
            dirty.set()

    async def render(self, topic: Topic, seen: Hall) -> str:
        """The topic's frame of this hall: JSON text."""
        return msgspec.json.encode(await self._view(topic, seen)).decode()

    async def _view(self, topic: Topic, seen: Hall) -> Struct:
        match topic.kind:
            case "board":
                return views.board(seen)
            case "ticket":
                own = await self._own(topic.key, seen)
                self._promises.note(seen, own.id)
                return views.ticket(seen, own)
            case "desk":
                desk_id = int(topic.key)
                extra = await desks.extra(seen, desk_id)
                if topic.viewer not in (None, seen.desk(desk_id).staff_id):
                    extra = without_contact(extra)
                return views.desk_queue(seen, desk_id, extra)

    async def _own(self, token: str, seen: Hall) -> Ticket:
        """The ticket behind a link; asked of the database only when the hall has it no more."""
        known = self._owners.get(token)
        if known and known.id in seen.by_id:
            return known
        self._owners[token] = await tickets.by_token(token)
        return self._owners[token]
