"""Two thousand people want two hundred times, all at once: who gets one, what others hear."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from datetime import time as at
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from config.files import load_centre
from queue_app.domain.centre import BranchPlan, Centre, LanePlan, Period, Weekly
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import doctor, reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.stage import own
from tests.support.database import CONFIG
from tests.support.people import BRANCH
from tests.support.server import start_servers, stop_servers

pytestmark = [pytest.mark.slow, pytest.mark.server]

PEOPLE, SLOTS, LINES = 2000, 200, 32
"""So many connections are open at once; everybody else waits in front of them."""
PROCESSES = 2
SERVICE = "debt-amount"
"""Ten minutes as planned, so that each start of the one lane is one visit."""
MORNING = Period(at(9), at(17, 20))
"""Fifty starts on each of four days."""
WISHES = 2
TRIES = 30
BUSY = "the database cannot answer now"
"""What a machine that does much else says with 503; whoever is told so asks again."""
AGAIN_AFTER = 1.0
replace = msgspec.structs.replace


def two_hundred() -> Centre:
    centre = load_centre(CONFIG)
    every = tuple(skill.code for skill in centre.skills)
    hours: Weekly = dict.fromkeys(("tue", "wed", "thu", "fri"), (MORNING,))

    def changed(branch: BranchPlan) -> BranchPlan:
        if branch.slug != BRANCH:
            return branch
        lane = LanePlan("only", "visit", every, hours)
        return replace(branch, hours=hours, closures=(), lanes=(lane,))

    rules = replace(centre.rules, horizon_days=6)
    return replace(centre, rules=rules, branches=tuple(map(changed, centre.branches)))


@pytest.fixture
async def site(database_server: str, worker: str, data: Path) -> AsyncIterator[list[str]]:
    """The addresses of processes that serve one database."""
    async with own(database_server, f"{worker}-bookers") as dsn:
        await apply(By(OPERATOR, MONDAY), two_hundred())
        reference.forget()
        served = start_servers(PROCESSES, dsn, data, clock=MONDAY)
        yield [one.url for one in served]
        stop_servers(served)
        every = [said for one in served for said in one.complaints()]
        assert [said for said in every if BUSY not in said] == []


class Person:
    """Wants one of the times, and if it is gone, one of those nearest to it."""

    def __init__(self, number: int, lines: list[httpx.AsyncClient], dice: random.Random) -> None:
        self.number = number
        self.lines = lines
        self.dice = dice
        self.statuses: Counter[int] = Counter()
        self.told: list[str] | None = None
        """The nearest times, as whoever has none was told last; none is left where it is empty."""

    async def book(self, wanted: list[str]) -> None:
        near = wanted
        for _ in range(WISHES):
            held = await self.say(
                f"/branches/{BRANCH}/appointments",
                {"services": [SERVICE], "starts_at": self.dice.choice(near)},
            )
            if held["status"] == 201:
                return await self.confirm(held["token"])
            assert (held["status"], held["code"]) == (409, "slot_taken"), held
            near = self.told = held["alternatives"]
            if not near:
                return None
        return None

    async def confirm(self, token: str) -> None:
        contact = {"name": "Ян", "phone": f"+38067{self.number:07}"}
        booked = await self.say(f"/appointments/{token}/confirmation", contact)
        assert (booked["status"], booked["state"]) == (200, "booked")
        self.told = None

    async def say(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One in ten taps twice, and the second reaches another process perhaps."""
        headers = {"Idempotency-Key": str(uuid4())}
        taps = 2 if self.dice.random() < 0.1 else 1
        answers = await asyncio.gather(
            *(self.ask("POST", path, json=body, headers=headers) for _ in range(taps))
        )
        first, last = answers[0].json(), answers[-1].json()
        if answers[0].is_success and answers[-1].is_success:
            assert first == last
        won = next((one for one in answers if one.is_success), answers[0])
        return {**won.json(), "status": won.status_code}

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = None
        for _ in range(TRIES):
            try:
                answer = await self.dice.choice(self.lines).request(method, path, **options)
            except httpx.TransportError:
                continue  # a line that had lain idle; the key makes the repeat harmless
            self.statuses[answer.status_code] += 1
            if answer.status_code != 503:
                break
            assert answer.json()["code"] == "unavailable"
            await asyncio.sleep(AGAIN_AFTER)
        assert answer is not None, "nobody answers any more"
        assert answer.status_code in (200, 201, 409), (answer.status_code, answer.text)
        return answer


async def all_free(person: Person) -> list[str]:
    path = f"/branches/{BRANCH}/slots?service={SERVICE}&from=2026-11-24&days=6"
    answer = await person.ask("GET", path)
    return [start for day in answer.json()["days"] for start in day["starts"]]


async def test_two_thousand_people_want_two_hundred_times(site: list[str]) -> None:
    dice = random.Random(200)
    limits = httpx.Limits(max_connections=LINES // PROCESSES)
    lines = [
        httpx.AsyncClient(
            base_url=f"{url}/api/v1", limits=limits, timeout=httpx.Timeout(60, pool=None)
        )
        for url in site
    ]
    people = [Person(number, lines, random.Random(dice.random())) for number in range(PEOPLE)]
    wanted = await all_free(people[0])
    assert len(wanted) == SLOTS

    began = time.monotonic()
    await asyncio.gather(*(one.book(wanted) for one in people))
    seconds = time.monotonic() - began
    statuses = sum((one.statuses for one in people), Counter[int]())
    print(
        f"\n{PEOPLE} people, {SLOTS} times: {seconds:.1f} s,"
        f" {statuses.total()} requests: {dict(statuses)}"
    )
    assert sum(one.told is None for one in people) == SLOTS
    assert await all_free(people[0]) == []
    for line in lines:
        await line.aclose()
    rows = await db.fetch("SELECT lower(period) AS start, phone, state FROM appointment")
    assert {row["start"] for row in rows} == {datetime.fromisoformat(one) for one in wanted}
    assert len({row["phone"] for row in rows}) == len(rows) == SLOTS
    assert {row["state"] for row in rows} == {"booked"}
    assert await doctor.check(MONDAY) == await doctor.check(MONDAY + timedelta(hours=1)) == []
