"""API v1 to the letter of its description: statuses, shapes, rights, refusals."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.queries import doctor
from tests.conftest import MONDAY
from tests.support.application import alive, build, speaking_to
from tests.support.database import empty
from tests.support.people import BRANCH, PASSWORD, Machine, Person, hire, install

API = "/api/v1"
HERE = f"{API}/branches/{BRANCH}"
ELSEWHERE = "darnytskyi"
TUESDAY = "2026-11-24T10:00:00+02:00"
SERVICE = "debt-amount"
CONTACT = {"name": "Олена Мельник", "phone": "067 123 45 67"}


@dataclass
class Centre:
    """A client, and everyone who may ask through it. Desk 1 is `clerk`'s and open."""

    client: httpx.AsyncClient
    clock: FixedClock
    clerk: Person
    other_clerk: Person
    supervisor: Person
    stranger: Person
    kiosk: Machine
    board: Machine
    far_kiosk: Machine
    desk: int

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(API + path, **options)

    async def post(
        self, path: str, body: Any = None, who: Person | Machine | None = None, **headers: str
    ) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(
            API + path,
            content=b"" if body is None else json.dumps(body).encode(),
            headers=(who.bearer if who else {}) | {"Content-Type": "application/json"} | named,
        )

    async def held(self, starts_at: str = TUESDAY) -> Any:
        body = {"services": [SERVICE], "starts_at": starts_at, "channel": "visit"}
        return done(await self.post(f"/branches/{BRANCH}/appointments", body), 201)

    async def booked(self, starts_at: str = TUESDAY) -> Any:
        held = await self.held(starts_at)
        return done(await self.post(f"/appointments/{held['token']}/confirmation", CONTACT))

    async def ticket(self, **more: Any) -> Any:
        body = {"services": [SERVICE]} | more
        return done(await self.post(f"/branches/{BRANCH}/tickets", body, self.kiosk), 201)

    async def called(self) -> Any:
        await self.ticket()
        return done(await self.post(f"/desks/{self.desk}/calls", None, self.clerk))

    async def say(self, verb: str, ticket: int, body: Any = None) -> httpx.Response:
        return await self.post(f"/tickets/{ticket}/{verb}", body, self.clerk)


def done(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer.json()


def refused(answer: httpx.Response, status: int, code: str | None = None) -> Any:
    """A problem of RFC 9457 with a stable code and sentences."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["title"] and problem["detail"]
    assert problem["type"] == f"urn:queue-app:problem:{problem['code']}"
    if code:
        assert problem["code"] == code
    return problem


@pytest.fixture(scope="module")
async def served(
    dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Litestar, FixedClock]]:
    """One application for all tests of this file, on the worker's database, and its clock."""
    clock = FixedClock()
    async with alive(build(dsn, tmp_path_factory.mktemp("api"), clock)) as app:
        yield app, clock


@pytest.fixture
async def centre(dsn: str, served: tuple[Litestar, FixedClock]) -> AsyncIterator[Centre]:
    """A centre in which nothing has happened yet; what the test leaves in it is sound."""
    app, clock = served
    clock.set(MONDAY)
    await empty(dsn)
    now = clock.now()
    async with speaking_to(app) as client:
        clerk = await hire(now)
        desks = await client.get(f"{HERE}/desks", headers=clerk.bearer)
        first = desks.json()[0]["id"]
        await client.post(f"{API}/desks/{first}/openings", headers=clerk.bearer)
        yield Centre(
            client=client,
            clock=clock,
            clerk=clerk,
            other_clerk=await hire(now, "clerk2"),
            supervisor=await hire(now, "supervisor1", "supervisor"),
            stranger=await hire(now, "clerk9", branch=ELSEWHERE),
            kiosk=await install(now),
            board=await install(now, "board"),
            far_kiosk=await install(now, branch=ELSEWHERE),
            desk=first,
        )
    assert await doctor.check(clock.now()) == []


async def test_the_catalogue_has_every_service_with_its_published_time(centre: Centre) -> None:
    groups = done(await centre.get("/catalogue"))["groups"]
    services = [service for group in groups for service in group["services"]]
    assert (len(groups), len(services)) == (8, 34)
    for service in services:
        assert {"code", "title", "duration", "channels", "documents"} <= service.keys()
        assert service["title"].keys() == {"uk", "en"}
        assert service["duration"].keys() == {"min_minutes", "max_minutes"}
        assert set(service["channels"]) <= {"visit", "phone", "site"}
    lengths = {service["code"]: tuple(service["duration"].values()) for service in services}
    assert lengths["tariffs"] == (7, 7)
    assert lengths["missing-discount"] == (5, 7)
    assert lengths["account-opening"] == (10, None)


async def test_every_branch_says_when_it_is_open(centre: Centre) -> None:
    branches = done(await centre.get("/branches"))
    assert len(branches) == 10
    here = next(one for one in branches if one["slug"] == BRANCH)
    assert here["kiosk"] == "open" and here["timezone"] == "Europe/Kyiv"
    assert here["hours"]["fri"] == [{"opens": "09:00", "closes": "16:30"}]


async def test_slots_come_day_by_day_with_the_local_offset(centre: Centre) -> None:
    query = {"service": SERVICE, "from": "2026-11-24", "days": 31, "channel": "visit"}
    days = done(await centre.get(f"/branches/{BRANCH}/slots", params=query))["days"]
    dates = [datetime.fromisoformat(day["date"]) for day in days]
    assert [later - dates[0] for later in dates] == [timedelta(days=n) for n in range(31)]
    assert days[0]["date"] == "2026-11-24" and TUESDAY in days[0]["starts"]
    assert all(start.startswith(day["date"]) for day in days for start in day["starts"])
    assert days[4]["starts"] == [] and days[-1]["starts"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "unreadable"),
        ("service=tariffs&from=tomorrow", 400, "unreadable"),
        ("service=tariffs&from=2026-02-30", 400, "unreadable"),
        ("service=tariffs&days=0", 400, "unreadable"),
        ("service=tariffs&days=63", 400, "unreadable"),
        ("service=tariffs&channel=fax", 400, "unreadable"),
        ("service=tariffs&from=0001-01-01", 422, "no_such_time"),
        ("service=tariffs&from=9999-12-31", 422, "no_such_time"),
        ("service=no-such", 422, "unknown_service"),
        ("service=%00", 422, "unknown_service"),
        ("&".join(f"service={n}" for n in range(21)), 400, "unreadable"),
    ],
)
async def test_slots_of_nonsense_are_refused(
    centre: Centre, query: str, status: int, code: str
) -> None:
    refused(await centre.get(f"/branches/{BRANCH}/slots?{query}"), status, code)


async def test_a_service_named_twice_is_one_and_six_are_too_many(centre: Centre) -> None:
    once = done(await centre.get(f"/branches/{BRANCH}/slots?service=tariffs"))
    twice = done(await centre.get(f"/branches/{BRANCH}/slots?service=tariffs&service=tariffs"))
    assert once == twice
    catalogue = done(await centre.get("/catalogue"))["groups"]
    codes = [service["code"] for group in catalogue for service in group["services"]][:6]
    many = "&".join(f"service={code}" for code in codes)
    refused(await centre.get(f"/branches/{BRANCH}/slots?{many}"), 422, "too_many_services")


async def test_an_appointment_is_held_booked_moved_and_cancelled(centre: Centre) -> None:
    held = await centre.held()
    assert held["state"] == "held" and held["starts_at"] == TUESDAY
    assert len(held["code"]) == 6 and held["code"].isdigit()
    until = datetime.fromisoformat(held["held_until"])
    assert until - centre.clock.now() == timedelta(minutes=10)
    link = f"/appointments/{held['token']}"
    booked = done(await centre.post(f"{link}/confirmation", CONTACT | {"email": "o@example.com"}))
    assert (booked["state"], booked["held_until"], booked["code"]) == ("booked", None, held["code"])
    assert "067" not in json.dumps(booked)
    assert done(await centre.post(f"{link}/confirmation", CONTACT)) == booked
    later = "2026-11-24T11:30:00+02:00"
    moved = done(await centre.post(f"{link}/reschedulings", {"starts_at": later}))
    assert (moved["starts_at"], moved["state"]) == (later, "booked")
    assert done(await centre.get(link)) == moved
    cancelled = done(await centre.post(f"{link}/cancellation"))
    assert cancelled["state"] == "cancelled"
    assert done(await centre.post(f"{link}/cancellation")) == cancelled
    refused(
        await centre.post(f"{link}/reschedulings", {"starts_at": TUESDAY}), 409, "appointment_state"
    )
    refused(await centre.post(f"{link}/confirmation", CONTACT), 409, "appointment_state")


async def test_a_hold_that_ran_out_is_expired_and_cannot_be_confirmed(centre: Centre) -> None:
    held = await centre.held()
    centre.clock.advance(minutes=10)
    assert done(await centre.get(f"/appointments/{held['token']}"))["state"] == "expired"
    answer = await centre.post(f"/appointments/{held['token']}/confirmation", CONTACT)
    refused(answer, 409, "hold_expired")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"services": []}, 422, "no_service"),
        ({"services": ["no-such"]}, 422, "unknown_service"),
        ({"services": ["tariffs\0"]}, 422, "unknown_service"),
        ({"services": [f"s{n}" for n in range(21)]}, 400, "unreadable"),
        ({"services": "tariffs"}, 400, "unreadable"),
        ({"services": None}, 400, "unreadable"),
        ({"starts_at": "soon"}, 400, "unreadable"),
        ({"starts_at": "2026-11-24T10:00:00"}, 422, "no_such_time"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, 422, "no_such_time"),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, 422, "no_such_time"),
        ({"starts_at": "2026-11-24T03:00:00+02:00"}, 409, "slot_taken"),
        ({"starts_at": "2026-11-24T10:03:00+02:00"}, 409, "slot_taken"),
        ({"starts_at": "2026-11-24T10:00:00.5+02:00"}, 409, "slot_taken"),
        ({"channel": "site"}, 422, "not_by_visit"),
        ({"channel": "phone", "services": ["owner-change"]}, 422, "not_by_phone"),
        ({"channel": "fax"}, 400, "unreadable"),
    ],
)
async def test_what_cannot_be_held_is_refused_with_the_reason(
    centre: Centre, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"services": [SERVICE], "starts_at": TUESDAY, "channel": "visit"} | change
    problem = refused(await centre.post(f"/branches/{BRANCH}/appointments", body), status, code)
    if code == "slot_taken":
        assert problem["alternatives"]


@pytest.mark.parametrize(
    ("contact", "status", "fields"),
    [
        ({"name": "", "phone": "0671234567"}, 422, {"name": "name_missing"}),
        ({"name": "\0\u202e", "phone": "0671234567"}, 422, {"name": "name_missing"}),
        ({"name": "а" * 121, "phone": "0671234567"}, 422, {"name": "name_too_long"}),
        ({"name": "Ян"}, 422, {"phone": "contact_missing"}),
        ({"name": "Ян", "phone": "12"}, 422, {"phone": "phone_invalid"}),
        ({"name": "Ян", "phone": "\0"}, 422, {"phone": "phone_invalid"}),
        ({"name": "Ян", "email": "a\0@b.ua"}, 422, {"email": "email_invalid"}),
        ({"name": "а" * 201, "phone": "0671234567"}, 400, None),
        ({"phone": "0671234567"}, 400, None),
        ({"name": "Ян", "phone": "0671234567", "language": "de"}, 400, None),
        ({"name": ["Ян"], "phone": "0671234567"}, 400, None),
    ],
)
async def test_a_contact_that_cannot_be_used_says_which_field(
    centre: Centre, contact: dict[str, Any], status: int, fields: dict[str, str] | None
) -> None:
    held = await centre.held()
    problem = refused(
        await centre.post(f"/appointments/{held['token']}/confirmation", contact), status
    )
    if fields:
        assert (problem["code"], problem["fields"]) == ("bad_contact", fields)


async def test_signs_that_nobody_sees_do_not_get_into_a_name(centre: Centre) -> None:
    held = await centre.held()
    contact = CONTACT | {"name": "Олена\0 \n Мельник\u202e"}
    answer = await centre.post(f"/appointments/{held['token']}/confirmation", contact)
    assert done(answer)["name"] == "Олена Мельник"


async def test_one_contact_has_four_bookings_to_come(centre: Centre) -> None:
    for hour in (9, 10, 11, 12):
        await centre.booked(f"2026-11-24T{hour:02}:00:00+02:00")
    held = await centre.held("2026-11-25T10:00:00+02:00")
    answer = await centre.post(f"/appointments/{held['token']}/confirmation", CONTACT)
    refused(answer, 422, "too_many_bookings")


async def test_a_kiosk_gives_a_ticket_that_the_phone_and_the_board_show(centre: Centre) -> None:
    ticket = await centre.ticket()
    assert {"id", "number", "token", "people_ahead", "wait"} <= ticket.keys()
    assert (ticket["number"], ticket["people_ahead"]) == ("А1", 0)
    assert ticket["wait"].keys() >= {"low_minutes", "high_minutes"}
    assert (await centre.ticket(priority="veteran"))["number"] == "П1"
    phone = done(await centre.get(f"/tickets/{ticket['token']}"))
    assert (phone["state"], phone["people_ahead"]) == ("waiting", 1)
    assert phone["wait"]["low_minutes"] <= phone["wait"]["high_minutes"]
    done(await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk))
    board = done(await centre.get(f"/branches/{BRANCH}/board"))
    assert {"version", "called", "waiting"} <= board.keys() and board["waiting"] == 1
    [call] = board["called"]
    assert {"ticket", "number", "desk", "state", "called_at"} <= call.keys()
    assert (call["number"], call["desk"], call["state"]) == ("П1", "1", "called")


async def test_a_booked_visitor_checks_in_once_with_the_code(centre: Centre) -> None:
    booked = await centre.booked("2026-11-23T11:00:00+02:00")
    path = f"/branches/{BRANCH}/check-ins"
    ticket = done(await centre.post(path, {"code": booked["code"]}, centre.kiosk), 201)
    assert ticket["number"] == "К1" and ticket["state"] == "waiting"
    spaced = f" {booked['code'][:3]}-{booked['code'][3:]} "
    again = done(await centre.post(path, {"code": spaced}, centre.kiosk), 201)
    assert again["id"] == ticket["id"]
    refused(
        await centre.post(f"/appointments/{booked['token']}/cancellation"),
        409,
        "already_checked_in",
    )
    for code in ("", "\0", "000000x", "²²²²²²", "٣٣٣٣٣٣"):
        refused(await centre.post(path, {"code": code}, centre.kiosk), 404, "unknown_code")
    tomorrow = await centre.booked()
    refused(await centre.post(path, {"code": tomorrow["code"]}, centre.kiosk), 422, "other_day")
    there = f"/branches/{ELSEWHERE}/check-ins"
    answer = await centre.post(there, {"code": tomorrow["code"]}, centre.far_kiosk)
    assert refused(answer, 422, "other_branch_booking")["branch"] == BRANCH


async def test_a_walk_in_is_refused_for_what_no_desk_gives_together(centre: Centre) -> None:
    path = f"/branches/{BRANCH}/tickets"
    together = {"services": ["tariffs", "owner-change", "debt-restructuring"]}
    refused(await centre.post(path, together, centre.kiosk), 422, "nobody_serves")
    strange = {"services": [SERVICE], "priority": "duke"}
    refused(await centre.post(path, strange, centre.kiosk), 422, "unknown_priority")
    centre.clock.advance(hours=7.6)
    body = {"services": [SERVICE]}
    refused(await centre.post(path, body, centre.kiosk), 422, "past_last_ticket")
    centre.clock.advance(hours=3)
    refused(await centre.post(path, body, centre.kiosk), 422, "branch_closed")


async def test_a_clerk_does_everything_at_a_desk_and_takes_it_back(centre: Centre) -> None:
    ticket = (await centre.called())["id"]
    for verb, state in (
        ("recalls", "called"),
        ("starts", "serving"),
        ("parkings", "parked"),
        ("returns", "waiting"),
        ("undo", "parked"),
        ("undo", "serving"),
        ("finishes", "finished"),
        ("undo", "serving"),
        ("undo", "called"),
        ("no-shows", "no_show"),
        ("returns", "waiting"),
    ):
        after = done(await centre.say(verb, ticket))
        assert (verb, after["state"]) == (verb, state)
    again = done(await centre.post(f"/desks/{centre.desk}/calls", {"ticket": ticket}, centre.clerk))
    assert (again["id"], again["desk"], again["state"]) == (ticket, "1", "called")
    moved = done(await centre.say("transfers", ticket, {"services": ["tariff-dispute"]}))
    assert (moved["state"], moved["services"]) == ("waiting", ["tariff-dispute"])
    answer = await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk)
    assert answer.status_code == 204 and answer.content == b""
    refused(await centre.say("finishes", ticket), 409, "ticket_state")
    refused(await centre.say("recalls", 999_999), 404, "unknown_ticket")


async def test_a_transfer_needs_somewhere_to_go(centre: Centre) -> None:
    ticket = (await centre.called())["id"]
    refused(await centre.say("transfers", ticket, {}), 422, "transfer_nowhere")
    refused(await centre.say("transfers", ticket, {"desk": 2**70}), 404, "unknown_desk")
    refused(await centre.say("transfers", ticket, {"services": ["x"]}), 422, "unknown_service")
    refused(await centre.say("transfers", ticket), 400)


async def test_a_desk_is_taken_paused_and_left(centre: Centre) -> None:
    desks = done(await centre.get(f"/branches/{BRANCH}/desks", headers=centre.clerk.bearer))
    assert {"id", "number", "services", "state"} <= desks[0].keys()
    assert (desks[0]["state"], desks[0]["mine"], desks[1]["state"]) == ("open", True, "closed")
    here = f"/desks/{centre.desk}"
    refused(await centre.post(f"{here}/openings", None, centre.other_clerk), 409, "desk_taken")
    refused(await centre.post(f"{here}/calls", None, centre.other_clerk), 403, "not_your_desk")
    for _ in "twice":
        paused = done(await centre.post(f"{here}/pauses", {"reason": "чай\0"}, centre.clerk))
        assert paused["state"] == "paused"
    refused(await centre.post(f"{here}/calls", None, centre.clerk), 409, "desk_not_open")
    assert done(await centre.post(f"{here}/openings", None, centre.clerk))["state"] == "open"
    ticket = await centre.called()
    busy = refused(await centre.post(f"{here}/closings", None, centre.clerk), 409, "desk_busy")
    assert busy["ticket"] == ticket["id"]
    refused(await centre.post(f"{here}/calls", None, centre.clerk), 409, "desk_busy")
    done(await centre.say("no-shows", ticket["id"]))
    for _ in "twice":
        assert done(await centre.post(f"{here}/closings", None, centre.clerk))["state"] == "closed"


async def test_the_queue_gives_each_person_a_place_and_a_reason(centre: Centre) -> None:
    for priority in (None, None, "veteran"):
        await centre.ticket(priority=priority)
    queue = done(await centre.get(f"/desks/{centre.desk}/queue", headers=centre.clerk.bearer))
    assert [one["number"] for one in queue] == ["П1", "А1", "А2"]
    assert [one["place"] for one in queue] == [1, 2, 3]
    assert queue[0]["reason_code"] == "priority" and queue[1]["reason_code"] == "waiting_longest"
    assert all(one["reason"]["uk"] and one["reason"]["en"] for one in queue)


async def test_an_alert_stops_calls_and_tickets_until_the_stated_moment(centre: Centre) -> None:
    await centre.ticket()
    where = f"/branches/{BRANCH}/interruptions"
    begun = done(await centre.post(where, {"kind": "alert", "services": None}, centre.clerk), 201)
    assert begun["started_at"] and begun["resumes_at"] is None
    problem = refused(
        await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk), 409, "hall_paused"
    )
    assert (problem["kind"], problem["resumes_at"]) == ("alert", None)
    body = {"services": [SERVICE]}
    problem = refused(
        await centre.post(f"/branches/{BRANCH}/tickets", body, centre.kiosk), 422, "services_paused"
    )
    assert problem.keys() >= {"kind", "shelter"}
    assert done(await centre.get(f"/branches/{BRANCH}/board"))["interruption"]["kind"] == "alert"
    assert done(await centre.get(where, headers=centre.clerk.bearer)) == [begun]

    over = done(
        await centre.post(
            f"/interruptions/{begun['id']}/resumption", {"after_minutes": 10}, centre.clerk
        )
    )
    resumes_at = datetime.fromisoformat(over["resumes_at"])
    assert resumes_at == MONDAY + timedelta(minutes=10)
    given = done(await centre.post(f"/branches/{BRANCH}/tickets", body, centre.kiosk), 201)
    assert given["wait"]["low_minutes"] >= 10
    refused(await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk), 409)
    centre.clock.set(resumes_at)
    assert done(await centre.get(where, headers=centre.clerk.bearer)) == []
    assert done(await centre.post(f"/desks/{centre.desk}/calls", None, centre.clerk))["number"]


async def test_one_press_sent_twice_is_one_interruption(centre: Centre) -> None:
    where, key = f"/branches/{BRANCH}/interruptions", str(uuid4())
    body = {"kind": "registry", "services": [SERVICE], "note": "ЄДР"}
    sent = [await centre.post(where, body, centre.clerk, Idempotency_Key=key) for _ in range(2)]
    assert done(sent[0], 201) == done(sent[1], 201)
    assert sent[0].json()["note"] == "ЄДР"
    other = done(await centre.post(where, {"kind": "power"}, centre.supervisor), 201)
    problem = refused(
        await centre.post(where, {"kind": "alert"}, centre.clerk), 409, "already_interrupted"
    )
    assert problem["interruption"] == other["id"]


async def test_only_staff_of_the_branch_stop_it_and_only_as_described(centre: Centre) -> None:
    where = f"/branches/{BRANCH}/interruptions"
    refused(await centre.post(where, {"kind": "alert"}), 401)
    refused(await centre.post(where, {"kind": "alert"}, centre.kiosk), 401)
    refused(await centre.post(where, {"kind": "alert"}, centre.stranger), 403, "other_branch")
    refused(await centre.get(where, headers=centre.stranger.bearer), 403, "other_branch")
    refused(await centre.post(where, {"kind": "flood"}, centre.clerk), 400)
    refused(await centre.post(where, {"kind": "registry", "services": []}, centre.clerk), 422)
    begun = done(await centre.post(where, {"kind": "alert"}, centre.clerk), 201)
    over = f"/interruptions/{begun['id']}/resumption"
    refused(await centre.post(over, None, centre.stranger), 403, "other_branch")
    refused(await centre.post(over, {"after_minutes": -1}, centre.clerk), 422, "bad_delay")
    refused(
        await centre.post(f"/interruptions/{begun['id'] + 9}/resumption", None, centre.clerk),
        404,
        "unknown_interruption",
    )
    usual = done(await centre.post(over, None, centre.clerk))
    assert datetime.fromisoformat(usual["resumes_at"]) == MONDAY + timedelta(minutes=10)


async def test_a_session_opens_with_the_right_password_only_and_closes(centre: Centre) -> None:
    right = {"login": "clerk1", "password": PASSWORD}
    session = done(await centre.post("/sessions", right), 201)
    assert (session["role"], session["branch"]) == ("clerk", BRANCH)
    bearer = {"Authorization": f"Bearer {session['token']}"}
    assert (await centre.get(f"/branches/{BRANCH}/desks", headers=bearer)).status_code == 200
    gone = await centre.client.delete(f"{API}/sessions/current", headers=bearer)
    assert gone.status_code == 204
    refused(await centre.get(f"/branches/{BRANCH}/desks", headers=bearer), 401, "not_signed_in")
    for wrong in ({"password": "wrong"}, {"login": "nobody"}, {"login": "\0"}, {"password": "\0"}):
        answer = await centre.post("/sessions", right | wrong)
        refused(answer, 401, "wrong_password")
        assert answer.headers["www-authenticate"] == "Bearer"
    refused(await centre.post("/sessions", {"login": "clerk1"}), 400)
    centre.clock.advance(hours=15)
    late = await centre.get(f"/branches/{BRANCH}/desks", headers=centre.clerk.bearer)
    refused(late, 401, "not_signed_in")


KIOSK_POSTS = [
    (f"/branches/{BRANCH}/tickets", {"services": [SERVICE]}),
    (f"/branches/{BRANCH}/check-ins", {"code": "123456"}),
]


@pytest.mark.parametrize(("path", "body"), KIOSK_POSTS)
async def test_only_a_kiosk_of_the_branch_gives_tickets(
    centre: Centre, path: str, body: dict[str, Any]
) -> None:
    refused(await centre.post(path, body), 401, "not_a_device")
    refused(await centre.post(path, body, Machine("", "made up")), 401, "not_a_device")
    refused(await centre.post(path, body, centre.clerk), 401, "not_a_device")
    refused(await centre.post(path, body, centre.board), 403, "not_a_kiosk")
    refused(await centre.post(path, body, centre.far_kiosk), 403, "other_branch")


def staff_requests(desk: int, ticket: int) -> Iterator[tuple[str, str, Any]]:
    yield "GET", f"/branches/{BRANCH}/desks", None
    yield "GET", f"/desks/{desk}/queue", None
    for name in ("openings", "pauses", "closings", "calls"):
        yield "POST", f"/desks/{desk}/{name}", None
    for name in ("recalls", "starts", "finishes", "no-shows", "parkings", "returns", "undo"):
        yield "POST", f"/tickets/{ticket}/{name}", None
    yield "POST", f"/tickets/{ticket}/transfers", {"services": ["tariffs"]}


async def test_staff_of_the_branch_alone_work_there(centre: Centre) -> None:
    ticket = (await centre.called())["id"]
    for method, path, body in staff_requests(centre.desk, ticket):
        for who, status in (
            ({}, 401),
            ({"Authorization": "Bearer made-up"}, 401),
            ({"Authorization": "Basic Y2xlcms6"}, 401),
            (centre.kiosk.bearer, 401),
            (centre.stranger.bearer, 403),
        ):
            answer = await centre.client.request(method, API + path, json=body, headers=who)
            refused(answer, status)
    still = done(await centre.get(f"/branches/{BRANCH}/board"))["called"]
    assert [one["ticket"] for one in still] == [ticket]


async def test_a_colleague_may_not_act_for_a_desk_but_a_supervisor_may(centre: Centre) -> None:
    ticket = (await centre.called())["id"]
    for verb in ("recalls", "starts", "no-shows", "parkings", "undo"):
        answer = await centre.post(f"/tickets/{ticket}/{verb}", None, centre.other_clerk)
        refused(answer, 403, "not_your_desk")
    done(await centre.post(f"/tickets/{ticket}/starts", None, centre.supervisor))


async def test_a_cookie_counts_for_our_own_pages_only(centre: Centre) -> None:
    centre.client.cookies.set("session", centre.clerk.token)
    path = f"/desks/{centre.desk}/pauses"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ):
        refused(await centre.post(path, {}, None, **headers), 403, "other_origin")
    done(await centre.post(path, {}, None, Origin="http://testserver"))
    done(await centre.get(f"/branches/{BRANCH}/desks", headers={"Origin": "https://evil.example"}))


async def test_a_repeated_request_gives_the_first_answer(centre: Centre) -> None:
    key = str(uuid4())
    body = {"services": [SERVICE], "starts_at": TUESDAY, "channel": "visit"}
    path = f"/branches/{BRANCH}/appointments"
    held = [await centre.post(path, body, Idempotency_Key=key) for _ in "twice"]
    assert {one.status_code for one in held} == {201} and held[0].content == held[1].content
    other = await centre.post(path, body | {"services": ["tariffs"]}, Idempotency_Key=key)
    refused(other, 422, "idempotency_key_reused")
    for broken in ("not-a-uuid", "", "1", "\x80"):
        answer = await centre.client.post(
            API + path, json=body, headers={b"Idempotency-Key": broken.encode("latin-1")}
        )
        refused(answer, 400, "bad_idempotency_key")
    kiosk = {"services": [SERVICE]}
    given = [
        await centre.post(
            f"/branches/{BRANCH}/tickets", kiosk, centre.kiosk, Idempotency_Key=key.upper()
        )
        for _ in "twice"
    ]
    assert {one.status_code for one in given} == {201} and given[0].content == given[1].content


async def test_a_repeated_verb_is_said_once_and_an_empty_call_stays_empty(centre: Centre) -> None:
    key = str(uuid4())
    calls = f"/desks/{centre.desk}/calls"
    assert (await centre.post(calls, None, centre.clerk, Idempotency_Key=key)).status_code == 204
    ticket = await centre.ticket()
    assert (await centre.post(calls, None, centre.clerk, Idempotency_Key=key)).status_code == 204
    done(await centre.post(calls, None, centre.clerk))
    for verb in ("recalls", "starts", "finishes"):
        said = [
            await centre.post(
                f"/tickets/{ticket['id']}/{verb}", None, centre.clerk, Idempotency_Key=key
            )
            for _ in "twice"
        ]
        assert done(said[0]) == done(said[1])
    assert done(said[0])["calls"] == 2


POSTS = [
    f"/branches/{BRANCH}/appointments",
    "/appointments/1-0123456789abcdef/confirmation",
    "/appointments/1-0123456789abcdef/reschedulings",
    f"/branches/{BRANCH}/tickets",
    f"/branches/{BRANCH}/check-ins",
    "/sessions",
    "/desks/1/calls",
    "/desks/1/pauses",
    "/tickets/1/transfers",
]
BROKEN_BODIES = {
    "no JSON": b"{",
    "no UTF-8": b'{"services": ["\xff"]}',
    "a lone surrogate": b'{"services": ["\\ud800"]}',
    "too deep": b"[" * 30_000,
    "a list": b"[]",
    "a number": b"7",
    "a form": b"services=tariffs",
}


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_that_cannot_be_read_is_refused(centre: Centre, path: str) -> None:
    who = centre.kiosk if path.endswith(("tickets", "check-ins")) else centre.clerk
    headers = who.bearer | {"Content-Type": "application/json"}
    for name, body in BROKEN_BODIES.items():
        answer = await centre.client.post(API + path, content=body, headers=headers)
        assert answer.status_code == 400, (name, answer.text)
        refused(answer, 400, "unreadable")
    huge = await centre.client.post(API + path, content=b" " * 70_000, headers=headers)
    refused(huge, 413, "too_large")


@pytest.mark.parametrize(
    "path",
    [
        "/branches/nowhere/slots?service=tariffs",
        "/branches/nowhere/board",
        "/branches/%00/board",
        "/appointments/x",
        "/appointments/1-%000123456789abcdef",
        "/appointments/99999999-0123456789abcdef",
        "/tickets/1-%000123456789abcdef",
        "/tickets/1-0123456789abcdef%0a",
        "/tickets/١-0123456789abcdef",
        "/no/such/thing",
        "/nothing",
    ],
)
async def test_what_there_is_not_is_not_found(centre: Centre, path: str) -> None:
    refused(await centre.get(path), 404)


async def test_ids_past_any_column_are_not_found(centre: Centre) -> None:
    for number in (0, 2**31, 2**63, 10**30):
        for verb in ("openings", "calls", "pauses", "closings"):
            answer = await centre.post(f"/desks/{number}/{verb}", None, centre.clerk)
            refused(answer, 404, "unknown_desk")
        refused(await centre.say("recalls", number), 404, "unknown_ticket")
        body = {"ticket": number}
        answer = await centre.post(f"/desks/{centre.desk}/calls", body, centre.clerk)
        refused(answer, 404, "unknown_ticket")


async def test_no_browser_keeps_what_the_api_says(centre: Centre) -> None:
    for path in (f"{API}/branches", f"{API}/appointments/1-{'x' * 22}"):
        assert (await centre.client.get(path)).headers["cache-control"] == "no-store"


async def test_a_method_that_is_not_offered_is_said_to_be_so(centre: Centre) -> None:
    refused(await centre.client.put(f"{API}/catalogue"), 405, "method_not_allowed")
    refused(await centre.client.get(f"{HERE}/tickets"), 405, "method_not_allowed")


async def test_unknown_paths_are_a_page_for_people_and_a_problem_for_programs(
    centre: Centre,
) -> None:
    page = await centre.client.get("/no-such-page", headers={"Accept": "text/html"})
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")
    refused(await centre.client.get("/no-such-page", headers={"Accept": "application/json"}), 404)
    api = await centre.client.get(f"{API}/no-such", headers={"Accept": "text/html"})
    refused(api, 404, "not_found")


PROMISED = """
GET /catalogue
GET /branches
GET /branches/{branch}/slots
POST /branches/{branch}/appointments
POST /appointments/{token}/confirmation
POST /appointments/{token}/reschedulings
POST /appointments/{token}/cancellation
GET /appointments/{token}
GET /branches/{branch}/board
GET /tickets/{token}
POST /branches/{branch}/tickets
POST /branches/{branch}/check-ins
POST /sessions
GET /branches/{branch}/desks
POST /desks/{desk}/openings
POST /desks/{desk}/pauses
POST /desks/{desk}/closings
POST /desks/{desk}/calls
POST /tickets/{ticket}/recalls
POST /tickets/{ticket}/starts
POST /tickets/{ticket}/finishes
POST /tickets/{ticket}/no-shows
POST /tickets/{ticket}/parkings
POST /tickets/{ticket}/returns
POST /tickets/{ticket}/transfers
POST /tickets/{ticket}/undo
GET /desks/{desk}/queue
POST /branches/{branch}/interruptions
GET /branches/{branch}/interruptions
POST /interruptions/{interruption}/resumption
"""


async def test_openapi_describes_everything_promised(centre: Centre) -> None:
    answer = await centre.get("/openapi.json")
    document = done(answer)
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] and document["info"]["version"]
    for line in PROMISED.split("\n")[1:-1]:
        method, path = line.split(" ")
        assert method.lower() in document["paths"][API + path], line
    every = [
        operation
        for path in document["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", "delete")
    ]
    ids = [operation["operationId"] for operation in every]
    assert len(set(ids)) == len(ids)
    assert all(operation["responses"] for operation in every)
    assert_references_resolve(document)


async def test_asyncapi_describes_the_websockets(centre: Centre) -> None:
    document = done(await centre.get("/asyncapi.json"))
    assert document["asyncapi"].startswith("3.")
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {"/ws/branches/{branch}/board", "/ws/tickets/{token}", "/ws/desks/{desk}"}
    assert_references_resolve(document)


def assert_references_resolve(document: Any) -> None:
    def walk(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for value in part.values():
                yield from walk(value)
        elif isinstance(part, list):
            for value in part:
                yield from walk(value)

    for reference in set(walk(document)):
        target = document
        assert reference.startswith("#/")
        for name in reference[2:].split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]


TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["tariffs", SERVICE, "visit", TUESDAY, "0671234567", "\0", "veteran", "uk"]),
)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS, st.dates()
    ).map(lambda value: value if isinstance(value, (int, float, str, type(None))) else str(value)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["services", "starts_at", "channel", "name", "phone", "email", "language", "priority", "code",
     "login", "password", "ticket", "desk", "reason"]
)  # fmt: skip
BODIES = st.one_of(
    VALUES,
    st.dictionaries(FIELDS, st.one_of(VALUES, st.lists(TEXTS, max_size=3)), max_size=6),
)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=st.sampled_from(POSTS), body=BODIES)
async def test_nothing_that_is_sent_is_a_fault_of_ours(
    centre: Centre, path: str, body: Any
) -> None:
    who = centre.kiosk if path.endswith(("tickets", "check-ins")) else centre.clerk
    answer = await centre.post(path, body, who)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        refused(answer, answer.status_code)
