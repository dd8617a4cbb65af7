"""A centre spoken to through API v1, and what its answers must be."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from queue_app.clock import FixedClock
from tests.support.people import BRANCH, Machine, Person

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
