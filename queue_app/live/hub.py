"""The live fan-out: one listener a process, one snapshot a change, the same bytes to all.

A commit notifies; the hub marks the branch, loads one hall, renders each watched topic once
and writes the same bytes to the connection of each subscriber: no task wakes for a screen. A
connection that reads slowly keeps only the newest frame, so a slow screen skips, never lags.
Every `HEARTBEAT_SECONDS` each watched branch is read anew, so a lost notification heals by itself
and estimates move with the clock.

Whoever comes is given what the others were given last, as long as no change was heard of since:
when everybody comes back at once, each topic is rendered once for all of them.

A topic is of one epoch of the database, as the ids in it are. When another epoch begins (a backup
was restored, another server took over), whoever watches is to ask for admission anew.

The hub is given its screens when it is made; it knows none of them by name.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec

from queue_app.clock import Clock
from queue_app.domain.errors import NotFound, QueueError
from queue_app.domain.hall import Hall
from queue_app.domain.people import RESIDENT
from queue_app.domain.ranges import Forecasts
from queue_app.live.topics import Glance, Push, Screen, Subscription, Topic, text_frame
from queue_app.queries import foretold, reference
from queue_app.store import db, served
from queue_app.store.db import OUTAGES
from queue_app.tasks import wait_for

HEARTBEAT_SECONDS = 4.0
QUIET_SECONDS = 0.05
"""At most one snapshot of a branch in this time: 20 a second."""
SHARED_SECONDS = 2.0
"""How old a hall may be of which no change was heard, for whoever comes."""
OFFERED_AT_ONCE = 100
"""So many screens are written a frame before anybody else's turn comes."""

_log = logging.getLogger(__name__)


class _Watch:
    """The subscribers of one topic, what its screen has loaded for it, and its last frame."""

    def __init__(self) -> None:
        self.subscriptions: set[Subscription] = set()
        self.facts: Any = None
        self.seen: Hall | None = None
        self.text = b""
        self.frame = b""

    def outdate(self) -> None:
        for subscription in self.subscriptions:
            subscription.outdate()


_Watches = dict[Topic, _Watch]


class _Place:
    """What is known of one branch: its last hall and when that was read, and who pushes it."""

    def __init__(self) -> None:
        self.watches: _Watches = {}
        self.dirty = asyncio.Event()
        self.pusher: asyncio.Task[None] | None = None
        self.reading = asyncio.Lock()
        self.seen: Hall | None = None
        self.read_at = 0.0
        self.heard_at = 0.0

    def mark(self) -> None:
        self.heard_at = time.monotonic()
        self.dirty.set()

    def outdate(self, epoch: str) -> None:
        """Tell the subscribers of every topic that is not of this epoch."""
        for topic, watch in list(self.watches.items()):
            if topic.epoch != epoch:
                watch.outdate()


class Hub:
    """All subscriptions of this process."""

    def __init__(
        self, clock: Clock, screens: Iterable[Screen[Any]], forecasts: Forecasts | None = None
    ) -> None:
        """`screens`: a change is pushed to them in this order."""
        self._clock = clock
        self._forecasts = forecasts or Forecasts(time.monotonic)
        self._screens = {screen.kind: screen for screen in screens}
        self._places: dict[int, _Place] = {}
        self._listening = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen and push until the block ends."""
        listener = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            pushers = [place.pusher for place in self._places.values() if place.pusher]
            every = [listener, *pushers]
            for task in every:
                task.cancel()
            await asyncio.gather(*every, return_exceptions=True)
            self._forecasts.forget()

    @contextlib.asynccontextmanager
    async def subscribe(
        self, topic: Topic, push: Push, actor: str = ""
    ) -> AsyncIterator[Subscription]:
        """A subscription whose first frame, pushed before the block begins, is the state as it is
        now. `actor`: who watches, where their right may end.

        NotFound `unknown_link` where there is no such thing; what the screen raises.
        """
        subscription = Subscription(push, actor)
        place = self._places.setdefault(topic.branch_id, _Place())
        watch = place.watches.setdefault(topic, _Watch())
        watch.subscriptions.add(subscription)
        self._push_soon(topic.branch_id, place)
        try:
            frame = await self._first(topic, place, watch)
            if frame is None:
                subscription.outdate()
            else:
                subscription.begin(frame)
            yield subscription
        finally:
            watch.subscriptions.discard(subscription)
            if not watch.subscriptions:
                del place.watches[topic]

    async def look(self, topic: Topic, known: tuple[int, str] | None = None) -> Glance | None:
        """The same text as a frame, once, for whom no websocket reaches; None where the topic's
        epoch is over.

        `known`: the version and epoch of what they have. NotFound as for `subscribe`.
        """
        place = self._places.setdefault(topic.branch_id, _Place())
        seen = await self._shared(topic.branch_id, place)
        if seen.epoch != topic.epoch:
            return None
        if known == (seen.version, seen.epoch):
            return Glance(seen.version, seen.epoch, None)
        watch = place.watches.get(topic, _Watch())
        await self._make(topic, watch, seen)
        return Glance(seen.version, seen.epoch, watch.text)

    async def _first(self, topic: Topic, place: _Place, watch: _Watch) -> bytes | None:
        """The topic's frame as it is now; None where its epoch is over."""
        if (await reference.directory()).epoch != topic.epoch:
            return None
        seen = await self._shared(topic.branch_id, place)
        if seen.epoch != topic.epoch:
            return None
        await self._make(topic, watch, seen)
        return watch.frame

    async def _make(self, topic: Topic, watch: _Watch, seen: Hall) -> None:
        """The topic's frame of this hall, if it is not there yet. NotFound `unknown_link`."""
        if watch.seen is seen:
            return
        screen = self._screens[topic.kind]
        found = await screen.load(seen, {topic: watch.facts})
        if topic not in found:
            raise NotFound("unknown_link")
        self._render(screen, topic, watch, seen, found[topic])

    async def _shared(self, branch_id: int, place: _Place) -> Hall:
        """What all who connect at this moment are shown: the last hall, if it is as it was."""
        async with place.reading:
            if place.seen and self._is_current(place):
                return place.seen
            return await self._read(branch_id, place)

    def _is_current(self, place: _Place) -> bool:
        """Whether the hall was read a moment ago, or is no older than what others are shown.

        What is committed since then comes with the notification that follows it.
        """
        age = time.monotonic() - place.read_at
        unchanged = self._listening and place.heard_at < place.read_at
        return age < (SHARED_SECONDS if unchanged else QUIET_SECONDS)

    async def _read(self, branch_id: int, place: _Place) -> Hall:
        """The hall as it is now."""
        directory = await reference.directory()
        branch, began = directory.branch_of(branch_id), time.monotonic()
        seen = await foretold.load(directory, branch, self._clock.now(), self._forecasts)
        place.seen, place.read_at = seen, began
        return seen

    def _render(
        self, screen: Screen[Any], topic: Topic, watch: _Watch, seen: Hall, facts: Any
    ) -> None:
        watch.facts = facts
        watch.text = msgspec.json.encode(screen.render(seen, topic, facts))
        watch.frame = text_frame(watch.text)
        watch.seen = seen

    def _push_soon(self, branch_id: int, place: _Place) -> None:
        """Have a task that pushes this branch when it changes, and at every heartbeat."""
        if place.pusher is None or place.pusher.done():
            place.pusher = asyncio.create_task(self._push(branch_id, place))

    async def _push(self, branch_id: int, place: _Place) -> None:
        while True:
            await wait_for(place.dirty, HEARTBEAT_SECONDS)
            place.dirty.clear()
            if place.watches:
                try:
                    await self._push_once(branch_id, place)
                except OUTAGES as error:
                    _log.debug("no snapshot of branch %s: %s", branch_id, error)
                except Exception:  # nothing may end it: every board of the branch would fall silent
                    _log.exception("no snapshot of branch %s; the next heartbeat tries", branch_id)
            await asyncio.sleep(QUIET_SECONDS)

    async def _push_once(self, branch_id: int, place: _Place) -> None:
        place.outdate((await reference.directory()).epoch)
        async with place.reading:
            seen = await self._read(branch_id, place)
        place.outdate(seen.epoch)
        for screen in self._screens.values():
            watches = {
                topic: watch
                for topic, watch in place.watches.items()
                if topic.kind == screen.kind and topic.epoch == seen.epoch
            }
            if watches:
                await self._push_screen(screen, watches, seen)

    async def _push_screen(self, screen: Screen[Any], watches: _Watches, seen: Hall) -> None:
        """One frame for each topic. One screen's trouble is not the others'."""
        try:
            found = await screen.load(seen, {one: watch.facts for one, watch in watches.items()})
        except OUTAGES:
            raise
        except Exception:
            return _log.exception("nothing was found for the %s screens", screen.kind)
        offered = 0
        for topic, watch in watches.items():
            if topic not in found:
                watch.outdate()
                continue
            try:
                self._render(screen, topic, watch, seen, found[topic])
            except QueueError as error:
                _log.warning("no frame for a %s screen: %s", screen.kind, error.code)
                continue
            except Exception:
                _log.exception("no frame for a %s screen", screen.kind)
                continue
            for subscription in list(watch.subscriptions):
                subscription.offer(watch.frame)
                offered += 1
                if offered % OFFERED_AT_ONCE == 0:
                    await asyncio.sleep(0)
        return None

    async def _listen(self) -> None:
        """Hold one connection that hears every commit; make a new one when it is lost."""
        while True:
            try:
                await self._listen_once()
            except OUTAGES as error:
                _log.debug("the listener tries again: %s", error)
            except Exception:  # whatever it is, the next one may hear
                _log.exception("the listener tries again")
            self._listening = False
            await asyncio.sleep(0.5)

    async def _listen_once(self) -> None:
        lost = asyncio.Event()
        connection = await db.engine.get_new_connection()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await served.mark(connection, HEARTBEAT_SECONDS)
            await db.check_notifies(connection, HEARTBEAT_SECONDS)
            await db.listen(connection, "branch", self._heard, HEARTBEAT_SECONDS)
            await db.listen(connection, "actor", self._heard_of_actor, HEARTBEAT_SECONDS)
            self._mark_all()
            self._doubt(None)  # whatever was said meanwhile was not heard
            self._listening = True
            while not lost.is_set():
                await wait_for(lost, HEARTBEAT_SECONDS)
                if not lost.is_set():
                    await db.check_notifies(connection, HEARTBEAT_SECONDS)
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        place = self._places.get(int(str(payload)))
        if place:
            place.mark()

    def _heard_of_actor(self, _connection: Any, _pid: int, _channel: str, who: object) -> None:
        if who == RESIDENT.actor:  # the centre's rules say who may watch, and they are others
            reference.forget()
        self._doubt(str(who))

    def _doubt(self, actor: str | None) -> None:
        """Have the screens of this actor ask whether they may go on; of everybody where None."""
        for place in self._places.values():
            for watch in place.watches.values():
                for subscription in watch.subscriptions:
                    if subscription.actor and actor in (None, subscription.actor):
                        subscription.doubted.set()

    def _mark_all(self) -> None:
        for place in self._places.values():
            place.mark()
