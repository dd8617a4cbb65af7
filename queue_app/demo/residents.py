"""Who comes to a demo's hall: the simulator's people, and how they book online beforehand.

Who comes when, for what, how long it takes and how long they wait for it is drawn in
`simulation.synthetic_day`; the rest here, from a seed.
"""

import asyncio
import contextlib
import math
import random
from datetime import datetime
from typing import Any

from queue_app.demo.floor import Visitor, VisitorKind
from queue_app.demo.plan import MINUTE, DemoPlan
from queue_app.demo.wire import Refused, Wire
from queue_app.domain import hours
from queue_app.domain.forward import Coming
from queue_app.domain.phones import example_phone
from queue_app.domain.work import answer_to
from queue_app.simulation.synthetic_day import SyntheticDay

PHONE_SHARE = 0.08
"""People who are called by phone, beside those who book a visit."""
PHONE_SIGMA = 0.45
"""Of the logarithm of how long such a call takes."""
PHONE_PATIENCE = 100.0
OTHERS_SHARE = 0.06
"""People who speak another language than the centre's first."""
BOOKING_AT_ONCE = 4
NAMES = {
    "uk": ("Олена", "Андрій", "Ірина", "Тарас", "Наталія", "Юрій", "Оксана", "Богдан", "Ґалина"),
    "": ("Helen", "Andrew", "Irene", "Thomas", "Natalie", "George", "Susan", "Daniel", "Grace"),
}
SURNAMES = {
    "uk": ("Приклад", "Зразок", "Спроба", "Показ", "Умовний", "Вигадка", "Проба"),
    "": ("Example", "Sample", "Trial", "Showing", "Notional", "Fiction", "Test"),
}
"""By the centre's first language; nobody is really called so."""


def walk_ins(
    plan: DemoPlan, drawn: SyntheticDay, since: datetime, rng: random.Random
) -> list[Visitor]:
    """People without a booking who come after `since`, the first first.

    Those of the twenty minutes before it stand at the door already.
    """
    people = []
    for one in drawn.people:
        if one.person.due is None:
            priority = one.person.priority and bool(plan.priorities)
            kind: VisitorKind = "priority" if priority else "walk-in"
            person = _person(plan, one, kind, drawn.served[one.person.id], rng)
            person.priority = rng.choice(plan.priorities) if priority else None
            people.append(person)
    present = [one for one in people if one.arrives > since - 20 * MINUTE]
    return sorted(present, key=lambda one: one.arrives)


def _person(
    plan: DemoPlan, one: Coming, kind: VisitorKind, minutes: float, rng: random.Random
) -> Visitor:
    due = one.person.due
    return _with_ways(
        plan,
        Visitor(
            kind=kind,
            services=tuple(sorted(one.person.services)),
            arrives=_instant(plan, one.arrives),
            minutes=minutes,
            patience=one.gone - (one.arrives if due is None else max(one.arrives, due)),
        ),
        rng,
    )


def _instant(plan: DemoPlan, minute: float) -> datetime:
    """Of a day drawn in minutes of the wall from its local midnight."""
    whole = math.floor(minute)
    return hours.at(plan.day, whole, plan.zone) + (minute - whole) * MINUTE


def _with_ways(plan: DemoPlan, person: Visitor, rng: random.Random) -> Visitor:
    """The person with what the simulator knows nothing of."""
    first, *others = plan.languages
    another = rng.random() < OTHERS_SHARE and bool(others)
    person.language = others[0] if another else first
    person.hears = rng.choices((1, 2, 0), (0.96, 0.02, 0.02))[0]
    person.comes_back = rng.random() < 0.3
    return person


async def book(
    plan: DemoPlan, drawn: SyntheticDay, since: datetime, wire: Wire, rng: random.Random
) -> list[Visitor]:
    """The drawn residents book online for that day; those who found a time, the first first.

    Each takes the free start nearest to the drawn one and comes as much before or after it.
    """
    gate = asyncio.Semaphore(BOOKING_AT_ONCE)
    wishes = _visits(plan, drawn, rng) + _phone_calls(plan, len(drawn.bookings), rng)
    seeds = [rng.getrandbits(64) for _ in wishes]

    async def one(place: int, seed: int) -> Visitor | None:
        async with gate:
            with contextlib.suppress(Refused):
                person, wanted = wishes[place]
                return await _book(plan, person, wanted, place, since, wire, random.Random(seed))
        return None

    found = await asyncio.gather(*(one(place, seed) for place, seed in enumerate(seeds)))
    return sorted((one for one in found if one), key=lambda one: one.arrives)


Wish = tuple[Visitor, datetime]
"""Somebody, and the start that they would like to book."""


def _visits(plan: DemoPlan, drawn: SyntheticDay, rng: random.Random) -> list[Wish]:
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


def _phone_calls(plan: DemoPlan, visits: int, rng: random.Random) -> list[Wish]:
    """Who is called by phone; the simulator has visits alone."""
    offered = [one for one in plan.errands if "phone" in one.channels]
    wishes = []
    for _ in range(round(PHONE_SHARE * visits) if offered else 0):
        errand = rng.choice(offered)
        wanted = plan.opens + (plan.closes - plan.opens) * rng.random()
        minutes = rng.lognormvariate(math.log(errand.mean) - PHONE_SIGMA**2 / 2, PHONE_SIGMA)
        person = Visitor("phone", (errand.code,), wanted, minutes, PHONE_PATIENCE)
        wishes.append((_with_ways(plan, person, rng), wanted))
    return wishes


async def _book(
    plan: DemoPlan,
    person: Visitor,
    wanted: datetime,
    place: int,
    since: datetime,
    wire: Wire,
    rng: random.Random,
) -> Visitor | None:
    channel = "phone" if person.kind == "phone" else "visit"
    seen = await wire.get(
        f"/api/v1/branches/{plan.branch}/slots",
        service=list(person.services),
        channel=channel,
        days=2,  # those of a night stand under two dates
        **{"from": plan.day.isoformat()},
    )
    starts = [datetime.fromisoformat(start) for day in seen["days"] for start in day["starts"]]
    starts = [
        one for one in starts if one > since + 10 * MINUTE and plan.opens <= one < plan.closes
    ]
    if not starts or wanted <= since + 10 * MINUTE:
        return None
    nearest = min(starts, key=lambda one: abs(one - wanted))
    # Nothing is sent to it: a demo has no way out.
    phone = f"{example_phone(plan.country)[:-4]}{place % 10_000:04}"
    held = await _hold(plan, person, channel, nearest.isoformat(), wire)
    booked = await wire.post(
        f"/api/v1/appointments/{held['token']}/confirmation",
        {
            "name": _name(plan, rng),
            "phone": phone,
            "email": f"resident.{plan.day:%Y%m%d}.{place}@example.org",
            "language": person.language,
            "work": await asyncio.to_thread(answer_to, held["work_bits"], held["token"]),
        },
    )
    person.due = datetime.fromisoformat(booked["starts_at"])
    person.code, person.appointment = booked["code"], booked["token"]
    person.arrives += person.due - wanted
    return person


def _name(plan: DemoPlan, rng: random.Random) -> str:
    first = plan.languages[0]
    return " ".join(rng.choice(some.get(first, some[""])) for some in (NAMES, SURNAMES))


async def _hold(plan: DemoPlan, person: Visitor, channel: str, start: str, wire: Wire) -> Any:
    """The start, or the nearest that is left when somebody was first."""
    path = f"/api/v1/branches/{plan.branch}/appointments"
    wanted = {"services": list(person.services), "channel": channel}
    try:
        return await wire.post(
            path, wanted | {"starts_at": start}, keyed=True, allow=("slot_taken",)
        )
    except Refused as refusal:
        others = refusal.body.get("alternatives", []) if refusal.code == "slot_taken" else []
        same_day = [
            one for one in others if plan.opens <= datetime.fromisoformat(one) < plan.closes
        ]
        if not same_day:
            raise
    return await wire.post(
        path, wanted | {"starts_at": same_day[0]}, keyed=True, allow=("slot_taken",)
    )
