"""Every route, page and websocket of the application asks the table of rights, for every role."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute, WebSocketRoute
from msgspec import Struct

from queue_app.clock import FixedClock
from queue_app.demo import page
from queue_app.domain import rights
from queue_app.domain.people import DEVICE_KINDS, DeviceKind, Role
from queue_app.queries import reference
from tests.conftest import MONDAY
from tests.support import application
from tests.support.application import listening, speaking_to
from tests.support.hall import take_ticket
from tests.support.people import BRANCH, hire, install

ELSEWHERE = "darnytskyi"
ROLES: tuple[Role, ...] = ("clerk", "supervisor", "administrator")
DEVICES: tuple[DeviceKind, ...] = DEVICE_KINDS
PARTIES = ("anyone", *DEVICES, *ROLES)


class Way(NamedTuple):
    """One method of one route."""

    method: str
    path: str
    right: str


class Hall(Struct, frozen=True):
    """Who asks, by party, and what stands in the addresses."""

    client: httpx.AsyncClient
    bearers: dict[str, dict[str, str]]
    values: dict[str, str]


def ways(app: Litestar) -> Iterator[Way]:
    """Every route but the answers to OPTIONS, which the framework gives itself."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(map(str, handler.http_methods)):
                    if method != "OPTIONS":
                        yield Way(method, route.path_format, handler.opt.get("right", ""))


def sockets(app: Litestar) -> list[tuple[str, str]]:
    return [
        (route.path_format, route.route_handler.opt.get("right", ""))
        for route in app.routes
        if isinstance(route, WebSocketRoute) and route.scope_type == ScopeType.WEBSOCKET
    ]


@pytest.fixture
async def hall(app: Litestar, clock: FixedClock) -> AsyncIterator[Hall]:
    clock.set(MONDAY)
    now = clock.now()
    people = {role: (await hire(now, role, role)).bearer for role in ROLES}
    machines = {kind: (await install(now, kind)).bearer for kind in DEVICES}
    ticket = await take_ticket(now)
    desk = (await reference.directory()).branch(BRANCH).desks[0]
    values = {
        "branch": BRANCH,
        "desk": str(desk.id),
        "ticket": str(ticket.id),
        "token": ticket.token,
        "interruption": "1",
        "proof": "nobody",
        "secret": "nobody",
        "message": "00000000-0000-4000-8000-000000000000",
        "number": "1",
        "name": "web/base.css",
        "path": "/",
    }
    async with speaking_to(app) as client:
        client.headers["Accept"] = "application/json"
        yield Hall(client, {"anyone": {}} | people | machines, values)


def test_every_route_and_every_websocket_names_its_right(app: Litestar) -> None:
    nameless = [way for way in ways(app) if way.right not in rights.RIGHTS]
    assert nameless == []
    assert [path for path, right in sockets(app) if right not in rights.RIGHTS] == []
    assert len(list(ways(app))) > 60
    assert len(sockets(app)) == 4


def test_the_routes_that_only_a_demo_has_name_their_right_too(tmp_path: Path) -> None:
    whole = application.build("postgresql://nowhere", tmp_path, FixedClock(MONDAY))
    whole.register(page.router)
    demo = [way for way in ways(whole) if way.path.startswith("/demo")]
    assert {way.path for way in demo} >= {"/demo", "/demo/state"}
    assert [way for way in demo if way.right not in rights.RIGHTS] == []


@pytest.mark.parametrize("party", PARTIES)
async def test_each_route_lets_in_whom_the_table_names_and_turns_away_the_others(
    party: str, app: Litestar, hall: Hall
) -> None:
    wrong = []
    for method, path, right in sorted(ways(app), key=lambda way: way.right == "end_session"):
        allowed = rights.RIGHTS[right]
        address = path.format(**hall.values)
        answer = await hall.client.request(method, address, headers=hall.bearers[party])
        may = party in allowed or "anyone" in allowed
        if is_turned_away(answer) is may:
            wrong.append((method, address, answer.status_code, answer.text[:120]))
    assert wrong == []


def is_turned_away(answer: httpx.Response) -> bool:
    """At the door, not by the thing itself: a desk of one's own, a password, a new device."""
    if answer.status_code == 401:
        return not answer.url.path.endswith(("/sign-in", "/sessions"))
    if answer.status_code != 403 or "json" not in answer.headers["content-type"]:
        return False
    return answer.json()["code"] in ("not_allowed", "not_a_kiosk")


@pytest.mark.parametrize("party", PARTIES)
async def test_each_websocket_lets_in_whom_the_table_names(
    party: str, app: Litestar, hall: Hall
) -> None:
    for path, right in sockets(app):
        allowed = rights.RIGHTS[right]
        may = party in allowed or "anyone" in allowed
        async with listening(app, path.format(**hall.values), hall.bearers[party]) as next_message:
            first = await next_message()
        assert (first["type"] == "websocket.send") is may, (path, first)


@pytest.mark.parametrize("party", [*ROLES, "kiosk"])
async def test_another_branch_is_closed_to_staff_and_devices(party: str, hall: Hall) -> None:
    asked = [
        ("GET", f"/api/v1/branches/{ELSEWHERE}/desks", "see_desks"),
        ("GET", f"/api/v1/branches/{ELSEWHERE}/interruptions", "see_interruptions"),
        ("POST", f"/api/v1/branches/{ELSEWHERE}/interruptions", "interrupt"),
        ("POST", f"/api/v1/branches/{ELSEWHERE}/tickets", "issue"),
        ("POST", f"/api/v1/branches/{ELSEWHERE}/check-ins", "check_in"),
        ("GET", f"/kiosk/{ELSEWHERE}/door", "see_kiosk"),
    ]
    bodies = {
        "interrupt": {"kind": "power"},
        "issue": {"services": ["bill-duplicate"]},
        "check_in": {"code": "000000"},
    }
    for method, path, right in asked:
        if party not in rights.RIGHTS[right]:
            continue
        answer = await hall.client.request(
            method, path, json=bodies.get(right), headers=hall.bearers[party]
        )
        assert answer.status_code == 403, (path, answer.text)
        assert answer.json()["code"] == "other_branch"


async def test_what_the_framework_answers_itself_needs_no_right(hall: Hall) -> None:
    assert (await hall.client.options("/api/v1/catalogue")).status_code == 204
    assert (await hall.client.get("/no/such/page")).status_code == 404
