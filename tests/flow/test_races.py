"""What many people do at the same moment, over HTTP, against several server processes."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from queue_app.domain import slots
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.flow.supervising import limit_tickets
from queue_app.queries import doctor, reference
from queue_app.queries import slots as free_slots
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.crowd import Crowd
from tests.flow.racing import (
    CHAOS,
    CLIENTS,
    DESKS,
    ONE_SEAT,
    SEVERAL_SEATS,
    TICKETS,
    TOMORROW,
    Answer,
    Hall,
    Request,
    everyone,
    hall_of_races,
)
from tests.flow.stage import own
from tests.support.people import PASSWORD, Machine, Person, hire, install
from tests.support.server import start_servers, stop_servers
from tests.support.waiting import SOON

pytestmark = pytest.mark.server
ATTEMPTS = 100
READERS = 20


@pytest.fixture(scope="module")
async def stage(
    database_server: str, worker: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Hall]:
    """Three server processes on one database, for all races of this file."""
    folder: Path = tmp_path_factory.mktemp("races")
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(own(database_server, f"{worker}-races"))
        await apply(By(OPERATOR, MONDAY), hall_of_races())
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
        still_free = set(await free(hall, branch, MONDAY.date()))
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


async def free(hall: Hall, branch: str, first: date = TOMORROW) -> list[str]:
    """The free starts of the days from tomorrow, or from another day on."""
    query = {"service": "debt-amount", "from": first.isoformat(), "days": "7"}
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
    for _ in range(ATTEMPTS):
        if not alternatives:
            break
        start = random.choice(alternatives)
        body = {"services": ["debt-amount"], "channel": "visit", "starts_at": start}
        answer = await hall.ask(person, hold(branch, body))
        if answer.status == 201:
            return
        assert (answer.status, answer.json["code"]) == (409, "slot_taken")
        alternatives = answer.json["alternatives"]
    raise AssertionError("no time was left in a nearly empty week, or none could be had")


@pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.slow)])
async def test_eight_kiosks_issue_tickets_without_a_double_or_a_gap(hall: Hall, count: int) -> None:
    left = iter(range(count))
    kiosk = hall.kiosks[TICKETS]
    before = await given_in(TICKETS)

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
    assert len(set(numbers)) == count
    for series, many in (("А", count * 4 // 5), ("П", count // 5)):
        given = sorted(int(one[1:]) for one in numbers if one[0] == series)
        first = before.get(series, 0) + 1
        assert given == list(range(first, first + many))
    await hall.everything_again()
    events = await db.fetch_value(
        "SELECT count(*) FROM ticket_event JOIN branch b ON b.id = branch_id WHERE slug = $1",
        TICKETS,
    )
    assert events == sum(before.values()) + count


async def given_in(branch: str) -> dict[str, int]:
    """How many tickets of each series the branch has given."""
    rows = await db.fetch(
        "SELECT prefix, last FROM counter JOIN branch b ON b.id = branch_id WHERE slug = $1", branch
    )
    return {row["prefix"]: row["last"] for row in rows}


@pytest.mark.parametrize("people", [30, pytest.param(200, marks=pytest.mark.slow)])
async def test_eight_clerks_call_everybody_once_in_order_and_without_an_error(
    hall: Hall, people: int
) -> None:
    await fill(hall, people)
    clerks = [await hire(MONDAY, f"racer{people}-{n}", branch=DESKS) for n in range(CLIENTS)]
    desks = await desks_of(hall, DESKS, clerks[0])
    await every_desk(hall, "openings", desks, clerks)
    queue = (
        await hall.clients[0].get(f"/api/v1/desks/{desks[0]}/queue", headers=clerks[0].bearer)
    ).json()
    place = {one["ticket"]: one["place"] for one in queue}
    assert sorted(place.values()) == list(range(1, people + 1))
    calls: list[tuple[int, Answer]] = []

    async def work(person: int) -> None:
        clerk, desk = clerks[person], desks[person]
        while len(calls) <= people:
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
        raise AssertionError("more people were called than there are")

    await everyone(work)
    assert sorted(rank for rank, _ in calls) == list(range(1, people + 1))
    for rank, answer in calls:
        for earlier, other in calls:
            in_order = earlier >= rank or other.sent < answer.answered
            assert in_order, f"{rank} was called while {earlier} stood before and nobody called"
    await hall.everything_again()
    await every_desk(hall, "closings", desks, clerks)


async def every_desk(hall: Hall, verb: str, desks: list[int], clerks: list[Person]) -> None:
    for clerk, desk in zip(clerks, desks, strict=True):
        done = await keyless(hall, 0, f"/desks/{desk}/{verb}", clerk)
        assert done.status_code < 300, done.text


async def keyless(
    hall: Hall, person: int, path: str, who: Person | Machine, body: object = None
) -> httpx.Response:
    return await hall.clients[person].post(f"/api/v1{path}", json=body, headers=who.bearer)


@pytest.mark.parametrize("verb", ["starts", "no-shows", "parkings"])
async def test_of_eight_who_say_the_same_without_a_key_one_is_heard(hall: Hall, verb: str) -> None:
    """Each is one statement, before which nothing is locked; a key would begin a transaction."""
    clerks = [await hire(MONDAY, f"{verb}-{n}", branch=DESKS) for n in range(CLIENTS)]
    desks, kiosk = await desks_of(hall, DESKS, clerks[0]), hall.kiosks[DESKS]
    await every_desk(hall, "openings", desks, clerks)
    walk_in = f"/branches/{DESKS}/tickets", kiosk, {"services": ["debt-amount"]}
    issued = await asyncio.gather(*(keyless(hall, n, *walk_in) for n in range(CLIENTS)))
    assert len({one.json()["number"] for one in issued}) == CLIENTS
    for clerk, desk, one in zip(clerks, desks, issued, strict=True):
        ticket = one.json()["id"]
        called = await keyless(hall, 0, f"/desks/{desk}/calls", clerk, {"ticket": ticket})
        assert called.status_code == 200, called.text
        said = f"/tickets/{ticket}/{verb}", clerk
        answers = await asyncio.gather(*(keyless(hall, n, *said) for n in range(CLIENTS)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200] + [409] * (CLIENTS - 1), [answer.text for answer in answers]
        if verb == "starts":
            assert (await keyless(hall, 0, f"/tickets/{ticket}/finishes", clerk)).is_success
        elif verb == "parkings":
            assert (await keyless(hall, 0, f"/tickets/{ticket}/returns", clerk)).is_success
    await every_desk(hall, "closings", desks, clerks)


async def test_of_a_limit_no_more_are_given_by_three_processes_without_keys(hall: Hall) -> None:
    boss = await accounts.add_staff(By(OPERATOR, MONDAY), "limit", "supervisor", DESKS, PASSWORD)
    walk_in = f"/branches/{DESKS}/tickets", hall.kiosks[DESKS], {"services": ["debt-amount"]}
    for limit in (1, 1, 2, 5):
        await limit_tickets(By(boss, MONDAY), DESKS, "debt-amount", limit)
        answers = await asyncio.gather(
            *(keyless(hall, n % CLIENTS, *walk_in) for n in range(2 * CLIENTS))
        )
        refused = [one.json()["code"] for one in answers if one.status_code != 201]
        assert refused == ["tickets_ended"] * (2 * CLIENTS - limit)
    await limit_tickets(By(boss, MONDAY), DESKS, "debt-amount", None)


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


async def in_the_middle() -> int:
    """How many transactions of this database are open while nobody works on them."""
    count: int = await db.fetch_value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    )
    return count


@pytest.mark.slow
async def test_whatever_people_do_while_a_process_is_killed_the_database_stays_sound(
    hall: Hall,
) -> None:
    dice = random.Random(20261123)
    clerks = [await hire(MONDAY, f"chaos{n}", branch=CHAOS) for n in range(4)]
    desks = (await desks_of(hall, CHAOS, clerks[0]))[:4]
    readers = [await install(MONDAY, branch=CHAOS, name=f"reader {n}") for n in range(READERS)]
    crowd = Crowd(hall, dice, clerks, desks, readers)
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
    async with asyncio.timeout(SOON):  # the servers' jobs go on, so one look may meet one of them
        while await in_the_middle():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
