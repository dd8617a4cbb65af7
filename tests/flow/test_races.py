"""What many people do at the same moment, over HTTP, against several server processes.

Three processes serve one database. Each race has a branch of its own. Every request is sent
twice at the same moment, to two processes, with one Idempotency-Key, and once more when the
race is over: all three answers must be the same.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from config.files import load_centre
from queue_app.domain import slots
from queue_app.domain.centre import BranchPlan, Centre, DeskPlan, LanePlan
from queue_app.flow.configuring import apply
from queue_app.queries import doctor, reference
from queue_app.queries import slots as free_slots
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.stage import own
from tests.support.database import CONFIG
from tests.support.people import Machine, Person, hire, install
from tests.support.server import Server, start_servers, stop_servers

pytestmark = pytest.mark.server

ONE_SEAT, SEVERAL_SEATS, TICKETS, DESKS, CHAOS = (
    "holosiivskyi", "darnytskyi", "desnianskyi", "dniprovskyi", "obolonskyi",
)  # fmt: skip
CLIENTS = 8
TOMORROW = (MONDAY + timedelta(days=1)).date()
replace = msgspec.structs.replace


def equal_desks(centre: Centre, branch: BranchPlan) -> BranchPlan:
    """Eight desks, each of which gives everything."""
    every = tuple(skill.code for skill in centre.skills)
    desks = tuple(DeskPlan(str(n), every, branch.hours) for n in range(1, CLIENTS + 1))
    return replace(branch, desks=desks)


def one_lane(centre: Centre, branch: BranchPlan) -> BranchPlan:
    """Room for one visit at a time."""
    every = tuple(skill.code for skill in centre.skills)
    return replace(branch, lanes=(LanePlan("only", "visit", every, branch.hours),))


def hall_of_races() -> Centre:
    centre = load_centre(CONFIG)
    changed = {ONE_SEAT: one_lane, DESKS: equal_desks, CHAOS: equal_desks}
    return replace(
        centre,
        branches=tuple(
            changed.get(one.slug, lambda _, same: same)(centre, one) for one in centre.branches
        ),
    )


@dataclass
class Answer:
    """What came back, and the moments of this process' clock between which it was asked."""

    status: int
    body: bytes
    sent: float
    answered: float

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass
class Request:
    """One request that may be sent again, to any process."""

    path: str
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    key: str = field(default_factory=lambda: str(uuid4()))

    async def send(self, client: httpx.AsyncClient) -> Answer:
        sent = time.monotonic()
        try:
            answer = await self._post(client)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            answer = await self._post(client)  # the server closed an idle connection meanwhile
        return Answer(answer.status_code, answer.content, sent, time.monotonic())

    async def _post(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.post(
            f"/api/v1{self.path}",
            json=self.body,
            headers=self.headers | {"Idempotency-Key": self.key},
        )


@dataclass
class Hall:
    """The servers, one client a person, and everything that was asked."""

    dsn: str
    servers: list[Server]
    clients: list[httpx.AsyncClient]
    kiosks: dict[str, Machine]
    asked: list[tuple[Request, Answer]] = field(default_factory=list)

    async def ask(self, person: int, request: Request) -> Answer:
        """Send the request twice at once, through two processes: the answers are one."""
        first, second = await asyncio.gather(
            request.send(self.clients[person % CLIENTS]),
            request.send(self.clients[(person + 1) % CLIENTS]),
        )
        assert first.status == second.status, (request, first, second)
        if first.status < 400:
            assert first.body == second.body
        self.asked.append((request, first))
        return first

    async def everything_again(self) -> None:
        """What was done is answered as it was the first time, and is not done twice."""
        line = [(request, answer) for request, answer in self.asked if answer.status < 400]

        async def again(person: int) -> None:
            while line:
                request, answer = line.pop()
                repeated = await request.send(self.clients[person])
                assert (repeated.status, repeated.body) == (answer.status, answer.body), request

        await everyone(again)
        request, _ = next(one for one in reversed(self.asked) if one[1].status < 400)
        other = replace_body(request)
        refused = await other.send(self.clients[0])
        assert refused.status == 422 and refused.json["code"] == "idempotency_key_reused"


def replace_body(request: Request) -> Request:
    """Another request under the same key."""
    body = dict(request.body or {})
    body |= {"ticket": 1} if request.path.endswith("/calls") else {"services": ["tariffs"]}
    return Request(request.path, body, request.headers, request.key)


async def everyone(act: Callable[[int], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as together:
        for person in range(CLIENTS):
            together.create_task(_run(act, person))


async def _run(act: Callable[[int], Awaitable[None]], person: int) -> None:
    await act(person)


@pytest.fixture(scope="module")
async def stage(
    database_server: str, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Hall]:
    """Three server processes on one database, for all races of this file."""
    folder: Path = tmp_path_factory.mktemp("races")
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(own(database_server, f"{worker}-races"))
        await apply(hall_of_races(), MONDAY)
        kiosks = {slug: await install(MONDAY, branch=slug) for slug in (TICKETS, DESKS, CHAOS)}
        servers = await asyncio.to_thread(start_servers, 3, dsn, folder, MONDAY)
        stack.push_async_callback(asyncio.to_thread, stop_servers, servers)
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=servers[person % 3].url,
                    timeout=60,
                    limits=httpx.Limits(keepalive_expiry=2),
                )
            )
            for person in range(CLIENTS)
        ]
        yield Hall(dsn, servers, clients, kiosks)


@pytest.fixture
async def hall(stage: Hall) -> AsyncIterator[Hall]:
    """The stage with a clean record; what stands in the database afterwards is sound."""
    stage.asked.clear()
    yield stage
    assert await doctor.check(MONDAY) == []


@pytest.mark.parametrize("branch", [ONE_SEAT, SEVERAL_SEATS])
async def test_of_many_who_want_one_slot_as_many_win_as_there_are_seats(
    hall: Hall, branch: str
) -> None:
    body = {"services": ["debt-amount"], "channel": "visit"}
    starts = (await free(hall, branch))[:48:8]
    assert len(starts) == 6
    losers: list[tuple[int, list[str]]] = []
    for start in starts:
        capacity = await seats(branch, start)
        answers = await asyncio.gather(
            *(
                hall.ask(person, hold(branch, body | {"starts_at": start}))
                for person in range(CLIENTS)
            )
        )
        won = [one.json for one in answers if one.status == 201]
        lost = [one.json for one in answers if one.status != 201]
        assert len(won) == capacity
        assert {(one["starts_at"], one["state"]) for one in won} == {(start, "held")}
        assert len({one["token"] for one in won}) == capacity
        still_free = set(await free(hall, branch))
        assert start not in still_free
        for one in lost:
            assert (one["status"], one["code"]) == (409, "slot_taken")
            assert one["alternatives"] and set(one["alternatives"]) <= still_free
        losers += [
            (person, one.json["alternatives"])
            for person, one in enumerate(answers)
            if one.status == 409
        ]
    await asyncio.gather(*(take_one(hall, branch, *loser) for loser in losers))
    held = await db.fetch_value(
        "SELECT count(*) FROM appointment a JOIN branch b ON b.id = branch_id"
        " WHERE slug = $1 AND state = 'held'",
        branch,
    )
    assert held == CLIENTS * len(starts)
    await hall.everything_again()


async def free(hall: Hall, branch: str) -> list[str]:
    """The free starts of the days from tomorrow."""
    query = {"service": "debt-amount", "from": TOMORROW.isoformat(), "days": "7"}
    answer = await hall.clients[0].get(f"/api/v1/branches/{branch}/slots", params=query)
    return [start for day in answer.json()["days"] for start in day["starts"]]


async def seats(branch: str, start: str) -> int:
    """How many visits may begin at that start, all of one length."""
    directory = await reference.directory()
    place, at = directory.branch(branch), datetime.fromisoformat(start)
    visit = free_slots.visit_of(directory, ["debt-amount"], "visit")
    capacity = await free_slots.capacity_of(directory, place, at.date(), 1, MONDAY)
    return len(slots.lanes_free_at(capacity, visit, at, MONDAY))


def hold(branch: str, body: dict[str, Any]) -> Request:
    return Request(f"/branches/{branch}/appointments", body)


async def take_one(hall: Hall, branch: str, person: int, alternatives: list[str]) -> None:
    """Whoever lost takes one of the times offered, losing again as often as it must be."""
    while alternatives:
        start = random.choice(alternatives)
        body = {"services": ["debt-amount"], "channel": "visit", "starts_at": start}
        answer = await hall.ask(person, hold(branch, body))
        if answer.status == 201:
            return
        assert (answer.status, answer.json["code"]) == (409, "slot_taken")
        alternatives = answer.json["alternatives"]
    raise AssertionError("no time was left in a nearly empty week")


async def test_eight_kiosks_issue_500_tickets_without_a_double_or_a_gap(hall: Hall) -> None:
    left = iter(range(500))
    kiosk = hall.kiosks[TICKETS]

    async def issue(person: int) -> None:
        for turn in left:
            priority = "veteran" if turn % 5 == 0 else None
            body = {"services": ["debt-amount"], "priority": priority, "language": "uk"}
            answer = await hall.ask(
                person, Request(f"/branches/{TICKETS}/tickets", body, kiosk.bearer)
            )
            assert answer.status == 201, answer

    await everyone(issue)
    numbers = [answer.json["number"] for _, answer in hall.asked]
    assert len(set(numbers)) == 500
    for series, count in (("А", 400), ("П", 100)):
        given = sorted(int(one[1:]) for one in numbers if one[0] == series)
        assert given == list(range(1, count + 1))
    await hall.everything_again()
    events = await db.fetch_value(
        "SELECT count(*) FROM ticket_event JOIN branch b ON b.id = branch_id WHERE slug = $1",
        TICKETS,
    )
    assert events == 500


async def test_eight_clerks_call_200_people_once_each_in_order_and_without_an_error(
    hall: Hall,
) -> None:
    await fill(hall, 200)
    clerks = [await hire(MONDAY, f"racer{n}", branch=DESKS) for n in range(CLIENTS)]
    desks = await desks_of(hall, DESKS, clerks[0])
    for clerk, desk in zip(clerks, desks, strict=True):
        opened = await hall.clients[0].post(f"/api/v1/desks/{desk}/openings", headers=clerk.bearer)
        assert opened.status_code == 200
    queue = (
        await hall.clients[0].get(f"/api/v1/desks/{desks[0]}/queue", headers=clerks[0].bearer)
    ).json()
    place = {one["ticket"]: one["place"] for one in queue}
    assert sorted(place.values()) == list(range(1, 201))
    calls: list[tuple[int, Answer]] = []

    async def work(person: int) -> None:
        clerk, desk = clerks[person], desks[person]
        while True:
            answer = await hall.ask(person, Request(f"/desks/{desk}/calls", None, clerk.bearer))
            if answer.status == 204:
                return
            assert answer.status == 200, answer
            ticket = answer.json["id"]
            calls.append((place[ticket], answer))
            for verb in ("starts", "finishes"):
                done = await hall.ask(
                    person, Request(f"/tickets/{ticket}/{verb}", None, clerk.bearer)
                )
                assert done.status == 200, done

    await everyone(work)
    assert sorted(rank for rank, _ in calls) == list(range(1, 201))
    for rank, answer in calls:
        for earlier, other in calls:
            in_order = earlier >= rank or other.sent < answer.answered
            assert in_order, f"{rank} was called while {earlier} stood before and nobody called"
    await hall.everything_again()


async def fill(hall: Hall, people: int) -> None:
    services = ("debt-amount", "tariffs", "owner-change", "meter-readings")
    left = iter(range(people))

    async def issue(person: int) -> None:
        for turn in left:
            body = {"services": [services[turn % 4]], "priority": None if turn % 7 else "veteran"}
            request = Request(f"/branches/{DESKS}/tickets", body, hall.kiosks[DESKS].bearer)
            assert (await request.send(hall.clients[person])).status == 201

    await everyone(issue)


async def desks_of(hall: Hall, branch: str, clerk: Person) -> list[int]:
    answer = await hall.clients[0].get(f"/api/v1/branches/{branch}/desks", headers=clerk.bearer)
    return [desk["id"] for desk in answer.json()]


async def test_whatever_people_do_while_a_process_is_killed_the_database_stays_sound(
    hall: Hall,
) -> None:
    dice = random.Random(20261123)
    clerks = [await hire(MONDAY, f"chaos{n}", branch=CHAOS) for n in range(4)]
    desks = (await desks_of(hall, CHAOS, clerks[0]))[:4]
    crowd = Crowd(hall, dice, clerks, desks)
    for clerk, desk in zip(clerks, desks, strict=True):
        await crowd.say(f"/desks/{desk}/openings", clerk.bearer)

    async def live(person: int) -> None:
        for turn in range(60):
            if person == 0 and turn == 30:
                await asyncio.to_thread(hall.servers[2].kill)
            await (crowd.work(person % 4) if person < 5 else crowd.visit())

    await everyone(live)
    assert crowd.statuses.keys() <= {200, 201, 204, 403, 404, 409, 422}, crowd.statuses
    assert min(crowd.statuses[200], crowd.statuses[201]) > 20, crowd.statuses
    stuck = await db.fetch_value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    )
    assert stuck == 0


class Crowd:
    """Residents, kiosks and clerks who do anything at any time, and hang up when they like."""

    def __init__(
        self, hall: Hall, dice: random.Random, clerks: list[Person], desks: list[int]
    ) -> None:
        self.hall = hall
        self.dice = dice
        self.clerks = clerks
        self.desks = desks
        self.statuses: Counter[int] = Counter()
        self.tickets: list[int] = []
        self.links: list[str] = []
        self.codes: list[str] = []

    async def work(self, person: int) -> None:
        """A clerk's next press, sensible or not."""
        clerk, desk = self.clerks[person].bearer, self.dice.choice(self.desks)
        ticket = self.dice.choice(self.tickets[-12:] or [1])
        verb = self.dice.choice(
            ("calls", "calls", "calls", "pick", "recalls", "starts", "starts", "finishes",
             "no-shows", "parkings", "returns", "transfers", "undo", "undo", "pauses",
             "closings", "openings", "openings")
        )  # fmt: skip
        if verb == "calls":
            await self.say(f"/desks/{self.desks[person]}/calls", clerk)
        elif verb == "pick":
            await self.say(f"/desks/{self.desks[person]}/calls", clerk, {"ticket": ticket})
        elif verb in ("pauses", "closings", "openings"):
            await self.say(f"/desks/{desk}/{verb}", clerk)
        elif verb == "transfers":
            elsewhere = {"desk": desk} if self.dice.random() < 0.5 else {"services": ["tariffs"]}
            await self.say(f"/tickets/{ticket}/transfers", clerk, elsewhere)
        else:
            await self.say(f"/tickets/{ticket}/{verb}", clerk)

    async def visit(self) -> None:
        """A resident or a kiosk."""
        act = self.dice.choice((self.book, self.book, self.change, self.walk_in, self.check_in))
        await act()

    async def book(self) -> None:
        soon = MONDAY + timedelta(minutes=self.dice.choice(range(40, 240, 10)))
        held = await self.say(
            f"/branches/{CHAOS}/appointments",
            {},
            {"services": ["owner-change"], "starts_at": soon.isoformat(), "channel": "visit"},
        )
        if held:
            contact = {"name": "Олена", "phone": f"+38067{self.dice.randrange(10**7):07}"}
            booked = await self.say(f"/appointments/{held['token']}/confirmation", {}, contact)
            if booked:
                self.links.append(booked["token"])
                self.codes.append(booked["code"])

    async def change(self) -> None:
        link = self.dice.choice(self.links or ["1-0123456789abcdef"])
        if self.dice.random() < 0.3:
            await self.say(f"/appointments/{link}/cancellation", {})
        else:
            later = MONDAY + timedelta(minutes=self.dice.choice(range(40, 240, 10)))
            await self.say(
                f"/appointments/{link}/reschedulings", {}, {"starts_at": later.isoformat()}
            )

    async def walk_in(self) -> None:
        kiosk = self.hall.kiosks[CHAOS].bearer
        service = self.dice.choice(("tariffs", "debt-amount"))
        issued = await self.say(f"/branches/{CHAOS}/tickets", kiosk, {"services": [service]})
        await self.note(issued)

    async def check_in(self) -> None:
        kiosk = self.hall.kiosks[CHAOS].bearer
        code = self.dice.choice(self.codes or ["000000"])
        await self.note(await self.say(f"/branches/{CHAOS}/check-ins", kiosk, {"code": code}))

    async def note(self, issued: Any) -> None:
        if issued:
            self.tickets.append(issued["id"])
            if self.dice.random() < 0.1:
                await self.say(f"/tickets/{issued['token']}/leavings", {})

    async def say(self, path: str, who: dict[str, str], body: dict[str, Any] | None = None) -> Any:
        """Ask any process; some hang up early, and ask again with the same key."""
        request = Request(path, body, who)
        if self.dice.random() < 0.15:
            asking = asyncio.create_task(request.send(self.dice.choice(self.hall.clients)))
            await asyncio.wait({asking}, timeout=self.dice.random() / 100)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        for _ in range(30):
            try:
                answer = await request.send(self.dice.choice(self.hall.clients))
            except httpx.TransportError:
                continue
            self.statuses[answer.status] += 1
            assert answer.status < 500, (request, answer)
            return answer.json if answer.status in (200, 201) else None
        raise AssertionError("no process answers any more")
