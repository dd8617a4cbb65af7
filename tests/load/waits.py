"""The waits of a very large hall: 300 waiting, 50 desks, 60 bookings to come.

Beside them the rivals' formula, position times average time over open desks, which is the least
that any estimate costs.
"""

import random
import time
from collections.abc import Callable

from queue_app.domain import chance, waits
from queue_app.domain.dispatch import POLICIES, CallingDesk, Expected, Person
from queue_app.domain.scene import ForeseenDesk, Scene, Underway
from queue_app.domain.service_times import ServiceTime
from tests.load.stage import Stage
from tests.load.table import Table, ms, part

WAITING, DESKS, BOOKED = 300, 50, 60
TIME = ServiceTime(mu=2.0, sigma=0.4, visits=10)


async def measure(stage: Stage) -> list[Table]:
    hall, draws = large_hall(), chance.Draws()
    table = Table(
        f"Waits of {WAITING} people, {DESKS} desks, {BOOKED} bookings to come",
        ("", "p50", "p95"),
    )
    for name, times, work in (
        ("position x average / desks", 50, lambda: formula(hall)),
        ("point forecast of everybody", 50, lambda: waits.point(hall)),
        (f"ranges of everybody, {waits.RUNS} runs", 5, lambda: waits.estimate(hall, draws=draws)),
    ):
        seconds = [_took(work) for _ in range(times)]
        table.rows.append((name, ms(part(seconds, 0.5)), ms(part(seconds, 0.95))))
    return [table]


def large_hall() -> Scene:
    dice = random.Random(1)
    codes = [f"s{number}" for number in range(34)]
    booked = [
        Person(1000 + n, frozenset([dice.choice(codes)]), 0.0, due=1.5 * n) for n in range(BOOKED)
    ]
    return Scene(
        waiting=[
            Person(n, frozenset([dice.choice(codes)]), -60 * dice.random())
            for n in range(1, WAITING + 1)
        ],
        desks=[
            ForeseenDesk(
                CallingDesk(n, frozenset(dice.sample(codes, 12))),
                serving=Underway(8 * dice.random(), TIME),
            )
            for n in range(DESKS)
        ],
        booked=booked,
        expected=[Expected(one.due or 0.0, one.services, one.id) for one in booked],
        time_of=lambda _: TIME,
        planned=lambda _: TIME.mean_minutes,
        policy=POLICIES["promise"],
    )


def formula(hall: Scene) -> dict[int, float]:
    people = sorted(hall.waiting, key=lambda one: one.queued)
    each = TIME.mean_minutes / len(hall.desks)
    return {one.id: place * each for place, one in enumerate(people)}


def _took(work: Callable[[], object]) -> float:
    begins = time.perf_counter()
    work()
    return time.perf_counter() - begins
