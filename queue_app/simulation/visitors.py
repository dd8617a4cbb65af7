"""Synthetic visitors: who comes, when, for what, and what they do in the hall.

Services and arrivals are drawn from a seed. Short errands are the frequent ones; a service time
is lognormal around the published one; most people come in the second hour and after lunch.
"""

import asyncio
import contextlib
import math
import random
from datetime import datetime, timedelta
from typing import Any

import websockets.asyncio.client as websockets
from websockets.exceptions import WebSocketException

from queue_app.domain.catalogue import Channel
from queue_app.simulation.hall import (
    AFTER_CLOSING,
    MINUTE,
    Errand,
    Fate,
    Kind,
    Person,
    Plan,
    World,
    wait_for,
)
from queue_app.simulation.wire import Refused, Wire

BOOKED_SHARE = 0.3
PHONE_SHARE = 0.08
"""Of the booked."""
PRIORITY_SHARE = 0.07
TWO_ERRANDS_SHARE = 0.12
ENGLISH_SHARE = 0.06
PHONE_WATCHERS = 0.15
"""Walk-ins who follow their ticket on a phone, by its websocket."""
SERVICE_SIGMA = 0.45
"""Of the logarithm: 95 in 100 visits take between 0.4 and 2.2 times the mean."""
CALL_OVERHEAD = 1.6
"""Minutes of a visit in which nobody is served: calling, walking, sitting down."""
LOAD = 0.95
"""Work over the clerks' time for a full hall: a few find the wait too long, or do not come."""
PATIENCE_MEDIAN = 75.0
PATIENCE_SIGMA = 0.6
ARRIVALS_BY_TENTH = (1.6, 1.3, 1.15, 1.0, 0.7, 0.85, 1.05, 1.05, 0.95, 0.35)
"""Of the kiosk's day."""
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


def draw_walk_ins(plan: Plan, count: int, since: datetime, rng: random.Random) -> list[Person]:
    """People without a booking who come after `since`, the first first.

    Those of the twenty minutes before it stand at the door already.
    """
    span = plan.kiosk_until - plan.kiosk_from
    people = []
    for _ in range(count):
        tenth = rng.choices(range(10), ARRIVALS_BY_TENTH)[0]
        arrives = plan.kiosk_from + span * (tenth + rng.random()) / 10
        priority = rng.random() < PRIORITY_SHARE and bool(plan.priorities)
        person = _person(plan, "priority" if priority else "walk-in", arrives, rng)
        person.priority = rng.choice(plan.priorities) if priority else None
        people.append(person)
    present = [one for one in people if one.arrives > since - 20 * MINUTE]
    return sorted(present, key=lambda one: one.arrives)


def full_hall(plan: Plan, rng: random.Random) -> int:
    """How many visitors make the clerks busy all day."""
    drawn = [_person(plan, "walk-in", plan.opens, rng).minutes for _ in range(200)]
    return round(LOAD * plan.desk_minutes() / (sum(drawn) / len(drawn) + CALL_OVERHEAD))


def _person(
    plan: Plan, kind: Kind, arrives: datetime, rng: random.Random, channel: Channel = "visit"
) -> Person:
    errands = _errands(plan, channel, rng)
    return Person(
        kind=kind,
        services=tuple(one.code for one in errands),
        arrives=arrives,
        minutes=sum(_lognormal(one.mean, rng) for one in errands),
        patience=PATIENCE_MEDIAN * math.exp(rng.gauss(0, PATIENCE_SIGMA)),
        language="en" if rng.random() < ENGLISH_SHARE else "uk",
        hears=rng.choices((1, 2, 0), (0.94, 0.03, 0.03))[0],
        comes_back=rng.random() < 0.3,
    )


def _errands(plan: Plan, channel: Channel, rng: random.Random) -> list[Errand]:
    """One service, or two that some desk gives together; the short ones more often."""
    offered = [one for one in plan.errands if channel in one.channels]
    first = rng.choices(offered, [1 / one.planned for one in offered])[0]
    if rng.random() > TWO_ERRANDS_SHARE:
        return [first]
    desk = rng.choice([desk for desk in plan.desks if first.code in desk.services])
    others = [one for one in offered if one.code in desk.services and one != first]
    return [first, rng.choice(others)] if others else [first]


def _lognormal(mean: float, rng: random.Random) -> float:
    return rng.lognormvariate(math.log(mean) - SERVICE_SIGMA**2 / 2, SERVICE_SIGMA)


async def book(
    plan: Plan, count: int, since: datetime, wire: Wire, rng: random.Random
) -> list[Person]:
    """So many residents book for that day online; those who found a time, the first first."""
    gate = asyncio.Semaphore(BOOKING_AT_ONCE)
    seeds = [rng.getrandbits(64) for _ in range(count)]

    async def one(place: int, seed: int) -> Person | None:
        own = random.Random(seed)
        phone = own.random() < PHONE_SHARE
        person = _person(plan, "phone" if phone else "booked", plan.opens, own,
                         "phone" if phone else "visit")  # fmt: skip
        async with gate:
            with contextlib.suppress(Refused):
                return await _book(plan, person, place, since, wire, own)
        return None

    found = await asyncio.gather(*(one(place, seed) for place, seed in enumerate(seeds)))
    return sorted((one for one in found if one), key=lambda one: one.arrives)


async def _book(
    plan: Plan, person: Person, place: int, since: datetime, wire: Wire, rng: random.Random
) -> Person | None:
    channel = "phone" if person.kind == "phone" else "visit"
    seen = await wire.get(
        f"/api/v1/branches/{plan.branch}/slots",
        service=list(person.services),
        channel=channel,
        days=1,
        **{"from": plan.day.isoformat()},
    )
    starts = [start for day in seen["days"] for start in day["starts"]]
    starts = [one for one in starts if datetime.fromisoformat(one) > since + 10 * MINUTE]
    if not starts:
        return None
    # A subscriber's number in Kyiv never begins with 0, so nobody has these.
    held = await _hold(plan, person, channel, rng.choice(starts), wire)
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
    person.arrives = person.due + timedelta(minutes=_punctuality(rng))
    person.patience *= 1.5
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


def _punctuality(rng: random.Random) -> float:
    """Minutes after the booked time: most a little early, one in ten late."""
    return rng.uniform(8, 30) if rng.random() < 0.1 else rng.gauss(-6, 5)


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
        fate = self.rng.random()
        if fate < 0.05:
            await world.until(person.due - 90 * MINUTE)
            with contextlib.suppress(Refused):
                await world.wire.post(
                    f"/api/v1/appointments/{person.appointment}/cancellation",
                    allow=("too_late_to_change",),
                )
            return True
        return fate < 0.12

    async def _enter(self) -> bool:
        """Nobody comes during an alert, but after it; who is refused for it waits for its end."""
        world = self.world
        while True:
            if not world.calls_go_on.is_set():
                await world.calls_go_on.wait()
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
