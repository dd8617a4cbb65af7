"""One visitor's way through a real hall, through its real interface."""

import asyncio
import contextlib
import random
from datetime import datetime, timedelta

import websockets.asyncio.client as websockets
from websockets.exceptions import WebSocketException

from queue_app.demo.floor import AFTER_CLOSING, Fate, Floor, Visitor
from queue_app.demo.plan import MINUTE
from queue_app.demo.wire import Refused
from queue_app.tasks import wait_for

CANCEL_SHARE = 0.05
"""Of those who booked."""
PHONE_WATCHERS = 0.15
"""People in the hall who follow their ticket on a phone, by its websocket."""
FATES_BY_STATE: dict[str, Fate] = {"finished": "served", "no_show": "no-show", "left": "left"}
SHORTEST_WAIT = 0.05
"""Real seconds, so that a clock that runs fast makes nobody ask without a pause."""
ALERT_REFUSAL = "services_paused"
KIOSK_REFUSALS = ("past_last_ticket", "past_closing", "branch_closed", ALERT_REFUSAL)
AFTER_ALERT = 6.0
"""Minutes after it, on average, until somebody comes who would have come during it."""


class Journey:
    """One person's way through the hall."""

    def __init__(self, floor: Floor, person: Visitor, kiosk: str, rng: random.Random) -> None:
        self.floor = floor
        self.person = person
        self.rng = rng
        self._kiosk = kiosk

    async def live(self) -> None:
        """From the door to the door."""
        person, floor = self.person, self.floor
        if person.due and await self._stays_at_home():
            return
        if person.kind == "phone":
            return  # is called where they are; the house makes the ticket
        await floor.until(person.arrives)
        if not await self._enter():
            return
        watching = asyncio.create_task(self._watch()) if self._has_phone() else None
        try:
            await self._wait()
        finally:
            if watching:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _stays_at_home(self) -> bool:
        """Some cancel a few hours before, some just do not come."""
        person, floor = self.person, self.floor
        assert person.due
        if self.rng.random() < CANCEL_SHARE:
            await floor.until(person.due - 90 * MINUTE)
            with contextlib.suppress(Refused):
                await floor.wire.post(
                    f"/api/v1/appointments/{person.appointment}/cancellation",
                    allow=("too_late_to_change",),
                )
            return True
        return not person.comes

    async def _enter(self) -> bool:
        """Nobody comes during an alert, but after the all-clear; who is refused for it waits for
        that."""
        floor = self.floor
        while True:
            if not floor.all_clear.is_set():
                await floor.all_clear.wait()
                await floor.sleep(60 * self.rng.expovariate(1 / AFTER_ALERT))
            try:
                await self._take_ticket()
            except Refused as refusal:
                if refusal.code == ALERT_REFUSAL:
                    await asyncio.sleep(max(floor.clock.real_seconds(60), SHORTEST_WAIT))
                    continue
                floor.go(self.person, "turned away")
                return False
            return True

    async def _take_ticket(self) -> None:
        person, floor = self.person, self.floor
        branch = f"/api/v1/branches/{floor.plan.branch}"
        if person.code:
            issued = await floor.wire.post(
                f"{branch}/check-ins", {"code": person.code}, token=self._kiosk, keyed=True,
                allow=("branch_closed",),
            )  # fmt: skip
        else:
            issued = await floor.wire.post(
                f"{branch}/tickets",
                {"services": list(person.services), "priority": person.priority,
                 "language": person.language},
                token=self._kiosk, keyed=True, allow=KIOSK_REFUSALS,
            )  # fmt: skip
        floor.enter(person, issued["id"], issued["token"], issued["number"])

    def _has_phone(self) -> bool:
        return self.rng.random() < PHONE_WATCHERS

    async def _watch(self) -> None:
        """Follow one's own ticket, as its page does."""
        floor = self.floor
        address = floor.wire.socket(f"/ws/tickets/{self.person.token}")
        with contextlib.suppress(OSError, WebSocketException):
            async with websockets.connect(address, proxy=None) as socket:
                async for _ in socket:
                    floor.frames += 1

    async def _wait(self) -> None:
        """Until one is called and done, has had enough, or the house closes."""
        person, floor = self.person, self.floor
        assert person.issued
        end = floor.plan.closes + AFTER_CLOSING
        patience = person.issued + timedelta(minutes=person.patience)
        await self._called_before(min(patience, end))
        await floor.calls_go_on.wait()  # nobody loses patience in the shelter
        await self._called_before(min(floor.put_off(person.issued, patience), end))
        if not person.called.is_set() and floor.now() < end and self.rng.random() < 0.4:
            person.hears = 0  # goes without a word, and is a no-show when called
            person.comes_back = False
        elif not person.called.is_set() and await self._leave():
            return
        await self._done_before(end)
        while not person.gone.is_set() and not await self._leave() and not await self._over():
            await self._done_before(floor.now() + 2 * MINUTE)

    async def _over(self) -> bool:
        """Whether the visit ended without its clerk telling, as by the hand of who watches."""
        person, floor = self.person, self.floor
        with contextlib.suppress(Refused):
            seen = await floor.wire.get(f"/api/v1/tickets/{person.token}")
            if fate := FATES_BY_STATE.get(seen["state"]):
                floor.go(person, fate)
        return person.gone.is_set()

    async def _done_before(self, instant: datetime) -> None:
        await self._before(instant, self.person.gone)

    async def _called_before(self, instant: datetime) -> None:
        await self._before(instant, self.person.called)

    async def _before(self, instant: datetime, event: asyncio.Event) -> None:
        """Wait for the event until then, however late that is by the machine's clock."""
        floor = self.floor
        seconds = floor.clock.real_seconds((instant - floor.now()).total_seconds())
        await wait_for(event, max(seconds, SHORTEST_WAIT))

    async def _leave(self) -> bool:
        """Say so on the phone; who is called in that very moment goes to the desk instead."""
        person, floor = self.person, self.floor
        try:
            await floor.wire.post(
                f"/api/v1/tickets/{person.token}/leavings", allow=("ticket_state", "ticket_changed")
            )
        except Refused:
            return False
        floor.go(person, "left")
        return True
