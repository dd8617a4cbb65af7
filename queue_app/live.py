"""The live fan-out: one listener a process, one snapshot a change, the same bytes to all.

A commit notifies; the hub marks the branch, loads one hall, renders each watched topic once
and hands the frame to its subscribers. A subscriber keeps only the newest frame, so a slow
screen skips, never lags. Every `HEARTBEAT_SECONDS` each watched branch is read anew, so a
lost notification heals by itself and estimates move with the clock.

The hub is given its screens when it is made; it knows none of them by name.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from queue_app.clock import Clock
from queue_app.domain.errors import QueueError
from queue_app.domain.hall import Hall
from queue_app.domain.ranges import Forecasts
from queue_app.queries import halls, reference
from queue_app.store import db
from queue_app.store.db import OUTAGES

HEARTBEAT_SECONDS = 4.0
QUIET_SECONDS = 0.05
"""At most one snapshot of a branch in this time: 20 a second."""

_log = logging.getLogger(__name__)


class Topic(Struct, frozen=True):
    """What one subscriber watches. `kind`: the name of the screen. `key`: which one of that kind,
    such as a ticket's token or a desk's id; "" where a branch has only one.

    `viewer`: the id of a member of staff who may see less than others; None for anybody else.
    """

    branch_id: int
    kind: str
    key: str = ""
    viewer: int | None = None


Facts = TypeVar("Facts")


class Screen(Struct, Generic[Facts], frozen=True):
    """How the frames of one kind of topic are made.

    `view`: the struct that goes over the wire. `render` makes it from a hall and from what `load`
    found beyond the hall. `load` runs before every frame; it is given its own result for the
    previous frame of the topic, None for the first, and may return that again.
    """

    kind: str
    view: type[Struct]
    render: Callable[[Hall, Topic, Facts], Struct]
    load: Callable[[Hall, Topic, Facts | None], Awaitable[Facts]]


async def nothing_more(_hall: Hall, _topic: Topic, _last: None) -> None:
    """The `load` of a screen that needs nothing beyond the hall."""


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
        """The screen has gone: wake the task that waits for a frame."""
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


class _Watch:
    """The subscribers of one topic, and what its screen has loaded for it."""

    def __init__(self) -> None:
        self.subscriptions: set[Subscription] = set()
        self.facts: Any = None


class Hub:
    """All subscriptions of this process."""

    def __init__(
        self, clock: Clock, screens: Iterable[Screen[Any]], forecasts: Forecasts | None = None
    ) -> None:
        self._clock = clock
        self._forecasts = forecasts or Forecasts(time.monotonic)
        self._screens = {screen.kind: screen for screen in screens}
        self._watched: dict[int, dict[Topic, _Watch]] = {}
        self._dirty: dict[int, asyncio.Event] = {}
        self._pushers: dict[int, asyncio.Task[None]] = {}
        self._loads: dict[int, asyncio.Lock] = {}
        self._newest: dict[int, tuple[float, Hall]] = {}

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
            self._forecasts.forget()

    @contextlib.asynccontextmanager
    async def subscribe(self, topic: Topic) -> AsyncIterator[Subscription]:
        """A subscription whose first frame is the state as it is now."""
        subscription = Subscription()
        watched = self._watched.setdefault(topic.branch_id, {})
        watch = watched.setdefault(topic, _Watch())
        watch.subscriptions.add(subscription)
        self._push_soon(topic.branch_id)
        try:
            seen = await self._shared(topic.branch_id)
            subscription.begin(await self._frame(topic, watch, seen))
            yield subscription
        finally:
            watch.subscriptions.discard(subscription)
            if not watch.subscriptions:
                del watched[topic]

    async def _shared(self, branch_id: int) -> Hall:
        """A hall read a moment ago is used for all who connect at that moment.

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
        branch = directory.branch_of(branch_id)
        seen = await halls.load(directory, branch, self._clock.now(), self._forecasts)
        self._newest[branch_id] = (time.monotonic(), seen)
        return seen

    async def _frame(self, topic: Topic, watch: _Watch, seen: Hall) -> str:
        """The topic's frame of this hall: JSON text."""
        screen = self._screens[topic.kind]
        facts = watch.facts = await screen.load(seen, topic, watch.facts)
        return msgspec.json.encode(screen.render(seen, topic, facts)).decode()

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
        for topic, watch in list(self._watched[branch_id].items()):
            try:
                frame = await self._frame(topic, watch, seen)
            except QueueError as error:  # one screen's trouble is not the others'
                _log.warning("no frame for a %s screen: %s", topic.kind, error.code)
                continue
            except OUTAGES:
                raise
            except Exception:
                _log.exception("no frame for a %s screen", topic.kind)
                continue
            for subscription in watch.subscriptions:
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
