"""What one address may ask for in a minute, by the API and by the pages alike."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.web import limits
from tests.support.application import alive, build, speaking_to
from tests.support.people import BRANCH

TOKEN = "1-abcdefghijklmnopqrstuv"
HOLD = {"services": ["debt-amount"], "starts_at": "2026-11-24T10:00:00+02:00"}
OFTEN = 5


@pytest.fixture
async def limited(
    database: str,
    data: Path,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Litestar]:
    """The application, with few requests allowed in a minute, or in the unit of the parameter."""
    unit = getattr(request, "param", "minute")
    few = {"public": (unit, OFTEN), "sign_in": (unit, OFTEN)}
    monkeypatch.setattr(limits, "LIMITS", few)
    monkeypatch.setattr(limits, "FORGET_SECONDS", 0.2)
    async with alive(build(database, data, clock, rate_limits=True)) as app:
        yield app


@pytest.fixture
async def visitor(limited: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with speaking_to(limited) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/api/v1/branches/{BRANCH}/appointments", {"json": HOLD}),
        (f"/api/v1/appointments/{TOKEN}/cancellation", {}),
        ("/visit", {"data": {"starts_at": "x"}}),
        (f"/visit/{TOKEN}", {"data": {}}),
        (f"/visit/{TOKEN}/time", {"data": {}}),
        (f"/visit/{TOKEN}/cancellation", {}),
        (f"/t/{TOKEN}/leave", {}),
    ],
)
async def test_one_address_does_not_ask_too_often(
    visitor: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    answers = [await visitor.post(path, **body) for _ in range(2 * OFTEN)]
    assert answers[-1].status_code == 429, answers
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


@pytest.mark.parametrize("limited", ["second"], indirect=True)
async def test_addresses_are_forgotten_when_their_time_is_over(
    visitor: httpx.AsyncClient, limited: Litestar
) -> None:
    await visitor.post("/visit", data={"starts_at": "x"})
    store: Any = limited.stores.get("rate_limit")
    assert len(store._store) == 1
    await asyncio.sleep(2)
    assert store._store == {}
