"""Synthetic visitors: what the simulator's people do in a real hall, through its real interface.

Who comes when, for what, how long it takes and how long they wait for it is drawn in
`simulation.day`; the rest here, from a seed.
"""

import asyncio
import contextlib
import math
import random
from datetime import datetime, timedelta
from typing import Any

import websockets.asyncio.client as websockets
from websockets.exceptions import WebSocketException

from queue_app.domain import hours
from queue_app.domain.forward import Coming
from queue_app.simulation.day import Day
from queue_app.simulation.hall import (
    AFTER_CLOSING,
    MINUTE,
    Fate,
    Kind,
    Person,
    Plan,
    World,
    wait_for,
)
from queue_app.simulation.wire import Refused, Wire

PHONE_SHARE = 0.08
"""People who are called by phone, beside those who book a visit."""
PHONE_SIGMA = 0.45
"""Of the logarithm of how long such a call takes."""
PHONE_PATIENCE = 100.0
ENGLISH_SHARE = 0.06
CANCEL_SHARE = 0.05
"""Of those who booked."""
PHONE_WATCHERS = 0.15
"""People in the hall who follow their ticket on a phone, by its websocket."""
FATES_BY_STATE: dict[str, Fate] = {"finished": "served", "no_show": "no-show", "left": "left"}
BOOKING_AT_ONCE = 4
SHORTEST_WAIT = 0.05
"""Real seconds, so that a clock that runs fast makes nobody ask without a pause."""
ALERT_REFUSAL = "services_paused"
KIOSK_REFUSALS = ("past_last_ticket", "branch_closed", ALERT_REFUSAL)
AFTER_ALERT = 6.0
"""Minutes after it, on average, until somebody comes who would have come during it."""
NAMES = ("Олена", "Андрій", "Ірина", "Тарас", "Наталія", "Юрій", "Оксана", "Богдан", "Ґалина")
SURNAMES = ("Приклад", "Зразок", "Спроба", "Показ", "Умовний", "Вигадка", "Проба")


def walk_ins(plan: Plan, drawn: Day, since: datetime, rng: random.Random) -> list[Person]:
    """People without a booking who come after `since`, the first first.

    Those of the twenty minutes before it stand at the door already.
    """
    people = []
    for one in drawn.people:
        if one.person.due is None:
            priority = one.person.priority and bool(plan.priorities)
            kind: Kind = "priority" if priority else "walk-in"
            person = _person(plan, one, kind, drawn.served[one.person.id], rng)
            person.priority = rng.choice(plan.priorities) if priority else None
            people.append(person)
    present = [one for one in people if one.arrives > since - 20 * MINUTE]
    return sorted(present, key=lambda one: one.arrives)


def _person(plan: Plan, one: Coming, kind: Kind, minutes: float, rng: random.Random) -> Person:
    due = one.person.due
    return _with_ways(
        Person(
            kind=kind,
            services=tuple(sorted(one.person.services)),
            arrives=_instant(plan, one.arrives),
            minutes=minutes,
            patience=one.gone - (one.arrives if due is None else max(one.arrives, due)),
        ),
        rng,
    )


def _instant(plan: Plan, minute: float) -> datetime:
    """Of a day drawn in minutes from its local midnight."""
    return hours.day_window(plan.day, plan.zone).opens + minute * MINUTE


def _with_ways(person: Person, rng: random.Random) -> Person:
    """The person with what the simulator knows nothing of."""
    person.language = "en" if rng.random() < ENGLISH_SHARE else "uk"
    person.hears = rng.choices((1, 2, 0), (0.96, 0.02, 0.02))[0]
    person.comes_back = rng.random() < 0.3
    return person


async def book(
    plan: Plan, drawn: Day, since: datetime, wire: Wire, rng: random.Random
) -> list[Person]:
    """The drawn residents book online for that day; those who found a time, the first first.

    Each takes the free start nearest to the drawn one and comes as much before or after it.
    """
    gate = asyncio.Semaphore(BOOKING_AT_ONCE)
    wishes = _visits(plan, drawn, rng) + _phone_calls(plan, len(drawn.bookings), rng)
    seeds = [rng.getrandbits(64) for _ in wishes]

    async def one(place: int, seed: int) -> Person | None:
        async with gate:
            with contextlib.suppress(Refused):
                person, wanted = wishes[place]
                return await _book(plan, person, wanted, place, since, wire, random.Random(seed))
        return None

    found = await asyncio.gather(*(one(place, seed) for place, seed in enumerate(seeds)))
    return sorted((one for one in found if one), key=lambda one: one.arrives)


Wish = tuple[Person, datetime]
"""Somebody, and the start that they would like to book."""


def _visits(plan: Plan, drawn: Day, rng: random.Random) -> list[Wish]:
    """The holders of bookings, those who will not come among them."""
    comes = {one.person.id: one for one in drawn.people}
    wishes = []
    for booking in drawn.bookings:
        due = booking.due or 0.0
        one = comes.get(booking.id) or Coming(booking, due, 0.0)
        person = _person(plan, one, "booked", drawn.served.get(booking.id, 0.0), rng)
        person.comes = booking.id in comes
        wishes.append((person, _instant(plan, due)))
    return wishes


def _phone_calls(plan: Plan, visits: int, rng: random.Random) -> list[Wish]:
    """Who is called by phone; the simulator has visits alone."""
    offered = [one for one in plan.errands if "phone" in one.channels]
    wishes = []
    for _ in range(round(PHONE_SHARE * visits) if offered else 0):
        errand = rng.choice(offered)
        wanted = plan.opens + (plan.closes - plan.opens) * rng.random()
        minutes = rng.lognormvariate(math.log(errand.mean) - PHONE_SIGMA**2 / 2, PHONE_SIGMA)
        person = Person("phone", (errand.code,), wanted, minutes, PHONE_PATIENCE)
        wishes.append((_with_ways(person, rng), wanted))
    return wishes


async def _book(
    plan: Plan,
    person: Person,
    wanted: datetime,
    place: int,
    since: datetime,
    wire: Wire,
    rng: random.Random,
) -> Person | None:
    channel = "phone" if person.kind == "phone" else "visit"
    seen = await wire.get(
        f"/api/v1/branches/{plan.branch}/slots",
        service=list(person.services),
        channel=channel,
        days=1,
        **{"from": plan.day.isoformat()},
    )
    starts = [datetime.fromisoformat(start) for day in seen["days"] for start in day["starts"]]
    starts = [one for one in starts if one > since + 10 * MINUTE]
    if not starts or wanted <= since + 10 * MINUTE:
        return None
    nearest = min(starts, key=lambda one: abs(one - wanted))
    # A subscriber's number in Kyiv never begins with 0, so nobody has these.
    held = await _hold(plan, person, channel, nearest.isoformat(), wire)
    booked = await wire.post(
        f"/api/v1/appointments/{held['token']}/confirmation",
        {
            "name": f"{rng.choice(NAMES)} {rng.choice(SURNAMES)}",
            "phone": f"+38044000{place % 10_000:04}",
            "email": f"resident.{plan.day:%Y%m%d}.{place}@example.org",
            "language": person.language,
        },
    )
    person.due = datetime.fromisoformat(booked["starts_at"])
    person.code, person.appointment = booked["code"], booked["token"]
    person.arrives += person.due - wanted
    return person


async def _hold(plan: Plan, person: Person, channel: str, start: str, wire: Wire) -> Any:
    """The start, or the nearest that is left when somebody was first."""
    path = f"/api/v1/branches/{plan.branch}/appointments"
    wanted = {"services": list(person.services), "channel": channel}
    try:
        return await wire.post(
            path, wanted | {"starts_at": start}, keyed=True, allow=("slot_taken",)
        )
    except Refused as refusal:
        others = refusal.body.get("alternatives", []) if refusal.code == "slot_taken" else []
        same_day = [one for one in others if one[:10] == plan.day.isoformat()]
        if not same_day:
            raise
    return await wire.post(
        path, wanted | {"starts_at": same_day[0]}, keyed=True, allow=("slot_taken",)
    )


class Visitor:
    """One person's way through the hall."""

    def __init__(self, world: World, person: Person, kiosk: str, rng: random.Random) -> None:
        self.world = world
        self.person = person
        self.rng = rng
        self._kiosk = kiosk

    async def live(self) -> None:
        """From the door to the door."""
        person, world = self.person, self.world
        if person.due and await self._stays_at_home():
            return
        if person.kind == "phone":
            return  # is called where they are; the house makes the ticket
        await world.until(person.arrives)
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
        person, world = self.person, self.world
        assert person.due
        if self.rng.random() < CANCEL_SHARE:
            await world.until(person.due - 90 * MINUTE)
            with contextlib.suppress(Refused):
                await world.wire.post(
                    f"/api/v1/appointments/{person.appointment}/cancellation",
                    allow=("too_late_to_change",),
                )
            return True
        return not person.comes

    async def _enter(self) -> bool:
        """Nobody comes during an alert, but after the all-clear; who is refused for it waits for
        that."""
        world = self.world
        while True:
            if not world.all_clear.is_set():
                await world.all_clear.wait()
                await world.sleep(60 * self.rng.expovariate(1 / AFTER_ALERT))
            try:
                await self._take_ticket()
            except Refused as refusal:
                if refusal.code == ALERT_REFUSAL:
                    await asyncio.sleep(max(world.clock.real_seconds(60), SHORTEST_WAIT))
                    continue
                world.go(self.person, "turned away")
                return False
            return True

    async def _take_ticket(self) -> None:
        person, world = self.person, self.world
        branch = f"/api/v1/branches/{world.plan.branch}"
        if person.code:
            issued = await world.wire.post(
                f"{branch}/check-ins", {"code": person.code}, token=self._kiosk, keyed=True,
                allow=("branch_closed",),
            )  # fmt: skip
        else:
            issued = await world.wire.post(
                f"{branch}/tickets",
                {"services": list(person.services), "priority": person.priority,
                 "language": person.language},
                token=self._kiosk, keyed=True, allow=KIOSK_REFUSALS,
            )  # fmt: skip
        world.enter(person, issued["id"], issued["token"], issued["number"])

    def _has_phone(self) -> bool:
        return self.rng.random() < PHONE_WATCHERS

    async def _watch(self) -> None:
        """Follow one's own ticket, as its page does."""
        world = self.world
        address = world.wire.socket(f"/ws/tickets/{self.person.token}")
        with contextlib.suppress(OSError, WebSocketException):
            async with websockets.connect(address, proxy=None) as socket:
                async for _ in socket:
                    world.frames += 1

    async def _wait(self) -> None:
        """Until one is called and done, has had enough, or the house closes."""
        person, world = self.person, self.world
        assert person.issued
        end = world.plan.closes + AFTER_CLOSING
        patience = person.issued + timedelta(minutes=person.patience)
        await self._called_before(min(patience, end))
        await world.calls_go_on.wait()  # nobody loses patience in the shelter
        await self._called_before(min(world.put_off(person.issued, patience), end))
        if not person.called.is_set() and world.now() < end and self.rng.random() < 0.4:
            person.hears = 0  # goes without a word, and is a no-show when called
            person.comes_back = False
        elif not person.called.is_set() and await self._leave():
            return
        await self._done_before(end)
        while not person.gone.is_set() and not await self._leave() and not await self._over():
            await self._done_before(world.now() + 2 * MINUTE)

    async def _over(self) -> bool:
        """Whether the visit ended without its clerk telling, as by the hand of who watches."""
        person, world = self.person, self.world
        with contextlib.suppress(Refused):
            seen = await world.wire.get(f"/api/v1/tickets/{person.token}")
            if fate := FATES_BY_STATE.get(seen["state"]):
                world.go(person, fate)
        return person.gone.is_set()

    async def _done_before(self, instant: datetime) -> None:
        await self._before(instant, self.person.gone)

    async def _called_before(self, instant: datetime) -> None:
        await self._before(instant, self.person.called)

    async def _before(self, instant: datetime, event: asyncio.Event) -> None:
        """Wait for the event until then, however late that is by the machine's clock."""
        world = self.world
        seconds = world.clock.real_seconds((instant - world.now()).total_seconds())
        await wait_for(event, max(seconds, SHORTEST_WAIT))

    async def _leave(self) -> bool:
        """Say so on the phone; who is called in that very moment goes to the desk instead."""
        person, world = self.person, self.world
        try:
            await world.wire.post(
                f"/api/v1/tickets/{person.token}/leavings", allow=("ticket_state", "ticket_changed")
            )
        except Refused:
            return False
        world.go(person, "left")
        return True
